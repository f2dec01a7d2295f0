"""E-mails: a message with subject and blocks, laid out as text and HTML with the notice on how to object.

The layouts are policy (policy/email/*.jinja) and run in a sandbox: they can place the words they are
given and nothing else. HTML is escaped. A layout without the notice is refused at load, and so is one
that does not parse, asks for a word that does not exist, calculates, calls, or goes through more than the
blocks once: what a layout costs is bounded by its length.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from traceback import extract_tb

from jinja2 import StrictUndefined, Template, TemplateSyntaxError, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment

from service.decide.company import Company
from service.decide.slots.message import Message
from service.decide.slots.slot import Slot, slot_of_kind, treatment_of_kind
from service.decide.toml_table import Origin, TomlTable
from service.decide.treatments import TreatmentRule
from service.errors import PolicyError
from service.model import Contact, Treatment

TEXT_LAYOUT, HTML_LAYOUT = "email/layout.txt.jinja", "email/layout.html.jinja"
_TRIAL = "the-notice-on-how-to-object"
_PLACES = (
    nodes.Template, nodes.Output, nodes.TemplateData, nodes.Name, nodes.Const, nodes.For, nodes.If,
    nodes.Getattr, nodes.Compare, nodes.Operand, nodes.Not, nodes.And, nodes.Or, nodes.Filter,
)  # fmt: skip
_FILTERS = frozenset({"e", "escape", "upper", "lower", "capitalize", "title", "trim"})


class Email(Message):
    """A message by e-mail. It always has a service version: a lead without consent is welcomed too."""

    name = "email"

    def read_contact(self, row: TomlTable, fields: Sequence[str], lists: Sequence[str]) -> Contact:
        if not ("subject" in fields and "blocks" in lists):
            raise row.fault("an email slot needs the field 'subject' and the list 'blocks'.", "kind")
        return Contact.EMAIL

    def check_plan(self, slot: Slot, fit: Sequence[TreatmentRule], where: str) -> None:
        super().check_plan(slot, fit, where)
        if not any(rule.is_service for rule in fit):
            raise Origin(slot.file, 1).fault(
                f"slot '{slot.code}' has no service e-mail {where} for leads without e-mail consent; "
                'add one with standard = true and kind = "service".'
            )


def email_slot(slots: Mapping[str, Slot]) -> Slot | None:
    """The slot of the first e-mail; None where the policy has none."""
    return slot_of_kind(slots, Email.name)


def first_message(slots: Mapping[str, Slot], treatments: Mapping[str, Treatment]) -> Treatment | None:
    """The e-mail of a decision; None when it has none, or its policy named the slot otherwise."""
    return treatment_of_kind(slots, treatments, Email.name)


@dataclass(frozen=True, slots=True)
class RenderedEmail:
    """Ready to send. `text` and `html` say the same."""

    subject: str
    text: str
    html: str


@dataclass(frozen=True, slots=True)
class EmailLayouts:
    """The two layouts, parsed, and the sender's words."""

    text: Template
    html: Template
    sender: Mapping[str, str]

    def render(self, content: Mapping[str, object]) -> RenderedEmail:
        """Lays out the content of an e-mail, as `choose_treatments` answers it.

        Raises KeyError when `content` is not that of an e-mail.
        """
        words = {
            **self.sender,
            "language": content["language"],
            "subject": content["subject"],
            "blocks": content["blocks"],
            "recipient_reason": content["recipient_reason"],
            "objection_notice": content["objection_notice"],
        }
        subject = " ".join(str(content["subject"]).split())  # a line break would start another header
        return RenderedEmail(subject, self.text.render(words).strip() + "\n", self.html.render(words))


def load_layouts(folder: Path, company: Company) -> EmailLayouts:
    """Reads and tries both layouts. Raises PolicyError `file:line: …`."""
    sender = {
        "company": company.name,
        "legal_name": company.legal_name,
        "postal_address": company.postal_address,
        "website": company.website,
        "privacy_url": company.privacy_url,
    }
    layouts = EmailLayouts(
        _read_template(folder, TEXT_LAYOUT, escape=False),
        _read_template(folder, HTML_LAYOUT, escape=True),
        sender,
    )
    trial = {"subject": "s", "blocks": ["b"], "recipient_reason": "r", "objection_notice": _TRIAL}
    for name, template in ((TEXT_LAYOUT, layouts.text), (HTML_LAYOUT, layouts.html)):
        try:
            laid_out = template.render({**sender, **trial, "language": "en"})
        except Exception as error:  # whatever a layout does, it is the layout's fault, told by its line
            raise PolicyError(f"{name}:{_line_of(error)}: it cannot be laid out: {error}.") from None
        if _TRIAL not in laid_out or company.privacy_url not in laid_out:
            raise PolicyError(
                f"{name}:1: it leaves out {{{{ objection_notice }}}} or {{{{ privacy_url }}}}; "
                "the recipient has to be told how to object."
            )
    return layouts


def _read_template(folder: Path, name: str, *, escape: bool) -> Template:
    # S701: the text layout is not HTML, so nothing in it is escaped; the HTML one always is
    environment = ImmutableSandboxedEnvironment(
        autoescape=escape, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    try:
        text = (folder / name).read_text(encoding="utf-8")
        _check_places(name, environment.parse(text))
        return environment.from_string(text)
    except OSError as error:
        raise PolicyError(f"{name}:1: {error.strerror} in {folder}; restore the file.") from None
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise PolicyError(f"{name}:{line}: it is not UTF-8; save it as UTF-8.") from None
    except TemplateSyntaxError as error:
        raise PolicyError(f"{name}:{error.lineno}: {error.message}.") from None


def _check_places(name: str, tree: nodes.Template) -> None:
    """Refuses what does more than place words: Jinja alone would count to ten thousand million."""
    for node in (found for kind in (nodes.Stmt, nodes.Expr, nodes.Helper) for found in tree.find_all(kind)):
        nested = isinstance(node, nodes.For) and next(iter(_inside(node)), None) is not None
        strange = isinstance(node, nodes.Filter) and node.name not in _FILTERS
        if nested or strange or not isinstance(node, _PLACES):
            what = "a loop in a loop" if nested else type(node).__name__.lower()
            raise PolicyError(
                f"{name}:{node.lineno}: a layout may place words, choose with if and go through blocks once; "
                f"this is {what}."
            )


def _inside(loop: nodes.For) -> Iterator[nodes.For]:
    for node in (*loop.body, *loop.else_):
        if isinstance(node, nodes.For):
            yield node
        yield from node.find_all(nodes.For)


def _line_of(error: Exception) -> int:
    """The line of the layout in which it failed: Jinja writes it into the traceback."""
    lines = [frame.lineno for frame in extract_tb(error.__traceback__) if frame.filename == "<template>"]
    return lines[-1] or 1 if lines else 1
