"""Finds multicarrier signals by their cyclic prefix: samples repeat after the useful symbol time.

One autocorrelation serves every candidate lag; it is already there from the spectrum. A lag that stands out
from its neighbours (a carrier or a narrow signal is high at all of them) is looked at closer: the products
``x*(t) x(t + Tu)`` come in bursts, one a symbol, as long as the guard interval. Folding them at the symbol
time of each guard interval finds the bursts where the plain autocorrelation drowns them.

References
----------
ETSI EN 300 744 (224 µs and 896 µs at 8 MHz, scaled by the width; guards 1/4 … 1/32), EN 300 401 (1 ms),
3GPP TS 36.211 (66.7 µs). Van de Beek et al., "ML estimation of time and frequency offset in OFDM systems",
1997.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from sweeper.spectrum import FFT_SIZE, Spectrum

FloatArray = NDArray[np.float32]
Family = Literal["cofdm", "dab", "lte"]
DVB_TU_S = {"2k": 224e-6, "4k": 448e-6, "8k": 896e-6}  # at 8 MHz
DVB_WIDTHS_HZ = (8e6, 7e6, 6e6, 5e6, 4e6, 3e6, 2.5e6, 2e6)
DVB_GUARDS = (1 / 4, 1 / 8, 1 / 16, 1 / 32)
DAB_TU_S, DAB_GUARD = 1e-3, 504 / 2048
LTE_TU_S, LTE_GUARD = 1 / 15e3, 72.86 / 1024  # mean of the slot's 80, 72, 72, …
NEAR_SAMPLES, FAR_SAMPLES = 12, 60  # lags compared with: from 12 to 60 samples beside the candidate
WORTH_A_LOOK = 2.0  # |r|² over its neighbours' typical one: a third of the candidates over noise
SURE_LOOK = 6.0  # where nothing wide is heard: one look in five over noise has one
CLOSER_S, CLOSER_MOST = 0.1, 4  # of the slice, and candidates, looked at closer
PHASES_A_GUARD = 2  # the fold's bins: half a guard each
EVIDENCE_NEEDED = 21.0  # nats: exp(-21) · about 5000 tries a slice = 4e-6 over noise
RIVAL_SHARE = 0.8  # of |r|² at the lag: another peak this high and it is no guard interval
RIVAL_LEAST = 14.0  # and this far over the other lags: the highest of 4000 over noise stays below
PILOTS_BELOW = 1 / 6
BLOCK = 16  # products summed before folding: 7 µs at 2.4 MS/s


@dataclass(frozen=True, slots=True, kw_only=True)
class Symbol:
    """A candidate: one useful symbol time, its guard intervals and what sends it."""

    family: Family
    name: str
    useful_s: float
    guards: tuple[float, ...]
    width_hz: float


@dataclass(frozen=True, slots=True, kw_only=True)
class OfdmTest:
    """The best candidate of one slice. ``evidence`` is in nats (its chance over noise is exp of minus it)."""

    symbol: Symbol | None
    guard: float | None
    evidence: float
    score: float

    @property
    def is_ofdm(self) -> bool:
        """True where the candidate stands out of the noise."""
        return self.evidence >= EVIDENCE_NEEDED

    @property
    def family(self) -> Family | None:
        """The kind of multicarrier signal, None where it is none."""
        return self.symbol.family if self.symbol is not None and self.is_ofdm else None


NO_OFDM = OfdmTest(symbol=None, guard=None, evidence=0.0, score=0.0)  # not asked


def _candidates() -> tuple[Symbol, ...]:
    dvb = [
        Symbol(
            family="cofdm",
            name=f"{mode} {width / 1e6:g} MHz",
            useful_s=tu * 8e6 / width,
            guards=DVB_GUARDS,
            width_hz=width,
        )
        for width in DVB_WIDTHS_HZ
        for mode, tu in DVB_TU_S.items()
    ]
    dab = Symbol(family="dab", name="DAB mode I", useful_s=DAB_TU_S, guards=(DAB_GUARD,), width_hz=1.536e6)
    lte = Symbol(family="lte", name="LTE", useful_s=LTE_TU_S, guards=(LTE_GUARD,), width_hz=10e6)
    by_time = {round(s.useful_s * 1e9): s for s in reversed((*dvb, dab, lte))}  # the widest of equals
    return tuple(reversed(by_time.values()))


CANDIDATES = _candidates()


def find_ofdm(samples: NDArray[np.complex64], spectrum: Spectrum, *, thorough: bool = True) -> OfdmTest:
    """Return the candidate that the samples speak for most.

    Parameters
    ----------
    samples : ndarray, shape (n,), complex64
        The slice from which ``spectrum`` was measured.
    spectrum : Spectrum
        Holds the autocorrelation by lag, and the sample rate in Hz.
    thorough : bool
        Look closer at every lag that might be one; else at what stands out by itself (much cheaper).

    Returns
    -------
    OfdmTest
        Without a symbol where no lag was worth a closer look; ``evidence`` in nats.

    Notes
    -----
    Lags longer than half of `FFT_SIZE` samples are not looked for (8k of less than 5 MHz at 2.4 MS/s).
    """
    lags = spectrum.autocorrelation[: FFT_SIZE // 2 + 1]
    r = np.asarray(lags.real**2 + lags.imag**2, np.float32)
    contrasts = [(float(c), i) for i, c in enumerate(_contrasts(r, spectrum.rate_hz))]
    worth = sorted((c for c in contrasts if c[0] >= (WORTH_A_LOOK if thorough else SURE_LOOK)), reverse=True)
    part = samples[: round(CLOSER_S * spectrum.rate_hz)]
    best: tuple[float, Symbol | None, float | None] = (0.0, None, None)
    for _, number in worth[:CLOSER_MOST]:
        symbol = CANDIDATES[number]
        evidence, guard = _fold_evidence(part, r, symbol.useful_s * spectrum.rate_hz, symbol.guards)
        if evidence > best[0]:
            best = (evidence, symbol, guard)
    lean = np.clip((best[0] - EVIDENCE_NEEDED) / 2, -9, 9)
    return OfdmTest(symbol=best[1], guard=best[2], evidence=best[0], score=float(1 / (1 + np.exp(-lean))))


def _contrasts(r: FloatArray, rate_hz: float) -> FloatArray:
    """|r|² at each candidate's lag over the larger side's typical one, 0 where the lag is out of reach.

    The typical one is taken from the median, which is ln 2 of an exponential's mean.
    """
    lags = np.array([round(s.useful_s * rate_hz) for s in CANDIDATES])
    within = (lags > FAR_SAMPLES) & (lags + FAR_SAMPLES < len(r))
    place = np.where(within, lags, FAR_SAMPLES)[:, None]
    beside = np.arange(NEAR_SAMPLES, FAR_SAMPLES)
    sides = np.stack([r[place - beside], r[place + beside]])
    middle = len(beside) // 2
    sides.partition((middle - 1, middle), axis=2)  # np.median's own work, without its questions
    typical = sides[:, :, middle - 1 : middle + 1].mean(axis=2).max(axis=0) / np.log(2) + 1e-30
    peak = r[place + np.arange(-1, 2)].max(axis=1)
    return np.asarray(np.where(within, peak / typical, 0), np.float32)


def _fold_evidence(
    samples: NDArray[np.complex64], r: FloatArray, lag: float, guards: tuple[float, ...]
) -> tuple[float, float | None]:
    """Evidence that the products at a lag come in bursts of one of the guard intervals.

    Sums that follow each other alike (a narrow signal) are fewer independent ones than they are many.
    """
    position = round(lag)
    shift: int = position - 1 + int(np.argmax(r[position - 1 : position + 2]))
    products: NDArray[np.complex64] = np.conj(samples[: len(samples) - shift]) * samples[shift:]
    count = len(products) // BLOCK
    sums = products[: count * BLOCK].reshape(count, BLOCK) @ np.ones(BLOCK, np.float32)
    energy = float(np.vdot(sums, sums).real) + 1e-30
    together = min(float(abs(np.vdot(sums[:-1], sums[1:]))) / energy, 0.95)
    independent = (1 - together) / (1 + together)
    best: tuple[float, float | None] = (0.0, None)
    for guard in guards:
        evidence = independent * _burst_evidence(sums, lag * (1 + guard) / BLOCK, guard / (1 + guard))
        if evidence > best[0] and not _is_periodic(r, shift, guard):
            best = (evidence, guard)
    return best


def _is_periodic(r: FloatArray, lag: int, guard: float) -> bool:
    """Whether the lag is only one of many: pulses that come again and again, a supply.

    A multicarrier signal has one peak, and lower ones at the twelfths of it where its scattered pilots
    repeat; below a guard of 1/6 those are the higher ones.
    """
    other = r[NEAR_SAMPLES * 2 : lag - NEAR_SAMPLES].copy()
    if guard < PILOTS_BELOW:
        for twelfth in range(1, 12):
            middle = round(lag * twelfth / 12) - NEAR_SAMPLES * 2
            other[max(middle - 3, 0) : middle + 4] = 0
    heard = other[other > 0]
    if len(heard) == 0:
        return False
    typical = float(np.median(heard)) / float(np.log(2))
    return float(other.max()) > max(RIVAL_SHARE * float(r[lag]), RIVAL_LEAST * typical)


def _burst_evidence(sums: NDArray[np.complex64], period: float, share: float) -> float:
    """|sum of the products over the best burst position|² over their own power, in nats.

    The mean over all positions is taken off: what is periodic at the lag for another reason is so all the
    time. Bursts are compared with the power in the same places, because other bursts come and go too.
    """
    phases = max(4, round(PHASES_A_GUARD / share))
    index = (np.arange(len(sums)) * (phases / period)).astype(np.int64) % phases
    total = np.bincount(index, sums.real, phases) + 1j * np.bincount(index, sums.imag, phases)
    strength = np.abs(sums)
    present = np.bincount(index, strength, phases) + 1e-30
    total -= present * (total.sum() / present.sum())
    energy = np.bincount(index, strength**2, phases)
    burst, held = total + np.roll(total, -1), energy + np.roll(energy, -1)
    return float(np.max(np.abs(burst) ** 2 / np.maximum(held, 1e-30)))
