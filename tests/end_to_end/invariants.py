"""Rushed inspections of a six-cubicle site: random presses, every step under five seconds.

The state machine, the engine and the site's record are the real ones; sensors are scripted to cover
everything at once, so that only the time that was really spent can stop a negative headline.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

from firmware.inspection.site_plan import SitePlan
from firmware.inspection.state import Begin, InspectionState, Keep, Moment, Word
from firmware.inspection.state_machine import InspectionMachine
from firmware.inspection.visit_records import site_level
from firmware.settings.sections import EngineConfig
from firmware.verdict.commands import BeginInspection, EndInspection
from firmware.verdict.engine import Engine, Snapshot, StepDone, Tick
from firmware.verdict.judge import Judge
from firmware.verdict.model import Level
from hw.types import SENSOR_NAMES, Counts, Coverage, DeviceHealth
from tests.firmware.sensors import PARTS, clean_room

S = 1_000_000_000
CUBICLES = 6
WORDS: tuple[Word, ...] = ("ok", "ok_held", "ok_held", "up", "down", "back")
PRESSES_MOST = 2000
PLAN = SitePlan.model_validate({"site": {"name": "S"}, "room": [{"name": "R", "cubicles": CUBICLES}]})


@dataclass(frozen=True, slots=True)
class Rushed:
    """How one rushed inspection ended."""

    seed: int
    levels: tuple[str, ...]
    headline: str
    presses: int


def feed(engine: Engine, t_ns: int) -> Snapshot:
    """Give every sensor's whole job as done at ``t_ns``, and return the snapshot."""
    for name, seen in clean_room().items():
        coverage = Coverage(sensor=name, share=1.0, parts=dict.fromkeys(PARTS[name], 1.0))
        engine.handle(
            StepDone(
                sensor=name, t_ns=t_ns, observations=tuple(seen), coverage=coverage,
                counts=Counts(sensor=name, read=100, dropped={}), health=DeviceHealth(ok=True),
            )
        )  # fmt: skip
    engine.handle(Tick(t_ns=t_ns))
    return engine.snapshot()


def rush(seed: int, *, step_s: float = 5.0) -> Rushed:
    """Press at random, never waiting ``step_s`` between two cubicles, until the site is closed.

    Parameters
    ----------
    seed : int
        Of the presses and the pauses.
    step_s : float
        Longest time at one cubicle, s of sensor time.
    """
    dice = random.Random(seed)
    engine = Engine(judge=Judge(prior=0.005), config=EngineConfig(), sensors=SENSOR_NAMES)
    machine, state = InspectionMachine({}), InspectionState(plans=(PLAN,))
    t_ns, begun_ns, levels = 0, 0, list[str]()
    for presses in range(PRESSES_MOST):
        left_ns = max(0, begun_ns + round(step_s * S) - 1 - t_ns)
        t_ns += round(dice.uniform(0.0, 0.4) * left_ns)
        snapshot = feed(engine, t_ns)
        now = Moment(
            coverage=snapshot.verdict.coverage, level=snapshot.verdict.level.value,
            elapsed_s=snapshot.elapsed_s, fresh_id="20261122-120000-abcdef",
        )  # fmt: skip
        word: Word = "ok" if state.stage not in {"cubicle", "thin"} else dice.choice(WORDS)
        if left_ns < S and state.stage in {"cubicle", "thin"}:
            word = "ok_held"
        step = machine.press(state, word, now)
        state = step.state
        for effect in step.effects:
            if isinstance(effect, Keep | Begin):
                engine.obey(EndInspection(t_ns=t_ns))
            if isinstance(effect, Keep) and effect.kind == "cubicle":
                levels.append(engine.snapshot().verdict.level.value)
            if isinstance(effect, Begin):
                begun_ns = t_ns
                engine.obey(BeginInspection(t_ns=t_ns, minimum=PLAN.minimum.applied()))
        if state.stage == "summary":
            counted = sum(level != Level.INCONCLUSIVE.value for level in levels)
            return Rushed(seed, tuple(levels), site_level(levels, counted, CUBICLES), presses)
    return Rushed(seed, tuple(levels), Level.INCONCLUSIVE.value, PRESSES_MOST)
