"""A recorded receiver. It cannot be tuned: it plays the segments of its recording in order."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

from hw.config import HwConfig
from hw.formats.iq import EXACT, clipped_share, to_complex, without_gaps
from hw.protocols import Clock
from hw.replay.device import RecordedDevice
from hw.replay.iq_file import collected, is_iq_file, open_iq
from hw.replay.session import Parts, open_parts
from hw.replay.sigmf_file import Segment, SigmfRecording, open_sigmf
from hw.types import IqBlock

COLLECTION = ".sigmf-collection"
# A fifth of a second at 20 MS/s, the longest look; more at once costs memory by the rate that a file claims.
MOST_BLOCK_SAMPLES = 1 << 22


class RecordedSdr(RecordedDevice):
    """Plays segments back; a block never spans two of them."""

    def __init__(
        self,
        *,
        segments: tuple[Segment, ...],
        parts: Parts,
        clock: Clock,
        dropped: Counter[str],
        detail: str = "",
    ) -> None:
        super().__init__(role="sdr", parts=parts, clock=clock, dropped=dropped, detail=detail)
        self._segments = segments
        self._number = 0
        self._at = 0
        self._t_ns = 0

    @property
    def rate_hz(self) -> float:
        """Sample rate of the next segment, in Hz."""
        return self._segments[min(self._number, len(self._segments) - 1)].rate_hz

    @property
    def tunable(self) -> bool:
        """False: a recording cannot be tuned."""
        return False

    def tune(self, *, center_hz: float, gain_db: float | None = None) -> None:
        """Change nothing: the recording was tuned when it was made."""

    def read(self, *, count: int) -> IqBlock:
        """Return up to ``count`` samples of the current segment."""
        self._begin()
        if self._number >= len(self._segments):
            raise self._end()
        segment = self._segments[self._number]
        count = min(max(count, 1), segment.count - self._at, MOST_BLOCK_SAMPLES)
        block = self._block(segment, count)
        self._at += count
        until_ns = block.t_ns + block.duration_ns
        if self._at >= segment.count:
            until_ns = until_ns if segment.until_ns is None else segment.until_ns
            self._number, self._at = self._number + 1, 0
        self._t_ns = max(self._t_ns, block.t_ns + block.duration_ns)
        self._given(until_ns)
        return block

    def close(self) -> None:
        """Close the files."""
        super().close()
        self._segments = self._segments[:1]
        self._number = len(self._segments)

    def _position(self) -> int:
        return self._number

    def _skip(self) -> None:
        if self._number >= len(self._segments):
            raise self._end()
        self._number += 1

    def _block(self, segment: Segment, count: int) -> IqBlock:
        first = segment.first_byte + self._at * segment.form.sample_bytes
        raw = segment.data[first : first + count * segment.form.sample_bytes]
        samples, bad = without_gaps(to_complex(raw, segment.form.name))
        if bad:
            self.dropped["not_finite"] += bad
        told = segment.clipped_share if count == segment.count else None
        t_ns = self._t_ns if segment.t_ns is None else segment.t_ns + round(self._at * 1e9 / segment.rate_hz)
        return IqBlock(
            t_ns=t_ns,
            center_hz=segment.center_hz,
            rate_hz=segment.rate_hz,
            gain_db=segment.gain_db,
            samples=samples,
            clipped_share=clipped_share(raw, segment.form.name) if told is None else told,
            sample_format=segment.form.name if segment.form.name in EXACT else "cf32_le",
        )


def open_recording(
    path: Path, dropped: Counter[str], *, config: HwConfig | None = None
) -> tuple[SigmfRecording, ...]:
    """Open whatever a file of samples is: SigMF, a collection of it, or another program's recording.

    Raises
    ------
    BadRecording
        It cannot be read, or nothing says its sample rate.
    """
    sdr = (config or HwConfig()).sdr
    if path.suffix == COLLECTION:
        return tuple(open_sigmf(each, dropped, said_rate_hz=sdr.replay_rate_hz) for each in collected(path))
    with path.open("rb") as file:
        head = file.read(16)
    if not is_iq_file(path, head):
        found = open_sigmf(path, dropped, said_rate_hz=sdr.replay_rate_hz)
        return (_placed(found, sdr.replay_center_hz),)
    return (open_iq(path, dropped, rate_hz=sdr.replay_rate_hz, center_hz=sdr.replay_center_hz),)


def _placed(recording: SigmfRecording, center_hz: float | None) -> SigmfRecording:
    """Put segments that do not say where they were tuned to the place that was said."""
    if center_hz is None:
        return recording
    placed = tuple(
        s if s.frequency_stated else replace(s, center_hz=s.center_hz + center_hz, frequency_stated=True)
        for s in recording.segments
    )
    return replace(recording, segments=placed)


def open_sdr(*, target: str, config: HwConfig, clock: Clock) -> RecordedSdr:
    """Open the recorded receiver of a session, or a single recording."""
    parts = open_parts(target, "sdr")
    dropped: Counter[str] = Counter()
    recordings = [r for path in parts.sdr for r in open_recording(path, dropped, config=config)]
    segments = tuple(segment for recording in recordings for segment in recording.segments)
    details = " ".join(sorted({r.detail for r in recordings if r.detail}))
    return RecordedSdr(segments=segments, parts=parts, clock=clock, dropped=dropped, detail=details).resume()
