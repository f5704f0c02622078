"""The handheld application: presses in, pictures and sounds out. The senses run elsewhere; nothing waits."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from firmware.handheld.homing import HomingFollower, follower_of_row, row_of_finding
from firmware.handheld.screen.navigator import Command, PagePosition, press, with_rows
from firmware.handheld.screen.render import render
from firmware.handheld.screen.sounds import play, tones_between
from firmware.handheld.screen.state import ScreenState
from firmware.handheld.screen.theme import ThemeName
from firmware.handheld.screen.view_model import from_snapshot, row_counts
from firmware.handheld.screen.views import MenuItem, Page, PictureView
from firmware.i18n.catalog import Language
from firmware.i18n.help_lines import DEFAULT_COUNTRY, help_lines
from firmware.inspection.controller import InspectionController
from firmware.runtime.sensor_snapshot import SensorSnapshot
from firmware.sensor import Observation, emissions_in
from firmware.verdict.engine import Snapshot
from hw.kit import Kit
from hw.types import ButtonPress, SensorName

REDRAW_NS = 100_000_000  # ten pictures a second are enough for the eye and leave the processor to the senses
DEFAULT_SIZE = (320, 240)
PICTURE_SIZE = (320, 240)
WALK_COMMANDS: tuple[Literal["finish", "rooms", "start"], ...] = ("finish", "rooms", "start")
OTHER_LANGUAGE: Mapping[Language, Language] = {"ko": "en", "en": "ko"}
OTHER_THEME: Mapping[ThemeName, ThemeName] = {"dark": "bright", "bright": "dark"}


@dataclass(frozen=True, slots=True, kw_only=True)
class PanelStyle:
    """How the screen is drawn; presses change it."""

    lang: Language
    theme: ThemeName
    silent: bool
    country: str = DEFAULT_COUNTRY


def picture_of(rf: SensorSnapshot | None, seen: Sequence[Observation]) -> PictureView | None:
    """Return the picture that is most surely one, with where it was heard; None where there is none."""
    if rf is None or not rf.pictures:
        return None
    name, best = max(rf.pictures.items(), key=lambda item: item[1].score)
    centers = (e.center_hz for e in emissions_in(seen) if e.id == name)
    return PictureView(picture=_as_shown(best.pixels), center_hz=next(centers, None))


def _as_shown(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the picture 4:3, as a television shows it: a slice has few picture elements on a line."""
    return np.asarray(Image.fromarray(pixels).resize(PICTURE_SIZE, Image.Resampling.BILINEAR), np.uint8)


