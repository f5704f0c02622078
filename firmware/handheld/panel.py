"""Runs the panel of the handheld: turns presses into commands, and snapshots into pictures and sounds."""

from __future__ import annotations

import io
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, assert_never

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from firmware.handheld.commands import (
    Command,
    Home,
    PressInspection,
    SetLanguage,
    SetSound,
    SetTheme,
    TurnInspection,
)
from firmware.handheld.homing import HomingFollower, follower_of, subject_of_finding, subject_of_row
from firmware.handheld.inspection_view import PAGE_OF, menu_of, view_of
from firmware.handheld.panel_parts import PanelParts
from firmware.handheld.patches import patch_of
from firmware.handheld.render import render
from firmware.handheld.screen.navigator import Command as Wish
from firmware.handheld.screen.navigator import PagePosition, press, with_rows
from firmware.handheld.screen.sounds import tones_between
from firmware.handheld.screen.state import ScreenState
from firmware.handheld.screen.theme import ThemeName
from firmware.handheld.screen.view_model import TableRows, from_snapshot, row_counts
from firmware.handheld.screen.views import LensPageView, Page, PictureView
from firmware.i18n.catalog import Language
from firmware.i18n.help_lines import DEFAULT_COUNTRY, help_lines
from firmware.i18n.languages import next_language
from firmware.sensor import emissions_in
from firmware.verdict.commands import BeginInspection, EndInspection, EngineCommand, Rescan
from firmware.verdict.engine import Snapshot
from hw.kit import Kit
from hw.types import ButtonPress

if TYPE_CHECKING:
    from firmware.inspection.controller import InspectionController

# Ten pictures a second are enough for the eye and leave the processor to the sensors.
REDRAW_NS = 100_000_000
TURN_NS = 3_000_000_000  # a leaf of a text that is too long for its room is shown this long
PICTURE_SIZE = (320, 240)
LIVE_PAGES = frozenset[Page]({"lens", "picture", "result"})
NO_LENS_VIEW = LensPageView()
OTHER_THEME: Mapping[ThemeName, ThemeName] = {"dark": "bright", "bright": "dark"}


@dataclass(frozen=True, slots=True, kw_only=True)
class PanelStyle:
    """Language, theme, sound and country of the screen; commands change it."""

    lang: Language
    theme: ThemeName
    silent: bool
    country: str = DEFAULT_COUNTRY


def time_of_day() -> str:
    """Return the local time as a wall clock shows it."""
    return time.strftime("%H:%M")


def picture_of(snapshot: Snapshot) -> PictureView | None:
    """Return the video picture with the highest score.

    Parameters
    ----------
    snapshot : Snapshot
        The moment to be shown.

    Returns
    -------
    PictureView or None
        The picture with its centre frequency in Hz; None where there is no picture.
    """
    pictures = snapshot.views.pictures
    if not pictures:
        return None
    name, best = max(pictures.items(), key=lambda item: item[1].score)
    centers = (e.center_hz for e in emissions_in(snapshot.observations) if e.id == name)
    return PictureView(picture=_as_shown(best.pixels), center_hz=next(centers, None))


