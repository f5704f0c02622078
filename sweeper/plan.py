"""Plans the next hop: a round over the planned hops, and longer looks at what seemed interesting."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter, deque
from collections.abc import Iterable
from dataclasses import dataclass

from hw.protocols import RTL_SDR_REACH_HZ
from sweeper.bands import HIGH_PARTS, Bands, HighPart
from sweeper.config import HIGHEST_HZ, LOWEST_HZ, SweeperConfig
from sweeper.errors import OutOfReach
from sweeper.wide_rates import covered_hz

USABLE_SHARE = 5 / 6  # of the sample rate: beyond it the decimation filter falls and aliases fold in
ANALOG_STEP_HZ = 4e6  # FM video is at least 8 MHz wide: no need to step by the slice
COFDM_STEP_HZ = 4e6  # two looks into every link of 5 MHz and more
RETUNE_S = 0.005  # the tuner's settling time
HIGH_FROM_HZ = 2e9  # from here on the looks are longer, and wide ones are split into slices
MAX_WAITING = 64  # hops waiting for a longer look
MAX_GIVEN = 4096  # hops that had a longer look this round; a recording has no rounds
MAX_GAIN_TESTS = 8  # a round
MAX_BESIDE, BESIDE_EACH = 12, 2  # looks beside the plan's hops a round, and at one place


@dataclass(frozen=True, slots=True, kw_only=True)
class Hop:
    """One tuning: where, how long, and whether it is a longer look."""

    center_hz: float
    dwell_s: float
    gain_db: float
    closer: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanSummary:
    """The cost and reach of a plan. Shares are of the camera channels and bands in the table."""

    hops: int
    round_s: float
    analog_share: float
    cofdm_share: float
    high_share: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingSummary:
    """The coverage of a recording. ``stated``: it says where it was tuned."""

    seconds: float = 0.0
    low_hz: float = 0.0
    high_hz: float = 0.0
    stated: bool = True

    def with_block(self, *, center_hz: float, rate_hz: float, count: int) -> RecordingSummary:
        """Return the summary with one more block."""
        low_hz, high_hz = center_hz - rate_hz / 2, center_hz + rate_hz / 2
        first = self.seconds == 0.0
        return RecordingSummary(
            seconds=self.seconds + count / rate_hz,
            low_hz=low_hz if first else min(self.low_hz, low_hz),
            high_hz=high_hz if first else max(self.high_hz, high_hz),
            stated=self.stated and is_stated(center_hz, rate_hz=rate_hz),
        )


def is_stated(center_hz: float, *, rate_hz: float) -> bool:
    """Say whether a centre is a tuned frequency: a recording that states none begins at zero.

    Parameters
    ----------
    center_hz : float
        Centre of a block, Hz.
    rate_hz : float
        Sample rate, Hz.

    Returns
    -------
    bool
        The whole block lies above 0 Hz.
    """
    return center_hz > rate_hz / 2


def span_hops(low_hz: float, high_hz: float, *, step_hz: float) -> tuple[float, ...]:
    """Return centres that cover a range with equal steps.

    Parameters
    ----------
    low_hz, high_hz : float
        The range, Hz.
    step_hz : float
        Longest step, Hz.

    Returns
    -------
    tuple of float
        Centres in Hz, ascending, at least one.
    """
    count = max(1, -int(-(high_hz - low_hz) // step_hz))
    width = (high_hz - low_hz) / count
    return tuple(low_hz + (i + 0.5) * width for i in range(count))


def plan_hops(
    config: SweeperConfig,
    *,
    bands: Bands,
    rate_hz: float,
    reach_hz: tuple[tuple[float, float], ...] = RTL_SDR_REACH_HZ,
) -> tuple[float, ...]:
    """Return the centres of one round, as far as the receiver tunes.

    Parameters
    ----------
    config : SweeperConfig
        Ranges asked for, else the plan's name.
    bands : Bands
        The camera channels and bands.
    rate_hz : float
        Sample rate, Hz.
    reach_hz : tuple of (float, float)
        Ranges that the receiver tunes to, Hz.

    Returns
    -------
    tuple of float
        Centres in Hz, each once; those of camera bands in the table's order.

    Raises
    ------
    OutOfReach
        The receiver tunes to none of them.
    """
    wanted = (*_low_hops(config, bands=bands, rate_hz=rate_hz, reach_hz=reach_hz),)
    if not config.ranges_hz:
        wanted += _high_hops(bands, rate_hz=rate_hz, quick=config.plan == "quick")
    hops = dict.fromkeys(round(c, 1) for c in wanted if any(low <= c <= high for low, high in reach_hz))
    if not hops:
        raise OutOfReach(
            "The receiver tunes to none of the frequencies that were asked for",
            hint="See rf.ranges_hz and ansim diag devices.",
        )
    return tuple(hops)


def _high_hops(bands: Bands, *, rate_hz: float, quick: bool) -> tuple[float, ...]:
    """Hops of the bands above 2 GHz; a wide look covers what its slices do together."""
    step = max(covered_hz(rate_hz), ANALOG_STEP_HZ)
    if quick and step <= ANALOG_STEP_HZ:
        return tuple(hz for band in bands.high for hz in band.channels_hz)
    return tuple(hz for band in bands.high for hz in span_hops(band.low_hz, band.high_hz, step_hz=step))


def _low_hops(
    config: SweeperConfig, *, bands: Bands, rate_hz: float, reach_hz: tuple[tuple[float, float], ...]
) -> dict[float, None]:
    """Hops of the ranges asked for, of all the tuner covers, or of the bands below 2 GHz."""
    slice_hz = rate_hz * USABLE_SHARE
    centres: dict[float, None] = {}
    if config.ranges_hz:
        for low, high in config.ranges_hz:
            step = covered_hz(rate_hz) if high > HIGH_FROM_HZ else slice_hz
            centres.update(dict.fromkeys(span_hops(low, high, step_hz=step)))
    elif config.plan == "full":
        for low, high in reach_hz:
            edges = max(low, LOWEST_HZ), min(high, HIGHEST_HZ)
            centres.update(dict.fromkeys(span_hops(*edges, step_hz=slice_hz) if edges[0] < edges[1] else ()))
    else:
        for band in bands.camera:
            analog = band.modulation == "analog"
            if config.plan == "quick":
                centres.update(dict.fromkeys(band.channels_hz))
                continue
            step = max(slice_hz, ANALOG_STEP_HZ if analog else COFDM_STEP_HZ)
            centres.update(dict.fromkeys(span_hops(band.low_hz, band.high_hz, step_hz=step)))
    return centres


def summarise(
    hops: Iterable[float], *, config: SweeperConfig, bands: Bands, rate_hz: float = 0.0
) -> PlanSummary:
    """Return the duration of a round, and the share of the camera bands that it listens to.

    Parameters
    ----------
    hops : iterable of float
        Centres of one round, Hz.
    config : SweeperConfig
        Its look and settling times, s.
    bands : Bands
        The camera bands.
    rate_hz : float
        Sample rate, Hz: a wide slice hears more of a band.

    Returns
    -------
    PlanSummary
        Time in s, shares 0…1.
    """
    centres = tuple(hops)
    width_hz = covered_hz(rate_hz)
    high = [heard_high(centres, bands=bands, part=part, width_hz=width_hz) for part in HIGH_PARTS]
    return PlanSummary(
        hops=len(centres),
        round_s=sum(dwell_of(hz, config) + config.settle_s + RETUNE_S for hz in centres),
        analog_share=heard_share(centres, bands=bands, modulation="analog", rate_hz=rate_hz),
        cofdm_share=heard_share(centres, bands=bands, modulation="cofdm", rate_hz=rate_hz),
        high_share=sum(high) / len(high),
    )


def dwell_of(center_hz: float, config: SweeperConfig) -> float:
    """Return the dwell of a first look, s: longer above 2 GHz.

    Parameters
    ----------
    center_hz : float
        Centre of the hop, Hz.
    config : SweeperConfig
        The dwells, s.

    Returns
    -------
    float
    """
    return config.high_look_s if center_hz >= HIGH_FROM_HZ else config.look_s


def heard_high(centres: Iterable[float], *, bands: Bands, part: HighPart, width_hz: float = 0.0) -> float:
    """Return the share of the channels of a part above 2 GHz of which a slice was heard.

    Parameters
    ----------
    centres : iterable of float
        Listened centres, Hz.
    bands : Bands
        The bands above 2 GHz.
    part : HighPart
        ``analog_2g4`` or ``analog_5g8``.
    width_hz : float
        What one look covers, Hz.

    Returns
    -------
    float
        0…1.

    Notes
    -----
    A sender is heard in any slice that lies within three quarters of a step of its middle, as below 2 GHz.
    """
    heard = sorted(centres)
    reach_hz = max(0.75 * ANALOG_STEP_HZ, width_hz / 2)
    channels = bands.high_channels(part)
    return sum(_near(heard, hz, reach_hz=reach_hz) for hz in channels) / max(len(channels), 1)


def heard_share(centres: Iterable[float], *, bands: Bands, modulation: str, rate_hz: float = 0.0) -> float:
    """Return the share of a modulation's camera bands near a listened centre.

    Parameters
    ----------
    centres : iterable of float
        Listened centres, Hz.
    bands : Bands
        The camera bands.
    modulation : str
        ``analog`` or ``cofdm``.
    rate_hz : float
        Sample rate, Hz: a wide slice hears all of its usable share.

    Returns
    -------
    float
        0…1; 0 where there is no such band, or no centre.

    Notes
    -----
    A wide signal is heard by any slice inside it, so a cell of about one step counts as heard when a centre
    lies within three quarters of a step of its middle.
    """
    step = ANALOG_STEP_HZ if modulation == "analog" else COFDM_STEP_HZ
    heard = sorted(centres)
    cells = [
        cell
        for band in bands.camera
        if band.modulation == modulation
        for cell in span_hops(band.low_hz, band.high_hz, step_hz=step)
    ]
    if not cells or not heard:
        return 0.0
    reach_hz = max(0.75 * step, rate_hz * USABLE_SHARE / 2)
    return sum(_near(heard, cell, reach_hz=reach_hz) for cell in cells) / len(cells)


def _near(heard: list[float], cell: float, *, reach_hz: float) -> bool:
    """Say whether one of the centres, in order, lies within reach: asked after every look, so by halving."""
    first = bisect_left(heard, cell - reach_hz)
    return first < len(heard) and heard[first] - cell <= reach_hz


class Planner:
    """Gives the next hop: a waiting longer look first, else the next of the round."""

    def __init__(self, hops: tuple[float, ...], *, config: SweeperConfig) -> None:
        self._hops, self._config = hops, config
        self._next = 0
        self._waiting: deque[Hop] = deque(maxlen=MAX_WAITING)
        self._given: dict[float, int] = {}
        self._tested: set[float] = set()
        self._beside: Counter[float] = Counter()
        self.rounds = 0

    def take(self) -> Hop:
        """Return the next hop."""
        if self._waiting:
            return self._waiting.popleft()
        center = self._hops[self._next]
        self._next += 1
        if self._next == len(self._hops):
            self._next = 0
            self.rounds += 1
            self._given.clear()
            self._tested.clear()
            self._beside.clear()
        return Hop(center_hz=center, dwell_s=dwell_of(center, self._config), gain_db=self._config.gain_db)

    def look_closer(
        self, center_hz: float, *, gain_db: float | None = None, unless_within_hz: float = 0.0
    ) -> None:
        """Ask for a longer look at a hop, within its allowance for this round.

        ``unless_within_hz``: not where one that is as near already waits.
        """
        if any(h.closer and abs(h.center_hz - center_hz) < unless_within_hz for h in self._waiting):
            return
        given = self._given.get(center_hz, 0)
        if given < self._config.revisits and len(self._given) < MAX_GIVEN:
            self._given[center_hz] = given + 1
            gain_db = self._config.gain_db if gain_db is None else gain_db
            dwell_s = self._config.confirm_s
            self._waiting.append(Hop(center_hz=center_hz, dwell_s=dwell_s, gain_db=gain_db, closer=True))

    def look_beside(self, center_hz: float) -> None:
        """Ask for a usual look at a place that the round leaves out."""
        given = self._beside[center_hz]
        within = LOWEST_HZ <= center_hz <= HIGHEST_HZ
        if within and given < BESIDE_EACH and self._beside.total() < MAX_BESIDE:
            self._beside[center_hz] += 1
            dwell_s, gain_db = self._config.look_s, self._config.gain_db
            self._waiting.append(Hop(center_hz=center_hz, dwell_s=dwell_s, gain_db=gain_db))

    def drop_gain(self, center_hz: float, *, gain_db: float, by_db: float) -> None:
        """Ask for looks at a hop with less gain, with this one, less, and this one: once a round."""
        low_db = gain_db - by_db
        if low_db < 0 or center_hz in self._tested or len(self._tested) >= MAX_GAIN_TESTS:
            return
        if len(self._waiting) > MAX_WAITING - 4:  # they must follow each other, all of them
            return
        self._tested.add(center_hz)
        for each_db in (low_db, gain_db) * 2:
            self._waiting.append(Hop(center_hz=center_hz, dwell_s=self._config.look_s, gain_db=each_db))

    @property
    def progress(self) -> float:
        """The share of the first round that is done, 0…1."""
        return 1.0 if self.rounds else self.progress_of_round

    @property
    def progress_of_round(self) -> float:
        """The share of this round that is done, 0…1."""
        return self._next / len(self._hops)
