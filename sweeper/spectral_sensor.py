"""The second half of the RF sensor: analog senders at 2.4 and 5.8 GHz, by the FFTs of a Wi-Fi chip.

::

    SpectralRadio ─ SpectralBatch ─► peaks ─► carrier ─► images ─► SpectralTracks ─► Emission
                                        └───► traffic ──────────────────┘
"""

from __future__ import annotations

from collections import Counter, OrderedDict, deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import cycle, pairwise

import numpy as np
from numpy.typing import NDArray

from hw.errors import EndOfRecording, HwError
from hw.protocols import SpectralRadio
from hw.types import Counts, Coverage, DeviceHealth, SensorName, SpectralSample
from sweeper.bands import HIGH_PARTS, HighPart, high_coverage, load_bands
from sweeper.model import Emission
from sweeper.picture import Picture
from sweeper.spectral_carrier import EDGE_PEAKS, find_carriers
from sweeper.spectral_images import received
from sweeper.spectral_peaks import NOMINAL_NOISE_DBM, RAISED_DBM, SampleFeatures, half_peak_hz, measure_sample
from sweeper.spectral_tracks import SpectralTracks
from sweeper.spectral_traffic import classify_traffic
from sweeper.views import CELLS, SpectrumView, WaterfallView

DWELL_S, CHUNK_S = 0.03, 0.25  # on one channel: three periods of a hopping phone; of a recording at once
BESIDE_S = 0.02  # beside a sweep, which must not wait: the chip's FFTs wait in the kernel's buffer
WINDOW_S, WINDOW_SAMPLES = 8.0, 4096  # what is judged together: some rounds over the channels
LEAST_LOOKS = 8  # FFTs of a channel that count as having heard it: half a mains period at the usual 1.5 ms
MAX_HEARD = 4096  # channels remembered
DEAF_NS = 10_000_000_000  # of reads in a row without a single FFT


@dataclass(frozen=True, slots=True, kw_only=True)
class SpectralExtent:
    """The number of FFTs that were made, over what time and between what frequencies."""

    count: int
    seconds: float
    low_hz: float
    high_hz: float


