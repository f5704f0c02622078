"""Turns a Wi-Fi station, a network or a Bluetooth advertiser into evidence.

Every device in the air is weighed, the ordinary ones too: how many there are decides how easily one of them
looks like a camera by chance.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from firmware.verdict.evidence.likelihoods import Likelihoods
from firmware.verdict.evidence.model import Evidence
from firmware.verdict.evidence.proximity import LevelSpan, hear, is_near
from firmware.verdict.evidence.reasons import disturbance_reason
from firmware.verdict.evidence.score_calibration import make_evidence
from wifiscan.model import AccessPoint, BleDevice, Disturbance, Identity, Station

Params = dict[str, str | float | int]

STREAMING_FROM = 0.5  # streaming_score at which a device is said to stream: more likely than not
IDLE_FROM_S = 10.0  # keep-alives are a habit over no less (features need ≥ 10 s); before, a name is a name
NAME_LIMIT = 64  # characters of a name from the air that are kept
NS_PER_S = 1e9


def weigh_station(station: Station, table: Likelihoods, heard: LevelSpan | None = None) -> Evidence:
    """Weigh a station by its one joint score; the sign decides how far that may go and for which kinds.

    ``heard`` is the span of its levels during this inspection; without it the level of now decides.
    """
    heard = hear(heard, station.rssi_dbm)
    far = not is_near(heard, table.nearness)
    said = [
        make_evidence(
            sign,
            sensor="wifi",
            subject=station.subject,
            score=station.score,
            reason=reason,
            params={"name": station.mac} | params,
            last_ns=station.last_ns,
            table=table,
        )
        for sign, reason, params in (_at(heard, row) if far else row for row in _station_signs(station))
    ]
    return max(said, key=lambda e: e.log_lr) if far else said[0]


SignRow = tuple[str, str, Params]


def _at(heard: LevelSpan | None, row: SignRow) -> SignRow:
    """Return the sign of a device that is not near: a habit or a name is worth less there."""
    sign, reason, params = row
    if heard is None or not (sign == "idle" or sign.startswith("identity-")):
        return row
    return f"{sign}-far", f"{reason}_far", params | {"dbm": round(heard.high_dbm)}


def _station_signs(station: Station) -> list[SignRow]:
    """Return what is to be seen on a station, the most telling first."""
    seconds = round((station.last_ns - station.first_ns) / NS_PER_S, 1)
    if station.activity == "camera-stream" or _streams(station):
        return [("streaming", *_streaming_reason(station, seconds))]
    rows: list[SignRow] = []
    if station.activity == "camera-idle" and seconds >= IDLE_FROM_S:
        rows.append(("idle", "reason.wifi.idle", {"seconds": seconds}))
    best = strongest(station.identity)
    if best is not None:
        rows.append((f"identity-{best.strength}", "reason.wifi.identity", identity_params(best)))
    return rows or [("ordinary", "reason.wifi.ordinary", {"seconds": seconds})]


def _streams(station: Station) -> bool:
    """Say whether it streams as a camera does: a call or an upload that was recognised does not."""
    named_otherwise = station.activity not in {None, "camera-stream", "camera-idle"}
    return not named_otherwise and (station.streaming_score or 0.0) >= STREAMING_FROM


def _streaming_reason(station: Station, seconds: float) -> tuple[str, Params]:
    params: Params = {"mbps": round((station.uplink_bps or 0.0) / 1e6, 2), "seconds": seconds}
    fps, keyframe_s = _positive(station.features, "frame_rate_hz"), _positive(station.features, "keyframe_s")
    if fps is None or keyframe_s is None:
        return "reason.wifi.streaming_plain", params
    return "reason.wifi.streaming", params | {"fps": round(fps, 1), "keyframe_s": round(keyframe_s, 2)}


def _positive(features: Mapping[str, float], name: str) -> float | None:
    value = features.get(name)
    return value if value is not None and value > 0 else None


def weigh_access_point(network: AccessPoint, table: Likelihoods, heard: LevelSpan | None = None) -> Evidence:
    """Weigh a network by its name and maker; what it sends is weighed as the station it is."""
    best = strongest(network.identity)
    heard = hear(heard, network.rssi_dbm)
    row: SignRow = ("ordinary", "reason.wifi.ordinary", _heard(network.first_ns, network.last_ns))
    if best is not None:
        row = (f"identity-{best.strength}", "reason.wifi.network", identity_params(best))
        row = row if is_near(heard, table.nearness) else _at(heard, row)
    sign, reason, params = row
    return make_evidence(
        sign,
        sensor="wifi",
        subject=network.subject,
        score=network.score,
        reason=reason,
        params={"name": (network.ssid or network.bssid)[:NAME_LIMIT]} | params,
        last_ns=network.last_ns,
        table=table,
    )


def weigh_ble(device: BleDevice, table: Likelihoods) -> Evidence | None:
    """Weigh an advertiser by its identity; None where it is known to be something else."""
    if device.benign is not None:
        return None
    best = strongest(device.identity)
    return make_evidence(
        "advert" if best is None else f"advert-{best.strength}",
        sensor="ble",
        subject=device.subject,
        score=device.score,
        reason="reason.ble.ordinary" if best is None else "reason.ble.identity",
        params={"name": (device.name or device.address)[:NAME_LIMIT]}
        | ({} if best is None else identity_params(best)),
        last_ns=device.last_ns,
        table=table,
    )


def weigh_disturbance(disturbance: Disturbance, table: Likelihoods) -> Evidence:
    """Weigh a disturbance of the air: no camera, but a reason to look for one."""
    return make_evidence(
        "disturbed" if disturbance.sensor == "wifi" else "disturbed-adverts",
        sensor=disturbance.sensor,
        subject=disturbance.subject,
        score=disturbance.score,
        reason=disturbance_reason(disturbance.kind),
        params={"count": disturbance.count},
        last_ns=disturbance.last_ns,
        table=table,
    )


def strongest(identity: Sequence[Identity]) -> Identity | None:
    """Return the strongest identity (A before B before C); repeats and weaker ones add nothing."""
    return min(identity, key=lambda i: (i.strength, i.rule), default=None)


def identity_params(identity: Identity) -> Params:
    """Return the parameters of the sentence about an identity."""
    return identity.params


def _heard(first_ns: int, last_ns: int) -> Params:
    return {"seconds": round((last_ns - first_ns) / NS_PER_S, 1)}
