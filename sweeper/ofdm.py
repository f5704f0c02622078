"""Multicarrier signals by their cyclic prefix: the same samples return after the useful symbol time.

One autocorrelation serves every candidate lag; it is already there from the spectrum. What repeats for
another reason (a carrier, a narrow signal) has a high autocorrelation at the neighbouring lags too, so the
test is the contrast with them.

References
----------
ETSI EN 300 744 (224 µs and 896 µs at 8 MHz, scaled by the width), EN 300 401 (1 ms), 3GPP TS 36.211
(66.7 µs).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from sweeper.spectrum import FFT_SIZE, Spectrum

Family = Literal["cofdm", "dab", "lte"]
DVB_TU_S = {"2k": 224e-6, "4k": 448e-6, "8k": 896e-6}  # at 8 MHz
DVB_WIDTHS_HZ = (8e6, 7e6, 6e6, 5e6, 4e6, 3e6, 2.5e6, 2e6)
DAB_TU_S, LTE_TU_S = 1e-3, 1 / 15e3
GUARD_SHARE = 0.45  # lags compared with: from a guard of 12 to 60 samples beside the candidate
NEAR_SAMPLES, FAR_SAMPLES = 12, 60
CONTRAST_NEEDED = 18.0  # |r|² over its neighbours' mean: exp(-18) · candidates = 4e-7 over noise


@dataclass(frozen=True, slots=True, kw_only=True)
class Symbol:
    """A candidate: one useful symbol time and what sends it."""

    family: Family
    name: str
    useful_s: float
    width_hz: float


@dataclass(frozen=True, slots=True, kw_only=True)
class OfdmTest:
    """The best candidate of one slice: ``contrast`` is |r|² over that of the neighbouring lags."""

    symbol: Symbol
    contrast: float
    contrast_db: float
    score: float

    @property
    def is_ofdm(self) -> bool:
        """It stands out."""
        return self.contrast >= CONTRAST_NEEDED


def _candidates() -> tuple[Symbol, ...]:
    dvb = [
        Symbol(family="cofdm", name=f"{mode} {width / 1e6:g} MHz", useful_s=tu * 8e6 / width, width_hz=width)
        for width in DVB_WIDTHS_HZ
        for mode, tu in DVB_TU_S.items()
    ]
    dab = Symbol(family="dab", name="DAB mode I", useful_s=DAB_TU_S, width_hz=1.536e6)
    return (*dvb, dab, Symbol(family="lte", name="LTE", useful_s=LTE_TU_S, width_hz=10e6))


CANDIDATES = _candidates()


def find_ofdm(spectrum: Spectrum) -> OfdmTest:
    """Return the candidate whose lag stands out most from its neighbours."""
    r = np.abs(spectrum.autocorrelation[: FFT_SIZE // 2 + 1]) ** 2
    found = [(_contrast(r, symbol.useful_s * spectrum.rate_hz), symbol) for symbol in CANDIDATES]
    contrast, symbol = max(found, key=lambda item: item[0])
    lean = np.clip((contrast - CONTRAST_NEEDED) / 3, -9, 9)
    return OfdmTest(
        symbol=symbol,
        contrast=contrast,
        contrast_db=float(10 * np.log10(max(contrast, 1e-3))),
        score=float(1 / (1 + np.exp(-lean))),
    )


def _contrast(r: np.ndarray, lag: float) -> float:
    """|r|² at a lag (the larger of the two samples around it) over the larger side's mean."""
    position = round(lag)
    if position + FAR_SAMPLES >= len(r) or position <= FAR_SAMPLES:
        return 0.0
    peak = float(r[position - 1 : position + 2].max())
    before = float(r[position - FAR_SAMPLES : position - NEAR_SAMPLES].mean())
    after = float(r[position + NEAR_SAMPLES : position + FAR_SAMPLES].mean())
    return peak / max(before, after, 1e-30)