class Panel:
    """Screen, buttons and buzzer of one run. Works without any: it then only keeps the last picture."""

    def __init__(
        self,
        look: PanelStyle,
        *,
        until_s: float | None,
        simulated: bool,
        also_show: Callable[[Image.Image, Snapshot], None] | None = None,
        also_poll: Callable[[], Sequence[ButtonPress]] | None = None,
        walker: InspectionController | None = None,
    ) -> None:
        self.look = look
        self.picture: Image.Image | None = None
        self._walker = walker
        self._place = PagePosition() if walker is None else PagePosition(page=walker.page, base=walker.page)
        self._until_s = until_s
        self._simulated = simulated
        self._also_show = also_show
        self._also_poll = also_poll
        self._kit: Kit | None = None
        self._drawn_ns = -REDRAW_NS
        self._state: ScreenState | None = None
        self._seen: Sequence[Observation] = ()
        self._follower: HomingFollower | None = None
        self._commands: Mapping[Command, Callable[[], None]] = {
            "theme": self._turn_theme,
            "language": self._turn_language,
            "sound": self._turn_sound,
            "follow": self._follow,
            **{item: partial(self._command, item) for item in WALK_COMMANDS},
        }

    @property
    def shown(self) -> ScreenState | None:
        """What was drawn last; None before the first picture."""
        return self._state

    def attach(self, kit: Kit) -> None:
        """Take the display, the buttons, the buzzer and the battery of a kit."""
        self._kit = kit
        idle = self._walker is not None and self._walker.walk.stage == "start"
        if idle and kit.buttons is None and self._also_poll is None:
            self._walker, self._place = None, PagePosition()  # nobody could choose: the readout, as it is

    def poll(self) -> Sequence[ButtonPress]:
        """Act on the presses since the last time, and return those that mean something to the engine."""
        here = () if self._kit is None or self._kit.buttons is None else self._kit.buttons.poll()
        elsewhere = () if self._also_poll is None else self._also_poll()
        waited = () if self._walker is None else self._walker.released()
        pressed = [p for one in (*waited, *here, *elsewhere) for p in self.press(one)]
        return (*pressed, *(() if self._walker is None else self._walker.poll()))

    def press(self, button: ButtonPress) -> Sequence[ButtonPress]:
        """Move the thumb or change the look; return the presses for the engine.

        The menu's "scan" is to the engine what holding ok is: a new inspection.
        """
        self._drawn_ns = -REDRAW_NS
        if self._walker is not None and self._on_walk(button):
            leave = self._walker.press(button)
            self._follow_walk(page="home" if leave else self._walker.page)
            return (replace(button, long=False),)  # none of the engine's business
        self._place, command = press(self._place, button)
        if command == "scan":
            return (replace(button, button="back", long=True), replace(button, button="ok", long=True))
        if command is not None:
            self._commands[command]()
        return (button,) if self._walker is None else (replace(button, long=False),)

    def _on_walk(self, button: ButtonPress) -> bool:
        """Say whether a press is the walk's: ok held everywhere, the rest on its own page, unless held."""
        if button.long:
            return button.button == "ok"
        return self._walker is not None and self._place.page == self._walker.page

    def _follow_walk(self, *, page: Page | None = None) -> None:
        """Have the ring lead back to the page that the walk is at now, and turn to a page."""
        if self._walker is None:
            return
        before, now = self._place.base, self._walker.page
        shown = page or (now if self._place.page == before else self._place.page)
        self._place = replace(self._place, base=now, menu=self._walker.menu, page=shown)
        if page is not None:
            self._place = replace(self._place, focused=False, selected=0, trail=())

    def _command(self, item: MenuItem) -> None:
        if self._walker is not None:
            self._walker.command(item)
            self._follow_walk(page=self._walker.page)

    def watch(self, snapshot: Snapshot, sensors: Mapping[SensorName, SensorSnapshot]) -> bool:
        """Draw, at most ten times a second of the session; never ends the run."""
        if self._walker is not None:
            seen = [o for sensor in sensors.values() for o in sensor.table]
            lens = sensors.get("lens")
            eye = None if lens is None else lens.eye
            self._walker.watch(snapshot, seen, lambda: self._readout(snapshot, sensors), eye)
            self._follow_walk()
        if snapshot.phase == "finished" or snapshot.t_ns - self._drawn_ns >= REDRAW_NS:
            self._drawn_ns = snapshot.t_ns
            self.draw(snapshot, sensors)
        return False

    def draw(self, snapshot: Snapshot, sensors: Mapping[SensorName, SensorSnapshot]) -> Image.Image:
        """Draw the page the thumb is on, show it wherever there is to show it, and sound what changed."""
        before, self._state = self._state, self.state(snapshot, sensors)
        display = None if self._kit is None else self._kit.display
        size, mode = (DEFAULT_SIZE, "RGB") if display is None else (display.size, display.mode)
        self.picture = render(
            self._state, size=size, mode="1" if mode == "1" else "RGB", theme=self.look.theme
        )
        if display is not None:
            display.show(self.picture)
        if self._kit is not None and self._kit.buzzer is not None:
            play(self._kit.buzzer, tones_between(before, self._state), silent=self.look.silent)
        if self._also_show is not None:
            self._also_show(self.picture, snapshot)
        return self.picture

    def state(self, snapshot: Snapshot, sensors: Mapping[SensorName, SensorSnapshot]) -> ScreenState:
        """Return what the screen shows of this moment."""
        self._seen = [o for sensor in sensors.values() for o in sensor.table]
        lens = sensors.get("lens")
        battery = None if self._kit is None or self._kit.battery is None else self._kit.battery.read()
        state = from_snapshot(
            snapshot,
            lang=self.look.lang,
            observations=self._seen,
            place=self._place,
            progress=min(1.0, snapshot.elapsed_s / self._until_s) if self._until_s else None,
            simulated=self._simulated,
            battery=battery,
            lens=None if lens is None else lens.eye,
        )
        self._place = with_rows(self._place, row_counts(state.devices, state.findings, self._place.menu))
        picture = picture_of(sensors.get("rf"), self._seen)
        state = replace(state, picture=picture, help_lines=help_lines(self.look.country))
        if self._walker is not None:
            state = replace(state, walk=self._walker.view(snapshot), progress=None)
            if self._place.page == self._walker.page:
                state = replace(state, selected=self._walker.walk.selected, focused=True)
        if self._follower is not None:
            state = replace(state, homing=self._follower.update(self._seen, t_ns=snapshot.t_ns))
        return state

    def _readout(self, snapshot: Snapshot, sensors: Mapping[SensorName, SensorSnapshot]) -> bytes:
        """Return the readout of a place as PNG, as it goes with its record: no live picture in it."""
        state = replace(self.state(snapshot, sensors), page="home", selected=0, focused=False)
        stream = io.BytesIO()
        render(state).save(stream, "PNG")
        return stream.getvalue()

    def _follow(self) -> None:
        """Follow the device of the row, or the one that the finding names."""
        if self._state is None:
            return
        names = [row.name for row in self._state.devices]
        row = min(self._place.selected, len(names) - 1)
        if self._place.trail[-1:] == ("finding",):
            row = row_of_finding(self._seen, self._state.findings[self._place.selected :][:1], names)
        self._follower = follower_of_row(self._seen, row, names)

    def _turn_theme(self) -> None:
        self.look = replace(self.look, theme=OTHER_THEME[self.look.theme])

    def _turn_language(self) -> None:
        self.look = replace(self.look, lang=OTHER_LANGUAGE[self.look.lang])

    def _turn_sound(self) -> None:
        self.look = replace(self.look, silent=not self.look.silent)
