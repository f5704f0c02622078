"""A team walks a site with one thumb: from power-on to a report that another machine has checked.

The inspector of these tests sees the screen's state and presses the four buttons; nothing else.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from typing import Literal

from typer.testing import CliRunner

from firmware.cli.app import app
from firmware.handheld.panel import Panel, PanelStyle
from firmware.handheld.screen.state import ScreenState
from firmware.inspection.checkpoint import load_progress
from firmware.inspection.opening import open_inspection
from firmware.records.custody.unit_key import load_unit_key, public_pem
from firmware.records.store import RecordStore
from firmware.runtime.session import inspect
from firmware.settings.settings import Settings, load_settings
from firmware.verdict.engine import Snapshot
from hw.kit import Kit
from hw.protocols import Buttons
from hw.sim.panel import SimButtons
from hw.types import SensorName
from tests.firmware.report.test_document import text_of

KIT = "sim:six-cubicles"
CAMERA_AT = "4"  # of six
RADIOS: set[SensorName] = {"wifi", "ble"}  # the two sensors that are heard through a door
STAY_S = 40.0
SMALL_EYE = ("--set", "hw.camera.width_px=320", "--set", "hw.camera.height_px=240")
Press = tuple[Literal["up", "down", "ok", "back"], bool]
OK, HOLD, DOWN, BACK = ("ok", False), ("ok", True), ("down", False), ("back", False)


def settings_in(folder: Path, *more: str) -> Settings:
    plan = (files("firmware.inspection") / "sites" / "demo.toml").read_text(encoding="utf-8")
    (folder / "sites").mkdir(exist_ok=True)
    lacking = '\n[minimum]\nwithout = ["rf", "lens"]\n'  # a unit with two radios may earn its word
    (folder / "sites" / "site.toml").write_text(plan + lacking, encoding="utf-8")
    return load_settings(
        overrides=(
            f"records.folder={folder}",
            f"walk.sites={folder / 'sites'}",
            "engine.judge_every_s=0.5",
            *more,
        )
    )


class Handheld(Panel):
    """The panel with its buttons within reach of the inspector."""

    buttons: Buttons | None = None

    def attach(self, kit: Kit) -> None:
        super().attach(kit)
        self.buttons = kit.buttons

    def thumb(self, press: Press) -> None:
        assert isinstance(self.buttons, SimButtons)
        self.buttons.press(press[0], long=press[1])


class Inspector:
    """Reads the screen and presses a button; ``seen`` is every page that was shown, in order."""

    def __init__(self, panel: Handheld, *, stay_s: float = STAY_S) -> None:
        self.panel, self.stay_s = panel, stay_s
        self.seen: list[str] = []
        self.titles: list[str] = []
        self.hurried = self.pressed = False
        self.notices: list[str] = []

    def watch(self, snapshot: Snapshot) -> bool:
        state = self.panel.shown
        if state is None:
            return False
        if self.seen[-1:] != [state.page]:
            self.seen.append(state.page)
        if state.inspection.notice is not None:
            self.notices.append(state.inspection.notice.key)
        if self.notices[-1:] == ["walk.export.whole"] and state.page == "summary":
            return True
        press = None if self.pressed else self.decide(state)
        self.pressed = press is not None  # then waits until the screen shows what came of it
        if press is not None:
            self.panel.thumb(press)
        return False

    def decide(self, state: ScreenState) -> Press | None:
        deciding = {
            "start": self.begin, "choose": self.choose, "corridor": self.measure, "cubicle": self.look,
            "thin": self.stay,
        }  # fmt: skip
        return deciding[state.page](state) if state.page in deciding else None

    def begin(self, state: ScreenState) -> Press | None:
        up = [s for s in state.sensors if s.state == "running"]
        return self.row(state, "start.inspection") if len(up) == len(RADIOS) else None

    def choose(self, state: ScreenState) -> Press:
        title = "" if state.inspection.title is None else state.inspection.title.key
        return self.row(state, "2" if title == "walk.operator" else "walk.ref.measure")

    def row(self, state: ScreenState, words: str) -> Press:
        choice = state.inspection.choices[state.selected].words
        return OK if words in (choice.key, choice.params.get("text")) else DOWN

    def measure(self, state: ScreenState) -> Press | None:
        lead = state.inspection.lead
        return OK if lead is not None and lead.key == "walk.corridor.done" else None

    def look(self, state: ScreenState) -> Press | None:
        title = state.inspection.title
        place = str(title.params["cubicle"]) if title else ""
        if self.titles[-1:] != [place]:
            self.titles.append(place)
        if place == "2" and not self.hurried:  # leaves the door too early, once
            self.hurried = True
            return HOLD
        checks = state.inspection.checks
        if state.selected < len(checks) and not checks[state.selected].mark:
            return OK
        odd = place == CAMERA_AT and not any(c.mark == "found" for c in checks)
        if odd:
            return (
                OK
                if checks[min(state.selected, len(checks) - 1)].mark and state.selected < len(checks)
                else ("up", False)
            )
        if state.selected < len(checks):
            return DOWN
        return HOLD if state.elapsed_s >= self.stay_s else None

    def stay(self, state: ScreenState) -> Press:
        return BACK


@contextmanager
def handheld(settings: Settings) -> Iterator[Handheld]:
    look = PanelStyle(lang="en", theme="dark", silent=True)
    with open_inspection(KIT, settings, wanted=True, threaded=False) as controller:
        yield Handheld(look, until_s=None, simulated=True, controller=controller)


def test_six_cubicles_by_button_presses_alone_from_power_on_to_a_verified_report(tmp_path: Path) -> None:
    settings = settings_in(tmp_path)
    with handheld(settings) as panel:
        inspector = Inspector(panel)
        inspect(KIT, settings, only=RADIOS, until_s=600.0, panel=panel, live=False, watch=inspector.watch)
    assert inspector.titles == ["1", "2", "3", "4", "5", "6"]
    assert inspector.seen[:4] == ["start", "choose", "corridor", "cubicle"]
    assert inspector.seen[-1] == "summary"
    assert "thin" in inspector.seen
    assert load_progress(tmp_path) is None
    with RecordStore(tmp_path) as store:
        assert store.verify().whole
        rows = store.listed()
        kinds = [row.kind for row in rows]
        assert kinds == ["corridor", *["cubicle"] * 6, "site"]
        levels = {row.cubicle: row.level for row in rows if row.kind == "cubicle"}
        assert levels.pop(CAMERA_AT) == "check"
        assert set(levels.values()) == {"nothing_found"}
        camera = store.stored(next(r.id for r in rows if r.cubicle == CAMERA_AT)).inspection
        assert camera.operator == "2"
        assert list(camera.checklist.values()).count("found") == 1
        assert set(camera.checklist.values()) == {"looked", "found"}
        assert camera.compared[0].beside == "corridor"
        assert camera.compared[0].health == "fresh"
        assert [a.name for a in camera.attachments] == ["readout.png"]
        assert camera.senses[1].parts["streaming"] > 0.5
        site = store.stored(rows[-1].id).inspection
        assert (len(site.visits), site.planned, site.level) == (7, 6, "check")
    bundle = next((tmp_path / "exports").glob("*.zip"))
    key = tmp_path / "unit.pem"
    key.write_bytes(public_pem(load_unit_key(tmp_path).public))
    for more, code in (((), 11), (("--key", str(key)), 0)):  # the key inside the file is no pin
        command = ["report", "verify", str(bundle), *more, "--lang", "en"]
        done = CliRunner().invoke(app, command, catch_exceptions=False)
        assert done.exit_code == code, done.stdout
    with zipfile.ZipFile(bundle) as parts:
        text = text_of(parts.read("report-en.pdf"))
        assert len([n for n in parts.namelist() if n.startswith("records/")]) == 7
    for cubicle in ("1", "2", "3", "4", "5", "6"):
        assert f"cubicle {cubicle}" in text.lower()
    assert text.count("Nothing found") >= 5
    assert "Check" in text
    altered = bundle.with_name("altered.zip")
    altered.write_bytes(_with_one_word_changed(bundle))
    again = CliRunner().invoke(
        app, ["report", "verify", str(altered), "--lang", "en"], catch_exceptions=False
    )
    assert again.exit_code == 1


def _with_one_word_changed(bundle: Path) -> bytes:
    """Return the bundle with a cubicle's level rewritten, as somebody would who wants it gone."""
    stream = io.BytesIO()
    with zipfile.ZipFile(bundle) as old, zipfile.ZipFile(stream, "w") as new:
        for info in old.infolist():
            content = old.read(info)
            if info.filename.startswith("records/"):
                content = content.replace(b'"level":"check"', b'"level":"nothing_found"')
            new.writestr(info, content)
    return stream.getvalue()


