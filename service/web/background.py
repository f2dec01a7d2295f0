"""The process of what nobody waits for; its duties are in `flows/background`.

One process beside the workers (`python -m service.web.background`), so that a request is never slower
for it. The gunicorn master starts it and starts it again when it dies; it ends when the master does,
because it then reads the end of its standard input. Of several machines one holds the lease and works.
"""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import threading
import time

from service.config import Config, load_config
from service.flows.background import Background
from service.store import open_store
from service.store.privacy import Retention
from service.web.logs import configure_logs
from service.web.webhooks import Sender

log = logging.getLogger(__name__)

_RESTART_S = 1.0
_STOP_S = 10.0


class Supervisor:
    """Keeps one background process running for as long as this process lives."""

    def __init__(self) -> None:
        self._stopping = threading.Event()
        self._running: subprocess.Popen[bytes] | None = None
        self._keeper = threading.Thread(target=self._keep_running, name="doorstep-background", daemon=True)

    def start(self) -> None:
        """Starts it, and a thread that starts it again when it ends."""
        self._keeper.start()

    def stop(self) -> None:
        """Ends it; it finishes its round first, and is waited for a few seconds."""
        self._stopping.set()
        if self._running is not None and self._running.stdin is not None:
            self._running.stdin.close()
        if self._keeper.is_alive():
            self._keeper.join(timeout=_STOP_S)

    def _keep_running(self) -> None:
        while not self._stopping.is_set():
            running = subprocess.Popen(
                [sys.executable, "-m", "service.web.background"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                start_new_session=True,  # Ctrl-C is for the master, which then tells us
            )
            self._running = running
            assert running.stdin is not None
            assert running.stdout is not None
            running.stdout.read()  # it says nothing, and ends when the process does
            running.stdin.close()
            running.stdout.close()
            running.wait()  # gunicorn, which collects every child that ends, may have been faster
            if not self._stopping.is_set():
                log.error("the background process ended; it is started again")
            self._stopping.wait(_RESTART_S)


def main() -> None:
    """The process. Ends with status 0 when standard input ends, which it does with the parent."""
    config = load_config()
    configure_logs(config.log_level)
    stop = threading.Event()
    threading.Thread(target=_stop_with_parent, args=(stop,), daemon=True).start()
    background_of(config).run(stop)


def background_of(config: Config) -> Background:
    """The duties as `config` has them. Raises StoreError or ConfigError."""
    store = open_store(config.database_url, salt=config.salt)
    retention = Retention(decisions=config.retention_days)
    return Background(store, Sender(config.webhook_networks), retention, config.reference_data)


def _stop_with_parent(stop: threading.Event) -> None:
    while os.read(sys.stdin.fileno(), 4096):
        pass
    stop.set()
    time.sleep(30)  # a round that hangs on a receiver must not outlive the parent for long
    os._exit(0)


if __name__ == "__main__":
    main()
