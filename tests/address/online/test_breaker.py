"""A service that fails again and again is left alone, and tried by one call at a time."""

from __future__ import annotations

from service.address.online.breaker import CircuitBreaker


def test_the_breaker_lets_one_try_after_its_pause() -> None:
    now = 0.0
    breaker = CircuitBreaker(failures=2, pause_s=10, clock=lambda: now)
    for _ in range(2):
        assert breaker.allows_call()
        breaker.record_failure()
    assert breaker.is_open
    assert not breaker.allows_call()
    now = 11.0
    assert breaker.allows_call()
    assert not breaker.allows_call()  # one try at a time
    breaker.record_failure()
    now = 20.0
    assert not breaker.allows_call()
    now = 22.0
    assert breaker.allows_call()
    breaker.record_success()
    assert not breaker.is_open
    breaker.record_failure()
    assert breaker.allows_call()  # failures count in a row
