"""Known-good: what may be excused, what never, and that nothing is excused in silence."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from firmware.cli.app import app
from firmware.i18n.catalog import LANGUAGES, catalog_for
from firmware.records.bundle import verify_file
from firmware.records.compare.allowlist import (
    Recogniser,
    declare,
    find_known,
    has_changed,
    mark_of,
    withdraw,
)
from firmware.records.compare.site_knowledge import SiteAllowlist
from firmware.records.custody.errors import NoSuchRecord, NotRecognisable, StoreDamaged
from firmware.records.custody.unit_key import UnitKey
from firmware.records.declarations import StandingDeclaration, in_force, read_declaration
from firmware.records.model import Finding, Inspection, Place
from firmware.records.store import RecordStore
from firmware.sensor import Observation
from firmware.settings.records_config import RecordsConfig
from firmware.settings.sections import EngineConfig
from firmware.verdict.engine import Engine, SensorStarted, StepDone, Tick
from firmware.verdict.evidence.likelihoods import packaged_likelihoods
from firmware.verdict.evidence.weigh import weigh
from firmware.verdict.judge import Judge
from firmware.verdict.model import Level
from hw.types import Counts, Coverage, DeviceHealth
from tests.firmware.records.rooms import (
    ALL_MACS,
    SUSPECT_MAC,
    FakeClock,
    emission,
    glint,
    inspection,
    station,
)
from wifiscan.model import BleDevice, Station

KEY = UnitKey(bytes(32))
SMALL = RecordsConfig(free_least_bytes=0)
SITE = Place(site="Station 3", room="Women", cubicle="2")
CCTV = station(SUSPECT_MAC, 0.985, rssi_dbm=-60.0, activity="camera-stream")
PHONE = station("5a:11:c3:9b:04:d7", 0.7, randomised=True, ssid=None, vendor=None, bssid=None)


def finding_of(observation: Observation) -> Finding:
    record = inspection(KEY, more=(observation,))
    subject = getattr(observation, "mac", None) or getattr(observation, "address", None)
    number = getattr(observation, "id", "")
    names = {KEY.pseudonym(subject)} if subject else {f"rf:{number}", f"lens:{number}"}
    same = [f for f in record.findings if f.subject in names]
    score = getattr(observation, "score", None)
    return (
        same[-1]
        if score is None
        else replace(same[-1], score=score, data=observation.as_json() | {"mac": "~"})
    )


def known(observation: Observation, reason: str = "the site's own camera") -> StandingDeclaration:
    said = declare(finding_of(observation), site=SITE.site, operator="Kim", reason=reason)
    assert said.mark is not None
    return StandingDeclaration(declaration=said, mark=said.mark, utc_ns=1)


def weighed(observation: Observation, *knowns: StandingDeclaration) -> float:
    evidence = weigh(observation, packaged_likelihoods())
    assert evidence is not None
    return Recogniser(knowns, KEY)(observation, evidence).log_lr


def test_a_device_with_a_fixed_address_is_recognised_and_says_nothing_any_more() -> None:
    assert weighed(CCTV) > 1.0
    assert weighed(CCTV, known(CCTV)) == 0.0
    assert weighed(replace(CCTV, rssi_dbm=-75.0, last_ns=9), known(CCTV)) == 0.0


def test_another_device_is_not_excused() -> None:
    other = replace(CCTV, mac="9c:a5:25:3f:7e:99")
    assert weighed(other, known(CCTV)) == weighed(other) > 1.0


@pytest.mark.parametrize("rise_db", [6.0, 25.0])
def test_what_is_louder_than_it_was_speaks_again(rise_db: float) -> None:
    near = replace(CCTV, rssi_dbm=-60.0 + rise_db)
    assert weighed(near, known(CCTV)) == weighed(near) > 1.0
    assert weighed(replace(CCTV, rssi_dbm=-60.0 + 5.9), known(CCTV)) == 0.0


def test_what_has_become_more_like_a_camera_speaks_again() -> None:
    quiet = replace(CCTV, score=0.6, streaming_score=0.6)
    assert weighed(CCTV, known(quiet)) > 1.0
    assert has_changed(CCTV, known(quiet).mark)


def test_what_gives_no_level_is_never_excused() -> None:
    assert weighed(replace(CCTV, rssi_dbm=None), known(CCTV)) > 1.0
    assert weighed(CCTV, known(replace(CCTV, rssi_dbm=None))) > 1.0


def test_a_transmission_is_recognised_by_kind_frequency_and_bandwidth_and_loudness() -> None:
    cctv = emission(1, 1080.0, 0.97, snr_db=20.0)
    entry = known(cctv)
    assert entry.mark.by == "signal"
    assert weighed(replace(cctv, id="e77", center_hz=1.0804e9), entry) == 0.0
    for other in (
        replace(cctv, center_hz=1.12e9),
        replace(cctv, bandwidth_hz=18e6),
        replace(cctv, kind="analog-video-ntsc"),
        replace(cctv, snr_db=26.0),
    ):
        assert weighed(other, entry) == weighed(other) > 1.0


def test_a_confirmed_picture_always_speaks() -> None:
    cctv = emission(1, 1080.0, 0.97)
    evidence = weigh(cctv, packaged_likelihoods())
    assert evidence is not None
    confirmed = replace(evidence, confirmed=True)
    assert Recogniser([known(cctv)], KEY)(cctv, confirmed) is confirmed


def test_a_lens_can_not_be_declared() -> None:
    with pytest.raises(NotRecognisable):
        mark_of(finding_of(glint(7, 0.9)))
    shine = glint(7, 0.9)
    evidence = weigh(shine, packaged_likelihoods())
    assert evidence is not None
    assert Recogniser([known(CCTV)], KEY)(shine, evidence) is evidence


def test_a_random_address_that_says_nothing_else_cannot_be_recognised_again() -> None:
    with pytest.raises(NotRecognisable, match="random"):
        mark_of(replace(finding_of(PHONE), data={"type": "station"}))


def test_looks_alone_excuse_nobody() -> None:
    speaker = BleDevice(
        address="f4:0e:83:6c:77:a2", address_type="random", name="CAM-7", company_id=76, rssi_dbm=-50.0,
        adverts=9, identity=(), score=0.9, first_ns=0, last_ns=1,
    )  # fmt: skip
    entry = known(speaker)
    assert entry.mark.by == "looks"
    evidence = weigh(CCTV, packaged_likelihoods())
    assert evidence is not None
    assert Recogniser([entry], KEY)(replace(speaker, address="aa:0e:83:6c:77:a2"), evidence) is evidence


def room(recognise: Recogniser | None, *seen: Station) -> Engine:
    engine = Engine(judge=Judge(prior=0.005), config=EngineConfig(), sensors=("wifi",), recognise=recognise)
    engine.handle(SensorStarted(sensor="wifi", t_ns=0))
    look = Coverage(sensor="wifi", share=1.0, parts={"streaming": 1.0, "idle": 1.0})
    counts, health = Counts(sensor="wifi", read=99, dropped={}), DeviceHealth(ok=True)
    done = StepDone(sensor="wifi", t_ns=1, observations=seen, coverage=look, counts=counts, health=health)
    engine.handle(done)
    engine.handle(Tick(t_ns=2))
    return engine


def test_what_is_known_stands_in_the_contributions_with_its_reason_and_its_worth() -> None:
    loud = room(None, CCTV).snapshot()
    quiet = room(Recogniser([known(CCTV)], KEY), CCTV).snapshot()
    assert loud.verdict.level is Level.CHECK
    assert quiet.verdict.level is Level.INCONCLUSIVE  # one sensor never speaks for the room
    assert quiet.verdict.probability < loud.verdict.probability
    listed = [c for c in quiet.verdict.contributions if c.reason == "reason.known"]
    assert [(c.subject, c.log_lr) for c in listed] == [(SUSPECT_MAC, 0.0)]
    for lang in LANGUAGES:
        said = catalog_for(lang).fill(listed[0].reason, listed[0].params)
        assert "the site's own camera" in said
        assert "{" not in said
    empty = room(Recogniser([known(CCTV)], KEY)).snapshot().verdict
    assert quiet.verdict.log_lr == pytest.approx(empty.log_lr)


def test_a_known_device_hides_no_other_one() -> None:
    hidden = replace(CCTV, mac="9c:a5:25:3f:7e:99")
    both = room(Recogniser([known(CCTV)], KEY), CCTV, hidden).snapshot()
    alone = room(None, hidden).snapshot()
    assert both.verdict.log_lr == pytest.approx(alone.verdict.log_lr)
    assert [e.subject for e in both.findings] == [hidden.mac]


def test_a_known_device_that_becomes_loud_comes_back_within_the_same_inspection() -> None:
    engine = room(Recogniser([known(CCTV)], KEY), CCTV)
    look = Coverage(sensor="wifi", share=1.0, parts={"streaming": 1.0, "idle": 1.0})
    near = (replace(CCTV, rssi_dbm=-40.0),)
    engine.handle(
        StepDone(
            sensor="wifi", t_ns=3, observations=near, coverage=look,
            counts=Counts(sensor="wifi", read=100, dropped={}), health=DeviceHealth(ok=True),
        )
    )  # fmt: skip
    engine.handle(Tick(t_ns=4))
    verdict = engine.snapshot().verdict
    assert verdict.level is Level.CHECK
    assert "reason.known" not in {c.reason for c in verdict.contributions}


def stored(folder: Path) -> tuple[RecordStore, Inspection]:
    store = RecordStore(folder, config=SMALL, clock=FakeClock())
    record = replace(inspection(store.key, "room-0001"), place=SITE)
    store.append(record)
    return store, record


def test_declarations_are_entries_of_the_chain_and_are_withdrawn_by_entries(tmp_path: Path) -> None:
    store, record = stored(tmp_path)
    with store:
        found = next(f for f in record.findings if f.sensor == "wifi" and f.suspicious)
        said = declare(found, site=SITE.site, operator="Kim", reason="corridor CCTV")
        store.declare(said)
        assert [k.declaration for k in store.known(SITE.site)] == [said]
        assert store.known("elsewhere") == ()
        assert len(store.known(None)) == 1
        assert len(store.listed()) == 1
        store.declare(withdraw(store.known(None)[0], operator="Lee", reason="it was moved"))
        assert store.known(SITE.site) == ()
        bodies = [json.loads(e.body or b"{}") for e in store.entries()]
        assert [b["kind"] for b in bodies[1:]] == ["known", "known"]
        assert bodies[1]["operator"] == "Kim"
        assert store.verify().whole
        kept = json.dumps(bodies[1:]).lower()
        assert not any(mac in kept or mac.replace(":", "") in kept for mac in ALL_MACS)
    assert verify_file(tmp_path / "records.db").whole


def test_an_altered_declaration_is_noticed(tmp_path: Path) -> None:
    store, record = stored(tmp_path)
    with store:
        found = next(f for f in record.findings if f.identity == "address")
        store.declare(declare(found, site=SITE.site, operator="Kim", reason="television"))
    with sqlite3.connect(tmp_path / "records.db") as db:
        db.execute("DROP TRIGGER bodies_fixed")
        forged = "CAST(replace(CAST(body AS TEXT), 'Kim', 'Lee') AS BLOB)"
        db.execute(f"UPDATE bodies SET body = {forged} WHERE kind = 'known'")  # noqa: S608
    db.close()
    checked = verify_file(tmp_path / "records.db")
    assert not checked.whole
    assert {t.where for t in checked.troubles} >= {"2"}


def test_retention_never_removes_a_declaration(tmp_path: Path) -> None:
    clock = FakeClock()
    with RecordStore(tmp_path, config=SMALL, clock=clock) as store:
        record = replace(
            inspection(store.key, "room-0001", level=Level.NOTHING_FOUND, more=(CCTV,)), place=SITE
        )
        store.append(record)
        found = next(f for f in record.findings if f.identity == "address")
        store.declare(declare(found, site=SITE.site, operator="Kim", reason="television"))
        clock.go(4000 * 86_400.0)
        assert store.apply_retention(clock_is_right=True) is not None
        assert store.listed() == ()
        assert len(store.known(SITE.site)) == 1
        assert store.verify().whole


def test_what_holds_is_a_fold_over_the_entries() -> None:
    first, second = known(CCTV).declaration, known(emission(1, 1080.0, 0.97)).declaration
    undo = withdraw(
        StandingDeclaration(declaration=first, mark=first.mark, utc_ns=1), operator="", reason="x"
    )  # type: ignore[arg-type]
    assert [k.declaration for k in in_force([(first, 1), (second, 2), (undo, 3)])] == [second]
    assert [k.declaration for k in in_force([(undo, 1), (first, 2)])] == [first]
    assert read_declaration(first.body()) == first
    for body in (b"", b"[]", b"{}", b"null", first.body().replace(b"declare", b"approve")):
        with pytest.raises(StoreDamaged):
            read_declaration(body)
    with pytest.raises(NoSuchRecord):
        find_known(in_force([(first, 1), (second, 2)]), "")


def test_the_commands_declare_list_and_withdraw(tmp_path: Path) -> None:
    store, record = stored(tmp_path)
    store.close()
    number = next(n for n, f in enumerate(record.findings, 1) if f.identity == "address")
    shot = next(n for n, f in enumerate(record.findings, 1) if f.sensor == "lens")
    where = ["--records", str(tmp_path), "--lang", "en"]
    who = ["--operator", "Kim", "--reason", "the site's own"]
    run = CliRunner()
    done = run.invoke(app, ["known", "add", "room", str(number), *who, *where])
    assert done.exit_code == 0, done.output
    assert "known-" in done.output
    name = done.output.split("known-")[1][:8]
    assert name in run.invoke(app, ["known", "list", *where]).output
    refused = run.invoke(app, ["known", "add", "room", str(shot), *who, *where])
    assert refused.exit_code == 1
    assert run.invoke(app, ["known", "remove", name, *who, *where]).exit_code == 0
    assert run.invoke(app, ["known", "remove", name, *who, *where]).exit_code == 1
    assert "Nothing" in run.invoke(app, ["known", "list", *where]).output


def test_what_is_known_changes_with_the_site_that_is_entered(tmp_path: Path) -> None:
    store, _ = stored(tmp_path)
    with store:
        declared = replace(finding_of(CCTV), subject=store.key.pseudonym(CCTV.mac))
        store.declare(declare(declared, site=SITE.site, operator="Kim", reason="corridor CCTV"))
        here = SiteAllowlist()
        evidence = weigh(CCTV, packaged_likelihoods())
        assert evidence is not None
        assert here(CCTV, evidence) is evidence
        here.enter(SITE.site, store)
        assert here(CCTV, evidence).log_lr == 0.0
        here.enter("elsewhere", store)
        assert here(CCTV, evidence) is evidence
