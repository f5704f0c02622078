"""Inspections by construction: every address in them is known, so that a test can look for it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from firmware.records.build_record import Circumstances, Scanned, build_record
from firmware.records.custody.unit_key import UnitKey
from firmware.records.model import Attachment, CalibrationAge, Inspection, Place, RecordKind, Span
from firmware.sensor import Observation
from firmware.verdict.advice import Advice
from firmware.verdict.model import Contribution, KindRow, Level, Verdict, WeighedSubject
from hw.types import Counts, Coverage
from lensdetect.model import Glint, Sighting
from sweeper.model import Emission
from wifiscan.model import AccessPoint, BleDevice, Identity, Station

SECOND_NS = 10**9
NOON_UTC_NS = 1_795_348_800 * SECOND_NS  # 2026-11-22 12:00 UTC
SUSPECT_MAC = "9c:a5:25:3f:7e:11"
SUSPECT_BSSID = "9c:a5:25:3f:7e:12"
BYSTANDER_MACS = ("5a:11:c3:9b:04:d7", "b0:be:76:88:21:9f")
BYSTANDER_BLE = "f4:0e:83:6c:77:a2"
ALL_MACS = (SUSPECT_MAC, SUSPECT_BSSID, *BYSTANDER_MACS, BYSTANDER_BLE)
BYSTANDER_NAME = "Minji의 아이폰"
HOSTILE_NAME = '\u202e=HYPERLINK("http://x")\x00\x1b[2J<script>\'\n\u0301\u0301\u0301\u0301 \U0001f4f7'


@dataclass
class FakeClock:
    """Clocks that a test sets."""

    utc: int = NOON_UTC_NS
    up: int = 1000 * SECOND_NS
    name: str = "boot-1"
    right: bool = True
    step_ns: int = SECOND_NS

    def utc_ns(self) -> int:
        return self.utc

    def up_ns(self) -> int:
        return self.up

    def boot(self) -> str:
        return self.name

    def trusted(self) -> bool:
        return self.right

    def go(self, seconds: float) -> None:
        self.utc += round(seconds * SECOND_NS)
        self.up += round(seconds * SECOND_NS)


def station(mac: str, score: float, **more: object) -> Station:
    values: dict[str, object] = {
        "mac": mac, "randomised": False, "vendor": "Espressif", "bssid": SUSPECT_BSSID, "ssid": "Cafe",
        "channel_mhz": 2437, "rssi_dbm": -51.0, "frames": 900, "bytes_up": 4_000_000, "bytes_down": 21_000,
        "uplink_bps": 1.4e6, "streaming_score": score, "identity": (), "score": score,
        "first_ns": 0, "last_ns": 40 * SECOND_NS,
    }  # fmt: skip
    return Station(**(values | more))  # type: ignore[arg-type]


def emission(number: int, mhz: float, score: float, snr_db: float = 20.0, **more: object) -> Emission:
    values: dict[str, object] = {
        "id": f"e{number}", "center_hz": mhz * 1e6, "bandwidth_hz": 6e6, "snr_db": snr_db,
        "kind": "analog-video-pal" if score > 0.5 else "known-service", "scores": {"camera": score},
        "first_ns": 0, "last_ns": 30 * SECOND_NS, "hits": 4,
    }  # fmt: skip
    return Emission(**(values | more))  # type: ignore[arg-type]


def glint(number: int, score: float, x_px: float = 320.0, y_px: float = 200.0) -> Glint:
    return Glint(
        id=number, x_px=x_px, y_px=y_px, label="lens" if score > 0.5 else "reflector", score=score, poses=12,
        first_frame=4, last_frame=90, first_ns=0, last_ns=20 * SECOND_NS,
        sightings=tuple(Sighting(frame=n, x_px=x_px + n, y_px=y_px) for n in range(20)),
    )  # fmt: skip


def observations() -> tuple[Observation, ...]:
    """One of everything: suspicious, ordinary, hostile."""
    seen = Identity(rule="vendor", strength="B", why=f"maker of cameras ({SUSPECT_MAC.upper()})")
    return (
        station(SUSPECT_MAC, 0.93, identity=(seen,), activity="camera-stream"),
        station(BYSTANDER_MACS[0], 0.04, randomised=True, ssid=None, vendor=None),
        station(BYSTANDER_MACS[1], 0.02, vendor="Samsung"),
        AccessPoint(
            bssid=SUSPECT_BSSID, ssid=HOSTILE_NAME, channel_mhz=2437, rssi_dbm=-40.0, frames=300,
            identity=(), score=0.6, first_ns=0, last_ns=SECOND_NS, vendor="Shenzhen",
        ),
        BleDevice(
            address=BYSTANDER_BLE, address_type="random", name=BYSTANDER_NAME, company_id=76, rssi_dbm=-70.0,
            adverts=44, identity=(), score=0.01, first_ns=0, last_ns=SECOND_NS,
        ),
        emission(1, 1080.0, 0.97), emission(2, 93.1, 0.01, service="fm-broadcast"),
        glint(1, 0.88), glint(2, 0.05, 100.0, 80.0),
    )  # fmt: skip


def verdict(level: Level = Level.LIKELY_CAMERA) -> Verdict:
    """Return a verdict whose contributions name a suspect by its clear address."""
    found = level in {Level.CHECK, Level.LIKELY_CAMERA}
    speaking = (
        Contribution(
            sensor="rf", subject="rf:e1", log_lr=4.1, reason="reason.rf.analog_video",
            params={"standard": "PAL", "center_hz": 1.08e9, "bandwidth_hz": 6e6, "snr_db": 20.0},
        ),
        Contribution(
            sensor="wifi", subject=SUSPECT_MAC, log_lr=3.2, reason="reason.wifi.streaming_plain",
            params={"name": SUSPECT_MAC, "mbps": 1.4, "seconds": 40.0},
        ),
    )  # fmt: skip
    silent = Contribution(
        sensor="lens", subject="", log_lr=-0.2, reason="reason.lens.nothing", params={"share": 0.4}
    )
    suspects = tuple(
        WeighedSubject(
            sensor=c.sensor,
            subject=c.subject,
            word="finding",
            nats=c.log_lr,
            reason=c.reason,
            params=c.params,
        )
        for c in speaking
    )
    rows = (
        KindRow(kind="wifi-stream", weight=0.25, lr={"rf": 1.0, "wifi": 24.5, "lens": 0.8}, product=4.9),
        KindRow(kind="card", weight=0.3, lr={"rf": 1.0, "wifi": 1.0, "lens": 0.7}, product=0.21),
        KindRow(kind="analog-low", weight=0.05, lr={"rf": 60.3, "wifi": 1.0, "lens": 0.8}, product=2.4),
    )
    return Verdict(
        level=level,
        probability=0.91 if found else 0.004,
        prior=0.005,
        log_lr=7.4 if found else -0.3,
        share_caught=0.61,
        coverage={"rf": 0.98, "wifi": 0.7, "ble": None, "lens": 0.4},
        contributions=(*speaking, silent) if found else (silent,),
        blind_to=("kind.analog-high", "kind.wired"),
        advice=Advice.of("next.police" if level is Level.LIKELY_CAMERA else "next.lens", 0.2),
        rule="rule.two_senses" if found else "rule.looked",
        agreement=0.3,
        arithmetic=rows,
        subjects=suspects if found else (),
    )


def findings_among(seen: Iterable[Observation], said: Verdict) -> Iterator[WeighedSubject]:
    """Yield what looks more like a camera than not and is no finding of the verdict yet."""
    for o in seen:
        if o.camera_score >= 0.5 and o.subject not in said.findings:
            yield WeighedSubject(
                sensor=o.sensor,
                subject=o.subject,
                word="finding",
                nats=1.5,
                reason="reason.ble.ordinary",
                params={},
            )


def scanned(level: Level = Level.LIKELY_CAMERA, more: tuple[Observation, ...] = ()) -> Scanned:
    found = level in {Level.CHECK, Level.LIKELY_CAMERA}
    seen = (*observations(), *more) if found else more
    said = verdict(level)
    return Scanned(
        verdict=replace(said, subjects=(*said.subjects, *findings_among(seen, said))) if found else said,
        observations=seen,
        coverages=(
            Coverage(sensor="rf", share=0.98, parts={"analog_low": 0.98, "cofdm": 0.9, "cellular": 0.8}),
            Coverage(sensor="wifi", share=0.7, parts={"streaming": 0.7, "idle": 0.2}),
            Coverage(sensor="lens", share=0.4, parts={"surface": 0.4}),
        ),
        counts=(
            Counts(sensor="rf", read=871, dropped={"clipped": 3}),
            Counts(sensor="wifi", read=12_345, dropped={"bad_fcs": 120, "truncated": 2}),
        ),
    )


def circumstances(
    *, kind: RecordKind = "cubicle", cubicle: str = "3", attachments: tuple[Attachment, ...] = ()
) -> Circumstances:
    return Circumstances(
        kind=kind,
        span=Span(
            started_utc_ns=NOON_UTC_NS,
            ended_utc_ns=NOON_UTC_NS + 90 * SECOND_NS,
            zone="Asia/Seoul",
            offset_s=32_400,
        ),
        operator="김하나",
        place=Place(site="서울역 Station", room="2F 여자 화장실", cubicle=cubicle),
        kit="sim:analog-camera",
        simulated=True,
        settings={"rf": {"gain_db": 20.7}},
        versions={"ansim": "0.1.0", "python": "3.11"},
        calibrations=(
            CalibrationAge(name="rf.self_noise", age_s=7200.0),
            CalibrationAge(name="lens.parallax", age_s=None),
        ),
        checklist={"place.mirror": "looked", "place.vent": "skipped", "place.hook": "found"},
        attachments=attachments,
        note=f"Neighbour's phone {BYSTANDER_MACS[0]} was near",
    )  # fmt: skip


def inspection(
    key: UnitKey,
    name: str = "room-0001",
    *,
    level: Level = Level.LIKELY_CAMERA,
    cubicle: str = "3",
    kind: RecordKind = "cubicle",
    attachments: tuple[Attachment, ...] = (),
    more: tuple[Observation, ...] = (),
) -> Inspection:
    about = circumstances(kind=kind, cubicle=cubicle, attachments=attachments)
    return build_record(scanned(level, more), about, key, name=name)
