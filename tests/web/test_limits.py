"""Rate limits: what a key is granted, what it is told, and that workers share one allowance."""

from __future__ import annotations

import os
import random

import pytest

from service.web.limits import Limits


def test_an_allowance_is_spent_and_comes_back():
    limits = Limits()
    for call in range(60):
        standing = limits.charge("k", 60, now=1000.0)
        assert standing.retry_after_s is None
        assert standing.left == 59 - call
    refused = limits.charge("k", 60, now=1000.0)
    assert refused.retry_after_s == pytest.approx(1.0)
    assert limits.charge("k", 60, now=1000.5).retry_after_s == pytest.approx(0.5)
    assert limits.charge("k", 60, now=1001.01).retry_after_s is None
    assert limits.charge("other", 60, now=1000.0).left == 59
    assert limits.charge("k", 60, now=2000.0).left == 59


def test_over_any_stretch_no_more_is_granted_than_allowed():
    limits, rng = Limits(), random.Random(5)
    now, granted = 0.0, []
    for _ in range(5000):
        now += rng.expovariate(5)
        if limits.charge("k", 120, now=now).retry_after_s is None:
            granted.append(now)
    for start in range(0, len(granted), 50):
        for end in range(start, len(granted), 97):
            stretch = granted[end] - granted[start]
            assert end - start + 1 <= 120 + 2 * stretch + 1.001


def test_forked_workers_share_one_allowance():
    limits = Limits()
    children = []
    for _ in range(4):
        pid = os.fork()
        if pid == 0:
            granted = sum(limits.charge("k", 100, now=50.0).retry_after_s is None for _ in range(60))
            os._exit(granted)
        children.append(pid)
    assert sum(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in children) == 100


def test_more_keys_than_slots_are_still_limited(monkeypatch):
    monkeypatch.setattr("service.web.limits._SLOTS", 4)
    limits = Limits()
    for key in range(8):
        assert limits.charge(f"k{key}", 1, now=10.0).retry_after_s is None
        assert limits.charge(f"k{key}", 1, now=10.0).retry_after_s == pytest.approx(60)


def test_answers_say_what_is_left_and_the_refusal_when_to_come_back(client, services):
    token, _ = services.store.keys.create("slow", "secret", ["enrich"], per_minute=2)
    call = {"json": {"address": "x"}, "headers": {"Authorization": f"Bearer {token}"}}
    first = client.post("/enrich", **call)
    assert first.headers["RateLimit-Policy"] == '"key";q=2;w=60'
    assert first.headers["RateLimit"] == '"key";r=1;t=30'
    assert client.post("/enrich", **call).status_code == 200
    refused = client.post("/enrich", **call)
    assert refused.status_code == 429
    assert refused.content_type == "application/problem+json"
    assert refused.headers["Retry-After"] == "30"
    assert refused.headers["RateLimit"] == '"key";r=0;t=60'
    assert "2 times a minute" in refused.json["detail"]
    assert "RateLimit" not in client.get("/livez").headers
