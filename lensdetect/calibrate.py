"""Measures one unit's camera before a plain wall: dark frame, hot pixels, latency, ring/side ratio, focus.

A calibration made under bad conditions is worse than none, so each condition is checked and the refusal says
what was wrong. Hold the unit still, 0.4–0.8 m from a plain matt wall, away from lamps and windows. With the
printed target on that wall (`lensdetect.target_layout`) focus, geometry and filter are measured, too.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from hw.protocols import Camera, Clock, Leds
from hw.types import Frame, LedState
from lensdetect.align import STILL
from lensdetect.calibration import Calibration
from lensdetect.config import LensConfig
from lensdetect.errors import BadConditions
from lensdetect.frame_stats import examine, trouble_of
from lensdetect.shading import Ranger, lit_wall, shade_of
from lensdetect.target import TargetFit, find_target, on_page
from lensdetect.target_reading import FOCUS_HINT, TargetShots, filter_seen, looks_blurred, measure_target

FRAMES_PER_STATE = 12
SETTLED_FRAMES = 6  # of them, at the end, are measured
MAX_AMBIENT_SHARE = 0.5  # of the ring's light: more room light than that hides what is measured
MIN_LIT_DN = 10.0
MAX_LIT_DN = 200.0
MAX_UNEVEN = 0.75  # darkest over brightest corner of the wall may not fall below 1 − this
MAX_SWAY_DN = 4.0  # mean difference between first and last picture of a state: the unit was moved
HOT_SIGMA = 12.0
MIN_HOT_DN = 25.0
MAX_HOT_SHARE = 0.002  # more hot pixels than that are a bright speckled scene, not a sensor
MAX_LATENCY_FRAMES = 8


def calibrate(
    *,
    camera: Camera,
    leds: Leds,
    clock: Clock,
    unit: str = "",
    config: LensConfig | None = None,
    true_wall_m: float | None = None,
    lux: float | None = None,
) -> Calibration:
    """Measure a unit that is held still before a plain wall, or before the printed target.

    Parameters
    ----------
    camera : Camera
        Gives the pictures.
    leds : Leds
        The lights, off again afterwards.
    clock : Clock
        The clock of the pictures' times.
    unit : str
        Name of the unit.
    config : LensConfig, optional
        Field of view and place of the side light.
    true_wall_m : float, optional
        Distance of the wall, m, if somebody measured it.
    lux : float, optional
        Room light, if somebody measured it.

    Returns
    -------
    Calibration
        Levels in DN, latency in ms, distance in m; with ``target`` where the printed target is in view.

    Raises
    ------
    BadConditions
        ``reason`` is one of ``bad_picture``, ``moved``, ``too_bright``, ``light_does_not_reach``,
        ``too_close``, ``uneven``, ``frozen``, ``latency``, ``speckled``; with the target in view also those
        of `lensdetect.target_reading.measure_target`.
    """
    try:
        off = _shoot(camera, leds, "off")
        start_ns = clock.now_ns()
        ring = _shoot(camera, leds, "ring")
        latency_ms = find_latency_ms(off[-1], ring, start_ns=start_ns)
        side = _shoot(camera, leds, "side") if "side" in leds.states() else None
    finally:
        leds.set("off")
    dark, lit = _average(off), _average(ring)
    beside = None if side is None else _average(side)
    page = find_target(lit - dark)
    shots = TargetShots(off=dark, ring=lit, side=beside)
    try:
        _check(off, ring, dark, lit, plain=page is None)
    except BadConditions as error:
        _refuse_without_filter(error, page, shots)
        raise
    if page is None and looks_blurred(lit - dark):
        raise BadConditions("The picture is blurred", reason="blurred", hint=FOCUS_HINT)
    ratio = None
    if beside is not None:
        aside = float(np.median(beside - dark))
        ratio = float(np.median(lit - dark)) / aside if aside > 1.0 else None
    noise = np.stack([f.pixels for f in off[-SETTLED_FRAMES:]]).astype(np.float32).std(axis=0)
    return Calibration(
        unit=unit,
        width_px=dark.shape[1],
        height_px=dark.shape[0],
        dark_dn=round(float(np.median(dark)), 3),
        noise_dn=round(float(np.median(noise)), 3),
        latency_ms=round(latency_ms, 2),
        ring_over_side=None if ratio is None else round(ratio, 4),
        focus=round(focus_of(lit), 6),
        hot_pixels=_off_the_page(find_hot_pixels(dark), page),
        wall_m=None if side is None else find_wall_m(ring, side, off, config or LensConfig()),
        true_wall_m=true_wall_m,
        target=None if page is None else measure_target(page, shots, true_wall_m=true_wall_m, lux=lux),
    )


def _refuse_without_filter(error: BadConditions, page: TargetFit | None, shots: TargetShots) -> None:
    """Name the missing filter where a room is too bright because of it."""
    if error.reason == "too_bright" and page is not None and filter_seen(page, shots, lux=None) == "absent":
        raise BadConditions("The camera has no infrared-pass filter", reason="no_filter") from error


def _off_the_page(pixels: tuple[tuple[int, int], ...], page: TargetFit | None) -> tuple[tuple[int, int], ...]:
    """Return the hot pixels beside the page: on it, room light between two lines looks like one."""
    return tuple(p for p in pixels if page is None or not on_page(page, *p))


def find_wall_m(
    ring: Sequence[Frame], side: Sequence[Frame], off: Sequence[Frame], config: LensConfig
) -> float | None:
    """Return the distance of the wall by how the two lights shade it.

    Parameters
    ----------
    ring, side, off : sequence of Frame
        Pictures under each light, in order of time; the last `SETTLED_FRAMES` of each count.
    config : LensConfig
        Field of view (°) and place of the side light (m, °).

    Returns
    -------
    float or None
        m; None where that cannot be told.

    Notes
    -----
    See `lensdetect.shading`.
    """
    ranger = Ranger(side_offset_m=config.side_offset_m, side_angle_deg=config.side_angle_deg)
    view = config.field_of_view_deg
    for frames in zip(ring[-SETTLED_FRAMES:], side[-SETTLED_FRAMES:], off[-SETTLED_FRAMES:], strict=True):
        lit, aside, dark = (examine(frame) for frame in frames)
        wall = lit_wall(lit, dark, to_off=STILL, field_of_view_deg=view)
        shade = shade_of(wall, aside, to_side=STILL)
        if shade is not None:
            ranger.note(shade, way=np.zeros(2))
    distance_m = ranger.distance_m()
    return None if distance_m is None else round(distance_m, 3)


def _shoot(camera: Camera, leds: Leds, state: LedState) -> list[Frame]:
    leds.set(state)
    frames = [camera.read() for _ in range(FRAMES_PER_STATE)]
    for frame in frames:
        reason = trouble_of(frame)
        if reason is not None:
            raise BadConditions(f"The camera gives no usable picture ({reason})", reason="bad_picture")
    return frames


def _average(frames: Sequence[Frame]) -> NDArray[np.float32]:
    stack = np.stack([f.pixels for f in frames[-SETTLED_FRAMES:]])
    return np.asarray(stack.mean(axis=0, dtype=np.float32), np.float32)


def _check(
    off: Sequence[Frame],
    ring: Sequence[Frame],
    dark: NDArray[np.float32],
    lit: NDArray[np.float32],
    *,
    plain: bool,
) -> None:
    """Raise the first reason why this cannot be a calibration; a ``plain`` wall must be even."""
    step = float(np.median(lit) - np.median(dark))
    settled = [f.pixels.astype(np.float32) for f in (ring[-SETTLED_FRAMES], ring[-1])]
    sway = float(np.abs(cv2.blur(settled[0], (9, 9)) - cv2.blur(settled[1], (9, 9))).mean())
    corners = cv2.resize(lit - dark, (8, 6), interpolation=cv2.INTER_AREA)
    uneven = 1 - float(corners.min()) / max(float(corners.max()), 1e-6)
    rules = (
        (np.array_equal(off[-1].pixels, ring[-1].pixels), "frozen", "The picture never changes"),
        # Where room light alone fills the sensor, no lamp of ours can add to it.
        (float(np.median(dark)) > MAX_LIT_DN, "too_bright", "There is too much room light"),
        (step < MIN_LIT_DN, "light_does_not_reach", "The ring makes hardly any difference"),
        (float(np.median(dark)) > MAX_AMBIENT_SHARE * step, "too_bright", "There is too much room light"),
        (float(np.median(lit)) > MAX_LIT_DN, "too_close", "The wall is too bright"),
        (sway > MAX_SWAY_DN, "moved", "The unit was moved"),
        (plain and uneven > MAX_UNEVEN, "uneven", "The wall is not evenly bright"),
    )
    for wrong, reason, what in rules:
        if wrong:
            hint = "Hold the unit still, 0.4 to 0.8 m from a plain matt wall, away from lamps."
            raise BadConditions(what, reason=reason, hint=hint)


def find_latency_ms(dark: Frame, lit: Sequence[Frame], *, start_ns: int) -> float:
    """Return the delay of the light after its command, from where it cuts the first lit picture.

    Parameters
    ----------
    dark : Frame
        A picture without light.
    lit : sequence of Frame
        Pictures after the command, in order of time.
    start_ns : int
        When the command was given, ns.

    Returns
    -------
    float
        ms, ≥ 0.

    Raises
    ------
    BadConditions
        ``latency``: the light did not come on within `MAX_LATENCY_FRAMES`.
    """
    low, high = examine(dark).bands_dn, examine(lit[-1]).bands_dn
    interval_ms = (lit[-1].t_ns - lit[0].t_ns) / max(len(lit) - 1, 1) * 1e-6
    for i, frame in enumerate(lit[:MAX_LATENCY_FRAMES]):
        share = np.clip((examine(frame).bands_dn - low) / np.maximum(high - low, 1.0), 0.0, 1.0)
        if share.mean() > 0.1:
            late = (1 - float(share.mean())) * interval_ms if i + 1 < len(lit) else 0.0
            return max(0.0, (frame.t_ns - start_ns) * 1e-6 + late)
    raise BadConditions("The light did not come on in time", reason="latency", hint="Check its wiring.")


def find_hot_pixels(dark: NDArray[np.float32]) -> tuple[tuple[int, int], ...]:
    """Return single pixels that shine in the dark.

    Parameters
    ----------
    dark : ndarray, shape (height, width)
        Mean dark picture, DN.

    Returns
    -------
    tuple of (int, int)
        x and y of each, px.

    Raises
    ------
    BadConditions
        ``speckled``: so many that it must be the scene.
    """
    around = cv2.medianBlur(np.clip(dark, 0, 255).astype(np.uint8), 5).astype(np.float32)
    above = dark - around
    sigma = 1.4826 * float(np.median(np.abs(above))) + 0.5
    ys, xs = np.nonzero(above > max(HOT_SIGMA * sigma, MIN_HOT_DN))
    if len(xs) > MAX_HOT_SHARE * dark.size:
        raise BadConditions("The dark picture is full of bright points", reason="speckled")
    return tuple((int(x), int(y)) for x, y in zip(xs, ys, strict=True))


def focus_of(lit: NDArray[np.float32]) -> float:
    """Return mean squared gradient over squared brightness of a picture.

    Parameters
    ----------
    lit : ndarray, shape (height, width)
        Mean lit picture, DN.

    Returns
    -------
    float
        Larger is sharper.
    """
    gx, gy = cv2.Sobel(lit, cv2.CV_32F, 1, 0), cv2.Sobel(lit, cv2.CV_32F, 0, 1)
    return float((gx * gx + gy * gy).mean() / max(float(lit.mean()) ** 2, 1.0))
