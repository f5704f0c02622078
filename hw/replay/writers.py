"""Writers of a session's parts, one for each role; what they write replays exactly.

A writer raises `RecordingStopped` when it can take no more; what it wrote until then stays readable.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Protocol

import cv2
import sigmf

from hw.formats.btsnoop_hci import AdvertDecoder
from hw.formats.iq import from_complex, is_exact, sample_format
from hw.formats.pcap import LONGEST_RECORD_BYTES
from hw.replay import encode
from hw.replay.bounded_file import GrowingFile, ReadBudget, RecordingStopped, replace_durably, sync_file
from hw.replay.jsonl import format_line
from hw.replay.manifest import SessionPart
from hw.replay.survey import as_row
from hw.replay.video_writer import VideoReceiverWriter
from hw.types import (
    BleBatch,
    ButtonPress,
    Dot11Batch,
    Frame,
    IqBlock,
    LedState,
    LightSwitch,
    SpectralBatch,
    SurveyBatch,
)

APPLICATION = "ansim"
EXACT_FORMAT = "cf32_le"  # for samples that are not exact in the format they claim
BLOCKS_A_FILE = 1024
BLOCKS_A_SAVE = 32  # a power cut costs at most so many blocks
PNG_SETTINGS = (cv2.IMWRITE_PNG_COMPRESSION, 1, cv2.IMWRITE_PNG_STRATEGY, cv2.IMWRITE_PNG_STRATEGY_RLE)
MOST_PICTURES = 1_000_000  # six digits in their names
MOST_SWITCHES = 256  # of the lights, before one picture


class Writer(Protocol):
    """Interface of a writer to the recorder, besides its ``write``."""

    def close(self) -> list[SessionPart]:
        """Finish the files and return the parts that were written."""
        ...


class SdrWriter:
    """Writes SigMF: the samples as the dongle gave them, one capture a block."""

    def __init__(self, folder: Path, *, budget: ReadBudget, wall_ns: int) -> None:  # noqa: ARG002 - as all writers
        self._folder = folder
        self._budget = budget
        self._parts: list[SessionPart] = []
        self._files = 0
        self._data: GrowingFile | None = None
        self._kind: tuple[str, float] = ("", 0.0)
        self._captures: list[dict[str, Any]] = []
        self._samples = 0

    def write(self, block: IqBlock, *, until_ns: int) -> None:
        """Append one block."""
        name, raw = exact_bytes(block)
        if not len(block.samples):
            return
        if self._data is None or (name, block.rate_hz) != self._kind or len(self._captures) >= BLOCKS_A_FILE:
            self._finish()
            self._data = GrowingFile(
                self._folder / "rf" / f"{self._files:03d}.sigmf-data", role="sdr", budget=self._budget
            )
            self._kind = (name, block.rate_hz)
            self._files += 1
        self._data.write(raw)
        self._captures.append(self._capture(block, until_ns))
        self._samples += len(block.samples)
        if len(self._captures) % BLOCKS_A_SAVE == 1:
            self._save(self._data)

    def close(self) -> list[SessionPart]:
        """Finish the last file."""
        self._finish()
        return self._parts

    def _capture(self, block: IqBlock, until_ns: int) -> dict[str, Any]:
        capture = {
            "core:sample_start": self._samples,
            "core:frequency": block.center_hz,
            "ansim:t_ns": block.t_ns,
            "ansim:until_ns": until_ns,
            "ansim:gain_db": block.gain_db,
            "ansim:count": len(block.samples),
            "ansim:clipped_share": block.clipped_share,
        }
        return {key: value for key, value in capture.items() if value is not None}

    def _save(self, data: GrowingFile, *, last: bool = False) -> bytes:
        """Write the metadata of the current file in one step; the last time it waits for the disk."""
        data.flush()
        extension = {"name": "ansim", "version": "1.0.0", "optional": True}
        meta = {
            "global": {
                "core:datatype": self._kind[0],
                "core:sample_rate": self._kind[1],
                "core:version": sigmf.__specification__,
                "core:recorder": APPLICATION,
                "core:extensions": [extension],
            },
            "captures": self._captures,
            "annotations": [],
        }
        text = json.dumps(meta, indent=None).encode()
        path = data.path.with_suffix(".sigmf-meta")
        partial = path.with_suffix(".part")
        try:
            if last:
                replace_durably(path, text)
            else:
                partial.write_bytes(text)
                partial.replace(path)
        except OSError as error:
            raise RecordingStopped(f"the disk takes no more: {error}") from error
        return text

    def _finish(self) -> None:
        if self._data is None:
            return
        data, self._data = self._data, None
        try:
            text = self._save(data, last=True)
        except RecordingStopped:
            text = b""
        data.close()
        meta = data.path.with_suffix(".sigmf-meta")
        if text:
            self._parts += [_part(data), _part_of("sdr", "rf/" + meta.name, text)]
        self._captures, self._samples = [], 0


class MonitorWriter:
    """Writes ``wifi.pcapng`` with ``wifi.jsonl`` beside it."""

    def __init__(self, folder: Path, *, budget: ReadBudget, wall_ns: int) -> None:
        self._frames = GrowingFile(folder / "wifi.pcapng", role="monitor", budget=budget)
        self._index = GrowingFile(folder / "wifi.jsonl", role="monitor", budget=budget)
        self._wall_ns = wall_ns
        self._interfaces: dict[int, int] = {}
        self.channels_hz: tuple[float, ...] = ()  # what the adapter can listen to
        self.generations: Mapping[str, int] = {}  # and what it can decode there

    def write(self, batch: Dot11Batch, *, until_ns: int) -> None:  # noqa: ARG002 - the batch says it itself
        """Append one batch."""
        head = b"" if self._frames.bytes else encode.section_block(APPLICATION)
        if batch.link_type not in self._interfaces:
            head += encode.interface_block(batch.link_type)
        number = self._interfaces.setdefault(batch.link_type, len(self._interfaces))
        if len(batch.lengths) and int(batch.lengths.max()) > LONGEST_RECORD_BYTES:
            raise RecordingStopped("a frame is longer than a capture can hold")
        self._frames.write(head + encode.packet_blocks(batch, interface=number, wall_ns=self._wall_ns))
        self._index.write(format_line(self._line(batch)))
        self._frames.flush()
        self._index.flush()

    def close(self) -> list[SessionPart]:
        """Close both files."""
        return _closed(self._frames, self._index)

    def _line(self, batch: Dot11Batch) -> dict[str, Any]:
        first: dict[str, Any] = {} if self._index.bytes else {"channels_hz": self.channels_hz}
        if first and self.generations:
            first["generations"] = dict(self.generations)
        return {
            "t_ns": batch.t_ns,
            "until_ns": batch.until_ns,
            "channel_hz": batch.channel_hz,
            "link_type": batch.link_type,
            "frames": len(batch.starts),
            "first_ns": int(batch.times_ns[0]) if len(batch.times_ns) else None,
            "lost": batch.lost,
            "dropped": dict(batch.dropped),
            **first,
        }


class BleWriter:
    """Writes ``ble.pcap`` with ``ble.jsonl`` beside it, which also holds the fields that HCI packets lack."""

    def __init__(self, folder: Path, *, budget: ReadBudget, wall_ns: int) -> None:
        self._records = GrowingFile(folder / "ble.pcap", role="ble", budget=budget)
        self._index = GrowingFile(folder / "ble.jsonl", role="ble", budget=budget)
        self._wall_ns = wall_ns
        self._decoder = AdvertDecoder()

    def write(self, batch: BleBatch, *, until_ns: int) -> None:  # noqa: ARG002 - the batch says it itself
        """Append one batch."""
        content = b"" if self._records.bytes else encode.pcap_header()
        records, first_ns, patches = 0, None, []
        for advert in batch.adverts:
            packets = _packets(advert)
            patch = encode.advert_patch(advert, self._decoder, packets)
            if patch is None:
                patches.append(encode.advert_entry(advert))
                continue
            patches.append(patch)
            first_ns = advert.t_ns if first_ns is None else first_ns
            records += len(packets)
            stamp_ns = self._wall_ns + advert.t_ns
            content += b"".join(encode.pcap_record(p, stamp_ns=stamp_ns) for p in packets)
        line = {"t_ns": batch.t_ns, "until_ns": batch.until_ns, "records": records, "first_ns": first_ns}
        extra = {"adverts": patches} if any(patches) else {}
        self._records.write(content)
        self._index.write(format_line({**line, "dropped": dict(batch.dropped), **extra}))
        self._records.flush()
        self._index.flush()

    def close(self) -> list[SessionPart]:
        """Close both files."""
        return _closed(self._records, self._index)


class SpectralWriter:
    """Writes ``spectral.dump``, a relay file like the kernel's, and ``spectral.jsonl`` with the times."""

    def __init__(self, folder: Path, *, budget: ReadBudget, wall_ns: int) -> None:  # noqa: ARG002 - as all writers
        self._records = GrowingFile(folder / "spectral.dump", role="spectral", budget=budget)
        self._index = GrowingFile(folder / "spectral.jsonl", role="spectral", budget=budget)

    def write(self, batch: SpectralBatch, *, until_ns: int) -> None:  # noqa: ARG002 - the batch says it itself
        """Append one batch."""
        content = b"".join(sample.record for sample in batch.samples)
        times_ns = [sample.t_ns for sample in batch.samples]
        line = {"t_ns": batch.t_ns, "until_ns": batch.until_ns, "bytes": len(content), "times_ns": times_ns}
        self._records.write(content)
        self._index.write(format_line({**line, "dropped": dict(batch.dropped)}))
        self._records.flush()
        self._index.flush()

    def close(self) -> list[SessionPart]:
        """Close both files."""
        return _closed(self._records, self._index)


