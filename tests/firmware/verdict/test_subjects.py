"""One classification of things, whoever asks."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from firmware.handheld.screen.view_model import from_snapshot
from firmware.verdict.model import Level
from tests.firmware.sensors import engine_for, named, network, room, streamer
from tests.firmware.verdict.feeding import feed


@pytest.mark.parametrize("strength", ["A", "B", "C"])
@pytest.mark.parametrize("rssi_dbm", [-30.0, -80.0])
def test_a_name_that_says_camera_is_at_least_a_check(strength: str, rssi_dbm: float) -> None:
    camera = replace(network("ca:me", score=0.86, strength=strength), rssi_dbm=rssi_dbm)
    verdict = feed(engine_for(), room(wifi=[camera]), t_s=30).verdict  # type: ignore[arg-type]
    assert verdict.level is Level.CHECK
    assert "ca:me" in verdict.findings


@pytest.mark.parametrize("seen", ["block", "company", "service", ""])
def test_a_block_of_addresses_or_a_number_alone_names_no_camera(seen: str) -> None:
    router = replace(network("ca:me", score=0.86), identity=(named("B", seen),))
    verdict = feed(engine_for(), room(wifi=[router]), t_s=30).verdict  # type: ignore[arg-type]
    assert verdict.level is Level.NOTHING_FOUND
    assert "ca:me" not in verdict.findings


def test_a_name_beside_a_stronger_block_still_names_a_camera() -> None:
    camera = replace(network("ca:me", score=0.86), identity=(named("A", "block"), named("C", "ssid")))
    verdict = feed(engine_for(), room(wifi=[camera]), t_s=30).verdict  # type: ignore[arg-type]
    assert verdict.level is Level.CHECK
    assert "ca:me" in verdict.findings


def test_a_stream_needs_what_its_sign_asks_for() -> None:
    """Other people's streams reach what is enough for other signs, so a stream must say more."""
    words: dict[float, tuple[Level, bool]] = {}
    for logit in np.linspace(0.0, 8.0, 33):
        seen = replace(streamer(), score=1 / (1 + math.exp(-logit)))
        verdict = feed(engine_for(), room(wifi=[seen]), t_s=30).verdict  # type: ignore[arg-type]
        nats = max((s.nats for s in verdict.subjects if s.subject == "ca:fe"), default=0.0)
        words[nats] = (verdict.level, "ca:fe" in verdict.findings)
    low = {word for nats, word in words.items() if 1.4 <= nats < 2.5}
    high = {word for nats, word in words.items() if nats >= 2.5}
    assert low == {(Level.NOTHING_FOUND, False)}
    assert high == {(Level.CHECK, True)}


def test_what_a_row_marks_is_what_the_verdict_calls_a_finding() -> None:
    snapshot = feed(engine_for(), room(wifi=[streamer()]), t_s=30)  # type: ignore[arg-type]
    snapshot = replace(snapshot, observations=tuple(room(wifi=[streamer()])["wifi"]))
    state = from_snapshot(snapshot, lang="en")
    marked = {row.name for row in state.devices if row.alert}
    assert marked == snapshot.verdict.findings == {"ca:fe"}
    assert [s.name for s in state.sensors if s.alert] == ["wifi"]
    assert state.reasons[0].params["name"] == "ca:fe"
    assert "00:01" not in {s.subject for s in snapshot.verdict.subjects}
