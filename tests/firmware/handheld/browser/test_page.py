"""The page in a real browser: keys and clicks are presses, a held key is a long one, pictures follow."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from PIL import Image

from firmware.handheld.browser.frame_broker import FrameBroker
from firmware.handheld.browser.server import WindowServer
from tests.firmware.handheld.browser.chromium import BROWSER, browser
from tests.firmware.handheld.browser.test_server import MOMENT, picture

KEYS = {"ArrowUp": "up", "ArrowDown": "down", "Enter": "ok", "Escape": "back"}
SHORT_S, LONG_S = 0.03, 1.0


def presses(broker: FrameBroker) -> list[tuple[str, bool]]:
    for _ in range(100):
        taken = [(p.button, p.long) for p in broker.poll()]
        if taken:
            return taken
        time.sleep(0.05)
    return []


@pytest.mark.skipif(BROWSER is None, reason="no Chromium here")
def test_a_page_is_a_handheld(tmp_path: Path) -> None:
    broker = FrameBroker("en")
    broker.show(picture(90), MOMENT)
    with browser(tmp_path) as page:
        with WindowServer(broker) as server:
            page.open(server.url, width=1000, height=800)
            page.until("document.getElementById('screen')?.src.startsWith('data:')")
            assert page.run("document.title").startswith("ansim")
            assert page.run("document.getElementById('said').textContent") == "Check"
            assert page.run("document.getElementById('screen').width") == 640
            for key, name in KEYS.items():
                page.key(key, SHORT_S)
                assert presses(broker) == [(name, False)]
            page.click("ok", SHORT_S)
            assert presses(broker) == [("ok", False)]
            page.click("back", LONG_S)
            assert presses(broker) == [("back", True)]
            page.key("Enter", LONG_S)
            assert presses(broker) == [("ok", True)]
            broker.follow(lambda: "ko")
            broker.show(Image.new("RGB", (240, 240), (1, 2, 3)), MOMENT)
            page.until("document.documentElement.lang === 'ko'")
            page.until("document.getElementById('screen').width === 480")
            assert page.run("document.fonts.check('14px ansim', '안심')")
        page.until("document.getElementById('state').textContent.length > 5")
        assert page.run("document.getElementById('lamp').classList.contains('off')")
