"""What was appended is there, in order, signed; nothing can be changed behind the store's back."""

from __future__ import annotations

import os
import resource
import sqlite3
import stat
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path

import pytest

from firmware.records.custody.errors import (
    AttachmentTrouble,
    KeyTrouble,
    NoSuchRecord,
    RecordsError,
    StoreBusy,
    StoreDamaged,
    StoreFull,
    StoreUnwritable,
)
from firmware.records.custody.hash_chain import ChainCheck
from firmware.records.custody.unit_key import load_or_make_unit_key
from firmware.records.model import Attachment, read_verdict
from firmware.records.store import RecordStore
from firmware.settings.records_config import RecordsConfig
from firmware.verdict.model import Level
from tests.firmware.records.rooms import ALL_MACS, BYSTANDER_NAME, FakeClock, inspection, verdict

MIB = 1 << 20
SMALL = RecordsConfig(free_least_bytes=0)


def filled(folder: Path, count: int = 3, *, clock: FakeClock | None = None) -> RecordStore:
    clock = clock or FakeClock()
    store = RecordStore(folder, config=SMALL, clock=clock)
    for n in range(1, count + 1):
        store.append(inspection(store.key, f"room-{n:04d}", cubicle=str(n)))
        clock.go(60)
    return store


def test_what_was_appended_comes_back_and_the_chain_is_whole(tmp_path: Path) -> None:
    with filled(tmp_path) as store:
        written = inspection(store.key, "room-9999")
        entry = store.append(written)
    with RecordStore(tmp_path, config=SMALL, clock=FakeClock()) as again:
        stored = again.stored("room-9999")
        assert stored.inspection == written
        assert stored.entry == entry
        check = again.verify()
        assert check == ChainCheck(entries=4, head=entry.hash, faults=())
        assert [row.id for row in again.listed()] == ["room-0001", "room-0002", "room-0003", "room-9999"]


def test_the_verdict_survives_the_store_number_for_number(tmp_path: Path) -> None:
    with filled(tmp_path, 1) as store:
        kept = read_verdict(store.stored("room-0001").inspection)
    said = verdict()
    assert (kept.level, kept.probability, kept.log_lr) == (said.level, said.probability, said.log_lr)
    assert kept.coverage == said.coverage
    assert kept.arithmetic == said.arithmetic
    assert [c.log_lr for c in kept.contributions] == [c.log_lr for c in said.contributions]


def test_an_id_may_be_shortened_but_not_ambiguous(tmp_path: Path) -> None:
    with filled(tmp_path) as store:
        assert store.stored("room-0002").inspection.id == "room-0002"
        for wrong in ("room", "room-", "nowhere", "%", "room_0001"):
            with pytest.raises(NoSuchRecord):
                store.stored(wrong)


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM entries WHERE seq = 2",
        "UPDATE entries SET header = x'00' WHERE seq = 2",
        "DELETE FROM bodies WHERE seq = 2",
        "UPDATE bodies SET body = x'00' WHERE seq = 2",
        "UPDATE bodies SET level = 'nothing_found'",
        "INSERT INTO entries VALUES (9, 'x', x'00', x'00')",
        "DELETE FROM head",
        "UPDATE head SET seq = 1",
    ],
)
def test_the_database_itself_refuses_to_forget(tmp_path: Path, statement: str) -> None:
    filled(tmp_path).close()
    with (
        closing(sqlite3.connect(tmp_path / "records.db")) as db,
        pytest.raises(sqlite3.IntegrityError, match="append-only"),
    ):
        db.execute(statement)


def test_no_clear_address_and_no_bystanders_name_is_anywhere_on_the_disk(tmp_path: Path) -> None:
    store = filled(tmp_path)  # still open: the WAL is looked at too
    raw = b"".join(p.read_bytes() for p in tmp_path.rglob("*") if p.is_file()).lower()
    store.close()
    for mac in ALL_MACS:
        digits = mac.replace(":", "")
        for form in (mac, digits, mac.replace(":", "-"), digits[:4] + "." + digits[4:8] + "." + digits[8:]):
            assert form.encode() not in raw
        assert bytes.fromhex(digits) not in raw
    assert BYSTANDER_NAME.encode() not in raw
    assert b"minji" not in raw


