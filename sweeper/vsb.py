"""ATSC television by its waveform: a pilot on the slope of a flat spectrum, wherever it is sent.

8-VSB fills 5.38 MHz evenly. Its carrier is left in as a pilot, 309.44 kHz above the channel's lower edge,
where the spectrum is half way up: below the pilot there is nothing, above it everything. In a bin of 2.3 kHz
the pilot stands 22 dB over the rest. Slices of the same channel that do not hold the pilot are known by it.

References
----------
ATSC A/53 part 2 (pilot 11.3 dB below the signal, root-raised cosine with 11.5 % excess).
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass

import numpy as np

from sweeper.plan import USABLE_SHARE
from sweeper.spectrum import Spectrum

SERVICE = "ATSC television"
CHANNEL_HZ, PILOT_HZ = 6e6, 309_440.6  # above the channel's lower edge
SLOPE_HZ = 310e3  # each side of the pilot: the excess of the root-raised cosine
BESIDE_HZ = 150e3  # of the plateau and of the emptiness, looked at beyond the slopes
NEAR_HZ = 40e3  # of the pilot: here the spectrum is half way up
GUARD_BINS = 3
LINE_DB = (12.0, 34.0)  # over the plateau; 22 without echoes
STEP_DB = 6.0  # from the emptiness to the plateau, at least
HALF_DB = (-8.0, -1.0)  # of the plateau, on each side of the pilot; -3 without echoes: no steep edge
ROUGH_DB = 3.0  # from one part of the plateau to the next, at most (standard deviation)
PARTS = 4
MAX_CHANNELS, ASKS_EACH = 64, 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Pilot:
    """A pilot that was found: where, how far over the plateau, and how high the step is."""

    hz: float
    line_db: float
    step_db: float

    @property
    def low_hz(self) -> float:
        """Lower edge of its channel."""
        return self.hz - PILOT_HZ

    @property
    def high_hz(self) -> float:
        """Upper edge of its channel."""
        return self.low_hz + CHANNEL_HZ


def find_pilot(spectrum: Spectrum) -> Pilot | None:
    """Return the clearest pilot of a slice, None where there is none."""
    # Bins as wide as what lies around a pilot tell nothing of it.
    if (GUARD_BINS + 2) * spectrum.bin_hz > NEAR_HZ:
        return None
    usable = spectrum.usable(USABLE_SHARE)
    power = spectrum.mean
    slope, beside = (round(hz / spectrum.bin_hz) for hz in (SLOPE_HZ, BESIDE_HZ))
    inner = np.arange(usable.start + slope + beside, usable.stop - slope - beside)
    peaks = inner[(power[inner] >= power[inner - 1]) & (power[inner] > power[inner + 1])]
    strongest = peaks[np.argsort(-power[peaks], kind="stable")[:PARTS]]
    tested = [_test(spectrum, int(k), slope, beside) for k in strongest]
    found = [pilot for pilot in tested if pilot is not None]
    return max(found, key=lambda p: p.line_db, default=None)


def _test(spectrum: Spectrum, line: int, slope: int, beside: int) -> Pilot | None:
    power = spectrum.mean
    near = round(NEAR_HZ / spectrum.bin_hz)
    above = power[line + slope : line + slope + beside]
    plateau = float(np.median(above))
    empty = float(np.median(power[line - slope - beside : line - slope]))
    halves = (power[line - near : line - GUARD_BINS], power[line + GUARD_BINS + 1 : line + near])
    parts = [float(np.mean(part)) for part in np.array_split(above, PARTS)]
    line_db, step_db = _db(float(power[line]) / plateau), _db(plateau / empty)
    fits = (
        LINE_DB[0] <= line_db <= LINE_DB[1]
        and step_db >= STEP_DB
        and all(HALF_DB[0] <= _db(float(np.median(half)) / plateau) <= HALF_DB[1] for half in halves)
        and float(np.std([_db(p) for p in parts])) <= ROUGH_DB
    )
    pilot_hz = float(spectrum.frequency_hz(line))
    return Pilot(hz=pilot_hz, line_db=line_db, step_db=step_db) if fits else None


def _db(ratio: float) -> float:
    return float(10 * np.log10(max(ratio, 1e-20)))


class Pilots:
    """The ATSC channels found so far, and where a pilot was asked for. Bounded."""

    def __init__(self) -> None:
        self._found: OrderedDict[int, Pilot] = OrderedDict()
        self._asked: OrderedDict[int, int] = OrderedDict()

    def note(self, pilot: Pilot) -> None:
        """Remember a channel."""
        self._found[round(pilot.hz / CHANNEL_HZ)] = pilot
        if len(self._found) > MAX_CHANNELS:
            self._found.popitem(last=False)

    def at(self, hz: float) -> Pilot | None:
        """Return the channel in which a frequency lies."""
        return next((p for p in self._found.values() if p.low_hz <= hz <= p.high_hz), None)

    def ask(self, center_hz: float) -> float | None:
        """Return the places to listen to for the pilot of the channel around a centre; not for ever."""
        key = round(center_hz / CHANNEL_HZ)
        self._asked[key] = self._asked.get(key, 0) + 1
        if len(self._asked) > MAX_CHANNELS:
            self._asked.popitem(last=False)
        pilot_hz = center_hz - CHANNEL_HZ / 2 + PILOT_HZ
        return pilot_hz + SLOPE_HZ if self._asked.get(key, 0) <= ASKS_EACH else None

    def __len__(self) -> int:
        """Return how many channels are remembered."""
        return len(self._found) + len(self._asked)
