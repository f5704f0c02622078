"""Turns a transmission into evidence."""

from __future__ import annotations

from firmware.verdict.evidence.likelihoods import Likelihoods
from firmware.verdict.evidence.model import Evidence
from firmware.verdict.evidence.score_calibration import make_evidence
from sweeper.model import Emission, EmissionKind

SIGN_BY_KIND: dict[EmissionKind, str] = {
    "analog-video-pal": "analog-video",
    "analog-video-ntsc": "analog-video",
    "steady-carrier": "steady-carrier",
    "non-wifi-energy": "non-wifi-energy",
    "cofdm": "cofdm",
    "wideband-local": "wideband-local",
    "cellular-uplink": "cellular-uplink",
}
REASON_BY_SIGN = {
    "analog-video": "reason.rf.analog_video",
    "steady-carrier": "reason.rf.steady_carrier",
    "non-wifi-energy": "reason.rf.silent_energy",
    "cofdm": "reason.rf.cofdm",
    "wideband-local": "reason.rf.wideband",
    "cellular-uplink": "reason.rf.cellular",
}
HIGH_FROM_HZ = 2e9  # an analog sender above this speaks for the kind of camera that an RTL-SDR cannot hear
STEADY_DUTY = 0.9  # of the time: below it, only the risen floor speaks (`sweeper.survey_levels`)
STANDARDS: dict[EmissionKind, str] = {"analog-video-pal": "PAL", "analog-video-ntsc": "NTSC"}


def weigh_emission(emission: Emission, table: Likelihoods) -> Evidence | None:
    """Weigh a transmission by ``scores["camera"]``; None for kinds that may never raise the room.

    A synchronised picture (``scores["picture"]``) confirms analog video physically.
    """
    sign = SIGN_BY_KIND.get(emission.kind)
    if sign is None:
        return None
    picture = emission.scores.get("picture", 0.0)
    confirmed = sign == "analog-video" and picture >= table.confirmed.picture_score
    named = "picture" if confirmed else sign
    high = sign == "analog-video" and emission.center_hz >= HIGH_FROM_HZ
    return make_evidence(
        f"{named}-high" if high else named,
        sensor="rf",
        subject=emission.subject,
        score=emission.scores.get("camera", 0.0),
        reason="reason.rf.picture" if confirmed else _reason(emission, sign),
        params=_params(emission),
        last_ns=emission.last_ns,
        table=table,
        confirmed=confirmed,
    )


def _reason(emission: Emission, sign: str) -> str:
    """Return the reason's key; a raised noise floor is told, as it is a sign by itself."""
    if emission.measures.get("floor_raised"):
        return "reason.rf.swallowed_carrier"
    if sign == "non-wifi-energy" and emission.measures.get("duty", 0.0) < STEADY_DUTY:
        return "reason.rf.raised_floor"
    return REASON_BY_SIGN[sign]


def _params(emission: Emission) -> dict[str, str | float | int]:
    numbers: dict[str, str | float | int] = {
        "center_hz": emission.center_hz,
        "bandwidth_hz": emission.bandwidth_hz,
        "snr_db": round(emission.snr_db, 1),
    }
    if emission.kind in ("steady-carrier", "non-wifi-energy"):
        numbers["duty"] = round(emission.measures.get("duty", 0.0), 2)
    standard = STANDARDS.get(emission.kind)
    return numbers | ({"standard": standard} if standard else {})
