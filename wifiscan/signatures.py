"""Identity rules: rows of ``data/signatures.toml`` and ``data/ouis.toml`` against names."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any

from wifiscan.errors import BadSignatures
from wifiscan.model import Identity, Seen, Strength
from wifiscan.names import readings
from wifiscan.vendors import BLOCK_BITS, format_mac, is_randomised

SHOWN_OF_BLOCK = {24: 8, 28: 10, 36: 13}  # characters of an address by width of its block, in bits
SHOWN_LIMIT = 40  # characters of a name from the air that go into a reason
STRENGTHS: Mapping[str, Strength] = {"A": "A", "B": "B", "C": "C"}
SENTENCES: Mapping[Seen, str] = {  # English, for the JSON-lines contract; people read the message catalogues
    "block": "{value} is a block of {what}",
    "ssid": "network name {value}: {what}",
    "wps": "device name {value}: {what}",
    "name": "name {value}: {what}",
    "company": "company id {value}: {what}",
    "service": "service {value}: {what}",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class SignatureRule:
    """One row: ``pattern`` for names, ``number`` for company ids and service UUIDs.

    ``what_ko`` says the same as ``what`` in Korean; a maker's own name is the same in both.
    """

    id: str
    what: str
    what_ko: str
    strength: Strength
    pattern: re.Pattern[str] | None = None
    number: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Benign:
    """A Bluetooth advertiser that is known to be something else."""

    id: str
    what: str
    company_id: int | None
    prefix: bytes
    services: frozenset[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Signatures:
    """All rules. ``weights`` are nats by kind and strength, e.g. ``name_A``."""

    ssids: tuple[SignatureRule, ...]
    wps: tuple[SignatureRule, ...]
    ble_names: tuple[SignatureRule, ...]
    ble_companies: Mapping[int, SignatureRule]
    ble_services: Mapping[int, SignatureRule]
    benign: tuple[Benign, ...]
    ouis: Mapping[tuple[int, int], SignatureRule]  # by width in bits and value
    products: tuple[re.Pattern[str], ...]
    weights: Mapping[str, float]

    def of_mac(self, address: int) -> tuple[Identity, ...]:
        """Return the identity of an address block; none for a made-up address."""
        if is_randomised(address):
            return ()
        for bits in BLOCK_BITS:
            rule = self.ouis.get((bits, address >> (48 - bits)))
            if rule is not None:
                return (_identity(rule, "block", format_mac(address)[: SHOWN_OF_BLOCK[bits]]),)
        return ()

    def of_ssid(self, ssid: str) -> tuple[Identity, ...]:
        """Return the identities of a network name; one that is no UTF-8 is tried in all that fit."""
        found = _named(self.ssids, ssid, "ssid")
        if found:
            return found
        read = (_named(self.ssids, text, "ssid", encoding=encoding) for encoding, text in readings(ssid))
        return next((hit for hit in read if hit), ())

    def is_other_product(self, names: Iterable[str | None]) -> bool:
        """Tell whether a device calls itself a bulb, a plug or whatever else makers of cameras sell."""
        return any(p.fullmatch(name) for name in names if name for p in self.products)

    def of_wps(self, names: Iterable[str]) -> tuple[Identity, ...]:
        """Return the identities of the set-up element's model and device names."""
        return _distinct(i for name in names for i in _named(self.wps, name, "wps"))

    def of_ble(
        self, *, name: str | None, company_ids: Sequence[int], services: Sequence[int]
    ) -> tuple[Identity, ...]:
        """Return the identities of an advertiser."""
        found = [*_named(self.ble_names, name, "name")] if name else []
        if not found and self.is_other_product([name]):
            return ()
        found += _numbered(self.ble_companies, company_ids, "company")
        found += _numbered(self.ble_services, services, "service")
        return _distinct(found)

    def benign_kind(self, *, makers: Sequence[tuple[int, bytes]], services: Sequence[int]) -> str | None:
        """Return tracker, beacon … where an advertiser is known to be one."""
        for row in self.benign:
            if row.services and row.services.intersection(services):
                return row.what
            if any(c == row.company_id and body.startswith(row.prefix) for c, body in makers):
                return row.what
        return None

    def weight(self, identities: Iterable[Identity]) -> float:
        """Return the log likelihood ratio (nats) of the strongest match; repeats of one kind add nothing."""
        best = self.weights["none"]
        for identity in identities:
            kind = "oui" if identity.rule.startswith("oui-") else "name"
            kind = "ble" if identity.rule.startswith(("ble-", "uuid-")) else kind
            best = max(best, self.weights[f"{kind}_{identity.strength}"])
        return best


