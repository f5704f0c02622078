"""What the engine knows is what the screen says, and nothing more."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from firmware.handheld.render import PAGES, paint
from firmware.handheld.screen.canvas import Mode
from firmware.handheld.screen.navigator import PagePosition
from firmware.handheld.screen.view_model import devices_of, from_snapshot, spectrum_of
from firmware.handheld.screen.views import DEVICES_MOST, LINES_MOST
from firmware.i18n.catalog import LANGUAGES, Catalog, Language
from firmware.i18n.names import service_name
from firmware.sensor import Views
from firmware.verdict.advice import Advice
from firmware.verdict.engine import Snapshot
from firmware.verdict.evidence.model import Evidence
from firmware.verdict.evidence.reasons import REASONS
from firmware.verdict.model import Contribution, Level, Verdict, WeighedSubject
from firmware.verdict.sensor_state import SensorStatus
from hw.types import SENSOR_NAMES, Counts, Frame
from lensdetect.model import Glint
from lensdetect.model import LensView as FinderView
from sweeper.bands import load_bands
from sweeper.model import Emission
from tests.firmware.handheld.screen.layout_checks import assert_layout
from tests.firmware.handheld.screen.sample_states import PANELS
from tests.firmware.records import rooms
from wifiscan.model import AccessPoint, BleDevice, Identity, Station

STREAM = {"name": "aa:bb:cc:00:11:22", "mbps": 1.2, "seconds": 31.0}


def verdict(level: Level, **changes: object) -> Verdict:
    values: dict[str, object] = {
        "level": level,
        "probability": 0.34,
        "prior": 0.005,
        "log_lr": 4.6,
        "share_caught": 0.61,
        "coverage": {"rf": 0.8, "wifi": 0.5, "ble": 1.0, "lens": None},
        "subjects": (
            WeighedSubject(
                sensor="wifi",
                subject="aa",
                word="finding",
                nats=4.1,
                reason="reason.wifi.streaming_plain",
                params=STREAM,
            ),
            WeighedSubject(
                sensor="ble",
                subject="bb",
                word="noted",
                nats=0.3,
                reason="reason.ble.ordinary",
                params={},
            ),
        )
        if level in {Level.CHECK, Level.LIKELY_CAMERA}
        else (),
        "contributions": (
            Contribution(
                sensor="rf", subject="", log_lr=-1.9, reason="reason.rf.nothing", params={"share": 0.8}
            ),
            Contribution(
                sensor="wifi", subject="aa", log_lr=4.1, reason="reason.wifi.streaming_plain", params=STREAM
            ),
            Contribution(sensor="ble", subject="bb", log_lr=0.1, reason="reason.ble.ordinary", params={}),
        ),
        "blind_to": ("kind.card",),
        "advice": Advice.of("next.look"),
    }
    return Verdict(**(values | changes))  # type: ignore[arg-type]


def snapshot(level: Level = Level.CHECK, **changes: object) -> Snapshot:
    sensors = (
        SensorStatus(
            name="rf",
            state="running",
            coverage=0.8,
            counts=Counts(sensor="rf", read=871, dropped={"clipped": 2, "short": 3}),
        ),
        SensorStatus(name="wifi", state="running", coverage=0.5),
        SensorStatus(name="ble", state="lost", coverage=1.0, reason="unplugged"),
        SensorStatus(name="lens", state="missing", coverage=None, reason="no such word"),
    )
    findings = (
        Evidence(
            sensor="wifi",
            subject="aa",
            log_lr=4.1,
            log_lr_by_kind={},
            reason="reason.wifi.idle",
            params=STREAM,
        ),
        Evidence(sensor="rf", subject="x", log_lr=-1.0, log_lr_by_kind={}, reason="reason.rf.cofdm"),
    )
    values: dict[str, object] = {
        "t_ns": 42 * 10**9,
        "elapsed_s": 42.0,
        "phase": "scanning",
        "inspection": 1,
        "verdict": verdict(level),
        "sensors": sensors,
        "findings": findings,
    }
    return Snapshot(**(values | changes))  # type: ignore[arg-type]


def test_numbers_pass_through_unchanged() -> None:
    state = from_snapshot(snapshot(), lang="en", progress=0.4, simulated=True, battery=0.5)
    assert (state.level, state.probability, state.prior) == (Level.CHECK, 0.34, 0.005)
    assert (state.share_caught, state.elapsed_s, state.progress) == (0.61, 42.0, 0.4)
    assert [s.name for s in state.sensors] == list(SENSOR_NAMES)
    assert [s.coverage for s in state.sensors] == [0.8, 0.5, 1.0, None]
    assert [s.state for s in state.sensors] == ["running", "running", "lost", "missing"]
    assert (state.blind_to, state.advice.step) == (("kind.card",), "next.look")


def test_only_what_speaks_for_a_camera_is_marked_and_silence_is_no_reason() -> None:
    state = from_snapshot(snapshot(), lang="en")
    assert [s.alert for s in state.sensors] == [False, True, False, False]
    assert state.sensors[1].headline is not None
    assert state.sensors[1].headline.key == "brief.wifi.streaming_plain"
    assert state.sensors[2].headline is None
    assert [r.key for r in state.reasons] == ["reason.wifi.streaming_plain", "reason.ble.ordinary"]
    assert [f.subject for f in state.findings] == [STREAM["name"]]
    assert state.findings[0].log_lr == 4.1  # what it added to the room, not what it says alone


def test_a_quiet_room_is_given_no_reasons_and_no_marks() -> None:
    state = from_snapshot(snapshot(Level.NOTHING_FOUND), lang="en")
    assert state.reasons == ()
    assert not any(s.alert for s in state.sensors)


def test_the_health_page_counts_and_gives_a_hint_for_every_trouble() -> None:
    health = from_snapshot(snapshot(), lang="ko").health
    assert (health[0].read, health[0].dropped, health[0].hint) == (871, 5, "")
    assert health[2].hint == "hint.unplugged"
    assert health[3].hint in Catalog("ko")


def test_a_sense_that_runs_but_is_deaf_says_so_on_its_row() -> None:
    deaf = SensorStatus(name="rf", state="running", coverage=0.0, reason="status.deaf")
    state = from_snapshot(snapshot(sensors=(deaf, *snapshot().sensors[1:])), lang="en")
    assert state.sensors[0].unwell
    assert state.sensors[0].spoken().key == "brief.status.deaf"
    assert Catalog("en").text("brief.status.deaf") in [box.shown for box in paint(state).texts]
    assert Catalog("en").text("status.deaf") in [
        box.shown for box in paint(replace(state, page="sensors")).texts
    ]


def test_the_live_view_is_placed_in_shares_of_its_picture() -> None:
    pixels = np.zeros((100, 200), np.uint8)
    view = FinderView(
        frame=Frame(seq=1, t_ns=0, exposure_us=None, led="ring", pixels=pixels),
        glints=(glint(50.0, 25.0), glint(190.0, 99.0)),
        reasons={},
        guidance="slower",
        coverage_map=np.ones((2, 3), np.uint8),
    )
    lens = from_snapshot(snapshot(views=Views(lens=view)), lang="ko").lens
    assert [(m.x, m.y, m.label) for m in lens.marks] == [(0.25, 0.25, "lens"), (0.95, 0.99, "lens")]
    assert lens.guide == "guide.slower"
    assert (
        from_snapshot(snapshot(views=Views(lens=replace(view, frame=None))), lang="ko").lens.picture is None
    )
    assert (
        from_snapshot(snapshot(views=Views(lens=replace(view, guidance="?"))), lang="ko").lens.guide
        == "guide.sweep"
    )


def glint(x_px: float, y_px: float) -> Glint:
    return Glint(
        id=round(x_px),
        x_px=x_px,
        y_px=y_px,
        label="lens",
        score=0.9,
        poses=3,
        first_frame=0,
        last_frame=9,
        first_ns=0,
        last_ns=1,
        sightings=(),
    )


def test_progress_is_over_when_the_scan_is() -> None:
    assert from_snapshot(snapshot(phase="finished"), lang="en", progress=0.9).progress is None


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize(("size", "mode"), PANELS)
def test_every_page_of_a_snapshot_can_be_drawn(size: tuple[int, int], mode: Mode, lang: Language) -> None:
    for page in PAGES:
        state = from_snapshot(
            snapshot(observations=(emission(1), station(), network(), ble())),
            lang=lang,
            place=PagePosition(page=page),
        )
        assert_layout(paint(state, size=size, mode=mode))


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_few_words_of_a_reason_use_only_what_the_reason_gives(lang: Language) -> None:
    catalog = Catalog(lang)
    for key, params in REASONS.items():
        brief = key.replace("reason.", "brief.", 1)
        if brief in catalog:
            given = dict.fromkeys(params, 1.0)
            assert "{" not in catalog.fill(brief, given), brief


def emission(index: int, **changes: object) -> Emission:
    values: dict[str, object] = {
        "id": str(index),
        "center_hz": 1.2e9 + index * 1e6,
        "bandwidth_hz": 8e6,
        "snr_db": 20.0,
        "kind": "analog-video-pal",
        "scores": {"camera": 0.9},
        "first_ns": 0,
        "last_ns": 1,
        "hits": 3,
    }
    return Emission(**(values | changes))  # type: ignore[arg-type]


def station(**changes: object) -> Station:
    values: dict[str, object] = {
        "mac": "aa:bb:cc:00:11:22",
        "randomised": False,
        "vendor": None,
        "bssid": None,
        "ssid": None,
        "channel_mhz": 2412,
        "rssi_dbm": -50.0,
        "frames": 10,
        "bytes_up": 1,
        "bytes_down": 1,
        "uplink_bps": 1.2e6,
        "streaming_score": 0.9,
        "identity": (),
        "score": 0.9,
        "first_ns": 0,
        "last_ns": 1,
        "activity": "camera-stream",
    }
    return Station(**(values | changes))  # type: ignore[arg-type]


def network() -> AccessPoint:
    return AccessPoint(
        bssid="00:11:22:33:44:55",
        ssid="\u202eevil[b]\n",
        channel_mhz=5180,
        rssi_dbm=None,
        frames=3,
        identity=(),
        score=0.01,
        first_ns=0,
        last_ns=1,
    )


def ble() -> BleDevice:
    return BleDevice(
        address="c4:00:00:00:00:01",
        address_type="random",
        name=None,
        company_id=None,
        rssi_dbm=-70.0,
        adverts=3,
        identity=(Identity(rule="r", strength="B", why="a name like a camera's"),),
        score=0.3,
        first_ns=0,
        last_ns=1,
    )


def test_devices_are_sorted_bounded_and_say_what_is_known() -> None:
    rows = devices_of([network(), ble(), station(), emission(1)], findings={station().subject})
    assert [r.sensor for r in rows] == ["wifi", "ble", "wifi"]
    assert [r.alert for r in rows] == [True, False, False]
    assert [r.detail.key for r in rows] == ["device.streaming", "device.sign", "device.wifi"]
    assert len(devices_of([network()] * 500)) == DEVICES_MOST


def test_every_radio_service_that_the_sweep_knows_has_a_name_in_both_languages() -> None:
    names = {service.name for service in load_bands().service}
    assert names
    assert not {name for name in names if service_name(name).key == "screen.verbatim"}


def test_lines_are_bounded_and_known_services_never_marked() -> None:
    heard = [emission(1), emission(2, kind="known-service", service="FM")]
    view = spectrum_of(heard, findings={e.subject for e in heard})
    assert [(line.alert, line.known) for line in view.lines] == [(True, False), (False, True)]
    assert Catalog("en").say(view.lines[1].label) == "FM"  # no sentence of ours: its own name
    assert len(spectrum_of([emission(n) for n in range(500)]).lines) == LINES_MOST


def test_what_was_declared_harmless_is_shown_as_known_and_not_as_an_alarm() -> None:
    said = tuple(
        Contribution(sensor=s, subject=name, log_lr=0.0, reason="reason.known", params={})  # type: ignore[arg-type]
        for s, name in (("wifi", rooms.SUSPECT_MAC), ("rf", "rf:e1"))
    )
    seen = (rooms.station(rooms.SUSPECT_MAC, 0.93), rooms.emission(1, 1080.0, 0.97))
    found = tuple(
        WeighedSubject(sensor=o.sensor, subject=o.subject, word="finding", nats=4.0, reason="r", params={})
        for o in seen
    )
    moment = snapshot(observations=seen)
    moment = replace(moment, verdict=replace(moment.verdict, subjects=found))
    quiet = replace(moment, verdict=replace(moment.verdict, contributions=said, subjects=()))
    alarm = from_snapshot(moment, lang="en")
    calm = from_snapshot(quiet, lang="en", place=PagePosition(page="devices"))
    assert [(d.alert, d.known) for d in (*alarm.devices, *alarm.spectrum.lines)] == [(True, False)] * 2
    assert [(d.alert, d.known) for d in (*calm.devices, *calm.spectrum.lines)] == [(False, True)] * 2
    assert Catalog("en").text("device.known") in {box.shown for box in paint(calm).texts}
