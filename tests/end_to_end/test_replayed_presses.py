"""The presses of a recorded session, replayed through the panel, do what they did when it was recorded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest

from firmware.cli.keep import keep
from firmware.handheld.panel import Panel, PanelStyle
from firmware.records.store import RecordStore
from firmware.runtime.session import inspect
from firmware.settings.settings import Settings, load_settings
from firmware.verdict.commands import BeginInspection, EndInspection, EngineCommand, Rescan
from firmware.verdict.engine import Snapshot
from hw.sim.panel import SimButtons
from hw.types import ButtonPress

S = 1_000_000_000
SCRIPT = tuple(
    ButtonPress(t_ns=round(t_s * S), button=button, long=held)  # type: ignore[arg-type]
    for t_s, button, held in (
        (0.42, "down", False), (0.9, "down", False), (1.55, "back", False),
        (2.0, "up", False), (2.2, "ok", False), (2.4, "down", False), (2.6, "down", False),
        (2.8, "ok", False), (3.05, "back", False), (3.3, "back", False),  # another language
        (4.0, "back", True),  # the inspection ends
        (5.0, "ok", True),  # the next one begins
        (6.1, "down", False), (6.5, "up", False), (6.6, "up", False), (6.7, "ok", False),
        (7.0, "ok", False),  # a new scan, from the menu
        (7.75, "down", False),
    )
)  # fmt: skip
UNTIL_S = 10.0


class Witness(Panel):
    """The panel, with everything that it showed and ordered written down."""

    def __init__(self) -> None:
        style = PanelStyle(lang="en", theme="dark", silent=True)
        super().__init__(style, until_s=UNTIL_S, simulated=True)
        self.pages: list[tuple[str, str, int]] = []
        self.commands: list[EngineCommand] = []
        self.ended: dict[int, Snapshot] = {}

    def poll(self) -> Sequence[EngineCommand]:
        asked = super().poll()
        self.commands += asked
        return asked

    def watch(self, snapshot: Snapshot) -> bool:
        over = super().watch(snapshot)
        assert self.shown is not None
        self.pages.append((self.shown.page, self.shown.lang, self.shown.selected))
        if snapshot.phase == "finished":
            self.ended.setdefault(snapshot.inspection, snapshot)
        return over

    def turned(self) -> list[tuple[str, str, int]]:
        return [page for page, _ in groupby(self.pages)]


def run(kit: str, settings: Settings, *, record_to: Path | None = None) -> tuple[Witness, dict[str, Any]]:
    """Run with the panel, the sensors taking turns; return what it did and the record that was stored."""
    panel = Witness()
    outcome = inspect(
        kit, settings, only={"wifi", "ble"}, until_s=UNTIL_S, panel=panel, live=False, record_to=record_to
    )
    name = keep(outcome, kit=kit, place="site/room/1", settings=settings)
    with RecordStore(Path(str(settings.records.folder))) as store:
        record = asdict(store.stored(name).inspection)
    kept = ("verdict", "senses", "findings", "left_out", "minimum", "settings_sha256", "place")
    return panel, {key: record[key] for key in kept}


@pytest.fixture
def pressed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A hand that presses the simulated unit's buttons by the script."""

    def open_buttons(*, target: str, config: object, clock: Any) -> SimButtons:
        return SimButtons(clock=clock, script=SCRIPT)

    monkeypatch.setattr("hw.sim.panel.open_buttons", open_buttons)


@pytest.mark.usefixtures("pressed")
def test_the_same_pages_commands_and_record_as_when_it_was_recorded(tmp_path: Path) -> None:
    settings = load_settings(overrides=(f"records.folder={tmp_path / 'records'}",))
    session = tmp_path / "session"
    then, record = run("sim:wifi-camera", settings, record_to=session)
    assert (session / "buttons.jsonl").read_text("utf-8").count("\n") == len(SCRIPT)
    again, record_again = run(f"replay:{session}", settings)
    assert [type(c) for c in then.commands] == [EndInspection, BeginInspection, Rescan]
    assert len(then.turned()) > 8
    assert {lang for _, lang, _ in then.pages} == {"en", "ko"}
    assert again.commands == then.commands
    assert again.turned() == then.turned()
    assert again.pages == then.pages
    assert set(then.ended) == set(again.ended) == {1, 3}  # a new scan shows no end of the one before
    for number, snapshot in then.ended.items():
        assert again.ended[number].t_ns == snapshot.t_ns
        assert again.ended[number].verdict == snapshot.verdict
        assert again.ended[number].observations == snapshot.observations
    assert record_again == record
