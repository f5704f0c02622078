"""One thumb reaches every page in three presses, and comes home in three."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware.handheld.render import PAGES
from firmware.handheld.screen.navigator import PagePosition, press, with_rows
from firmware.handheld.screen.page_frame import RING
from firmware.handheld.screen.views import MENU, Page
from hw.types import ButtonPress
from tests.firmware.handheld.screen.inspection_pages import STAGES

BUTTONS = ("up", "down", "ok", "back")
ROWS = {"devices": 5, "finding": 3, "menu": len(MENU)}
START = with_rows(PagePosition(), ROWS)
PRESSES = st.lists(st.tuples(st.sampled_from(BUTTONS), st.booleans()), max_size=40)


def push(place: PagePosition, *buttons: str) -> PagePosition:
    for button in buttons:
        place = press(place, ButtonPress(t_ns=0, button=button)).place
    return place


def distances(start: PagePosition, presses: int) -> dict[str, int]:
    reached, edge = {start.page: 0}, [start]
    for count in range(1, presses + 1):
        edge = [push(place, button) for place in edge for button in BUTTONS]
        for place in edge:
            reached.setdefault(place.page, count)
    return reached


def test_every_page_is_at_most_three_presses_from_home() -> None:
    assert set(distances(START, 3)) == set(PAGES) - set(STAGES)


@pytest.mark.parametrize("base", STAGES)
def test_every_page_is_at_most_three_presses_from_the_page_of_a_walk(base: Page) -> None:
    start = replace(START, page=base, base=base)

    def step(place: PagePosition, button: str, held: bool) -> PagePosition:
        if place.page == base and not held:  # the walk's own page: back shows the readout
            return replace(place, page="home") if button == "back" else place
        return press(place, ButtonPress(t_ns=0, button=button, long=held)).place

    reached, edge = {start.page}, [start]
    for _ in range(3):
        edge = [step(place, button, held) for place in edge for button in BUTTONS for held in (False, True)]
        reached |= {place.page for place in edge}
    assert reached == {*PAGES} - set(STAGES) | {base}


def test_during_a_walk_back_leads_to_its_page_and_the_menu_is_where_back_is_held() -> None:
    home = replace(START, page="home", base="cubicle", menu=("finish", "theme"))
    assert push(home, "down", "down", "back").page == "cubicle"
    menu = press(home, ButtonPress(t_ns=0, button="back", long=True)).place
    assert (menu.page, menu.focused) == ("menu", True)
    assert press(menu, ButtonPress(t_ns=0, button="ok")).command == "finish"
    assert push(menu, "back").page == "cubicle"
    assert "menu" not in [push(home, *["down"] * n).page for n in range(6)]


@given(PRESSES)
def test_from_anywhere_three_backs_lead_home_and_the_row_stays_in_its_list(
    presses: list[tuple[str, bool]],
) -> None:
    place = START
    for button, held in presses:
        place = press(place, ButtonPress(t_ns=0, button=button, long=held)).place
        assert 0 <= place.selected < max(1, ROWS.get(place.page, 99))
        assert place.page in PAGES
        assert len(place.trail) <= 2
    for _ in range(3):
        place = push(place, "back")
    assert place.page == "home"
    assert not place.focused


def test_the_ring_goes_round_both_ways() -> None:
    assert [push(START, *["down"] * n).page for n in range(len(RING) + 1)] == [*RING, RING[0]]
    assert [push(START, *["up"] * n).page for n in range(len(RING) + 1)] == [RING[0], *reversed(RING)]


def test_rows_move_only_after_ok_and_never_past_the_ends() -> None:
    rows = push(START, "down", "down", "ok")
    assert (rows.page, rows.focused, rows.selected) == ("devices", True, 0)
    assert push(rows, *["down"] * 9).selected == 4
    assert push(rows, "up").selected == 0
    assert push(rows, "back").page == "devices"


def test_choosing_a_device_or_a_finding_follows_it_and_back_returns_to_its_row() -> None:
    row = push(START, "down", "down", "ok", "down", "down")
    step = press(row, ButtonPress(t_ns=0, button="ok"))
    assert (step.place.page, step.command, step.place.selected) == ("homing", "follow", 2)
    back = push(step.place, "back")
    assert (back.page, back.focused) == ("devices", True)
    finding = push(START, "ok")
    assert finding.page == "finding"
    assert push(finding, "ok").page == "homing"
    assert push(finding, "ok", "back").page == "finding"


def test_the_menu_asks_for_what_stands_on_its_row() -> None:
    menu = push(START, "up", "ok")
    for index, item in enumerate(MENU):
        row = push(menu, *["down"] * index)
        assert press(row, ButtonPress(t_ns=0, button="ok")).command == item


def test_holding_switches_theme_and_sound_and_leaves_the_rest_to_the_engine() -> None:
    held = {b: press(START, ButtonPress(t_ns=0, button=b, long=True)) for b in BUTTONS}
    assert {b: s.command for b, s in held.items()} == {
        "up": "theme",
        "down": "sound",
        "ok": None,
        "back": None,
    }
    assert all(s.place == START for s in held.values())


def test_a_list_that_shrinks_keeps_the_thumb_inside() -> None:
    row = push(START, "down", "down", "ok", "down", "down", "down", "down")
    assert with_rows(row, {"devices": 2}).selected == 1
    assert with_rows(row, {}).selected == 0
