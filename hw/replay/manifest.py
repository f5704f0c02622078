"""The manifest of a session: names every part with its SHA-256, and how it was recorded.

It is written last, in one step, when every part is on the disk itself: a session without one was cut off, and
is replayed with a warning.
"""

from __future__ import annotations

import hashlib
import json
import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

from hw.errors import BadRecording
from hw.replay.bounded_file import sync_folder
from hw.types import DeviceInfo

FILE_NAME = "manifest.toml"
UNFINISHED_NAME = FILE_NAME + ".part"  # there from the start, until the session is closed
VERSION = 1
ANY_ROLE = "all"  # a part that concerns every device
LARGEST_BYTES = 1 << 26
T = TypeVar("T")
HASH_CHUNK_BYTES = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionPart:
    """One recorded file. ``path`` is relative to the session folder, with forward slashes."""

    role: str
    path: str
    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """The contents of a session's manifest."""

    wall_ns: int
    kit: str = ""
    devices: tuple[DeviceInfo, ...] = ()
    settings: Mapping[str, Any] = field(default_factory=dict)
    parts: tuple[SessionPart, ...] = ()
    stopped: Mapping[str, str] = field(default_factory=dict)  # role → why its recording ended early
    version: int = VERSION
    provenance: str = ""  # live, replayed or simulated; empty in sessions of earlier versions


def read_manifest(folder: Path, *, name: str = FILE_NAME) -> Manifest | None:
    """Return the manifest of a session folder, None where it has none.

    Raises
    ------
    BadRecording
        It is there and cannot be read.
    """
    path = folder / name
    if not path.is_file():
        return None
    try:
        if path.stat().st_size > LARGEST_BYTES:
            raise ValueError("it is far too large")
        return _from_toml(tomllib.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError, KeyError, RecursionError) as error:
        raise BadRecording(
            f"{FILE_NAME} of {folder.name} cannot be read: {error}",
            hint=f"Remove {FILE_NAME} to replay the session unverified.",
        ) from error


def _from_toml(table: Mapping[str, Any]) -> Manifest:
    if table.get("version") != VERSION:
        raise ValueError(f"version {table.get('version')!r} is not known, only {VERSION}")
    return Manifest(
        wall_ns=_as("wall_ns", table["wall_ns"], int),
        kit=str(table.get("kit", "")),
        provenance=str(table.get("provenance", "")),
        devices=tuple(_device(entry) for entry in table.get("devices", ())),
        settings=dict(table.get("settings", {})),
        parts=tuple(_part(entry) for entry in table.get("parts", ())),
        stopped={str(k): str(v) for k, v in _as("stopped", table.get("stopped", {}), dict).items()},
    )


def _as(name: str, value: Any, kind: type[T]) -> T:
    """Return a value of the kind that it must have; true and false are no numbers."""
    if not isinstance(value, kind) or isinstance(value, bool):
        raise ValueError(f"{name} is not of the kind {kind.__name__}")
    return value


def _device(entry: Mapping[str, Any]) -> DeviceInfo:
    return DeviceInfo(**{name: _as(name, value, str) for name, value in _as("devices", entry, dict).items()})


def _part(entry: Mapping[str, Any]) -> SessionPart:
    fields = dict(_as("parts", entry, dict))
    size = _as("bytes", fields.pop("bytes"), int)
    return SessionPart(bytes=size, **{name: _as(name, value, str) for name, value in fields.items()})


def write_manifest(folder: Path, manifest: Manifest, *, finished: bool = True) -> None:
    """Write the manifest, when finished in one step, so that it is there wholly or not at all."""
    started = datetime.fromtimestamp(manifest.wall_ns / 1e9, tz=UTC).isoformat()
    lines = [
        f"version = {manifest.version}",
        f"wall_ns = {manifest.wall_ns}  # {started}: what t_ns = 0 was on the wall",
        f"kit = {_toml(manifest.kit)}",
        *([f"provenance = {_toml(manifest.provenance)}"] if manifest.provenance else []),
        *_table("stopped", manifest.stopped),
        *_table("settings", manifest.settings),
    ]
    for device in manifest.devices:
        lines += ["", "[[devices]]", *_pairs(device, ("role", "backend", "name", "detail"))]
    for part in manifest.parts:
        lines += ["", "[[parts]]", *_pairs(part, ("role", "path", "bytes", "sha256"))]
    partial = folder / UNFINISHED_NAME
    with partial.open("w", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")
        file.flush()
        os.fsync(file.fileno())
    if finished:
        partial.replace(folder / FILE_NAME)
        sync_folder(folder)


def verify(folder: Path, manifest: Manifest | None, role: str) -> None:
    """Compare the parts of one role with their SHA-256.

    Raises
    ------
    BadRecording
        A part is gone or is not what was recorded.
    """
    for part in manifest.parts if manifest else ():
        if part.role not in {role, ANY_ROLE}:
            continue
        path = inside(folder, part.path)
        if path is None or not path.is_file():
            raise BadRecording(f"{part.path} is named in {FILE_NAME}, but is gone")
        if sha256_of(path) != part.sha256:
            raise BadRecording(
                f"{part.path} is not what was recorded: its SHA-256 differs from {FILE_NAME}",
                hint=f"Copy the session again, or remove {FILE_NAME} to replay it unverified.",
            )


def inside(folder: Path, name: str) -> Path | None:
    """Return a path below ``folder``, None where the name leads out of it."""
    if "\0" in name:
        return None
    path = (folder / name).resolve()
    return path if path.is_relative_to(folder.resolve()) else None


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file in hex."""
    digest = hashlib.sha256()
    try:
        with path.open("rb") as file:
            while chunk := file.read(HASH_CHUNK_BYTES):
                digest.update(chunk)
    except OSError as error:
        raise BadRecording(f"{path.name} cannot be read: {error.strerror}") from error
    return digest.hexdigest()


def _pairs(record: object, names: tuple[str, ...]) -> list[str]:
    return [f"{name} = {_toml(getattr(record, name))}" for name in names]


def _table(title: str, values: Mapping[str, Any]) -> list[str]:
    return ["", f"[{title}]", *(f"{_key(k)} = {_toml(v)}" for k, v in values.items() if v is not None)]


def _key(key: str) -> str:
    return _toml(str(key))


def _toml(value: object) -> str:
    """Return a value in TOML; what TOML does not know becomes text."""
    if isinstance(value, Mapping):
        inner = ", ".join(f"{_key(k)} = {_toml(v)}" for k, v in value.items() if v is not None)
        return "{" + inner + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_toml(v) for v in value if v is not None) + "]"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return {"inf": "inf", "-inf": "-inf", "nan": "nan"}.get(repr(value), repr(value))
    text = str(value).encode("utf-8", "replace").decode("utf-8")
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
