"""The bench in small: rooms are what they say, keeping changes nothing, detectors are those learned of."""

from __future__ import annotations

import ast
from functools import lru_cache
from pathlib import Path

import pytest

from firmware.verdict.evidence.likelihoods import designed_likelihoods, packaged_learned, packaged_likelihoods
from firmware.verdict.model import Level
from hw.types import SENSOR_NAMES
from tests.benchmarks import rooms as bench
from tests.benchmarks.rooms.draw import COMMON, DRAWN, draw_case
from tests.benchmarks.rooms.learned_file import VERSION, WATCHED, watch_numbers
from tests.benchmarks.rooms.models import FAMILIES, SPLITS
from tests.benchmarks.rooms.playback import inspect_directly, play
from tests.benchmarks.rooms.rows import Row, row_of
from tests.benchmarks.rooms.senses import Timeline, watch
from tests.benchmarks.rooms.store import timeline_of

GENERATORS = ("models", "clutter", "walk", "draw")
DETECTORS = {"firmware", "sweeper", "wifiscan", "lensdetect"}
KEPT = WATCHED[-1]  # a room whose Wi-Fi adapter is unplugged halfway
TOLERANCE = {"coverage": 0.05, "candidates": 3.0, "score_nats": 0.5}


@lru_cache(maxsize=1)
def seen() -> tuple[Row, ...]:
    """Every watched room, through every real sensor; nothing is read from a store."""
    cases = [draw_case(*task) for task in WATCHED]
    looked = [{name: watch(case, name) for name in case.senses} for case in cases]
    table = designed_likelihoods()
    return tuple(row_of(c, t, table=table) for c, t in zip(cases, looked, strict=True))


def test_cameras_stand_out_from_clean_rooms() -> None:
    clean = [r.verdict for r in seen() if r.truth.kind is None]
    cameras = [r for r in seen() if r.truth.kind is not None]
    assert all(v.level not in {Level.CHECK, Level.LIKELY_CAMERA} for v in clean)
    found = [r for r in cameras if r.verdict.level in {Level.CHECK, Level.LIKELY_CAMERA}]
    assert len(found) >= len(cameras) / 2  # these are hasty and partial scans
    assert max(v.log_lr for v in clean) < max(r.verdict.log_lr for r in cameras)


@pytest.mark.parametrize("name", SENSOR_NAMES)
def test_what_was_learned_still_describes_the_detectors(name: str) -> None:
    """Fails when a detector has changed: run ``make rooms`` and commit ``learned.toml``."""
    learned = packaged_learned()
    assert learned.bench.version == VERSION
    now, then = watch_numbers(seen())[name], learned.watch[name]
    assert set(now) == set(then) == set(TOLERANCE)
    for key, value in now.items():
        assert value == pytest.approx(then[key], abs=TOLERANCE[key]), f"{name}.{key}: learn again"


def test_what_is_kept_gives_the_verdict_of_the_room_itself(tmp_path: Path) -> None:
    case = draw_case(*KEPT)
    kept: dict[str, Timeline] = {}
    for name in case.senses:
        timeline_of(case, name, tmp_path)
        kept[name] = timeline_of(case, name, tmp_path)  # the second one comes from the store
    direct = inspect_directly(case)
    assert play(case, kept) == direct  # type: ignore[arg-type]
    assert any(m.share_caught > 0 for m in direct.moments)
    assert {s.state for s in direct.last.sensors if s.name == "wifi"} == {"lost"}


def test_the_generators_know_no_detector() -> None:
    for name in GENERATORS:
        source = (Path(bench.__file__).parent / f"{name}.py").read_text("utf-8")
        for node in ast.walk(ast.parse(source)):
            names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            assert not {n.partition(".")[0] for n in names} & DETECTORS


def test_no_two_splits_share_a_camera_or_a_room() -> None:
    for one in SPLITS:
        for other in set(SPLITS) - {one}:
            a, b = FAMILIES[one], FAMILIES[other]
            assert not {m.name for m in a.wifi} & {m.name for m in b.wifi}
            assert not set(a.lens_mm) & set(b.lens_mm)
            assert not set(a.video_hz + a.cofdm_hz) & set(b.video_hz + b.cofdm_hz)
            assert a.lux[1] <= b.lux[0] or b.lux[1] <= a.lux[0]
            assert a.depth_m[1] <= b.depth_m[0] or b.depth_m[1] <= a.depth_m[0]
    fitted = set(FAMILIES["train"].textures + FAMILIES["calibration"].textures)
    assert not fitted & set(FAMILIES["locked"].textures)


def test_rooms_are_what_was_asked_for() -> None:
    assert {k: w.weight for k, w in packaged_likelihoods().kinds.items()} == COMMON
    assert sum(DRAWN.values()) == pytest.approx(1.0)
    cases = [draw_case("train", i) for i in range(60)]
    assert cases[3] == draw_case("train", 3)
    clean = sum(c.truth.kind is None for c in cases)
    assert 18 <= clean <= 42
    assert 3 <= sum(bool(c.truth.notes["trouble"]) for c in cases) <= 24
    devices = [sum(t.wifi is not None for t in c.scene.things) for c in cases]
    assert 14 <= sum(devices) / len(devices) <= 20
    assert all(sum(t.camera for t in c.scene.things) == (c.truth.kind is not None) for c in cases)
