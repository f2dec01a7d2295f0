"""The columns of a lead that a model may learn from and be asked with: the same names in log and request."""

from __future__ import annotations

from collections.abc import Mapping

from service.model import Segment


def lead_features(
    channel: str,
    language: str,
    country: str,
    segment: Segment,
    urbanity: int | None,
    figures: Mapping[str, float],
) -> dict[str, object]:
    """Segment with its distribution, channel, language and the open figures of the area. Nothing else about
    the person: what is denied was refused when the tables were built, and is refused again by `fit`.
    """
    shares = {f"p_{share.code}": share.probability for share in segment.distribution}
    return {
        "channel": channel,
        "language": language,
        "country": country,
        "segment": segment.code,
        "urbanity": urbanity,
        **shares,
        **figures,
    }
