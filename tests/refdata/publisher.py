"""A publisher on a local port: a real HTTP server that answers by a script, and the troubles it may have."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from service.refdata.catalogue import DEFAULT_SOURCES, Source, load_catalogue
from service.refdata.fetching import Fetcher

Answer = Callable[[str, dict[str, str], bytes], tuple[int, dict[str, str], bytes]]
CATALOGUE = load_catalogue(DEFAULT_SOURCES)


class Publisher:
    """Answers by a script: path -> answers, one per call, the last one for ever.

    An answer is a function of the request handler's (method, path, headers, body) that returns
    (status, headers, body), or `cut`: the same with the connection closed after half the body.
    """

    def __init__(self) -> None:
        self.script: dict[str, list[Answer]] = {}
        self.seen: list[tuple[str, str, dict[str, str], bytes]] = []
        publisher = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def _serve(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                publisher.seen.append((self.command, self.path, dict(self.headers), body))
                answers = publisher.script.get(self.path.split("?")[0])
                if not answers:
                    self.send_error(404)
                    return
                answer = answers.pop(0) if len(answers) > 1 else answers[0]
                status, headers, content = answer(self.path, dict(self.headers), body)
                cut = headers.pop("X-Cut", "")
                self.send_response(status)
                for name, value in ({"Content-Length": str(len(content))} | headers).items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(content[: int(cut)] if cut else content)
                self.close_connection = True

            do_GET = do_POST = _serve

            def log_message(self, *args: object) -> None:
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.base = f"http://127.0.0.1:{self.server.server_address[1]}"
        self._thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02})
        self._thread.start()

    def close(self) -> None:
        self.server.shutdown()
        self._thread.join()
        self.server.server_close()

    def says(self, path: str, *answers: Answer) -> None:
        self.script[path] = list(answers)

    def calls(self, path: str) -> int:
        return sum(1 for _, asked, _, _ in self.seen if asked.split("?")[0] == path)


def source_at(name: str, publisher: Publisher, **fetch: Any) -> Source:
    """A source of the real catalogue, with the publisher's address."""
    source = CATALOGUE[name]
    return replace(source, fetch={**source.fetch, "base": publisher.base, **fetch})


def fetcher() -> Fetcher:
    return Fetcher(attempts=3, first_wait_s=0.01, timeout_s=5)


def plain(content: bytes | str, code: int = 200) -> Answer:
    body = content.encode() if isinstance(content, str) else content
    return lambda path, asked, sent: (code, {}, body)


def halved(good: Answer) -> Answer:
    """The good answer, but the line breaks in the middle of its body."""

    def answer(path: str, asked: dict[str, str], sent: bytes) -> tuple[int, dict[str, str], bytes]:
        code, headers, body = good(path, asked, sent)
        return code, headers | {"X-Cut": str(max(len(body) // 2, 1))}, body

    return answer


def busy(code: int, **headers: str) -> Callable[[Answer], Answer]:
    return lambda good: lambda path, asked, sent: (code, dict(headers), b"busy")


TROUBLES = {
    "a rate limit": busy(429, **{"Retry-After": "0"}),
    "a server error": busy(500),
    "a gateway that is down": busy(503),
    "a truncated body": halved,
}
