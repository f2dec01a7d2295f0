"""The policy: what the company wants to do, as files that a marketer edits, checked as a whole.

`load_policy` reads every file, refuses the first fault with its file and line, and lays out what can be
known before a lead comes. Nothing is half loaded: either the whole policy is right, or none of it is used.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from pathlib import Path

from service.decide.agents import AgentRules, read_agents
from service.decide.behaviour import SubSegment, WeightRules, read_sub_segments, read_weights
from service.decide.claims import read_claims
from service.decide.company import Company, read_company, read_phrases
from service.decide.contact_rules import CountryRules, read_contact_rules
from service.decide.experiments import Experiments, read_experiments
from service.decide.planning import compile_plans
from service.decide.plans import PlanKey, SlotPlan
from service.decide.slots.email import EmailLayouts, load_layouts
from service.decide.slots.kinds import read_slots
from service.decide.slots.slot import Slot
from service.decide.toml_table import load_toml
from service.decide.treatment_file import Vocabulary, read_treatments
from service.decide.treatments import TreatmentRule
from service.decide.why_words import WhyWords, load_why_words
from service.errors import PolicyError

REQUIRED_PHRASES = ("personalised_price", "objection_notice")


@dataclass(frozen=True, slots=True)
class Policy:
    """One checked policy. `version` is the hash of its files; `plans` are laid out at load."""

    version: str
    company: Company
    slots: Mapping[str, Slot]
    phrases: Mapping[str, Mapping[str, str]]
    treatments: Mapping[str, tuple[TreatmentRule, ...]]
    plans: Mapping[PlanKey, SlotPlan]
    agents: AgentRules
    experiments: Experiments
    contact_rules: Mapping[str, CountryRules]
    segments: tuple[str, ...]
    email: EmailLayouts
    weights: WeightRules
    sub_segments: tuple[SubSegment, ...]
    why: Mapping[str, WhyWords]

    def language_for(self, country: str, language: str) -> str:
        """The language that is really written for a lead: theirs, or else the market's own."""
        if language in self.company.languages:
            return language
        markets = self.company.markets
        return (markets.get(country) or next(iter(markets.values()))).language

    def treatment(self, slot: str, code: str) -> TreatmentRule | None:
        """The rule behind a logged treatment id (a variant's id ends in `.code`)."""
        wanted = code.partition(".")[0]
        return next((rule for rule in self.treatments.get(slot, ()) if rule.id == wanted), None)


def load_policy(folder: Path, segment_codes: Sequence[str], *, today: date | None = None) -> Policy:
    """Reads and checks all policy files below `folder`; `segment_codes` are those of the definitions.

    With `today` (checking before activation), treatments that have run out are refused as well. A server
    that starts does not give it: an offer that ran out last night must not keep a signup form from
    answering. It is left out at choice time, and `list_expired` names it.

    Raises PolicyError `file:line: what is wrong; what to do`.
    """
    segments = tuple(segment_codes)
    company = read_company(load_toml(folder, "company.toml"))
    slots = read_slots(load_toml(folder, "slots.toml"))
    claims = read_claims(load_toml(folder, "claims.toml"), company.languages)
    phrases = read_phrases(load_toml(folder, "texts.toml"), company.languages, claims)
    for name in REQUIRED_PHRASES:
        if name not in phrases:
            raise PolicyError(
                f"texts.toml:1: the text '{name}' is missing; it is required by law beside the copy."
            )
    sub_segments = read_sub_segments(load_toml(folder, "subsegments.toml"), segments, company.languages)
    known = Vocabulary(company, segments, tuple(rule.code for rule in sub_segments), phrases, claims)
    treatments = {
        code: read_treatments(load_toml(folder, slot.file), slot, known) for code, slot in slots.items()
    }
    policy = Policy(
        version=hash_files(folder),
        company=company,
        slots=slots,
        phrases=phrases,
        treatments=treatments,
        plans=compile_plans(
            company, slots, treatments, segments, phrases["personalised_price"], phrases["objection_notice"]
        ),
        agents=read_agents(load_toml(folder, "agents.toml"), company, segments),
        experiments=read_experiments(load_toml(folder, "experiment.toml"), treatments),
        contact_rules={
            country: read_contact_rules(
                load_toml(folder, f"consent/{country.lower()}.toml"), country, market.timezone
            )
            for country, market in company.markets.items()
        },
        segments=segments,
        email=load_layouts(folder, company),
        weights=read_weights(load_toml(folder, "weights.toml"), segments),
        sub_segments=sub_segments,
        why=load_why_words(folder, company.languages, slots),
    )
    _check_personalised_prices(treatments)
    expired = list_expired(policy, today) if today else ()
    if expired:
        raise expired[0]
    return policy


def list_expired(policy: Policy, today: date) -> tuple[PolicyError, ...]:
    """One fault per treatment that has run out and per running experiment whose end has passed."""
    faults = [
        rule.origin.fault(
            f"'{rule.id}' ran out on {rule.valid_until}, before {today}; move valid_until or remove it."
        )
        for rules in policy.treatments.values()
        for rule in rules
        if rule.valid_until is not None and rule.valid_until < today
    ]
    faults += [
        e.origin.fault(f"experiment '{e.name}' ended on {e.ends}, before {today}; set status = \"ended\".")
        for e in policy.experiments.listed
        if e.status == "running" and e.ends < today
    ]
    return tuple(faults)


def hash_files(folder: Path) -> str:
    """`sha256:…` over the names and bytes of every file of the policy but its README, by name."""
    digest = sha256()
    for path in sorted(
        p for p in folder.rglob("*") if p.is_file() and not p.name.startswith(".") and p.suffix != ".md"
    ):
        content = path.read_bytes()
        digest.update(f"{path.relative_to(folder).as_posix()}\n{len(content)}\n".encode())
        digest.update(content)
    return f"sha256:{digest.hexdigest()}"


def _check_personalised_prices(treatments: Mapping[str, tuple[TreatmentRule, ...]]) -> None:
    """A discount that differs from the standard flow's is a price set by automated means: say so.

    Directive 2011/83/EU article 6(1)(ea), as amended by 2019/2161, wants the consumer told.
    """
    for rules in treatments.values():
        usual = {rule.value.discount for rule in rules if rule.standard}
        for rule in rules:
            if not rule.standard and rule.value.discount not in usual and not rule.price_personalised:
                raise rule.origin.fault(
                    f"'{rule.id}' has discount {rule.value.discount:g}, the standard flow has "
                    f"{', '.join(f'{d:g}' for d in sorted(usual))}: set price_personalised = true, "
                    "so that the recipient is told."
                )
