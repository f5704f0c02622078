"""Fake devices and plain pictures for the tests: nothing here knows how the finder works."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Self

import numpy as np
from numpy.typing import NDArray

from hw.clock import ManualClock
from hw.config import CameraConfig
from hw.errors import EndOfRecording
from hw.types import DeviceHealth, DeviceInfo, Frame, LedState
from lensdetect.config import LensConfig
from lensdetect.finder import LensFinder

STATES: tuple[LedState, ...] = ("ring", "off", "side")


class ListCamera:
    """Gives prepared frames, then ends."""

    def __init__(self, frames: Iterable[Frame]) -> None:
        self._frames = iter(frames)
        self.closed = 0

    def configure(self, settings: CameraConfig) -> None: ...

    def read(self) -> Frame:
        for frame in self._frames:
            return frame
        raise EndOfRecording("The recording is over")

    def info(self) -> DeviceInfo:
        return DeviceInfo(role="camera", backend="test", name="list")

    def health(self) -> DeviceHealth:
        return DeviceHealth(ok=True)

    def close(self) -> None:
        self.closed += 1

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()


class DeafLeds(ListCamera):
    """Lights of a recording: setting them does nothing."""

    def __init__(self) -> None:
        super().__init__([])
        self.asked: list[LedState] = []

    def states(self) -> tuple[LedState, ...]:
        return ("off", "ring", "side")

    def set(self, state: LedState) -> None:
        self.asked.append(state)


def finder_over(frames: Sequence[Frame], config: LensConfig | None = None) -> LensFinder:
    """Run a finder to the end of prepared frames."""
    finder = LensFinder(
        camera=ListCamera(frames), leds=DeafLeds(), clock=ManualClock(), config=config or LensConfig()
    )
    try:
        while True:
            finder.step()
    except EndOfRecording:
        return finder


def dot(picture: NDArray[np.float64], x: float, y: float, peak: float, sigma: float = 1.0) -> None:
    """Add one round spot."""
    reach = 8
    x0, y0 = round(x) - reach, round(y) - reach
    if x0 < 0 or y0 < 0 or x0 + 2 * reach >= picture.shape[1] or y0 + 2 * reach >= picture.shape[0]:
        return
    columns = np.arange(x0, x0 + 2 * reach + 1)[None, :]
    rows = np.arange(y0, y0 + 2 * reach + 1)[:, None]
    spot = peak * np.exp(-((columns - x) ** 2 + (rows - y) ** 2) / (2 * sigma**2))
    picture[y0 : y0 + 2 * reach + 1, x0 : x0 + 2 * reach + 1] += spot


class PaperWall:
    """A flat textured wall seen by a moving hand: simple geometry, no optics, another hand than `hw.sim`.

    Things are ``(x, y, {state: peak})`` in wall pixels; ``walks`` moves a thing with the hand instead.
    """

    def __init__(self, *, size: tuple[int, int] = (480, 360), seed: int = 0, wall: float = 50.0) -> None:
        self.rng = np.random.default_rng(seed)
        self.size = size
        coarse = self.rng.uniform(0.6, 1.0, (60, 80))
        self.texture = np.kron(coarse, np.ones((14, 14)))
        self.texture += self.rng.normal(0, 0.03, self.texture.shape)
        self.lit = {"ring": wall, "side": 0.85 * wall, "red": 0.7 * wall, "off": 0.0}
        self.ambient = 8.0
        self.things: list[tuple[float, float, dict[str, float], bool]] = []

    def add(self, x: float, y: float, peaks: dict[str, float], *, walks: bool = False) -> None:
        self.things.append((x, y, peaks, walks))

    def picture(self, state: LedState, offset: tuple[float, float]) -> NDArray[np.uint8]:
        width, height = self.size
        dx, dy = offset
        x0, y0 = 120 + round(dx), 120 + round(dy)
        base = self.texture[y0 : y0 + height, x0 : x0 + width]
        picture = base * (self.ambient + self.lit[state])
        for x, y, peaks, walks in self.things:
            place = (x, y) if walks else (x - round(dx), y - round(dy))
            dot(picture, *place, peaks.get(state, peaks.get("always", 0.0)))
        picture += self.rng.normal(0, 1.2, picture.shape)
        return np.clip(picture, 0, 255).astype(np.uint8)

    def recording(
        self,
        *,
        cycles: int,
        per_state: int = 2,
        speed: tuple[float, float] = (3.0, 1.0),
        order: Sequence[LedState] = STATES,
        labelled: bool = True,
        rate_hz: float = 30.0,
    ) -> list[Frame]:
        """Return a strobed recording of the wall passing by."""
        frames = []
        for i in range(cycles * len(order) * per_state):
            state = order[(i // per_state) % len(order)]
            sway = 12 * np.sin(i / 9.0)
            pixels = self.picture(state, (speed[0] * i + sway, speed[1] * i))
            frames.append(
                Frame(
                    seq=i,
                    t_ns=round(i * 1e9 / rate_hz),
                    exposure_us=4000,
                    led=state if labelled else None,
                    pixels=pixels,
                )
            )
        return frames
