"""Licences of the installed distributions against the allowed list; part of ``make check``.

    python -m tests.supply_chain.licences

A part whose licence is not permissive must be named in ``allowed.toml`` with the reason for which it may be
there.
Read are the licence expression (PEP 639), else a short licence field, else the classifiers.
"""

from __future__ import annotations

import re
import sys
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.metadata import Distribution, distributions
from pathlib import Path
from typing import Any

ALLOWED = Path(__file__).parent / "allowed.toml"
SHORT = 60  # characters of a licence field that names a licence and does not quote it
ITSELF = frozenset({"ansim"})
INSTALLERS = frozenset({"pip", "setuptools", "wheel"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One installed distribution, and the words that it uses for its licence."""

    name: str
    version: str
    licence: str


def normal(name: str) -> str:
    """Return a distribution's name as indexes compare it (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def licence_of(dist: Distribution) -> str:
    """Return the licence that a distribution names: expression, short field, or classifiers joined by OR."""
    about = dist.metadata
    expression = about.get("License-Expression")
    if expression:
        return str(expression)
    field = str(about.get("License") or "").strip()
    words = [
        c.split("::")[-1].strip() for c in about.get_all("Classifier") or [] if c.startswith("License ::")
    ]
    words = [w for w in words if w not in {"OSI Approved", "DFSG approved"}]
    return (
        field if field and len(field) <= SHORT and "\n" not in field else " OR ".join(words) or field[:SHORT]
    )


def installed(found: Iterable[Distribution] | None = None) -> list[Part]:
    """Return the installed distributions by name, without ansim itself and the installers."""
    parts = {}
    for dist in distributions() if found is None else found:
        name = normal(dist.metadata["Name"])
        if name not in ITSELF | INSTALLERS:
            parts[name] = Part(name=name, version=dist.version, licence=licence_of(dist))
    return [parts[name] for name in sorted(parts)]


def spdx(licence: str, words: Mapping[str, str]) -> str:
    """Return a licence as an SPDX expression, older words replaced by their identifiers."""
    pieces = re.split(r"\s+(OR|AND)\s+|[()]", licence) if licence.lower() not in words else [licence]
    return " ".join(words.get(p.strip().lower(), p.strip()) for p in pieces if p and p.strip())


def is_permissive(expression: str, permissive: Iterable[str]) -> bool:
    """Return whether some choice of an expression (OR of ANDs) is permissive throughout."""
    good = set(permissive)
    choices = [re.split(r"\s+AND\s+", choice) for choice in re.split(r"\s+OR\s+", expression)]
    return any(all(p.strip() in good for p in choice) for choice in choices)


def troubles(parts: Iterable[Part], allowed: Mapping[str, Any]) -> list[str]:
    """Return one sentence for every part whose licence is neither permissive nor allowed by name."""
    out = []
    for part in parts:
        expression = spdx(part.licence, allowed["words"])
        if is_permissive(expression, allowed["permissive"]):
            continue
        named = allowed["copyleft"].get(part.name)
        if named is None:
            out.append(f"{part.name} {part.version}: {expression or 'no licence'} is not in allowed.toml")
        elif named["licence"] != expression:
            out.append(f"{part.name} {part.version}: {expression}, allowed was {named['licence']}")
    return out


def main() -> int:
    """Print what is not allowed, and return the exit code."""
    allowed = tomllib.loads(ALLOWED.read_text())
    parts = installed()
    found = troubles(parts, allowed)
    sys.stdout.write("\n".join([*found, f"licences: {len(parts)} parts, {len(found)} not allowed"]) + "\n")
    return bool(found)


if __name__ == "__main__":
    raise SystemExit(main())
