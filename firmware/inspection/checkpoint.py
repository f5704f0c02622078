"""Saves the progress of an inspection in one small file, which a power cut cannot leave half written.

The alarm of the open place lies in it sealed with the unit's key: it names devices by their addresses.
"""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import asdict, replace
from pathlib import Path

from pydantic import TypeAdapter

from firmware.inspection.state import Checkpoint
from firmware.log import get_logger
from firmware.records.custody.atomic_files import replace as replace_file
from firmware.records.custody.errors import KeyTrouble, clear_errors
from firmware.records.custody.hash_chain import canonical
from firmware.records.custody.unit_key import load_unit_key, owner_only
from firmware.verdict.model import Alarm, Level

FILE = "walk.json"
FILE_MOST_BYTES = 64 << 20
SEALED = "sealed_alarm"
_PROGRESS, _ALARM = TypeAdapter(Checkpoint), TypeAdapter(Alarm)
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
        replace_file(path, canonical(_as_file(folder, progress)))


def load_progress(folder: Path) -> Checkpoint | None:
    """Return the progress of an interrupted inspection; None where there is none that can be read."""
    path = folder / FILE
    try:
        with path.open("rb") as stream:
            said = json.loads(stream.read(FILE_MOST_BYTES))
        sealed = said.pop(SEALED, None)
        progress = _PROGRESS.validate_python(said)
        return progress if sealed is None else replace(progress, alarm=_unsealed(folder, sealed))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, AttributeError, TypeError, RecursionError) as error:
        log.warning("the interrupted inspection cannot be read", what=str(error)[:200])
        return None


def _as_file(folder: Path, progress: Checkpoint) -> dict[str, object]:
    plain = asdict(replace(progress, alarm=None))
    del plain["alarm"]
    if progress.alarm is None:
        return plain
    alarm = {"level": progress.alarm.level.value, "text": ""}
    with suppress(KeyTrouble):
        alarm["text"] = load_unit_key(folder).seal(canonical(progress.alarm.as_json()))
    return {**plain, SEALED: alarm}


def _unsealed(folder: Path, sealed: dict[str, str]) -> Alarm:
    """Return the alarm; where it does not open any more, its level stands alone."""
    try:
        return _ALARM.validate_json(load_unit_key(folder).unseal(sealed["text"]))
    except (KeyTrouble, ValueError, KeyError, TypeError) as error:
        log.warning("the alarm of the open place cannot be read whole", what=str(error)[:200])
        return Alarm(level=Level(sealed["level"]), t_ns=0, probability=0.0, rule="rule.kept", subjects=())
