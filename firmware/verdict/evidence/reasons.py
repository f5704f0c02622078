"""Lists every reason the firmware can give, with the parameters that its sentence may use.

A translation needs one sentence a key; the tests hold both sides to this table.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import get_args

from hw.types import SENSOR_NAMES
from wifiscan.model import ADVERT_KINDS, DisturbanceKind

KNOWN_REASON = "reason.known"  # of what somebody has declared harmless at this site

IDENTITY_PARAMS = ("why", "strength", "rule", "seen", "value")  # of `wifiscan.model.Identity.params`


def disturbance_reason(kind: DisturbanceKind) -> str:
    """Return the message key of a disturbance of the air."""
    return f"reason.{'ble' if kind in ADVERT_KINDS else 'wifi'}.{kind}"


REASONS: Mapping[str, tuple[str, ...]] = {
    "reason.rf.analog_video": ("standard", "center_hz", "bandwidth_hz", "snr_db"),
    "reason.rf.picture": ("standard", "center_hz", "snr_db"),
    "reason.rf.steady_carrier": ("center_hz", "bandwidth_hz", "snr_db", "duty"),
    "reason.rf.swallowed_carrier": ("center_hz", "bandwidth_hz", "snr_db", "duty"),
    "reason.rf.cofdm": ("center_hz", "bandwidth_hz", "snr_db"),
    "reason.rf.wideband": ("center_hz", "bandwidth_hz", "snr_db"),
    "reason.rf.cellular": ("center_hz", "snr_db"),
    "reason.wifi.streaming": ("name", "mbps", "seconds", "fps", "keyframe_s"),
    "reason.wifi.streaming_plain": ("name", "mbps", "seconds"),
    "reason.wifi.idle": ("name", "seconds"),
    "reason.wifi.identity": ("name", *IDENTITY_PARAMS),
    "reason.wifi.network": ("name", *IDENTITY_PARAMS),
    "reason.wifi.idle_far": ("name", "seconds", "dbm"),
    "reason.wifi.identity_far": ("name", *IDENTITY_PARAMS, "dbm"),
    "reason.wifi.network_far": ("name", *IDENTITY_PARAMS, "dbm"),
    "reason.wifi.ordinary": ("name", "seconds"),
    **{disturbance_reason(kind): ("count",) for kind in get_args(DisturbanceKind)},
    "reason.ble.identity": ("name", *IDENTITY_PARAMS),
    "reason.ble.ordinary": ("name",),
    "reason.lens.lens": ("poses", "score"),
    "reason.lens.glint": ("poses", "score"),
    "reason.lens.shine": ("poses", "label"),
    KNOWN_REASON: ("label", "why", "nats"),
    # what a sensor's silence says: about everything, or about the kinds that its finds do not explain
    **{f"reason.{name}.nothing": ("share",) for name in SENSOR_NAMES},
    **{f"reason.{name}.nothing_else": ("share",) for name in SENSOR_NAMES},
}

STATUS_REASONS = (  # why a sensor's coverage is not what it could be, as the engine sees it
    "status.deaf",
    "status.stalled",
    "status.crashed",
)

RULES = (  # which row of the level table spoke
    "rule.confirmed",
    "rule.two_senses",
    "rule.one_sense",
    "rule.room",
    "rule.named",
    "rule.disturbed",
    "rule.kept",
    "rule.nothing_heard",
    "rule.sensor_failed",
    "rule.too_little",
    "rule.not_enough",
    "rule.looked",
)

NEXT_STEPS = (
    "next.police",
    "next.look",
    "next.reconnect",
    "next.wait",
    "next.nothing",
    *(f"next.{name}" for name in SENSOR_NAMES),
)
