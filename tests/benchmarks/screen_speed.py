"""How long the judging and the drawing take: milliseconds a page, and the share of a core at ten a second.

    python -m tests.benchmarks.screen_speed

Every picture is of a moment in which something moved (clock, levels, a bar). *kB/s* is what a colour panel
is sent at that rate: only the boxes that changed. The last lines add what the engine does ten times a second
with full tables. Figures of this machine, one thread.
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Sequence
from dataclasses import replace
from statistics import median

import numpy as np

from firmware.handheld.panel import Panel, PanelStyle
from firmware.handheld.render import PAGES, render
from firmware.handheld.screen.canvas import Mode
from firmware.handheld.screen.state import ScreenState
from firmware.handheld.screen.view_model import from_snapshot
from firmware.handheld.screen.views import HomingView, LensPageView, Page
from firmware.i18n.catalog import LANGUAGES
from firmware.sensor import Observation
from firmware.settings.sections import EngineConfig
from firmware.verdict.engine import Engine, SensorStarted, StepDone, Tick
from firmware.verdict.judge import Judge
from hw.config import PanelConfig
from hw.pi.lcd import PiDisplay
from hw.types import Counts, Coverage, DeviceHealth, SensorName
from tests.benchmarks.results import record
from tests.firmware.handheld.screen.sample_pages import filled
from tests.firmware.handheld.screen.sample_states import PANELS
from tests.firmware.records.rooms import emission, glint, station
from tests.hw.pi.test_lcd import Wire

COMMAND = "python -m tests.benchmarks.screen_speed"
RATE_HZ = 10.0
REPEATS = 40
CROWD = 120  # stations, emissions and glints each: a busy building
S_NS = 1_000_000_000
SETTLED, QUIET = 700, 600  # ticks before and while it is measured


def busy(state: ScreenState, n: int) -> ScreenState:
    """Return the state a tenth of a second later, with everything moved that moves."""
    return replace(
        state,
        elapsed_s=42.0 + n * 0.1,
        progress=(n % 100) / 100,
        probability=0.2 + 0.0001 * n,
        lens=_moved(state.lens, n),
        homing=_nearer(state.homing, n),
        spectrum=replace(state.spectrum, at_hz=24e6 + n * 2e6),
    )


def _moved(lens: LensPageView, n: int) -> LensPageView:
    if lens.picture is None:
        return lens
    marks = tuple(replace(m, x=m.x + 0.001) for m in lens.marks)
    return replace(lens, picture=lens.picture ^ np.uint8(n % 2), marks=marks)


def _nearer(homing: HomingView | None, n: int) -> HomingView | None:
    if homing is None:
        return None
    level = -60.0 + n % 9
    return replace(homing, level=level, history=(*homing.history[1:], level))


def timed_ms(work: Callable[[int], object], repeats: int = REPEATS) -> float:
    """Return the median of several runs, ms."""
    took = []
    for n in range(repeats):
        start = time.perf_counter()
        work(n)
        took.append((time.perf_counter() - start) * 1e3)
    return median(took)


def page_ms(page: Page, size: tuple[int, int], mode: Mode) -> float:
    """Return the time of one picture, the slower language."""
    took = []
    for lang in LANGUAGES:
        state = filled(page, lang)
        render(state, size=size, mode=mode)
        took.append(timed_ms(lambda n, state=state: render(busy(state, n), size=size, mode=mode)))  # type: ignore[misc]
    return max(took)


def page_kb_per_s(display: PiDisplay, bus: Wire, page: Page) -> float:
    """Return what a second of a page sends to a panel."""
    state = filled(page, "ko")
    display.show(render(busy(state, 0), size=display.size))
    before = bus.sent
    for n in range(1, round(RATE_HZ) + 1):
        display.show(render(busy(state, n), size=display.size))
    return (bus.sent - before) / 1e3


def crowd() -> dict[SensorName, Sequence[Observation]]:
    """Return full tables of three senses."""
    return {
        "rf": [emission(n, 100.0 + 10 * n, 0.3) for n in range(CROWD)],
        "wifi": [station(f"02:00:00:00:00:{n:02x}", 0.2 + 0.005 * (n % 100)) for n in range(CROWD)],
        "lens": [glint(n, 0.1, float(n), float(n)) for n in range(CROWD)],
    }


def engine_work() -> tuple[Engine, Callable[[int], None]]:
    """Return an engine with full tables, and a tenth of a second of its work: changes, a verdict."""
    engine = Engine(judge=Judge(prior=0.005), config=EngineConfig(), sensors=("rf", "wifi", "lens"))
    seen = crowd()
    for name, table in seen.items():
        engine.handle(SensorStarted(sensor=name, t_ns=0))
        engine.handle(replace(_step(name, table, 1), table=tuple(table)))

    def judge(n: int) -> None:
        t_ns = (n + 2) * S_NS // 10
        for name, table in seen.items():
            engine.handle(_step(name, table[n % CROWD : n % CROWD + 4], t_ns))
        engine.handle(Tick(t_ns=t_ns))

    return engine, judge


def engine_ms() -> tuple[float, float]:
    """Return the time of one verdict and of one state of the screen, with full tables."""
    engine, judge = engine_work()
    judged = timed_ms(judge)
    return judged, timed_ms(lambda _: from_snapshot(engine.snapshot(), lang="ko"))


def quiet_share() -> float:
    """Return the share of a core that a full building costs at ten a second while nothing changes."""
    engine = Engine(judge=Judge(prior=0.005), config=EngineConfig(), sensors=("rf", "wifi", "lens"))
    panel = Panel(PanelStyle(lang="ko", theme="dark", silent=True), until_s=None, simulated=True)
    for name, table in crowd().items():
        engine.handle(SensorStarted(sensor=name, t_ns=0))
        engine.handle(replace(_step(name, table, 1), table=tuple(table)))
    begin_s = 0.0
    for n in range(SETTLED + QUIET):
        if n == SETTLED:
            begin_s = time.process_time()
        t_ns = (n + 2) * S_NS // 10
        for name in ("rf", "wifi", "lens"):
            engine.handle(_step(name, (), t_ns))
        engine.handle(Tick(t_ns=t_ns))
        panel.watch(engine.snapshot())
    return (time.process_time() - begin_s) * RATE_HZ / QUIET


def _step(name: SensorName, table: Sequence[Observation], t_ns: int) -> StepDone:
    look = Coverage(sensor=name, share=0.6)
    counts, health = Counts(sensor=name, read=100, dropped={}), DeviceHealth(ok=True)
    return StepDone(sensor=name, t_ns=t_ns, observations=table, coverage=look, counts=counts, health=health)


def main() -> None:
    """Print the table."""
    warnings.simplefilter("ignore")
    bus = Wire()
    panel = PanelConfig()
    display = PiDisplay(panel, connect=lambda _: bus)
    head = " ".join(f"{f'{w}x{h}':>8}" for (w, h), _ in PANELS)
    print(f"{'page':10} {head} ms  {panel.driver:>10} kB/s")
    worst = {size: 0.0 for size, _ in PANELS}
    for page in PAGES:
        cells = []
        for size, mode in PANELS:
            took_ms = page_ms(page, size, mode)  # type: ignore[arg-type]
            worst[size] = max(worst[size], took_ms)
            cells.append(f"{took_ms:8.2f}")
        print(f"{page:10} {' '.join(cells)}     {page_kb_per_s(display, bus, page):10.1f}")
    judged, stated = engine_ms()
    print(f"engine and judge {judged:.2f} ms, state of the screen {stated:.2f} ms, {3 * CROWD} things")
    record("screen.verdict_and_state", f"{judged + stated:.2f}", "ms", COMMAND, note=f"{3 * CROWD} things")
    quiet = quiet_share()
    record("screen.quiet_share", f"{100 * quiet:.2f}", "% of a core", COMMAND, note="nothing changes, 10 Hz")
    print(f"with the panel, while nothing changes: {quiet:.2%} of a core")
    for size, drawn in worst.items():
        share = (judged + stated + drawn) * RATE_HZ / 1e3
        name = f"screen.w{size[0]}x{size[1]}"
        record(f"{name}_slowest_page", f"{drawn:.2f}", "ms", COMMAND)
        record(
            f"{name}_share", f"{100 * share:.1f}", "% of a core", COMMAND, note="engine and judge at 10 Hz"
        )
        print(
            f"{size[0]}x{size[1]}: worst page {drawn:.2f} ms; with the engine at 10 Hz {share:.1%} of a core"
        )


if __name__ == "__main__":
    main()
