"""Golden sessions: small recordings that must keep giving the same result.

A difference is a change of behaviour. If it is meant: ``python -m tests.sessions.make --lines``, and say why.
Numbers are compared to 1e-4, because another processor may add in another order; words exactly.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.sessions.make import GOLDEN, HERE, MOST_BYTES, replayed

CLOSE = 1e-4


def differences(now: Any, then: Any, where: str = "") -> list[str]:
    """Return where two JSON values differ."""
    if isinstance(then, dict) and isinstance(now, dict):
        keys = sorted(now.keys() | then.keys())
        return [d for k in keys for d in differences(now.get(k), then.get(k), f"{where}.{k}")]
    if isinstance(then, list) and isinstance(now, list) and len(then) == len(now):
        return [
            d
            for i, pair in enumerate(zip(now, then, strict=True))
            for d in differences(*pair, f"{where}[{i}]")
        ]
    if isinstance(then, float) and isinstance(now, float | int):
        return [] if now == pytest.approx(then, rel=CLOSE, abs=CLOSE) else [f"{where}: {now} was {then}"]
    return [] if now == then else [f"{where}: {now!r} was {then!r}"]


@pytest.mark.parametrize("name", sorted(GOLDEN))
def test_a_golden_session_gives_what_it_gave(name: str) -> None:
    now = [json.loads(line) for line in replayed(name, HERE / name).splitlines()]
    then = [json.loads(line) for line in (HERE / f"{name}.jsonl").read_text("utf-8").splitlines()]
    assert len(now) == len(then)
    assert [d for a, b in zip(now, then, strict=True) for d in differences(a, b, a["type"])] == []


@pytest.mark.parametrize("name", sorted(GOLDEN))
def test_a_golden_session_is_smaller_than_a_megabyte(name: str) -> None:
    assert sum(p.stat().st_size for p in (HERE / name).rglob("*") if p.is_file()) < MOST_BYTES


@pytest.mark.parametrize(
    ("name", "kind", "found"),
    [
        ("rf-video", "emission", lambda e: e["kind"] == "analog-video-pal"),
        ("wifi-camera", "station", lambda s: s["activity"] == "camera-stream" and s["score"] > 0.9),
        ("ble", "ble", lambda b: b["company_id"] == 0x004C),
        ("lens", "glint", lambda g: g["label"] == "lens"),
    ],
)
def test_what_was_planted_is_in_the_golden_lines(name: str, kind: str, found: Any) -> None:
    lines = [json.loads(line) for line in (HERE / f"{name}.jsonl").read_text("utf-8").splitlines()]
    assert [line for line in lines if line["type"] == kind and found(line)]
