"""A phone's page over a panel of the tests: an alarm with a name and a place, and a question with rows."""

from __future__ import annotations

from dataclasses import dataclass, replace

from firmware.handheld.browser.phone_broker import PhoneBroker
from firmware.handheld.inspection_view import view_of
from firmware.handheld.screen.state import ScreenState
from firmware.i18n.catalog import Language
from firmware.inspection.state import InspectionState, Moment, Stage
from firmware.verdict.engine import Snapshot
from firmware.verdict.model import Level
from tests.firmware.handheld.screen.inspection_pages import MACHINE, inspection_at
from tests.firmware.handheld.screen.sample_states import ordinary
from tests.firmware.handheld.test_result_view import ALARM, HERE

MOMENT = Snapshot(
    t_ns=0, elapsed_s=7.0, phase="scanning", inspection=1, verdict=ALARM, sensors=(), findings=(),
    whereabouts=(HERE,),
)  # fmt: skip
LOW = Moment(coverage={"rf": 0.2, "wifi": 0.34, "ble": 0.1, "lens": 0.41}, level="check", eye=True)


def state_at(stage: Stage, lang: Language = "en", **changes: object) -> ScreenState:
    at: InspectionState = replace(inspection_at(stage), **changes)  # type: ignore[arg-type]
    view = view_of(at, LOW, ALARM, MACHINE, whereabouts=(HERE,))
    return replace(ordinary(Level.CHECK, lang), inspection=view, selected=at.selected, clock="15:23")


@dataclass
class FakePanel:
    shown: ScreenState | None
    is_silent: bool = False
    inspection_row: int = 0


class Phone:
    """A broker with a panel whose state a test sets."""

    def __init__(self, stage: Stage = "start", lang: Language = "en") -> None:
        self.broker, self.panel = PhoneBroker(), FakePanel(state_at(stage, lang))
        self.broker.attach(self.panel)
        self._t_ns = 0

    def show(self, state: ScreenState | None = None, snapshot: Snapshot = MOMENT) -> None:
        self.panel.shown = state or self.panel.shown
        self._t_ns += 10**9
        self.broker.show(None, replace(snapshot, t_ns=self._t_ns))
