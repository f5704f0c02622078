"""A bundle is whole to the byte, on any machine, or it says which part or entry is not."""

from __future__ import annotations

import random
import shutil
import subprocess
import tracemalloc
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware.records.bundle import make_bundle, verify_file
from firmware.records.custody.deterministic_zip import pack, unpack
from firmware.records.custody.errors import BundleUnreadable, KeyTrouble, RecordsError
from firmware.records.custody.unit_key import UnitKey, public_pem, read_public_pem
from firmware.records.store import RecordStore
from tests.firmware.records.test_store import filled

PARTS = {
    "findings.csv": b"a,b\r\n1,2\r\n",
    "report-ko.pdf": b"%PDF-1.7 not really",
    "한글.txt": "안심".encode(),
}


def bundle_of(store: RecordStore, name: str = "room-0002", parts: dict[str, bytes] | None = None) -> bytes:
    entry = store.stored(name).entry
    return make_bundle(store.key, entry, store.entries(), PARTS if parts is None else parts)


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    with filled(tmp_path / "store") as store:
        path = tmp_path / "inspection.zip"
        path.write_bytes(bundle_of(store))
        (tmp_path / "unit.pem").write_bytes(public_pem(store.key.public))
    return path


def test_a_whole_bundle_is_whole_and_the_key_makes_it_sure(bundle: Path) -> None:
    checked = verify_file(bundle)
    assert checked.whole
    assert (checked.what, checked.pinned, checked.record, checked.entries) == (
        "bundle",
        False,
        "room-0002",
        3,
    )
    pinned = verify_file(bundle, public=read_public_pem(bundle.with_name("unit.pem").read_bytes()))
    assert (pinned.whole, pinned.pinned) == (True, True)


def test_any_zip_program_opens_it(bundle: Path) -> None:
    with zipfile.ZipFile(bundle) as archive:
        assert archive.testzip() is None
        assert set(PARTS) < set(archive.namelist())
    if shutil.which("unzip"):
        listed = subprocess.run(["unzip", "-t", str(bundle)], capture_output=True, check=False)
        assert listed.returncode == 0


def test_every_byte_of_the_file_counts(bundle: Path) -> None:
    """Every 29th byte, every byte of the public key, and of the zip's own directory."""
    raw = bundle.read_bytes()
    rng = random.Random(5)
    directory = raw.index(b"PK\x01\x02")
    key = raw.index(b"-----BEGIN PUBLIC KEY")
    for at in (*range(0, directory, 29), *range(key, key + 120), *range(directory, len(raw))):
        changed = bytearray(raw)
        changed[at] ^= 1 << rng.randrange(8)
        bundle.write_bytes(changed)
        try:
            whole = verify_file(bundle).whole
        except RecordsError:
            whole = False
        assert not whole, at


def test_the_part_that_was_changed_is_named(bundle: Path) -> None:
    parts, exact = unpack(bundle)
    assert exact
    for name in parts:
        changed = {**parts, name: parts[name].replace(b"1", b"2", 1) + b" "}
        bundle.write_bytes(pack(changed))
        troubles = verify_file(bundle, public=read_public_pem(parts["public-key.pem"])).troubles
        assert name in {t.where for t in troubles}, name
    bundle.write_bytes(pack({k: v for k, v in parts.items() if k != "findings.csv"}))
    assert [(t.where, t.word) for t in verify_file(bundle).troubles] == [("findings.csv", "missing")]
    bundle.write_bytes(pack({**parts, "more.txt": b"x"}))
    assert [(t.where, t.word) for t in verify_file(bundle).troubles] == [("more.txt", "added")]


def test_the_entry_that_was_changed_is_named(bundle: Path) -> None:
    parts, _ = unpack(bundle)
    lines = parts["chain.jsonl"].splitlines(keepends=True)
    bundle.write_bytes(pack({**parts, "chain.jsonl": lines[0] + lines[2]}))
    assert ("2", "missing") in {(t.where, t.word) for t in verify_file(bundle).troubles}
    bundle.write_bytes(pack({**parts, "chain.jsonl": lines[0] + lines[2] + lines[1]}))
    assert "reordered" in {t.word for t in verify_file(bundle).troubles}
    bundle.write_bytes(pack({**parts, "inspection.json": parts["inspection.json"].replace(b"0.91", b"0.01")}))
    assert ("2", "body") in {(t.where, t.part) for t in verify_file(bundle).troubles}


def test_a_bundle_signed_by_another_unit_is_named_where_the_key_is_known(
    bundle: Path, tmp_path: Path
) -> None:
    with filled(tmp_path / "other") as forger:
        bundle.write_bytes(bundle_of(forger))
    assert verify_file(bundle).whole  # whole in itself: only the key tells whose it is
    known = read_public_pem((tmp_path / "unit.pem").read_bytes())
    troubles = verify_file(bundle, public=known).troubles
    assert {"wrong-key"} == {t.word for t in troubles}
    assert {"1", "2", "3", "manifest.json"} == {t.where for t in troubles}


def test_a_bundle_packed_again_by_somebody_else_says_so(bundle: Path) -> None:
    parts, _ = unpack(bundle)
    with zipfile.ZipFile(bundle, "w", zipfile.ZIP_STORED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    assert [t.part for t in verify_file(bundle).troubles] == ["container"]


@pytest.mark.parametrize("size_bytes", [1 << 30, 3 << 30])
def test_a_large_file_that_is_no_zip_is_refused_unread(tmp_path: Path, size_bytes: int) -> None:
    path = tmp_path / "sparse.zip"
    with path.open("wb") as file:
        file.write(b"PK\3\4")
        file.truncate(size_bytes)
    tracemalloc.start()
    with pytest.raises(RecordsError):
        verify_file(path)
    assert tracemalloc.get_traced_memory()[1] < 1 << 24
    tracemalloc.stop()


def test_other_inspections_do_not_travel_along(tmp_path: Path) -> None:
    with filled(tmp_path / "store") as store:
        raw = bundle_of(store, "room-0002", {})
        others = [store.stored(f"room-000{n}").entry for n in (1, 3)]
    for other in others:
        assert other.body is not None
        assert other.body not in raw
    assert raw.count("서울역 Station".encode()) == 1


@given(st.dictionaries(st.text("abcé-./가", min_size=1, max_size=12), st.binary(max_size=50), max_size=5))
def test_what_is_packed_is_unpacked(parts: dict[str, bytes]) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "x.zip"
        path.write_bytes(pack(parts))
        assert unpack(path) == (parts, True)


@given(st.binary(max_size=300))
def test_garbage_is_refused_and_nothing_else(raw: bytes) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "x.zip"
        path.write_bytes(raw)
        with pytest.raises(RecordsError):
            verify_file(path)


def test_a_public_key_travels_as_pem_and_nothing_else_passes(tmp_path: Path) -> None:
    key = UnitKey(bytes(32))
    assert read_public_pem(public_pem(key.public)) == key.public
    with pytest.raises(KeyTrouble):
        read_public_pem(b"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n")


def test_a_zip_of_endless_parts_is_refused_before_its_list_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "many.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for n in range(1001):
            archive.writestr(f"{n}", b"")
    monkeypatch.setattr(zipfile, "ZipFile", None)
    with pytest.raises(BundleUnreadable, match="more parts than any bundle"):
        unpack(path)
