"""Finds the parts of a replay target: a session folder, a folder of recordings, or one recording.

What a file is, is told by its content; its name only decides between several of one kind. A target that is
not there is a `BadKit`, one that is no recording a `BadRecording`, and one that lacks the part that was asked
for a `DeviceMissing`: that sensor is then absent.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from hw.errors import BadKit, BadRecording, DeviceDenied, DeviceMissing, HwError
from hw.formats.ble_link_layer import (
    ADVERTISING_ACCESS,
    PPI_BLE_LINKS,
    PRIVATE_HEADER_LIMIT,
    ppi_link_type,
)
from hw.formats.capture import (
    BLE_LINKS,
    DOT11_LINKS,
    PPI,
    USER_LINKS,
    RecordBatch,
    capture_format,
    link_name,
    peek,
)
from hw.formats.spectral_scan import is_spectral_scan
from hw.formats.unpack import UnpackedFile
from hw.replay.foreign_files import foreign_file
from hw.replay.iq_file import is_iq_file
from hw.replay.manifest import FILE_NAME, UNFINISHED_NAME, Manifest, read_manifest, verify

Kind = Literal["sdr", "spectral", "monitor", "ble", "camera"]
LINES = ("survey", "video_receiver", "buttons")  # roles of a session that are recorded as lines of JSON
COMMANDS: dict[str, str] = {
    "sdr": "ansim scan rf",
    "spectral": "ansim scan rf",
    "survey": "ansim scan rf",
    "video_receiver": "ansim scan rf",
    "monitor": "ansim scan wifi",
    "ble": "ansim scan ble",
    "camera": "ansim scan lens",
}
CONTENTS: dict[str, str] = {
    "sdr": "radio samples",
    "spectral": "spectral scans",
    "survey": "surveys of Wi-Fi channels",
    "video_receiver": "readings of a video receiver",
    "monitor": "802.11 frames",
    "ble": "Bluetooth LE adverts",
    "camera": "pictures",
    "buttons": "button presses",
}
HEAD_BYTES = 4096  # some FFT records
PICTURE_MAGICS = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"BM", b"II*\0", b"MM\0*", b"P5", b"P2")
PICTURE_SUFFIXES = frozenset(
    {".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff", ".pgm", ".webp", ".heic", ".heif", ".hif"}
)
VIDEO_SUFFIXES = frozenset(
    {".mp4", ".m4v", ".mov", ".avi", ".mkv", ".h264", ".264", ".mjpg", ".mjpeg", ".webm"}
)
CAPTURE_SUFFIXES = frozenset({".pcap", ".cap", ".pcapng", ".log", ".btsnoop", ".dump", ".kismet"})
PACKED_SUFFIXES = frozenset({".gz", ".bz2", ".xz", ".zst", ".lz4"})
KNOWN_FILES = (
    "Known are pcap, pcapng, btsnoop, Kismet databases, SigMF, raw samples (cu8, wav …), spectral scans "
    "of Atheros Wi-Fi adapters, and pictures."
)
SIGMF_META, SIGMF_DATA, SIGMF_ARCHIVE = ".sigmf-meta", ".sigmf-data", ".sigmf"
SIGMF_COLLECTION = ".sigmf-collection"
SWEEP_TABLE = re.compile(rb"^\d{4}-\d\d-\d\d[ T,]\s*\d\d:\d\d:\d\d[^\n]*,\s*-?\d")
SIDE_NOTE = (
    'Say the rate and the frequency: beside NAME.sigmf-data write NAME.sigmf-meta with {"global": '
    '{"core:datatype": "cu8", "core:sample_rate": 2400000, "core:version": "1.0.0"}, "captures": '
    '[{"core:sample_start": 0, "core:frequency": 433920000}], "annotations": []}, or rename it as rtl_433 '
    "does: g001_433.92M_2400k.cu8."
)
RAW_SUFFIXES = frozenset({".raw", ".iq", ".bin", ".dat", ".data", ".s8", ".u8", ".s16", ".f32", ".sdr"})
TAR_MAGIC_AT = 257
PREFERRED = {"monitor": "wifi", "ble": "ble"}
MOST_CAPTURES_LOOKED_AT = 64
LOOKED_AT = 256  # packets of a private link type


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """The files of a target, by role. A session may lack any of them."""

    root: Path  # the folder in which the side files lie
    name: str
    session: bool
    sdr: tuple[Path, ...] = ()
    spectral: tuple[Path, ...] = ()
    survey: tuple[Path, ...] = ()
    video_receiver: tuple[Path, ...] = ()
    monitor: tuple[Path, ...] = ()
    ble: tuple[Path, ...] = ()
    camera: tuple[Path, ...] = ()  # one folder of pictures, or one picture
    buttons: tuple[Path, ...] = ()
    manifest: Manifest | None = None
    warning: str = ""

    def of(self, role: str) -> tuple[Path, ...]:
        """Return the files of one role."""
        return tuple(getattr(self, role))

    def roles(self) -> tuple[str, ...]:
        """Return the roles that were recorded."""
        return tuple(role for role in CONTENTS if self.of(role))


@dataclass(slots=True)
class _Found:
    """Recordings of one folder, by role."""

    paths: dict[str, list[Path]] = field(default_factory=lambda: {role: [] for role in CONTENTS})


def open_parts(target: str, role: str) -> Parts:
    """Return the files of ``role``, verified against the manifest where there is one.

    Raises
    ------
    BadKit
        Nothing is at ``target``.
    BadRecording
        It is no recording, or not the one that its manifest describes.
    DeviceMissing
        It is a recording of something else.
    """
    parts = find_parts(target)
    verify(parts.root, parts.manifest, role)
    if not parts.of(role):
        raise _missing(parts, role)
    if len(parts.of(role)) > 1 and role in PREFERRED:
        names = ", ".join(path.name for path in parts.of(role)[:3])
        raise BadRecording(
            f"{parts.name} holds {len(parts.of(role))} captures of {CONTENTS[role]} ({names} …)",
            hint=f"Give one of them, or name it {PREFERRED[role]}.pcapng.",
        )
    return parts


def find_parts(target: str) -> Parts:
    """Return the recordings of a target. Raises as `open_parts` does."""
    path = Path(target).expanduser()
    try:
        if path.is_dir():
            return _folder_parts(path)
        if path.is_file():
            return _file_parts(path)
        exists = path.exists()
    except HwError:
        raise
    except PermissionError as error:
        raise DeviceDenied(f"{path} may not be read", hint="Check its permissions.") from error
    except (OSError, ValueError) as error:
        raise BadKit(f"{target!r} is no path: {error}") from error
    if exists:
        raise BadRecording(f"{path} is neither a file nor a folder")
    raise BadKit(
        f"There is nothing at {path}", hint="Give a session folder or a recording to --kit replay:PATH."
    )


def natural_order(path: Path) -> tuple[tuple[int, int, str], ...]:
    """Sort key under which ``frame10`` comes after ``frame9``."""
    pieces = re.findall(r"([0-9]{1,18})|([^0-9]+|[0-9]+)", path.name.casefold())
    key = tuple((0, int(digits), "") if digits else (1, 0, text) for digits, text in pieces)
    return (*key, (2, 0, path.name))


def _missing(parts: Parts, role: str) -> DeviceMissing:
    others = [r for r in parts.roles() if r in COMMANDS]
    held = " and ".join(CONTENTS[r] for r in others)
    hint = f"Try {' or '.join(COMMANDS[r] for r in others)}." if others and not parts.session else ""
    what = f"{parts.name} holds {f'{held}, no' if held else 'no'} {CONTENTS[role]}"
    return DeviceMissing(what, hint=hint)


def _file_parts(path: Path) -> Parts:
    roles = _roles_of_file(path)
    where: dict[str, tuple[Path, ...]] = dict.fromkeys(roles, (path,))
    if path.suffix == SIGMF_DATA:
        where = {"sdr": (_meta_beside(path),)}
    return Parts(root=path.parent, name=path.name, session=False, **where)  # type: ignore[arg-type]


def _meta_beside(path: Path) -> Path:
    meta = path.with_suffix(SIGMF_META)
    if not meta.is_file():
        raise BadRecording(
            f"{path.name} has no {meta.name} beside it",
            hint="Without it nobody knows rate, frequency and sample type.",
        )
    return meta


def _roles_of_file(path: Path) -> tuple[Kind, ...]:
    """Return what a file can be replayed as. Raises `BadRecording` where that is nothing."""
    head = _head(path)
    if capture_format(head):
        return _roles_of_capture(path)
    if head.startswith(PICTURE_MAGICS) or head[8:12] == b"WEBP":
        return ("camera",)
    if is_spectral_scan(head):
        return ("spectral",)
    sigmf = path.suffix in {SIGMF_META, SIGMF_DATA, SIGMF_ARCHIVE, SIGMF_COLLECTION}
    if sigmf or is_iq_file(path, head) or _looks_like_sigmf(head):
        return ("sdr",)
    if path.suffix.casefold() in PICTURE_SUFFIXES | VIDEO_SUFFIXES:  # or too damaged, but meant as one
        return ("camera",)
    if not head:
        what = "ends inside its compression" if path.stat().st_size else "is empty"
        raise BadRecording(f"{path.name} {what}", hint="Copy the file again.")
    if (refused := foreign_file(path, head)) is not None:
        raise refused
    raise BadRecording(
        f"{path.name} is no recording that ansim knows",
        hint=_hint_for(path, head),
    )


def _hint_for(path: Path, head: bytes) -> str:
    """Say what to do with a file that is nothing ansim knows."""
    if SWEEP_TABLE.match(head):
        return (
            "It is a table of powers as rtl_power, hackrf_sweep or soapy_power write it. Powers alone do not "
            "tell a camera from other senders: record samples (rtl_sdr, hackrf_transfer) of what stands out."
        )
    if path.suffix.casefold() in RAW_SUFFIXES:
        return SIDE_NOTE
    return KNOWN_FILES


def _roles_of_capture(path: Path) -> tuple[Kind, ...]:
    links, first = peek(path)
    roles: list[Kind] = []
    if links & (DOT11_LINKS - {PPI}) or (PPI in links and not _is_ppi_ble(first)):
        roles.append("monitor")
    private = bool(links & USER_LINKS) and _is_private_ble(first)
    if links & (BLE_LINKS - {PPI} - USER_LINKS) or (PPI in links and _is_ppi_ble(first)) or private:
        roles.append("ble")
    if not roles:
        held = (
            " and ".join(sorted({link_name(link) for link in links})) or "no packets and no interface at all"
        )
        raise BadRecording(
            f"{path.name} holds {held}, not 802.11 frames or Bluetooth LE adverts",
            hint="Capture Wi-Fi in monitor mode (radiotap) or Bluetooth LE with a sniffer or btmon; "
            "a capture taken inside a network cannot be used.",
        )
    return tuple(roles)


def _is_ppi_ble(first: RecordBatch | None) -> bool:
    if first is None or not len(first) or first.link_type != PPI:
        return False
    start = int(first.starts[0])
    return ppi_link_type(first.buffer[start : start + int(first.lengths[0])]) in PPI_BLE_LINKS


def _is_private_ble(first: RecordBatch | None) -> bool:
    """Tell whether packets of a private link type are Bluetooth LE: one of the first is an advert."""
    if first is None:
        return False
    begins = zip(first.starts[:LOOKED_AT].tolist(), first.lengths[:LOOKED_AT].tolist(), strict=True)
    heads = (first.buffer[s : s + min(n, PRIVATE_HEADER_LIMIT)] for s, n in begins)
    return any(ADVERTISING_ACCESS in bytes(head) for head in heads)


def _head(path: Path) -> bytes:
    try:
        file = UnpackedFile(path)
        try:
            return file.read(HEAD_BYTES)
        finally:
            file.close()
    except PermissionError as error:
        raise DeviceDenied(f"{path.name} may not be read", hint="Check its permissions.") from error
    except OSError as error:
        raise BadRecording(f"{path.name} cannot be read: {error.strerror}") from error


def _looks_like_sigmf(head: bytes) -> bool:
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    told = any(word in head for word in (b'"global"', b'"captures"', b"core:"))
    return (text.startswith(b"{") and told) or head[TAR_MAGIC_AT : TAR_MAGIC_AT + 5] == b"ustar"


def _folder_parts(folder: Path) -> Parts:
    manifest = read_manifest(folder)
    found = _Found()
    _find_sigmf(folder, found)
    _find_captures(folder, found)
    _find_pictures(folder, found)
    found.paths |= {role: [path] for role in LINES if (path := folder / f"{role}.jsonl").is_file()}
    ours = manifest is not None or (folder / UNFINISHED_NAME).is_file()
    if not any(found.paths.values()) and not ours:
        looked_at = _files(folder)[:MOST_CAPTURES_LOOKED_AT]
        refused = next((r for p in looked_at if (r := foreign_file(p, _head(p))) is not None), None)
        raise refused or BadRecording(
            f"{folder.name or folder} holds no recording",
            hint="A session folder holds rf/, wifi.pcapng, ble.pcap or camera/.",
        )
    cut_off = f"The session was cut off: it has no {FILE_NAME} and is replayed unverified."
    warning = "" if manifest or not ours else cut_off
    return Parts(
        root=folder,
        name=folder.name or str(folder),
        session=True,
        manifest=manifest,
        warning=warning,
        **{role: tuple(paths) for role, paths in found.paths.items()},
    )


def _files(folder: Path) -> list[Path]:
    if not folder.is_dir():
        return []
    return sorted((p for p in folder.iterdir() if p.is_file() and p.name[0] != "."), key=natural_order)


def _find_sigmf(folder: Path, found: _Found) -> None:
    for place in (folder / "rf", folder):
        files = [p for p in _files(place) if p.suffix in {SIGMF_META, SIGMF_ARCHIVE}]
        files = files or [p for p in _files(place) if is_iq_file(p, _head(p))]
        if files:
            found.paths["sdr"] = files
            return


def _find_captures(folder: Path, found: _Found) -> None:
    files = [p for p in _files(folder) if _unpacked_suffix(p) in CAPTURE_SUFFIXES]
    for path in files[:MOST_CAPTURES_LOOKED_AT]:
        for role in _roles_of_named(path):
            found.paths[role].append(path)
    for kind, stem in PREFERRED.items():
        named = [p for p in found.paths[kind] if p.name.partition(".")[0] == stem]
        found.paths[kind] = named or found.paths[kind]


def _unpacked_suffix(path: Path) -> str:
    """Return the suffix that a capture has when it is unpacked."""
    last = path.suffix.casefold()
    return Path(path.stem).suffix.casefold() if last in PACKED_SUFFIXES else last


def _roles_of_named(path: Path) -> Iterable[Kind]:
    """Return what a capture in a folder can be used for; a useless one fails only if it was named."""
    if path.name.partition(".")[0] in PREFERRED.values():
        return _roles_of_file(path)
    try:
        head = _head(path)
        if is_spectral_scan(head):
            return ("spectral",)
        return _roles_of_capture(path) if capture_format(head) else ()
    except BadRecording:
        return ()


def _find_pictures(folder: Path, found: _Found) -> None:
    inner = folder / "camera"
    if inner.is_dir() and ((inner / "camera.jsonl").is_file() or pictures_in(inner)):
        found.paths["camera"] = [inner]
    elif pictures_in(folder):
        found.paths["camera"] = [folder]


def pictures_in(folder: Path) -> list[Path]:
    """Return the pictures of a folder in natural order."""
    return [p for p in _files(folder) if p.suffix.casefold() in PICTURE_SUFFIXES]
