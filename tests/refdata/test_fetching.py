"""Downloads over real HTTP: conditional, retried, resumed, never half in place."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from service.errors import SourceError, UnreachableError
from service.refdata.fetching import Fetcher, Request

PIECE = 1 << 16  # the fetcher writes in pieces of this size
BODY = b"".join(b"%06d\n" % n for n in range(40_000))
Answer = Callable[[str, dict[str, str], bytes], tuple[int, dict[str, str], bytes]]


def ok(body: bytes = BODY, **headers: str) -> Answer:
    return lambda path, asked, sent: (200, {k.replace("_", "-"): v for k, v in headers.items()}, body)


def status(code: int, body: bytes = b"busy", **headers: str) -> Answer:
    return lambda path, asked, sent: (code, {k.replace("_", "-"): v for k, v in headers.items()}, body)


def fetcher(**options: Any) -> Fetcher:
    return Fetcher(**{"first_wait_s": 0.01, "timeout_s": 5.0, "attempts": 4} | options)


def request(
    publisher: Any, folder: Path, check: Callable[[Path], None] = lambda path: None, **rest: Any
) -> Request:
    return Request(f"{publisher.base}/f.csv", folder / "raw" / "f.csv", check, **rest)


def test_a_file_comes_whole_with_its_checksum_and_note(publisher: Any, tmp_path: Path) -> None:
    publisher.says("/f.csv", ok(ETag='"1"'))
    seen: list[tuple[int, int | None]] = []
    got = fetcher(progress=lambda name, have, total: seen.append((have, total))).fetch(
        request(publisher, tmp_path)
    )
    assert (got.changed, got.bytes, got.attempts) == (True, len(BODY), 1)
    assert got.file.read_bytes() == BODY
    assert seen[-1] == (len(BODY), len(BODY))
    note = json.loads((tmp_path / "raw" / "f.csv.fetched.json").read_text())
    assert (note["sha256"], note["etag"]) == (got.sha256, '"1"')
    assert not list((tmp_path / "raw").glob("*.part*"))


def test_unchanged_is_not_sent_again(publisher: Any, tmp_path: Path) -> None:
    def conditional(path: str, asked: dict[str, str], sent: bytes) -> tuple[int, dict[str, str], bytes]:
        return (304, {}, b"") if asked.get("If-None-Match") == '"1"' else (200, {"ETag": '"1"'}, BODY)

    publisher.says("/f.csv", conditional)
    assert fetcher().fetch(request(publisher, tmp_path)).changed
    again = fetcher().fetch(request(publisher, tmp_path))
    assert (again.changed, again.attempts) == (False, 1)
    again.file.write_bytes(b"edited by hand")  # no longer what the note vouches for
    assert fetcher().fetch(request(publisher, tmp_path)).file.read_bytes() == BODY


def test_the_same_version_is_not_asked_for(publisher: Any, tmp_path: Path) -> None:
    publisher.says("/f.csv", ok())
    fetcher().fetch(request(publisher, tmp_path, version="2026-11-01"))
    fetcher().fetch(request(publisher, tmp_path, version="2026-11-01"))
    assert publisher.calls("/f.csv") == 1
    fetcher().fetch(request(publisher, tmp_path, version="2026-11-02"))
    assert publisher.calls("/f.csv") == 2


def test_another_question_is_asked_again(publisher: Any, tmp_path: Path) -> None:
    publisher.says("/f.csv", ok())
    fetcher().fetch(request(publisher, tmp_path, version="v", body={"a": 1}))
    fetcher().fetch(request(publisher, tmp_path, version="v", body={"a": 2}))
    assert publisher.calls("/f.csv") == 2


@pytest.mark.parametrize("code", [429, 500, 502, 503])
def test_a_busy_publisher_is_asked_again(publisher: Any, tmp_path: Path, code: int) -> None:
    publisher.says("/f.csv", status(code), status(code), ok())
    got = fetcher().fetch(request(publisher, tmp_path))
    assert (got.attempts, got.file.read_bytes()) == (3, BODY)


def test_retry_after_is_obeyed(publisher: Any, tmp_path: Path) -> None:
    publisher.says("/f.csv", status(429, Retry_After="1"), ok())
    start = time.monotonic()
    fetcher().fetch(request(publisher, tmp_path))
    assert time.monotonic() - start >= 1.0


def test_a_publisher_that_stays_down_is_unreachable_and_the_old_file_stays(
    publisher: Any, tmp_path: Path
) -> None:
    publisher.says("/f.csv", ok())
    first = fetcher().fetch(request(publisher, tmp_path))
    publisher.says("/f.csv", status(503))
    with pytest.raises(UnreachableError, match=r"after 4 attempts \(HTTP 503\).*--offline"):
        fetcher().fetch(request(publisher, tmp_path))
    assert first.file.read_bytes() == BODY


def test_nobody_listens(tmp_path: Path) -> None:
    nowhere = Request("http://127.0.0.1:9/f.csv?apiKey=secret", tmp_path / "f.csv", lambda path: None)
    with pytest.raises(UnreachableError) as stop:
        fetcher(attempts=2).fetch(nowhere)
    assert "secret" not in str(stop.value)


def test_a_broken_line_is_resumed_where_it_broke(publisher: Any, tmp_path: Path) -> None:
    half = 2 * PIECE
    ranges: list[str] = []

    def rest(path: str, asked: dict[str, str], sent: bytes) -> tuple[int, dict[str, str], bytes]:
        ranges.append(asked.get("Range", ""))
        start = int(asked["Range"].removeprefix("bytes=").rstrip("-"))
        assert asked["If-Range"] == '"1"'
        return (
            206,
            {"ETag": '"1"', "Content-Range": f"bytes {start}-{len(BODY) - 1}/{len(BODY)}"},
            BODY[start:],
        )

    publisher.says("/f.csv", ok(ETag='"1"', X_Cut=str(half)), rest)
    got = fetcher().fetch(request(publisher, tmp_path))
    assert got.file.read_bytes() == BODY
    assert got.attempts == 2
    assert ranges == [f"bytes={half}-"]


def test_a_run_that_was_stopped_is_resumed_by_the_next(publisher: Any, tmp_path: Path) -> None:
    cut = ok(ETag='"1"', X_Cut=str(PIECE))
    publisher.says("/f.csv", cut)
    with pytest.raises(UnreachableError):
        fetcher(attempts=1).fetch(request(publisher, tmp_path))
    assert (tmp_path / "raw" / "f.csv.part").stat().st_size == PIECE
    publisher.says("/f.csv", lambda path, asked, sent: (206, {"ETag": '"1"'}, BODY[PIECE:]))
    assert fetcher().fetch(request(publisher, tmp_path)).file.read_bytes() == BODY
    assert publisher.seen[-1][2]["Range"] == f"bytes={PIECE}-"


def test_a_file_that_changed_meanwhile_is_fetched_anew(publisher: Any, tmp_path: Path) -> None:
    publisher.says("/f.csv", ok(ETag='"1"', X_Cut="1000"), ok(b"new and shorter\n", ETag='"2"'))
    assert fetcher().fetch(request(publisher, tmp_path)).file.read_bytes() == b"new and shorter\n"


def test_a_wrong_answer_never_replaces_the_old_file(publisher: Any, tmp_path: Path) -> None:
    def check(path: Path) -> None:
        if not path.read_bytes().startswith(b"0"):
            raise SourceError("f.csv: row 1: rule first-digit: no")

    publisher.says("/f.csv", ok(), ok(b"<html>sorry</html>"), ok())
    fetcher().fetch(request(publisher, tmp_path, check))
    with pytest.raises(SourceError, match="rule first-digit"):
        fetcher().fetch(request(publisher, tmp_path, check))
    assert (tmp_path / "raw" / "f.csv").read_bytes() == BODY
    assert not fetcher().fetch(request(publisher, tmp_path, check)).changed


@pytest.mark.parametrize("code", [400, 401, 403, 404])
def test_a_refusal_is_not_repeated(publisher: Any, tmp_path: Path, code: int) -> None:
    publisher.says("/f.csv", status(code, b'{"message": "EXTRACT-TOOBIG"}'))
    with pytest.raises(SourceError, match=rf"refuses with {code} .*EXTRACT-TOOBIG"):
        fetcher().fetch(request(publisher, tmp_path))
    assert publisher.calls("/f.csv") == 1