def test_after_a_power_loss_the_walk_goes_on_at_the_same_cubicle(tmp_path: Path) -> None:
    """The lights go out in cubicle 3; switched on again, one press leads back to it, marks and all."""
    settings = settings_in(tmp_path, "walk.least_wifi=0", "walk.least_ble=0")
    with handheld(settings) as panel:
        first = Inspector(panel, stay_s=1.0)
        dark = lambda s: first.watch(s) or (first.titles == ["1", "2", "3"] and _marks(panel) == 2)  # noqa: E731
        inspect(KIT, settings, only=RADIOS, until_s=200.0, panel=panel, live=False, watch=dark)
    with handheld(settings) as panel:
        second = Inspector(panel, stay_s=1.0)
        second.begin = lambda state: second.row(state, "start.resume")  # type: ignore[method-assign]
        second.hurried = True
        inspect(KIT, settings, only=RADIOS, until_s=200.0, panel=panel, live=False, watch=second.watch)
    assert second.seen[:2] == ["start", "cubicle"]
    assert second.titles == ["3", "4", "5", "6"]
    with RecordStore(tmp_path) as store:
        rows = store.listed()
        assert [r.cubicle for r in rows] == ["", "1", "2", "3", "4", "5", "6", ""]
        assert len({r.id.rsplit("-", 1)[0] for r in rows}) == 1  # one walk
        assert store.verify().whole


