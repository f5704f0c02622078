"""Replaces addresses and names by pseudonyms: readers of a record have no right to a stranger's.

Every address in any text is replaced, wherever it stands: in an address field, a name from the air, a
reason's words. Names that devices broadcast stay only for what is suspicious; a bystander's "Minji's phone"
becomes a pseudonym too, in its own field and wherever else it is quoted (`names_in`). The clear addresses of
suspicious things are collected, to be sealed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from firmware.i18n.escape import ELLIPSIS, visible
from firmware.records.custody.unit_key import UnitKey

HEX_PAIR = "(?:[0-9a-fA-F]{2})"
ADDRESS = re.compile(
    rf"(?<![0-9a-fA-F~])(?:{HEX_PAIR}(?:[:\-._ ]{HEX_PAIR}){{5,7}}"
    rf"|{HEX_PAIR}{{2}}(?:[.:\-]{HEX_PAIR}{{2}}){{2}}|{HEX_PAIR}{{6,}})(?![0-9a-fA-F])"
)
ADDRESS_FIELDS = frozenset({"mac", "address", "bssid"})
NAME_FIELDS = frozenset({"ssid", "name"})
NAME_PLACES = frozenset({"ssid", "wps", "name"})  # where an identity's rule matched a name: then it holds one
QUOTED = re.compile("'.+'|\".+\"", re.DOTALL)  # from the first quote to the last: names may hold quotes
VOCABULARY_FIELDS = frozenset(
    {"type", "kind", "activity", "benign", "sensor", "as", "state", "level", "rule", "strength", "seen"}
    | {"reason", "address_type", "label", "next_step", "failed", "phase", "identity", "vendor", "service"}
)  # words of ours, which a hostile name may happen to equal
SHORTEST_QUOTED = 3  # characters of a name that is looked for in other text: shorter ones are in every word
ESCAPED_LENGTH = 8  # characters that one hidden character is written out as, at the most
NAMES_MOST = 2000  # that are remembered: a line of the feed is made several times a second
NOTHING = frozenset({"", "ff:ff:ff:ff:ff:ff", "00:00:00:00:00:00"})


class Redactor:
    """Replaces addresses, and remembers those of suspicious things."""

    def __init__(self, key: UnitKey, suspicious: Iterable[str]) -> None:
        self._key = key
        self.suspicious = frozenset(s.lower() for s in suspicious)
        self._clear: dict[str, str] = {}
        self._names: dict[str, str] = {}  # as it may be written → as it was heard

    def subject(self, subject: str) -> str:
        """Return the pseudonym of a subject that is an address; any other subject as it is."""
        return self.text(subject, keep=self.is_suspicious(subject))

    def is_suspicious(self, subject: str) -> bool:
        """Say whether this subject's clear address belongs into the sealed part."""
        return subject.lower() in self.suspicious

    def learn(self, names: Iterable[str]) -> None:
        """Remember names from the air, to find them wherever they are quoted; the newest are kept."""
        for name in names:
            for form in forms_of(name):
                if len(form) >= SHORTEST_QUOTED:
                    self._names.pop(form, None)
                    self._names[form] = name
        while len(self._names) > NAMES_MOST:
            del self._names[next(iter(self._names))]

    def text(self, text: str, *, keep: bool, quoted: Mapping[str, str] | None = None) -> str:
        """Return text without addresses and learnt names; ``keep`` remembers addresses, and keeps names."""
        if not keep:
            for form, name in (self._names if quoted is None else quoted).items():
                if form in text:
                    text = text.replace(form, self._key.pseudonym(f"name:{name}"))
        return ADDRESS.sub(lambda m: self._name(m[0], keep=keep), text)

    def thing(self, data: Mapping[str, Any], *, keep: bool) -> Any:
        """Return the line of one thing without its addresses and, unless kept, its own names."""
        if keep:
            return self.value(data, keep=True)
        own = Redactor(self._key, ())
        own.learn(names_in(data))
        return own.value(data, keep=False)

    def value(self, value: Any, *, keep: bool, name: str = "") -> Any:
        """Return JSON values without addresses; ``keep`` also leaves broadcast names readable."""
        if isinstance(value, Mapping):
            fields = {str(k): (_name_field(value, str(k)), v) for k, v in value.items()}
            return {
                self.text(k, keep=keep, quoted={}): self.value(v, keep=keep, name=field)
                for k, (field, v) in fields.items()
            }
        if isinstance(value, list | tuple):
            return [self.value(v, keep=keep, name=name) for v in value]
        if not isinstance(value, str):
            return value
        if name in ADDRESS_FIELDS and value.lower() not in NOTHING:
            return self._name(value, keep=keep)
        if name in NAME_FIELDS and value and not keep:
            return self._key.pseudonym(f"name:{value}")
        if name in VOCABULARY_FIELDS:
            return self.text(value, keep=keep, quoted={})
        if name == "why" and not keep:
            value = QUOTED.sub(lambda m: self._key.pseudonym(f"name:{m[0][1:-1]}"), value)
        return self.text(value, keep=keep)

    def cleared(self) -> dict[str, str]:
        """Return pseudonym → clear address of everything suspicious that was met."""
        return dict(sorted(self._clear.items()))

    def _name(self, address: str, *, keep: bool) -> str:
        pseudonym = self._key.pseudonym(address)
        if keep:
            self._clear[pseudonym] = address
        return pseudonym


def forms_of(name: str) -> set[str]:
    """Return the forms of a name in a text: as it is, with hidden characters written out, or cut."""
    return {name, visible(name, limit=ESCAPED_LENGTH * len(name) + 1), visible(name).removesuffix(ELLIPSIS)}


def names_in(value: Any, *, name: str = "") -> set[str]:
    """Return every name from the air that JSON values hold in a name's field."""
    if isinstance(value, Mapping):
        return {n for k, v in value.items() for n in names_in(v, name=_name_field(value, str(k)))}
    if isinstance(value, list | tuple):
        return {n for v in value for n in names_in(v, name=name)}
    return {value} if isinstance(value, str) and name in NAME_FIELDS and value else set()


def _name_field(fields: Mapping[Any, Any], key: str) -> str:
    """Return the field as which a key counts: what an identity's rule matched in a name is a name."""
    return "name" if key == "value" and fields.get("seen") in NAME_PLACES else key
