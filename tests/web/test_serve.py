"""`enrich serve` as people start it: a real process, real gunicorn workers, the real release."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
HEAVY = ("pandas", "lightgbm", "matplotlib", "sklearn", "scipy")
SECRET = {"Authorization": "Bearer sk_demo", "Content-Type": "application/json"}
ADDRESS = "Sankt Mortens Gade 3, 3700 Rønne"


def environment(folder, **settings):
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("ENRICH_", "HOST", "PORT"))
    }
    store = f"sqlite:///{folder}/store.sqlite"
    return {**kept, "PORT": "0", "ENRICH_WORKERS": "2", "ENRICH_DATABASE_URL": store, **settings}


def start(folder, **settings):
    with (folder / "log").open("w") as log:
        return subprocess.Popen(
            [sys.executable, "-m", "service", "serve"],
            env=environment(folder, **settings),
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    folder = tmp_path_factory.mktemp("serve")
    process = start(folder)
    try:
        first = process.stdout.readline()
        port = re.search(r"http://127\.0\.0\.1:(\d+)", first)
        assert port, first + (folder / "log").read_text()
        curl = process.stdout.readline()
        base = port.group(0)
        wait_for(lambda: get(base + "/readyz").status == 200)
        yield type("Served", (), {"base": base, "curl": curl, "pid": process.pid, "log": folder / "log"})
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=20)
        process.stdout.close()


def get(url, headers=None, body=None):
    return urllib.request.urlopen(urllib.request.Request(url, body, headers or {}), timeout=10)


def wait_for(held, seconds=20):
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        try:
            if held():
                return
        except OSError:
            pass
        time.sleep(0.05)
    raise AssertionError("it did not become true in time")


def workers(pid):
    return Path(f"/proc/{pid}/task/{pid}/children").read_text().split()


def test_the_printed_curl_works(served):
    arguments = subprocess.run(
        ["sh", "-c", f"printf '%s\\n' {served.curl.strip().removeprefix('curl ')}"],
        capture_output=True, text=True, check=True,
    ).stdout.splitlines()  # fmt: skip
    headers = dict(arguments[i + 1].split(": ", 1) for i, a in enumerate(arguments) if a == "-H")
    body = arguments[arguments.index("-d") + 1].encode()
    url = next(a for a in arguments if a.startswith("http"))
    with get(url, headers, body) as answer:
        decision = json.load(answer)
    assert decision["status"] == "ok"
    assert decision["address"]["street"] == "Sankt Mortens Gade"
    assert len(decision["variables"]) >= 25
    assert {"greeting", "offer", "first_email", "agent"} <= set(decision["decisions"])


def test_the_agent_is_read_from_the_log_by_any_worker(served):
    body = json.dumps({"lead_id": "served-1", "address": ADDRESS}).encode()
    get(served.base + "/enrich", SECRET, body).close()
    for _ in range(6):
        with get(served.base + "/leads/served-1/agent", SECRET) as answer:
            assert json.load(answer)["lead_id"] == "served-1"


def test_a_worker_imports_nothing_heavy(served):
    for pid in workers(served.pid):
        mapped = Path(f"/proc/{pid}/maps").read_text()
        assert "numpy" in mapped  # the maps do show what is imported
        assert not [name for name in HEAVY if f"/{name}/" in mapped]


def test_the_metrics_count_over_all_workers(served):
    def count():
        with get(served.base + "/metrics") as answer:
            text = answer.read().decode()
        found = re.findall(r'doorstep_request_seconds_count\{.*route="/livez".*\} (\S+)', text)
        return sum(float(n) for n in found)

    before = count()
    for _ in range(40):
        get(served.base + "/livez").close()
    assert count() == before + 40


def test_no_address_reaches_the_log_not_even_from_a_broken_request(served):
    port = int(served.base.rsplit(":", 1)[1])
    with socket.create_connection(("127.0.0.1", port), timeout=5) as broken:
        broken.sendall(b"GET /addresses?q=Mortens Gade HTTP/9.9\r\n\r\n")
        broken.recv(1000)
    with pytest.raises(urllib.error.HTTPError):
        get(served.base + "/addresses/Mortens?q=Mortens")
    log = served.log.read_text()
    assert '"route":"/enrich"' in log or '"route":"/livez"' in log
    assert "Mortens" not in log
    for line in log.splitlines():
        json.loads(line)


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"GET /addresses?q=Mortens Gade 3 HTTP/1.1\r\n\r\n", 400),
        (b"nonsense\r\n\r\n", 400),
        (b"GET /addresses?q=" + b"x" * 9000 + b" HTTP/1.1\r\nHost: x\r\n\r\n", 414),
        (b"GET /livez HTTP/1.1\r\n" + b"X-A: b\r\n" * 200 + b"\r\n", 431),
    ],
)
def test_a_request_that_is_no_http_is_refused_in_the_same_shape(served, sent, status):
    port = int(served.base.rsplit(":", 1)[1])
    with socket.create_connection(("127.0.0.1", port), timeout=5) as broken:
        broken.sendall(sent)
        answer = b""
        while piece := broken.recv(4096):
            answer += piece
    head, body = answer.split(b"\r\n\r\n", 1)
    assert head.startswith(f"HTTP/1.1 {status} ".encode())
    assert b"application/problem+json" in head
    assert json.loads(body)["status"] == status
    assert b"Mortens" not in answer


def test_it_stops_gracefully_and_leaves_no_folder(tmp_path):
    process = start(tmp_path, TMPDIR=str(tmp_path))
    process.stdout.readline()
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=20) == 0
    process.stdout.close()
    assert not list(tmp_path.glob("doorstep-metrics-*"))


def refused(folder, **settings):
    done = subprocess.run(
        [sys.executable, "-m", "service", "serve"], env=environment(folder, **settings), cwd=ROOT,
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
    assert done.stderr.startswith("error: "), done.stderr
    assert done.returncode in (1, 3)
    return done.stderr


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"PORT": "eighty"}, "PORT"),
        ({"ENRICH_WORKERS": "-1"}, "ENRICH_WORKERS"),
        ({"ENRICH_REFERENCE_DATA": "/nowhere"}, "ENRICH_REFERENCE_DATA"),
        ({"ENRICH_DATABASE_URL": "nonsense"}, "ENRICH_DATABASE_URL"),
        ({"ENRICH_DATABASE_URL": "sqlite:////proc/nowhere/store.sqlite"}, "ENRICH_DATABASE_URL"),
        ({"HOST": "no.such.host.invalid"}, "HOST"),
    ],
)
def test_a_bad_setting_stops_the_start_with_one_sentence(tmp_path, settings, said):
    assert said in refused(tmp_path, **settings)


def test_a_port_in_use_is_said(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        assert "PORT" in refused(tmp_path, PORT=str(taken.getsockname()[1]))


def test_a_folder_without_a_release_stops_the_start(tmp_path):
    (tmp_path / "policy").mkdir()
    assert "release" in refused(tmp_path, ENRICH_REFERENCE_DATA=str(tmp_path)).lower()


def test_the_help_lists_every_setting():
    from service.config import SETTINGS

    help_text = subprocess.run(
        [sys.executable, "-m", "service", "serve", "--help"],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
    ).stdout
    for setting in SETTINGS:
        assert setting.name in help_text


def sent_raw(base, head, *pieces):
    """The status of the answer to a request written byte by byte; None when none came."""
    host, port = base.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=10) as line:
        line.sendall(
            b"POST /enrich HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer sk_demo\r\n"
            b"Content-Type: application/json\r\nConnection: close\r\n" + head + b"\r\n"
        )
        for piece in pieces:
            line.sendall(piece)
        line.shutdown(socket.SHUT_WR)
        answer = b""
        while got := line.recv(65536):
            answer += got
    return int(answer.split(b" ", 2)[1]) if answer else None


GOOD = json.dumps({"address": ADDRESS}).encode()
PIECES = b"Transfer-Encoding: chunked\r\n"


def chunk(data):
    return b"%x\r\n%s\r\n" % (len(data), data)


def test_a_body_in_pieces_is_read_like_one_of_stated_length(served):
    assert sent_raw(served.base, PIECES, chunk(GOOD[:9]), chunk(GOOD[9:]), b"0\r\n\r\n") == 200
    assert sent_raw(served.base, b"Content-Length: %d\r\n" % len(GOOD), GOOD) == 200


@pytest.mark.parametrize(
    "pieces",
    [
        b"zz\r\n" + GOOD, b"0xf\r\n" + GOOD, b"-1\r\n" + GOOD, b"\r\n" + GOOD,
        b"%x\r\n%s" % (len(GOOD), GOOD + b"0\r\n\r\n"), chunk(GOOD) + b"0\r\nbad trailer\r\n\r\n",
        chunk(GOOD), b"ffffffffffffffffff\r\n" + GOOD,
    ],
)  # fmt: skip
def test_malformed_pieces_are_a_bad_request(served, pieces):
    assert sent_raw(served.base, PIECES, pieces) in (400, 431, None)
    assert sent_raw(served.base, PIECES, pieces) != 500


def test_a_body_shorter_than_it_says_is_a_bad_request(served):
    assert sent_raw(served.base, b"Content-Length: 400\r\n", GOOD) == 400


def test_a_body_over_the_limit_is_refused_whole_also_in_pieces(served):
    long = json.dumps({"address": "x" * 33_000}).encode()
    assert sent_raw(served.base, PIECES, chunk(long), b"0\r\n\r\n") == 413
    spaces = GOOD + b" " * 40_000
    assert sent_raw(served.base, PIECES, chunk(spaces), b"0\r\n\r\n") == 413
    assert sent_raw(served.base, b"Content-Length: %d\r\n" % len(spaces), spaces) == 413
