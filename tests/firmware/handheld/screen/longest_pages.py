"""Every page with the longest words that a real site, a real room and the catalogues can put on it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from string import Formatter
from typing import get_args

from firmware.handheld.inspection_view import menu_of, view_of
from firmware.handheld.screen.inspection_views import InspectionView
from firmware.handheld.screen.state import Condition, ScreenState, SensorBadge
from firmware.handheld.screen.views import (
    MENU,
    DeviceRow,
    FindingView,
    HealthRow,
    HomingView,
    Page,
    SpectrumLine,
    SpectrumPageView,
)
from firmware.i18n.catalog import Language, Param, Sentence, catalog_for
from firmware.inspection.checklists import guided_steps
from firmware.inspection.site_plan import SitePlan
from firmware.inspection.state import Checkpoint, InspectionState, Moment, Reference, Stage, Visited
from firmware.verdict.advice import Advice
from firmware.verdict.model import Level, Shortfall
from hw.types import SENSOR_NAMES
from tests.firmware.handheld.screen.inspection_pages import MACHINE, MARKS, STAGES, verdict_of
from tests.firmware.handheld.screen.sample_pages import LENS, filled

SSID = "SmartLife-EB2F7C41A0_2.4GHz-ext"  # a network's name has at most 32 bytes
ROOM = "지하 2층 여자 화장실 (승강장 쪽)"
SITE = "서울교통공사 동대문역사문화공원역"
OPERATOR = "김하나리 주무관"
VALUES: dict[str, Param] = {
    "name": SSID, "address": "02:ab:cd:ef:01:23", "channel_mhz": 6135, "room": ROOM, "site": SITE,
    "cubicle": "12", "number": 12, "count": 24, "planned": 24, "counted": 23, "police": "112", "hour": 11,
    "side": "where.side.down_right", "level": -78.0, "center_hz": 1258.125e6, "bandwidth_hz": 8e6,
    "word": "resolved.unclear", "sense": "sense.ble", "part": "part.wifi_channels", "share": 0.93,
    "service": "WLAN", "mbps": 12.5, "uplink_bps": 1.25e6, "seconds": 34.0, "poses": 3,
    "reached": 0.42, "needed": 0.8, "record": "20261122-120000-ab12cd", "why": "Hangzhou Hikvision",
}  # fmt: skip
LONG_PLAN = SitePlan.model_validate(
    {"site": {"name": SITE, "operators": [OPERATOR, "07"]},
     "room": [{"name": ROOM, "cubicles": 24}, {"name": "B1 Women's changing room (pool side)",
                                               "cubicles": ["A-11", "A-12"]}]}
)  # fmt: skip


def said(key: str) -> Sentence:
    """Return a sentence of the catalogues with a plausible value in every field."""
    template = catalog_for("en").template(key)
    params: dict[str, Param] = {}
    for _, name, spec, _ in Formatter().parse(template):
        if name:
            params[name] = 12.5 if spec and name not in VALUES else VALUES.get(name, "12")
    if key.startswith("level.") or "level:key" in template:
        params["level"] = "level.likely_camera"
    return Sentence(key=key, params=params)


def keys_of(prefix: str) -> list[str]:
    return sorted(key for key in catalog_for("ko") if key.startswith(prefix))


def longest(page: Page, lang: Language) -> Iterator[ScreenState]:
    """Return the states of a page with the longest real words."""
    base = replace(filled(page, lang), clock="15:23", elapsed_s=3725.0)
    maker = {
        "home": _homes, "finding": _findings, "devices": _devices, "spectrum": _spectra, "homing": _homings,
        "lens": _lenses, "sensors": _sensors, "menu": _menus,
    }.get(page)  # fmt: skip
    if maker is not None:
        yield from maker(base)
    elif page in STAGES:
        yield from (_inspecting(base, at, now) for at, now in _stages(page))
        for notice in keys_of("walk.store.") if page == "cubicle" else ():
            at = replace(_at("cubicle"), trouble=notice)
            yield _inspecting(base, at, Moment())
        yield from _results(base) if page == "result" else ()
    else:
        yield base


def _homes(base: ScreenState) -> Iterator[ScreenState]:
    briefs = [said(key) for key in keys_of("brief.") if key.split(".")[1] in SENSOR_NAMES]
    for level in Level:
        for condition in get_args(Condition):
            sensors = tuple(SensorBadge(name=n, state=condition, coverage=0.93) for n in SENSOR_NAMES)
            yield replace(base, level=level, sensors=sensors, probability=0.00001)
    for step in keys_of("next."):
        yield replace(base, advice=Advice.of(step.removesuffix(".call")), blind_to=tuple(keys_of("kind.")))
    for brief in briefs:
        name = next(n for n in SENSOR_NAMES if n == brief.key.split(".")[1])
        rest = tuple(SensorBadge(name=n, state="running", coverage=1.0) for n in SENSOR_NAMES if n != name)
        loud = SensorBadge(name=name, state="running", coverage=0.93, headline=brief, alert=True)
        yield replace(base, sensors=(loud, *rest), reasons=(said("rule.disturbed"),))
    for trouble in [*keys_of("brief.hint."), *keys_of("brief.status.")]:
        sensors = tuple(
            SensorBadge(name=n, state="running", coverage=0.9, trouble=trouble) for n in SENSOR_NAMES
        )
        yield replace(base, sensors=sensors)
    for answer in keys_of("resolved."):
        yield replace(base, answer=Sentence(key="screen.answered", params={"word": answer}))


def _findings(base: ScreenState) -> Iterator[ScreenState]:
    wheres = [None, *(said(k) for k in keys_of("where.") if "side" not in k and "follow" not in k)]
    for key in keys_of("reason."):
        sensor = next((n for n in SENSOR_NAMES if n == key.split(".")[1]), "wifi")
        for where in wheres if key.endswith("streaming") else wheres[-1:]:
            one = FindingView(sensor=sensor, subject=SSID, reason=said(key), log_lr=9.0, where=where)
            yield replace(base, findings=(one,), selected=0)


def _devices(base: ScreenState) -> Iterator[ScreenState]:
    for key in ("device.wifi", "device.address", "device.streaming"):
        for alert, known in ((True, False), (False, True), (False, False)):
            row = DeviceRow(
                sensor="wifi", name=SSID, detail=said(key), score=0.3, rssi_dbm=-78.0, alert=alert,
                known=known,
            )  # fmt: skip
            yield replace(base, devices=(row,), selected=0)


def _spectra(base: ScreenState) -> Iterator[ScreenState]:
    for key in [*keys_of("line."), *keys_of("service.")]:
        line = SpectrumLine(center_hz=1258.125e6, bandwidth_hz=8e6, snr_db=33.0, label=said(key), alert=True)
        yield replace(base, spectrum=SpectrumPageView(lines=(line,)))


def _homings(base: ScreenState) -> Iterator[ScreenState]:
    hints = [said(key) for key in keys_of("hint.")]
    for sensor in SENSOR_NAMES:
        for trend in ("warmer", "colder", "steady", "lost", "searching"):
            for notice in keys_of("homing.") if sensor == "wifi" else ():
                notices = (hints[len(notice) % len(hints)], said(notice))
                view = HomingView(name=SSID, level=-78.0, trend=trend, sensor=sensor, notices=notices)  # type: ignore[arg-type]
                yield replace(base, homing=view)
        for where in keys_of("where.lens"):
            lens = HomingView(name="#12", level=None, sensor="lens", notices=(said(where),))
            yield replace(base, homing=lens)
    for hint in hints:
        yield replace(base, homing=HomingView(name=SSID, level=None, notices=(said("homing.away"), hint)))


def _lenses(base: ScreenState) -> Iterator[ScreenState]:
    for guide in keys_of("guide."):
        yield replace(base, lens=replace(LENS, guide=guide))


def _sensors(base: ScreenState) -> Iterator[ScreenState]:
    for hint in ["", *keys_of("hint.")]:
        for condition in get_args(Condition) if not hint else ("lost",):
            sensors = tuple(SensorBadge(name=n, state=condition, coverage=0.93) for n in SENSOR_NAMES)
            rows = tuple(HealthRow(sensor=n, read=1_248_211, dropped=13_122, hint=hint) for n in SENSOR_NAMES)
            yield replace(base, sensors=sensors, health=rows)


def _menus(base: ScreenState) -> Iterator[ScreenState]:
    for menu in (MENU, menu_of(_at("cubicle")), menu_of(_at("personal"))):
        for selected in range(len(menu)):
            yield replace(base, menu=menu, selected=selected)


def _visit(cubicle: int, **changes: object) -> Visited:
    ordinary = Visited(
        record=f"a-{cubicle:03d}", kind="cubicle", room=ROOM, cubicle=str(cubicle), level="inconclusive",
        share_caught=0.08, looked=2, left=10, found=2, stored=True, compared=True, new=12, missing=3,
        louder=2,
    )  # fmt: skip
    return replace(ordinary, **changes)  # type: ignore[arg-type]


def _at(stage: Stage) -> InspectionState:
    done = (
        replace(_visit(0), kind="corridor", room="", cubicle=""),
        _visit(10, level="likely_camera", alarm="likely_camera", resolution="unclear"),
        _visit(11, early="early.occupied"),
        _visit(12, level="check", stored=False),
    )
    progress = Checkpoint(
        site=SITE, operator=OPERATOR, walk="a", visit=4, stage="cubicle", room=ROOM, cubicle="12"
    )
    return InspectionState(
        stage=stage, plans=(LONG_PLAN,), operator=OPERATOR, cubicle=11, inspection_id="a", visit=4, done=done,
        marks=MARKS if stage in {"cubicle", "thin"} else {}, resume=progress if stage == "start" else None,
        reference=Reference(record="a-000", age_s=47 * 3600.0, health="stale"),
        export="whole", exported="ansim-20261122-120000-ab12cd-site.zip",
    )  # fmt: skip


SHORT = tuple(Shortfall(sensor=n, what="time", reached=12.0, needed=60.0) for n in SENSOR_NAMES)
CHOOSING: tuple[Stage, ...] = (
    "site", "operator", "room", "reference", "early", "resolve", "resolve_why", "resolve_picture",
)  # fmt: skip


def _stages(page: Page) -> Iterator[tuple[InspectionState, Moment]]:
    low = Moment(coverage={"rf": 0.2, "wifi": 0.34, "ble": 0.1, "lens": 0.41}, short=SHORT, eye=True)
    if page == "choose":
        for stage in CHOOSING:
            for selected in range(8):
                yield replace(_at(stage), leaving="personal", selected=selected), low
        for health, age_s in (("fresh", 1500.0), ("stale", 2e5), ("expired", 9e6), ("unusable", 1.0)):
            reference = Reference(record="a", age_s=age_s, health=health)
            yield replace(_at("reference"), reference=reference), low
        yield replace(_at("reference"), reference=None), low
    elif page == "personal":
        for step in range(len(guided_steps()) + 1):
            for one in SHORT:
                yield replace(_at("personal"), step=step), replace(low, short=(one,))
            yield replace(_at("personal"), step=step), Moment()
    elif page in {"cubicle", "summary", "start"}:
        for selected in range(14):
            yield replace(_at(STAGES[page]), selected=selected), low
        yield replace(_at(STAGES[page]), marks={}), low
        yield replace(_at(STAGES[page]), marks={}, done=(_visit(11),)), low
        yield replace(_at(STAGES[page]), export="working"), low
    else:
        yield _at(STAGES[page]), low
        yield _at(STAGES[page]), Moment()


def _inspecting(base: ScreenState, at: InspectionState, now: Moment) -> ScreenState:
    view = view_of(at, now, verdict_of(base), MACHINE)
    return replace(base, inspection=view, selected=at.selected, menu=menu_of(at), progress=None)


def _results(base: ScreenState) -> Iterator[ScreenState]:
    for level in Level:
        kind = {"likely_camera": "likely", "check": "check"}.get(level.value, "quiet")
        steps = tuple(said(key) for key in keys_of(f"result.do.{kind}."))
        limits = (said("screen.caught"), said("result.only_lit"), *map(said, keys_of("result.blind.")[:3]))
        for title, lines in (("screen.what_now", steps), ("result.not_checked", limits[:4])):
            view = InspectionView(
                lead=said(f"result.{level.value}"), detail=said(title), lines=lines,
                keys=said("keys.result_alarm"), notice=said("result.alarm_was"),
            )  # fmt: skip
            yield replace(base, level=level, inspection=view)
        for where in keys_of("where."):
            if "side" in where or where == "where.follow":
                continue
            for brief in ("brief.wifi.network", "brief.rf.cofdm", "brief.lens.lens"):
                sensor = brief.split(".")[1]
                view = InspectionView(
                    lead=said(f"result.{level.value}"), detail=said("result.what_where"), named=sensor,
                    lines=(said(brief), said(where), said("result.more_findings")), keys=said("keys.result"),
                )  # fmt: skip
                yield replace(base, level=level, inspection=view)
