"""A recorded survey: the counters of a Wi-Fi adapter, one line of ``survey.jsonl`` a read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hw.config import HwConfig
from hw.protocols import Clock
from hw.replay.device import RecordedDevice
from hw.replay.jsonl import LONGEST_SESSION_NS, read_lines, whole
from hw.replay.session import Parts, open_parts
from hw.types import ChannelSurvey, SurveyBatch

NAME = "survey.jsonl"
MOST_CHANNELS = 256
MOST_MS = 1 << 53
LOWEST_MHZ, HIGHEST_MHZ = 700, 8000
LOWEST_DBM, HIGHEST_DBM = -128, 127


class RecordedSurvey(RecordedDevice):
    """Plays the reads of a session, one after the other."""

    def __init__(self, *, parts: Parts, clock: Clock) -> None:
        super().__init__(role="survey", parts=parts, clock=clock)
        self._lines = read_lines(parts.survey[0], self.dropped)

    def read_survey(self) -> SurveyBatch:
        """Return the next read."""
        self._begin()
        batch = self._next()
        self._given(batch.t_ns)
        return batch

    def _next(self) -> SurveyBatch:
        for line in self._lines:
            t_ns, rows = whole(line, "t_ns", most=LONGEST_SESSION_NS), line.get("channels")
            if t_ns is None or not isinstance(rows, list):
                self.dropped["bad_line"] += 1
                continue
            channels = [_channel(row) for row in rows[:MOST_CHANNELS]]
            self.dropped["bad_channel"] += channels.count(None) + max(0, len(rows) - MOST_CHANNELS)
            return SurveyBatch(t_ns=t_ns, channels=tuple(c for c in channels if c is not None))
        raise self._end()

    def _skip(self) -> None:
        self._next()
        self._reads += 1


def as_row(channel: ChannelSurvey) -> dict[str, object]:
    """Return the counters of a channel as they are recorded: MHz, dBm and ms, without what is not known."""
    told = {
        "mhz": round(channel.center_hz / 1e6),
        "noise_dbm": channel.noise_dbm,
        "time_ms": channel.time_ms,
        "busy_ms": channel.busy_ms,
        "rx_ms": channel.rx_ms,
        "tx_ms": channel.tx_ms,
        "in_use": channel.in_use or None,
    }
    return {name: value for name, value in told.items() if value is not None}


def _channel(row: object) -> ChannelSurvey | None:
    if not isinstance(row, Mapping):
        return None
    entry: Mapping[str, Any] = row
    mhz = whole(entry, "mhz", least=LOWEST_MHZ, most=HIGHEST_MHZ)
    if mhz is None:
        return None
    counters = {name: whole(entry, name, most=MOST_MS) for name in ("time_ms", "busy_ms", "rx_ms", "tx_ms")}
    return ChannelSurvey(
        center_hz=mhz * 1e6,
        noise_dbm=whole(entry, "noise_dbm", least=LOWEST_DBM, most=HIGHEST_DBM),
        in_use=entry.get("in_use") is True,
        **counters,
    )


def open_survey(*, target: str, config: HwConfig, clock: Clock) -> RecordedSurvey:  # noqa: ARG001
    """Open the recorded survey of a session."""
    return RecordedSurvey(parts=open_parts(target, "survey"), clock=clock).resume()
