"""What is given from elsewhere is read up to a bound, and a statement counts only with a known key."""

from __future__ import annotations

from pathlib import Path

import pytest
import typer

from firmware.cli.report_witness import TEXT_MOST, public_of, text_of, witnessed
from firmware.errors import FirmwareError
from firmware.i18n.catalog import Catalog
from firmware.records.custody.anchor import Expected


def test_a_text_is_read_up_to_a_bound(tmp_path: Path) -> None:
    file = tmp_path / "long.txt"
    file.write_bytes(b"\xff" + b"a" * (2 * TEXT_MOST))
    assert len(text_of(file)) == TEXT_MOST
    assert text_of(file).startswith("\N{REPLACEMENT CHARACTER}a")


def test_what_is_no_key_or_not_there_is_said(tmp_path: Path) -> None:
    file = tmp_path / "key.pem"
    file.write_text("no key", encoding="utf-8")
    for path in (file, tmp_path / "none"):
        with pytest.raises(FirmwareError):
            public_of(path)


@pytest.mark.parametrize(("key", "paper"), [(False, False), (True, True)])
def test_a_witness_needs_its_key_and_stands_for_paper(tmp_path: Path, *, key: bool, paper: bool) -> None:
    expected = Expected(hash="a" * 64) if paper else None
    with pytest.raises(typer.BadParameter):
        witnessed(tmp_path / "said.txt", tmp_path / "key.pem" if key else None, expected, Catalog("en"))
