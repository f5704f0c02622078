"""Whatever the camera gives, it is said and survived; an eye that cannot see covers nothing."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from hw.types import Frame
from tests.lensdetect.eyes import PaperWall, finder_over


def recording(labelled: bool = True, **lit: float) -> list[Frame]:
    room = PaperWall(seed=3)
    room.lit.update(lit)
    room.add(300, 200, {"ring": 200.0})
    return room.recording(cycles=20, labelled=labelled)


def flat(value: int, frames: list[Frame]) -> list[Frame]:
    rng = np.random.default_rng(0)
    noisy = [rng.integers(0, 2, f.pixels.shape).astype(np.uint8) for f in frames]
    pictures = [np.clip(value + n.astype(int), 0, 255).astype(np.uint8) for n in noisy]
    return [replace(f, pixels=p) for f, p in zip(frames, pictures, strict=True)]


@pytest.mark.parametrize("labelled", [True, False])
@pytest.mark.parametrize(
    "case", ["dark", "blown", "frozen", "led off", "led on", "wrong size", "colour", "16 bit"]
)
def test_an_eye_that_cannot_see_covers_nothing_and_says_so(case: str, labelled: bool) -> None:
    frames = recording(labelled)
    if case == "dark":
        frames = flat(1, frames)
    elif case == "blown":
        frames = flat(254, frames)
    elif case == "frozen":
        frames = [replace(f, pixels=frames[0].pixels) for f in frames]
    elif case == "led off":
        frames = recording(labelled, ring=0.0, side=0.0)
    elif case == "led on":
        frames = recording(labelled, ring=50.0, side=50.0, off=50.0)
    elif case == "wrong size":
        frames = [replace(f, pixels=f.pixels[:12, :9]) for f in frames]
    elif case == "colour":
        frames = [replace(f, pixels=np.dstack([f.pixels] * 3)) for f in frames]
    else:
        frames = [replace(f, pixels=f.pixels.astype(np.uint16)) for f in frames]  # type: ignore[arg-type]
    finder = finder_over(frames)
    assert finder.coverage().share == 0.0
    assert finder.coverage().reasons
    assert not finder.health().ok
    assert finder.health().reason
    assert sum(finder.counts().dropped.values()) > 0
    assert not [g for g in finder.observations() if g.label == "lens"]


def test_a_change_of_size_starts_again() -> None:
    frames = recording()
    half = len(frames) // 2
    frames[half:] = [replace(f, pixels=np.rot90(f.pixels).copy()) for f in frames[half:]]
    finder = finder_over(frames)
    assert finder.counts().dropped["size_changed"] == 1
    assert finder.coverage().share > 0


def test_missing_labels_and_lost_frames_are_survived() -> None:
    rng = np.random.default_rng(4)
    frames = [replace(f, led=None) if rng.random() < 0.15 else f for f in recording()]
    frames = [f for f in frames if rng.random() > 0.1]
    finder = finder_over(frames)
    assert finder.counts().dropped["label_missing"] > 0
    assert [g.label for g in finder.observations() if g.poses >= 7] == ["lens"]


def test_trouble_passes() -> None:
    frames = recording()
    finder = finder_over(flat(254, frames[:30]) + frames[30:])
    assert finder.health().ok
    assert finder.coverage().share > 0


@pytest.mark.parametrize("case", ["covered", "led off", "frozen"])
def test_what_was_looked_at_stays_and_nothing_is_added(case: str) -> None:
    frames = recording()
    half = len(frames) // 2
    bad = {
        "covered": lambda: flat(254, frames[half:]),
        "led off": lambda: [replace(f, seq=f.seq + half) for f in recording(ring=0.0, side=0.0)],
        "frozen": lambda: [replace(f, pixels=frames[half].pixels) for f in frames[half:]],
    }[case]()
    earned = finder_over(frames[: half + 2]).coverage().share
    finder = finder_over(frames[:half] + bad)
    assert 0 < finder.coverage().share <= earned * 1.05
    assert not finder.health().ok
    assert finder.coverage().reasons


def test_a_single_look_covers_nothing() -> None:
    assert finder_over(recording()[:6]).coverage().share == 0.0


@settings(max_examples=15, deadline=None)
@given(
    st.lists(arrays(np.uint8, st.tuples(st.integers(1, 60), st.integers(1, 80))), min_size=1, max_size=8),
    st.lists(st.sampled_from(["off", "ring", "side", None]), min_size=8, max_size=8),
)
def test_noise_of_any_shape_is_survived(pictures: list[np.ndarray], leds: list[str | None]) -> None:
    frames = [
        Frame(seq=i, t_ns=i, exposure_us=None, led=leds[i], pixels=p)  # type: ignore[arg-type]
        for i, p in enumerate(pictures)
    ]
    finder = finder_over(frames)
    assert finder.counts().read == len(frames)
    assert not [g for g in finder.observations() if g.label == "lens"]
