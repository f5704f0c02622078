"""Plans the next hop: a round over the planned hops, and longer looks at what seemed interesting."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter, deque
from collections.abc import Iterable
from dataclasses import dataclass

from sweeper.bands import Bands
from sweeper.config import HIGHEST_HZ, LOWEST_HZ, SweeperConfig

USABLE_SHARE = 5 / 6  # of the sample rate: beyond it the decimation filter falls and aliases fold in
ANALOG_STEP_HZ = 4e6  # FM video is at least 8 MHz wide: no need to step by the slice
COFDM_STEP_HZ = 4e6  # two looks into every link of 5 MHz and more
RETUNE_S = 0.005  # the tuner's settling time
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


def plan_hops(config: SweeperConfig, *, bands: Bands, rate_hz: float) -> tuple[float, ...]:
    """Return the centres of one round.

    Parameters
    ----------
    config : SweeperConfig
        Ranges asked for, else the plan's name.
    bands : Bands
        The camera channels and bands.
    rate_hz : float
        Sample rate, Hz.

    Returns
    -------
    tuple of float
        Centres in Hz, each once; those of camera bands in the table's order.
    """
    slice_hz = rate_hz * USABLE_SHARE
    centres: dict[float, None] = {}
    if config.ranges_hz:
        for low, high in config.ranges_hz:
            centres.update(dict.fromkeys(span_hops(low, high, step_hz=slice_hz)))
    elif config.plan == "full":
        centres.update(dict.fromkeys(span_hops(LOWEST_HZ, HIGHEST_HZ, step_hz=slice_hz)))
    else:
        for band in bands.camera:
            analog = band.modulation == "analog"
            if config.plan == "quick":
                centres.update(dict.fromkeys(band.channels_hz))
                continue
            step = max(slice_hz, ANALOG_STEP_HZ if analog else COFDM_STEP_HZ)
            centres.update(dict.fromkeys(span_hops(band.low_hz, band.high_hz, step_hz=step)))
    return tuple(dict.fromkeys(round(c, 1) for c in centres))


def summarise(hops: Iterable[float], *, config: SweeperConfig, bands: Bands) -> PlanSummary:
    """Return the duration of a round, and the share of the camera bands that it listens to.

    Parameters
    ----------
    hops : iterable of float
        Centres of one round, Hz.
    config : SweeperConfig
        Its look and settling times, s.
    bands : Bands
        The camera bands.

    Returns
    -------
    PlanSummary
        Time in s, shares 0…1.
    """
    centres = tuple(hops)
    return PlanSummary(
        hops=len(centres),
        round_s=len(centres) * (config.look_s + config.settle_s + RETUNE_S),
        analog_share=heard_share(centres, bands=bands, modulation="analog"),
        cofdm_share=heard_share(centres, bands=bands, modulation="cofdm"),
    )


def heard_share(centres: Iterable[float], *, bands: Bands, modulation: str) -> float:
    """Return the share of a modulation's camera bands near a listened centre.

    Parameters
    ----------
    centres : iterable of float
        Listened centres, Hz.
    bands : Bands
        The camera bands.
    modulation : str
        ``analog`` or ``cofdm``.

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
    return sum(_near(heard, cell, reach_hz=0.75 * step) for cell in cells) / len(cells)


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
        return Hop(center_hz=center, dwell_s=self._config.look_s, gain_db=self._config.gain_db)

    def look_closer(self, center_hz: float, *, gain_db: float | None = None) -> None:
        """Ask for a longer look at a hop, within its allowance for this round."""
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
