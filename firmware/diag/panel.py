"""Self-tests of screen, buttons, buzzer and battery."""

from __future__ import annotations

from PIL import Image, ImageDraw

from firmware.diag.model import Check, DiagBench, Probe, passed, warned
from hw.errors import DeviceLost

BUTTONS = ("up", "down", "ok", "back")
POLL_NS = 50_000_000
LOW_CHARGE = 0.15
BEEP_HZ, BEEP_MS = 2000.0, 120
CELLS = 4  # squares of the test card in each direction


def display(bench: DiagBench) -> Check:
    """Show a test card with a frame around its edge, to be looked at."""
    screen = bench.device
    screen.show(test_card(screen.size, screen.mode))
    width, height = screen.size
    return passed("display", name=screen.info().name, width_px=width, height_px=height)


def test_card(size: tuple[int, int], mode: str) -> Image.Image:
    """Return squares in the three colours and white, with a frame that must be whole on a good screen."""
    image = Image.new("RGB", size, "black")
    draw = ImageDraw.Draw(image)
    width, height = size
    colours = ("white", "red", "lime", "blue")
    for i in range(CELLS * CELLS):
        x, y = i % CELLS * width // CELLS, i // CELLS * height // CELLS
        fill = colours[(i + i // CELLS) % len(colours)]
        draw.rectangle((x + 4, y + 4, x + width // CELLS - 5, y + height // CELLS - 5), fill=fill)
    draw.rectangle((0, 0, width - 1, height - 1), outline="white")
    return image.convert(mode)


def buttons(bench: DiagBench) -> Check:
    """Check that the buttons open and, where time was given to press them, that all four arrive."""
    wait_ns = round(bench.asked.press_s * 1e9)
    until_ns, felt = bench.clock.now_ns() + wait_ns, set[str]()
    while bench.clock.now_ns() < until_ns and len(felt) < len(BUTTONS):
        felt |= {press.button for press in bench.device.poll()}
        bench.clock.sleep_until(bench.clock.now_ns() + POLL_NS)
    name = bench.device.info().name
    if not wait_ns:
        stuck = {press.button for press in bench.device.poll()}
        return passed("buttons", "opened", name=name, pressed=float(len(stuck)))
    missing = ", ".join(b for b in BUTTONS if b not in felt)
    if missing:
        return warned("buttons", "check.remedy.buttons", pressed=float(len(felt)), missing=missing)
    return passed("buttons", pressed=float(len(felt)), missing="–")


def buzzer(bench: DiagBench) -> Check:
    """Check that the buzzer opens; it only sounds where somebody is there to press buttons."""
    if bench.asked.press_s:
        bench.device.beep(frequency_hz=BEEP_HZ, duration_ms=BEEP_MS)
    return passed("buzzer", "opened", name=bench.device.info().name)


def battery(bench: DiagBench) -> Check:
    """Check that the gauge answers and that there is charge enough to go on."""
    try:
        charge = bench.device.read()
    except DeviceLost:  # no reason to fail: what is wrong with it, its health says
        charge = None
    if charge is None:
        return warned("battery", "check.remedy.gauge", "not_measured")
    if charge < LOW_CHARGE:
        return warned("battery", "check.remedy.charge", charge=charge)
    return passed("battery", charge=charge)


PROBES = {
    "display": (Probe("display", display),),
    "buttons": (Probe("buttons", buttons),),
    "buzzer": (Probe("buzzer", buzzer),),
    "battery": (Probe("battery", battery),),
}
