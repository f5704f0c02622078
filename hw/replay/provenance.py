"""Tells where the data of a kit come from: devices that measure now, a recording, or a simulated room."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Literal

from hw.errors import HwError
from hw.kit import SENSOR_ROLES, parse_spec
from hw.replay.manifest import UNFINISHED_NAME, Manifest, read_manifest
from hw.replay.session import Parts, find_parts

Provenance = Literal["live", "replayed", "simulated"]


def manifest_of(parts: Parts) -> Manifest | None:
    """Return the manifest of a session, also of one that was never finished; None where there is none."""
    if parts.manifest is not None:
        return parts.manifest
    with suppress(HwError):
        return read_manifest(parts.root, name=UNFINISHED_NAME)
    return None


def was_simulated(manifest: Manifest) -> bool:
    """Return whether a session was recorded in a simulated room, directly or by replaying another session."""
    if manifest.provenance:
        return manifest.provenance == "simulated"
    simulated_device = any(device.backend == "sim" for device in manifest.devices)
    return simulated_device or manifest.kit.startswith("sim:")


def provenance_to_record(kit: str, overrides: Mapping[str, str] | None = None) -> Provenance:
    """Return the provenance that a session recorded from this kit states in its manifest.

    Parameters
    ----------
    kit : str
        As ``--kit`` has it.
    overrides : mapping, optional
        Role → kit, as ``hw.backend`` has it; only sensors count.
    """
    specs = [kit, *(spec for role, spec in (overrides or {}).items() if role in SENSOR_ROLES)]
    words = {_provenance_of(spec) for spec in specs}
    return "simulated" if "simulated" in words else "replayed" if "replayed" in words else "live"


def _provenance_of(spec: str) -> Provenance:
    try:
        backend, target = parse_spec(spec)
    except HwError:
        return "live"
    if backend != "replay":
        return "simulated" if backend == "sim" else "live"
    try:
        manifest = manifest_of(find_parts(target))
    except HwError:
        return "replayed"
    return "simulated" if manifest is not None and was_simulated(manifest) else "replayed"