class SpectralSensor:
    """Steps a Wi-Fi adapter's spectral scan, or a recording of one, and names the steady carriers."""

    def __init__(self, *, radio: SpectralRadio, waterfall_rows: int = 512, chunk_s: float = CHUNK_S) -> None:
        self.radio = radio
        self._chunk_s = chunk_s
        channels = radio.channels_hz()
        self._next_channel = cycle(channels) if channels else None
        self._window: deque[SampleFeatures] = deque(maxlen=WINDOW_SAMPLES)
        self._rows: deque[SpectralSample] = deque(maxlen=waterfall_rows)
        self._heard: OrderedDict[tuple[float, float, float], int] = OrderedDict()
        self._tracks = SpectralTracks()
        self._dropped: Counter[str] = Counter()
        self._read = self._empty_ns = self._unjudged = 0
        self._raised = False
        self._first_ns: int | None = None
        self._seconds = 0.0
        self._fault: HwError | None = None

    @property
    def name(self) -> SensorName:
        """The sensor's name."""
        return "rf"

    def step(self) -> Sequence[Emission]:
        """Listen to one channel, or to the next piece of a recording; return the emissions that changed."""
        try:
            if self._next_channel is not None:
                self.radio.set_channel(center_hz=next(self._next_channel))
            duration_s = self._chunk_s if self._next_channel is None else DWELL_S
            batch = self.radio.read_spectra(duration_s=duration_s)
        except EndOfRecording:
            raise
        except HwError as error:
            self._fault = error
            raise
        self._fault = None
        self._dropped.update(batch.dropped)
        self._empty_ns = 0 if batch.samples else self._empty_ns + batch.until_ns - batch.t_ns
        for sample in batch.samples:
            self._take(sample)
        return self._judge() if self._unjudged else ()

    def _take(self, sample: SpectralSample) -> None:
        features = measure_sample(sample)
        self._first_ns = sample.t_ns if self._first_ns is None else self._first_ns
        self._seconds = (sample.t_ns - self._first_ns) * 1e-9
        self._read += 1
        self._unjudged += 1
        self._window.append(features)
        self._rows.append(sample)
        self._raised = self._raised or features.noise_dbm >= RAISED_DBM
        margin_hz = EDGE_PEAKS * half_peak_hz(features.step_hz)
        span = (features.center_hz, features.low_hz + margin_hz, features.high_hz - margin_hz)
        self._heard[span] = self._heard.get(span, 0) + 1
        if len(self._heard) > MAX_HEARD:
            self._heard.popitem(last=False)

    def _judge(self) -> tuple[Emission, ...]:
        """Judge what was heard of late as a whole."""
        self._unjudged = 0
        oldest_ns = self._window[-1].t_ns - WINDOW_S * 1e9
        while self._window[0].t_ns < oldest_ns:
            self._window.popleft()
        window = list(self._window)
        carriers = received(find_carriers(window))
        return self._tracks.update(carriers, classify_traffic(window, carriers), window)

    def finish(self) -> None:
        """Settle what is pending: every read is judged as it comes."""

    def observations(self) -> Sequence[Emission]:
        """Return every transmission known, by number."""
        return self._tracks.emissions()

    def pictures(self) -> Mapping[str, Picture]:
        """Return nothing: powers hold no picture."""
        return {}

    def part_shares(self) -> dict[HighPart, float]:
        """Return the share of the video channels of each band that was heard, 0…1."""
        spans = [(low, high) for (_, low, high), count in self._heard.items() if count >= LEAST_LOOKS]
        shares: dict[HighPart, float] = {}
        for part in HIGH_PARTS:
            channels = load_bands().high_channels(part)
            heard = sum(any(low <= hz <= high for low, high in spans) for hz in channels)
            shares[part] = heard / len(channels)
        return shares

    def coverage_reasons(self) -> tuple[str, ...]:
        """Return the keys of the sentences that say why it does not hear everything."""
        few = [c for c in self._heard.values() if c < LEAST_LOOKS]
        told = (
            ("rf_not_all_video_channels", min(self.part_shares().values()) < 1.0),
            ("rf_spectral_few", bool(few) or not self._heard),
            ("rf_floor_raised", self._raised),
        )
        return tuple(reason for reason, holds in told if holds)

    def coverage(self) -> Coverage:
        """Return how much of the video channels at 2.4 and 5.8 GHz was listened to."""
        return high_coverage(self.part_shares(), "rf_only_spectral", *self.coverage_reasons())

    def counts(self) -> Counts:
        """Return the FFTs taken, and what was left out and why."""
        return Counts(sensor="rf", read=self._read, dropped=dict(self._dropped))

    def health(self) -> DeviceHealth:
        """Return the adapter's health, or that no FFT comes out of it."""
        if self._fault is not None:
            return DeviceHealth(ok=False, reason=self._fault.reason, hint=self._fault.hint)
        if self._empty_ns >= DEAF_NS:
            return DeviceHealth(
                ok=False, reason="stalled", hint="Unplug the Wi-Fi adapter and plug it in again."
            )
        return self.radio.health()

    def extent(self) -> SpectralExtent:
        """Return how many FFTs were made, over what time and frequencies."""
        spans = list(self._heard)
        return SpectralExtent(
            count=self._read,
            seconds=self._seconds,
            low_hz=min((low for _, low, _ in spans), default=0.0),
            high_hz=max((high for _, _, high in spans), default=0.0),
        )

    def waterfall_view(self) -> WaterfallView:
        """Return the last FFTs in order of time, each in `CELLS` cells of its strongest bins, dBm."""
        rows = list(self._rows)
        level = np.stack([_cells(r.bins_dbm) for r in rows]) if rows else np.zeros((0, CELLS), np.float32)
        return WaterfallView(
            t_ns=np.array([r.t_ns for r in rows], np.int64),
            center_hz=np.array([r.center_hz for r in rows], np.float64),
            width_hz=np.array([r.width_hz for r in rows], np.float64),
            level_db=level,
        )

    def spectrum_view(self) -> SpectrumView:
        """Return mean and strongest level over frequency of the last FFTs, dBm a bin of half a MHz."""
        return spectrum_of(list(self._rows))

    def close(self) -> None:
        """Let go of the adapter."""
        self.radio.close()


VIEW_STEP_HZ = 0.5e6


def spectrum_of(samples: Sequence[SpectralSample]) -> SpectrumView:
    """Return the mean and the strongest power of all FFTs in cells of half a MHz.

    Parameters
    ----------
    samples : sequence of SpectralSample
        FFTs of any channels and widths.

    Returns
    -------
    SpectrumView
        Ascending, without the gaps; levels in dBm a cell's strongest bin.
    """
    powers: dict[int, list[float]] = {}
    for sample in samples:
        places = sample.low_hz + (np.arange(len(sample.bins_dbm)) + 0.5) * sample.step_hz
        for cell, level in zip((places // VIEW_STEP_HZ).astype(int), sample.bins_dbm, strict=True):
            powers.setdefault(int(cell), []).append(float(level))
    cells = sorted(powers)
    means = [10 * np.log10(np.mean(10 ** (np.array(powers[c]) / 10))) for c in cells]
    return SpectrumView(
        frequency_hz=(np.array(cells, np.float64) + 0.5) * VIEW_STEP_HZ,
        mean_db=np.array(means, np.float32),
        peak_db=np.array([max(powers[c]) for c in cells], np.float32),
        floor_db=np.full(len(cells), NOMINAL_NOISE_DBM - 10 * np.log10(56), np.float32),
    )


def _cells(bins_dbm: NDArray[np.float32]) -> NDArray[np.float32]:
    """Strongest bin of each of `CELLS` cells."""
    edges = np.linspace(0, len(bins_dbm), CELLS + 1)
    return np.array(
        [bins_dbm[int(a) : max(int(b), int(a) + 1)].max() for a, b in pairwise(edges)],
        np.float32,
    )
