"""Draws the picture of the window for the README: a real run in a simulated room, in a real browser.

python -m tests.firmware.handheld.browser.make_picture
"""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

from PIL import Image

from tests.firmware.handheld.browser.chromium import browser

TARGET = Path(__file__).parents[4] / "firmware" / "handheld" / "screen" / "readme-window.png"
SCENE, LANG = "wifi-camera", "en"
LOUD = "/Check|Likely/.test(document.getElementById('said').textContent)"
ROWS_OF_START = 4
MARGIN_PX = 22
COLOURS = 128  # of the palette: keeps the file small, nobody sees the difference


def main() -> None:
    """Run the room until the verdict is an alarm, and take the picture."""
    command = [str(Path(sys.executable).with_name("ansim")), "run", "--kit", f"sim:{SCENE}", "--window"]
    options = ["--no-browser", "--lang", LANG, "--duration", "240", "--screen", "/dev/null"]
    with (
        tempfile.TemporaryDirectory() as folder,
        subprocess.Popen([*command, *options], stderr=subprocess.PIPE, stdout=subprocess.DEVNULL) as run,
        browser(Path(folder)) as page,
    ):
        assert run.stderr is not None
        url = re.search(r"http://\S+", run.stderr.readline().decode())
        assert url, "the run said no address"
        page.open(url[0], width=1000, height=800)
        page.until("document.getElementById('screen')?.src.startsWith('data:')", wait_s=60)
        for key in (*["ArrowDown"] * ROWS_OF_START, "Enter"):  # the last row of the start page: the readout
            page.key(key, 0.05)
            page.pause(0.5)
        page.until(LOUD, wait_s=120)
        page.pause(20.0)
        found = "document.getElementById('unit').getBoundingClientRect()"
        x, y, w, h = page.run(f"(r => [r.x, r.y, r.width, r.height])({found})")
        top = 48  # of the antenna
        page.shot(TARGET, box=(x - MARGIN_PX, y - top - 8, w + 2 * MARGIN_PX, h + top + 8 + MARGIN_PX))
        run.send_signal(signal.SIGINT)
    with Image.open(TARGET) as image:
        image.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE).save(TARGET, optimize=True)
    print(f"{TARGET}: {TARGET.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
