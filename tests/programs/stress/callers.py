"""64 clients at the desk and a few at the form, who write down every answer that they were given."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime

import requests

_HEARD_BY_NOW_S = 3.0
KEY = {"Authorization": "Bearer sk_demo"}
ADDRESSES = (
    "Sankt Mortens Gade 3, 3700 Rønne",
    "Nørrebrogade 52C, 2. th, 2200 København N",
    "Store Torv 1, 3700 Rønne",
    "no such street 1, 3770 Allinge",
    "2300",
)


@dataclass
class Ledger:
    """What was acknowledged, and what must never happen. Shared by all callers, under one lock."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    decisions: list[str] = field(default_factory=list)
    outcomes: list[str] = field(default_factory=list)
    reservations: dict[str, str] = field(default_factory=dict)  # id -> the last state acknowledged
    agent_of: dict[str, str] = field(default_factory=dict)  # agent -> the reservation that holds them now
    lead_of: dict[str, str] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    waits: list[float] = field(default_factory=list)

    def hold(self, reservation: dict[str, str]) -> None:
        """An acknowledged reservation: its agent and its lead must be free in the eyes of all callers."""
        held, agent, lead = reservation["reservation_id"], reservation["agent_id"], reservation["lead_id"]
        with self.lock:
            for taken, what in ((self.agent_of.get(agent), agent), (self.lead_of.get(lead), lead)):
                if taken not in (None, held):
                    self.faults.append(f"double booking: {what} is held by {taken} and was given to {held}")
            self.agent_of[agent], self.lead_of[lead] = held, held
            self.reservations.setdefault(held, "reserved")
            self.counts["reserved"] += 1

    def let_go(self, reservation: dict[str, str]) -> None:
        """Called before the caller asks to end it: from now on others may get agent and lead."""
        with self.lock:
            for held, key in ((self.agent_of, "agent_id"), (self.lead_of, "lead_id")):
                if held.get(reservation[key]) == reservation["reservation_id"]:
                    del held[reservation[key]]

    def moved(self, reservation_id: str, state: str) -> None:
        with self.lock:
            self.reservations[reservation_id] = state
            self.counts[state] += 1

    def count(self, what: str) -> None:
        with self.lock:
            self.counts[what] += 1

    def fault(self, sentence: str) -> None:
        with self.lock:
            self.faults.append(sentence)


def work_at_desk(url: str, leads: list[str], ledger: Ledger, stop: threading.Event, seed: int) -> None:
    """Reserves leads at random, then completes, rejects or releases; as a person would, but quickly."""
    rng = random.Random(seed)
    session = requests.Session()
    session.headers.update(KEY)
    while not stop.is_set():
        lead = rng.choice(leads)
        held = _reserve(session, url, lead, ledger, stop)
        if held is None:
            continue
        time.sleep(rng.random() * 0.02)
        # a wait after `let_go` would hide nothing: the agent is free for others only once we have asked
        verbs = rng.choice(
            (["complete"], ["accept", "complete"], ["reject"], ["release"], ["accept", "release"])
        )
        for verb in verbs:
            if verb != "accept":
                ledger.let_go(held)
            state = _move(session, url, held, verb, stop)
            if state is None:
                break
            ledger.moved(held["reservation_id"], state)
    session.close()


def fill_forms(url: str, ledger: Ledger, stop: threading.Event, seed: int) -> None:
    """Enriches leads and reports an outcome for each."""
    rng = random.Random(seed)
    session = requests.Session()
    session.headers.update(KEY)
    number = 0
    while not stop.is_set():
        number += 1
        lead = {"lead_id": f"form-{seed}-{number}", "address": rng.choice(ADDRESSES)}
        answer = _call(session, "POST", f"{url}/enrich", stop, json=lead)
        if answer is None or answer.status_code != 200:
            _unexpected(ledger, answer, "enrich")
            continue
        body = answer.json()
        if body["status"] == "degraded":
            ledger.count("degraded")
            continue
        with ledger.lock:
            ledger.decisions.append(body["decision_id"])
        outcome = {
            "event_id": f"o-{seed}-{number}",
            "decision_id": body["decision_id"],
            "kind": "bought",
            "value": float(number % 7),
            "at": datetime.now(UTC).isoformat(),
        }
        told = _call(session, "POST", f"{url}/outcomes", stop, json=outcome)
        if told is not None and told.status_code == 200:
            with ledger.lock:
                ledger.outcomes.append(outcome["event_id"])
        else:
            _unexpected(ledger, told, "outcomes")
    session.close()


def _reserve(
    session: requests.Session, url: str, lead: str, ledger: Ledger, stop: threading.Event
) -> dict[str, str] | None:
    started = time.perf_counter()
    try:
        answer = session.post(f"{url}/leads/{lead}/agent/reserve", json={"hold_seconds": 3600}, timeout=30)
    except requests.RequestException:
        # The service was killed while we waited: we were acknowledged nothing. If it did reserve, the
        # lead's reservation says so, and whoever finds it gives it back.
        ledger.count("unanswered")
        _give_back(session, url, lead, ledger, stop)
        return None
    ledger.waits.append(time.perf_counter() - started)
    if answer.status_code == 200:
        body = answer.json()
        if body["state"] == "reserved":
            held: dict[str, str] = body["reservation"]
            ledger.hold(held)
            return held
        ledger.count("waiting")
    elif answer.status_code == 409:
        ledger.count("conflict")
    else:
        _unexpected(ledger, answer, "reserve")
    return None


def _give_back(session: requests.Session, url: str, lead: str, ledger: Ledger, stop: threading.Event) -> None:
    """Releases the reservation of a lead that nobody was told of.

    Another caller may have been told of it this very moment: what nobody knows after some seconds,
    nobody was told.
    """
    stop.wait(_HEARD_BY_NOW_S)
    found = _call(session, "GET", f"{url}/leads/{lead}/agent/reservation", stop)
    if found is None or found.status_code != 200:
        return
    reservation = found.json()
    with ledger.lock:
        known = reservation["reservation_id"] in ledger.reservations
    if reservation["state"] == "reserved" and not known:
        _move(session, url, reservation, "release", stop)


def _move(
    session: requests.Session, url: str, held: dict[str, str], verb: str, stop: threading.Event
) -> str | None:
    """The state that was acknowledged; None when an earlier, unanswered attempt had been done already."""
    path = f"{url}/leads/{held['lead_id']}/agent/{verb}"
    answer = _call(session, "POST", path, stop, json={"reservation_id": held["reservation_id"]})
    if answer is None or answer.status_code != 200:
        return None
    state: str = answer.json()["state"]
    return state


def _call(
    session: requests.Session, method: str, url: str, stop: threading.Event, **kwargs: object
) -> requests.Response | None:
    """Calls until there is an answer: the service is killed now and then, and comes back."""
    patience = time.monotonic() + 90
    while time.monotonic() < patience:
        try:
            return session.request(method, url, timeout=30, **kwargs)  # type: ignore[arg-type]
        except requests.RequestException:
            if stop.wait(0.2):
                return None
    return None


def _unexpected(ledger: Ledger, answer: requests.Response | None, what: str) -> None:
    if answer is None:
        ledger.count("unanswered")
    else:
        ledger.fault(f"{what} answered {answer.status_code}: {answer.text[:200]}")
