"""Reads the elements by which networks and stations describe themselves, and keeps the last reading."""

from __future__ import annotations

from dataclasses import dataclass

from wifiscan.elements import Details, Habits, Outline
from wifiscan.model import Identity
from wifiscan.signatures import Signatures


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """The elements of an access point or a station as last read."""

    fingerprint: int
    ssid: str | None
    channel: int | None
    identity: tuple[Identity, ...]
    device_names: tuple[str, ...] = ()  # of the set-up element
    habits: Habits | None = None  # of an access point


def announced(
    rules: Signatures, short: Outline, details: Details, *, ssid: str | None, habits: Habits | None
) -> Named:
    """Return what a frame's elements say; ``habits`` are given of an access point alone.

    Parameters
    ----------
    rules : Signatures
        Rules that names are held against.
    short, details : Outline, Details
        What the elements hold.
    ssid : str or None
        Name of the network, wherever it was learned.
    habits : Habits or None
        How it beacons.

    Returns
    -------
    Named
    """
    network = rules.of_ssid(ssid) if ssid and habits is not None else ()
    return Named(
        fingerprint=short.fingerprint,
        ssid=ssid,
        channel=short.channel,
        identity=network + rules.of_wps(details.device_names),
        device_names=details.device_names,
        habits=habits,
    )
