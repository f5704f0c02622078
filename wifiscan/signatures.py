"""Identity rules: rows of ``data/signatures.toml`` and ``data/ouis.toml`` against names."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any

from wifiscan.errors import BadSignatures
from wifiscan.model import Identity, Strength
from wifiscan.vendors import format_mac, is_randomised

SHOWN_LIMIT = 40  # characters of a name from the air that go into a reason
STRENGTHS: Mapping[str, Strength] = {"A": "A", "B": "B", "C": "C"}


@dataclass(frozen=True, slots=True, kw_only=True)
class SignatureRule:
    """One row: ``pattern`` for names, ``number`` for company ids and service UUIDs."""

    id: str
    what: str
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
    ouis: Mapping[int, SignatureRule]
    weights: Mapping[str, float]

    def of_mac(self, address: int) -> tuple[Identity, ...]:
        """Return what the address block says; a made-up address says nothing."""
        rule = None if is_randomised(address) else self.ouis.get(address >> 24)
        if rule is None:
            return ()
        return (_identity(rule, f"{format_mac(address)[:8]} is a block of {rule.what}"),)

    def of_ssid(self, ssid: str) -> tuple[Identity, ...]:
        """Return what a network name says."""
        return _named(self.ssids, ssid, "network name")

    def of_wps(self, names: Iterable[str]) -> tuple[Identity, ...]:
        """Return what the set-up element's model and device names say."""
        return _distinct(i for name in names for i in _named(self.wps, name, "device name"))

    def of_ble(
        self, *, name: str | None, company_ids: Sequence[int], services: Sequence[int]
    ) -> tuple[Identity, ...]:
        """Return what an advertiser says."""
        found = [*_named(self.ble_names, name, "name")] if name else []
        for number in company_ids:
            if number in self.ble_companies:
                rule = self.ble_companies[number]
                found.append(_identity(rule, f"company id 0x{number:04X}: {rule.what}"))
        for number in services:
            if number in self.ble_services:
                rule = self.ble_services[number]
                found.append(_identity(rule, f"service 0x{number:04X}: {rule.what}"))
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


def _identity(rule: SignatureRule, why: str) -> Identity:
    return Identity(rule=rule.id, strength=rule.strength, why=why)


def _named(rules: Sequence[SignatureRule], name: str, kind: str) -> tuple[Identity, ...]:
    shown = name[:SHOWN_LIMIT]
    hits = [r for r in rules if r.pattern is not None and r.pattern.fullmatch(name)]
    return tuple(_identity(r, f"{kind} {shown!r}: {r.what}") for r in hits[:1])


def _distinct(identities: Iterable[Identity]) -> tuple[Identity, ...]:
    return tuple({i.rule: i for i in identities}.values())


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
    blocks = {
        int(block.replace(":", ""), 16): _rule(row)
        for row in ouis["oui"]
        for block in (*row["blocks"], *row["newer"])
    }
    return Signatures(
        ssids=tuple(_rule(row) for row in raw["ssid"]),
        wps=tuple(_rule(row) for row in raw["wps"]),
        ble_names=tuple(_rule(row) for row in raw["ble_name"]),
        ble_companies={row["company_id"]: _rule(row) for row in raw["ble_company"]},
        ble_services={row["uuid"]: _rule(row) for row in raw["ble_service"]},
        benign=tuple(_benign(row) for row in raw["ble_benign"]),
        ouis=blocks,
        weights={k: float(v) for k, v in raw["weights"].items() if k != "source"},
    )


def _rule(row: Mapping[str, Any]) -> SignatureRule:
    pattern = row.get("pattern")
    return SignatureRule(
        id=row["id"],
        what=row["what"],
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
