"""Recorded receivers: every SigMF type, every way in which metadata can be wrong."""

from __future__ import annotations

import contextlib
import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hw.clock import ManualClock
from hw.errors import BadRecording, DeviceLost, EndOfRecording, HwError
from hw.formats.iq import FORMATS, from_complex
from hw.replay import sdr, sigmf_file
from tests.hw.replay.test_session import open_role, read_out, write_sigmf

TONE = (0.5 * np.exp(2j * np.pi * 0.01 * np.arange(1000))).astype(np.complex64)


@pytest.mark.parametrize("name", ["cu8", "ci8", "ci16_le", "ci16_be", "cf32_le", "cf32_be"])
def test_every_type_gives_the_same_tone(tmp_path: Path, name: str) -> None:
    path = write_sigmf(tmp_path, data=from_complex(TONE, name), globals={"core:datatype": name})
    (block,) = read_out(path, "sdr")
    assert np.abs(block.samples - TONE).max() < 0.01
    assert (block.center_hz, block.rate_hz, block.sample_format) == (1e9, 1e6, FORMATS[name].name)
    assert (block.gain_db, block.clipped_share, block.t_ns) == (None, 0.0, 0)


def test_blocks_never_reach_across_a_tuning(tmp_path: Path) -> None:
    captures = [
        {"core:sample_start": s, "core:frequency": f} for s, f in ((0, 1e9), (300, 1.1e9), (900, 1.2e9))
    ]
    path = write_sigmf(tmp_path, data=from_complex(TONE, "cu8"), captures=captures)
    clock = ManualClock()
    with open_role(path, "sdr", clock) as device:
        assert device.tunable is False
        device.tune(center_hz=5e8)
        lengths, centers = [], []
        for count in (200, 200, 10_000, 64, 64):
            block = device.read(count=count)
            lengths.append(len(block.samples))
            centers.append(block.center_hz)
            assert clock.now_ns() == block.t_ns + block.duration_ns == sum(lengths) * 1000
        assert lengths == [200, 100, 600, 64, 36]
        assert centers == [1e9, 1e9, 1.1e9, 1.2e9, 1.2e9]
        with pytest.raises(EndOfRecording):
            device.read(count=1)


def test_a_missing_frequency_is_zero_and_missing_captures_are_one(tmp_path: Path) -> None:
    path = write_sigmf(tmp_path, captures=[])
    (block,) = read_out(path, "sdr")
    assert (block.center_hz, len(block.samples)) == (0.0, 100)


def test_what_is_not_finite_is_counted(tmp_path: Path) -> None:
    values = np.array([0.5, np.nan, 1, np.inf, 1, 1], dtype="<f4")
    path = write_sigmf(tmp_path, data=values.tobytes(), globals={"core:datatype": "cf32_le"})
    with open_role(path, "sdr") as device:
        block = device.read(count=10)
        assert block.samples.tolist() == [0, 0, 1 + 1j]
        assert device.health().numbers["not_finite"] == 2


def test_an_odd_byte_is_counted(tmp_path: Path) -> None:
    with open_role(write_sigmf(tmp_path, data=bytes(201)), "sdr") as device:
        assert len(device.read(count=1000).samples) == 100
        assert dict(device.health().numbers) == {"odd_bytes": 1.0}


def test_captures_behind_the_end_are_counted(tmp_path: Path) -> None:
    captures = [{"core:sample_start": 0}, {"core:sample_start": 60}, {"core:sample_start": 5000}]
    with open_role(write_sigmf(tmp_path, captures=captures), "sdr") as device:
        assert [len(device.read(count=1000).samples) for _ in range(2)] == [60, 40]
        assert device.health().numbers["empty_segment"] == 1


def test_of_visits_too_short_for_a_receiver_only_so_many_are_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sigmf_file, "MOST_SHORT", 3)
    captures = [{"core:sample_start": n} for n in range(8)]
    data = bytes(2 * (sigmf_file.SHORT_SAMPLES + 8))
    with open_role(write_sigmf(tmp_path, captures=captures, data=data), "sdr") as device:
        counts = [len(device.read(count=10_000).samples) for _ in range(4)]
        assert counts == [1, 1, 1, sigmf_file.SHORT_SAMPLES + 1]  # the last one is long enough
        assert device.health().numbers["short_segment"] == 4


def test_a_block_is_bounded_whatever_rate_the_file_claims(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sdr, "MOST_BLOCK_SAMPLES", 400)
    path = write_sigmf(tmp_path, data=from_complex(TONE, "cu8"), globals={"core:sample_rate": 1e10})
    with open_role(path, "sdr") as device:
        assert [len(device.read(count=10**9).samples) for _ in range(3)] == [400, 400, 200]


def test_clipping_is_seen(tmp_path: Path) -> None:
    with open_role(write_sigmf(tmp_path, data=bytes([0, 255, 9, 9])), "sdr") as device:
        assert device.read(count=10).clipped_share == 0.5


