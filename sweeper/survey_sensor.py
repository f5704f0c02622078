"""A further ear of the RF sensor: the airtime counters of a Wi-Fi adapter, for strong analog senders.

::

    SurveyRadio ─ SurveyBatch ─► AirtimeDwell ─► survey_levels ─► Emission
                                             ▲
                                     survey_baseline

It hears only what a chip calls busy or noise, and on Wi-Fi channels alone: a strong sender near by. So it
counts for less in the coverage than a receiver (`WORTH`), and a quiet survey says little.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Mapping, Sequence

from hw.errors import EndOfRecording, HwError
from hw.protocols import Clock, SurveyRadio
from hw.types import ChannelSurvey, Counts, Coverage, DeviceHealth, SensorName
from sweeper.bands import HIGH_PARTS, HighPart, high_coverage, load_bands
from sweeper.model import Emission
from sweeper.picture import Picture
from sweeper.spectral_peaks import NOMINAL_NOISE_DBM
from sweeper.survey_levels import (
    FIVE_FROM_HZ,
    HALF_CHANNEL_HZ,
    RAISED_DB,
    AirtimeDwell,
    ChannelBaseline,
    ChannelLevel,
    SilentEnergy,
    find_energy,
    is_implausible,
    measure_channel,
    watched,
)

READ_S = 0.25  # between two reads: a channel of the Wi-Fi sensor's round
WINDOW_NS = 60_000_000_000
DWELLS_KEPT, CHANNELS_KEPT = 64, 256
LEAST_DWELL_MS = 10
LONGEST_DWELL_MS = 3_600_000  # a counter that jumps by more is damaged
IMPOSSIBLE_MS = 10  # counters are read one after the other
# Of a part of the coverage that a whole scan by a receiver covers. A design figure: what chips call busy was
# simulated, not measured (IEEE's -62 dBm, which 10 mW reach over some metres, and no weaker sender).
WORTH = 0.3
SAME_HZ = 25e6
# Log-odds 1.5 for either sign beside full silence, 1.7 for both; 1.1 where nobody counts frames. Chosen low.
SIGN_SCORE, BOTH_SCORE, UNSURE_SCORE = 0.82, 0.85, 0.75
BANDS_HZ: Mapping[HighPart, tuple[float, float]] = {
    "analog_2g4": (2.3e9, FIVE_FROM_HZ),
    "analog_5g8": (FIVE_FROM_HZ, 5.93e9),
}


class SurveySensor:
    """Reads an adapter's counters now and then, and names the channels with steady energy and no frames.

    ``waits``: a step waits until it is time to read; beside a sweep it returns at once instead.
    """

    def __init__(
        self,
        *,
        radio: SurveyRadio,
        clock: Clock,
        baseline: Mapping[float, ChannelBaseline] | None = None,
        waits: bool = False,
    ) -> None:
        self.radio, self._clock, self._waits = radio, clock, waits
        self._baseline = baseline or {}
        self._last: dict[float, ChannelSurvey] = {}
        self._dwells: dict[float, deque[AirtimeDwell]] = {}
        self._heard: set[float] = set()  # channels that were ever counted long enough
        self._found: list[Emission] = []
        self._dropped: Counter[str] = Counter()
        self._read = self._number = 0
        self._next_ns = 0
        self._fault: HwError | None = None

    @property
    def name(self) -> SensorName:
        """The sensor's name."""
        return "rf"

    def step(self) -> Sequence[Emission]:
        """Read the counters where it is time to; return the emissions that changed."""
        if self._waits:
            self._clock.sleep_until(self._next_ns)
        now_ns = self._clock.now_ns()
        if now_ns < self._next_ns:
            return ()
        self._next_ns = now_ns + round(READ_S * 1e9)
        try:
            batch = self.radio.read_survey()
        except EndOfRecording:
            raise
        except HwError as error:
            self._fault = error
            self._last.clear()
            raise
        self._fault = None
        self._read += 1
        for channel in batch.channels[:CHANNELS_KEPT]:
            self._take(channel, batch.t_ns)
        return self._judge(batch.t_ns)

    def _take(self, channel: ChannelSurvey, t_ns: int) -> None:
        before, self._last[channel.center_hz] = self._last.get(channel.center_hz), channel
        dwell = dwell_between(before, channel, t_ns)
        if dwell is None:
            return
        if (dwell.busy_ms or 0) > dwell.time_ms + IMPOSSIBLE_MS or dwell.time_ms > LONGEST_DWELL_MS:
            self._dropped["impossible"] += 1
            return
        kept = self._dwells.setdefault(channel.center_hz, deque(maxlen=DWELLS_KEPT))
        kept.append(dwell)
        if watched(kept) and _is_usable(measure_channel(kept)):
            self._heard.add(channel.center_hz)

    def levels(self, part: HighPart) -> tuple[ChannelLevel, ...]:
        """Return the channels of one band that were watched of late."""
        low_hz, high_hz = BANDS_HZ[part]
        mine = (d for hz, d in sorted(self._dwells.items()) if low_hz <= hz < high_hz)
        return tuple(measure_channel(dwells) for dwells in mine if watched(dwells))

    def _judge(self, t_ns: int) -> tuple[Emission, ...]:
        for dwells in self._dwells.values():
            while dwells and dwells[0].t_ns < t_ns - WINDOW_NS:
                dwells.popleft()
        changed: list[Emission] = []
        for part in HIGH_PARTS:
            levels = self.levels(part)
            if is_implausible(levels):
                # What it said before more channels were counted was the same counter.
                self._found = [e for e in self._found if not _lies_in(e, part)]
            changed += [self._put(each) for each in find_energy(levels, self._baseline)]
        return tuple(changed)

    def _put(self, energy: SilentEnergy) -> Emission:
        """Keep a stretch as an emission; one that overlaps it is the same one."""
        center_hz = (energy.low_hz + energy.high_hz) / 2
        same = next((e for e in self._found if abs(e.center_hz - center_hz) <= SAME_HZ), None)
        if same is None:
            self._number += 1
        else:
            self._found.remove(same)
        made = _emission(energy, same.id if same else f"rf-w{self._number:03d}", same)
        self._found.append(made)
        return made

    def finish(self) -> None:
        """Settle what is pending: every read is judged as it comes."""

    def observations(self) -> Sequence[Emission]:
        """Return every stretch known, by number."""
        return tuple(sorted(self._found, key=lambda e: e.id))

    def pictures(self) -> Mapping[str, Picture]:
        """Return nothing: counters hold no picture."""
        return {}

    def part_shares(self) -> dict[HighPart, float]:
        """Return what the counted channels are worth of the video channels of each band, 0…`WORTH`."""
        return {part: WORTH * self._share_watched(part) for part in HIGH_PARTS}

    def _share_watched(self, part: HighPart) -> float:
        if is_implausible(self.levels(part)):
            return 0.0
        channels = load_bands().high_channels(part)
        heard = sum(any(abs(hz - c) <= HALF_CHANNEL_HZ for c in self._heard) for hz in channels)
        return heard / len(channels)

    def coverage_reasons(self) -> tuple[str, ...]:
        """Return the keys of the sentences that say why it does not hear everything."""
        levels = [level for part in HIGH_PARTS for level in self.levels(part)]
        told = (
            ("rf_survey_weak", any(self.part_shares().values())),
            ("rf_survey_few", not self._heard and not levels),
            ("rf_survey_uncounted", bool(levels) and not self._heard),
            ("rf_survey_implausible", any(is_implausible(self.levels(part)) for part in HIGH_PARTS)),
        )
        return tuple(reason for reason, holds in told if holds)

    def coverage(self) -> Coverage:
        """Return how much of the video channels at 2.4 and 5.8 GHz the counters are worth."""
        return high_coverage(self.part_shares(), "rf_only_survey", *self.coverage_reasons())

    def counts(self) -> Counts:
        """Return the reads, and what was left out and why."""
        return Counts(sensor="rf", read=self._read, dropped=dict(self._dropped))

    def health(self) -> DeviceHealth:
        """Return the adapter's health."""
        if self._fault is not None:
            return DeviceHealth(ok=False, reason=self._fault.reason, hint=self._fault.hint)
        return self.radio.health()

    def close(self) -> None:
        """Let go of the adapter."""
        self.radio.close()


