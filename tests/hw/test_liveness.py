"""A device that measures nothing is told from a quiet place; a quiet place is not called a fault."""

from __future__ import annotations

import numpy as np
import pytest

from hw.errors import Reason
from hw.liveness import (
    LATE_FRAMES,
    LONG_S,
    SURE_S,
    FrozenPicture,
    LateFrames,
    RepeatedSamples,
    Silence,
    trouble_of_air,
)

NS = 1_000_000_000
NOISE = np.random.default_rng(1).integers(0, 255, (24, 32)).astype(np.uint8)


def pushed(watch: FrozenPicture, pictures: list[np.ndarray], rate_hz: float = 60.0) -> list[bool]:
    return [watch.push(p, round(i / rate_hz * NS)) for i, p in enumerate(pictures)]


def test_one_picture_again_and_again_is_frozen_within_a_second_or_so() -> None:
    answers = pushed(FrozenPicture(), [NOISE.copy() for _ in range(90)])
    assert not any(answers[:59])
    assert all(answers[62:])


def test_a_driver_that_gives_each_picture_twice_is_not_frozen() -> None:
    rng = np.random.default_rng(2)
    pictures = [p for _ in range(200) for p in [rng.integers(0, 255, (8, 8)).astype(np.uint8)] * 2]
    assert not any(pushed(FrozenPicture(), pictures))


def test_plain_pictures_are_left_to_the_sensor() -> None:
    assert not any(pushed(FrozenPicture(), [np.zeros((8, 8), np.uint8)] * 300))


def test_a_frozen_camera_that_moves_again_is_well() -> None:
    watch = FrozenPicture()
    pushed(watch, [NOISE] * 90)
    assert not watch.push(NOISE + 1, 3 * NS)


def test_equal_blocks_of_samples_are_a_fault_after_a_second() -> None:
    watch, block = RepeatedSamples(), NOISE.tobytes() * 8
    answers = [watch.push(block, 0.25) for _ in range(6)]
    assert answers == [False] * 4 + [True] * 2
    assert not watch.push(block[::-1], 0.1)


def test_blocks_of_two_lengths_are_compared_as_far_as_they_go() -> None:
    watch, block = RepeatedSamples(), NOISE.tobytes() * 8
    assert [watch.push(block[: 2000 + 100 * (i % 2)], 0.3) for i in range(6)][-1]


def silence_after(hits_s: float, *, every_s: float, silent_s: float, step_s: float = 0.1) -> Silence:
    """Return the watch after a time in which it heard something every ``every_s``, then silence."""
    watch = Silence()
    steps = max(1, round(every_s / step_s))
    for i in range(round(hits_s / step_s)):
        watch.push(2412, [i * NS // 10] if i % steps == 0 else [], span_s=step_s)
    for _ in range(round(silent_s / step_s)):
        watch.push(2412, [], span_s=step_s)
    return watch


@pytest.mark.parametrize(
    ("every_s", "silent_s", "deaf"),
    [
        (0.1, SURE_S + 0.2, True),  # beacons and adverts all the time, then none
        (0.1, 1.5, False),
        (1.0, 4.0, False),  # one advertiser a second may pause
        (0.5, LONG_S + 0.2, True),
    ],
)
def test_silence_is_held_against_what_was_heard_before(every_s: float, silent_s: float, deaf: bool) -> None:
    assert silence_after(20.0, every_s=every_s, silent_s=silent_s).deaf is deaf


def test_a_place_with_a_rare_sender_is_quiet_not_deaf() -> None:
    watch = silence_after(120.0, every_s=10.0, silent_s=0.0)
    answers = []
    for i in range(1200):
        watch.push(2412, [i * NS // 10] if i % 100 == 99 else [], span_s=0.1)
        answers.append(watch.deaf)
    assert not any(answers)


def test_channels_on_which_nobody_sends_are_no_silence_of_the_adapter() -> None:
    watch = Silence()
    for i in range(50):
        watch.push(2412, [i * NS // 5, i * NS // 5 + NS // 10], span_s=0.2)
    for _ in range(35):
        watch.push(5500, [], span_s=0.2)
    assert not watch.deaf
    for _ in range(20):
        watch.push(2412, [], span_s=0.2)
    assert watch.deaf
    watch.push(2412, [0], span_s=0.2)
    assert not watch.deaf


def test_a_radio_that_never_heard_anything_is_told_after_a_while() -> None:
    watch = Silence()
    for _ in range(round(LONG_S / 0.25)):
        assert trouble_of_air(watch) is None
        watch.push(None, [], span_s=0.25)
    assert trouble_of_air(watch) is Reason.SILENT


def late(reads: list[tuple[int, int, int | None]]) -> LateFrames:
    watch = LateFrames()
    for i, (frames, n_late, channel) in enumerate(reads):
        watch.push(i * NS // 4, frames=frames, late=n_late, of_channel=channel)
    return watch


def test_frames_of_before_the_tuning_are_late() -> None:
    watch = late([(10, 10, None)] * 4)
    assert watch.late
    assert trouble_of_air(Silence(), watch) is Reason.LATE


def test_a_few_frames_left_over_from_the_channel_before_are_usual() -> None:
    assert not late([(2, 2, None), (60, 0, None)] * 10).late
    assert not late([(LATE_FRAMES - 1, LATE_FRAMES - 1, None)]).late


def test_an_adapter_that_names_one_wrong_channel_is_not_late() -> None:
    assert not late([(10, 10, 2412)] * 6).late
    assert late([(10, 10, 2412), (10, 10, 2437)] * 3).late


def test_what_was_late_long_ago_is_forgotten() -> None:
    watch = late([(10, 10, None)] * 4)
    watch.push(10 * NS, frames=5, late=0)
    assert not watch.late
