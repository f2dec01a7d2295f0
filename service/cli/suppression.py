"""`enrich suppression`: lists of people who may not be called or written to, kept as salted hashes."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import click
from tqdm import tqdm

from service.cli.policy_files import active_policy
from service.config import load_config
from service.errors import InvalidInputError
from service.flows.suppression import ListState, list_states, needed_lists, replace_list
from service.store import open_store

_COLUMN = "lead_id"


@click.group(short_help="Suppression lists: Robinson, NIX, Reservasjonsregisteret.")
def suppression() -> None:
    """Lists of people who may not be contacted. A list that is missing or too old blocks by itself.

    Doorstep knows nobody's phone number: wash your leads against the publisher's list in your own system,
    and bring the ids of those who are on it.
    """


@suppression.command("import")
@click.argument("name")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--as-of",
    required=True,
    type=click.DateTime(formats=["%Y-%m-%d"]),
    help="The day on which the publisher's list was taken: its age counts from then.",
)
@click.option("--empty", is_flag=True, help="Accept a file without entries: nobody is on the list.")
def import_(name: str, file: Path, as_of: datetime, empty: bool) -> None:
    """Puts FILE in place of the list NAME, whole.

    FILE is a CSV with a column lead_id, or plain text with one lead id per line; UTF-8.
    """
    config, now = load_config(), datetime.now(UTC)
    known_names = sorted(needed_lists(active_policy(config), now.date()))
    if name not in known_names:
        raise click.BadParameter(f"{name}: the rules name {', '.join(known_names)}.", param_hint="NAME")
    taken = as_of.replace(tzinfo=UTC)
    if taken > now:
        raise click.BadParameter(f"{as_of.date()} lies ahead.", param_hint="--as-of")
    with closing(open_store(config.database_url, salt=config.salt)) as store:
        ids = tqdm(_read_ids(file), unit=" entries", disable=None)
        count = replace_list(store, name, ids, taken, empty)
    click.echo(f"{name}: {count} entries as of {as_of.date()}")


@suppression.command("list")
def list_() -> None:
    """Which lists the rules ask for, how old they are, and what that blocks."""
    config = load_config()
    with closing(open_store(config.database_url, salt=config.salt)) as store:
        states = list_states(store, active_policy(config), datetime.now(UTC).date())
    for state in states:
        click.echo(f"{state.needed.name:<24} {_age(state)}  ({', '.join(state.needed.used_for)})")


def _age(state: ListState) -> str:
    if state.as_of is None:
        return "never imported: blocks"
    told = f"{state.as_of}, {state.age_days} days old, at most {state.needed.limit_days}"
    return told + (": too old, blocks" if state.blocks else "")


def _read_ids(file: Path) -> Iterator[str]:
    """The ids of a CSV with a column lead_id, or of a plain text; empty lines are passed over.

    Only UTF-8: an id that was guessed wrong would not be recognised, and its owner contacted.
    """
    try:
        with file.open(encoding="utf-8-sig", newline="") as lines:
            first = lines.readline()
            lines.seek(0)
            delimiter = ";" if ";" in first else ","
            if _COLUMN in [cell.strip().strip('"') for cell in first.split(delimiter)]:
                for row in csv.DictReader(lines, delimiter=delimiter):
                    if (row[_COLUMN] or "").strip():
                        yield row[_COLUMN].strip()
            else:
                yield from (line.strip() for line in lines if line.strip())
    except UnicodeDecodeError as error:
        raise InvalidInputError(f"{file} is not UTF-8 ({error.reason}); save it as UTF-8.", "file") from None
