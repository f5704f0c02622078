"""Maps presses of the four buttons to pages by a table; keeps no state of its own.

::

    up, down     ring of pages: home ─ spectrum ─ devices ─ lens ─ sensors ─ menu ─ home …
    ok           into the page: home, lens → finding → homing;  spectrum → picture;
                 devices, menu → their rows (up, down move; ok chooses)
    back         out of the page; on the ring, home
    up held      dark or bright screen          down held   sound on or off
    back held    the scan ends                  ok held     a new inspection      (both: the engine's)

Every page is at most three presses from home, and home three from anywhere.

During an inspection the ring is reached with back from the inspection's own page, and back leads to that page
again. The menu is then where back is held, from everywhere, so that no page is more than three presses away.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal, NamedTuple

from firmware.handheld.screen.page_frame import RING
from firmware.handheld.screen.views import MENU, MenuItem, Page
from hw.types import ButtonPress

Command = Literal["scan", "finish", "rooms", "start", "theme", "language", "sound", "follow"]
Stance = Literal["ring", "rows", "detail"]
ROW_PAGES: frozenset[Page] = frozenset({"devices", "menu"})
INTO: Mapping[Page, Page] = {
    "home": "finding",
    "lens": "finding",
    "spectrum": "picture",
    "finding": "homing",
}
HELD: Mapping[str, Command] = {"up": "theme", "down": "sound"}


@dataclass(frozen=True, slots=True, kw_only=True)
class PagePosition:
    """The position on the screen: the page, its row, whether up and down move it, and the way back."""

    page: Page = "home"
    selected: int = 0
    focused: bool = False
    trail: tuple[Page, ...] = ()
    rows: Mapping[Page, int] = field(default_factory=dict)  # rows each page has now
    base: Page = "home"  # where back leads from the ring; during an inspection its own page
    menu: tuple[MenuItem, ...] = MENU

    @property
    def is_inspecting(self) -> bool:
        """True while an inspection has a page of its own."""
        return self.base != "home"

    @property
    def ring(self) -> tuple[Page, ...]:
        """The pages that up and down turn through."""
        return tuple(page for page in RING if page != "menu") if self.is_inspecting else RING

    @property
    def stance(self) -> Stance:
        """The meaning of the buttons on this page."""
        if self.trail:
            return "detail"
        return "rows" if self.focused else "ring"


class Navigation(NamedTuple):
    """The position that a press leads to, and the command that it gives, if any."""

    place: PagePosition
    command: Command | None = None


def press(place: PagePosition, button: ButtonPress) -> Navigation:
    """Return the position after a press. Presses without a meaning here change nothing."""
    if button.long and place.is_inspecting and button.button == "back":
        return Navigation(replace(place, page="menu", focused=True, selected=0, trail=()))
    if button.long:
        return Navigation(place, HELD.get(button.button))
    action = TABLE.get((place.stance, button.button))
    return Navigation(place) if action is None else action(place)


def with_rows(place: PagePosition, rows: Mapping[Page, int]) -> PagePosition:
    """Return the position after lists have grown or shrunk: the row stays inside its list."""
    most = max(0, rows.get(place.page, 0) - 1)
    return replace(place, rows=dict(rows), selected=min(place.selected, most))


def _turn(step: int) -> Callable[[PagePosition], Navigation]:
    def turn(place: PagePosition) -> Navigation:
        ring = place.ring
        index = (ring.index(place.page) + step) % len(ring) if place.page in ring else 0
        return Navigation(replace(place, page=ring[index], selected=0))

    return turn


def _move(step: int) -> Callable[[PagePosition], Navigation]:
    def move(place: PagePosition) -> Navigation:
        most = max(0, place.rows.get(place.page, 0) - 1)
        return Navigation(replace(place, selected=min(max(0, place.selected + step), most)))

    return move


def _enter(place: PagePosition) -> Navigation:
    if place.page in ROW_PAGES:
        return Navigation(replace(place, focused=True, selected=0))
    return _into(place, INTO.get(place.page))


def _into(place: PagePosition, page: Page | None) -> Navigation:
    if page is None:
        return Navigation(place)
    selected = place.selected if page == "homing" else 0
    trail = (*place.trail, place.page)
    command: Command | None = "follow" if page == "homing" else None
    return Navigation(replace(place, page=page, selected=selected, trail=trail), command)


def _choose(place: PagePosition) -> Navigation:
    if place.page == "menu":
        return Navigation(place, place.menu[min(place.selected, len(place.menu) - 1)])
    return _into(place, "homing")


def _leave(place: PagePosition) -> Navigation:
    if place.trail:
        *rest, page = place.trail
        return Navigation(replace(place, page=page, trail=tuple(rest), focused=place.focused and not rest))
    if place.focused and not (place.is_inspecting and place.page == "menu"):
        return Navigation(replace(place, focused=False, selected=0))
    return Navigation(replace(place, page=place.base, focused=False, selected=0))


TABLE: Mapping[tuple[Stance, str], Callable[[PagePosition], Navigation]] = {
    ("ring", "up"): _turn(-1),
    ("ring", "down"): _turn(+1),
    ("ring", "ok"): _enter,
    ("ring", "back"): _leave,
    ("rows", "up"): _move(-1),
    ("rows", "down"): _move(+1),
    ("rows", "ok"): _choose,
    ("rows", "back"): _leave,
    ("detail", "up"): _move(-1),
    ("detail", "down"): _move(+1),
    ("detail", "ok"): lambda place: _into(place, INTO.get(place.page)),
    ("detail", "back"): _leave,
}