def test_the_key_is_its_owners_alone(tmp_path: Path) -> None:
    filled(tmp_path, 1).close()
    key = tmp_path / "unit.key"
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o700
    key.chmod(0o644)
    with pytest.raises(KeyTrouble, match="chmod 600"):
        RecordStore(tmp_path, config=SMALL)


def test_a_lost_or_foreign_key_is_never_replaced_silently(tmp_path: Path) -> None:
    filled(tmp_path / "a", 1).close()
    (tmp_path / "a" / "unit.key").rename(tmp_path / "kept.key")
    with pytest.raises(KeyTrouble, match="gone"):
        RecordStore(tmp_path / "a", config=SMALL)
    filled(tmp_path / "b", 1).close()
    (tmp_path / "b" / "unit.key").rename(tmp_path / "a" / "unit.key")
    with pytest.raises(KeyTrouble, match="another unit"):
        RecordStore(tmp_path / "a", config=SMALL)


def test_many_threads_that_want_the_key_first_get_the_same_one(tmp_path: Path) -> None:
    found: list[str] = []
    threads = [
        threading.Thread(target=lambda: found.append(load_or_make_unit_key(tmp_path).fingerprint))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert len(set(found)) == 1
    assert [p.name for p in tmp_path.iterdir()] == ["unit.key"]


def test_two_writers_make_one_chain(tmp_path: Path) -> None:
    with filled(tmp_path, 1) as one, RecordStore(tmp_path, config=SMALL, clock=FakeClock()) as other:
        for n in range(4):
            (one, other)[n % 2].append(inspection(one.key, f"turn-{n}"))
        assert one.verify().whole
        assert one.verify().entries == 5


def test_a_writer_that_holds_on_is_named(tmp_path: Path) -> None:
    config = RecordsConfig(free_least_bytes=0, busy_wait_s=0.0)
    with filled(tmp_path, 1) as store, RecordStore(tmp_path, config=config, clock=FakeClock()) as other:
        store._db.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreBusy):
            other.append(inspection(store.key, "late-0001"))
        store._db.execute("ROLLBACK")
        other.append(inspection(store.key, "late-0001"))


def test_a_read_only_folder_is_one_clear_error(tmp_path: Path) -> None:
    """As root, modes do not stop anybody; another user does the trying."""
    filled(tmp_path / "records", 1).close()
    code = (
        "import os, sys\nfrom pathlib import Path\n"
        "from firmware.records.store import RecordStore\n"
        "from firmware.records.custody.errors import RecordsError\n"
        "if os.geteuid() == 0: os.setuid(65534)\n"
        "try: RecordStore(Path(sys.argv[1]))\n"
        "except RecordsError as error: print(type(error).__name__)\n"
    )
    for path in (tmp_path / "records" / "records.db", tmp_path / "records" / "unit.key"):
        path.chmod(0o444)
    for folder in (tmp_path / "records", *tmp_path.parents):
        if folder.stat().st_uid == os.geteuid() and folder != Path("/"):
            folder.chmod((folder.stat().st_mode | 0o055) & ~(0o222 if folder.name == "records" else 0))
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "records")], capture_output=True, text=True, check=False
    )
    (tmp_path / "records").chmod(0o700)
    assert done.stdout.strip() == StoreUnwritable.__name__, done.stderr


def test_a_disk_that_is_full_is_one_clear_error_and_loses_nothing(tmp_path: Path) -> None:
    """A limit on file sizes makes the operating system refuse the write, as a full disk does."""
    filled(tmp_path, 1).close()
    code = (
        "import resource, signal, sys\nfrom pathlib import Path\n"
        "from firmware.records.store import RecordStore\n"
        "from firmware.records.custody.errors import StoreFull\n"
        "from tests.firmware.records.rooms import inspection\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, resource.RLIM_INFINITY))\n"
        "store = RecordStore(Path(sys.argv[1]))\n"
        "try:\n    for n in range(100):\n"
        "        print(store.append(inspection(store.key, f'full-{n:04d}')).row, flush=True)\n"
        "except StoreFull as error: print('full', error.hint)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=False
    )
    rows = [line for line in done.stdout.splitlines() if line.isdigit()]
    assert "full Export" in done.stdout, done.stdout + done.stderr
    assert len(rows) >= 2
    with RecordStore(tmp_path, config=SMALL) as store:
        check = store.verify()
        assert check.whole, check.faults
        assert check.entries == int(rows[-1])
        store.append(inspection(store.key, "room-after"))
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[1] == resource.RLIM_INFINITY


