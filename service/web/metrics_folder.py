"""The folder in which workers count together. It has to be named before prometheus_client is imported."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile

METRICS_FOLDER = "PROMETHEUS_MULTIPROC_DIR"


def prepare_metrics_folder() -> None:
    """Gives the workers an empty folder to count in. Call before prometheus_client is imported.

    The folder that the setting names is emptied: counts of processes that are gone would be added up.
    """
    named = os.environ.get(METRICS_FOLDER)
    if named:
        os.makedirs(named, exist_ok=True)
        for name in os.listdir(named):
            if name.endswith(".db"):
                os.remove(os.path.join(named, name))
        return
    made = tempfile.mkdtemp(prefix="doorstep-metrics-")
    os.environ[METRICS_FOLDER] = made
    master = os.getpid()

    def remove() -> None:
        if os.getpid() == master:  # workers leave through here too
            shutil.rmtree(made, ignore_errors=True)

    atexit.register(remove)
