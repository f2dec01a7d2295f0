"""The tables that every country has, written the same way whoever publishes its figures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

from service.refdata.addresses.record import POSTCODES_SCHEMA
from service.refdata.addresses.writer import WrittenIndex, write_index
from service.refdata.catalogue import Source
from service.refdata.corrections import Ledger
from service.refdata.geometry import AREA_SCHEMA, area_table
from service.refdata.joint.build import joint_arrow
from service.refdata.joint.mixing import JointTable
from service.refdata.variables import VariableSet, compute_ratios, denominators, total_of, urbanity_of
from service.refdata.writing import TableNote, write_arrow, write_frame, write_json

FIELDS = [("code", pa.string()), ("name", pa.string()), ("households", pa.float32()),
          ("persons", pa.float32()), ("urbanity", pa.int8())]  # fmt: skip
ADDRESSES = "addresses"


@dataclass(slots=True)
class CountryTables:
    """One country's part of a release; `notes` gathers what the manifest says of each table.

    `vintage` is that of the country's main source, for every table that is not given another.
    """

    release: Path
    country: str
    vintage: str
    notes: list[TableNote] = field(default_factory=list)

    def arrow(
        self, name: str, kind: str, table: pa.Table, sources: tuple[str, ...], vintage: str = ""
    ) -> None:
        """Writes `<name>.arrow`. Raises CheckError for a denied column."""
        self._note(f"{name}.arrow", kind, write_arrow(table, self._path(f"{name}.arrow")), sources, vintage)

    def frame(
        self,
        name: str,
        kind: str,
        frame: pd.DataFrame,
        schema: pa.Schema,
        sources: tuple[str, ...],
        vintage: str = "",
    ) -> None:
        """Writes `<name>.arrow` from a DataFrame: exactly the columns of `schema`."""
        rows = write_frame(frame, schema, self._path(f"{name}.arrow"))
        self._note(f"{name}.arrow", kind, rows, sources, vintage)

    def profiles(
        self,
        variables: VariableSet,
        counts: Mapping[str, pd.DataFrame],
        names: Mapping[str, pd.Series],
        published: Mapping[str, pd.Series],
        sources: tuple[str, ...],
    ) -> None:
        """Writes `profiles_<level>.arrow` and `variables.json`.

        `counts`: level, finest first -> counts of its areas, `land.km2` among them; `names`: level -> name
        of area. `published`: variable -> figure per area of its level; the country gets their mean.
        """
        schema = pa.schema([*FIELDS, *((v.code, pa.float32()) for v in variables.variables)])
        for level, frame in counts.items():
            profile = compute_ratios(variables, frame)
            for variable in variables.published():
                values = published[variable.code]
                if level == variable.level:
                    profile[variable.code] = values.reindex(frame.index)
                elif level == "country":
                    weight = denominators(variable, counts[variable.level]).reindex(values.index).fillna(0)
                    weight = weight.where(values.notna(), 0)
                    profile[variable.code] = float(np.average(values.fillna(0), weights=weight))
                else:
                    profile[variable.code] = np.nan
            profile["code"] = profile.index
            profile["name"] = names[level].reindex(profile.index)
            profile["households"] = total_of(frame, variables.households)
            profile["persons"] = total_of(frame, variables.persons)
            profile["urbanity"] = urbanity_of(variables, profile)
            used = {*sources, *(v.source for v in variables.published() if v.level == level)}
            self.frame(f"profiles_{level}", "profiles", profile, schema, tuple(sorted(used)))
        described = variables.described(tuple(counts))
        write_json(described, self._path("variables.json"))
        all_sources = tuple(sorted({v.source for v in variables.variables}))
        self._note("variables.json", "variables", len(described), all_sources)

    def areas(
        self,
        level: str,
        drawn: pd.DataFrame,
        epsg: int,
        tolerance: float,
        sources: tuple[str, ...],
        vintage: str = "",
    ) -> None:
        """Writes `areas_<level>.arrow`. `drawn`: index code, columns name and geometry in metres of `epsg`;
        `tolerance` (metres) is how far a border may move when it is simplified.
        """
        table = area_table(drawn, epsg, tolerance)
        self.frame(f"areas_{level}", "areas", table, AREA_SCHEMA, sources, vintage)

    def joints(self, joints: Mapping[str, JointTable], sources: tuple[str, ...]) -> None:
        """Writes `joint_<level>.arrow` of every level that has one."""
        for level, joint in sorted(joints.items()):
            self.arrow(f"joint_{level}", "joint", joint_arrow(joint), sources)

    def postcodes(self, frame: pd.DataFrame, sources: tuple[str, ...], vintage: str = "") -> pa.Table:
        """Writes `postcodes.arrow` (POSTCODES_SCHEMA) and returns it, as the address index needs it."""
        towns = pa.Table.from_pandas(frame, schema=POSTCODES_SCHEMA, preserve_index=False)
        self.arrow("postcodes", "postcodes", towns, sources, vintage)
        return towns

    def addresses(
        self, staging: pa.Table, towns: pa.Table, municipalities: pd.DataFrame, source: Source
    ) -> WrittenIndex:
        """Writes the address index into a folder of its own, because of its licence."""
        written = write_index(
            staging,
            towns,
            self._path(ADDRESSES),
            country=self.country,
            source=f"{source.id} {source.vintage}",
            licence=source.licence,
            attribution=source.attribution,
            vintage=source.vintage,
            municipalities={str(code): str(name) for code, name in municipalities["name"].items()},
        )
        self._note(
            f"{ADDRESSES}/{written.path.name}", "addresses", written.houses, (source.id,), source.vintage
        )
        return written

    def _path(self, name: str) -> Path:
        return self.release / self.country / name

    def _note(self, name: str, kind: str, rows: int, sources: tuple[str, ...], vintage: str = "") -> None:
        self.notes.append(TableNote(f"{self.country}/{name}", kind, rows, vintage or self.vintage, sources))


@dataclass(frozen=True, slots=True)
class Given:
    """What a country's build is given: the raw folder, what is known of it, and where its tables go."""

    raw: Path
    sources: Mapping[str, Source]
    variables: VariableSet
    tables: CountryTables
    ledger: Ledger

    @property
    def source(self) -> Source:
        """The country's main source: that of its counts."""
        return self.sources[self.variables.source]
