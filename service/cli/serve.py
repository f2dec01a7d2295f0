"""`enrich serve`: the service, with embedded data and, on loopback only, demo keys."""

from __future__ import annotations

import logging

import click

from service.config import SETTINGS, load_config
from service.web.lean_arrow import keep_pandas_out
from service.web.metrics_folder import prepare_metrics_folder
from service.wiring import build_services

log = logging.getLogger(__name__)

_EXAMPLE_ADDRESS = "Sankt Mortens Gade 3, 3700 Rønne"


class _SettingsCommand(click.Command):
    """Lists the settings below the options."""

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Settings (environment variables)"):
            formatter.write_dl(
                [(s.name, f"{s.meaning} [{s.default or 'empty'}]") for s in SETTINGS], col_max=28
            )


@click.command(cls=_SettingsCommand)
def serve() -> None:
    """The service on HOST:PORT, until it is stopped (Ctrl-C or SIGTERM lets running requests finish).

    A bad setting, release, policy or store stops the start with one sentence.
    """
    config = load_config()
    prepare_metrics_folder()
    # Imported now, not above: prometheus_client decides at import whether workers share their counts.
    from service.web.app import create_app  # noqa: PLC0415
    from service.web.server import check_address_free, serve_app  # noqa: PLC0415

    keep_pandas_out()
    check_address_free(config)
    services = build_services(config)
    app = create_app(services)

    def announce(host: str, port: int) -> None:
        release = ", ".join(sorted(services.assets().countries)) or "no country"
        shown = f"[{host}]" if ":" in host else host
        click.echo(f"Doorstep listens on http://{shown}:{port} ({release}; documentation under /docs). Try:")
        key = "sk_demo" if config.demo_keys else "$YOUR_SECRET_KEY"
        click.echo(
            f"  curl -s http://{shown}:{port}/enrich -H 'Authorization: Bearer {key}'"
            f" -H 'Content-Type: application/json' -d '{{\"address\": \"{_EXAMPLE_ADDRESS}\"}}'"
        )

    def start_worker() -> None:
        if not services.store.keys.read():
            log.warning("the keys could not be read; a key that is not known is answered 503 until they are")
        services.keeper.start_watching()

    serve_app(app, config, announce, start_worker)
