"""How online geocoders are reached: no retries, no redirects, a bounded answer, one deadline.

A geocoder is somebody else's server. It may hang, trickle, answer gigabytes or send us elsewhere; the
address that was typed must then neither be lost time nor travel further.
"""

from __future__ import annotations

import logging
import time
from typing import Any

import orjson
import requests
import urllib3
from geopy.adapters import AdapterHTTPError, RequestsAdapter
from geopy.exc import GeocoderParseError, GeocoderServiceError, GeocoderTimedOut, GeocoderUnavailable

MAX_ANSWER_BYTES = 512 * 1024
_CHUNK = 16 * 1024


class BoundedAdapter(RequestsAdapter):  # type: ignore[misc]  # geopy ships no types
    """geopy's `requests` adapter with bounds; `timeout` covers the whole answer, not each read."""

    def __init__(self, *, proxies: object, ssl_context: object) -> None:
        super().__init__(proxies=proxies, ssl_context=ssl_context, max_retries=0)

    def get_json(self, url: str, *, timeout: float, headers: dict[str, str]) -> Any:
        """The parsed answer. Raises geopy's exceptions; none of them carries the answer's text."""
        try:
            return orjson.loads(self._body(url, timeout, headers))
        except orjson.JSONDecodeError:
            raise GeocoderParseError("The answer is not JSON.") from None

    def get_text(self, url: str, *, timeout: float, headers: dict[str, str]) -> str:
        """The answer as text; undecodable bytes are replaced."""
        return self._body(url, timeout, headers).decode("utf-8", "replace")

    def _body(self, url: str, timeout: float, headers: dict[str, str]) -> bytes:
        deadline = time.monotonic() + timeout
        try:
            with self.session.get(
                url, timeout=timeout, headers=headers, stream=True, allow_redirects=False
            ) as answer:
                body = _read(answer, deadline)
                status = answer.status_code
        except (requests.Timeout, urllib3.exceptions.TimeoutError):
            raise GeocoderTimedOut("The service timed out.") from None
        except requests.ConnectionError:
            raise GeocoderUnavailable("The service cannot be reached.") from None
        except (requests.RequestException, urllib3.exceptions.HTTPError) as error:
            raise GeocoderServiceError(f"The service failed ({type(error).__name__}).") from None
        if 300 <= status < 400:
            raise GeocoderServiceError(f"The service wants to send us elsewhere (status {status}).")
        if status >= 400:
            raise AdapterHTTPError(f"Status {status}.", status_code=status, headers=answer.headers, text="")
        return body


def _read(answer: requests.Response, deadline: float) -> bytes:
    parts: list[bytes] = []
    size = 0
    # read1: what has arrived, not a full chunk, so that a trickle meets the deadline too.
    while part := answer.raw.read1(_CHUNK, decode_content=True):
        size += len(part)
        if size > MAX_ANSWER_BYTES:
            raise GeocoderServiceError(f"The answer is longer than {MAX_ANSWER_BYTES:,} bytes.")
        if time.monotonic() > deadline:
            raise GeocoderTimedOut("The service timed out.")
        parts.append(part)
    return b"".join(parts)


def keep_addresses_out_of_logs() -> None:
    """geopy and urllib3 log request lines, which hold the address, at DEBUG and INFO: not here."""
    for name in ("geopy", "urllib3"):
        logger = logging.getLogger(name)
        if logger.level < logging.WARNING:
            logger.setLevel(logging.WARNING)
