"""Plans which channel to listen to: a survey of all, then a lock on the suspicious ones, then a survey again.

What has been heard is taken from the batches that came, never from what was asked for, so that a recording
leads to the same account as the live run.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from wifiscan.config import WifiConfig

US = 1_000_000
FIRST_MHZ = (2412, 2437, 2462)  # where most 2.4 GHz networks are
LOWEST_MHZ_5G = 4900
CROWDED = 2  # with more channels waiting, locks are no longer than a judgement takes
LOCKS_A_SURVEY = 2  # where it is crowded: the survey of a long plan takes almost as long as a judgement
LEAST_LOCK_US = 3 * US
UNSETTLED_COST = 0.25  # of the streaming share, where a strong sender was not heard long enough to judge


@dataclass(frozen=True, slots=True, kw_only=True)
class Dwell:
    """One piece of listening; ``center_hz`` is None where the radio cannot be tuned."""

    center_hz: float | None
    duration_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelState:
    """The state of one channel in the plan.

    ``suspicion`` 0 = nothing to listen to, more is more urgent; ``unjudged`` = somebody sends much, and
    was not heard for long enough to say what.
    """

    heard_us: int
    suspicion: float
    unjudged: bool = False
    rate_bps: float = 0.0  # of the most urgent sender


class Hopper:
    """The channel plan."""

    def __init__(self, channels_hz: Sequence[float], config: WifiConfig) -> None:
        self._config = config
        self._channels = sorted(channels_hz, key=_survey_order)
        self._next = 0
        self._surveyed = 0  # dwells of the running survey round
        self._locks = 0  # since the last survey
        self._lock_mhz: int | None = None
        self._lock_until_us = 0

    @property
    def channels_mhz(self) -> tuple[int, ...]:
        """Return the plan, in MHz."""
        return tuple(round(hz / 1e6) for hz in self._channels)

    def plan(self, states: Mapping[int, ChannelState]) -> Dwell:
        """Return the next dwell.

        Parameters
        ----------
        states : mapping
            Channel (MHz) to its state; channels never heard are absent.
        """
        if not self._channels:
            return Dwell(center_hz=None, duration_s=self._config.lock_dwell_s)
        if self._lock_mhz is not None:
            if self._holds(states[self._lock_mhz]):
                return self._locked()
            self._lock_mhz, self._surveyed = None, 0
            if self._locks < LOCKS_A_SURVEY and self._is_crowded(states) and self._choose(states):
                return self._locked()
        if self._surveyed >= len(self._channels):
            self._surveyed = self._locks = 0
            if self._choose(states):
                return self._locked()
        center_hz = self._channels[self._next % len(self._channels)]
        self._next += 1
        self._surveyed += 1
        return Dwell(center_hz=center_hz, duration_s=self._config.survey_dwell_s)

    def _is_crowded(self, states: Mapping[int, ChannelState]) -> bool:
        """Tell whether too many channels wait for a judgement for a survey after each."""
        enough_us = round(self._config.judge_after_s * US)
        waiting = [mhz for mhz in self.channels_mhz if mhz in states and states[mhz].unjudged]
        return sum(states[mhz].heard_us < enough_us for mhz in waiting) >= CROWDED

    def _holds(self, state: ChannelState) -> bool:
        """Tell whether to stay: a channel on which everything has been settled is left early."""
        settled_us = self._lock_until_us - round((self._config.lock_s - self._config.judge_after_s) * US)
        if state.suspicion <= 0 and state.heard_us >= settled_us:
            return False
        return state.heard_us < self._lock_until_us

    def _choose(self, states: Mapping[int, ChannelState]) -> bool:
        """Lock on the suspicious channel that has been heard least for its suspicion, if there is one.

        Of equals the one that carries most goes first: whoever keeps the radio elsewhere has to send more
        there than the camera does, on every channel. A survey of all channels lies between two locks, or
        between pairs of them where many wait, so that each has its share whatever is sent on the others.
        """
        lock_us, enough_us = round(self._config.lock_s * US), round(self._config.judge_after_s * US)
        suspicious = [mhz for mhz in self.channels_mhz if mhz in states and states[mhz].suspicion > 0]
        turn_us = enough_us if len(suspicious) > CROWDED else lock_us
        waiting = [
            (states[mhz].suspicion / (1 + states[mhz].heard_us // turn_us), states[mhz].rate_bps, -mhz)
            for mhz in suspicious
        ]
        if waiting:
            mhz = -max(waiting)[2]
            heard_us = states[mhz].heard_us
            if (
                len(waiting) > CROWDED and heard_us < enough_us
            ):  # each gets what a judgement takes, and no more
                lock_us = min(lock_us, max(enough_us - heard_us, LEAST_LOCK_US))
            self._locks += 1
            self._lock_mhz = mhz
            self._lock_until_us = heard_us + lock_us
        return bool(waiting)

    def _locked(self) -> Dwell:
        center_hz = next(hz for hz in self._channels if round(hz / 1e6) == self._lock_mhz)
        return Dwell(center_hz=center_hz, duration_s=self._config.lock_dwell_s)


def _survey_order(center_hz: float) -> tuple[bool, bool, float]:
    mhz = round(center_hz / 1e6)
    return (mhz >= LOWEST_MHZ_5G, mhz not in FIRST_MHZ, center_hz)


def coverage_shares(
    heard_us: Mapping[int, int],
    unjudged: Mapping[int, bool],
    channels_mhz: Sequence[int],
    config: WifiConfig,
    *,
    unreadable_share: float,
) -> tuple[float, float]:
    """Return the shares of the job that were done, for streaming and for idle cameras.

    Parameters
    ----------
    heard_us : mapping of int to int
        Time listened to each channel (MHz), µs.
    unjudged : mapping of int to bool
        Whether a channel (MHz) has a sender that was not yet heard long enough.
    channels_mhz : sequence of int
        The channels of the plan, MHz.
    config : WifiConfig
        Its dwell and judging times, s.
    unreadable_share : float
        Share of links that cannot be decoded, 0…1.

    Returns
    -------
    streaming, idle : float
        0…1 each; 0 without channels.

    Notes
    -----
    A channel without an unjudged sender needs its survey visits, one with needs a lock. An idle camera is
    known by its name, which a beacon tells within a visit, or by keep-alives, which take a lock's time.
    Links that cannot be decoded lower the streaming share, and so does one strong sender that was not heard
    for long enough: a streaming camera is such a sender.
    """
    if not channels_mhz:
        return 0.0, 0.0
    visit_us = config.survey_dwell_s * config.survey_rounds * US
    lock_us = config.judge_after_s * US
    streaming = idle = unsettled = 0.0
    for mhz in channels_mhz:
        heard = heard_us.get(mhz, 0)
        if unjudged.get(mhz):
            unsettled = max(unsettled, 1.0 - min(1.0, heard / lock_us))
        streaming += min(1.0, heard / (lock_us if unjudged.get(mhz) else visit_us))
        idle += 0.5 * min(1.0, heard / (config.survey_dwell_s * US)) + 0.5 * min(1.0, heard / lock_us)
    n = len(channels_mhz)
    streaming *= (1.0 - unreadable_share) * (1.0 - UNSETTLED_COST * unsettled)
    return streaming / n, idle / n
