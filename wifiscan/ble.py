"""Parses Bluetooth LE advertising data from hostile bytes, and keeps the table of advertisers."""

from __future__ import annotations

import zlib
from collections import Counter
from dataclasses import dataclass, field
from typing import Literal

from hw.types import BleAdvert
from wifiscan.classify import sigmoid
from wifiscan.disturbance import FEW_FRAMES
from wifiscan.model import BleDevice, Identity
from wifiscan.names import decode_name
from wifiscan.signatures import Signatures

AddressType = Literal["public", "random", "unknown"]
NAME_LIMIT = 64
SERVICES_LIMIT = 16
MAKERS_LIMIT = 4
STRUCTURES_LIMIT = 32
UUID16_TYPES = frozenset({0x02, 0x03})
UUID128_TYPES = frozenset({0x06, 0x07})
NAME_SHORT, NAME_WHOLE = 0x08, 0x09
SERVICE_DATA_16, MAKER_DATA = 0x16, 0xFF
BASE_UUID = bytes.fromhex("fb349b5f8000008000100000")  # little endian, without the 16-bit part
BENIGN_NATS = -4.0
RSSI_NEW_WEIGHT = 0.2
ROTATION_GAP_NS = 10_000_000_000  # silence between the old and the new address of one device
ROTATION_DB = 15.0  # they are as loud as each other
IDENTITY_WORTH = 1e6


@dataclass(frozen=True, slots=True, kw_only=True)
class Parsed:
    """The content of an advert. ``broken``: a structure is longer than what is left."""

    name: str | None
    makers: tuple[tuple[int, bytes], ...]
    services: tuple[int, ...]
    broken: bool


def parse_advert(data: bytes) -> Parsed:
    """Walk the AD structures (Core specification, vol. 3 part C, 11)."""
    name: str | None = None
    makers: list[tuple[int, bytes]] = []
    services: list[int] = []
    at, broken = 0, False
    for _ in range(STRUCTURES_LIMIT):
        if at >= len(data) or data[at] == 0:
            break
        size = data[at]
        kind, body = (data[at + 1] if at + 1 < len(data) else 0), data[at + 2 : at + 1 + size]
        if len(body) != size - 1:
            broken = True
            break
        if kind == NAME_WHOLE or (kind == NAME_SHORT and name is None):
            name = decode_name(body)[:NAME_LIMIT] or None
        elif kind == MAKER_DATA and len(body) >= 2 and len(makers) < MAKERS_LIMIT:
            makers.append((int.from_bytes(body[:2], "little"), body[2:]))
        else:
            services += _services(kind, body)
        at += 1 + size
    return Parsed(name=name, makers=tuple(makers), services=tuple(services[:SERVICES_LIMIT]), broken=broken)


def _services(kind: int, body: bytes) -> list[int]:
    if kind in UUID16_TYPES:
        return [int.from_bytes(body[k : k + 2], "little") for k in range(0, len(body) - 1, 2)]
    if kind == SERVICE_DATA_16 and len(body) >= 2:
        return [int.from_bytes(body[:2], "little")]
    if kind in UUID128_TYPES:
        chunks = [body[k : k + 16] for k in range(0, len(body) - 15, 16)]
        return [int.from_bytes(c[12:14], "little") for c in chunks if c[:12] == BASE_UUID]
    return []


def structure_of(data: bytes) -> int:
    """Return a fingerprint of how an advert is built: types, lengths, makers and services, no values.

    A device that changes its random address goes on advertising in the same shape.
    """
    shape = bytearray()
    at = 0
    for _ in range(STRUCTURES_LIMIT):
        if at + 1 >= len(data) or data[at] == 0:
            break
        size, kind = data[at], data[at + 1]
        kept = {MAKER_DATA: 3, SERVICE_DATA_16: 2, NAME_WHOLE: size}.get(kind, 0)
        kept = size if kind in UUID16_TYPES | UUID128_TYPES else kept
        shape += bytes((size, kind)) + data[at + 2 : at + 2 + min(kept, size - 1)]
        at += 1 + size
    return zlib.crc32(shape)


def may_rotate(address: str, address_type: AddressType) -> bool:
    """Return True for private addresses (Core specification, vol. 6 part B, 1.3.2): they change by design."""
    return address_type != "public" and int(address[:2], 16) >> 6 in {0b00, 0b01}


@dataclass(frozen=True, slots=True)
class _Judged:
    """The judgement of an advertiser by its name, makers and services alone."""

    identity: tuple[Identity, ...]
    benign: str | None
    score: float


@dataclass(slots=True)
class _BleRow:
    address_type: AddressType
    first_ns: int
    structure: int
    group: str
    last_ns: int = 0
    adverts: int = 0
    rssi_dbm: float | None = None
    name: str | None = None
    makers: dict[int, bytes] = field(default_factory=dict)
    services: set[int] = field(default_factory=set)
    named: bool = False  # its name says camera
    judged: _Judged | None = None  # by what it has said so far; None where it has said more since
    worth: float = 0.0  # those of least worth make room
    told: BleDevice | None = None  # as it was described last; None where it was heard since


