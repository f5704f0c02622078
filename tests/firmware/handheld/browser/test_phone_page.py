"""The phone page in a real browser: a simulated room, walked from the first question to the result.

With axe-core (`npm install axe-core` in the checkout, or its file named by ``ANSIM_AXE``) every page on the
way is also examined for barriers. ``ANSIM_PHONE_PICTURES`` names a folder for the pictures.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.firmware.handheld.browser.chromium import BROWSER, Browser, browser

ROOT = Path(__file__).parents[4]
AXE = Path(os.environ.get("ANSIM_AXE", ROOT / "node_modules" / "axe-core" / "axe.min.js"))
PICTURES = os.environ.get("ANSIM_PHONE_PICTURES", "")
SIZES = ((360, 640), (390, 844))
ONE_AFTER_ANOTHER = "document.body.dataset.stage"
OVERFLOW = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
SMALL = """[...document.querySelectorAll('button, a.button')].filter(b => b.offsetParent && b.id !== 'cover'
           && b.getBoundingClientRect().height < 44).map(b => b.id || b.textContent)"""
BARRIERS = """axe.run(document, {resultTypes: ['violations']}).then(r => window.barriers =
    r.violations.filter(v => ['serious', 'critical'].includes(v.impact))
    .map(v => v.id + ': ' + v.nodes[0].html))"""


@contextmanager
def room(lang: str, folder: Path) -> Iterator[str]:
    """Run a simulated room and yield the phone's address."""
    command = [sys.executable, "-m", "firmware.cli.app", "run", "--kit", "sim:wifi-camera", "--phone"]
    options = ["--lang", lang, "--duration", "240", "--screen", str(folder / "last.png")]
    env = os.environ | {"XDG_DATA_HOME": str(folder / "data"), "XDG_CONFIG_HOME": str(folder / "config")}
    with subprocess.Popen(
        [*command, *options], cwd=ROOT, env=env, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL
    ) as run:
        assert run.stderr is not None
        lines = (line.decode() for line in run.stderr)
        url = next(m[0] for line in lines if (m := re.search(r"http://\S+", line)))
        try:
            yield url
        finally:
            run.terminate()
            run.stderr.read()


def look(page: Browser, name: str, lang: str) -> None:
    """Examine one page at every size, and keep its picture where somebody wants it."""
    for width, height in SIZES:
        page.resize(width, height)
        assert not page.run(OVERFLOW), (name, width)
        assert page.run(SMALL) == [], (name, width)
        if PICTURES:
            page.pause(0.3)
            page.shot(Path(PICTURES) / f"phone-{name}-{width}x{height}-{lang}.png")
    if AXE.is_file():
        page.run(AXE.read_text(encoding="utf-8") + ";1")
        page.run("window.barriers = null")
        page.run(BARRIERS)
        page.until("window.barriers !== null", wait_s=30)
        assert page.run("window.barriers") == [], name


@pytest.mark.slow
@pytest.mark.skipif(BROWSER is None, reason="no Chromium here")
@pytest.mark.parametrize("lang", ["ko", "en"])
def test_a_person_is_led_to_the_result(lang: str, tmp_path: Path) -> None:
    with room(lang, tmp_path) as url, browser(tmp_path / "profile") as page:
        page.open(url, width=390, height=844)
        page.until("document.querySelectorAll('#choices button').length > 0", wait_s=60)
        assert page.run("document.documentElement.lang") == lang
        look(page, "start", lang)
        page.run("document.querySelectorAll('#choices button')[1].click()")
        page.until(f"{ONE_AFTER_ANOTHER} === 'personal'", wait_s=30)
        look(page, "step", lang)
        page.until("document.querySelector('.thing') !== null", wait_s=120)
        for _ in range(12):
            before = page.run(f"{ONE_AFTER_ANOTHER} + document.getElementById('lead').textContent")
            if before == "result":
                break
            if before.startswith("choose"):
                page.run("document.querySelectorAll('#choices button')[1].click()")
            else:
                page.run("document.getElementById('onward').click()")
            now = f"{ONE_AFTER_ANOTHER} + document.getElementById('lead').textContent"
            page.until(f"{now} !== {before!r}", wait_s=60)
        assert page.run(ONE_AFTER_ANOTHER) == "result"
        assert page.run("document.body.dataset.level") in {"check", "likely_camera"}
        look(page, "result", lang)
        page.run("document.querySelector('.thing button').click()")
        page.until("!document.getElementById('homing').hidden", wait_s=20)
        look(page, "homing", lang)
        page.run("document.querySelectorAll('details').forEach(d => d.open = true)")
        look(page, "cards", lang)
        page.run("document.getElementById('hide').click()")
        assert page.run("document.getElementById('main').hidden") is True
        page.run("document.getElementById('cover').click(); document.getElementById('cover').click()")
        assert page.run("document.getElementById('main').hidden") is False
        page.run("document.getElementById('language').click()")
        page.until(f"document.documentElement.lang !== '{lang}'", wait_s=20)