def _identity(rule: SignatureRule, seen: Seen, value: str) -> Identity:
    why = SENTENCES[seen].format(value=value, what=rule.what)
    return Identity(rule=rule.id, strength=rule.strength, why=why, seen=seen, value=value)


def _named(
    rules: Sequence[SignatureRule], name: str, seen: Seen, *, encoding: str = ""
) -> tuple[Identity, ...]:
    """Return the first rule that a name fits; ``encoding`` is the guess by which the name was read."""
    shown = repr(name[:SHOWN_LIMIT]) + (f" ({encoding}?)" if encoding else "")
    hits = [r for r in rules if r.pattern is not None and r.pattern.fullmatch(name)]
    return tuple(_identity(r, seen, shown) for r in hits[:1])


def _numbered(rules: Mapping[int, SignatureRule], numbers: Iterable[int], seen: Seen) -> Iterator[Identity]:
    return (_identity(rules[n], seen, f"0x{n:04X}") for n in numbers if n in rules)


def _distinct(identities: Iterable[Identity]) -> tuple[Identity, ...]:
    return tuple({i.rule: i for i in identities}.values())


@lru_cache(maxsize=1)
def rule_words() -> Mapping[str, Mapping[str, str]]:
    """Return the words for each rule, by rule id and language (``en``, ``ko``)."""
    rules = load_signatures()
    named = (*rules.ssids, *rules.wps, *rules.ble_names)
    numbered = (*rules.ble_companies.values(), *rules.ble_services.values(), *rules.ouis.values())
    return {rule.id: {"en": rule.what, "ko": rule.what_ko} for rule in (*named, *numbered)}


@lru_cache(maxsize=1)
def load_signatures() -> Signatures:
    """Load the rules that come with ansim.

    Raises
    ------
    BadSignatures
        A row lacks a field or has a pattern that is none.
    """
    folder = files("wifiscan") / "data"
    raw = tomllib.loads((folder / "signatures.toml").read_text(encoding="utf-8"))
    ouis = tomllib.loads((folder / "ouis.toml").read_text(encoding="utf-8"))
    try:
        return parse_signatures(raw, ouis)
    except (KeyError, TypeError, ValueError, re.error) as error:
        raise BadSignatures(f"The rules cannot be read: {error!r}", hint="Mend signatures.toml.") from error


def parse_signatures(raw: Mapping[str, Any], ouis: Mapping[str, Any]) -> Signatures:
    """Build the rules from the two parsed files."""
    blocks = {block_of(block): _rule(row) for row in ouis["oui"] for block in (*row["blocks"], *row["newer"])}
    return Signatures(
        ssids=tuple(_rule(row) for row in raw["ssid"]),
        wps=tuple(_rule(row) for row in raw["wps"]),
        ble_names=tuple(_rule(row) for row in raw["ble_name"]),
        ble_companies={row["company_id"]: _rule(row) for row in raw["ble_company"]},
        ble_services={row["uuid"]: _rule(row) for row in raw["ble_service"]},
        benign=tuple(_benign(row) for row in raw["ble_benign"]),
        ouis=blocks,
        products=tuple(re.compile(row["pattern"]) for row in raw.get("product", ())),
        weights={k: float(v) for k, v in raw["weights"].items() if k != "source"},
    )


def block_of(text: str) -> tuple[int, int]:
    """Return (width in bits, value) of a registered block: ``44:47:CC`` or, narrower, ``0C:CC:47:00/28``."""
    digits, _, bits = text.replace(":", "").partition("/")
    width = int(bits) if bits else 24
    return width, int(digits.ljust(12, "0"), 16) >> (48 - width)


def _rule(row: Mapping[str, Any]) -> SignatureRule:
    pattern = row.get("pattern")
    return SignatureRule(
        id=row["id"],
        what=row["what"],
        what_ko=row.get("what_ko", row["what"]),
        strength=STRENGTHS[row["strength"]],
        pattern=re.compile(pattern) if pattern is not None else None,
        number=row.get("company_id", row.get("uuid")),
    )


def _benign(row: Mapping[str, Any]) -> Benign:
    return Benign(
        id=row["id"],
        what=row["what"],
        company_id=row.get("company_id"),
        prefix=bytes.fromhex(row.get("prefix", "")),
        services=frozenset(row.get("services", ())),
    )