class SurveyWriter:
    """Writes ``survey.jsonl``: the counters of a Wi-Fi adapter, one read a line."""

    def __init__(self, folder: Path, *, budget: ReadBudget, wall_ns: int) -> None:  # noqa: ARG002 - as all writers
        self._lines = GrowingFile(folder / "survey.jsonl", role="survey", budget=budget)

    def write(self, batch: SurveyBatch, *, until_ns: int) -> None:  # noqa: ARG002 - the batch says it itself
        """Append one read."""
        self._lines.write(format_line({"t_ns": batch.t_ns, "channels": [as_row(c) for c in batch.channels]}))
        self._lines.flush()

    def close(self) -> list[SessionPart]:
        """Close the file."""
        return _closed(self._lines)


class CameraWriter:
    """Writes PNG pictures with ``camera.jsonl``, which holds the digest of each."""

    def __init__(self, folder: Path, *, budget: ReadBudget, wall_ns: int) -> None:  # noqa: ARG002 - as all writers
        self._folder = folder / "camera"
        self._index = GrowingFile(self._folder / "camera.jsonl", role="camera", budget=budget)
        self._budget = budget
        self._count = 0
        self._switches: list[LightSwitch] = []
        self.lights: tuple[LedState, ...] = ()  # which there are beside the camera

    def note_switches(self, switches: Sequence[LightSwitch]) -> None:
        """Keep what the lights did, for the line of the next picture; of a very long gap the last ones."""
        self._switches = [*self._switches, *switches][-MOST_SWITCHES:]

    def write(self, frame: Frame, *, until_ns: int) -> None:
        """Write one picture."""
        if self._count >= MOST_PICTURES:
            raise RecordingStopped("there are too many pictures")
        if not frame.pixels.size:
            return
        done, png = cv2.imencode(".png", frame.pixels, PNG_SETTINGS)
        if not done:
            raise RecordingStopped("a picture cannot be encoded")
        content = png.tobytes()
        picture = GrowingFile(self._folder / f"{self._count:06d}.png", role="camera", budget=self._budget)
        picture.write(content)
        picture.close(durably=False)
        self._count += 1
        first = {} if self._index.bytes else {"lights": self.lights}
        line = {
            "file": picture.path.name,
            "seq": frame.seq,
            "t_ns": frame.t_ns,
            "until_ns": until_ns,
            "exposure_us": frame.exposure_us,
            "led": frame.led,
            "sha256": picture.sha256(),
            "switches": [(s.t_ns, s.state, s.refused) for s in self._switches],
            **first,
        }
        self._switches = []
        self._index.write(format_line(line))
        self._index.flush()

    def close(self) -> list[SessionPart]:
        """Close the index, whose digest vouches for the pictures, when they are on the disk themselves."""
        for number in range(self._count):
            with suppress(OSError):  # one that is gone is missed when the session is verified
                sync_file(self._folder / f"{number:06d}.png")
        return [
            SessionPart(role=p.role, path="camera/" + p.path, bytes=p.bytes, sha256=p.sha256)
            for p in _closed(self._index)
        ]