def _marks(panel: Handheld) -> int:
    return 0 if panel.shown is None else sum(bool(c.mark) for c in panel.shown.inspection.checks)


def test_a_full_disk_is_said_on_the_screen_and_holds_nobody_up(tmp_path: Path) -> None:
    """The unit walks on; when there is room again, what waited is stored."""
    full = settings_in(
        tmp_path, "walk.least_wifi=0", "walk.least_ble=0", f"records.free_least_bytes={1 << 40}"
    )
    with handheld(full) as panel:
        inspector = Inspector(panel, stay_s=1.0)
        inspector.hurried = True
        done = lambda s: inspector.watch(s) or inspector.titles[-1:] == ["2"]  # noqa: E731
        inspect(KIT, full, only=RADIOS, until_s=120.0, panel=panel, live=False, watch=done)
        assert inspector.titles == ["1", "2"]
        assert "walk.store.full" in inspector.notices
        writer = panel._controller._writer  # type: ignore[union-attr]
        writer._settings = replace_free(full)  # type: ignore[attr-defined]
        writer._store_waiting()  # type: ignore[attr-defined]
    with RecordStore(tmp_path) as store:
        assert [r.kind for r in store.listed()] == ["corridor", "cubicle"]


def replace_free(settings: Settings) -> Settings:
    return settings.model_copy(
        update={"records": settings.records.model_copy(update={"free_least_bytes": 0})}
    )


