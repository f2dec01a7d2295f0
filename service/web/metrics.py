"""What operations watch, for Prometheus. Counts only: no label ever holds what a person typed.

Under gunicorn the workers share a folder (`PROMETHEUS_MULTIPROC_DIR`), which has to be set before
prometheus_client is imported; `enrich serve` sees to that.
"""

from __future__ import annotations

import os
from functools import lru_cache

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest, multiprocess

_SECONDS = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.3, 1.0, 3.0)


class Metrics:
    """The meters of one application."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._seconds = Histogram(
            "doorstep_request_seconds",
            "Time to answer; its count is the number of requests",
            ("route", "method", "status"),
            registry=self.registry,
            buckets=_SECONDS,
        )
        self._decisions = Counter(
            "doorstep_decisions",
            "Decisions answered",
            ("country", "status", "reason"),
            registry=self.registry,
        )
        self._matches = Counter(
            "doorstep_matches",
            "Addresses matched, by how fine and how sure",
            ("country", "level", "category"),
            registry=self.registry,
        )
        self._failures = Counter(
            "doorstep_failures",
            "Steps that failed while the answer was still given; decision_not_stored is a lost log row",
            ("step",),
            registry=self.registry,
        )
        # Finding a child by its labels costs more than counting; the few combinations are kept.
        self._seconds_child = lru_cache(maxsize=1024)(self._seconds.labels)
        self._decision_child = lru_cache(maxsize=1024)(self._decisions.labels)
        self._match_child = lru_cache(maxsize=256)(self._matches.labels)

    def count_request(self, route: str, method: str, status: int, seconds: float) -> None:
        self._seconds_child(route, method, status).observe(seconds)

    def count_decision(self, country: str, status: str, reason: str | None) -> None:
        self._decision_child(country, status, reason or "").inc()

    def count_match(self, country: str, level: str, category: str) -> None:
        self._match_child(country, level, category).inc()

    def count_failure(self, step: str) -> None:
        """Counts a step that failed; `Enricher.count_failure` is this."""
        self._failures.labels(step).inc()

    def exposition(self) -> tuple[bytes, str]:
        """The text that Prometheus reads, over all workers, and its media type."""
        registry = self.registry
        if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
            registry = CollectorRegistry()
            multiprocess.MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
        return generate_latest(registry), "text/plain; version=0.0.4; charset=utf-8"
