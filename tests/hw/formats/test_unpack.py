"""Compressed captures, whole, cut off and hostile."""

from __future__ import annotations

import bz2
import gzip
import lzma
from collections.abc import Callable
from pathlib import Path

import lz4.frame
import numpy as np
import pytest
import zstandard

from hw.errors import BadRecording
from hw.formats import unpack
from hw.formats.capture import CaptureReader
from hw.replay.session import find_parts
from tests.hw import capture_files as made
from tests.hw.capture_files import Record

RECORDS = [Record(bytes([n % 251]) * 60, 1_700_000_000_000_000_000 + n * 10**7) for n in range(300)]
PACKERS = (gzip.compress, bz2.compress, lzma.compress, zstandard.compress, lz4.frame.compress)


def frames(path: Path) -> list[bytes]:
    with CaptureReader(path) as reader:
        spans = [
            (b, s, n) for b in reader for s, n in zip(b.starts.tolist(), b.lengths.tolist(), strict=True)
        ]
        return [bytes(b.buffer[s : s + n]) for b, s, n in spans]


@pytest.mark.parametrize("pack", PACKERS)
@pytest.mark.parametrize("build", [made.pcap, made.pcapng])
def test_a_compressed_capture_is_read_as_it_is(
    tmp_path: Path, pack: Callable[[bytes], bytes], build: Callable[[list[Record]], bytes]
) -> None:
    path = tmp_path / "a.pcap.gz"
    path.write_bytes(pack(build(RECORDS)))
    assert frames(path) == [r.data for r in RECORDS]
    assert find_parts(str(tmp_path)).monitor == (path,)
    assert find_parts(str(path)).monitor == (path,)


@pytest.mark.parametrize("pack", PACKERS)
def test_several_streams_behind_each_other_are_one(tmp_path: Path, pack: Callable[[bytes], bytes]) -> None:
    whole = made.pcap(RECORDS)
    path = tmp_path / "a.pcap"
    path.write_bytes(pack(whole[:5000]) + pack(whole[5000:]))
    assert frames(path) == [r.data for r in RECORDS]


@pytest.mark.parametrize("pack", PACKERS)
def test_one_that_was_cut_off_or_damaged_is_read_as_far_as_it_goes(
    tmp_path: Path, pack: Callable[[bytes], bytes]
) -> None:
    rng = np.random.default_rng(1)
    records = [Record(rng.bytes(900), 1_700_000_000_000_000_000 + n * 10**7) for n in range(600)]
    packed = pack(made.pcap(records))
    path = tmp_path / "a.packed"
    for content in (packed[:-40], packed[:-2000] + b"\xff" * 2000):
        path.write_bytes(content)
        try:
            with CaptureReader(path) as reader:
                assert sum(len(batch) for batch in reader) > 0
                assert sum(reader.dropped.values()) >= 1
        except BadRecording:
            assert (
                pack is bz2.compress
            )  # its blocks are so long that the file's beginning is in the damaged one


def test_a_bomb_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unpack, "LEAST_LIMIT_BYTES", 5000)
    monkeypatch.setattr(unpack, "MOST_TIMES", 1)
    path = tmp_path / "a.gz"
    path.write_bytes(gzip.compress(made.pcap(RECORDS)))
    with CaptureReader(path) as reader:
        assert sum(len(batch) for batch in reader) < len(RECORDS)
        assert reader.dropped["unpacked_limit"] == 1


@pytest.mark.parametrize(("ending", "pack"), [("zst", zstandard.compress), ("lz4", lz4.frame.compress)])
def test_without_its_library_the_command_that_unpacks_is_named(
    tmp_path: Path, ending: str, pack: Callable[[bytes], bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(name: str) -> None:
        raise ModuleNotFoundError(name=name)

    monkeypatch.setattr(unpack, "import_module", missing)
    path = tmp_path / f"a.pcap.{ending}"
    path.write_bytes(pack(made.pcap(RECORDS)))
    with pytest.raises(BadRecording) as caught:
        find_parts(str(path))
    assert f"-d a.pcap.{ending}" in str(caught.value.hint)
