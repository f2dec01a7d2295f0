"""Logs as JSON lines on stderr, one event each, without anything that a person typed.

Three things could carry an address into a log: a query string, the message of an exception, and the
arguments of another library's warning. So routes are logged by their pattern, exceptions by type and
place, and foreign warnings by their text before its arguments are filled in.
"""

from __future__ import annotations

import logging
import os
import sys
import traceback
from contextlib import suppress
from datetime import UTC, datetime
from types import TracebackType
from typing import TextIO

import orjson
from flask import has_request_context

from service.web.visit import Visit, current_visit

_OWN = ("service", "doorstep")
_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "color_message"}
_FRAMES = 6


class JsonFormatter(logging.Formatter):
    """One record as one JSON line."""

    def format(self, record: logging.LogRecord) -> str:
        own = record.name.split(".", 1)[0] in _OWN
        quiet = record.levelno < logging.WARNING
        event: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage() if own or (quiet and record.args) else _template(record),
        }
        if has_request_context() and (visit := current_visit()) is not None:
            event["request_id"] = visit.request_id
        if own:
            event.update({k: v for k, v in vars(record).items() if k not in _STANDARD})
        if record.exc_info and record.exc_info[0] is not None:
            event["error"] = record.exc_info[0].__name__
            event["where"] = _frames(record.exc_info[2])
        return orjson.dumps(event, default=lambda value: type(value).__name__).decode()


class AccessLog:
    """One line per request: who, which route, how long.

    Written past `logging`, which takes longer to make and format a record than some requests take to
    answer. A log that cannot be written costs no request.
    """

    def __init__(self, enabled: bool, descriptor: int = 2) -> None:
        self._enabled = enabled
        self._descriptor = descriptor

    def write(self, visit: Visit, route: str, method: str, status: int, seconds: float) -> None:
        if not self._enabled:
            return
        line = orjson.dumps(
            {
                "at": datetime.now(UTC),
                "level": "INFO",
                "logger": "service.access",
                "message": "request",
                "request_id": visit.request_id,
                "route": route,
                "method": method,
                "status": status,
                "ms": round(seconds * 1000, 2),
                "key": None if visit.key is None else visit.key.key_id,
            },
            option=orjson.OPT_APPEND_NEWLINE,
        )
        with suppress(OSError):
            os.write(self._descriptor, line)


def configure_logs(level: str, stream: TextIO | None = None) -> None:
    """Sends every logger of this process through the JSON formatter to `stream` (stderr), at `level`."""
    lines = logging.StreamHandler(stream or sys.stderr)
    lines.setFormatter(JsonFormatter())
    root = logging.getLogger()
    root.handlers[:] = [lines]
    root.setLevel(logging.WARNING)
    logging.getLogger("service").setLevel(level)
    logging.getLogger("gunicorn.error").setLevel(level)


def _template(record: logging.LogRecord) -> str:
    """A foreign record's text without its arguments; some libraries fill them in beforehand, so it is
    cut at the first colon too."""
    return str(record.msg).split(":", 1)[0][:200]


def _frames(trace: TracebackType | None) -> list[str]:
    found = traceback.extract_tb(trace)[-_FRAMES:]
    return [
        f"{frame.filename.rsplit('/site-packages/', 1)[-1]}:{frame.lineno} {frame.name}" for frame in found
    ]
