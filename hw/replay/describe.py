"""Says what a session or recording holds, without judging anything."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from hw.errors import HwError
from hw.formats.capture import CaptureReader
from hw.replay.jsonl import read_lines, whole
from hw.replay.manifest import Manifest
from hw.replay.sdr import open_recording
from hw.replay.session import Parts, find_parts, open_parts, pictures_in

UNITS = {"sdr": "samples", "monitor": "frames", "ble": "packets", "camera": "pictures", "buttons": "presses"}


@dataclass(frozen=True, slots=True, kw_only=True)
class PartInfo:
    """The recording of one role. ``problem`` says why it cannot be replayed, if it cannot."""

    role: str
    files: tuple[str, ...]
    bytes: int
    count: int  # of ``unit``
    unit: str
    duration_s: float
    detail: str = ""
    problem: str = ""
    dropped: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionInfo:
    """The contents of a session, as ``ansim session info`` shows them."""

    name: str
    session: bool
    manifest: Manifest | None
    parts: tuple[PartInfo, ...]
    warning: str

    @property
    def duration_s(self) -> float:
        """The longest of the parts."""
        return max((part.duration_s for part in self.parts), default=0.0)


def describe(target: str | Path) -> SessionInfo:
    """Return the contents of a session folder or a recording.

    A part that is damaged or does not match the manifest is described with its problem.

    Raises
    ------
    BadKit, BadRecording
        There is nothing, or it is no recording at all.
    """
    parts = find_parts(str(target))
    return SessionInfo(
        name=parts.name,
        session=parts.session,
        manifest=parts.manifest,
        parts=tuple(_part(str(target), parts, role) for role in parts.roles()),
        warning=parts.warning,
    )


def _part(target: str, parts: Parts, role: str) -> PartInfo:
    files = parts.of(role)
    dropped: Counter[str] = Counter()
    count, duration_s, detail, problem = 0, 0.0, "", ""
    try:
        open_parts(target, role)
        count, duration_s, detail = MEASURES[role](files, dropped)
    except HwError as error:
        problem = str(error)
    return PartInfo(
        role=role,
        files=tuple(path.name for path in files),
        bytes=sum(_size(path) for path in files),
        count=count,
        unit=UNITS[role],
        duration_s=duration_s,
        detail=detail,
        problem=problem,
        dropped=dict(dropped),
    )


def _sdr(files: tuple[Path, ...], dropped: Counter[str]) -> tuple[int, float, str]:
    segments = [s for path in files for r in open_recording(path, dropped) for s in r.segments]
    centers = [s.center_hz for s in segments]
    detail = f"{len(segments)} tunings, {min(centers) / 1e6:.3f}–{max(centers) / 1e6:.3f} MHz"
    return sum(s.count for s in segments), sum(s.count / s.rate_hz for s in segments), detail


def _capture(files: tuple[Path, ...], dropped: Counter[str]) -> tuple[int, float, str]:
    count, last_ns = 0, 0
    with CaptureReader(files[0]) as reader:
        for batch in reader:
            count, last_ns = count + len(batch), max(last_ns, int(batch.times_ns[-1]))
    dropped.update(reader.dropped)
    return count, last_ns * 1e-9, reader.format


def _camera(files: tuple[Path, ...], dropped: Counter[str]) -> tuple[int, float, str]:
    place = files[0]
    if not place.is_dir():
        return 1, 0.0, ""
    index = place / "camera.jsonl"
    if not index.is_file():
        return len(pictures_in(place)), 0.0, "no times"
    times = [whole(entry, "until_ns") or whole(entry, "t_ns") or 0 for entry in read_lines(index, dropped)]
    return len(times), (max(times) - min(times)) * 1e-9 if times else 0.0, ""


def _buttons(files: tuple[Path, ...], dropped: Counter[str]) -> tuple[int, float, str]:
    return sum(1 for _ in read_lines(files[0], dropped)), 0.0, ""


def _size(path: Path) -> int:
    try:
        if path.is_dir():
            return sum(p.stat().st_size for p in path.iterdir() if p.is_file())
        data = path.with_suffix(".sigmf-data")
        beside = data.stat().st_size if path.suffix == ".sigmf-meta" and data.is_file() else 0
        return path.stat().st_size + beside
    except OSError:
        return 0


MEASURES = {"sdr": _sdr, "monitor": _capture, "ble": _capture, "camera": _camera, "buttons": _buttons}
