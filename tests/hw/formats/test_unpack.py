"""Compressed captures, whole, cut off and hostile."""

from __future__ import annotations

import bz2
import gzip
import lzma
from collections.abc import Callable
from pathlib import Path

import pytest

from hw.errors import BadRecording
from hw.formats import unpack
from hw.formats.capture import CaptureReader
from hw.replay.session import find_parts
from tests.hw import capture_files as made
from tests.hw.capture_files import Record

RECORDS = [Record(bytes([n % 251]) * 60, 1_700_000_000_000_000_000 + n * 10**7) for n in range(300)]


def frames(path: Path) -> list[bytes]:
    with CaptureReader(path) as reader:
        spans = [
            (b, s, n) for b in reader for s, n in zip(b.starts.tolist(), b.lengths.tolist(), strict=True)
        ]
        return [bytes(b.buffer[s : s + n]) for b, s, n in spans]


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress])
@pytest.mark.parametrize("build", [made.pcap, made.pcapng])
def test_a_compressed_capture_is_read_as_it_is(
    tmp_path: Path, pack: Callable[[bytes], bytes], build: Callable[[list[Record]], bytes]
) -> None:
    path = tmp_path / "a.pcap.gz"
    path.write_bytes(pack(build(RECORDS)))
    assert frames(path) == [r.data for r in RECORDS]
    assert find_parts(str(tmp_path)).monitor == (path,)
    assert find_parts(str(path)).monitor == (path,)


def test_one_that_was_cut_off_is_read_as_far_as_it_goes(tmp_path: Path) -> None:
    path = tmp_path / "a.gz"
    path.write_bytes(gzip.compress(made.pcap(RECORDS))[:-40])
    with CaptureReader(path) as reader:
        assert 0 < sum(len(batch) for batch in reader) <= len(RECORDS)
        assert reader.dropped["compressed_end_missing"] == 1


def test_a_bomb_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unpack, "LEAST_LIMIT_BYTES", 5000)
    monkeypatch.setattr(unpack, "MOST_TIMES", 1)
    path = tmp_path / "a.gz"
    path.write_bytes(gzip.compress(made.pcap(RECORDS)))
    with CaptureReader(path) as reader:
        assert sum(len(batch) for batch in reader) < len(RECORDS)
        assert reader.dropped["unpacked_limit"] == 1


def test_other_compressions_are_named_with_what_unpacks_them(tmp_path: Path) -> None:
    path = tmp_path / "a.pcap.zst"
    path.write_bytes(b"\x28\xb5\x2f\xfd" + bytes(50))
    with pytest.raises(BadRecording, match=r"zstd -d a\.pcap\.zst"):
        find_parts(str(path))
