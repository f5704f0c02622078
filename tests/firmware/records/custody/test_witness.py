"""A second unit's statement anchors a chain for whoever knows the witness, and for nobody else."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware.records.bundle import verify_file
from firmware.records.custody.anchor import Expected
from firmware.records.custody.errors import KeyTrouble
from firmware.records.custody.unit_key import UnitKey
from firmware.records.custody.witness import bear_witness, read_witnessed
from firmware.records.store import RecordStore
from tests.firmware.records.rooms import FakeClock, inspection
from tests.firmware.records.test_store import SMALL, filled

WITNESS, STRANGER = UnitKey(bytes(range(32))), UnitKey(bytes(32))
SEEN = Expected(hash="ab" * 32, fingerprint="cd" * 16)


def test_what_is_said_is_read_and_the_text_fits_a_qr_code() -> None:
    text = bear_witness(WITNESS, SEEN, utc_s=1_764_600_000)
    said = read_witnessed(text.replace(" ", "\n"))
    assert (said.hash, said.unit, said.utc_s) == (SEEN.hash, SEEN.fingerprint, 1_764_600_000)
    assert said.expected(WITNESS.public) == SEEN
    assert set(text) <= set("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:")  # QR's alphanumeric mode
    with pytest.raises(KeyTrouble, match="Another unit"):
        said.expected(STRANGER.public)


@given(st.integers(9, 311), st.sampled_from("0123456789ABCDEF"))
def test_no_digit_changes_unnoticed(at: int, digit: str) -> None:
    text = bear_witness(WITNESS, SEEN, utc_s=1_764_600_000)
    changed = text[:at] + digit + text[at + 1 :]
    if changed == text:
        return
    with pytest.raises(KeyTrouble):
        read_witnessed(changed)


@pytest.mark.parametrize("text", ["", "ANSIM-W1", "ANSIM1 x 1 y z", "ANSIM-W1 " + "g" * 300])
def test_what_is_no_statement_is_refused(text: str) -> None:
    with pytest.raises(KeyTrouble):
        read_witnessed(text)


def test_nobody_vouches_for_a_hash_of_nobody_or_for_itself() -> None:
    for seen in (Expected(hash="ab" * 32), Expected(hash="ab" * 32, fingerprint=WITNESS.fingerprint)):
        with pytest.raises(KeyTrouble):
            bear_witness(WITNESS, seen, utc_s=0)


@pytest.mark.parametrize("attack", ["none", "put back", "rewritten", "replaced"])
def test_a_store_that_was_put_back_or_rewritten_lacks_what_the_witness_saw(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, attack: str
) -> None:
    monkeypatch.setenv("ANSIM_ANCHORS", str(tmp_path / "anchors"))
    folder = tmp_path / "records"
    with filled(folder, 2) as store:
        store._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    shutil.copytree(folder, tmp_path / "early")
    with RecordStore(folder, config=SMALL, clock=FakeClock()) as store:
        seen = Expected(
            hash=store.append(inspection(store.key, "room-0003")).hash, fingerprint=store.key.fingerprint
        )
        store._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    text = bear_witness(WITNESS, seen, utc_s=0)
    # another machine, which has no file outside the store
    monkeypatch.setenv("ANSIM_ANCHORS", str(tmp_path / "other"))
    if attack == "put back":
        folder = tmp_path / "early"
    elif attack in {"rewritten", "replaced"}:
        other = tmp_path / attack
        other.mkdir()
        if attack == "rewritten":
            shutil.copy(folder / "unit.key", other)
        filled(other, 3).close()
        folder = other
    checked = verify_file(folder / "records.db", expect=read_witnessed(text).expected(WITNESS.public))
    assert checked.standing == ("whole" if attack == "none" else "altered")