class BleTable:
    """Advertisers by address, bounded: the one with the least to say and longest silent makes room."""

    def __init__(self, limit: int, signatures: Signatures) -> None:
        self._limit = limit
        self._signatures = signatures
        self._entries: dict[str, _BleRow] = {}
        self._newest: dict[int, str] = {}  # newest private address of each shape
        self._gone = 0  # addresses that made room after next to no advert
        self.dropped: Counter[str] = Counter()

    def __len__(self) -> int:
        return len(self._entries)

    def addresses(self) -> tuple[str, ...]:
        """Return all addresses, in the order in which they were first heard."""
        return tuple(self._entries)

    def add(self, advert: BleAdvert) -> None:
        """Take in one report."""
        parsed = parse_advert(advert.data)
        if parsed.broken:
            self.dropped["broken_structure"] += 1
        entry = self._entries.get(advert.address)
        if entry is None:
            if len(self._entries) >= self._limit:
                self._make_room()
            entry = self._entries[advert.address] = self._entry(advert)
        entry.last_ns, entry.told = advert.t_ns, None
        entry.adverts += 1
        if parsed.name and parsed.name != entry.name:
            entry.name, entry.judged = parsed.name, None
            entry.named = bool(self._signatures.of_ble(name=parsed.name, company_ids=(), services=()))
        for company, body in parsed.makers:
            known = company in entry.makers or len(entry.makers) < MAKERS_LIMIT
            if known and entry.makers.get(company) != body:
                entry.makers[company], entry.judged = body, None
        if len(entry.services) < SERVICES_LIMIT and not entry.services.issuperset(parsed.services):
            entry.services.update(parsed.services)
            entry.judged = None
        if advert.rssi_dbm is not None and -127 < advert.rssi_dbm <= 20:
            old = entry.rssi_dbm
            weight = 1.0 if old is None else RSSI_NEW_WEIGHT
            entry.rssi_dbm = (1 - weight) * (old or 0.0) + weight * advert.rssi_dbm
        named = IDENTITY_WORTH if self._judged(entry).identity else 0.0
        entry.worth = named + min(entry.adverts, 100)

    def _entry(self, advert: BleAdvert) -> _BleRow:
        structure = structure_of(advert.data)
        before = None
        if may_rotate(advert.address, advert.address_type):
            before = self._before(advert, structure)
            self._newest[structure] = advert.address
            while len(self._newest) > self._limit:
                del self._newest[next(iter(self._newest))]
        return _BleRow(
            address_type=advert.address_type,
            first_ns=advert.t_ns,
            structure=structure,
            group=before.group if before else advert.address,
        )

    def _before(self, advert: BleAdvert, structure: int) -> _BleRow | None:
        """Return the address that this one seems to go on from: same shape, just fallen silent, as loud."""
        old = self._entries.get(self._newest.get(structure, ""))
        if old is None or not 0 < advert.t_ns - old.last_ns <= ROTATION_GAP_NS:
            return None
        if old.rssi_dbm is None or advert.rssi_dbm is None:
            return old
        return old if abs(old.rssi_dbm - advert.rssi_dbm) <= ROTATION_DB else None

    def _make_room(self) -> None:
        """Forget a sixteenth of the table at once: sorting for every newcomer would be slow under attack."""
        by_worth = sorted(self._entries.items(), key=lambda item: (item[1].worth, item[1].last_ns))
        for address, _ in by_worth[: max(1, self._limit // 16)]:
            self._gone += self._entries[address].adverts <= FEW_FRAMES
            del self._entries[address]
            self.dropped["table_full"] += 1

    def strangers(self, now_ns: int) -> int:
        """Return how many addresses fell silent after next to no advert."""
        silent_ns = now_ns - ROTATION_GAP_NS
        few = (e.first_ns < silent_ns and e.adverts <= FEW_FRAMES for e in self._entries.values())
        return self._gone + sum(few)

    def named_cameras(self) -> int:
        """Return the number of devices that bear a camera's name; changing addresses count once."""
        return len({entry.group for entry in self._entries.values() if entry.named})

    def _judged(self, entry: _BleRow) -> _Judged:
        """Return the judgement, made anew only where the advertiser has said something new."""
        if entry.judged is None:
            services = tuple(sorted(entry.services))
            identity = self._signatures.of_ble(
                name=entry.name, company_ids=tuple(entry.makers), services=services
            )
            benign = self._signatures.benign_kind(makers=tuple(entry.makers.items()), services=services)
            nats = self._signatures.weight(identity) if identity or benign is None else BENIGN_NATS
            entry.judged = _Judged(identity, None if identity else benign, sigmoid(nats))
        return entry.judged

    def _group_of(self, address: str, entry: _BleRow) -> str | None:
        """Return the first address of the group, None where that one is still heard: then they are two."""
        first = self._entries.get(entry.group)
        if entry.group == address or (first is not None and first.last_ns >= entry.first_ns):
            return None
        return entry.group

    def describe(self, address: str) -> BleDevice:
        """Return one advertiser as an observation; its score is calibrated as in `wifiscan.observations`."""
        entry = self._entries[address]
        group = self._group_of(address, entry)
        if entry.told is not None and entry.told.group == group:
            return entry.told
        judged = self._judged(entry)
        entry.told = BleDevice(
            address=address,
            address_type=entry.address_type,
            name=entry.name,
            company_id=next(iter(entry.makers), None),
            rssi_dbm=None if entry.rssi_dbm is None else round(entry.rssi_dbm, 1),
            adverts=entry.adverts,
            identity=judged.identity,
            score=judged.score,
            first_ns=entry.first_ns,
            last_ns=entry.last_ns,
            benign=judged.benign,
            group=group,
        )
        return entry.told
