"""The columns of a lead that a model may learn from and be asked with: the same names in log and request."""

from __future__ import annotations

from service.model import Profile, Segment


def lead_features(
    channel: str, language: str, country: str, segment: Segment, profile: Profile
) -> dict[str, object]:
    """Segment with its distribution, channel, language and the open figures of the area, filled in from
    coarser ones. Nothing else about the person, and nothing of the one home (the log does not keep it); what
    is denied was refused when the tables were built, and is refused again by `fit`.
    """
    return {
        "channel": channel,
        "language": language,
        "country": country,
        "segment": segment.code,
        "urbanity": profile.urbanity,
        **{f"p_{share.code}": share.probability for share in segment.distribution},
        **{code: figure.value for code, figure in profile.figures.items() if figure.level != "unit"},
    }
