"""One exception family. Each says what is wrong, where, and what to do.

`web` maps them to HTTP statuses and `cli` to exit codes in one table each; nothing else does.
"""

from __future__ import annotations


class DoorstepError(Exception):
    """Base of all errors that this project raises on purpose. `str(error)` is a whole sentence."""


class ConfigError(DoorstepError):
    """A setting has a bad value; the start stops."""


class ReleaseError(DoorstepError):
    """A reference-data release is missing, damaged or of another schema version; the start stops."""


class PolicyError(DoorstepError):
    """A policy file is wrong. The message begins with `file:line:`."""


class SourceError(DoorstepError):
    """A publisher's file is wrong (names file, row, column and rule); nothing is published."""


class CheckError(DoorstepError):
    """Checks found faults; `faults` lists them as sentences."""

    def __init__(self, message: str, faults: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.faults = faults


class UnreachableError(DoorstepError):
    """A source, store or online service could not be reached."""


class StoreError(UnreachableError):
    """The store could not be read or written."""


class NotFoundError(DoorstepError):
    """The thing asked for does not exist."""


class ConflictError(DoorstepError):
    """The state does not allow it now; the message says what to do."""


class PreconditionError(DoorstepError):
    """The caller's `If-Match` names a state that has changed since."""


class InvalidInputError(DoorstepError):
    """A caller's structured input is wrong; `field` names it. Never raised for what a person typed."""

    def __init__(self, message: str, field: str = "") -> None:
        super().__init__(message)
        self.field = field


class LearnError(DoorstepError):
    """A table cannot carry a model (no control rows, one class, a leaking column, too few events)."""