def _as_shown(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the picture in 4:3, as a television shows it: a slice has few picture elements on a line."""
    return np.asarray(Image.fromarray(pixels).resize(PICTURE_SIZE, Image.Resampling.BILINEAR), np.uint8)


class Panel:
    """Screen, buttons and buzzer of one run. Without any of them it only keeps the last picture."""

    def __init__(
        self,
        look: PanelStyle,
        *,
        until_s: float | None,
        simulated: bool,
        also_show: Callable[[Image.Image, Snapshot], None] | None = None,
        also_poll: Callable[[], Sequence[ButtonPress | Command]] | None = None,
        controller: InspectionController | None = None,
        clock: Callable[[], str] = time_of_day,
    ) -> None:
        self.look = look
        self.turn = 0  # added to the leaves that session time has turned
        self._clock = clock
        self.picture: Image.Image | None = None
        self.stale = True  # something was pressed since the last picture
        self._controller = controller
        page: Page = "home" if controller is None else PAGE_OF[controller.state.stage]
        self._place = PagePosition(page=page, base=page)
        self._until_s = until_s
        self._simulated = simulated
        self._also_show = also_show
        self._also_poll = also_poll
        self._parts = PanelParts()
        self._now_ns = 0  # session time of the last snapshot
        self._drawn_ns = -REDRAW_NS
        self._state: ScreenState | None = None
        self._snapshot: Snapshot | None = None
        self._follower: HomingFollower | None = None
        self._rows = TableRows()

    @property
    def shown(self) -> ScreenState | None:
        """The state that was drawn last; None before the first picture."""
        return self._state

    @property
    def is_silent(self) -> bool:
        """Whether nothing sounds."""
        return self.look.silent

    @property
    def inspection_row(self) -> int:
        """The chosen row of the inspection's page; 0 where there is none."""
        return 0 if self._controller is None else self._controller.state.selected

    def attach(self, kit: Kit) -> None:
        """Take the display, the buttons, the buzzer and the battery of a kit."""
        self._parts = PanelParts(kit)
        idle = self._controller is not None and self._controller.state.stage == "start"
        if idle and not self._parts.has_buttons and self._also_poll is None:
            self._controller, self._place = None, PagePosition()  # nobody could choose: the readout, as it is

    def poll(self) -> Sequence[EngineCommand]:
        """Carry out the presses since the last call, and return the commands for the engine."""
        here = self._parts.poll(t_ns=self._now_ns)
        elsewhere = () if self._also_poll is None else self._also_poll()
        waited = () if self._controller is None else self._controller.released()
        asked = [c for one in (*waited, *here, *elsewhere) for c in self._take(one)]
        return (*asked, *(() if self._controller is None else self._controller.poll()))

    def _take(self, one: ButtonPress | Command) -> Sequence[EngineCommand]:
        return self.press(one) if isinstance(one, ButtonPress) else self.obey(one)

    def press(self, button: ButtonPress) -> Sequence[EngineCommand]:
        """Carry out a press, and return the command that it has for the engine, if any."""
        self.stale = True
        if self._controller is not None and self._is_for_inspection(button):
            self._told(lambda controller: controller.press(button))
            return ()
        self._place, wish = press(self._place, button)
        command = self._command_of(wish, button)
        return () if command is None else self.obey(command)

    def _told(self, tell: Callable[[InspectionController], bool]) -> None:
        """Tell the inspection something, and turn to its page, or to the readout where it says so."""
        if self._controller is not None:
            leave = tell(self._controller)
            self._follow_inspection(page="home" if leave else self._page_of(self._controller))

    def _command_of(self, wish: Wish | None, button: ButtonPress) -> Command | None:
        """Return the command that a press stands for, None where it only turned a page."""
        match wish:
            case "scan":
                return Rescan(t_ns=button.t_ns)
            case "theme":
                return SetTheme(theme=OTHER_THEME[self.look.theme])
            case "language":
                return SetLanguage(lang=next_language(self.look.lang))
            case "sound":
                return SetSound(silent=not self.look.silent)
            case "follow":
                return Home(subject=self._subject_chosen())
            case "finish" | "rooms" | "start":
                return TurnInspection(word=wish)
            case None:
                return None if self._controller is not None else _held(button)
            case _:
                assert_never(wish)

    def obey(self, command: Command) -> Sequence[EngineCommand]:
        """Carry out a command of the handheld; one for the engine is returned."""
        self.stale = True
        match command:
            case SetLanguage():
                self.look = replace(self.look, lang=command.lang)
            case SetTheme():
                self.look = replace(self.look, theme=command.theme)
            case SetSound():
                self.look = replace(self.look, silent=command.silent)
            case Home():
                now = self._snapshot
                self._follower = None if now is None else follower_of(now, command.subject)
            case TurnInspection():
                self._turn(command)
            case PressInspection():
                self._told(lambda controller: controller.answer(command.button))
            case _:
                return (command,)
        return ()

    def _is_for_inspection(self, button: ButtonPress) -> bool:
        """Return whether a press is for the inspection: ok held anywhere, short presses on its own page."""
        if button.long:
            return button.button == "ok"
        return self._controller is not None and self._place.page == self._page_of(self._controller)

    @staticmethod
    def _page_of(controller: InspectionController) -> Page:
        return PAGE_OF[controller.state.stage]

    def _follow_inspection(self, *, page: Page | None = None) -> None:
        """Make the page of the inspection's stage the base of all pages, and turn to ``page`` if given."""
        if self._controller is None:
            return
        before, now = self._place.base, self._page_of(self._controller)
        shown = page or (now if self._place.page == before else self._place.page)
        self._place = replace(self._place, base=now, menu=menu_of(self._controller.state), page=shown)
        if page is not None:
            self._place = replace(self._place, focused=False, selected=0, trail=())

    def _turn(self, command: TurnInspection) -> None:
        if self._controller is not None:
            self._controller.command(command.word)
            self._follow_inspection(page=self._page_of(self._controller))

    def watch(self, snapshot: Snapshot) -> bool:
        """Draw, at most ten times a second of the session; never ends the run."""
        self._now_ns = snapshot.t_ns
        if self._controller is not None:
            self._controller.watch(snapshot, lambda: self._readout(snapshot))
            self._follow_inspection()
        if self.stale or snapshot.phase == "finished" or snapshot.t_ns - self._drawn_ns >= REDRAW_NS:
            self._drawn_ns = snapshot.t_ns
            self.draw(snapshot)
        return False

    def draw(self, snapshot: Snapshot) -> Image.Image:
        """Draw the current page, show it on every screen there is, and sound what changed."""
        before, self._state = self._state, self.state(snapshot)
        parts, t_ns = self._parts, snapshot.t_ns
        if self.picture is None or self.stale or before is None or not _looks_alike(before, self._state):
            self.picture = render(self._state, size=parts.size, mode=parts.mode, theme=self.look.theme)
        self.stale = False
        parts.show(self.picture, t_ns=t_ns)
        parts.sound(tones_between(before, self._state), silent=self.look.silent, t_ns=t_ns)
        if self._also_show is not None:
            self._also_show(self.picture, snapshot)
        return self.picture

    def state(self, snapshot: Snapshot) -> ScreenState:
        """Return the state of the screen at this moment."""
        self._snapshot = snapshot
        state = from_snapshot(
            snapshot,
            lang=self.look.lang,
            place=self._place,
            progress=min(1.0, snapshot.elapsed_s / self._until_s) if self._until_s else None,
            simulated=self._simulated,
            battery=self._parts.charge(t_ns=snapshot.t_ns),
            rows=self._rows,
        )
        self._place = with_rows(self._place, row_counts(state.devices, state.findings, self._place.menu))
        state = replace(
            state,
            picture=picture_of(snapshot),
            help_lines=help_lines(self.look.country),
            clock=self._clock(),
            turn=self.turn + snapshot.t_ns // TURN_NS,
        )
        if self._controller is not None:
            state = self._with_inspection(state, self._controller, snapshot)
        if self._follower is not None:
            homing = self._follower.update(snapshot, lang=self.look.lang)
            state = replace(state, homing=homing)
        return state

    def _with_inspection(
        self, state: ScreenState, controller: InspectionController, snapshot: Snapshot
    ) -> ScreenState:
        view = view_of(
            controller.state,
            controller.now,
            snapshot.verdict,
            controller.machine,
            whereabouts=snapshot.whereabouts,
        )
        if view.named in {"lens", "rf"}:
            view = replace(view, patch=patch_of(snapshot, sensor=view.named))
        state = replace(state, inspection=view, progress=None)
        if self._place.page != self._page_of(controller):
            return state
        return replace(state, selected=controller.state.selected, focused=True)

    def _readout(self, snapshot: Snapshot) -> bytes:
        """Return the readout of a place as PNG for its record, without any live picture."""
        state = replace(self.state(snapshot), page="home", selected=0, focused=False)
        stream = io.BytesIO()
        render(state).save(stream, "PNG")
        return stream.getvalue()

    def _subject_chosen(self) -> str | None:
        """Return the subject of the selected row, or of the selected finding."""
        if self._state is None or self._snapshot is None:
            return None
        seen, devices = self._snapshot.observations, self._state.devices
        marked = self._snapshot.verdict.findings
        if self._place.trail[-1:] == ("finding",):
            return subject_of_finding(self._state.findings, self._place.selected)
        return subject_of_row(seen, min(self._place.selected, len(devices) - 1), marked)


def _looks_alike(before: ScreenState, now: ScreenState) -> bool:
    """Return whether two states give the same picture; pages with a live picture are always drawn anew."""
    return now.page not in LIVE_PAGES and _drawn(before) == _drawn(now)


def _drawn(state: ScreenState) -> ScreenState:
    """Return the state with its time as fine as it is drawn, and without the pictures of other pages."""
    return replace(
        state,
        elapsed_s=float(int(state.elapsed_s)),
        progress=None if state.progress is None else round(state.progress, 3),
        lens=NO_LENS_VIEW,
        picture=None,
        inspection=replace(state.inspection, patch=None),
    )


def _held(button: ButtonPress) -> EngineCommand | None:
    """Return the engine's command of a held button: back ends the inspection, ok begins the next one."""
    if button.long and button.button == "back":
        return EndInspection(t_ns=button.t_ns)
    return BeginInspection(t_ns=button.t_ns) if button.long and button.button == "ok" else None
