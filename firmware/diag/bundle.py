"""Writes one file for support: versions, settings, health and the latest log of a unit.

Parts are collected first and listed before anything is written. Addresses and names from the air are
replaced by pseudonyms whose key is thrown away with the bundle; the person's home folder and the machine's
name are taken out too. Secrets (the unit's key, records) never go in. Every part and the whole are bounded.
A recording cannot be redacted, so it only goes in where it is asked for, and the list says what is in it.
"""

from __future__ import annotations

import json
import os
import platform
import re
import secrets
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, requires, version
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from firmware.errors import BundleTrouble
from firmware.records.custody.redact import Redactor, names_in
from firmware.records.custody.unit_key import SECRET_BYTES, UnitKey
from firmware.settings.pi_model import MODEL

TEXT_BYTES_MOST = 1_000_000  # of one part of text; of a longer log the end is kept
RECORDING_BYTES_MOST = 200_000_000
FILES_MOST = 2_000
MODE = 0o600
READ_ME = "READ-ME.txt"
HOMES = re.compile(r"(/home/|/Users/|[A-Za-z]:\\Users\\)[^/\\\s\"']+")
IPV6 = re.compile(r"(?<![\w:.])[0-9A-Fa-f:]*:[0-9A-Fa-f:]*:[0-9A-Fa-f:.]*(?![\w:])")
SERIAL = re.compile(r"(?i)\b(serial(?:[ _-]?(?:number|no))?|uuid|machine[ _-]?id)(\W{1,4})([\w.:-]{4,})")
NAMED = re.compile(
    r"(?i)\b(ssid|name|network|label|device)=(\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'|[^\s,;]+)"
)
PLAIN_WORD = re.compile("[a-z0-9_.]{1,24}")  # of a device or a setting, as this program writes them
SERIAL_FIELDS = frozenset({"serial", "serial_number", "uuid", "machine_id", "hardware_id"})
IPV4 = re.compile(r"(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}(?![\d.])")
PRIVATE_SETTINGS = frozenset(  # host names and folders, which may be called after a place or a person
    {"hw.sdr.rtl_tcp", "inspection.sites", ".".join(("records", "folder"))}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class BundlePart:
    """One file of the bundle. ``about`` is a message key; a big one has a ``source`` instead."""

    name: str
    about: str
    content: bytes = b""
    source: Path | None = None
    redacted: bool = True

    @property
    def size_bytes(self) -> int:
        """The size before it is packed, bytes."""
        return len(self.content) if self.source is None else self.source.stat().st_size


class Cleaner:
    """Replaces names of people and places by pseudonyms under a key that is kept nowhere."""

    def __init__(self, *, clear: bool = False, home: Path | None = None, host: str | None = None) -> None:
        self._clear = clear
        self._key = UnitKey(secrets.token_bytes(SECRET_BYTES))
        self._redactor = Redactor(self._key, ())
        self._home = str(Path.home() if home is None else home)
        self._host = platform.node() if host is None else host

    @property
    def redacts(self) -> bool:
        """False where addresses stay as they are."""
        return not self._clear

    def text(self, text: str) -> str:
        """Return text without addresses, home folder and host name."""
        if self._clear:
            return text
        said = NAMED.sub(self._named, text)
        said = self._redactor.text(said, keep=False)
        said = IPV6.sub(self._ipv6, said)
        said = SERIAL.sub(lambda m: f"{m[1]}{m[2]}{self._key.pseudonym(f'serial{m[3]}')}", said)
        said = HOMES.sub(r"\1~", said)
        said = IPV4.sub(lambda m: self._key.pseudonym(f"ip{m[0]}"), said)
        if len(self._home) > 1:
            said = said.replace(self._home, "~")
        return re.sub(rf"\b{re.escape(self._host)}\b", "HOST", said) if self._host else said

    def _named(self, match: re.Match[str]) -> str:
        """Replace a name that a log line gives as ``key=value``; words of ours in it stay."""
        word = match[2].strip("\"'")
        return match[0] if PLAIN_WORD.fullmatch(word) else f"{match[1]}={self._key.pseudonym(f'name:{word}')}"

    def _ipv6(self, match: re.Match[str]) -> str:
        try:
            ip_address(match[0])
        except ValueError:
            return match[0]  # a time of day, or a piece of code
        return self._key.pseudonym(f"ip{match[0]}")

    def value(self, value: Any) -> Any:
        """Return a JSON value without addresses, names from the air, serials, home folders and host name."""
        if self._clear:
            return value
        self._redactor.learn(names_in(value))
        return self._deep(self._redactor.value(value, keep=False))

    def _deep(self, value: Any) -> Any:
        if isinstance(value, Mapping):
            return {k: self._hidden(v) if k in SERIAL_FIELDS else self._deep(v) for k, v in value.items()}
        if isinstance(value, list | tuple):
            return [self._deep(v) for v in value]
        return self.text(value) if isinstance(value, str) else value

    def _hidden(self, value: Any) -> Any:
        return self._key.pseudonym(f"serial{value}") if value else value


def versions_part() -> BundlePart:
    """Return the versions that run here: ansim, Python, system, and the libraries that ansim needs."""
    names = sorted({re.split(r"[ ;<>=!~\[(]", line, maxsplit=1)[0] for line in requires("ansim") or ()})
    said = {
        "ansim": _version("ansim"),
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "model": _model(),
        "libraries": {name: _version(name) for name in names},
    }
    return _json_part("versions.json", "bundle.about.versions", said)


def settings_part(settings: Mapping[str, Any], origins: Mapping[str, str], cleaner: Cleaner) -> BundlePart:
    """Return every setting, and where each was set."""
    said = {"settings": _without_private(settings), "set_in": dict(sorted(origins.items()))}
    return _json_part("settings.json", "bundle.about.settings", cleaner.value(said), cleaner)


def _without_private(values: Mapping[str, Any], at: str = "") -> dict[str, Any]:
    out: dict[str, Any] = {}
    for name, value in values.items():
        key = f"{at}{name}"
        if isinstance(value, Mapping):
            out[name] = _without_private(value, f"{key}.")
        else:
            out[name] = "(set)" if key in PRIVATE_SETTINGS and value is not None else value
    return out


def json_part(name: str, about: str, value: Any, cleaner: Cleaner) -> BundlePart:
    """Return a part of JSON, cleaned."""
    return _json_part(name, about, cleaner.value(value), cleaner)


def log_part(text: str, cleaner: Cleaner) -> BundlePart:
    """Return the end of the log, cleaned line by line."""
    tail = text.encode("utf-8", "replace")[-TEXT_BYTES_MOST:].decode("utf-8", "replace")
    said = "\n".join(cleaner.text(line) for line in tail.splitlines())
    return _text_part("log.txt", "bundle.about.log", said, cleaner)


def read_tail(path: Path) -> str:
    """Return the end of a log file; empty where there is none.

    Raises
    ------
    BundleTrouble
        It is there but cannot be read.
    """
    try:
        with path.open("rb") as stream:
            stream.seek(max(0, path.stat().st_size - TEXT_BYTES_MOST))
            return stream.read(TEXT_BYTES_MOST).decode("utf-8", "replace")
    except FileNotFoundError:
        return ""
    except OSError as error:
        raise BundleTrouble(f"The log {path} cannot be read: {error.strerror}", hint="Use sudo.") from error


def file_parts(paths: Iterable[Path], folder: str, about: str, cleaner: Cleaner) -> tuple[BundlePart, ...]:
    """Return text files such as calibrations, cleaned; one that cannot be read is left out."""
    parts = []
    for path in sorted(paths)[:FILES_MOST]:
        with suppress(OSError):
            text = path.read_bytes()[:TEXT_BYTES_MOST].decode("utf-8", "replace")
            parts.append(_text_part(f"{folder}/{path.name}", about, cleaner.text(text), cleaner))
    return tuple(parts)


def recording_parts(folder: Path) -> tuple[BundlePart, ...]:
    """Return a recorded session's files as they are.

    Raises
    ------
    BundleTrouble
        They are larger, or more, than a bundle may be.
    """
    files = sorted(p for p in folder.rglob("*") if p.is_file() and not p.is_symlink())
    size = sum(p.stat().st_size for p in files)
    if size > RECORDING_BYTES_MOST or len(files) > FILES_MOST:
        raise BundleTrouble(
            f"The recording has {size / 1e6:.0f} MB in {len(files)} files, more than a bundle takes",
            hint="Record for fewer seconds, or one sensor less.",
        )
    return tuple(
        BundlePart(
            name=f"recording/{p.relative_to(folder).as_posix()}",
            about="bundle.about.recording",
            source=p,
            redacted=False,
        )
        for p in files
    )


def read_me(parts: Sequence[BundlePart], describe: Mapping[str, str]) -> BundlePart:
    """Return the list of what is inside, which goes inside as well."""
    rows = [
        f"{p.name}\t{p.size_bytes}\t{'redacted' if p.redacted else 'CLEAR'}\t{describe[p.about]}"
        for p in parts
    ]
    head = "A support bundle of ansim. Name, bytes, whether addresses were replaced, what it is:\n\n"
    text = head + "\n".join(rows) + "\n"
    return BundlePart(name=READ_ME, about="bundle.about.read_me", content=text.encode("utf-8"))


def write_bundle(path: Path, parts: Sequence[BundlePart]) -> int:
    """Write the zip file, whole or not at all, for its owner alone; return its size in bytes.

    Raises
    ------
    BundleTrouble
        There is a file of that name already, or it cannot be written.
    """
    draft = path.with_name(f"{path.name}.{secrets.token_hex(4)}.part")
    try:
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, MODE)
        try:
            with os.fdopen(handle, "wb") as stream:
                _pack(stream, parts)
                stream.flush()
                os.fsync(stream.fileno())
            os.link(draft, path)
        finally:
            draft.unlink()
    except FileExistsError as error:
        raise BundleTrouble(f"{path} is there already", hint="Choose another name.") from error
    except OSError as error:
        hint = "Choose a folder that this user may write to, with room."
        raise BundleTrouble(f"{path} cannot be written: {error.strerror}", hint=hint) from error
    return path.stat().st_size


def _pack(stream: Any, parts: Sequence[BundlePart]) -> None:
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for part in parts:
            if part.source is not None:
                archive.write(part.source, part.name)
            else:
                archive.writestr(part.name, part.content)


def _json_part(name: str, about: str, value: Any, cleaner: Cleaner | None = None) -> BundlePart:
    text = json.dumps(value, indent=1, sort_keys=True, ensure_ascii=True, default=str)
    return _text_part(name, about, text, cleaner)


def _text_part(name: str, about: str, text: str, cleaner: Cleaner | None = None) -> BundlePart:
    redacted = cleaner is None or cleaner.redacts
    return BundlePart(name=name, about=about, content=text.encode("utf-8", "replace"), redacted=redacted)


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"


def _model() -> str:
    try:
        return MODEL.read_text(encoding="utf-8", errors="replace").rstrip("\0")
    except OSError:
        return ""
