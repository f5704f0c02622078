"""Files of other programs that hold no packets, or packets nobody reads: each is named with the way out."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from hw.errors import BadRecording
from hw.replay.foreign_files import foreign_file
from hw.replay.session import find_parts
from tests.hw import capture_files as made
from tests.hw.capture_files import Record

PACKET_LOG = struct.pack(">IIIB", 9 + 4, 1_700_000_000, 0, 0) + bytes(4)
FOREIGN = [
    ("dump-01.csv", b"\r\nBSSID, First time seen, Last time seen, channel\r\n", ".cap file"),
    ("walk.csv", b"WigleWifi-1.4,appRelease=2.6\n", ".kismet file"),
    ("walk.netxml", b'<?xml version="1.0"?><detection-run kismet-version="x">', ".pcap, .cap or .kismet"),
    ("iphone.pklg", PACKET_LOG * 3, "btlogger -f pcapng"),
]


@pytest.mark.parametrize(("name", "content", "way_out"), FOREIGN)
def test_a_foreign_file_is_named_alone_and_in_a_folder(
    tmp_path: Path, name: str, content: bytes, way_out: str
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    for target in (path, tmp_path):
        with pytest.raises(BadRecording, match=name.replace(".", r"\.")) as caught:
            find_parts(str(target))
        assert way_out in (caught.value.hint or "")


@pytest.mark.parametrize(("name", "content"), [row[:2] for row in FOREIGN])
def test_beside_a_capture_it_says_nothing(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    (tmp_path / "a.pcap").write_bytes(made.pcap([Record(bytes(60))]))
    assert [p.name for p in find_parts(str(tmp_path)).monitor] == ["a.pcap"]


def test_other_files_are_none_of_them() -> None:
    assert foreign_file(Path("a.csv"), b"a,b,c") is None
    assert foreign_file(Path("a.pcap"), made.pcap([])) is None
