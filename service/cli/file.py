"""`enrich file IN OUT`: a customer base, row by row as POST /enrich would answer it.

The caller's own columns are kept as they are; columns named `doorstep_…` are added. Work is cut into
chunks; each finished chunk is one file in `OUT.parts/`, so a run that was stopped goes on where it
was. OUT itself appears only when everything is done.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from itertools import islice
from pathlib import Path

import click
import pyarrow as pa
from tqdm import tqdm

from service.config import load_config
from service.files.parts import join_parts, one_run_at, open_parts, write_part
from service.files.tables import BATCH_ROWS, open_table
from service.flows.batch import (
    RowReader,
    check_variables,
    choose_columns,
    enrich_row,
    existing_column,
    output_schema,
    slot_of_offers,
    tables_left_alone,
    to_arrays,
)
from service.wiring import Services, build_services


@click.command("file")
@click.argument("source", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.argument("target", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--address", "address_column", default="", help="Column with the whole address.")
@click.option("--columns", default="", help="Columns of a split address, e.g. street=Vej,postcode=Postnr.")
@click.option("--lead-id", "lead_column", default="", help="Column with your pseudonymous lead id.")
@click.option("--birth-year", "birth_column", default="", help="Column with the declared year of birth.")
@click.option("--country", default="", help="ISO code; ENRICH_COUNTRY (DK) when not given.")
@click.option(
    "--variables", default="", help="Comma-separated codes of variables to add (see GET /variables)."
)
@click.option("--restart", is_flag=True, help="Forget an unfinished run and begin again.")
@click.option("--quiet", is_flag=True, help="No progress bar.")
def file_(
    source: Path,
    target: Path,
    address_column: str,
    columns: str,
    lead_column: str,
    birth_column: str,
    country: str,
    variables: str,
    restart: bool,
    quiet: bool,
) -> None:
    """Adds match, area, segment and offer to every row of SOURCE (CSV or Parquet) and writes TARGET."""
    config = load_config()
    services = build_services(config)
    table = open_table(source)
    wanted = tuple(v.strip() for v in variables.split(",") if v.strip())
    cc = country.upper() or config.country
    check_variables(services.assets(), cc, wanted)
    reader = RowReader(
        columns=choose_columns(table.headings, address_column, columns, source),
        lead_column=existing_column(table.headings, lead_column, source),
        birth_column=existing_column(table.headings, birth_column, source),
        country=cc,
        language=services.assets().language_of(cc),
    )
    schema = output_schema(table.schema, wanted)
    with one_run_at(target) as parts:
        done = open_parts(parts, _fingerprint(source, reader, wanted, services), restart)
        now, offers = services.now(), slot_of_offers(services.assets())
        enricher = services.enricher.of_slots(offers)  # the file has no other; and one release throughout
        with (
            tables_left_alone(),
            tqdm(total=table.rows, unit=" rows", disable=quiet, desc=source.name) as bar,
        ):
            rows = iter(table)
            bar.update(sum(1 for _ in islice(rows, done * BATCH_ROWS)))
            for number in range(done, 10**9):
                chunk = list(islice(rows, BATCH_ROWS))
                if not chunk:
                    break
                lines = [
                    (*row, *enrich_row(enricher, reader.lead(row), now, offers, wanted)) for row in chunk
                ]
                write_part(parts, number, pa.Table.from_arrays(to_arrays(lines, schema), schema=schema))
                bar.update(len(chunk))
        count = join_parts(parts, target, schema)
    click.echo(f"{count:,} rows written to {target}")


def _fingerprint(source: Path, reader: RowReader, variables: Sequence[str], services: Services) -> str:
    stat, versions = source.stat(), services.assets().versions
    facts = [
        stat.st_size,
        stat.st_mtime_ns,
        asdict(reader),
        list(variables),
        # rows that were answered before an objection came must be answered anew
        services.store.guards.objection_state() if reader.lead_column is not None else None,
        f"{versions.reference_data} {versions.policy}",
    ]
    return json.dumps(facts, default=str)
