"""The short way round marshmallow takes nothing that the schema refuses, and changes nothing."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from marshmallow import Schema, ValidationError

from service.web.schemas.enrich import EnrichRequest, is_plain_lead

_ids = (
    st.text("AZaz09._:~-", min_size=1, max_size=130) | st.text(max_size=5) | st.sampled_from(["a\n", "", "å"])
)
_values = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
_objects = st.dictionaries(st.text(max_size=8), _values, max_size=3)
_keys = st.sampled_from(["address", "lead_id", "country", "language", "channel", "name", "declared"])
_requests = st.one_of(
    st.fixed_dictionaries({"address": st.text()}, optional={"lead_id": _ids}),
    st.fixed_dictionaries(
        {"address": _values | _objects}, optional={"lead_id": _values | _ids, "country": _values}
    ),
    st.dictionaries(_keys, _values | _objects, max_size=4),
    _values,
    st.lists(_values, max_size=2),
)


def fully_loaded(sent: Any) -> Any:
    """What marshmallow itself makes of a request; the refusal when it refuses."""
    try:
        return Schema.load(EnrichRequest(), sent)
    except ValidationError as error:
        return error


@given(_requests)
def test_what_passes_unchanged_is_what_marshmallow_passes_unchanged(sent: Any) -> None:
    if is_plain_lead(sent):
        assert fully_loaded(sent) == sent


@given(_requests)
def test_both_ways_take_the_same_requests_and_give_the_same(sent: Any) -> None:
    full = fully_loaded(sent)
    if isinstance(full, ValidationError):
        with pytest.raises(ValidationError) as refused:
            EnrichRequest().load(sent)
        assert refused.value.messages == full.messages
    else:
        assert EnrichRequest().load(sent) == full


def test_the_usual_request_takes_the_short_way() -> None:
    assert is_plain_lead({"address": "Sankt Mortens Gade 3, 3700 Rønne"})
    assert is_plain_lead({"address": "\x00 😀", "lead_id": "crm-84213"})
    for odd in (
        {"lead_id": "a"},
        {"address": "x", "lead_id": "a b"},
        {"address": "x", "country": "DK"},
        None,
    ):
        assert not is_plain_lead(odd)
