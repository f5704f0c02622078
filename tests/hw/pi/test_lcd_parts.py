"""What arrives on a colour panel: its memory, played back from the bus, must be the picture byte by byte."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from PIL import Image

from firmware.handheld.render import PAGES, render
from hw.config import PanelConfig
from hw.pi.lcd import PiDisplay
from tests.benchmarks.screen_speed import busy
from tests.firmware.handheld.screen.sample_pages import filled
from tests.hw.pi.test_lcd import Wire

pytestmark = pytest.mark.filterwarnings("ignore:Image.Image.getdata is deprecated:DeprecationWarning")
COLUMNS, ROWS, WRITE = 0x2A, 0x2B, 0x2C  # ILI9341 and ST7789 data sheets: CASET, RASET, RAMWR
PANELS = (("ili9341", (320, 240)), ("st7789", (240, 240)))


class Memory(Wire):
    """The picture memory of a panel, filled as its data sheet says."""

    def __init__(self, size: tuple[int, int]) -> None:
        super().__init__()
        self.pixels = np.zeros((size[1], size[0], 3), np.uint8)
        self._last, self._window = 0, {COLUMNS: (0, 0), ROWS: (0, 0)}
        self._coming = bytearray()

    def command(self, *command: int) -> None:
        super().command(*command)
        self._last = command[0]
        self._coming.clear()

    def data(self, data: Any) -> None:
        super().data(data)
        if self._last in self._window:
            high, low = (data[0] << 8) | data[1], (data[2] << 8) | data[3]
            self._window[self._last] = (high, low + 1)
        elif self._last == WRITE:
            self._coming += bytes(data)
            (x1, x2), (y1, y2) = self._window[COLUMNS], self._window[ROWS]
            if len(self._coming) == (x2 - x1) * (y2 - y1) * 3:
                box = np.frombuffer(bytes(self._coming), np.uint8).reshape(y2 - y1, x2 - x1, 3)
                self.pixels[y1:y2, x1:x2] = box


@pytest.fixture(autouse=True)
def _no_exit_hooks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("atexit.register", lambda *_args: None)
    monkeypatch.setattr("luma.lcd.device.sleep", lambda _s: None)


def shown(driver: str, size: tuple[int, int], memory: Memory) -> PiDisplay:
    panel = PanelConfig(driver=driver, width_px=size[0], height_px=size[1])
    return PiDisplay(panel, connect=lambda _panel: memory)


@pytest.mark.parametrize(("driver", "size"), PANELS)
def test_after_every_page_the_panel_holds_the_picture(driver: str, size: tuple[int, int]) -> None:
    memory = Memory(size)
    with shown(driver, size, memory) as display:
        for page in PAGES:
            state = filled(page, "ko")
            for n in range(3):
                picture = render(busy(state, 7 * n), size=size)
                display.show(picture)
                assert np.array_equal(memory.pixels, np.asarray(picture)), (page, n)


@pytest.mark.parametrize(("driver", "size"), PANELS)
def test_a_second_of_any_page_costs_less_than_one_whole_picture(driver: str, size: tuple[int, int]) -> None:
    """All but the live camera picture, which is new every time and takes its own room at most."""
    whole = size[0] * size[1] * 3
    memory = Memory(size)
    with shown(driver, size, memory) as display:
        for page in PAGES:
            state = filled(page, "ko")
            display.show(render(busy(state, 0), size=size))
            before = memory.sent
            for n in range(1, 11):
                display.show(render(busy(state, n), size=size))
            assert memory.sent - before < (7 * whole if page == "lens" else whole), page


@pytest.mark.parametrize(("driver", "size"), PANELS)
def test_noise_and_single_dots_arrive_too(driver: str, size: tuple[int, int]) -> None:
    rng = np.random.default_rng(3)
    memory = Memory(size)
    with shown(driver, size, memory) as display:
        pixels = rng.integers(0, 256, (size[1], size[0], 3), np.uint8)
        for n in range(12):
            if n % 4:
                pixels[rng.integers(size[1]), rng.integers(size[0])] ^= 255
            display.show(Image.fromarray(pixels))
            assert np.array_equal(memory.pixels, pixels)
