"""A replay is never an inspection of today, and a simulated room stays one however often it is recorded."""

from __future__ import annotations

from pathlib import Path

import pytest

from firmware.records.model import Span
from firmware.records.provenance import source_of
from hw.replay.manifest import Manifest, write_manifest
from hw.replay.provenance import provenance_to_record

SESSIONS = Path(__file__).parents[2] / "sessions"
RECORDED_NS = 1_700_000_000 * 10**9
NOW = Span(started_utc_ns=1_790_000_000 * 10**9, ended_utc_ns=1_790_000_060 * 10**9)


def session(folder: Path, *, kit: str, provenance: str = "", finished: bool = True) -> str:
    (folder / "rf").mkdir(parents=True)
    manifest = Manifest(wall_ns=RECORDED_NS, kit=kit, provenance=provenance)
    write_manifest(folder, manifest, finished=finished)
    return f"replay:{folder}"


@pytest.mark.parametrize(
    ("kit", "provenance", "simulated"),
    [("sim:empty-room", "", True), ("pi", "", False), ("pi", "live", False), ("replay:x", "simulated", True)],
)
def test_a_replay_inherits_what_its_manifest_says(
    tmp_path: Path, kit: str, provenance: str, simulated: bool
) -> None:
    spec = session(tmp_path / "s", kit=kit, provenance=provenance)
    source = source_of(spec)
    assert (source.provenance, source.simulated) == ("replayed", simulated)
    span = source.span(NOW)
    assert (span.started_utc_ns, span.ended_utc_ns) == (RECORDED_NS, RECORDED_NS + 60 * 10**9)
    assert provenance_to_record(spec) == ("simulated" if simulated else "replayed")


def test_a_session_that_was_cut_off_tells_too(tmp_path: Path) -> None:
    source = source_of(session(tmp_path / "s", kit="sim:empty-room", finished=False))
    assert (source.provenance, source.simulated) == ("replayed", True)


def test_a_recording_without_a_manifest_has_no_time_but_is_a_replay(tmp_path: Path) -> None:
    for spec in (f"replay:{tmp_path / 'nowhere'}", f"replay:{tmp_path}"):
        source = source_of(spec)
        assert source.provenance == "replayed"
        assert source.span(NOW) == NOW


def test_live_and_simulated_kits_and_single_devices() -> None:
    assert source_of("pi").provenance == "live"
    assert source_of("auto", {"display": "sim:x"}).provenance == "live"
    assert source_of("pi", {"camera": "sim:chrome-bathroom"}).provenance == "simulated"
    assert source_of("sim:empty-room").provenance == "simulated"


def test_a_time_that_no_calendar_has_is_unknown(tmp_path: Path) -> None:
    folder = tmp_path / "s"
    spec = session(folder, kit="pi")
    text = (folder / "manifest.toml").read_text()
    (folder / "manifest.toml").write_text(text.replace(f"wall_ns = {RECORDED_NS}", f"wall_ns = {10**30}"))
    assert source_of(spec).span(NOW) == NOW
