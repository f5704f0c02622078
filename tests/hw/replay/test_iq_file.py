"""Recordings of other programs give the samples that were put into them."""

from __future__ import annotations

import gzip
import json
import struct
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from hw.clock import ManualClock
from hw.config import HwConfig, SdrConfig
from hw.errors import BadRecording
from hw.replay.sdr import open_recording, open_sdr
from hw.types import IqBlock

RATE_HZ, CENTER_HZ = 250_000.0, 433.92e6
SAMPLES = np.exp(2j * np.pi * 0.1 * np.arange(20_000)).astype(np.complex64) * np.float32(0.5)
SHORTS = np.round(SAMPLES.view(np.float32) * 32768).astype("<i2")


def replay(path: Path, config: HwConfig | None = None) -> IqBlock:
    sdr = open_sdr(target=str(path), config=config or HwConfig(), clock=ManualClock())
    return sdr.read(count=1 << 20)


def wav(*, tag: int, bits: int, data: bytes, channels: int = 2, auxi: bytes = b"") -> bytes:
    form = struct.pack("<HHIIHH", tag, channels, int(RATE_HZ), 0, channels * bits // 8, bits)
    chunks = b"fmt " + struct.pack("<I", 16) + form
    if auxi:
        chunks += b"auxi" + struct.pack("<I", len(auxi)) + auxi
    chunks += b"data" + struct.pack("<I", len(data)) + data
    return b"RIFF" + struct.pack("<I", 4 + len(chunks)) + b"WAVE" + chunks


def blue(*, order: str = "<") -> bytes:
    head = bytearray(512)
    head[0:12] = b"BLUE" + (b"IEEEIEEE" if order == ">" else b"EEEIEEEI")
    data = SHORTS.astype(order + "i2").tobytes()
    struct.pack_into(order + "dd", head, 32, 512.0, float(len(data)))
    struct.pack_into(order + "i", head, 48, 1000)
    head[52:54] = b"CI"
    struct.pack_into(order + "d", head, 264, 1 / RATE_HZ)
    head[164:186] = b"RF_FREQ=433920000\0    "
    return bytes(head) + data


def files() -> dict[str, bytes]:
    bytes_ = np.round(SAMPLES.view(np.float32) * 127.5 + 127.5).astype("u1").tobytes()
    return {
        "g001_433.92M_250k.cu8": bytes_,
        "g001_433.92M_250k.cu8.gz": gzip.compress(bytes_),
        "g001_433.92M_250k.cs16": SHORTS.tobytes(),
        "g001_433.92M_250k.cf32": SAMPLES.tobytes(),
        "gqrx_20240101_120000_433920000_250000_fc.raw": SAMPLES.tobytes(),
        "baseband_433920000Hz_12-00-00_01-01-2024.wav": wav(tag=1, bits=16, data=SHORTS.tobytes()),
        "baseband_433920000Hz.wav.gz": gzip.compress(wav(tag=1, bits=16, data=SHORTS.tobytes())),
        "redhawk.blue.gz": gzip.compress(blue()),
        "SDRuno.wav": wav(
            tag=1, bits=16, data=SHORTS.tobytes(), auxi=bytes(32) + struct.pack("<I", 433_920_000) + bytes(64)
        ),
        "f_433920000Hz.wav": wav(tag=3, bits=32, data=SAMPLES.tobytes()),
        "redhawk.blue": blue(),
        "big.tmp": blue(order=">"),
    }


@pytest.mark.parametrize("name", files())
def test_each_program_s_recording_is_read(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_bytes(files()[name])
    block = replay(path)
    assert (block.rate_hz, block.center_hz) == pytest.approx((RATE_HZ, CENTER_HZ))
    assert block.samples == pytest.approx(SAMPLES, abs=0.005)


def test_a_portapack_capture_has_its_numbers_beside_it(tmp_path: Path) -> None:
    (tmp_path / "BBD_0001.C16").write_bytes(SHORTS.tobytes())
    (tmp_path / "BBD_0001.TXT").write_text("sample_rate=250000\ncenter_frequency=433920000\n")
    block = replay(tmp_path / "BBD_0001.C16")
    assert (block.rate_hz, block.center_hz) == (RATE_HZ, CENTER_HZ)


def test_what_a_recording_does_not_say_is_asked_for_and_taken(tmp_path: Path) -> None:
    path = tmp_path / "urh.complex"
    path.write_bytes(SAMPLES.tobytes())
    with pytest.raises(BadRecording, match="sample rate") as caught:
        replay(path)
    assert "--rate" in caught.value.hint
    said = HwConfig(sdr=SdrConfig(replay_rate_hz=RATE_HZ, replay_center_hz=CENTER_HZ))
    block = replay(path, said)
    assert (block.rate_hz, block.center_hz) == (RATE_HZ, CENTER_HZ)


@pytest.mark.parametrize("datatype", ["ci32_le", "ci32_be", "cf64_le", "cf32", "ci16", "cf64_be", "cu32_le"])
def test_every_sigmf_type_is_read(datatype: str, tmp_path: Path) -> None:
    kind, order = datatype[1:].split("_")[0], ">" if datatype.endswith("_be") else "<"
    values = SAMPLES.view(np.float32).astype(np.float64)
    if kind[0] == "f":
        raw = values.astype(f"{order}f{int(kind[1:]) // 8}")
    else:
        full = 2.0 ** (int(kind[1:]) - 1)
        zero = full - 0.5 if kind[0] == "u" else 0.0
        raw = np.round(values * (full - 1) + zero).astype(f"{order}{kind[0]}{int(kind[1:]) // 8}")
    write_sigmf(tmp_path / "x", datatype, raw.tobytes())
    assert replay(tmp_path / "x.sigmf-meta").samples == pytest.approx(SAMPLES, abs=1e-3)


def write_sigmf(stem: Path, datatype: str, raw: bytes) -> None:
    stem.with_suffix(".sigmf-data").write_bytes(raw)
    meta = {
        "global": {"core:datatype": datatype, "core:sample_rate": RATE_HZ, "core:version": "1.0.0"},
        "captures": [{"core:sample_start": 0, "core:frequency": CENTER_HZ}],
        "annotations": [],
    }
    stem.with_suffix(".sigmf-meta").write_text(json.dumps(meta))


def test_real_samples_become_complex_ones_of_half_the_rate(tmp_path: Path) -> None:
    tone = np.cos(2 * np.pi * 0.3 * np.arange(40_000)).astype("<f4")  # 75 kHz over the recording's frequency
    write_sigmf(tmp_path / "x", "rf32_le", tone.tobytes())
    block = replay(tmp_path / "x.sigmf-meta")
    assert block.rate_hz == RATE_HZ / 2
    assert block.center_hz == CENTER_HZ + RATE_HZ / 4
    peak = np.argmax(np.abs(np.fft.fft(block.samples)))
    found_hz = block.center_hz + np.fft.fftfreq(len(block.samples), 1 / block.rate_hz)[peak]
    assert found_hz == pytest.approx(CENTER_HZ + 75e3, abs=20)
    assert np.abs(block.samples[100:-100]).mean() == pytest.approx(1.0, abs=0.02)


def test_a_collection_gives_all_its_recordings(tmp_path: Path) -> None:
    for name in ("a", "b"):
        write_sigmf(tmp_path / name, "cf32_le", SAMPLES.tobytes())
    streams = {"collection": {"core:streams": [{"name": "a"}, {"name": "b"}, {"name": "gone"}]}}
    (tmp_path / "all.sigmf-collection").write_text(json.dumps(streams))
    assert len(open_recording(tmp_path / "all.sigmf-collection", Counter())) == 2
    assert len(replay(tmp_path / "all.sigmf-collection").samples) == len(SAMPLES)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("music.wav", wav(tag=1, bits=16, data=bytes(400), channels=1)),
        ("cut.wav", wav(tag=1, bits=16, data=b"")[:30]),
        ("cut.tmp", b"BLUE" + bytes(50)),
        ("empty_433M_250k.cu8", b"\0"),
        ("cut.wav.gz", gzip.compress(wav(tag=1, bits=16, data=SHORTS.tobytes()))[:-30]),
        ("bad_433M_250k.cu8.gz", b"\x1f\x8b" + bytes(40)),
        ("bad.sigmf-collection", b"{}"),
        ("table.csv", b"2024-01-01, 12:00:00, 400000000, 402000000, 7812.5, 32, -50.1, -51.2\n"),
        ("some.iq", bytes(1000)),
    ],
)
def test_what_cannot_be_read_is_one_clear_error(name: str, content: bytes, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(BadRecording) as caught:
        replay(path)
    assert caught.value.hint
