"""Reads what `ansim report verify` is given from elsewhere: keys, lists of them, a witness's statement."""

from __future__ import annotations

from pathlib import Path

import typer

from firmware.i18n.catalog import Catalog
from firmware.records.custody.anchor import Expected
from firmware.records.custody.errors import clear_errors
from firmware.records.custody.unit_key import read_public_pem
from firmware.records.custody.witness import read_witnessed

TEXT_MOST = 1 << 20  # bytes of a key, of a statement or of a list of keys


def text_of(file: Path) -> str:
    """Return the beginning of a text file; bytes that are no text stay visible."""
    return _bytes_of(file).decode("utf-8", "replace")


def public_of(file: Path) -> bytes:
    """Return the public key of a PEM file, 32 raw bytes."""
    with clear_errors(file):
        return read_public_pem(_bytes_of(file))


def witnessed(file: Path, key: Path | None, paper: Expected | None, catalog: Catalog) -> Expected:
    """Return the entry that a witness has seen; a statement of an unknown one is worth nothing."""
    if key is None or paper is not None:
        word = "verify.witness_key" if key is None else "verify.witness_or_paper"
        raise typer.BadParameter(str(catalog.text(word)), param_hint="--witness")
    return read_witnessed(text_of(file)).expected(public_of(key))


def _bytes_of(file: Path) -> bytes:
    with clear_errors(file), file.open("rb") as source:
        return source.read(TEXT_MOST)
