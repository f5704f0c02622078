"""Nothing that is written outside an evidence export names a device, a network or a person of the room.

Whole commands run in a simulated room whose addresses and names are known from its scene. Then every byte
that they wrote is searched: files, standard error, the feed, what lies in zips, and the text of PDFs.
"""

from __future__ import annotations

import io
import json
import re
import socket
import threading
import time
import tomllib
import zipfile
import zlib
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from firmware.cli.app import app

SCENE = "wifi-camera"
KIT = f"sim:{SCENE}?seed=3"
# the network that the camera streams through: a finding keeps the names that it was found by, its address not
NETWORK_OF_THE_CAMERA = "HotelGuest"
LEAST_NAME = 5  # letters; shorter names are ordinary words
STREAM = re.compile(rb"stream\r?\n(.*?)\r?\nendstream", re.S)


def secrets() -> tuple[frozenset[str], frozenset[str]]:
    """Return the addresses and names of everything that sends in the scene."""
    room = tomllib.loads((files("hw.sim.scenes") / f"{SCENE}.toml").read_text())
    addresses: set[str] = set()
    names: set[str] = set()
    waiting: list[Any] = [room]
    while waiting:
        value = waiting.pop()
        waiting += value.values() if isinstance(value, dict) else value if isinstance(value, list) else []
        if isinstance(value, dict):
            addresses |= {value[k] for k in ("mac", "bssid", "address") if isinstance(value.get(k), str)}
            told = [value.get("ssid"), value.get("name") if "address" in value else None]
            names |= {n for n in told if isinstance(n, str) and len(n) >= LEAST_NAME}
    return frozenset(addresses), frozenset(names)


ADDRESSES, NAMES = secrets()


def needles() -> Iterator[tuple[str, bytes]]:
    """Yield every spelling of an address or name, in lower case where case means nothing."""
    for address in sorted(ADDRESSES):
        pairs = address.lower().split(":")
        for mark in (":", "-", "", ".", "%3a"):
            yield address, mark.join(pairs).encode()
        yield address, ":".join(reversed(pairs)).encode()
    for name in sorted(NAMES):
        yield name, name.lower().encode()
        yield name, json.dumps(name).strip('"').lower().encode()
        yield name, name.lower().encode().hex().encode()


def readings(data: bytes, depth: int = 3) -> Iterator[bytes]:
    """Yield the bytes, and whatever is packed inside them."""
    yield data
    if depth and zipfile.is_zipfile(io.BytesIO(data)):
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            for name in archive.namelist():
                yield name.encode()
                yield from readings(archive.read(name), depth - 1)
    if data[:5] == b"%PDF-":
        yield pdf_text(data)
    if data[:8] == b"\x89PNG\r\n\x1a\n":
        for found in re.finditer(rb"(?:zTXt|iTXt|tEXt)[^\0]{1,79}\0", data):
            yield data[found.end() : found.end() + 4096]


def pdf_text(data: bytes) -> bytes:
    """Return the unpacked streams of a PDF, and their glyphs written out by the fonts' own tables."""
    streams = []
    for match in STREAM.finditer(data):
        try:
            streams.append(zlib.decompress(match.group(1)))
        except zlib.error:
            streams.append(match.group(1))
    letters: list[str] = []
    tables = [_letters_of(s) for s in streams if b"beginbfchar" in s or b"beginbfrange" in s]
    for stream in streams:
        if b"BT" in stream and (b" Tj" in stream or b" TJ" in stream):
            letters.extend(_written(stream, table) for table in tables)
    return b"\n".join(streams) + b"\n" + "\n".join(letters).encode()


def _letters_of(table: bytes) -> dict[int, str]:
    out: dict[int, str] = {}
    for low, high, first in re.findall(
        rb"<([0-9A-Fa-f]{4})> *<([0-9A-Fa-f]{4})> *<([0-9A-Fa-f]{4,8})>", table
    ):
        for code in range(int(low, 16), int(high, 16) + 1):
            out[code] = chr(min(int(first[:4], 16) + code - int(low, 16), 0xFFFF))
    for code, letter in re.findall(rb"^<([0-9A-Fa-f]{4})> *<([0-9A-Fa-f]{4,8})>\s*$", table, re.M):
        out.setdefault(int(code, 16), chr(int(letter[:4], 16)))
    return out


def _written(stream: bytes, table: dict[int, str]) -> str:
    out = []
    for text in re.findall(rb"\(((?:[^()\\]|\\.)*)\)", stream, re.S):
        raw = re.sub(rb"\\([()\\])", rb"\1", text)
        out.append("".join(table.get(raw[i] << 8 | raw[i + 1], "") for i in range(0, len(raw) - 1, 2)))
    return "".join(out)


def leaks(data: bytes) -> set[str]:
    """Return the addresses and names that some bytes, or what is packed in them, give away."""
    found: set[str] = set()
    for reading in readings(data):
        low = reading.lower()
        found |= {what for what, needle in needles() if needle in low}
        # six raw bytes, in the order of the air and of Bluetooth: never by chance in so few bytes
        for address in ADDRESSES:
            raw = bytes.fromhex(address.replace(":", ""))
            if raw in reading or raw[::-1] in reading:
                found.add(address)
    return found


