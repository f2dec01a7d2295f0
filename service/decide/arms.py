"""Which side of an experiment a lead is on: a hash of (salt, experiment, lead_id) and nothing else.

The estimand. The global holdout is a random share of *leads* (5 %) that always gets the standard flow,
in every slot, for as long as the experiment name and the salt live. Comparing treated with holdout
estimates the intention-to-treat effect of *having the policy* (choosing by area, dwelling and declared
facts) over *welcoming everyone alike*: not the effect of a greeting against silence, and not that of
one treatment, for which a slot's own experiment is needed. Because the hash is of the lead alone, a
lead that comes back, by any channel and under any later policy, is on the same side.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b

_RANGE = float(2**64)
_SEPARATOR = "\x1f"  # keeps ("a", "bc") apart from ("ab", "c")


def draw_number(salt: str, experiment: str, lead_id: str) -> float:
    """A number in [0, 1), the same for the same three texts, uniform over leads."""
    # "surrogatepass": a lone surrogate in a caller's lead_id must not stop the answer
    text = _SEPARATOR.join((salt, experiment, lead_id)).encode("utf-8", "surrogatepass")
    return int.from_bytes(blake2b(text, digest_size=8).digest(), "big") / _RANGE


def assign_arm(salt: str, experiment: str, lead_id: str, arms: Sequence[tuple[str, float]]) -> str:
    """The arm of this lead. `arms` are (name, share) in a fixed order; shares sum to 1."""
    number = draw_number(salt, experiment, lead_id)
    for name, share in arms:
        number -= share
        if number < 0:
            return name
    return arms[-1][0]  # the shares summed to a hair under 1
