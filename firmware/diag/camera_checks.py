"""Self-tests of the camera and its lights: fresh pictures in time, and light that shows up in them.

The light is measured on whatever stands in front, best on the open hand at 20 to 30 cm. Where nothing can
be lit (a recording), only the pictures are looked at.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from firmware.diag.model import Check, DiagBench, Probe, failed, passed, warned
from hw.types import Frame, LedState

FRAMES = 20
SETTLE_FRAMES = 6  # until a switched light is in the pictures, with a margin
MEASURED_FRAMES = 4
ROUNDS = 3  # switchings that are timed
SLOW_FACTOR = 1.25  # median picture interval over the one asked for
GAP_FACTOR = 2.5  # longest interval over the median: pictures were skipped
# Mean grey with the ring lit: covered, or dead (black itself is about 2).
COVERED_DN = 2.5
# Median grey with the lights off: room light hides what a lens gives back.
BRIGHT_DN = 120.0
LIT_LEAST_DN = 4.0  # what the light must add; a hand at 30 cm gives many times this
SATURATED_DN = 250.0
LATENCY_FRAMES_MOST = 8  # as many as the strobe follows
JITTER_FRAMES_MOST = 1.5
MS = 1e-6
S = 1e-9


def fresh(bench: DiagBench) -> Check:
    """Check that pictures come, are not all the same, and are not all black."""
    camera, leds = bench.device
    if bench.live:
        leds.set("ring")
    try:
        frames = _read(bench, SETTLE_FRAMES + 1 if bench.live else 2)
    finally:
        leds.set("off")
    first, last = frames[-2].pixels, frames[-1].pixels
    height, width = last.shape
    said = {"name": camera.info().name, "width_px": width, "height_px": height, "mean_dn": float(last.mean())}
    if said["mean_dn"] < COVERED_DN:
        return failed("camera", "hint.covered", **said)
    if first.shape == last.shape and bool(np.array_equal(first, last)):
        return failed("camera", "hint.stalled", **said)
    return passed("camera", **said)


def frame_time(bench: DiagBench) -> Check | None:
    """Check that pictures come at the configured rate, without gaps."""
    if not bench.live:
        return None
    times = [f.t_ns for f in _read(bench, FRAMES)]
    steps = np.diff(np.asarray(times, np.float64)) * MS
    wanted_ms = 1e3 / bench.config.camera.rate_hz
    said = {"frame_ms": float(np.median(steps)), "longest_ms": float(steps.max()), "wanted_ms": wanted_ms}
    slow = said["frame_ms"] > wanted_ms * SLOW_FACTOR
    if slow or said["longest_ms"] > said["frame_ms"] * GAP_FACTOR:
        return warned("camera.frame_time", "check.remedy.frame_time", **said)
    return passed("camera.frame_time", **said)


def dark_level(bench: DiagBench) -> Check | None:
    """Check that with the lights off the picture is dark enough for a reflection to stand out."""
    if not bench.live:
        return None
    dark = _level(bench, "off")
    said = {"dark_dn": float(np.median(dark)), "black_dn": float(np.percentile(dark, 1))}
    if said["dark_dn"] > BRIGHT_DN:
        return warned("camera.dark", "check.remedy.bright", **said)
    return passed("camera.dark", **said)


def ring(bench: DiagBench) -> Check | None:
    """Check that the ring around the lens lights up the scene in front of it."""
    return _light(bench, "ring")


def side(bench: DiagBench) -> Check | None:
    """Check that the light beside the lens works: without it a lens is hard to tell from a reflector."""
    return _light(bench, "side")


def sync(bench: DiagBench) -> Check | None:
    """Check that the light is in the pictures soon after it is switched, and always after the same time."""
    if not bench.live:
        return None
    try:
        late = [_latency_frames(bench) for _ in range(ROUNDS)]
    finally:
        bench.device[1].set("off")
    known = [(frames, ms) for frames, ms in late if frames is not None]
    if len(known) < ROUNDS:
        return failed("leds.sync", "check.remedy.hand", "not_measured")
    frames, latencies = [f for f, _ in known], [ms for _, ms in known]
    said = {"latency_ms": float(np.median(latencies)), "frames": float(max(frames) + 1), "rounds": ROUNDS}
    if max(frames) - min(frames) > JITTER_FRAMES_MOST:
        return warned("leds.sync", "check.remedy.sync", **said)
    return passed("leds.sync", **said)


def _light(bench: DiagBench, state: LedState) -> Check | None:
    if not bench.live:
        return None
    name = f"leds.{state}"
    if state not in bench.device[1].states():
        return warned(name, "check.remedy.no_light", "not_measured")
    dark, lit = _level(bench, "off"), _level(bench, state)
    low, high = float(np.median(dark)), float(np.median(lit))
    said = {"off_dn": low, "on_dn": high, "ratio": high / max(low, 1.0)}
    if high - low < LIT_LEAST_DN:
        return failed(name, "check.remedy.hand", **said)
    if high > SATURATED_DN:
        return warned(name, "check.remedy.near", **said)
    return passed(name, **said)


def _read(bench: DiagBench, count: int) -> list[Frame]:
    return [bench.device[0].read() for _ in range(count)]


def _level(bench: DiagBench, state: LedState) -> NDArray[np.float32]:
    """Return the mean picture under one light, shape (height, width); the light is off again after it."""
    bench.device[1].set(state)
    try:
        frames = _read(bench, SETTLE_FRAMES + MEASURED_FRAMES)[SETTLE_FRAMES:]
    finally:
        bench.device[1].set("off")
    mean: NDArray[np.float32] = np.mean([f.pixels for f in frames], axis=0, dtype=np.float32)
    return mean


def _latency_frames(bench: DiagBench) -> tuple[int | None, float]:
    """Return after how many pictures, and ms, the ring is seen; None where it is not."""
    dark = float(np.median(_level(bench, "off")))
    start_ns = bench.clock.now_ns()
    bench.device[1].set("ring")
    frames = _read(bench, LATENCY_FRAMES_MOST + MEASURED_FRAMES)
    bench.device[1].set("off")
    levels = [float(np.median(f.pixels)) for f in frames]
    lit = float(np.median(levels[-MEASURED_FRAMES:]))
    if lit - dark < LIT_LEAST_DN:
        return None, 0.0
    first = next(i for i, level in enumerate(levels) if level >= (dark + lit) / 2)
    interval_ms = float(np.median([b.t_ns - a.t_ns for a, b in pairwise(frames)])) * MS
    return first, max(0.0, (frames[first].t_ns - start_ns) * MS) + interval_ms * 0.5


PROBES = (
    Probe("camera", fresh),
    Probe("camera.frame_time", frame_time),
    Probe("camera.dark", dark_level),
    Probe("leds.ring", ring),
    Probe("leds.side", side),
    Probe("leds.sync", sync),
)
