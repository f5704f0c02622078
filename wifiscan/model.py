"""What the radio sense says of stations, access points and Bluetooth advertisers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Strength = Literal["A", "B", "C"]
Seen = Literal["block", "ssid", "wps", "name", "company", "service"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """One identity rule that matched, where it matched (``seen``) and on what (``value``).

    ``why`` is the English sentence of the JSON-lines contract. People read the sentence that a message
    catalogue makes of ``params``; an identity without a place keeps ``why`` in every language.
    """

    rule: str
    strength: Strength
    why: str
    seen: Seen | Literal[""] = ""
    value: str = ""

    @property
    def params(self) -> dict[str, str | float | int]:
        """What a message catalogue needs to say it in any language."""
        return {
            "why": self.why,
            "strength": self.strength,
            "rule": self.rule,
            "seen": self.seen,
            "value": self.value,
        }

    def as_json(self) -> dict[str, str]:
        """Return the entry of ``identity`` in the JSON-lines contract."""
        return {"rule": self.rule, "strength": self.strength, "why": self.why}


@dataclass(frozen=True, slots=True, kw_only=True)
class Station:
    """One 802.11 transmitter (an access point that sends is one too), with its traffic.

    ``streaming_score`` is the probability that it streams video now, None where too little was heard;
    ``score`` the joint probability that it is a camera. ``features`` are the numbers behind both.
    """

    mac: str
    randomised: bool
    vendor: str | None
    bssid: str | None
    ssid: str | None
    channel_mhz: int | None
    rssi_dbm: float | None
    frames: int
    bytes_up: int
    bytes_down: int
    uplink_bps: float | None
    streaming_score: float | None
    identity: tuple[Identity, ...]
    score: float
    first_ns: int
    last_ns: int
    activity: str | None = None  # camera-stream, camera-idle, video-call, upload … where it can be told
    features: Mapping[str, float] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """Return the ``station`` line of the JSON-lines contract."""
        return {
            "type": "station",
            "mac": self.mac,
            "randomised": self.randomised,
            "vendor": self.vendor,
            "bssid": self.bssid,
            "ssid": self.ssid,
            "channel_mhz": self.channel_mhz,
            "rssi_dbm": self.rssi_dbm,
            "frames": self.frames,
            "bytes_up": self.bytes_up,
            "bytes_down": self.bytes_down,
            "uplink_bps": self.uplink_bps,
            "streaming_score": self.streaming_score,
            "activity": self.activity,
            "identity": [i.as_json() for i in self.identity],
            "score": self.score,
            "features": dict(self.features),
            "first_ns": self.first_ns,
            "last_ns": self.last_ns,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessPoint:
    """One basic service set, known by its BSSID."""

    bssid: str
    ssid: str | None
    channel_mhz: int | None
    rssi_dbm: float | None
    frames: int
    identity: tuple[Identity, ...]
    score: float
    first_ns: int
    last_ns: int
    vendor: str | None = None

    def as_json(self) -> dict[str, Any]:
        """Return the ``access_point`` line of the JSON-lines contract."""
        return {
            "type": "access_point",
            "bssid": self.bssid,
            "ssid": self.ssid,
            "channel_mhz": self.channel_mhz,
            "rssi_dbm": self.rssi_dbm,
            "frames": self.frames,
            "vendor": self.vendor,
            "identity": [i.as_json() for i in self.identity],
            "score": self.score,
            "first_ns": self.first_ns,
            "last_ns": self.last_ns,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class BleDevice:
    """One Bluetooth LE advertiser."""

    address: str
    address_type: Literal["public", "random", "unknown"]
    name: str | None
    company_id: int | None
    rssi_dbm: float | None
    adverts: int
    identity: tuple[Identity, ...]
    score: float
    first_ns: int
    last_ns: int
    benign: str | None = None  # tracker, beacon, drone … where it is known to be something else
    group: str | None = None  # first address of the device that goes on under this one, as far as can be told

    def as_json(self) -> dict[str, Any]:
        """Return the ``ble`` line of the JSON-lines contract."""
        return {
            "type": "ble",
            "address": self.address,
            "address_type": self.address_type,
            "name": self.name,
            "company_id": self.company_id,
            "rssi_dbm": self.rssi_dbm,
            "adverts": self.adverts,
            "identity": [i.as_json() for i in self.identity],
            "score": self.score,
            "benign": self.benign,
            "group": self.group,
            "first_ns": self.first_ns,
            "last_ns": self.last_ns,
        }
