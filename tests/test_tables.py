"""What is kept in memory stays within its bounds, and what is read from it is what was put in."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from service.tables import Kept


def test_a_full_memory_begins_anew_and_a_known_key_does_not_make_it_full() -> None:
    kept: Kept[str, int] = Kept(2)
    assert kept.keep("a", 1) == 1
    kept.keep("b", 2)
    kept.keep("b", 3)
    assert dict(kept) == {"a": 1, "b": 3}
    kept.keep("c", 4)
    assert dict(kept) == {"c": 4}


def test_threads_that_keep_at_once_read_only_what_belongs_to_their_key() -> None:
    kept: Kept[int, int] = Kept(50)

    def work(seed: int) -> bool:
        keys = [(seed * 7919 + step * 31) % 200 for step in range(20_000)]
        return all((kept.get(key) or kept.keep(key, key + 1)) == key + 1 for key in keys)

    with ThreadPoolExecutor(8) as threads:
        assert all(threads.map(work, range(8)))
    assert len(kept) <= 50 + 8  # each thread may add one beside the one that begins anew
