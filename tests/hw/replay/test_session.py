"""What may follow ``--kit replay:``: all is told by content, and every mistake gets one clear error."""

from __future__ import annotations

import contextlib
import json
import os
import tarfile
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hw.clock import ManualClock
from hw.config import HwConfig
from hw.errors import BadKit, BadRecording, DeviceMissing, EndOfRecording, HwError
from hw.kit import open_device
from hw.replay.session import find_parts, natural_order
from tests.hw import capture_files as made
from tests.hw.capture_files import Record

SHARED = Path(__file__).parents[3].parent / "shared" / "data"
ROLES = ("sdr", "monitor", "ble", "camera", "buttons")
READS: dict[str, dict[str, Any]] = {
    "sdr": {"count": 100_000},
    "monitor": {"duration_s": 0.5},
    "ble": {"duration_s": 0.5},
    "camera": {},
}


def open_role(path: Path, role: str, clock: ManualClock | None = None) -> Any:
    device = open_device(role, spec=f"replay:{path}", config=HwConfig(), clock=clock or ManualClock())
    return device.camera if role == "camera" else device


def read_out(path: Path, role: str) -> list[Any]:
    with open_role(path, role) as device:
        items = []
        while True:
            try:
                items.append(device.read(**READS[role]))
            except EndOfRecording:
                break
        for _ in range(2):  # the end stays the end
            with pytest.raises(EndOfRecording):
                device.read(**READS[role])
        return items


def outcomes(path: Path) -> dict[str, str]:
    found = {}
    for role in ROLES:
        try:
            with open_role(path, role):
                found[role] = "open"
        except HwError as error:
            found[role] = type(error).__name__ if error.what else "an error that says nothing"
    return found


def write_sigmf(folder: Path, name: str = "rec", *, data: bytes = bytes(200), **changes: Any) -> Path:
    globals_: dict[str, Any] = {"core:datatype": "cu8", "core:sample_rate": 1e6, "core:version": "1.0.0"}
    globals_ |= changes.pop("globals", {})
    meta = {
        "global": globals_,
        "captures": [{"core:sample_start": 0, "core:frequency": 1e9}],
        "annotations": [],
    }
    meta |= changes
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.sigmf-data").write_bytes(data)
    path = folder / f"{name}.sigmf-meta"
    path.write_text(json.dumps(meta))
    return path


def picture(path: Path, level: int = 0, suffix: str = ".png") -> Path:
    done, raw = cv2.imencode(suffix, np.full((6, 8), level, dtype=np.uint8))
    assert done
    path.write_bytes(raw.tobytes())
    return path


def test_names_do_not_matter_contents_do(tmp_path: Path) -> None:
    ble_record = [Record(b"\4\x0e\4\1\3\x0c\0")]
    cases: list[tuple[bytes, str]] = [
        (made.pcap([Record(bytes(30))]), "monitor"),
        (made.pcapng([Record(bytes(30), link=105)]), "monitor"),
        (made.btsnoop(ble_record), "ble"),
        (made.pcap(ble_record, link=201), "ble"),
        (made.pcap([Record(bytes(4) + b"\x69\0\0\0" + bytes(9))], link=192), "monitor"),
        (made.pcap([Record(bytes(4) + b"\x93\0\0\0" + bytes(9))], link=192), "ble"),
        (picture(tmp_path / "p").read_bytes(), "camera"),
        (b"P5 2 2 255\n" + bytes(4), "camera"),
    ]
    for number, (content, role) in enumerate(cases):
        for suffix in ("", ".bin", ".sth.cap", ".txt"):
            path = tmp_path / f"n{number}{suffix}"
            path.write_bytes(content)
            assert outcomes(path) == {r: "open" if r == role else "DeviceMissing" for r in ROLES}


def test_one_capture_can_be_two_sensors(tmp_path: Path) -> None:
    path = tmp_path / "both.pcapng"
    path.write_bytes(
        made.pcapng([Record(bytes(30)), Record(b"\4\x0e\4\1\3\x0c\0", link=187), Record(bytes(31))])
    )
    found = outcomes(path)
    assert (found["monitor"], found["ble"], found["sdr"]) == ("open", "open", "DeviceMissing")
    (batch,) = read_out(path, "monitor")
    assert batch.lengths.tolist() == [30, 31]
    assert dict(batch.dropped) == {"other_link_type": 1}


def test_the_hint_names_the_command_that_fits(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    path.write_bytes(made.btsnoop([Record(b"\4\x0e\4\1\3\x0c\0")]))
    with pytest.raises(DeviceMissing, match="ansim scan ble"):
        open_role(path, "monitor")


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (made.pcap([Record(bytes(60))], link=1), "Ethernet frames, not 802.11"),
        (made.pcap([], link=147), "link type 147"),
        (b"", "empty"),
        (b"hello", "no recording that ansim knows"),
        (b"\x1f\x8b\x08\0", "ends inside its compression"),
        (b"\x28\xb5\x2f\xfd" + bytes(20), "ends inside its compression"),
        (b"\x04\x22\x4d\x18" + bytes(20), "ends inside its compression"),
        (b"\r\nBSSID, First time seen, Last time seen", ".cap file"),
        (b"SQLite format 3\0" + bytes(100), "database"),
        (made.section(), "no interface"),
    ],
)
def test_the_wrong_kind_of_file_is_refused(tmp_path: Path, content: bytes, says: str) -> None:
    (tmp_path / "a").write_bytes(content)
    with pytest.raises(BadRecording, match=says):
        open_role(tmp_path / "a", "monitor")


