"""Names a detection by the tests of its samples, its place in the band plan, its width and its rhythm.

Scores are probabilities, a camera and no camera being equally likely beforehand: their log-odds are what
the observation adds. An emission about which nothing speaks for a camera is well below one half.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from sweeper.bands import Bands, Service
from sweeper.config import Region
from sweeper.detect import BURST_DUTY, Detection
from sweeper.model import EmissionKind
from sweeper.ofdm import OfdmTest
from sweeper.pulses import PULSED_FROM, RARE_FROM
from sweeper.selfnoise import NoiseProfile
from sweeper.video import VideoTest
from sweeper.vsb import SERVICE as ATSC

WIDE_HZ = 1.0e6  # wider than voice, data bursts and control links

# Camera scores by what an emission is. Log-odds of these are likelihood ratios against a room's ordinary
# emissions, chosen low: none of these things is rare in a clean room.
CAMERA_SCORES: Mapping[EmissionKind, float] = {
    "cofdm": 0.80,
    "cellular-uplink": 0.20,
    "wideband-local": 0.15,
    "narrowband-local": 0.03,
    "unknown": 0.05,
    "known-service": 0.01,
    "self-noise": 0.001,
}
COMB_WITHOUT_FIELDS = 0.30  # line-rate comb seen, fields not (yet): a supply or a weak or short look


@dataclass(frozen=True, slots=True, kw_only=True)
class Identification:
    """The kind, the service, the scores and the measures of one detection."""

    kind: EmissionKind
    scores: Mapping[str, float]
    measures: Mapping[str, float]
    service: str | None = None


def identify(
    detection: Detection,
    *,
    video: VideoTest,
    ofdm: OfdmTest,
    bands: Bands,
    region: Region,
    edge: bool = False,
    own_noise: NoiseProfile | None = None,
    gain_db: float = 0.0,
    television: Literal["atsc", "link"] | None = None,
    peaked: float = PULSED_FROM,
) -> Identification:
    """Name one detection.

    Parameters
    ----------
    detection : Detection
        Where and how wide.
    video, ofdm : VideoTest, OfdmTest
        Tests of the whole slice in which it was seen.
    edge : bool
        It was cut by the edge of the slice, so its width is a lower bound.
    own_noise : NoiseProfile, optional
        The unit's own lines: a learned one is self-noise, unless it is video or much stronger than learned.
    television : "atsc", "link" or None
        Its pilot was found; or it is a multicarrier signal that fits no channel of broadcast television.
    peaked : float
        How peaked the slice's power is (`sweeper.pulses`): what services of pulses are known by.

    Returns
    -------
    Identification
        Kind, scores, the numbers behind them, and the service where it is one.
    """
    wide = edge or detection.bandwidth_hz >= WIDE_HZ
    services = () if television == "link" else bands.services_at(detection.center_hz, region=region)
    kind, service = _kind(
        detection, wide=wide, video=video, ofdm=ofdm, services=services, bands=bands, peaked=peaked
    )
    if television == "atsc":
        kind, service = "known-service", ATSC
    level_db = detection.level_dbfs - gain_db
    masked = own_noise is not None and own_noise.masks(detection.low_hz, detection.high_hz, level_db)
    if masked and not video.is_video:
        kind, service = "self-noise", "learned"
    scores = {
        "camera": _camera_score(kind, video),
        "analog_video": video.score,
        "cofdm": ofdm.score if ofdm.family == "cofdm" and wide else 0.0,
        "lte": ofdm.score if ofdm.family == "lte" else 0.0,
        "dab": ofdm.score if ofdm.family == "dab" else 0.0,
    }
    measures = {
        "level_dbfs": detection.level_dbfs,
        "level_db": level_db,
        "width_10db_hz": detection.width_10db_hz,
        "duty": detection.duty,
        "comb": video.comb,
        "comb_db": video.comb_db,
        "ofdm_evidence": ofdm.evidence,
    }
    if video.side is not None:
        measures["field_side"] = video.side
    if video.fields is not None:
        measures["field_blanking"] = -video.fields.log10_p
    if ofdm.is_ofdm and ofdm.guard is not None:
        measures["ofdm_guard"] = ofdm.guard
    if video.is_comb:
        measures["line_hz"] = video.line_hz
    return Identification(kind=kind, scores=scores, measures=measures, service=service)


def _kind(
    detection: Detection,
    *,
    wide: bool,
    video: VideoTest,
    ofdm: OfdmTest,
    services: tuple[Service, ...],
    bands: Bands,
    peaked: float,
) -> tuple[EmissionKind, str | None]:
    if video.is_video:
        return ("analog-video-pal" if video.standard == "pal" else "analog-video-ntsc"), None
    if bands.is_receiver_line(detection.center_hz) and not wide:
        return "self-noise", "28.8 MHz crystal"
    if ofdm.family in ("lte", "dab"):
        if services and services[0].uplink:  # a handset's signal has the guard interval of the station's
            return "cellular-uplink", services[0].name
        steady = (s.name for s in services if not s.bursts)
        name = next(steady, "LTE" if ofdm.family == "lte" else "DAB")
        return "known-service", name
    if ofdm.family == "cofdm" and wide:
        return _cofdm_kind(services)
    if video.is_too_short:  # television's line rate: no service by default
        return ("wideband-local" if wide else "unknown"), None
    service = next((s for s in services if _fits(detection, s, wide=wide, peaked=peaked)), None)
    if service is not None and service.uplink:
        return "cellular-uplink", service.name
    if service is not None:
        return "known-service", service.name
    return ("wideband-local" if wide else "unknown"), None


def _fits(detection: Detection, service: Service, *, wide: bool, peaked: float) -> bool:
    """Whether it could be that service: not too wide, and pulsed where pulses are expected."""
    if detection.bandwidth_hz > service.widest_hz or (wide and service.widest_hz < WIDE_HZ):
        return False
    rare = detection.duty < BURST_DUTY and peaked >= RARE_FROM
    return not service.bursts or peaked >= PULSED_FROM or rare


def _cofdm_kind(services: tuple[Service, ...]) -> tuple[EmissionKind, str | None]:
    """Return the kind: a broadcast multiplex sits in its band, anything else of this waveform is a link."""
    broadcast = next((s for s in services if s.raster_hz is not None), None)
    if broadcast is None:
        return "cofdm", None
    return "known-service", broadcast.name


def _camera_score(kind: EmissionKind, video: VideoTest) -> float:
    if kind in ("analog-video-pal", "analog-video-ntsc"):
        return video.score
    base = CAMERA_SCORES[kind]
    if video.is_comb and kind not in ("known-service", "self-noise"):
        return max(base, COMB_WITHOUT_FIELDS)
    return base
