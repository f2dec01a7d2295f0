"""consent/<cc>.toml: by which law a person may be contacted, per way of contact, and in which hours."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any, Literal
from zoneinfo import ZoneInfo

import holidays

from service.decide.toml_table import TomlTable
from service.model import Contact

# The ways that reach a person, so that a law says when. On our own pages they come to us.
RULED = (Contact.EMAIL, Contact.SMS, Contact.PHONE, Contact.LETTER)
WRITTEN = (Contact.EMAIL, Contact.SMS, Contact.LETTER)  # by which a text can be sent
Basis = Literal["consent", "no_objection"]
Verdict = tuple[bool, str, tuple[str, ...]]  # allowed, reason code, evidence
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
FIRST_YEAR, LAST_YEAR = 2024, 2046  # holidays are laid out once, at load
_SEARCH_DAYS = 21  # longest closed stretch searched for the next open hour


@dataclass(frozen=True, slots=True)
class ContactRule:
    """One way of contact in one country from one day on.

    basis `consent`: only with consent. `no_objection`: without consent too, unless the person is on
    `suppression_list`, which must be at most `list_max_age_days` old (an older one counts as unknown,
    and blocks). `listed_consent_days`: how long a consent outweighs the list; None is until withdrawn.
    The two verdicts are the commonest answers, worded once at load.
    """

    way: Contact
    since: date
    basis: Basis
    suppression_list: str | None
    list_max_age_days: int | None
    listed_consent_days: int | None
    law: str
    reason: str
    no_consent: Verdict
    list_missing: Verdict


@dataclass(frozen=True, slots=True)
class OpenHours:
    """When calls may be made: minutes after local midnight per weekday, never on public holidays."""

    timezone: ZoneInfo
    weekdays: tuple[tuple[int, int] | None, ...]
    closed_days: frozenset[date]

    def is_open(self, now: datetime) -> bool:
        local = now.astimezone(self.timezone)
        hours = self._hours_of(local.date())
        return hours is not None and hours[0] <= local.hour * 60 + local.minute < hours[1]

    def next_open(self, now: datetime) -> datetime | None:
        """`now` when open, else the next opening (in `now`'s own zone); None when none is near."""
        if self.is_open(now):
            return now
        local = now.astimezone(self.timezone)
        for ahead in range(_SEARCH_DAYS):
            day = local.date() + timedelta(days=ahead)
            hours = self._hours_of(day)
            if hours is None:
                continue
            opens = datetime.combine(day, time(hours[0] // 60, hours[0] % 60), self.timezone)
            if opens > local:
                return opens.astimezone(now.tzinfo)
        return None

    def _hours_of(self, day: date) -> tuple[int, int] | None:
        return None if day in self.closed_days else self.weekdays[day.weekday()]


@dataclass(frozen=True, slots=True)
class CountryRules:
    """All rules of one country; per way the newest first. `unasked` is the memory of `check_ways`."""

    country: str
    rules: Mapping[Contact, tuple[ContactRule, ...]]
    hours: OpenHours
    unasked: dict[date, Any] = field(default_factory=dict, repr=False, compare=False)

    def rule_on(self, way: Contact, day: date) -> ContactRule:
        for rule in self.rules[way]:
            if rule.since <= day:
                return rule
        return self.rules[way][-1]


def read_contact_rules(file: TomlTable, country: str, timezone: ZoneInfo) -> CountryRules:
    """One country's file. Raises PolicyError with file and line."""
    file.text("country", allowed=(country,))
    rules: dict[Contact, list[ContactRule]] = {way: [] for way in RULED}
    for row in file.tables("rule"):
        rule = _read_rule(row)
        if any(other.since == rule.since for other in rules[rule.way]):
            raise row.fault(f"two rules for {rule.way} begin on {rule.since}.", "since")
        rules[rule.way].append(rule)
    for way, listed in rules.items():
        if not listed:
            raise file.fault(f"there is no rule for {way}; without one nobody knows whether it is allowed.")
    hours = file.table("call_hours")
    weekdays = tuple(read_hours(hours, day) for day in WEEKDAYS)
    extra = hours.texts("closed_on", ())
    hours.text("reason")
    closed = _closed_days(country)
    for text in extra:
        closed |= _yearly(hours, text)
    hours.close()
    file.close()
    newest_first = {w: tuple(sorted(r, key=lambda rule: rule.since, reverse=True)) for w, r in rules.items()}
    return CountryRules(country, newest_first, OpenHours(timezone, weekdays, frozenset(closed)))


def _read_rule(row: TomlTable) -> ContactRule:
    basis = row.text("basis", allowed=("consent", "no_objection"))
    has_list = row.has("suppression_list")
    if basis == "no_objection" and not has_list:
        raise row.fault("a rule without consent needs the suppression_list on which people say no.", "basis")
    way, law = row.contact("medium", allowed=RULED), row.text("law")
    listed = row.text("suppression_list") if has_list else None
    rule = ContactRule(
        way=way,
        since=row.day("since"),
        basis=basis,  # type: ignore[arg-type]
        suppression_list=listed,
        list_max_age_days=row.integer("list_max_age_days", low=1, high=366) if has_list else None,
        listed_consent_days=(
            row.integer("listed_consent_days", low=1, high=3660) if row.has("listed_consent_days") else None
        ),
        law=law,
        reason=row.text("reason"),
        no_consent=(False, "no_consent", (f"no {way} consent is recorded", law)),
        list_missing=(False, "list_missing", (f"suppression list {listed} has never been imported",)),
    )
    row.close()
    return rule


def read_hours(table: TomlTable, day: str) -> tuple[int, int] | None:
    """The hours of one weekday; `"closed"` or a missing day is None."""
    text = table.text(day, "closed")
    try:
        return parse_hours(text)
    except ValueError as error:
        raise table.fault(f"'{day}' is '{text}'; {error}.", day) from None


def parse_hours(text: str) -> tuple[int, int] | None:
    """`"09:00-19:00"` as minutes after midnight, `"closed"` as None. Raises ValueError: what to write."""
    if text == "closed":
        return None
    try:
        start, end = (time.fromisoformat(part.strip()) for part in text.split("-"))
    except ValueError:
        raise ValueError('write hours such as "09:00-19:00", or "closed"') from None
    if end <= start:
        raise ValueError("it must end after it begins")
    return start.hour * 60 + start.minute, end.hour * 60 + end.minute


def _closed_days(country: str) -> set[date]:
    return set(holidays.country_holidays(country, years=range(FIRST_YEAR, LAST_YEAR)))


def _yearly(table: TomlTable, text: str) -> set[date]:
    """`"12-24"`: that day of every year."""
    try:
        month, day = (int(part) for part in text.split("-"))
        return {date(year, month, day) for year in range(FIRST_YEAR, LAST_YEAR)}
    except ValueError:
        raise table.fault(
            f"closed_on names '{text}'; write month-day such as \"12-24\".", "closed_on"
        ) from None
