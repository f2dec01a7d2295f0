"""`enrich learn`: fit, score and evaluate models on any table."""

from __future__ import annotations

import json
from pathlib import Path

import click

from service.cli.learn_curve import curve, drivers, products
from service.cli.learn_import import import_
from service.cli.learn_lift import lift
from service.cli.learn_policy import promote, replay, silent
from service.cli.learn_table import table as log_table
from service.learn.models.card import card_lines
from service.learn.models.evaluate import evaluate_table
from service.learn.models.fit import FitOptions, fit_table
from service.learn.models.model_dir import TableScorer, save_model
from service.learn.models.table import read_table, write_table

_TABLE = click.Path(exists=True, dir_okay=False, path_type=Path)
_FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)


def _columns(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def learn() -> None:
    """Response and uplift models on any CSV or Parquet of leads and outcomes."""


@learn.command()
@click.option("--data", "table", type=_TABLE, required=True, help="CSV or Parquet of leads and outcomes.")
@click.option("--outcome", required=True, help="Column with what happened: yes/no, or a number.")
@click.option("--treatment", help="Column with the arm of an experiment.")
@click.option("--control", help="Value of the treatment column that is the control.")
@click.option("--exclude", default="", help="Columns to leave out, separated by commas.")
@click.option("--group", help="Column whose groups (areas) are held out whole.")
@click.option("--time", "time_", help="Column that orders the rows in time; the newest period decides.")
@click.option("--allow", default="", help="Columns that look like leaks but are known beforehand.")
@click.option("--seed", default=0, show_default=True, help="Seed of folds and bagging.")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Folder for the model.")
def fit(
    table: Path,
    outcome: str,
    treatment: str | None,
    control: str | None,
    exclude: str,
    group: str | None,
    time_: str | None,
    allow: str,
    seed: int,
    out: Path,
) -> None:
    """Fits a response model, and an uplift model where there is a treatment. Prints the model card.

    A table that cannot carry a model (a leaking column, one class only, no control rows, too few events)
    is refused with a sentence and exit code 1.
    """
    if (treatment is None) != (control is None):
        raise click.UsageError("--treatment and --control belong together.")
    options = FitOptions(outcome, treatment, control, _columns(exclude), group, time_, _columns(allow), seed)
    fitted = fit_table(read_table(table), options, say=lambda line: click.echo(line, err=True))
    meta = save_model(fitted, out)
    click.echo("\n".join(card_lines(meta)))


@learn.command()
@click.option("--model", "folder", type=_FOLDER, required=True, help="Folder written by fit.")
@click.option("--data", "table", type=_TABLE, required=True, help="CSV or Parquet of leads.")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="CSV or Parquet to write.")
@click.option("--allow-missing", is_flag=True, help="Treat columns the table lacks as missing.")
def score(folder: Path, table: Path, out: Path, allow_missing: bool) -> None:
    """Adds `score`, and for uplift models `uplift_<arm>` and `best_arm`; keeps every row and column."""
    frame = read_table(table)
    scored = TableScorer(folder).score_table(frame, allow_missing)
    for name in frame.columns[[name in ("score", "best_arm") for name in frame.columns]]:
        click.echo(f"warning: the table had a column {name!r} already; it is replaced.", err=True)
    write_table(scored, out)
    click.echo(f"{len(frame):,} rows scored to {out}", err=True)


@learn.command()
@click.option("--model", "folder", type=_FOLDER, required=True, help="Folder written by fit.")
@click.option("--data", "table", type=_TABLE, required=True, help="Rows the model has not seen.")
@click.option("--outcome", required=True, help="Column with what happened.")
@click.option("--treatment", help="Column with the arm.")
@click.option("--control", help="Value of the treatment column that is the control.")
@click.option("--allow-missing", is_flag=True, help="Treat columns the table lacks as missing.")
def evaluate(
    folder: Path, table: Path, outcome: str, treatment: str | None, control: str | None, allow_missing: bool
) -> None:
    """Prints JSON: ranking, calibration, Qini, policy value against each single arm, promote and why."""
    if (treatment is None) != (control is None):
        raise click.UsageError("--treatment and --control belong together.")
    report = evaluate_table(read_table(table), folder, outcome, treatment, control, allow_missing)
    click.echo(json.dumps(report, ensure_ascii=False, indent=2))


learn.add_command(lift)
learn.add_command(import_)
learn.add_command(log_table)
learn.add_command(promote)
learn.add_command(replay)
learn.add_command(silent)
learn.add_command(curve)
learn.add_command(drivers)
learn.add_command(products)