def scanned(folder: Path, *, but: tuple[str, ...] = ()) -> dict[str, set[str]]:
    """Return the leaks of every file under a folder, by its path."""
    out = {}
    for path in sorted(p for p in folder.rglob("*") if p.is_file() and p.name not in but):
        found = leaks(path.read_bytes()) | leaks(path.name.encode())
        if found:
            out[str(path.relative_to(folder))] = found
    return out


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME"):
        monkeypatch.setenv(name, str(tmp_path))
    monkeypatch.setenv("ANSIM_RECORDS", str(tmp_path / "records"))
    monkeypatch.chdir(tmp_path)  # where a run without a panel leaves its screen
    return tmp_path


def command(*words: str) -> Any:
    done = CliRunner().invoke(app, [*words])
    assert done.exit_code in {0, 10, 11}, done.output[-2000:]
    return done


def test_the_search_finds_what_is_hidden() -> None:
    assert len(ADDRESSES) > 5
    assert len(NAMES) > 2
    address, name = min(ADDRESSES), min(NAMES)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a/b.txt", f"heard {address.upper().replace(':', '-')} as {name}")
    assert leaks(packed.getvalue()) == {address, name}
    assert leaks(bytes.fromhex(address.replace(":", ""))[::-1]) == {address}
    assert not leaks(b"nothing of that kind")


def test_the_search_reads_what_a_pdf_says() -> None:
    from fpdf import FPDF

    name = min(NAMES)
    page = FPDF()
    page.add_page()
    page.add_font("ko", fname=_font())
    page.set_font("ko", size=12)
    page.cell(text=f"network {name}")
    assert name in leaks(bytes(page.output()))


def _font() -> str:
    import pylopdf_fonts_ko

    folder = Path(pylopdf_fonts_ko.__file__).parent
    return str(next(p for p in sorted(folder.rglob("*")) if p.suffix in {".ttf", ".otf"}))


def test_logs_and_whatever_a_scan_leaves_behind_name_nobody(home: Path) -> None:
    done = command("scan", "all", "--kit", KIT, "--duration", "6", "-vv", "--lang", "en")
    assert not leaks(done.stderr.encode())
    assert scanned(home) == {}


def test_a_support_bundle_names_nobody(home: Path) -> None:
    file = home / "support.zip"
    log = home / "ansim.log"
    log.write_text("\n".join(f"heard {a} '{n}'" for a in sorted(ADDRESSES) for n in ("x", "y")))
    bundle = ("diag", "bundle", str(file), "--kit", KIT, "--yes", "--record", "3", "--lang", "en")
    done = command(*bundle, "--log", str(log), "--socket", str(home / "none"))
    assert zipfile.ZipFile(file).testzip() is None
    assert not leaks(done.stderr.encode() + done.stdout.encode())
    assert scanned(home, but=("ansim.log",)) == {}


def test_the_feed_names_nobody(home: Path) -> None:
    path, heard = home / "f", bytearray()

    def listen() -> None:
        end = time.monotonic() + 60
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as link:
            while time.monotonic() < end:
                try:
                    link.connect(str(path))
                    break
                except OSError:
                    time.sleep(0.05)
            while data := link.recv(1 << 16):
                heard.extend(data)

    listener = threading.Thread(target=listen, daemon=True)
    listener.start()
    command("run", "--kit", KIT, "--duration", "6", "--feed", str(path), "--lang", "en", "--personal")
    listener.join(30)
    assert heard.count(b"\n") > 5
    assert not leaks(bytes(heard))


@pytest.mark.slow
def test_a_report_and_its_tables_name_nobody_but_the_network_of_what_was_found(home: Path) -> None:
    command("scan", "all", "--kit", KIT, "--duration", "6", "--keep", "Hotel/301/1", "--lang", "en")
    listed = command("report", "list", "--lang", "en").stdout
    name = re.search(r"\d{8}-\d{6}-[0-9a-f]+\S*", listed)
    assert name, listed
    command("report", "export", name.group(), "--out", str(home / "out"), "--lang", "en")
    assert list((home / "out").iterdir())
    told = scanned(home / "out")
    assert set().union(*told.values()) <= {NETWORK_OF_THE_CAMERA}


def test_what_a_failing_command_says_names_nobody(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A fault in the middle of a scan: neither the message nor the log holds what was heard before it."""

    def broken(*_given: object, **_named: object) -> None:
        raise RuntimeError("a fault of the program")

    monkeypatch.setattr("firmware.cli.scan.show", broken)
    done = CliRunner().invoke(app, ["scan", "wifi", "--kit", KIT, "--duration", "6", "--lang", "en", "-vv"])
    assert isinstance(done.exception, RuntimeError)
    assert not leaks(done.output.encode() + done.stderr.encode())
    assert scanned(home) == {}
