"""A recorded camera: plays the pictures of a folder in order; ``camera.jsonl`` has their times and lights."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

import numpy as np
from numpy.typing import NDArray

from hw.config import CameraConfig, HwConfig
from hw.errors import BadRecording, MissingComponent
from hw.kit import CameraWithLeds
from hw.protocols import Clock
from hw.replay.device import RecordedDevice
from hw.replay.jsonl import LONGEST_SESSION_NS, read_lines, whole
from hw.replay.manifest import inside, sha256_of
from hw.replay.pictures import (
    HEIF_SUFFIXES,
    bits_of,
    decode,
    decode_or_none,
    is_bomb,
    read_bytes,
    require_heif,
    to_eight_bits,
)
from hw.replay.session import VIDEO_SUFFIXES, Parts, natural_order, open_parts, pictures_in
from hw.replay.video import video_frames
from hw.types import Frame, LedState, LightSwitch

INDEX = "camera.jsonl"
ASSUMED_RATE_HZ = 30.0  # of pictures of which nobody wrote down when they were taken
LED_STATES: tuple[LedState, ...] = get_args(LedState)
NAMED_LIGHTS: tuple[LedState, ...] = ("off", "ring", "side", "red")  # names that label, in their order
BITS_UNKNOWN, BITS_OF_BYTE = 0, 8
PICTURES_FOR_BITS = 24
MOST_SWITCHES = 256  # believed before one picture
REFUSALS = ("on_too_long", "over_budget", "over_duty")  # of `hw.light_guard`


@dataclass(frozen=True, slots=True, kw_only=True)
class Shot:
    """One picture of the recording, not yet read."""

    path: Path
    seq: int
    t_ns: int
    until_ns: int
    exposure_us: int | None = None
    led: LedState | None = None
    switches: tuple[LightSwitch, ...] = ()  # of the lights, before it
    pixels: NDArray[np.uint8] | None = None  # where they are decoded already: the pictures of a video


class RecordedCamera(RecordedDevice):
    """Plays pictures back; what cannot be decoded is skipped and counted as ``undecodable``."""

    def __init__(self, *, shots: Iterator[Shot], parts: Parts, clock: Clock, detail: str) -> None:
        super().__init__(role="camera", parts=parts, clock=clock, detail=detail)
        self._shots = shots
        self._bits = BITS_UNKNOWN
        self._next: Shot | None = None
        self._switches: list[LightSwitch] = []  # before the next picture, not told yet

    def configure(self, settings: CameraConfig) -> None:
        """Change nothing: the pictures were taken already."""

    def read(self) -> Frame:
        """Return the next picture that can be decoded."""
        self._begin()
        while (shot := self._peek()) is not None:
            self._next = None
            pixels = self._pixels_of(shot)
            if pixels is None:
                self.dropped["too_many_pixels" if is_bomb(read_bytes(shot.path)) else "undecodable"] += 1
                continue
            self._given(shot.until_ns)
            return Frame(
                seq=shot.seq, t_ns=shot.t_ns, exposure_us=shot.exposure_us, led=shot.led, pixels=pixels
            )
        raise self._end()

    def _peek(self) -> Shot | None:
        if self._next is None:
            self._next = next(self._shots, None)
            self._switches += () if self._next is None else self._next.switches
            del self._switches[:-MOST_SWITCHES]
        return self._next

    def take_switches(self) -> Sequence[LightSwitch]:
        """Return how the lights were switched before the next picture, each switch once."""
        self._peek()
        taken, self._switches = self._switches, []
        return taken

    def _pixels_of(self, shot: Shot) -> NDArray[np.uint8] | None:
        """Return a picture in 8 bits; how many bits the sensor has is told by the brightest of the first."""
        if shot.pixels is not None:
            return shot.pixels
        try:
            pixels = decode(read_bytes(shot.path))
        except MissingComponent:
            return None
        if pixels is None or pixels.dtype == np.uint8:
            return None if pixels is None else to_eight_bits(pixels, BITS_OF_BYTE)
        if self._bits == BITS_UNKNOWN:
            self._bits = _bits_beside(shot.path)
        self._bits = max(self._bits, bits_of(pixels))
        return to_eight_bits(pixels, self._bits)

    def _skip(self) -> None:
        if self._peek() is None:
            raise self._end()
        self._next = None
        self._reads += 1

    def close(self) -> None:
        """Release the pictures."""
        super().close()
        self._shots, self._next = iter(()), None


class RecordedLeds(RecordedDevice):
    """The lights of a recording; switching them now changes nothing."""

    def __init__(self, *, parts: Parts, clock: Clock, states: tuple[LedState, ...]) -> None:
        super().__init__(role="leds", parts=parts, clock=clock)
        self._states = states

    def states(self) -> tuple[LedState, ...]:
        """Return the lights that were recorded; all of them where that is unknown."""
        return self._states

    def set(self, state: LedState) -> None:
        """Change nothing."""


class RecordedSwitches(RecordedLeds):
    """The lights of a recording that holds when they were switched."""

    def __init__(
        self, *, parts: Parts, clock: Clock, states: tuple[LedState, ...], camera: RecordedCamera
    ) -> None:
        super().__init__(parts=parts, clock=clock, states=states)
        self._camera = camera

    def take_switches(self) -> Sequence[LightSwitch]:
        """Return how the lights were switched before the next picture, each switch once."""
        return self._camera.take_switches()


def open_camera_with_leds(*, target: str, config: HwConfig, clock: Clock) -> CameraWithLeds:  # noqa: ARG001 - a factory of the kit
    """Open the recorded camera of a session, a folder of pictures or a single picture."""
    parts = open_parts(target, "camera")
    place = parts.camera[0]
    if place.suffix.casefold() in VIDEO_SUFFIXES and place.is_file():
        return _open_video(place, parts, clock)
    dropped: Counter[str] = Counter()
    index = place / INDEX
    if place.is_dir() and index.is_file():
        _verify(index, parts)
        shots, detail = _indexed(index, dropped), ""
    else:
        pictures = sorted(pictures_in(place), key=natural_order) if place.is_dir() else [place]
        _refuse_unreadable(pictures)
        shots, detail = _numbered(pictures), f"{ASSUMED_RATE_HZ:g} pictures a second assumed"
    camera = RecordedCamera(shots=shots, parts=parts, clock=clock, detail=detail)
    camera.dropped = dropped
    leds = RecordedLeds(parts=parts, clock=clock, states=_lights(index))
    if "switches" in _first_line(index):
        leds = RecordedSwitches(parts=parts, clock=clock, states=leds.states(), camera=camera)
    return CameraWithLeds(camera=camera.resume(), leds=leds)


def _open_video(path: Path, parts: Parts, clock: Clock) -> CameraWithLeds:
    """Open a video: pictures that nobody labelled, of a light that is on or off."""
    frames = video_frames(path)
    shots = (Shot(path=path, seq=f.seq, t_ns=f.t_ns, until_ns=f.until_ns, pixels=f.pixels) for f in frames)
    camera = RecordedCamera(shots=shots, parts=parts, clock=clock, detail="video")
    leds = RecordedLeds(parts=parts, clock=clock, states=("off", "ring"))
    return CameraWithLeds(camera=camera.resume(), leds=leds)


def _refuse_unreadable(pictures: list[Path]) -> None:
    """Raise `MissingComponent` where a picture says by its name that nothing here can read it."""
    for path in pictures:
        if path.suffix.casefold() in HEIF_SUFFIXES:
            require_heif(path.name)


def _bits_beside(path: Path) -> int:
    """Return how many bits the sensor has by the pictures beside this one: dark ones do not tell."""
    beside = sorted(pictures_in(path.parent), key=natural_order)[:PICTURES_FOR_BITS]
    decoded = (decode_or_none(read_bytes(p)) for p in (path, *beside))
    deep = [bits_of(pixels) for pixels in decoded if pixels is not None and pixels.dtype == np.uint16]
    return max(deep, default=BITS_OF_BYTE)


def label_of(path: Path) -> tuple[LedState, tuple[int, ...]] | None:
    """Return light and number by a name (``ring12``, ``IMG_3_off``), None where it says no light."""
    words = re.findall(r"[a-z]+", path.stem.casefold())
    states: list[LedState] = [s for s in NAMED_LIGHTS if s in words]
    if len(states) != 1:
        return None
    return states[0], tuple(int(n) for n in re.findall(r"[0-9]{1,18}", path.stem))


def _numbered(pictures: list[Path]) -> Iterator[Shot]:
    named = {p: label for p in pictures if (label := label_of(p)) is not None}
    labels: dict[Path, LedState] = {p: led for p, (led, _) in named.items()}
    if len(named) == len(pictures) and {"ring", "off"} <= set(labels.values()):
        pictures = sorted(pictures, key=lambda p: (named[p][1], NAMED_LIGHTS.index(labels[p])))
    else:
        labels = {}
    period_ns = round(1e9 / ASSUMED_RATE_HZ)
    for seq, path in enumerate(pictures):
        t_ns = seq * period_ns
        yield Shot(path=path, seq=seq, t_ns=t_ns, until_ns=t_ns + period_ns, led=labels.get(path))


def _indexed(index: Path, dropped: Counter[str]) -> Iterator[Shot]:
    for number, entry in enumerate(read_lines(index, dropped)):
        path = _path_of(index, entry)
        t_ns = whole(entry, "t_ns", most=LONGEST_SESSION_NS)
        if path is None or t_ns is None:
            dropped["bad_line"] += 1
            continue
        led = entry.get("led")
        if led is not None and led not in LED_STATES:
            dropped["unknown_light"] += 1
            led = None
        seq = whole(entry, "seq")
        yield Shot(
            path=path,
            seq=number if seq is None else seq,
            t_ns=t_ns,
            until_ns=whole(entry, "until_ns", most=LONGEST_SESSION_NS) or t_ns,
            exposure_us=whole(entry, "exposure_us"),
            led=led,
            switches=_switches(entry),
        )


def _lights(index: Path) -> tuple[LedState, ...]:
    told = _first_line(index).get("lights")
    known: tuple[LedState, ...] = tuple(s for s in told if s in LED_STATES) if isinstance(told, list) else ()
    return known or LED_STATES


def _first_line(index: Path) -> dict[str, Any]:
    return next(read_lines(index, Counter()), {}) if index.is_file() else {}


def _switches(entry: Mapping[str, Any]) -> tuple[LightSwitch, ...]:
    """Return the switches of a line; what is no time, light and word is left out."""
    told = entry.get("switches")
    listed = told[:MOST_SWITCHES] if isinstance(told, list) else []
    triples = [each for each in listed if isinstance(each, list) and len(each) == 3]
    timed = [(whole({"t": t_ns}, "t", most=LONGEST_SESSION_NS), s, why) for t_ns, s, why in triples]
    return tuple(
        LightSwitch(t_ns, s, why)
        for t_ns, s, why in timed
        if t_ns is not None and s in LED_STATES and (why in REFUSALS or why == "")
    )


def _path_of(index: Path, entry: Mapping[str, Any]) -> Path | None:
    name = entry.get("file")
    return inside(index.parent, name) if isinstance(name, str) else None


def _verify(index: Path, parts: Parts) -> None:
    """Compare the pictures with the digests in the index, which the manifest vouches for."""
    if parts.manifest is None:
        return
    for entry in read_lines(index, Counter()):
        expected, path = entry.get("sha256"), _path_of(index, entry)
        if not isinstance(expected, str) or path is None:
            continue
        if not path.is_file() or sha256_of(path) != expected:
            raise BadRecording(
                f"{path.name} is gone or is not what was recorded: its SHA-256 differs from {INDEX}",
                hint="Copy the session again.",
            )