def append_until_full(store: RecordStore) -> int:
    for count in range(500):
        try:
            store.append(inspection(store.key, f"full-{count:04d}"))
        except StoreFull:
            return count
    raise AssertionError("it never was full")


@pytest.mark.root
def test_a_small_disk_fills_up_and_recovers(tmp_path: Path) -> None:
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=600k", "tmpfs", str(tmp_path)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("mounting a small disk needs root")
    try:
        with filled(tmp_path, 1) as store:
            count = append_until_full(store)
            assert store.verify().whole
            assert store.verify().entries == 1 + count
        with RecordStore(tmp_path, config=SMALL, clock=FakeClock()) as again:
            assert again.verify().whole
    finally:
        subprocess.run(["umount", str(tmp_path)], check=True)


def test_the_stores_own_reserve_is_kept(tmp_path: Path) -> None:
    huge = RecordsConfig(free_least_bytes=1 << 40)
    with (
        RecordStore(tmp_path, config=huge, clock=FakeClock()) as store,
        pytest.raises(StoreFull, match="make room"),
    ):
        store.append(inspection(store.key))


def test_a_file_that_is_not_a_store_is_refused_and_left_alone(tmp_path: Path) -> None:
    for n, content in enumerate((b"not a database at all, but quite long" * 50, None)):
        folder = tmp_path / str(n)
        folder.mkdir()
        if content is None:
            with closing(sqlite3.connect(folder / "records.db")) as db:
                db.execute("CREATE TABLE other (x)")
                db.commit()
            content = (folder / "records.db").read_bytes()
        else:
            (folder / "records.db").write_bytes(content)
        with pytest.raises(StoreDamaged):
            RecordStore(folder, config=SMALL)
        assert (folder / "records.db").read_bytes()[100:] == content[100:]


def test_attachments_are_kept_by_content_and_missing_ones_are_refused(tmp_path: Path) -> None:
    with RecordStore(tmp_path, config=SMALL, clock=FakeClock()) as store:
        kept = store.attachments.put(b"picture", name="screen.png", media_type="image/png")
        assert (
            store.attachments.put(b"picture", name="same.png", media_type="image/png").sha256 == kept.sha256
        )
        assert len([p for p in (tmp_path / "attachments").rglob("*") if p.is_file()]) == 1
        store.append(inspection(store.key, attachments=(kept,)))
        never = Attachment(sha256="0" * 64, name="no.png", media_type="image/png", size_bytes=3)
        with pytest.raises(AttachmentTrouble):
            store.append(inspection(store.key, "room-0002", attachments=(never,)))
        assert store.verify().entries == 1
        path = tmp_path / "attachments" / kept.sha256[:2] / kept.sha256
        path.write_bytes(b"pictura")
        fault = store.verify().faults[0]
        assert (fault.seq, fault.word, fault.part) == (1, "altered", "attachment")
        path.unlink()
        assert store.verify().faults[0].word == "missing"
        small = RecordsConfig(attachment_most_bytes=1024)
        with RecordStore(tmp_path, config=small) as other, pytest.raises(AttachmentTrouble, match="1,024"):
            other.attachments.put(b"x" * 2000, name="big", media_type="image/png")


def test_a_record_without_attachments_makes_no_folder(tmp_path: Path) -> None:
    with filled(tmp_path):
        assert not (tmp_path / "attachments").exists()


def test_the_same_cubicle_is_found_again_and_the_corridor(tmp_path: Path) -> None:
    with filled(tmp_path, 2) as store:
        store.append(inspection(store.key, "corridor-1", kind="corridor", level=Level.NOTHING_FOUND))
        now = inspection(store.key, "room-now", cubicle="2")
        store.append(now)
        assert [s.inspection.id for s in store.earlier(now)] == ["room-0002"]
        corridor = store.latest_corridor("서울역 Station")
        assert corridor is not None
        assert corridor.inspection.id == "corridor-1"
        assert store.latest_corridor("elsewhere") is None


def test_every_error_is_of_one_root() -> None:
    assert all(issubclass(e, RecordsError) for e in (StoreBusy, StoreFull, StoreUnwritable, StoreDamaged))
    assert issubclass(StoreFull, OSError)
    assert issubclass(NoSuchRecord, KeyError)
