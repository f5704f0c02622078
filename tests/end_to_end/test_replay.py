"""Whatever can be recorded can be replayed to the same bytes."""

from __future__ import annotations

from pathlib import Path

import pytest

from firmware.cli import jsonl
from firmware.runtime.session import Outcome, inspect
from firmware.settings.settings import load_settings

SMALL_EYE = ("hw.camera.width_px=320", "hw.camera.height_px=240", "hw.camera.rate_hz=30")
SECONDS = 6.0


def written(outcome: Outcome) -> str:
    return "\n".join(jsonl.lines(outcome.observations, outcome.counts, outcome.snapshot.verdict))


@pytest.mark.parametrize("scene", ["analog-camera", "wifi-camera?unplug=wifi@3-4"])
def test_a_recorded_session_replays_to_the_same_bytes(scene: str, tmp_path: Path) -> None:
    settings = load_settings(overrides=SMALL_EYE)
    live = inspect(f"sim:{scene}", settings, until_s=SECONDS, record_to=tmp_path / "session")
    again = inspect(f"replay:{tmp_path / 'session'}", settings)
    assert written(again) == written(live)


def test_the_same_room_and_seed_give_the_same_bytes_and_another_seed_does_not() -> None:
    settings = load_settings(overrides=SMALL_EYE)
    first, second, other = (
        written(inspect(f"sim:meet-call?seed={seed}", settings, until_s=3.0)) for seed in (1, 1, 2)
    )
    assert first == second
    assert first != other


def test_unplugging_one_sense_lowers_its_coverage_within_two_seconds_and_no_other() -> None:
    settings = load_settings(overrides=SMALL_EYE)
    seen: dict[float, dict[str, float | None]] = {}

    def watch(snapshot) -> bool:  # type: ignore[no-untyped-def]
        seen[round(snapshot.elapsed_s, 1)] = dict(snapshot.verdict.coverage)
        return False

    unplugged = inspect("sim:empty-room?unplug=wifi@4", settings, until_s=7.0, watch=watch)
    whole = inspect("sim:empty-room", settings, until_s=7.0)
    assert (seen[3.9]["wifi"] or 0) > 0
    assert (seen[6.0]["wifi"] or 0) == 0
    for sense in ("rf", "ble", "lens"):
        assert unplugged.snapshot.verdict.coverage[sense] == whole.snapshot.verdict.coverage[sense]
    status = {s.name: s for s in unplugged.snapshot.sensors}
    assert status["wifi"].state == "lost"
    assert status["wifi"].hint


def test_a_room_in_which_no_sense_heard_anything_is_inconclusive() -> None:
    settings = load_settings(overrides=SMALL_EYE)
    dead = "unplug=rf@0&unplug=wifi@0&unplug=ble@0&unplug=lens@0"
    outcome = inspect(f"sim:empty-room?{dead}", settings, until_s=3.0)
    assert outcome.snapshot.verdict.level == "inconclusive"
    assert outcome.snapshot.verdict.share_caught == 0
