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
from service.decide.policy import Policy
from service.errors import InvalidInputError
from service.flows.policy_memory import PolicyMemory
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
    config = load_config()
    known_names = sorted(_limits(active_policy(config)))
    if name not in known_names:
        raise click.BadParameter(f"{name}: the rules name {', '.join(known_names)}.", param_hint="NAME")
    taken = as_of.replace(tzinfo=UTC)
    if taken > datetime.now(UTC):
        raise click.BadParameter(f"{as_of.date()} lies ahead.", param_hint="--as-of")
    with closing(open_store(config.database_url, salt=config.salt)) as store:
        memory = PolicyMemory(store)
        ids = tqdm(_read_ids(file), unit=" entries", disable=None)
        hashes = {memory.list_hash(name, lead_id) for lead_id in ids}
        if not hashes and not empty:
            raise InvalidInputError(
                f"{file} holds no entries, and with it nobody would be on {name}. "
                "If that is meant, say --empty.",
                "file",
            )
        count = store.guards.replace_list(name, hashes, taken)
    click.echo(f"{name}: {count} entries as of {as_of.date()}")


@suppression.command("list")
def list_() -> None:
    """Which lists the rules ask for, how old they are, and what that blocks."""
    config = load_config()
    limits = _limits(active_policy(config))
    today = datetime.now(UTC).date()
    with closing(open_store(config.database_url, salt=config.salt)) as store:
        dates = store.guards.list_dates()
    for name, (limit, used_for) in sorted(limits.items()):
        as_of = dates.get(name)
        if as_of is None:
            state = "never imported: blocks"
        else:
            age = (today - as_of).days
            state = f"{as_of}, {age} days old, at most {limit}" + (": too old, blocks" if age > limit else "")
        click.echo(f"{name:<24} {state}  ({', '.join(used_for)})")


def _read_ids(file: Path) -> Iterator[str]:
    """The ids of a CSV with a column lead_id, or of a plain text; empty lines are passed over."""
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


def _limits(policy: Policy) -> dict[str, tuple[int, list[str]]]:
    """List -> its shortest limit in days, and the country and medium that ask for it."""
    limits: dict[str, tuple[int, list[str]]] = {}
    today = datetime.now(UTC).date()
    for country, rules in policy.contact_rules.items():
        for medium in rules.rules:
            rule = rules.rule_on(medium, today)
            if rule.suppression_list is None or rule.list_max_age_days is None:
                continue
            limit, used = limits.get(rule.suppression_list, (rule.list_max_age_days, []))
            limits[rule.suppression_list] = (
                min(limit, rule.list_max_age_days),
                [*used, f"{country} {medium}"],
            )
    return limits
