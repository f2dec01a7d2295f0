"""Which kinds of slot there are, each with the object of its own file; and slots.toml, which names them."""

from __future__ import annotations

from collections.abc import Mapping

from service.decide.slots.agent import Agent
from service.decide.slots.channels import Channels
from service.decide.slots.content import Content
from service.decide.slots.email import Email
from service.decide.slots.message import Message
from service.decide.slots.slot import Slot
from service.decide.toml_table import TomlTable
from service.model import Treatment

KINDS: Mapping[str, Content] = {
    kind.name: kind for kind in (Content(), Email(), Message(), Agent(), Channels())
}


def read_slots(file: TomlTable) -> dict[str, Slot]:
    """slots.toml: slot code -> Slot, in the order of the file. Raises PolicyError with file and line."""
    slots: dict[str, Slot] = {}
    for row in file.tables("slot"):
        code = row.text("code")
        if code in slots:
            raise row.fault(f"slot '{code}' is there twice.", "code")
        kind = row.text("kind", allowed=tuple(KINDS))
        fields, lists = row.texts("fields", ()), row.texts("lists", ())
        slots[code] = Slot(
            code=code,
            kind=kind,
            file=row.text("file"),
            fields=fields,
            lists=lists,
            rank_by=row.text("rank_by", "priority", allowed=("priority", "expected_value")),  # type: ignore[arg-type]
            every_segment=row.boolean("every_segment", False),
            nothing_allowed=row.boolean("nothing_allowed", False),
            contact=KINDS[kind].read_contact(row, fields, lists),
        )
        row.close()
    file.close()
    return slots


def browser_view(slots: Mapping[str, Slot], treatment: Treatment) -> dict[str, object]:
    """What a visitor may read of one treatment: nothing at all of a slot that the policy does not know."""
    slot = slots.get(treatment.slot)
    return {} if slot is None else KINDS[slot.kind].browser_view(treatment)
