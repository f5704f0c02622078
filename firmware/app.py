"""The handheld application: presses in, pictures out. The senses run elsewhere; nothing waits for one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from PIL import Image

from firmware.engine import Snapshot
from firmware.i18n.catalog import Language
from firmware.screen.navigator import Command, Place, press, with_rows
from firmware.screen.present import from_snapshot, row_counts
from firmware.screen.render import render
from firmware.screen.state import ScreenState
from firmware.screen.theme import ThemeName
from firmware.sensor import Sensor
from hw.kit import Kit
from hw.types import ButtonPress, SensorName

REDRAW_NS = 100_000_000  # ten pictures a second are enough for the eye and leave the processor to the senses
DEFAULT_SIZE = (320, 240)
OTHER_LANGUAGE: Mapping[Language, Language] = {"ko": "en", "en": "ko"}
OTHER_THEME: Mapping[ThemeName, ThemeName] = {"dark": "bright", "bright": "dark"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """How the screen is drawn; presses change it."""

    lang: Language
    theme: ThemeName
    silent: bool


class Panel:
    """Screen and buttons of one run. Works without either: it then only keeps the last picture."""

    def __init__(
        self,
        look: Look,
        *,
        until_s: float | None,
        simulated: bool,
        also_show: Callable[[Image.Image, Snapshot], None] | None = None,
    ) -> None:
        self.look = look
        self.picture: Image.Image | None = None
        self._place = Place()
        self._until_s = until_s
        self._simulated = simulated
        self._also_show = also_show
        self._kit: Kit | None = None
        self._drawn_ns = -REDRAW_NS
        self._commands: Mapping[Command, Callable[[], None]] = {
            "theme": self._turn_theme,
            "language": self._turn_language,
            "sound": self._turn_sound,
        }

    def attach(self, kit: Kit) -> None:
        """Take the display, the buttons and the battery of a kit."""
        self._kit = kit

    def poll(self) -> Sequence[ButtonPress]:
        """Return the presses that are for the engine, after acting on all of them."""
        if self._kit is None or self._kit.buttons is None:
            return ()
        presses = tuple(self._kit.buttons.poll())
        for one in presses:
            self.press(one)
        return presses

    def press(self, button: ButtonPress) -> None:
        """Move the thumb, or change the look."""
        self._place, command = press(self._place, button)
        if command is not None and command in self._commands:
            self._commands[command]()
        self._drawn_ns = -REDRAW_NS

    def watch(self, snapshot: Snapshot, sensors: Mapping[SensorName, Sensor]) -> bool:
        """Draw, at most ten times a second of the session; never ends the run."""
        if snapshot.phase == "finished" or snapshot.t_ns - self._drawn_ns >= REDRAW_NS:
            self._drawn_ns = snapshot.t_ns
            self.draw(snapshot, sensors)
        return False

    def draw(self, snapshot: Snapshot, sensors: Mapping[SensorName, Sensor]) -> Image.Image:
        """Draw the page the thumb is on, and show it wherever there is to show it."""
        state = self.state(snapshot, sensors)
        display = None if self._kit is None else self._kit.display
        size, mode = (DEFAULT_SIZE, "RGB") if display is None else (display.size, display.mode)
        self.picture = render(state, size=size, mode="1" if mode == "1" else "RGB", theme=self.look.theme)
        if display is not None:
            display.show(self.picture)
        if self._also_show is not None:
            self._also_show(self.picture, snapshot)
        return self.picture

    def state(self, snapshot: Snapshot, sensors: Mapping[SensorName, Sensor]) -> ScreenState:
        """Return what the screen shows of this moment."""
        observations = [o for sensor in sensors.values() for o in sensor.observations()]
        battery = None if self._kit is None or self._kit.battery is None else self._kit.battery.read()
        state = from_snapshot(
            snapshot,
            lang=self.look.lang,
            observations=observations,
            place=self._place,
            progress=min(1.0, snapshot.elapsed_s / self._until_s) if self._until_s else None,
            simulated=self._simulated,
            battery=battery,
        )
        self._place = with_rows(self._place, row_counts(state.devices, state.findings))
        return state

    def _turn_theme(self) -> None:
        self.look = replace(self.look, theme=OTHER_THEME[self.look.theme])

    def _turn_language(self) -> None:
        self.look = replace(self.look, lang=OTHER_LANGUAGE[self.look.lang])

    def _turn_sound(self) -> None:
        self.look = replace(self.look, silent=not self.look.silent)
