"""A recorded spectral scan: relay files of an Atheros driver, of a session or alone, packed or not."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Generator
from dataclasses import replace
from pathlib import Path

from hw.config import HwConfig
from hw.errors import BadRecording
from hw.formats.spectral_scan import SpectralReader
from hw.formats.unpack import UnpackedFile
from hw.protocols import Clock
from hw.replay.device import RecordedDevice
from hw.replay.jsonl import LONGEST_SESSION_NS, read_lines, whole
from hw.replay.session import Parts, open_parts
from hw.types import SpectralBatch, SpectralSample

INDEX = "spectral.jsonl"
PIECE_BYTES = 1 << 16
MOST_BYTES = 1 << 26  # of one batch
MOST_IN_A_BATCH = 4096


class RecordedSpectral(RecordedDevice):
    """Plays relay files one after the other, by the clock of the chip."""

    def __init__(self, *, parts: Parts, clock: Clock) -> None:
        super().__init__(role="spectral", parts=parts, clock=clock, dropped=Counter())
        self._paths = deque(parts.spectral)
        self._told: Counter[str] = Counter()
        self._samples = self._every_sample()
        self._next: SpectralSample | None = None
        self._t_ns = 0
        self._any = False

    def channels_hz(self) -> tuple[float, ...]:
        """Return nothing: a recording cannot be tuned."""
        return ()

    def set_channel(self, *, center_hz: float) -> None:
        """Change nothing: the recording was tuned when it was made."""

    def read_spectra(self, *, duration_s: float) -> SpectralBatch:
        """Return the FFTs of the next ``duration_s`` seconds of the recording."""
        self._begin()
        first = self._take()
        if first is None:
            if not self._any:
                raise self._nothing()
            raise self._end()
        self._any = True
        samples, until_ns = [first], first.t_ns + round(duration_s * 1e9)
        while len(samples) < MOST_IN_A_BATCH:
            following = self._take()
            if following is None:
                break
            if following.t_ns >= until_ns:
                self._next = following
                break
            samples.append(following)
        self._t_ns = samples[-1].t_ns
        self._given(self._t_ns)
        dropped = self.dropped - self._told
        self._told = self.dropped.copy()
        return SpectralBatch(
            t_ns=first.t_ns, until_ns=self._t_ns, samples=tuple(samples), dropped=dict(dropped)
        )

    def close(self) -> None:
        """Close the files."""
        super().close()
        self._samples.close()

    def _skip(self) -> None:
        if self._take() is None:
            raise self._end()
        self._reads += 1

    def _take(self) -> SpectralSample | None:
        taken, self._next = self._next, None
        return next(self._samples, None) if taken is None else taken

    def _every_sample(self) -> Generator[SpectralSample, None, None]:
        base_ns = 0
        for path in self._paths:
            for sample in read_file(path, self.dropped, base_ns=base_ns):
                base_ns = sample.t_ns
                yield sample

    def _nothing(self) -> BadRecording:
        why = ", ".join(f"{name} {count}" for name, count in sorted(self.dropped.items()))
        return BadRecording(
            f"{self._info.name} holds no FFT that can be read" + (f" ({why})" if why else ""),
            hint="Record anew: cat /sys/kernel/debug/ieee80211/phy0/*/spectral_scan0 > scan.dump.",
        )


def read_file(
    path: Path, dropped: Counter[str], *, base_ns: int = 0
) -> Generator[SpectralSample, None, None]:
    """Yield the FFTs of one relay file.

    Parameters
    ----------
    path : Path
        The file, packed with gzip, bzip2 or xz, or not.
    dropped : Counter
        Counts what could not be read, by reason.
    base_ns : int
        Session time of the first FFT.

    Yields
    ------
    SpectralSample
        In the order of the file.

    Raises
    ------
    BadRecording
        The file cannot be read at all.
    """
    reader, told = SpectralReader(base_ns=base_ns), Counter[str]()
    try:
        file = UnpackedFile(path)
    except OSError as error:
        raise BadRecording(f"{path.name} cannot be read: {error.strerror}") from error
    try:
        while piece := file.read(PIECE_BYTES):
            yield from reader.feed(piece)
            dropped.update(reader.dropped - told)
            told = reader.dropped.copy()
        yield from reader.finish()
        dropped.update(reader.dropped - told)
        if file.cut_off:
            dropped[file.cut_off] += 1
    finally:
        file.close()


class RecordedBatches(RecordedDevice):
    """Plays a session's spectral scan, batch by batch, as they were read."""

    def __init__(self, *, parts: Parts, clock: Clock) -> None:
        super().__init__(role="spectral", parts=parts, clock=clock, dropped=Counter())
        self._lines = iter(read_lines(parts.root / INDEX, self.dropped))
        self._file = UnpackedFile(parts.spectral[0])

    def channels_hz(self) -> tuple[float, ...]:
        """Return nothing: a recording cannot be tuned."""
        return ()

    def set_channel(self, *, center_hz: float) -> None:
        """Change nothing: the recording was tuned when it was made."""

    def read_spectra(self, *, duration_s: float) -> SpectralBatch:  # noqa: ARG002 - as it was read
        """Return the next batch."""
        self._begin()
        batch = self._next()
        self._given(batch.until_ns)
        return batch

    def _next(self) -> SpectralBatch:
        line = next(self._lines, None)
        if line is None:
            raise self._end()
        reader = SpectralReader()
        samples = (
            *reader.feed(self._file.read(whole(line, "bytes", most=MOST_BYTES) or 0)),
            *reader.finish(),
        )
        times = line.get("times_ns")
        told = times if isinstance(times, list) else []
        self.dropped.update(reader.dropped)
        t_ns = whole(line, "t_ns", most=LONGEST_SESSION_NS) or 0
        return SpectralBatch(
            t_ns=t_ns,
            until_ns=whole(line, "until_ns", most=LONGEST_SESSION_NS) or t_ns,
            samples=tuple(
                replace(s, t_ns=at) for s, at in zip(samples, told, strict=False) if isinstance(at, int)
            ),
            dropped={str(k): v for k, v in dict(line.get("dropped", {})).items() if isinstance(v, int)},
        )

    def _skip(self) -> None:
        self._next()
        self._reads += 1

    def close(self) -> None:
        """Close the files."""
        super().close()
        self._file.close()


def open_spectral(*, target: str, config: HwConfig, clock: Clock) -> RecordedSpectral | RecordedBatches:  # noqa: ARG001
    """Open the recorded spectral scan of a session, or relay files by themselves."""
    parts = open_parts(target, "spectral")
    if parts.session and (parts.root / INDEX).is_file():
        return RecordedBatches(parts=parts, clock=clock).resume()
    return RecordedSpectral(parts=parts, clock=clock).resume()
