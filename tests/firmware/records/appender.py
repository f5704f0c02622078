"""Appends records until it is killed; says each number after the store has returned it.

Run as ``python -m tests.firmware.records.appender FOLDER``.
"""

from __future__ import annotations

import sys
from pathlib import Path

from firmware.records.store import RecordStore
from firmware.settings.records_config import MIB, RecordsConfig
from firmware.verdict.model import Level
from tests.firmware.records.rooms import FakeClock, inspection

CONFIG = RecordsConfig(free_least_bytes=0, most_bytes=MIB)  # small: retention is at work most of the time
ATTACHMENT_BYTES = 20_000


def main(folder: Path) -> None:
    with RecordStore(folder, config=CONFIG, clock=FakeClock()) as store:
        start = store.verify().entries
        print("open", start, flush=True)
        for n in range(10_000):
            name = f"run-{start:06d}-{n:06d}"
            picture = store.attachments.put(
                name.encode().ljust(ATTACHMENT_BYTES, b"."), name=f"{n}.png", media_type="image/png"
            )
            record = inspection(store.key, name, level=Level.NOTHING_FOUND, attachments=(picture,))
            entry = store.append(record)
            print(entry.row, name, flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
