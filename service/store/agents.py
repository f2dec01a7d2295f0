"""The agents as the desk knows them now. A seat is taken in one statement, so the database decides."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

import orjson
from sqlalchemy import Connection, Row, case, func, select, update

from service.errors import PreconditionError
from service.model import AgentState
from service.store.clock import from_ms, now_ms, to_ms
from service.store.connect import Database
from service.store.statements import insert_into, take_turns
from service.store.tables import agents, reservations

TURNS = "desk"  # changes of agents and reservations follow one another
State = Literal["available", "busy", "away"]


class Agents:
    """States, declared skills and load of the agents."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def states(self) -> dict[str, AgentState]:
        """Every agent that has a state. One that has none is available, with nothing to do."""
        with self._database.reading() as connection:
            return {row.agent_id: _state(row) for row in connection.execute(select(agents))}

    def state(self, agent_id: str) -> AgentState:
        """One agent's state; version 0 for an agent that has none yet."""
        with self._database.reading() as connection:
            row = connection.execute(select(agents).where(agents.c.agent_id == agent_id)).one_or_none()
        return AgentState(agent_id, "available") if row is None else _state(row)

    def declared(self) -> dict[str, Mapping[str, Any]]:
        """What `declare` was told, by agent; agents of the policy alone are not among them."""
        query = select(agents.c.agent_id, agents.c.body).where(agents.c.body.is_not(None))
        with self._database.reading() as connection:
            return {row.agent_id: orjson.loads(row.body) for row in connection.execute(query)}

    def declare(self, agent_id: str, body: Mapping[str, Any], capacity: int) -> AgentState:
        """Adds an agent, or says anew what an agent can and how many leads they take at once."""
        with self._database.writing() as connection:
            take_turns(connection, TURNS)
            self.enrol(connection, {agent_id: capacity})
            change = update(agents).where(agents.c.agent_id == agent_id)
            connection.execute(change.values(body=orjson.dumps(body), version=agents.c.version + 1))
            row = connection.execute(select(agents).where(agents.c.agent_id == agent_id)).one()
        return _state(row)

    def set_state(
        self, agent_id: str, state: State, capacity: int, if_version: int | None = None
    ) -> AgentState:
        """Changes an agent's state. Raises PreconditionError when `if_version` is not the present one."""
        with self._database.writing() as connection:
            take_turns(connection, TURNS)
            row = connection.execute(select(agents).where(agents.c.agent_id == agent_id)).one_or_none()
            version = 0 if row is None else row.version
            if if_version is not None and if_version != version:
                raise PreconditionError(
                    f"The agent's state has changed since you read it: it is version {version} now. "
                    "Read it again and decide anew."
                )
            self.enrol(connection, {agent_id: capacity})
            change = update(agents).where(agents.c.agent_id == agent_id)
            values = {"state": state, "since_ms": now_ms(), "version": agents.c.version + 1}
            return _state(connection.execute(change.values(values).returning(agents)).one())

    def load(self, since: datetime) -> dict[tuple[str, str, str], int]:
        """How many leads each agent was reserved for since a moment, by agent, country and language."""
        group = (reservations.c.agent_id, reservations.c.country, reservations.c.language)
        query = select(*group, func.count()).where(reservations.c.made_ms >= to_ms(since)).group_by(*group)
        with self._database.reading() as connection:
            return {
                (agent_id, country, language): int(count)
                for agent_id, country, language, count in connection.execute(query)
            }

    def enrol(self, connection: Connection, capacities: Mapping[str, int]) -> None:
        """Makes sure that agents have a row, with this capacity (never below what they have in hand)."""
        rows = connection.execute(select(agents.c.agent_id, agents.c.capacity))
        known = {row.agent_id: row.capacity for row in rows}
        new = {
            agent_id: capacity for agent_id, capacity in capacities.items() if known.get(agent_id) != capacity
        }
        for agent_id, capacity in sorted(new.items()):
            row = insert_into(connection, agents).values(
                agent_id=agent_id, state="available", capacity=capacity, since_ms=now_ms()
            )
            kept = case((agents.c.active > capacity, agents.c.active), else_=capacity)
            connection.execute(
                row.on_conflict_do_update(
                    index_elements=["agent_id"], set_={"capacity": kept}, where=agents.c.capacity != capacity
                )
            )


def take_seat(connection: Connection, agent_id: str) -> bool:
    """Takes one seat of an available agent; False when there is none to be had."""
    taken = connection.execute(
        update(agents)
        .where(
            agents.c.agent_id == agent_id,
            agents.c.state == "available",
            agents.c.active < agents.c.capacity,
        )
        .values(active=agents.c.active + 1, version=agents.c.version + 1)
    )
    return taken.rowcount == 1


def free_seat(connection: Connection, agent_id: str) -> None:
    """Gives one seat back."""
    mine = update(agents).where(agents.c.agent_id == agent_id)
    connection.execute(mine.values(active=agents.c.active - 1, version=agents.c.version + 1))


def _state(row: Row[Any]) -> AgentState:
    return AgentState(row.agent_id, row.state, row.active, row.version, from_ms(row.since_ms))
