"""What another policy would have decided and be worth, from rows whose truth is known."""

from __future__ import annotations

import numpy as np

from service.learn.models.replay import Replayed, replay_slot


def test_replay_recovers_the_value_of_another_policy() -> None:
    """Logged: bike or book by a fair coin. The other policy: bike for A1, book for B1; its value is known."""
    rng = np.random.default_rng(0)
    covered = 0
    for _ in range(200):
        rows = []
        for _ in range(800):
            segment, logged = rng.choice(["A1", "B1"]), rng.choice(["bike", "book"])
            would = "bike" if segment == "A1" else "book"
            outcome = float(rng.random() < (0.3 if logged == would else 0.1))
            rows.append(Replayed(segment, logged, 0.5, would, float(logged == would), outcome))
        found = replay_slot("offer", rows)
        covered += found.expected_value.low <= 0.3 <= found.expected_value.high
    assert 0.92 <= covered / 200 <= 0.985
    assert found.gain.low > 0
    assert {m[:3] for m in found.moves} == {("A1", "book", "bike"), ("B1", "bike", "book")}


def test_replay_claims_nothing_for_what_was_never_tried() -> None:
    rows = [Replayed("A1", "bike", 0.9, "book", 0.2, 1.0)] * 1000
    assert replay_slot("offer", rows).expected_value is None
    assert "never tried" in replay_slot("offer", rows).warning