def dwell_between(before: ChannelSurvey | None, now: ChannelSurvey, t_ns: int) -> AirtimeDwell | None:
    """Return what a channel's counters have counted between two reads.

    Parameters
    ----------
    before, now : ChannelSurvey or None
        The counters, ms; None at the first read, of which nobody knows what its time was.
    t_ns : int
        Session time of the second read, ns.

    Returns
    -------
    AirtimeDwell or None
        None where nothing was listened to. Counters that were set back begin at zero.
    """
    if before is None or now.time_ms is None or before.time_ms is None:
        return None
    pairs = ((now.busy_ms, before.busy_ms), (now.rx_ms, before.rx_ms), (now.tx_ms, before.tx_ms))
    # Set back, or a driver that counts each visit by itself, as mac80211_hwsim does.
    fell = any(one is not None and other is not None and one < other for one, other in pairs)
    back = now.time_ms < before.time_ms or fell
    passed_ms = now.time_ms - (0 if back else before.time_ms)
    if passed_ms < LEAST_DWELL_MS:
        return None
    busy_ms, rx_ms, tx_ms = (
        None if one is None or (other is None and not back) else one - (0 if back else other or 0)
        for one, other in pairs
    )
    return AirtimeDwell(
        t_ns=t_ns,
        center_hz=now.center_hz,
        time_ms=passed_ms,
        busy_ms=busy_ms,
        frames_ms=None if rx_ms is None else rx_ms + (tx_ms or 0),
        noise_dbm=now.noise_dbm,
    )


def _lies_in(emission: Emission, part: HighPart) -> bool:
    low_hz, high_hz = BANDS_HZ[part]
    return low_hz <= emission.center_hz < high_hz


def _is_usable(level: ChannelLevel) -> bool:
    return level.energy_share is not None or level.noise_dbm is not None


def _emission(energy: SilentEnergy, number: str, before: Emission | None) -> Emission:
    both = energy.busy and energy.raised_db >= RAISED_DB
    score = BOTH_SCORE if both else SIGN_SCORE if energy.silent else UNSURE_SCORE
    floor_db = 0.0 if energy.noise_dbm is None else energy.noise_dbm - NOMINAL_NOISE_DBM
    return Emission(
        id=number,
        center_hz=(energy.low_hz + energy.high_hz) / 2,
        bandwidth_hz=energy.high_hz - energy.low_hz,
        snr_db=max(energy.raised_db, floor_db, 0.0),
        kind="non-wifi-energy",
        scores={"camera": score},
        first_ns=energy.first_ns if before is None else before.first_ns,
        last_ns=energy.last_ns,
        hits=1 if before is None else before.hits + 1,
        measures={
            "duty": energy.energy_share,
            "raised_db": energy.raised_db,
            "channels": float(energy.channels),
            "watched_s": energy.watched_ms * 1e-3,
        },
    )
