"""Agents as the desk declares them over HTTP, beside those of the policy file: the same person, as JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from service.decide.agents import Agent
from service.decide.company import Company
from service.decide.contact_rules import WEEKDAYS, parse_hours
from service.errors import InvalidInputError

_MOST_WORDS = 50
_MOST_LETTERS = 80
_MOST_LEADS = 50
FIELDS = ("name", "languages", "countries", "skills", "certificates", "timezone", "hours", "capacity")


def agent_to_body(agent: Agent) -> dict[str, object]:
    """The agent as JSON; `agent_from_body` reads it back."""
    return {
        "id": agent.id,
        "name": agent.name,
        "languages": list(agent.languages),
        "countries": list(agent.countries),
        "skills": list(agent.skills),
        "certificates": list(agent.certificates),
        "timezone": agent.timezone.key,
        "hours": {
            day: _clock(span) for day, span in zip(WEEKDAYS, agent.hours, strict=True) if span is not None
        },
        "capacity": agent.capacity,
    }


def agent_from_body(agent_id: str, body: Mapping[str, object], company: Company) -> Agent:
    """Reads one declared agent. Raises InvalidInputError that names the field and what it must be."""
    for key in body:
        if key not in FIELDS and key != "id":
            raise InvalidInputError(f"'{key}' is not known; known are {', '.join(FIELDS)}.", key)
    if body.get("id", agent_id) != agent_id:
        raise InvalidInputError(f"'id' differs from the agent that is addressed, {agent_id}.", "id")
    return Agent(
        id=agent_id,
        name=_text(body, "name"),
        languages=_known(body, "languages", company.languages),
        countries=_known(body, "countries", tuple(company.markets)),
        skills=_texts(body, "skills", ()),
        certificates=_texts(body, "certificates", ()),
        timezone=_zone(body),
        hours=_hours(body),
        capacity=_capacity(body),
    )


def merge_roster(
    agents: Sequence[Agent], declared: Mapping[str, Mapping[str, object]], company: Company
) -> tuple[Agent, ...]:
    """The policy's agents, each as last declared, then those that only the desk knows.

    A declaration that a newer policy no longer understands (a market given up) is left out.
    """
    roster = {agent.id: agent for agent in agents}
    for agent_id, body in declared.items():
        try:
            roster[agent_id] = agent_from_body(agent_id, body, company)
        except InvalidInputError:
            roster.pop(agent_id, None)
    return tuple(roster.values())


def _clock(span: tuple[int, int]) -> str:
    return "-".join(f"{minutes // 60:02d}:{minutes % 60:02d}" for minutes in span)


def _text(body: Mapping[str, object], key: str) -> str:
    value = body.get(key)
    if not isinstance(value, str) or not value.strip() or len(value) > _MOST_LETTERS:
        raise InvalidInputError(f"'{key}' must be a text of 1 to {_MOST_LETTERS} letters.", key)
    return value


def _texts(body: Mapping[str, object], key: str, default: tuple[str, ...] | None = None) -> tuple[str, ...]:
    value = body.get(key, default)
    if not isinstance(value, list | tuple) or len(value) > _MOST_WORDS:
        raise InvalidInputError(f"'{key}' must be a list of at most {_MOST_WORDS} texts.", key)
    for word in value:
        if not isinstance(word, str) or not word.strip() or len(word) > _MOST_LETTERS:
            raise InvalidInputError(f"'{key}' must hold texts of 1 to {_MOST_LETTERS} letters only.", key)
    return tuple(dict.fromkeys(value))


def _known(body: Mapping[str, object], key: str, known: tuple[str, ...]) -> tuple[str, ...]:
    values = _texts(body, key)
    if not values or not set(values) <= set(known):
        raise InvalidInputError(f"'{key}' must name one or more of {', '.join(known)}.", key)
    return values


def _zone(body: Mapping[str, object]) -> ZoneInfo:
    try:
        return ZoneInfo(_text(body, "timezone"))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise InvalidInputError("'timezone' must be one such as Europe/Oslo.", "timezone") from None


def _hours(body: Mapping[str, object]) -> tuple[tuple[int, int] | None, ...]:
    value = body.get("hours")
    if not isinstance(value, Mapping) or not set(value) <= set(WEEKDAYS):
        raise InvalidInputError('\'hours\' must be such as {"monday": "09:00-17:00"}, by weekday.', "hours")
    spans = []
    for day in WEEKDAYS:
        text = value.get(day, "closed")
        try:
            spans.append(parse_hours(text if isinstance(text, str) else ""))
        except ValueError as error:
            raise InvalidInputError(f"'hours' of {day}: {error}.", "hours") from None
    return tuple(spans)


def _capacity(body: Mapping[str, object]) -> int:
    value = body.get("capacity")
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= _MOST_LEADS:
        raise InvalidInputError(f"'capacity' must be a whole number from 1 to {_MOST_LEADS}.", "capacity")
    return value
