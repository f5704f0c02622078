"""Events of the unit between inspections, as entries of the chain: started, begun, given up, witnessed.

An inspection that was begun leaves an entry before it has a result, so that leaving one out shows.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from firmware.records.custody.canonical_json import canonical_json
from firmware.records.model import Attachment

EventWord = Literal[
    "started",
    "begun",
    "abandoned",
    "store-behind",
    "salvaged",
    "resolved",
    "witnessed",
    "handed-over",
]
MOMENT_BYTES = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One event of the unit. ``record`` is the id of the inspection it concerns, empty for none."""

    event: EventWord
    record: str = ""
    details: Mapping[str, Any] = field(default_factory=dict)
    attachments: tuple[Attachment, ...] = ()
    moment: str = field(default_factory=lambda: secrets.token_hex(MOMENT_BYTES))

    def name(self) -> str:
        """Return the id of its entry."""
        return f"{self.event}-{self.moment}"

    def body(self) -> bytes:
        """Return it as the bytes that are signed."""
        said = {"kind": "event", "event": self.event, "record": self.record, "details": self.details}
        files = {"attachments": [asdict(a) for a in self.attachments]} if self.attachments else {}
        return canonical_json(said | files)