class ButtonsWriter:
    """Writes ``buttons.jsonl``."""

    def __init__(self, folder: Path, *, budget: ReadBudget, wall_ns: int) -> None:  # noqa: ARG002 - as all writers
        self._file = GrowingFile(folder / "buttons.jsonl", role="buttons", budget=budget)

    def write(self, presses: tuple[ButtonPress, ...], *, until_ns: int) -> None:  # noqa: ARG002 - presses have times
        """Append presses."""
        lines = [format_line({"t_ns": p.t_ns, "button": p.button, "long": p.long}) for p in presses]
        if lines:
            self._file.write(b"".join(lines))
            self._file.flush()

    def close(self) -> list[SessionPart]:
        """Close the file."""
        return _closed(self._file)


def exact_bytes(block: IqBlock) -> tuple[str, bytes]:
    """Return a datatype in which the samples of a block are exact, and their bytes."""
    form = sample_format(block.sample_format)
    if form is not None:
        raw = from_complex(block.samples, form.name)
        if is_exact(block.samples, raw, form.name):
            return form.name, raw
    return EXACT_FORMAT, from_complex(block.samples, EXACT_FORMAT)


def _packets(advert: Any) -> list[bytes]:
    try:
        return encode.advert_packets(advert)
    except ValueError:
        return []


def _closed(*files: GrowingFile) -> list[SessionPart]:
    for file in files:
        file.close()
    return [_part(file) for file in files if file.bytes]


def _part(file: GrowingFile) -> SessionPart:
    path = file.path.name if file.role != "sdr" else f"rf/{file.path.name}"
    return SessionPart(role=file.role, path=path, bytes=file.bytes, sha256=file.sha256())


def _part_of(role: str, path: str, content: bytes) -> SessionPart:
    return SessionPart(role=role, path=path, bytes=len(content), sha256=hashlib.sha256(content).hexdigest())


WRITERS: Mapping[str, Callable[..., Writer]] = {
    "sdr": SdrWriter,
    "spectral": SpectralWriter,
    "survey": SurveyWriter,
    "video_receiver": VideoReceiverWriter,
    "monitor": MonitorWriter,
    "ble": BleWriter,
    "camera": CameraWriter,
    "buttons": ButtonsWriter,
}
