"""New, missing, louder: planted, and demanded back."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from firmware.records.build_record import Scanned, build_record
from firmware.records.compare.diff import (
    FRESH_S,
    LOUDER_DB,
    NEAR_DB,
    compare,
    looks_of,
    nearer,
    reference_health,
)
from firmware.records.custody.unit_key import UnitKey
from firmware.records.model import Inspection, SensorLook
from firmware.sensor import Observation
from firmware.verdict.model import Level
from tests.firmware.records.rooms import (
    BYSTANDER_MACS,
    SECOND_NS,
    SUSPECT_MAC,
    circumstances,
    emission,
    glint,
    station,
    verdict,
)
from wifiscan.model import BleDevice

KEY = UnitKey(bytes(32))


def room(*things: Observation, level: Level = Level.NOTHING_FOUND, name: str = "room-0001") -> Inspection:
    record = build_record(
        Scanned(verdict=verdict(level), observations=things), circumstances(), KEY, name=name
    )
    looks = tuple(
        replace(s, coverage={"rf": 0.98, "wifi": 0.7, "ble": 0.9}.get(s.sensor)) for s in record.senses
    )
    return replace(record, senses=looks)


def words(earlier: Inspection, now: Inspection) -> list[tuple[str, str]]:
    return sorted((c.word, c.finding.subject) for c in compare(earlier, now).changes)


def advert(address: str, name: str | None, kind: str = "random") -> BleDevice:
    return BleDevice(
        address=address, address_type=kind, name=name, company_id=76, rssi_dbm=-60.0, adverts=9,  # type: ignore[arg-type]
        identity=(), score=0.02, first_ns=0, last_ns=SECOND_NS,
    )  # fmt: skip


def test_the_same_room_twice_has_no_changes() -> None:
    things = (emission(1, 93.1, 0.01), station(BYSTANDER_MACS[1], 0.02), glint(1, 0.1))
    comparison = compare(room(*things), room(*things))
    assert comparison.changes == ()
    assert comparison.warnings == ()
    assert comparison.not_comparable == 1


def test_new_missing_and_louder_are_each_found() -> None:
    before = room(emission(1, 93.1, 0.01), emission(2, 433.9, 0.1), station(BYSTANDER_MACS[1], 0.02))
    after = room(
        emission(7, 93.1, 0.01, snr_db=20.0 + LOUDER_DB), emission(8, 1080.0, 0.9), station(SUSPECT_MAC, 0.1)
    )
    assert words(before, after) == [
        ("louder", "rf:e7"),
        ("missing", "rf:e2"),
        ("missing", KEY.pseudonym(BYSTANDER_MACS[1])),
        ("new", "rf:e8"),
        ("new", KEY.pseudonym(SUSPECT_MAC)),
    ]
    assert compare(before, after).changes[0].finding.subject == "rf:e8"  # the most suspicious first


def test_a_sense_that_did_not_look_makes_nothing_new_or_missing() -> None:
    before, after = room(station(BYSTANDER_MACS[1], 0.02)), room(station(SUSPECT_MAC, 0.1))

    def without_wifi(record: Inspection) -> Inspection:
        def mute(look: SensorLook) -> SensorLook:
            return replace(look, coverage=0.2) if look.sensor == "wifi" else look

        return replace(record, senses=tuple(map(mute, record.senses)))

    assert {w for w, _ in words(before, without_wifi(after))} == {"new"}
    assert {w for w, _ in words(without_wifi(before), after)} == {"missing"}


@given(st.floats(-30.0, 30.0), st.floats(24.0, 1700.0))
def test_louder_is_exactly_from_the_limit_on(rise_db: float, mhz: float) -> None:
    before, after = room(emission(1, mhz, 0.1)), room(emission(1, mhz, 0.1, snr_db=20.0 + rise_db))
    louder = (20.0 + rise_db) - 20.0 >= LOUDER_DB
    assert [w for w, _ in words(before, after)] == (["louder"] if louder else [])


def test_a_transmission_may_drift_within_its_width_and_not_beyond() -> None:
    before = room(emission(1, 433.9, 0.1))
    assert words(before, room(emission(1, 436.0, 0.1))) == []
    assert {w for w, _ in words(before, room(emission(1, 440.0, 0.1)))} == {"new", "missing"}


def test_the_cubicle_is_compared_with_the_corridor() -> None:
    corridor = room(emission(1, 93.1, 0.01), emission(2, 1080.0, 0.4, snr_db=5.0))
    cubicle = room(
        emission(1, 93.1, 0.01, snr_db=22.0),
        emission(2, 1080.0, 0.9, snr_db=5.0 + NEAR_DB),
        emission(3, 900.0, 0.5),
    )
    assert [(c.word, c.finding.subject) for c in nearer(corridor, cubicle)] == [
        ("louder", "rf:e2"),
        ("new", "rf:e3"),
    ]


def test_the_reference_ages_and_says_when_it_cannot_serve() -> None:
    reference = room(emission(1, 93.1, 0.01))

    def later(seconds: float) -> Inspection:
        span = reference.span
        shift = round(seconds * SECOND_NS) + span.ended_utc_ns - span.started_utc_ns
        return replace(reference, span=replace(span, started_utc_ns=span.started_utc_ns + shift))

    assert reference_health(reference, later(60)).word == "fresh"
    assert reference_health(reference, later(FRESH_S + 1)).word == "stale"
    assert reference_health(reference, later(100 * 3600)).word == "expired"
    future = reference_health(reference, later(-3600))
    assert (future.word, future.reasons) == ("unusable", ("baseline.from_the_future",))
    other = replace(later(60), settings_sha256="0" * 64)
    assert reference_health(reference, other).reasons == ("baseline.other_settings",)
    found = room(emission(1, 93.1, 0.01), level=Level.CHECK)
    assert "baseline.reference_found" in reference_health(found, later(60)).reasons
    thin = replace(reference, senses=tuple(replace(s, coverage=0.1) for s in reference.senses))
    assert "baseline.reference_thin" in reference_health(thin, later(60)).reasons


def test_rotating_addresses_with_the_same_looks_are_not_new_every_day() -> None:
    before = room(advert("5a:00:00:00:00:01", "Tag"), advert("5a:00:00:00:00:02", None))
    after = room(advert("5a:00:00:00:00:91", "Tag"), advert("5a:00:00:00:00:92", "Camera"))
    assert [w for w, _ in words(before, after)] == ["missing", "new"]


def test_a_glint_has_no_looks() -> None:
    finding = room(glint(1, 0.1)).findings[0]
    assert looks_of(finding) == ""
