"""Saves the progress of an inspection in one small file, which a power cut cannot leave half written."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import asdict
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from firmware.inspection.state import Checkpoint
from firmware.log import get_logger
from firmware.records.custody.atomic_files import replace
from firmware.records.custody.errors import clear_errors
from firmware.records.custody.hash_chain import canonical
from firmware.records.custody.unit_key import owner_only

FILE = "walk.json"
FILE_MOST_BYTES = 64 << 20
_PROGRESS = TypeAdapter(Checkpoint)
log = get_logger(__name__)


def save_progress(folder: Path, progress: Checkpoint | None) -> None:
    """Write the progress of the inspection, or remove it where ``progress`` is None.

    Raises
    ------
    RecordsError
        If the disk is full or read-only.
    """
    path = folder / FILE
    with clear_errors(path):
        if progress is None:
            with suppress(FileNotFoundError):
                path.unlink()
            return
        owner_only(folder)
        replace(path, canonical(asdict(progress)))


def load_progress(folder: Path) -> Checkpoint | None:
    """Return the progress of an interrupted inspection; None where there is none that can be read."""
    path = folder / FILE
    try:
        with path.open("rb") as stream:
            return _PROGRESS.validate_json(stream.read(FILE_MOST_BYTES))
    except FileNotFoundError:
        return None
    except (OSError, ValidationError) as error:
        log.warning("the interrupted inspection cannot be read", what=str(error)[:200])
        return None