def test_headers_and_offsets_of_other_recorders(tmp_path: Path) -> None:
    raw = b"head" + from_complex(TONE[:50], "cu8") + b"more" + from_complex(TONE[50:], "cu8") + b"tail!"
    captures = [
        {"core:sample_start": 1000, "core:header_bytes": 4},
        {"core:sample_start": 1050, "core:header_bytes": 4},
    ]
    wider = {"core:offset": 1000, "core:trailing_bytes": 5, "core:dataset": "rec.sigmf-data"}
    first, second = read_out(write_sigmf(tmp_path, data=raw, captures=captures, globals=wider), "sdr")
    assert np.abs(np.concatenate([first.samples, second.samples]) - TONE).max() < 0.01


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"globals": {"core:datatype": "ci24_le"}}, "ci24_le"),
        ({"globals": {"core:datatype": "xf64_le"}}, "xf64_le"),
        ({"globals": {"core:datatype": 5}}, "datatype"),
        ({"globals": {"core:num_channels": 2}}, "2 channels"),
        ({"globals": {"core:sample_rate": None}}, "sample rate"),
        ({"globals": {"core:sample_rate": 0}}, "sample rate"),
        ({"globals": {"core:sample_rate": float("nan")}}, "sample rate"),
        ({"globals": {"core:sample_rate": 10**400}}, "sample rate"),
        ({"globals": {"core:sample_rate": "2400000"}}, "sample rate"),
        ({"globals": {"core:sample_rate": 1.0}}, "so slow"),
        ({"globals": {"core:sha512": "00"}}, "SHA-512"),
        ({"globals": {"core:dataset": "../elsewhere"}}, "beside"),
        ({"globals": {"core:offset": "x"}}, "core:offset"),
        ({"captures": {}}, None),
        ({"captures": [7]}, "sample_start"),
        ({"captures": [{"core:sample_start": 1.5}]}, "sample_start"),
        ({"captures": [{"core:sample_start": 9}, {"core:sample_start": 3}]}, "rising"),
        ({"captures": [{"core:sample_start": 0, "core:frequency": "high"}]}, "frequency"),
        ({"captures": [{"core:sample_start": 0, "core:frequency": 1e300}]}, "no radio frequency"),
        ({"captures": [{"core:sample_start": 0, "core:frequency": -4e12}]}, "no radio frequency"),
        ({"captures": [{"core:sample_start": 10**9}]}, "inside"),
        ({"data": b""}, "no samples"),
        ({"data": b"\1"}, "no samples"),
        ({"global": []}, "global"),
    ],
)
def test_metadata_that_is_wrong(tmp_path: Path, changes: dict[str, Any], says: str | None) -> None:
    path = write_sigmf(tmp_path, **changes)
    if says is None:
        assert len(read_out(path, "sdr")) == 1
        return
    with pytest.raises(BadRecording, match=says):
        open_role(path, "sdr")


def test_files_that_are_cut_off_or_alone(tmp_path: Path) -> None:
    path = write_sigmf(tmp_path)
    path.write_text(path.read_text()[:60])
    with pytest.raises(BadRecording, match="no SigMF metadata"):
        open_role(path, "sdr")
    path.unlink()
    with pytest.raises(BadRecording, match=r"rec\.sigmf-meta"):
        open_role(path.with_suffix(".sigmf-data"), "sdr")
    path = write_sigmf(tmp_path)
    path.with_suffix(".sigmf-data").unlink()
    with pytest.raises(BadRecording, match=r"rec\.sigmf-data"):
        open_role(path, "sdr")


def test_a_right_hash_is_accepted_and_small_deviations_are_told(tmp_path: Path) -> None:
    good = hashlib.sha512(bytes(200)).hexdigest()
    path = write_sigmf(tmp_path, globals={"core:sha512": good})
    with open_role(path, "sdr") as device:
        assert device.info().detail == ""
    meta = json.loads(path.read_text())
    meta["global"]["core:recorder"] = 5
    path.write_text(json.dumps(meta))
    with open_role(path, "sdr") as device:
        assert "not quite SigMF" in device.info().detail
        assert len(device.read(count=1000).samples) == 100


def test_a_closed_device_is_lost(tmp_path: Path) -> None:
    device = open_role(write_sigmf(tmp_path), "sdr")
    device.close()
    device.close()
    with pytest.raises(DeviceLost):
        device.read(count=1)


scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5)
json_values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
keys = st.sampled_from(
    [
        "core:sample_start",
        "core:frequency",
        "core:header_bytes",
        "ansim:t_ns",
        "ansim:count",
        "ansim:gain_db",
        "ansim:until_ns",
    ]
)


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    globals_=st.dictionaries(
        st.sampled_from(
            [
                "core:datatype",
                "core:sample_rate",
                "core:num_channels",
                "core:offset",
                "core:trailing_bytes",
                "core:dataset",
                "core:sha512",
            ]
        ),
        json_values,
        max_size=3,
    ),
    captures=st.lists(st.dictionaries(keys, json_values, max_size=4), max_size=3) | json_values,
)
def test_no_metadata_breaks_the_replay(tmp_path: Path, globals_: dict[str, Any], captures: Any) -> None:
    path = write_sigmf(tmp_path, globals=globals_, captures=captures)
    with contextlib.suppress(HwError):
        for block in read_out(path, "sdr"):
            assert len(block.samples) > 0
            assert np.isfinite(block.samples).all()
