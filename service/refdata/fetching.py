"""Downloads publishers' files: conditional, retried with back-off, resumable, checksummed.

A file is put in place whole and checked, or not at all.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import requests
import tenacity

from service.errors import SourceError, UnreachableError
from service.tables import file_sha256

_CHUNK = 1 << 16
_TRANSIENT = frozenset({408, 425, 429, 500, 502, 503, 504})
_NOT_MODIFIED, _PARTIAL, _RANGE_WRONG = 304, 206, 416
LONGEST_WAIT_S = 120.0
_BROKEN_LINE = (requests.ConnectionError, requests.Timeout, requests.exceptions.ChunkedEncodingError)
Check = Callable[[Path], None]


@dataclass(frozen=True, slots=True)
class Request:
    """One file to download. `check` refuses a wrong answer (SourceError) before it is put in place.

    `version` is the publisher's own word for what it would send now (such as a table's `updated`);
    the same version as last time is not fetched again.
    """

    url: str
    file: Path
    check: Check
    body: dict[str, Any] | None = None
    headers: dict[str, str] = field(default_factory=dict)
    version: str = ""

    @property
    def shown(self) -> str:
        """The address without its query, which may hold a key."""
        return self.url.split("?", 1)[0]

    @property
    def key(self) -> str:
        """What was asked, as a digest: another question makes an old answer void."""
        asked = json.dumps([self.url, self.body], sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(asked.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Fetched:
    """What came of a request."""

    file: Path
    changed: bool
    bytes: int
    sha256: str
    attempts: int


class _TryAgainError(Exception):
    """The publisher is busy or the line broke; `wait` is what it asked for, in seconds."""

    def __init__(self, reason: str, wait: float | None = None) -> None:
        super().__init__(reason)
        self.wait = wait


class Fetcher:
    """Downloads with one session. `sleep` and `session` can be replaced in tests."""

    def __init__(
        self,
        attempts: int = 6,
        first_wait_s: float = 1.0,
        timeout_s: float = 60.0,
        progress: Callable[[str, int, int | None], None] | None = None,
        session: requests.Session | None = None,
    ) -> None:
        self._session = session or requests.Session()
        self._session.headers["User-Agent"] = "doorstep-refdata"
        self._attempts, self._first, self._timeout = attempts, first_wait_s, timeout_s
        self._progress = progress or (lambda name, have, total: None)

    def fetch(self, request: Request) -> Fetched:
        """Brings `request.file` up to date.

        Raises UnreachableError when the publisher cannot be reached after all attempts, SourceError
        when it answers something else than asked; the old file stays as it was in both cases.
        """
        known = _read_note(request)
        if known and request.version and known.get("version") == request.version:
            return Fetched(request.file, False, request.file.stat().st_size, known["sha256"], 0)
        tried = 0

        def once() -> bool:
            nonlocal tried
            tried += 1
            return self._download(request, known)

        changed = self._retrying(request.shown, once)
        sha = file_sha256(request.file)
        return Fetched(request.file, changed, request.file.stat().st_size, sha, tried)

    def get_json(self, url: str, headers: dict[str, str] | None = None) -> Any:
        """A small JSON document. Raises UnreachableError and SourceError, as `fetch`."""
        shown = url.split("?", 1)[0]

        def once() -> Any:
            answer = self._send("GET", url, None, headers or {}, stream=False)
            _refuse_status(shown, answer)
            try:
                return answer.json()
            except ValueError as error:
                page = " (a web page)" if "<html" in answer.text[:500].lower() else ""
                raise SourceError(f"{shown}: rule json: the answer is no JSON{page}.") from error

        return self._retrying(shown, once)

    def _retrying(self, shown: str, once: Callable[[], Any]) -> Any:
        def wait(state: tenacity.RetryCallState) -> float:
            error = state.outcome.exception() if state.outcome else None
            asked = error.wait if isinstance(error, _TryAgainError) else None
            backoff = self._first * 2 ** (state.attempt_number - 1)
            return min(asked if asked is not None else backoff, LONGEST_WAIT_S)

        retrying = tenacity.Retrying(
            stop=tenacity.stop_after_attempt(self._attempts),
            wait=wait,
            retry=tenacity.retry_if_exception_type(_TryAgainError),
            reraise=True,
        )
        try:
            return retrying(once)
        except _TryAgainError as error:
            raise UnreachableError(
                f"{shown} could not be fetched after {self._attempts} attempts ({error}); try again later, "
                "or use files saved by hand with --offline."
            ) from error

    def _send(
        self, method: str, url: str, body: dict[str, Any] | None, headers: dict[str, str], stream: bool
    ) -> requests.Response:
        # identity: a compressed body could neither be resumed nor measured against Content-Length
        sent = {"Accept-Encoding": "identity", **headers}
        try:
            answer = self._session.request(
                method, url, json=body, headers=sent, stream=stream, timeout=self._timeout
            )
        except _BROKEN_LINE as error:
            raise _TryAgainError(type(error).__name__) from error
        except requests.RequestException as error:
            raise SourceError(f"{url.split('?', 1)[0]}: cannot be asked ({type(error).__name__}).") from error
        if answer.status_code in _TRANSIENT:
            answer.close()
            raise _TryAgainError(f"HTTP {answer.status_code}", _retry_after(answer))
        return answer

    def _download(self, request: Request, known: dict[str, str] | None) -> bool:
        part = request.file.with_name(request.file.name + ".part")
        part_note = request.file.with_name(request.file.name + ".part.json")
        part.parent.mkdir(parents=True, exist_ok=True)
        headers = dict(request.headers)
        held = _held_part(part, part_note, request)
        if held:
            headers |= {"Range": f"bytes={part.stat().st_size}-", "If-Range": held}
        elif known:
            headers |= {k: known[v] for k, v in _CONDITIONS.items() if known.get(v)}
        method = "GET" if request.body is None else "POST"
        answer = self._send(method, request.url, request.body, headers, stream=True)
        with answer:
            if answer.status_code == _NOT_MODIFIED and known:
                return False
            if answer.status_code == _RANGE_WRONG:
                part.unlink(missing_ok=True)
                raise _TryAgainError("the part on disk no longer fits")
            _refuse_status(request.shown, answer)
            append = answer.status_code == _PARTIAL and bool(held)
            _write_text(part_note, json.dumps({"key": request.key, "validator": _validator(answer)}))
            self._save(request, answer, part, append)
        try:
            request.check(part)
        except SourceError:
            part.unlink()
            part_note.unlink(missing_ok=True)
            raise
        changed = not request.file.exists() or file_sha256(request.file) != file_sha256(part)
        _put_in_place(request, answer, part)
        part_note.unlink(missing_ok=True)
        return changed

    def _save(self, request: Request, answer: requests.Response, part: Path, append: bool) -> None:
        start = part.stat().st_size if append else 0
        length = answer.headers.get("Content-Length")
        total = start + int(length) if length and length.isdigit() else None
        have = start
        try:
            with part.open("ab" if append else "wb") as stream:
                for piece in answer.iter_content(_CHUNK):
                    stream.write(piece)
                    have += len(piece)
                    self._progress(request.file.name, have, total)
                stream.flush()
                os.fsync(stream.fileno())
        except _BROKEN_LINE as error:
            raise _TryAgainError(f"the line broke after {have:,} bytes") from error
        if total is not None and have != total:
            raise _TryAgainError(f"{have:,} of {total:,} bytes came")


_CONDITIONS = {"If-None-Match": "etag", "If-Modified-Since": "last_modified"}


def _note_path(file: Path) -> Path:
    return file.with_name(file.name + ".fetched.json")


def _read_note(request: Request) -> dict[str, str] | None:
    """What is known of the file on disk: only if it is still the one that was fetched for this request."""
    try:
        note: dict[str, str] = json.loads(_note_path(request.file).read_text(encoding="utf-8"))
        whole = note["key"] == request.key and file_sha256(request.file) == note["sha256"]
    except (OSError, ValueError, KeyError):
        return None
    return note if whole else None


def _held_part(part: Path, note: Path, request: Request) -> str:
    """The validator of a part on disk that belongs to this very request, or ""."""
    try:
        held = json.loads(note.read_text(encoding="utf-8"))
        resumable = held["key"] == request.key and held["validator"] and part.stat().st_size > 0
    except (OSError, ValueError, KeyError):
        return ""
    return str(held["validator"]) if resumable else ""


def _validator(answer: requests.Response) -> str:
    etag = answer.headers.get("ETag", "")
    return etag if etag and not etag.startswith("W/") else answer.headers.get("Last-Modified", "")


def _put_in_place(request: Request, answer: requests.Response, part: Path) -> None:
    note = {
        "url": request.shown,
        "key": request.key,
        "version": request.version,
        "etag": answer.headers.get("ETag", ""),
        "last_modified": answer.headers.get("Last-Modified", ""),
        "sha256": file_sha256(part),
        "bytes": str(part.stat().st_size),
        "fetched_at": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    os.replace(part, request.file)
    _write_text(_note_path(request.file), json.dumps(note, indent=1) + "\n")


def put_joined(path: Path, text: str, changed: bool, attempts: int) -> Fetched:
    """Puts a file that was joined from several answers in place, whole."""
    _write_text(path, text)
    return Fetched(path, changed, path.stat().st_size, file_sha256(path), attempts)


def _write_text(path: Path, text: str) -> None:
    beside = path.with_name(path.name + ".new")
    beside.write_text(text, encoding="utf-8")
    os.replace(beside, path)


def _refuse_status(shown: str, answer: requests.Response) -> None:
    if answer.status_code < 400:
        return
    said = re.sub(r"<[^>]*>|\s+", " ", answer.text[:2000]).strip()[:200]
    raise SourceError(f"{shown}: rule http-status: the publisher refuses with {answer.status_code} ({said}).")


def _retry_after(answer: requests.Response) -> float | None:
    text = answer.headers.get("Retry-After", "")
    if text.isdigit():
        return float(text)
    try:
        return max(0.0, (parsedate_to_datetime(text) - datetime.now(UTC)).total_seconds())
    except (TypeError, ValueError):
        return None
