"""Recent answers: so many, for so long, and without a word of what was typed."""

from __future__ import annotations

from service.address.online.memory import UNKNOWN, AnswerMemory
from service.model import AddressQuery


def test_the_memory_is_bounded_in_entries_and_time_and_holds_no_text() -> None:
    now = 0.0
    memory = AnswerMemory(entries=2, seconds=10, clock=lambda: now)
    first, second, third = (AddressQuery("DK", f"Vej {number}") for number in range(3))
    for query in (first, second):
        memory.remember(query, None)
    assert memory.recall(first) is None
    memory.remember(third, None)
    assert len(memory) == 2
    assert memory.recall(second) is UNKNOWN  # unused for longest
    now = 11.0
    assert memory.recall(first) is UNKNOWN
    assert "Vej" not in repr(vars(memory))
    assert AnswerMemory(entries=0).recall(first) is UNKNOWN
