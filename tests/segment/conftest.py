"""A small release with invented joint tables, the shipped definitions, and the shipped release."""

import json
import os
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from service.segment.assign import SegmentModel
from service.segment.cells import CELLS
from service.segment.definitions import Definitions, load_definitions
from service.tables import Release, file_sha256

ROOT = Path(__file__).parents[2]
AREAS = {  # code: (households, urbanity, strength of young flats against old houses)
    "city": (4000.0, 2, 0.9),
    "suburb": (2000.0, 1, 0.4),
    "village": (300.0, 0, 0.05),
    "hamlet": (80.0, 0, 0.05),
}


def invented_joint(young_flats: float) -> np.ndarray:
    """Mostly young renters of flats, or mostly older owners of houses."""
    rng = np.random.default_rng(round(young_flats * 100))
    cells = rng.uniform(0.5, 1.5, (4, 2, 4, 4, 3))
    cells[0, 0, 2, 3] *= 60 * young_flats
    cells[3, 0, 0, 0] *= 60 * (1 - young_flats)
    return (cells / cells.sum()).ravel()


def write_table(folder: Path, name: str, table: pa.Table) -> dict[str, object]:
    path = folder / "DK" / f"{name}.arrow"
    path.parent.mkdir(parents=True, exist_ok=True)
    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table)
    return {"path": f"DK/{name}.arrow", "kind": name.split("_")[0], "rows": table.num_rows,
            "bytes": path.stat().st_size, "sha256": file_sha256(path), "vintage": "2020-01-01"}  # fmt: skip


def joint_table(rows: dict[str, tuple[float, np.ndarray]]) -> pa.Table:
    cells = np.concatenate([p for _, p in rows.values()]).astype(np.float32)
    return pa.table(
        {
            "code": list(rows),
            "households": [households for households, _ in rows.values()],
            "support": pa.array(np.full(len(rows), 0.9, dtype=np.float32)),
            "p": pa.FixedSizeListArray.from_arrays(pa.array(cells), CELLS),
        }
    )


def profile_table(rows: dict[str, int]) -> pa.Table:
    return pa.table({"code": list(rows), "urbanity": pa.array(list(rows.values()), pa.int8())})


Area = tuple[float, int, np.ndarray]  # households, urbanity, cells


def make_release(
    reference_data: Path,
    areas: dict[str, Area],
    towns: dict[str, Area] | None = None,
    within: pa.Table | None = None,
) -> Release:
    """A release whose country is the sum of its polling areas, with municipalities if any are given."""
    folder = reference_data / "releases" / "2026-01-01.1"
    folder.mkdir(parents=True)
    total = sum(households for households, _, _ in areas.values())
    country = sum(households * cells for households, _, cells in areas.values()) / total
    levels = {
        "polling_area": areas,
        **({"municipality": towns} if towns else {}),
        "country": {"DK": (total, 0, country)},
    }
    tables = []
    for level, rows in levels.items():
        joint = joint_table({code: (households, cells) for code, (households, _, cells) in rows.items()})
        tables.append(write_table(folder, f"joint_{level}", joint))
        classes = profile_table({code: urbanity for code, (_, urbanity, _) in rows.items()})
        tables.append(write_table(folder, f"profiles_{level}", classes))
    if within is not None:
        tables.append(write_table(folder, "municipality_within", within))
    manifest = {
        "schema_version": 1,
        "release": "2026-01-01.1",
        "countries": {"DK": {"levels": list(levels), "finest": "polling_area", "tables": tables}},
    }
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    (reference_data / "releases" / "current").write_text("2026-01-01.1\n", encoding="utf-8")
    return Release.open(reference_data)


@pytest.fixture(scope="session")
def small_release(tmp_path_factory: pytest.TempPathFactory) -> Release:
    areas = {
        code: (households, urbanity, invented_joint(young))
        for code, (households, urbanity, young) in AREAS.items()
    }
    return make_release(tmp_path_factory.mktemp("reference_data"), areas)


@pytest.fixture(scope="session")
def definitions() -> Definitions:
    return load_definitions(ROOT / "reference_data" / "policy" / "segments")


@pytest.fixture(scope="session")
def small_model(small_release: Release, definitions: Definitions) -> SegmentModel:
    return SegmentModel.load(small_release, "DK", definitions)


@pytest.fixture(scope="session")
def shipped_release() -> Release:
    """The active release of this checkout."""
    return Release.open(Path(os.environ.get("ENRICH_REFERENCE_DATA", ROOT / "reference_data")))


@pytest.fixture(scope="session")
def shipped_model(shipped_release: Release, definitions: Definitions) -> SegmentModel:
    return SegmentModel.load(shipped_release, "DK", definitions)
