"""The walk's pages as they look on a real site, before anything is there, and at their worst."""

from __future__ import annotations

from dataclasses import replace

from firmware.handheld.inspection_view import menu_of, view_of
from firmware.handheld.screen.inspection_views import Bar, CheckRow, Choice, InspectionView, VisitRow
from firmware.handheld.screen.state import ScreenState
from firmware.handheld.screen.views import Page
from firmware.i18n.catalog import Language, Sentence
from firmware.inspection.checklists import checklist
from firmware.inspection.site_plan import SitePlan
from firmware.inspection.state import Checkpoint, InspectionState, Moment, Reference, Stage, Visited
from firmware.inspection.state_machine import InspectionMachine
from firmware.verdict.model import Verdict
from tests.firmware.handheld.screen.sample_states import LONG_NAME

LEVELS = ("likely_camera", "check", "inconclusive", "nothing_found")
LEAST = {"rf": 0.8, "wifi": 0.4, "ble": 0.5, "lens": 0.5}
STAGES: dict[Page, Stage] = {
    "start": "start", "choose": "reference", "corridor": "corridor", "cubicle": "cubicle", "thin": "thin",
    "summary": "summary", "personal": "personal", "result": "result",
}  # fmt: skip
PLAN = SitePlan.model_validate(
    {
        "site": {"name": "서울역 Station", "operators": ["김하나", "07"]},
        "room": [{"name": "2층 여자 화장실", "cubicles": 6}, {"name": "B1 Women", "cubicles": ["1", "2"]}],
    }
)
NOW = Moment(coverage={"rf": 0.92, "wifi": 0.34, "ble": 0.8, "lens": 0.41}, level="check", elapsed_s=42.0)
MACHINE = InspectionMachine(LEAST)
VISITS = (
    Visited(record="a-000", kind="corridor", room="", cubicle="", level="nothing_found", share_caught=0.2,
            stored=True),
    Visited(record="a-001", kind="cubicle", room="2층 여자 화장실", cubicle="1", level="nothing_found",
            share_caught=0.61, looked=12, stored=True, compared=True),
    Visited(record="a-002", kind="cubicle", room="2층 여자 화장실", cubicle="2", level="likely_camera",
            share_caught=0.58, looked=10, left=1, found=1, stored=True, compared=True, new=1, louder=2),
    Visited(record="a-003", kind="cubicle", room="2층 여자 화장실", cubicle="3", level="inconclusive",
            share_caught=0.08, looked=2, left=10),
)  # fmt: skip
PROGRESS = Checkpoint(
    site=PLAN.name,
    operator="07",
    walk="a",
    visit=4,
    stage="cubicle",
    room="2층 여자 화장실",
    cubicle="4",
)
MARKS = dict(
    zip(
        [p.message for p in checklist()], ["looked", "looked", "found", "unreachable", "looked"], strict=False
    )
)


def inspection_at(stage: Stage) -> InspectionState:
    """Return a walk in the middle of a site."""
    return InspectionState(
        stage=stage, plans=(PLAN,), operator="07", cubicle=3, inspection_id="a", visit=4, done=VISITS,
        marks=MARKS if stage in {"cubicle", "thin"} else {},
        selected={"cubicle": 3, "summary": 1}.get(stage, 0),
        reference=Reference(record="a-000", age_s=1500.0, health="fresh"),
        resume=PROGRESS if stage == "start" else None, step=1 if stage == "personal" else 0,
        export="whole", exported="ansim-20261122-120000-ab12cd-site.zip",
    )  # fmt: skip


def verdict_of(state: ScreenState) -> Verdict:
    return Verdict(
        level=state.level, probability=state.probability, prior=state.prior, log_lr=0.0,
        share_caught=state.share_caught, coverage={"rf": 0.9, "wifi": 0.5, "ble": 0.9, "lens": None},
        contributions=(), blind_to=("kind.card", "kind.wired", "kind.analog-high"),
    )  # fmt: skip


def filled_inspection(page: Page, state: ScreenState) -> ScreenState:
    at = inspection_at(STAGES[page])
    view = view_of(at, NOW, verdict_of(state), MACHINE)
    return replace(state, inspection=view, selected=at.selected, menu=menu_of(at), progress=None)


def empty_inspection(page: Page, state: ScreenState) -> ScreenState:
    at = InspectionState(stage=STAGES[page], plans=(PLAN,), inspection_id="a")
    return replace(state, inspection=view_of(at, Moment(), verdict_of(state), MACHINE), selected=0)


def overfull_inspection(page: Page, state: ScreenState) -> ScreenState:
    name = Sentence(key="screen.verbatim", params={"text": LONG_NAME * 2})
    view = InspectionView(
        title=name, lead=name, detail=name, shape="bed", keys=name, notice=name, alarm=True,
        choices=tuple(Choice(words=name, detail=name, shape="site") for _ in range(64)),
        checks=tuple(CheckRow(words=name, shape="vent", mark="found") for _ in range(40)),
        bars=tuple(Bar(words=name, share=1.0, enough=0.5, shape="wifi") for _ in range(4)),
        visits=tuple(VisitRow(words=name, level="likely_camera", notes=(name,) * 3) for _ in range(300)),
        counts=tuple((level, 40_000) for level in LEVELS),
        lines=(name,) * 4, progress=1.0, step=(99, 99),
    )  # fmt: skip
    return replace(state, inspection=view, selected=150)


def titled(page: Page, lang: Language, state: ScreenState) -> ScreenState:
    """Return the page without a title of its own, so that the page's name stands there."""
    del page, lang
    return replace(state, inspection=replace(state.inspection, title=None))
