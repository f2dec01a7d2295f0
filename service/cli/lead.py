"""`enrich lead "…"`: one lead decided, printed for people or as the JSON of the service."""

from __future__ import annotations

import json

import click

from service.address.lines import one_line
from service.config import load_config
from service.flows.leads import lead_of
from service.flows.policy_memory import LeadHistory
from service.model import Decision
from service.web.answer import answer_secret
from service.wiring import build_services


@click.command()
@click.argument("address")
@click.option("--country", default="", help="ISO code; ENRICH_COUNTRY (DK) when not given.")
@click.option("--language", default="", help="da, sv, nb, fi or en; the country's own when not given.")
@click.option("--channel", default="web_form", show_default=True)
@click.option("--lead-id", default="", help="Your pseudonymous id; one is made when not given.")
@click.option("--birth-year", type=int, default=None)
@click.option("--children/--no-children", default=None, help="Children at home, if the lead said so.")
@click.option("--phone-consent", is_flag=True, help="The lead has consented to sales calls.")
@click.option("--email-consent", is_flag=True, help="The lead has consented to marketing by e-mail.")
@click.option("--record", is_flag=True, help="Write the decision to the log, as POST /enrich does.")
@click.option("--json", "as_json", is_flag=True, help="The whole answer as JSON.")
def lead(
    address: str,
    country: str,
    language: str,
    channel: str,
    lead_id: str,
    birth_year: int | None,
    children: bool | None,
    phone_consent: bool,
    email_consent: bool,
    record: bool,
    as_json: bool,
) -> None:
    """Decides one lead from ADDRESS alone, and says why."""
    config = load_config()
    services = build_services(config)
    said = {"birth_year": birth_year, "children_at_home": children}
    agreed = {"email": email_consent, "phone": phone_consent}
    sent = {
        "lead_id": lead_id,
        "address": address,
        "country": country,
        "language": language,
        "channel": channel,
        "declared": said,
        "consent": {way: {"given": True} for way, given in agreed.items() if given},
    }
    one = lead_of(sent, config.country, services.assets().language_of)
    if record:
        decision = services.enricher.enrich_lead(one)
    else:
        decision = services.enricher.decide_lead(one, LeadHistory(), services.now())
    if as_json:
        click.echo(json.dumps(json.loads(answer_secret(decision)), ensure_ascii=False, indent=2))
    else:
        _print(decision)


def _print(decision: Decision) -> None:
    match, segment = decision.address, decision.segment
    click.secho(one_line(match) or "No address recognised", bold=True)
    click.echo(f"  match            {match.level} · category {match.category} · {match.next_action}")
    for line in (*match.changes, *(f"or: {a}" for a in match.alternatives)):
        click.echo(f"                   {line}")
    click.echo(f"  status           {decision.status}" + (f" ({decision.reason})" if decision.reason else ""))
    places = decision.place
    click.echo(
        "  areas            " + " · ".join(f"{k} {places.names.get(k, v)}" for k, v in places.codes.items())
    )
    if segment.code:
        thin = " (thin evidence)" if segment.thin_evidence else ""
        click.echo(f"  segment          {segment.code} {segment.name}{thin}")
        for share in segment.distribution[:5]:
            bar = "█" * round(share.probability * 30)
            click.echo(f"                   {share.code:<4}{share.probability:6.1%} {bar}")
        for fact in segment.evidence[:5]:
            click.echo(f"                   {fact.effect:+.2f} bits  {fact.fact}: {fact.value}")
    for slot, treatment in decision.treatments.items():
        headline = next((str(treatment.content[k]) for k in _HEADLINES if treatment.content.get(k)), "")
        click.echo(f"  {slot:<16} {treatment.id} [{treatment.arm}] {headline}")
    versions = decision.versions
    click.echo(f"  made from        release {versions.reference_data} · policy {versions.policy[:19]}")


_HEADLINES = ("headline", "title", "subject", "name", "reason", "channel")
