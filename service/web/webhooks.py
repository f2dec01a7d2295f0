"""Sends one message to one receiver: signed, once, and never into a private network.

The receiver's name is resolved here, every address it has must be allowed, and the connection goes to
the address that was checked: a name that answers differently a moment later leads nowhere else.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from standardwebhooks import Webhook as Signer

from service.errors import InvalidInputError
from service.store.outbox import Message, Webhook

_CONNECT_S, _READ_S = 5, 10
Network = IPv4Network | IPv6Network
Resolve = Callable[[str, int], Sequence[str]]


@dataclass(frozen=True, slots=True)
class Sent:
    """What became of one attempt. `gone`: the receiver asks never to be called again (410)."""

    delivered: bool
    answer: str
    gone: bool = False


def resolve(host: str, port: int) -> Sequence[str]:
    """All addresses of a name. Raises OSError when it has none."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]).partition("%")[0] for entry in found))


class Sender:
    """Signs and sends. `networks` are private ones that may be reached all the same."""

    def __init__(
        self, networks: Sequence[Network] = (), resolve: Resolve = resolve, ca_bundle: str | None = None
    ) -> None:
        self._networks = networks
        self._resolve = resolve
        self._ca_bundle = ca_bundle

    def check_url(self, url: str) -> None:
        """Raises InvalidInputError for a URL that messages must not go to, and says which may be used."""
        try:
            self._target(url)
        except OSError:
            raise InvalidInputError(
                "The name in this URL has no address now; check it, and that DNS answers.", "url"
            ) from None

    def send(self, message: Message, webhook: Webhook) -> Sent:
        """One attempt to deliver. Never raises for what a receiver does or is."""
        try:
            host, port, address = self._target(webhook.url)
        except InvalidInputError as error:
            return Sent(False, str(error))
        except OSError:
            return Sent(False, "the name of the receiver could not be resolved")
        now = datetime.now(UTC)
        body = message.body.decode()
        parts = urlsplit(webhook.url)
        shown = f"[{address}]" if ":" in address else address
        path = parts.path or "/"
        url = f"{parts.scheme}://{shown}:{port}{path}" + (f"?{parts.query}" if parts.query else "")
        headers = {
            "Host": parts.netloc.rpartition("@")[2],
            "Content-Type": "application/json",
            "User-Agent": "Doorstep webhooks",
            "webhook-id": message.message_id,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": Signer(webhook.secret).sign(message.message_id, now, body),
        }
        with requests.Session() as session:
            session.trust_env = False  # no proxy: it would connect to where it likes
            session.mount("https://", _PinnedAdapter(host))
            try:
                with session.post(
                    url,
                    data=message.body,
                    headers=headers,
                    timeout=(_CONNECT_S, _READ_S),
                    allow_redirects=False,
                    stream=True,
                    verify=self._ca_bundle or True,
                ) as answer:
                    status = answer.status_code
            except (requests.RequestException, OSError) as error:
                return Sent(False, type(error).__name__)
        return Sent(200 <= status < 300, f"HTTP {status}", gone=status == 410)

    def _target(self, url: str) -> tuple[str, int, str]:
        """Host, port and the address to connect to. Raises InvalidInputError or OSError."""
        try:
            parts = urlsplit(url)
            host, port = parts.hostname or "", parts.port
        except ValueError:
            host, port, parts = "", None, urlsplit("")
        if parts.scheme not in ("https", "http") or not host or parts.username or parts.fragment:
            raise InvalidInputError(
                "A webhook needs a URL such as https://shop.example/doorstep, without user or fragment.",
                "url",
            )
        number = port or (443 if parts.scheme == "https" else 80)
        addresses = [ip_address(text) for text in self._resolve(host, number)]
        for address in addresses:
            own = any(address in network for network in self._networks)
            if not own and not is_public(address):
                raise InvalidInputError(
                    "Webhooks do not go into private networks; ENRICH_WEBHOOK_NETWORKS can allow one.", "url"
                )
            if parts.scheme != "https" and not own:
                raise InvalidInputError("A webhook on a public network must be https.", "url")
        if not addresses:
            raise OSError("no address")
        return host, number, str(addresses[0])


def is_public(address: IPv4Address | IPv6Address) -> bool:
    """Whether an address is on the public internet, looking through IPv6 forms that carry IPv4."""
    if isinstance(address, IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)
        if inner is None and address in _NAT64:
            inner = IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(inner)
    return address.is_global and not address.is_multicast and not address.is_reserved


_NAT64 = IPv6Network("64:ff9b::/96")


class _PinnedAdapter(HTTPAdapter):
    """Connects to the address in the URL, and expects the certificate of the name."""

    def __init__(self, host: str) -> None:
        self._host = host
        super().__init__(max_retries=0)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, server_hostname=self._host, assert_hostname=self._host, **kwargs)
