"""The picture: what was planted comes back, synchronised by what the slice itself holds."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import pytest
from numpy.typing import NDArray

from hw.sim import waveforms_video as video
from hw.sim.rf_loop import Loop, filtered_noise, slice_loop
from sweeper.picture import FieldAnchor, SlicePicture, _frames, combine, slice_picture
from sweeper.picture_store import MAX_SENDERS, PictureStore
from sweeper.vertical_blanking import SHAPES
from sweeper.video import VideoTest, find_video
from tests.sweeper.air import RATE_HZ, Samples

PPM = 33.0
PERIOD_S = {"pal": 0.2, "ntsc": 0.2002}


def planted() -> NDArray[np.float32]:
    """A bright square on a gradient: coarse enough for 126 elements a line."""
    y, x = np.mgrid[0:576, 0:720]
    picture = 0.25 + 0.3 * x / 720 + 0.15 * y / 576
    picture[120:330, 400:600] += 0.3
    picture[380:520, 80:300] -= 0.2
    return np.asarray(np.clip(picture, 0, 1), np.float32)


@lru_cache(maxsize=2)
def sender(standard: video.StandardName) -> Loop:
    rng = np.random.default_rng(7)
    return video.fm_video(rng, standard=standard, clock_ppm=PPM, picture=planted(), moving=False)


def listen(
    standard: video.StandardName,
    offset_hz: float,
    *,
    snr_db: float = 16.0,
    turn: int = 0,
    start: int = 123_456,
) -> tuple[Samples, VideoTest, float]:
    """One dwell that begins ``turn`` loops and ``start`` samples into the signal."""
    part = slice_loop(sender(standard), offset_hz=offset_hz, rate_hz=RATE_HZ)
    part = np.roll(part, -start)
    rng = np.random.default_rng(abs(round(offset_hz)) + turn)
    x = part * np.float32(10 ** (snr_db / 20)) + filtered_noise(rng, len(part))
    x = x.astype(np.complex64)
    t_s = turn * PERIOD_S[standard] / (1 + PPM * 1e-6) + start / RATE_HZ
    return x, find_video(x, rate_hz=RATE_HZ), t_s


def truth(shape: tuple[int, ...]) -> NDArray[np.float32]:
    rows = (np.arange(shape[0]) + 0.5) * 576 / shape[0]
    columns = (np.arange(shape[1]) + 0.5) * 720 / shape[1]
    return planted()[rows.astype(int)][:, columns.astype(int)]


def likeness(pixels: NDArray[np.uint8]) -> float:
    """Correlation with the planted picture, the rim left out, at the best of a few shifts."""
    best = 0.0
    wanted = truth(pixels.shape)[40:-60, 12:-12]
    for dy in range(-30, 31, 5):
        for dx in range(-6, 7, 2):
            part = pixels[40 + dy : pixels.shape[0] - 60 + dy, 12 + dx : pixels.shape[1] - 12 + dx]
            best = max(best, float(np.corrcoef(part.ravel(), wanted.ravel())[0, 1]))
    return best


@pytest.mark.parametrize("standard", ["pal", "ntsc"])
def test_several_slices_give_the_picture_back(standard: video.StandardName) -> None:
    slices: list[SlicePicture] = []
    anchor: FieldAnchor | None = None
    for turn, offset_hz in enumerate((-2e6, 0.0, 1e6, 2e6, 3e6)):
        x, test, t_s = listen(standard, offset_hz, turn=turn)
        part = slice_picture(
            x, rate_hz=RATE_HZ, center_hz=1160e6 + offset_hz, t_s=t_s, video=test, anchor=anchor
        )
        assert part is not None
        anchor = part.anchor or anchor
        slices.append(part)
    assert anchor is not None
    assert anchor.line_hz / video.STANDARDS[standard].line_hz == pytest.approx(1 + PPM * 1e-6, abs=1e-6)
    picture = combine(slices)
    assert picture is not None
    assert picture.slices == 5
    assert picture.standard == standard
    assert picture.score > 0.95
    assert picture.pixels.dtype == np.uint8
    assert likeness(picture.pixels) > 0.7


def test_one_slice_alone_is_synchronised() -> None:
    x, test, t_s = listen("pal", 1e6)
    part = slice_picture(x, rate_hz=RATE_HZ, center_hz=1e9, t_s=t_s, video=test)
    assert part is not None
    picture = combine([part])
    assert picture is not None
    assert picture.score > 0.9
    assert np.std(picture.pixels.astype(float)) > 20


def test_both_fields_are_interleaved() -> None:
    x, test, t_s = listen("pal", 1e6)
    part = slice_picture(x, rate_hz=RATE_HZ, center_hz=1e9, t_s=t_s, video=test)
    assert part is not None
    even, odd = part.power[0::2], part.power[1::2]
    assert np.corrcoef(even.ravel(), odd.ravel())[0, 1] > 0.8
    assert part.power.shape == (572, 154)


def test_noise_has_no_picture() -> None:
    _, test, _ = listen("pal", -2e6)
    noise = filtered_noise(np.random.default_rng(1), 480_000)
    part = slice_picture(noise, rate_hz=RATE_HZ, center_hz=1e9, t_s=0.0, video=test)
    assert part is not None
    assert abs(part.repeat) < 0.05
    assert combine([part]) is None
    assert combine([]) is None


def test_too_short_a_look_has_no_picture() -> None:
    x, test, t_s = listen("pal", -2e6)
    assert slice_picture(x[:60_000], rate_hz=RATE_HZ, center_hz=1e9, t_s=t_s, video=test) is None


def test_the_gallery_is_bounded() -> None:
    x, test, t_s = listen("pal", -2e6)
    store = PictureStore()
    scores = [
        store.add(n, x, rate_hz=RATE_HZ, center_hz=1e9, t_s=t_s, video=test) for n in range(MAX_SENDERS + 2)
    ]
    assert min(scores) > 0.9
    assert list(store.pictures()) == list(range(2, MAX_SENDERS + 2))


def test_a_single_frame_has_none_to_be_compared_with() -> None:
    shape = SHAPES[625]
    lines = np.ones((4 * 312 + 30, 20), np.float32)
    assert _frames(lines, 0.0, standard="pal", shape=shape) is not None
    assert _frames(lines, 0.5, standard="pal", shape=shape) is None