def test_the_guided_scan_goes_on_by_what_was_really_covered(tmp_path: Path) -> None:
    settings = settings_in(tmp_path)
    pages: list[tuple[str, float]] = []
    asked: list[str] = []
    before: list[tuple[str, str]] = [("", "")]
    named: set[str] = set()
    with open_inspection(
        "sim:wifi-camera", settings, wanted=True, personal=True, threaded=False
    ) as controller:
        panel = Handheld(
            PanelStyle(lang="ko", theme="dark", silent=True),
            until_s=None,
            simulated=True,
            controller=controller,
        )

        def person(snapshot: Snapshot) -> bool:
            state = panel.shown
            if state is None:
                return False
            key = state.inspection.lead.key if state.inspection.lead else ""
            if not pages or pages[-1][0] != key:
                pages.append((key, snapshot.elapsed_s))
            if state.page == "personal" and key not in ("step.middle", *asked):
                asked.append(key)
                panel.thumb(OK)  # this unit has no eye here: each wall by one's own eyes, then on
            notice = "" if state.inspection.notice is None else state.inspection.notice.key
            if key == "result.check" and state.inspection.named:
                named.update(line.key for line in state.inspection.lines)
            title = "" if state.inspection.title is None else state.inspection.title.key
            if snapshot.phase == "finished" and (key, title) != before[-1] and not notice:
                before.append((key, title))
                panel.thumb(OK)  # what was it? harmless, for the first of the reasons
            return notice == "resolve.signed.harmless" and verdicts(snapshot) == "harmless"

        inspect("sim:wifi-camera", settings, only=RADIOS, until_s=90.0, panel=panel, live=False, watch=person)
    keys = [key for key, _ in pages]
    assert keys[:5] == ["step.middle", "step.opposite", "step.things", "step.bath", "result.check"]
    assert pages[1][1] > 10.0  # the first step waited for the radios, not for a clock
    assert {"brief.wifi.streaming", "where.device.channel"} <= named
    with RecordStore(tmp_path) as store:
        (row,) = store.listed()
        ((_, said),) = store.resolutions(row.id)
    assert (row.kind, row.resolution) == ("personal", "harmless")
    assert (said.reason, said.picture) == ("resolve.why.own", None)


def verdicts(snapshot: Snapshot) -> str:
    """Return what the engine shows as the answer to its alarm."""
    return "" if snapshot.verdict.alarm is None else snapshot.verdict.alarm.resolution


def run_for_a_second(folder: Path, *words: str) -> tuple[int, str]:
    more = ("--set", f"records.folder={folder}", "--screen", str(folder / "screen.png"), "--lang", "en")
    command = ["run", "--kit", "sim:empty-room", "--duration", "1", *SMALL_EYE, *more, *words]
    done = CliRunner().invoke(app, command, catch_exceptions=False)
    return done.exit_code, done.stderr.replace("\n", " ")


def test_a_run_keeps_its_record_where_a_place_is_named(tmp_path: Path) -> None:
    code, said = run_for_a_second(tmp_path, "--place", "Station/2F/3")
    assert code in {0, 11}
    assert "ansim report show" in said
    with RecordStore(tmp_path) as store:
        (row,) = store.listed()
        assert (row.site, row.room, row.cubicle, row.kind) == ("Station", "2F", "3", "scan")


def test_a_run_that_cannot_be_stored_says_so_and_still_gives_its_verdict(tmp_path: Path) -> None:
    full = ("--set", f"records.free_least_bytes={1 << 40}")
    code, said = run_for_a_second(tmp_path, "--place", "Station", *full)
    assert code in {0, 11}
    assert "No space left" in said


def test_a_walk_can_be_begun_from_the_command_line(tmp_path: Path) -> None:
    plan = tmp_path / "site.toml"
    plan.write_text('[site]\nname = "S"\n[[room]]\nname = "R"\ncubicles = 2\n', encoding="utf-8")
    assert run_for_a_second(tmp_path, "--inspection", str(plan))[0] in {0, 11}
    plan.write_text("[site]\n", encoding="utf-8")
    code, said = run_for_a_second(tmp_path, "--inspection", str(plan))
    assert code == 2
    assert "site.name" in said