def test_what_is_not_there_is_a_mistake_of_the_caller(tmp_path: Path) -> None:
    for target in (tmp_path / "nothing", Path("x" * 5000), Path("a\0b")):
        with pytest.raises(BadKit):
            find_parts(str(target))
    (tmp_path / "empty").mkdir()
    with pytest.raises(BadRecording, match="holds no recording"):
        find_parts(str(tmp_path / "empty"))
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(BadRecording, match="neither"):
        find_parts(str(tmp_path / "pipe"))


def test_a_session_made_elsewhere(tmp_path: Path) -> None:
    write_sigmf(tmp_path / "rf", "hop")
    (tmp_path / "wifi.pcapng").write_bytes(made.pcap([Record(bytes(30))]))  # its name lies: content counts
    (tmp_path / "phone.log").write_bytes(made.btsnoop([Record(b"\4\x0e\4\1\3\x0c\0")]))
    (tmp_path / "camera").mkdir()
    picture(tmp_path / "camera" / "1.jpg", suffix=".jpg")
    assert outcomes(tmp_path) == {**dict.fromkeys(ROLES, "open"), "buttons": "DeviceMissing"}
    (tmp_path / "wifi.pcapng").unlink()
    assert outcomes(tmp_path)["monitor"] == "DeviceMissing"
    with open_role(tmp_path, "ble") as device:
        assert device.health().hint == ""
    assert sum(len(block.samples) for block in read_out(tmp_path, "sdr")) == 100
    assert not any(batch.adverts for batch in read_out(tmp_path, "ble"))  # an answer to a command
    assert len(read_out(tmp_path, "camera")) == 1


def test_several_captures_are_not_chosen_from_silently(tmp_path: Path) -> None:
    (tmp_path / "a.pcap").write_bytes(made.pcap([Record(bytes(30))]))
    (tmp_path / "b.pcap").write_bytes(made.pcap([Record(bytes(30))]))
    with pytest.raises(BadRecording, match="2 captures"):
        open_role(tmp_path, "monitor")
    (tmp_path / "b.pcap").rename(tmp_path / "wifi.pcap")
    assert len(read_out(tmp_path, "monitor")) == 1


def test_a_sigmf_archive(tmp_path: Path) -> None:
    raw = bytes(range(200))
    path = write_sigmf(tmp_path / "x", data=raw)
    with tarfile.open(tmp_path / "a.sigmf", "w") as archive:
        archive.add(path, "x/rec.sigmf-meta")
        archive.add(path.with_suffix(".sigmf-data"), "x/rec.sigmf-data")
    (block,) = read_out(tmp_path / "a.sigmf", "sdr")
    (same,) = read_out(path, "sdr")
    assert np.array_equal(block.samples, same.samples)
    content = (tmp_path / "a.sigmf").read_bytes()
    (tmp_path / "cut.sigmf").write_bytes(content[:1500])
    with pytest.raises(BadRecording):
        open_role(tmp_path / "cut.sigmf", "sdr")


def test_natural_order() -> None:
    names = ["f10.png", "f9.png", "F1.png", "f.png", "2", "f1a", "f01.png"]
    ordered = [p.name for p in sorted(map(Path, names), key=natural_order)]
    assert ordered.index("f9.png") < ordered.index("f10.png")
    assert ordered[0] == "2"


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    head=st.sampled_from(
        [
            b"",
            b"\x89PNG\r\n\x1a\n",
            b"\xff\xd8\xff",
            b"BM",
            b"P5 9 9 255\n",
            b'{"global":',
            b"btsnoop\0",
            made.pcap([]),
            made.section() + made.interface(127),
        ]
    ),
    noise=st.binary(max_size=300),
    suffix=st.sampled_from(["", ".png", ".sigmf", ".sigmf-meta", ".sigmf-data", ".pcap", ".toml"]),
)
def test_no_file_breaks_the_replay(tmp_path: Path, head: bytes, noise: bytes, suffix: str) -> None:
    path = tmp_path / f"f{suffix}"
    path.write_bytes(head + noise)
    for role in ("sdr", "monitor", "ble", "camera"):
        with contextlib.suppress(HwError):
            read_out(path, role)
    path.unlink()


@pytest.mark.shared
@pytest.mark.parametrize("path", sorted(SHARED.glob("*/*")), ids=lambda p: p.name)
def test_every_real_file_is_read_to_its_end_or_refused_clearly(path: Path) -> None:
    results, said = {}, []
    for role in ("sdr", "monitor", "ble", "camera"):
        try:
            results[role] = len(read_out(path, role))
        except HwError as error:
            results[role] = 0
            said.append(error.what)
    assert all(said)
    wrong_kind = path.name.startswith(("ether_", "sigmf_logo")) or path.parent.name == "spectral"
    assert bool(sum(results.values())) != wrong_kind


@pytest.mark.shared
def test_a_folder_with_many_recordings_is_one_clear_error() -> None:
    if not SHARED.is_dir():
        pytest.skip("the shared recordings are not here")
    for folder, role in (("wifi", "monitor"), ("iq", "sdr"), ("ble", "ble")):
        with pytest.raises(BadRecording):
            open_role(SHARED / folder, role)
