"""The command line: the same verbs as the service, for people.

Commands are imported only when called, so that `enrich serve` never imports pandas or LightGBM.
Exit codes: 0 done · 1 checks found faults · 2 wrong use · 3 a source or store could not be reached.
"""

from __future__ import annotations

import importlib
import sys

import click

from service.errors import DoorstepError, UnreachableError

# command -> (module, attribute, one line for `enrich --help`)
COMMANDS = {
    "serve": ("service.cli.serve", "serve", "The service, with embedded data and demo keys on loopback."),
    "address": ("service.cli.address", "address", "One address, washed."),
    "lead": ("service.cli.lead", "lead", "One lead, decided."),
    "file": ("service.cli.file", "file_", "A CSV or Parquet customer base: adds columns, keeps the rest."),
    "policy": ("service.cli.policy", "policy", "The policy files: checked, and shown as a page."),
    "refdata": ("service.cli.refdata", "refdata", "The reference tables as releases."),
    "segments": ("service.cli.segments", "segments", "Market potential, profiles, correlation."),
    "learn": ("service.cli.learn", "learn", "Lift, response and uplift models, and their gate."),
    "match-quality": ("service.cli.match_quality", "command", "How well addresses match, and what fails."),
    "pauses": ("service.cli.pauses", "pauses", "Treatments that are not given for now: list, pause, resume."),
    "suppression": ("service.cli.suppression", "suppression", "Lists of people who may not be contacted."),
    "keys": ("service.cli.keys", "keys", "API keys: create, list, revoke."),
}


class LazyGroup(click.Group):
    """A click group that imports a command when it is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module, attribute, _ = COMMANDS[cmd_name]
        command: click.Command = getattr(importlib.import_module(module), attribute)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, _, line) in COMMANDS.items()])


@click.command(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="doorstep")
def cli() -> None:
    """Doorstep: what to say at the first handshake."""


def main() -> None:
    """Runs the command line; an expected error is one sentence on stderr and an exit code."""
    try:
        cli.main(standalone_mode=False)
    except click.exceptions.Exit as stop:
        sys.exit(stop.exit_code)
    except click.Abort:
        sys.exit("Stopped.")
    except click.ClickException as wrong:
        wrong.show()
        sys.exit(2)
    except UnreachableError as error:
        click.echo(f"error: {error}", err=True)
        sys.exit(3)
    except DoorstepError as error:
        click.echo(f"error: {error}", err=True)
        for fault in getattr(error, "faults", ()):
            click.echo(f"  - {fault}", err=True)
        sys.exit(1)
