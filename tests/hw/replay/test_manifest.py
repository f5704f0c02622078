"""Whatever stands in a manifest, it is read or refused with a sentence."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hw.errors import BadRecording
from hw.replay.manifest import FILE_NAME, Manifest, SessionPart, read_manifest, write_manifest
from hw.types import DeviceInfo

PART = SessionPart(role="monitor", path="wifi.pcapng", bytes=5, sha256="0" * 64)
DEVICE = DeviceInfo(role="monitor", backend="sim", name="adapter")
GOOD = Manifest(wall_ns=1, kit="sim:x", devices=(DEVICE,), parts=(PART,), stopped={"sdr": "lost"})
LINES = {
    "wall_ns": "wall_ns = 1",
    "stopped": '[stopped]\nsdr = "lost"',
    "parts": "[[parts]]",
    "devices": "[[devices]]",
    "path": 'path = "wifi.pcapng"',
    "bytes": "bytes = 5",
    "sha256": f'sha256 = "{"0" * 64}"',
    "name": 'name = "adapter"',
}
VALUES = (
    "5",
    "-1",
    "inf",
    "nan",
    "true",
    "[]",
    "[5]",
    "{}",
    "1979-05-27",
    '"\\u0000"',
    '"x"',
    "4611686018427387904000",
)


def written(folder: Path) -> str:
    write_manifest(folder, GOOD)
    return (folder / FILE_NAME).read_text(encoding="utf-8").replace('"sdr"', "sdr")


def test_what_is_written_is_read(tmp_path: Path) -> None:
    written(tmp_path)
    assert read_manifest(tmp_path) == GOOD


@pytest.mark.parametrize("name", LINES)
@pytest.mark.parametrize("value", VALUES)
def test_a_value_of_another_kind_is_refused_with_a_sentence(tmp_path: Path, name: str, value: str) -> None:
    text = written(tmp_path)
    assert LINES[name] in text
    rest = text.replace(LINES[name], "[dropped]" if "[" in LINES[name] else f"{name} = {value}")
    head = f"{name} = {value}\n" if "[" in LINES[name] else ""
    (tmp_path / FILE_NAME).write_text(head + rest, encoding="utf-8")
    try:
        manifest = read_manifest(tmp_path)
    except BadRecording:
        return
    assert manifest is not None
    assert isinstance(manifest.wall_ns, int)
    assert all(isinstance(p.path, str) and isinstance(p.bytes, int) for p in manifest.parts)


VALUE = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text("abc", min_size=1), inner, max_size=3)
    ),
)


@given(st.binary(max_size=200) | VALUE.map(lambda v: f"wall_ns = {json.dumps(v)}".encode()))
def test_garbage_is_refused_and_nothing_else(raw: bytes) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / FILE_NAME).write_bytes(raw)
        with pytest.raises(BadRecording):
            read_manifest(Path(folder))
