"""Types of the radio sensors' observations: stations, networks, Bluetooth advertisers, disturbances."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

from hw.types import Lasting, SensorName

Strength = Literal["A", "B", "C"]
DisturbanceKind = Literal[
    "invented_devices",
    "invented_networks",
    "camera_names",
    "orders_to_leave",
    "channel_switches",
    "forged_frames",
    "forged_beacons",
    "replayed_frames",
    "cloned_cameras",
    "invented_adverts",
    "advert_names",
]
ADVERT_KINDS: frozenset[DisturbanceKind] = frozenset(
    {"invented_adverts", "advert_names"}
)  # heard by Bluetooth
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
        """The parameters with which a message catalogue says it in any language."""
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

    def as_record(self) -> dict[str, str]:
        """Return the entry of ``identity`` in a record: readable in any language later on."""
        return self.as_json() | {"seen": self.seen, "value": self.value}


@dataclass(frozen=True, slots=True, kw_only=True)
class Station:
    """One 802.11 transmitter (an access point that sends is one too), with its traffic.

    ``streaming_score`` is the probability that it streams video now, None where too little was heard;
    ``score`` the joint probability that it is a camera. ``features`` are the numbers behind both.
    """

    type_name: ClassVar[str] = "station"
    sensor: ClassVar[SensorName] = "wifi"
    from_outside: ClassVar[bool] = True

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
    links: tuple[str, ...] = ()  # addresses of a device that uses several links at once

    @property
    def subject(self) -> str:
        """Stable key of the device in evidence and records: its address."""
        return self.mac

    @property
    def called(self) -> str | None:
        """The name that people know it by: its maker."""
        return self.vendor

    @property
    def camera_score(self) -> float:
        """Probability 0…1 that it is a camera, prior aside."""
        return self.score

    @property
    def level_db(self) -> float | None:
        """Received signal strength, dBm."""
        return self.rssi_dbm

    @property
    def lasting(self) -> Lasting:
        """The key that recognises it another day; a random address changes with the network."""
        return "looks" if self.randomised else "address"

    @property
    def streaming_bps(self) -> float | None:
        """Uplink rate of what was recognised as a camera's stream, bit/s; None for anything else."""
        return self.uplink_bps if self.activity == "camera-stream" else None

    def as_record(self) -> dict[str, Any]:
        """Return the entry of a sealed record: the line, and the places where identities matched."""
        return self.as_json() | {"identity": [i.as_record() for i in self.identity]}

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
        } | ({"links": list(self.links)} if self.links else {})


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessPoint:
    """One basic service set, known by its BSSID."""

    type_name: ClassVar[str] = "access_point"
    sensor: ClassVar[SensorName] = "wifi"
    lasting: ClassVar[Lasting] = "address"
    from_outside: ClassVar[bool] = True
    streaming_bps: ClassVar[float | None] = None  # what it sends is told by the station of the same address

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

    @property
    def subject(self) -> str:
        """Stable key of the network in evidence and records: its BSSID."""
        return self.bssid

    @property
    def called(self) -> str | None:
        """The name that people know it by: its network name."""
        return self.ssid

    @property
    def camera_score(self) -> float:
        """Probability 0…1 that it is a camera's network, prior aside."""
        return self.score

    @property
    def level_db(self) -> float | None:
        """Received signal strength, dBm."""
        return self.rssi_dbm

    def as_record(self) -> dict[str, Any]:
        """Return the entry of a sealed record: the line, and where identities matched."""
        return self.as_json() | {"identity": [i.as_record() for i in self.identity]}

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

    type_name: ClassVar[str] = "ble"
    sensor: ClassVar[SensorName] = "ble"
    from_outside: ClassVar[bool] = True
    streaming_bps: ClassVar[float | None] = None
    channel_mhz: ClassVar[int | None] = None  # advertising hops over three channels

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

    @property
    def subject(self) -> str:
        """Stable key of the device in evidence and records: its address."""
        return self.address

    @property
    def called(self) -> str | None:
        """The name that people know it by: the name it sends."""
        return self.name

    @property
    def camera_score(self) -> float:
        """Probability 0…1 that it is a camera, prior aside."""
        return self.score

    @property
    def level_db(self) -> float | None:
        """Received signal strength, dBm."""
        return self.rssi_dbm

    @property
    def lasting(self) -> Lasting:
        """The key that recognises it another day; a random address changes every quarter of an hour."""
        return "address" if self.address_type == "public" else "looks"

    def as_record(self) -> dict[str, Any]:
        """Return the entry of a sealed record: the line, and the places where identities matched."""
        return self.as_json() | {"identity": [i.as_record() for i in self.identity]}

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Disturbance:
    """Something that only somebody who disturbs the air does: one a kind, with how much of it was counted."""

    type_name: ClassVar[str] = "disturbance"
    lasting: ClassVar[Lasting] = "none"
    from_outside: ClassVar[bool] = True
    level_db: ClassVar[float | None] = None

    kind: DisturbanceKind
    count: int
    score: float
    first_ns: int
    last_ns: int

    @property
    def sensor(self) -> SensorName:
        """The sensor that heard it."""
        return "ble" if self.kind in ADVERT_KINDS else "wifi"

    @property
    def subject(self) -> str:
        """Stable key in evidence and records: its kind."""
        return f"air:{self.kind}"

    @property
    def camera_score(self) -> float:
        """Its weight as a reason to look, 0…1."""
        return self.score

    def as_record(self) -> dict[str, Any]:
        """Return the entry of a sealed record."""
        return self.as_json()

    def as_json(self) -> dict[str, Any]:
        """Return the ``disturbance`` line of the JSON-lines contract."""
        return {
            "type": "disturbance",
            "kind": self.kind,
            "count": self.count,
            "score": self.score,
            "first_ns": self.first_ns,
            "last_ns": self.last_ns,
        }
