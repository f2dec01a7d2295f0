"""The demonstration runs on the shipped release and policy, and finds what it put in."""

from __future__ import annotations

from tests.programs.demo import run


def test_the_demonstration_finds_what_was_put_in(tmp_path) -> None:
    held = run(1200, 3, tmp_path)
    assert held
    assert all(held)
    for name in ("lift", "gate", "curve"):
        text = (tmp_path / f"{name}.html").read_text(encoding="utf-8")
        assert text.startswith("<!doctype html>")
    assert "<svg" in (tmp_path / "lift.html").read_text(encoding="utf-8")
    assert "simple rule" in (tmp_path / "gate.html").read_text(encoding="utf-8").lower()
