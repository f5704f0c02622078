"""Parts of the panel that come loose: the run goes on, and they are opened again with back-off."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

import pytest
from PIL import Image

from firmware.handheld.panel_parts import FIRST_WAIT_NS, LONGEST_WAIT_NS, PanelPart, PanelParts
from firmware.handheld.screen.sounds import LOST_TONES
from hw.clock import ManualClock
from hw.errors import BadRecording, DeviceLost
from hw.kit import Kit
from hw.sim.panel import SimBattery, SimButtons, SimBuzzer, SimDisplay
from hw.types import ButtonPress


class LooseButtons(SimButtons):
    """Buttons that come loose, and that count how often they are opened again."""

    def __init__(self) -> None:
        super().__init__(clock=ManualClock())
        self.away = self.loose = False
        self.opened: list[bool] = []

    def poll(self) -> Sequence[ButtonPress]:
        if self.loose:
            raise DeviceLost("The pins do not answer")
        return super().poll()

    def reopen(self) -> None:
        self.opened.append(not self.away)
        if self.away:
            raise DeviceLost("The pins do not answer")
        self.loose = False


def pressed(buttons: LooseButtons, parts: PanelParts, t_ns: int) -> list[str]:
    buttons.press("ok")
    return [press.button for press in parts.poll(t_ns=t_ns)]


def test_a_lost_part_is_left_out_and_opened_again_with_back_off() -> None:
    buttons = LooseButtons()
    parts = PanelParts(Kit(spec="sim:x", recorded=False, buttons=buttons))
    assert pressed(buttons, parts, 0) == ["ok"]
    buttons.loose = buttons.away = True
    assert pressed(buttons, parts, 0) == []
    assert parts.poll(t_ns=FIRST_WAIT_NS - 1) == ()
    assert not buttons.opened  # it is not asked at every call
    tried: list[int] = []
    t_ns = 0
    while len(tried) < 8:
        t_ns += FIRST_WAIT_NS
        assert parts.poll(t_ns=t_ns) == ()
        if len(buttons.opened) > len(tried):
            tried.append(t_ns)
    waits = [b - a for a, b in pairwise(tried)]
    assert waits == sorted(waits)
    assert (tried[0], waits[-1]) == (FIRST_WAIT_NS, LONGEST_WAIT_NS)
    buttons.away = False
    t_ns += LONGEST_WAIT_NS
    assert pressed(buttons, parts, t_ns)[-1] == "ok"
    assert buttons.opened[-1]
    buttons.loose = True  # the next loss is tried again soon
    assert pressed(buttons, parts, t_ns) == []
    assert pressed(buttons, parts, t_ns + FIRST_WAIT_NS)[-1] == "ok"


@pytest.mark.parametrize("role", ["display", "buttons", "buzzer", "battery"])
def test_a_part_that_is_away_disturbs_no_other(role: str, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = ManualClock()
    made = {
        "display": SimDisplay(size=(8, 8)), "buttons": SimButtons(clock=clock),
        "buzzer": SimBuzzer(clock=clock), "battery": SimBattery(level=0.5),
    }  # fmt: skip
    parts = PanelParts(Kit(spec="sim:x", recorded=False, **made))  # type: ignore[arg-type]
    used: dict[str, Callable[[], object]] = {
        "display": lambda: parts.show(Image.new("RGB", (8, 8)), t_ns=0) or made["display"].shown,  # type: ignore[attr-defined, func-returns-value]
        "buttons": lambda: made["buttons"].press("ok") or len(parts.poll(t_ns=0)),  # type: ignore[attr-defined]
        "buzzer": lambda: parts.sound(LOST_TONES, silent=False, t_ns=0) or len(made["buzzer"].beeps),  # type: ignore[attr-defined, func-returns-value]
        "battery": lambda: parts.charge(t_ns=0),
    }

    def lost(*_args: object, **_more: object) -> None:
        raise DeviceLost("gone")

    for name in ("show", "poll", "beep", "read"):
        if hasattr(made[role], name):
            monkeypatch.setattr(made[role], name, lost)
    given = {name: use() for name, use in used.items()}
    assert given == {"display": 1, "buttons": 1, "buzzer": 2, "battery": 0.5} | {role: given[role]}
    assert not given[role]


def test_what_is_not_a_loss_is_not_swallowed() -> None:
    def broken(_device: SimDisplay) -> None:
        raise BadRecording("damaged")

    with pytest.raises(BadRecording):
        PanelPart(SimDisplay(size=(8, 8))).use(broken, t_ns=0)


def test_without_a_kit_there_are_no_parts() -> None:
    parts = PanelParts()
    parts.show(Image.new("RGB", (8, 8)), t_ns=0)
    assert (parts.has_buttons, parts.poll(t_ns=0), parts.charge(t_ns=0)) == (False, (), None)
