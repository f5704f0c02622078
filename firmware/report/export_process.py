"""Runs an export in a process of its own with a time limit, so that drawing never delays the store.

::

    export_to_file ─► python -m firmware.report.export_process ─► reads the store, draws, writes the bundle
         ▲   one JSON line: what was written, or which error            │
         └──────────────────────────────────────────────────────────────┘   killed when its time is over
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from firmware.i18n.catalog import LANGUAGES, Language
from firmware.records.custody import errors
from firmware.records.custody.errors import ExportTimedOut, RecordsError, clear_errors
from firmware.settings.records_config import RecordsConfig

EXPORT_MOST_S = 300.0  # the report of a site with 50 finds takes a minute on a small computer
SAID_MOST_BYTES = 1 << 20
PUBLIC_MODE, PRIVATE_MODE = 0o644, 0o600


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportJob:
    """The order of an export: the record, its store, and the file to write."""

    folder: str
    record: str
    out: str
    languages: tuple[Language, ...] = LANGUAGES
    evidence: bool = False
    private: bool = False  # the file is for its owner alone


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenReport:
    """The written report. ``without`` names attachments that were gone or altered."""

    path: str
    entry_hash: str
    fingerprint: str
    without: tuple[str, ...] = ()


def export_to_file(
    job: ExportJob, *, config: RecordsConfig | None = None, limit_s: float = EXPORT_MOST_S
) -> WrittenReport:
    """Write one record's bundle and return what was written.

    Parameters
    ----------
    job : ExportJob
        What to export from where to where.
    config : RecordsConfig, optional
        Settings of the records.
    limit_s : float
        After this time the export is given up, s.

    Returns
    -------
    WrittenReport
        The file's path and what verifies it.

    Raises
    ------
    ExportTimedOut
        If it took longer.
    RecordsError
        As the export itself.
    ModuleNotFoundError
        If the libraries of the report are not installed.
    """
    asked = json.dumps({"job": asdict(job), "config": (config or RecordsConfig()).model_dump(mode="json")})
    command = [sys.executable, "-P", "-m", "firmware.report.export_process"]
    try:
        done = subprocess.run(  # noqa: S603 - this program itself
            command, input=asked.encode(), capture_output=True, timeout=limit_s, check=False,
            env=_environment(),
        )  # fmt: skip
    except subprocess.TimeoutExpired as error:
        raise ExportTimedOut(
            f"The report of {job.record} took longer than {limit_s:.0f} s and was given up",
            hint="The record itself is stored. Export in one language alone, or on a faster computer.",
        ) from error
    return _answer(done.stdout, done.stderr)


def _environment() -> dict[str, str]:
    """Return the environment in which the child finds the same code as this process."""
    home = str(Path(__file__).parents[2])
    paths = [home, *filter(None, [os.environ.get("PYTHONPATH")])]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}


def _answer(said: bytes, trouble: bytes) -> WrittenReport:
    try:
        fields: dict[str, Any] = json.loads(said[:SAID_MOST_BYTES].splitlines()[-1])
    except (ValueError, IndexError) as error:
        last = trouble.decode("utf-8", "replace").strip().splitlines()[-1:]
        raise RecordsError(
            f"The report could not be drawn: {' '.join(last) or 'its process ended'}",
            hint="The record itself is stored. Please report this.",
        ) from error
    if "missing" in fields:
        raise ModuleNotFoundError(f"No module named {fields['missing']!r}", name=str(fields["missing"]))
    if "error" in fields:
        kind = getattr(errors, str(fields["error"]), RecordsError)
        known = isinstance(kind, type) and issubclass(kind, RecordsError)
        raise (kind if known else RecordsError)(str(fields["what"]), hint=str(fields["hint"]))
    return WrittenReport(**{**fields, "without": tuple(fields["without"])})


def run(job: ExportJob, config: RecordsConfig) -> WrittenReport:
    """Do a job in this process: read the store, draw, write the bundle whole or not at all."""
    from firmware.records.custody.atomic_files import replace
    from firmware.records.reader import open_reader
    from firmware.report.export import export

    with open_reader(Path(job.folder), config=config) as reader:
        done = export(reader, job.record, languages=job.languages, evidence=job.evidence)
    path = Path(job.out) / done.name
    with clear_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        replace(path, done.content, mode=PRIVATE_MODE if job.evidence or job.private else PUBLIC_MODE)
    return WrittenReport(
        path=str(path), entry_hash=done.entry_hash, fingerprint=done.fingerprint, without=done.without
    )


def main(asked: bytes) -> dict[str, Any]:
    """Return the one line that the process answers with."""
    fields = json.loads(asked)
    try:
        job = ExportJob(**{**fields["job"], "languages": tuple(fields["job"]["languages"])})
        return asdict(run(job, RecordsConfig(**fields["config"])))
    except ModuleNotFoundError as error:
        return {"missing": error.name or str(error)}
    except RecordsError as error:
        return {"error": type(error).__name__, "what": error.what, "hint": error.hint}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main(sys.stdin.buffer.read())) + "\n")
