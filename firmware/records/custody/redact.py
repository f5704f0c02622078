"""Addresses out, pseudonyms in: the record may be read by people who have no right to a stranger's address.

Every address in any text is replaced, wherever it stands: in an address field, a name from the air, a
reason's words. Names that devices broadcast stay only for what is suspicious; a bystander's "Minji's phone"
becomes a pseudonym too. The clear addresses of suspicious things are collected, to be sealed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from firmware.records.custody.unit_key import UnitKey

HEX_PAIR = "(?:[0-9a-fA-F]{2})"
ADDRESS = re.compile(
    rf"(?<![0-9a-fA-F~])(?:{HEX_PAIR}(?:[:\-._ ]{HEX_PAIR}){{5}}"
    rf"|{HEX_PAIR}{{2}}(?:[.:\-]{HEX_PAIR}{{2}}){{2}}|{HEX_PAIR}{{6,}})(?![0-9a-fA-F])"
)
ADDRESS_FIELDS = frozenset({"mac", "address", "bssid"})
NAME_FIELDS = frozenset({"ssid", "name"})
NOTHING = frozenset({"", "ff:ff:ff:ff:ff:ff", "00:00:00:00:00:00"})


class Redactor:
    """Replaces addresses, and remembers those of suspicious things."""

    def __init__(self, key: UnitKey, suspicious: Iterable[str]) -> None:
        self._key = key
        self.suspicious = frozenset(s.lower() for s in suspicious)
        self._clear: dict[str, str] = {}

    def subject(self, subject: str) -> str:
        """Return the pseudonym of a subject that is an address; any other subject as it is."""
        return self.text(subject, keep=self.is_suspicious(subject))

    def is_suspicious(self, subject: str) -> bool:
        """Say whether this subject's clear address belongs into the sealed part."""
        return subject.lower() in self.suspicious

    def text(self, text: str, *, keep: bool) -> str:
        """Return text without addresses; ``keep`` remembers them for the sealed part."""
        return ADDRESS.sub(lambda m: self._name(m[0], keep=keep), text)

    def value(self, value: Any, *, keep: bool, name: str = "") -> Any:
        """Return JSON values without addresses; ``keep`` also leaves broadcast names readable."""
        if isinstance(value, Mapping):
            return {
                self.text(str(k), keep=keep): self.value(v, keep=keep, name=str(k)) for k, v in value.items()
            }
        if isinstance(value, list | tuple):
            return [self.value(v, keep=keep, name=name) for v in value]
        if not isinstance(value, str):
            return value
        if name in ADDRESS_FIELDS and value.lower() not in NOTHING:
            return self._name(value, keep=keep)
        if name in NAME_FIELDS and value and not keep:
            return self._key.pseudonym(f"name:{value}")
        return self.text(value, keep=keep)

    def cleared(self) -> dict[str, str]:
        """Return pseudonym → clear address of everything suspicious that was met."""
        return dict(sorted(self._clear.items()))

    def _name(self, address: str, *, keep: bool) -> str:
        pseudonym = self._key.pseudonym(address)
        if keep:
            self._clear[pseudonym] = address
        return pseudonym
