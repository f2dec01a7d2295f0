"""Typed settings from the environment; a bad value stops the start with a sentence.

Only `wiring` reads this. `SETTINGS` is the list that `enrich serve --help` prints.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path

from service.errors import ConfigError

_ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True, slots=True)
class Setting:
    """One environment variable: its name, its default as text, and what it does."""

    name: str
    default: str
    meaning: str


SETTINGS = (
    Setting("HOST", "127.0.0.1", "address to listen on"),
    Setting("PORT", "8000", "port to listen on"),
    Setting("ENRICH_WORKERS", "0", "worker processes; 0 means one per core, at most 8"),
    Setting("ENRICH_THREADS", "8", "threads per worker: how many slow clients one worker can wait for"),
    Setting("ENRICH_REFERENCE_DATA", str(_ROOT / "reference_data"), "folder with policy/ and releases/"),
    Setting(
        "ENRICH_DATABASE_URL", f"sqlite:///{_ROOT / 'var' / 'doorstep.sqlite'}", "SQLAlchemy URL of the store"
    ),
    Setting("ENRICH_DEMO_KEYS", "loopback", "sk_demo and pk_demo: 'loopback' (only when HOST is) or 'off'"),
    Setting(
        "ENRICH_SALT", "", "secret salt of hashes (arms, suppression lists); empty: one kept in the store"
    ),
    Setting("ENRICH_COUNTRY", "DK", "country of leads that name none"),
    Setting(
        "ENRICH_ADDRESSES",
        "",
        "folder of own address indexes (<folder>/DK/addresses.idx); empty: the release's",
    ),
    Setting(
        "ENRICH_ONLINE_GEOCODERS", "", "TOML file that names online geocoders; empty: none is ever asked"
    ),
    Setting("ENRICH_RETENTION_DAYS", "400", "days for which decisions and outcomes are kept"),
    Setting(
        "ENRICH_WEBHOOK_NETWORKS",
        "",
        "private networks that webhooks may reach, as 10.1.0.0/16,…; public ones always",
    ),
    Setting(
        "ENRICH_MODEL", "", "folder of a model that `enrich learn promote` rolls out; empty: rules alone"
    ),
    Setting("ENRICH_LOG_LEVEL", "INFO", "DEBUG, INFO, WARNING or ERROR"),
    Setting("ENRICH_MAX_BODY_BYTES", "32768", "largest request body of a single call"),
)


@dataclass(frozen=True, slots=True)
class Config:
    """The settings, checked."""

    host: str
    port: int
    workers: int
    threads: int
    reference_data: Path
    database_url: str
    demo_keys: bool
    salt: str
    country: str
    log_level: str
    max_body_bytes: int
    addresses: Path | None = None
    retention_days: int = 400
    webhook_networks: tuple[IPv4Network | IPv6Network, ...] = ()
    online_geocoders: Path | None = None
    model: Path | None = None


def load_config(environ: Mapping[str, str] | None = None) -> Config:
    """Reads the settings from `environ` (the process environment by default).

    Raises ConfigError naming the variable, its value and what is allowed.
    """
    env = os.environ if environ is None else environ
    values = {s.name: env.get(s.name, "") or s.default for s in SETTINGS}
    host = values["HOST"]
    demo = _one_of(values, "ENRICH_DEMO_KEYS", ("loopback", "off"))
    workers = _integer(values, "ENRICH_WORKERS", 0, 64)
    return Config(
        host=host,
        port=_integer(values, "PORT", 0, 65535),
        workers=workers or min(os.cpu_count() or 1, 8),
        threads=_integer(values, "ENRICH_THREADS", 1, 64),
        reference_data=Path(values["ENRICH_REFERENCE_DATA"]),
        database_url=values["ENRICH_DATABASE_URL"],
        demo_keys=demo == "loopback" and host in ("127.0.0.1", "localhost", "::1"),
        salt=values["ENRICH_SALT"],
        country=values["ENRICH_COUNTRY"].upper(),
        log_level=_one_of(values, "ENRICH_LOG_LEVEL", ("DEBUG", "INFO", "WARNING", "ERROR"), str.upper),
        max_body_bytes=_integer(values, "ENRICH_MAX_BODY_BYTES", 1024, 64 * 1024 * 1024),
        addresses=_path(values, "ENRICH_ADDRESSES"),
        retention_days=_integer(values, "ENRICH_RETENTION_DAYS", 1, 36_500),
        webhook_networks=_networks(values, "ENRICH_WEBHOOK_NETWORKS"),
        online_geocoders=_path(values, "ENRICH_ONLINE_GEOCODERS"),
        model=_path(values, "ENRICH_MODEL"),
    )


def _integer(values: Mapping[str, str], name: str, low: int, high: int) -> int:
    text = values[name]
    if not text.strip().isdigit() or not low <= int(text) <= high:
        raise ConfigError(f"{name} is {text!r}; it must be a whole number from {low} to {high}.")
    return int(text)


def _path(values: Mapping[str, str], name: str) -> Path | None:
    text = values[name].strip()
    if not text:
        return None
    if not Path(text).exists():
        raise ConfigError(f"{name} is {text!r}; there is no such file or folder.")
    return Path(text)


def _networks(values: Mapping[str, str], name: str) -> tuple[IPv4Network | IPv6Network, ...]:
    try:
        return tuple(ip_network(part.strip()) for part in values[name].split(",") if part.strip())
    except ValueError as error:
        raise ConfigError(
            f"{name} is {values[name]!r}: {error}; write networks as 10.1.0.0/16,fd00::/8."
        ) from None


def _one_of(
    values: Mapping[str, str], name: str, allowed: tuple[str, ...], fold: Callable[[str], str] = str
) -> str:
    text = fold(values[name])
    if text not in allowed:
        raise ConfigError(f"{name} is {values[name]!r}; it must be one of {', '.join(allowed)}.")
    return text
