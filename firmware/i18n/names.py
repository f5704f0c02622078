"""Names of transmissions and radio services in the reader's language."""

from __future__ import annotations

import re

from firmware.i18n.catalog import Sentence, catalog_for, plain
from sweeper.model import OVERLOAD, Emission

NOT_WORDS = re.compile(r"[^a-z0-9]+")


def line_name(emission: Emission) -> Sentence:
    """Return the name of a kind of transmission in the reader's language."""
    if emission.kind == "known-service" and emission.service:
        return service_name(emission.service)
    if emission.kind == "self-noise" and emission.service == OVERLOAD:
        return service_name(OVERLOAD)
    return Sentence(key=f"line.{emission.kind}", params={"service": emission.service or ""})


def service_name(name: str) -> Sentence:
    """Return a radio service in the reader's language; one that nobody translated keeps its own name."""
    key = f"service.{NOT_WORDS.sub('_', name.lower()).strip('_')}"
    return Sentence(key=key) if key in catalog_for("en") else plain(name)
