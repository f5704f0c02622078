"""Crafted captures, IQ, pictures, sessions and bundles against honest ones of the same size: time and memory.

    python -m tests.benchmarks.crafted_inputs [--mb 60] [--only pcap,sigmf] [--limit-s 1200]

Method: for each kind of file an honest one of ``--mb`` megabytes is written and the whole command is run on
it (``ansim scan … --kit replay:FILE``, ``ansim report verify FILE``), then on crafted ones of that size or
less. The time is processor time (user and system), so that a busy machine does not count; the memory is the
peak of the resident set. Stated bounds: at most `MOST_RATIO` times the time of the honest file, at most
`MOST_MB`, and an end by an exit code of the table, never by a traceback or the limit. Small files that unpack
to much (bombs) are held to the same time. Exit code 1 where a bound is broken.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import resource
import shutil
import struct
import subprocess
import sys
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from multiprocessing import get_context
from pathlib import Path

import numpy as np

from firmware.records.bundle import make_bundle
from firmware.records.store import RecordStore
from firmware.settings.records_config import RecordsConfig
from tests.benchmarks.results import record
from tests.firmware.records.rooms import FakeClock, inspection

MOST_RATIO, MOST_MB = 2.0, 300.0
# A small file may take what starting the program takes, times the ratio.
LEAST_S = 4.0
KNOWN_EXITS = {0, 1, 10, 11}
FRAME_BYTES = 400
STEP_NS = 2_000_000
SECTION_KIND = 0x0A0D0D0A
SECTION = struct.pack("<IIIHHqI", SECTION_KIND, 28, 0x1A2B3C4D, 1, 0, -1, 28)
INTERFACE = struct.pack("<IIHHIHHBBBBHHI", 1, 32, 127, 0, 0, 9, 1, 9, 0, 0, 0, 0, 0, 32)

Write = Callable[[Path, int], Path]  # takes the folder and the size in bytes, returns the file


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One file: its kind, the command that reads it, and how it is written."""

    kind: str
    name: str
    command: tuple[str, ...]
    write: Write


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """The cost of one run: processor time in s, peak memory in MB, the exit code and the sentence it said."""

    seconds: float
    peak_mb: float
    code: int
    said: str


def frame(number: int) -> bytes:
    """Return a radiotap frame: every tenth one a beacon, the others data of one station."""
    radiotap = struct.pack("<BBHIHH", 0, 0, 12, 1 << 3, 2437, 0xA0)
    ap, station = bytes.fromhex("022233445566"), bytes.fromhex("02aabbccdd01")
    sequence = struct.pack("<H", number % 4096 << 4)
    if number % 10 == 0:
        head = b"\x80\0\0\0" + b"\xff" * 6 + ap * 2 + sequence
        return radiotap + head + bytes(8) + struct.pack("<HH", 100, 0x411) + b"\0\4home\3\1\6"
    head = b"\x08\x41\0\0" + ap + station + ap + sequence
    return radiotap + head + bytes(FRAME_BYTES - len(radiotap) - len(head))


def _filled(path: Path, size: int, head: bytes, pieces: Iterator[bytes]) -> Path:
    with path.open("wb", buffering=1 << 20) as file:
        left = size - file.write(head)
        while left > 0:
            left -= file.write(next(pieces))
    return path


def _numbers() -> Iterator[int]:
    yield from range(1 << 40)


PCAP_HEAD = struct.pack("<IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, 262144, 127)


def _pcap(path: Path, size: int, record: Callable[[int], bytes]) -> Path:
    return _filled(path, size, PCAP_HEAD, (record(n) for n in _numbers()))


def _record(number: int, body: bytes, claims: int | None = None) -> bytes:
    t_ns = 1_700_000_000_000_000_000 + number * STEP_NS
    length = len(body) if claims is None else claims
    return struct.pack("<IIII", t_ns // 10**9, t_ns % 10**9, length, length) + body


def _block(kind: int, body: bytes) -> bytes:
    body += bytes(-len(body) % 4)
    return struct.pack("<II", kind, 12 + len(body)) + body + struct.pack("<I", 12 + len(body))


def _section(number: int) -> bytes:
    """Return a section header whose comment is like no other."""
    return _block(SECTION_KIND, struct.pack("<IHHqHHI", 0x1A2B3C4D, 1, 0, -1, 1, 4, number))


def _enhanced(number: int, body: bytes, options: bytes = b"") -> bytes:
    t_ns = 1_700_000_000_000_000_000 + number * STEP_NS
    padded = body + bytes(-len(body) % 4)
    head = struct.pack("<IIIII", 0, t_ns >> 32, t_ns & 0xFFFFFFFF, len(body), len(body))
    return _block(6, head + padded + options)


def _pcapng(path: Path, size: int, block: Callable[[int], bytes]) -> Path:
    return _filled(path, size, SECTION + INTERFACE, (block(n) for n in _numbers()))


def _mixed(number: int) -> bytes:
    body = frame(number)[:60].ljust(60, b"\0")
    return _enhanced(number, body) if number % 2 else _block(3, struct.pack("<I", 60) + body)


def _btsnoop(path: Path, size: int, packet: Callable[[int], bytes], *, claims: int | None = None) -> Path:
    def record(number: int) -> bytes:
        body = packet(number)
        length = len(body) if claims is None else claims
        t_us = 0x00DCDDB30F2F8000 + 1_700_000_000_000_000 + number * 2000
        return struct.pack(">IIIIq", length, length, 1, 0, t_us) + body

    head = b"btsnoop\0" + struct.pack(">II", 1, 1002)
    return _filled(path, size, head, (record(n) for n in _numbers()))


def _advert(number: int, *, devices: int = 40) -> bytes:
    address = struct.pack("<IH", number % devices, 0xC022)
    data = bytes.fromhex("020106") + bytes([9, 0xFF]) + bytes(8)
    body = bytes([0x02, 1, 0, 1]) + address + bytes([len(data)]) + data + b"\xc4"
    return bytes([4, 0x3E, len(body)]) + body


def _iq(path: Path, size: int, make: Callable[[int], bytes]) -> Path:
    return _filled(path, size, b"", (make(n) for n in _numbers()))


def _noise(number: int) -> bytes:
    rng = np.random.default_rng(number % 64)
    return np.clip(np.round(rng.normal(127.5, 6, 1 << 16)), 0, 255).astype(np.uint8).tobytes()


def _sigmf(folder: Path, size: int, *, meta: str | None = None, **more: object) -> Path:
    """Write a recording; ``more`` replaces parts of honest metadata, ``meta`` all of them."""
    made = {
        "global": {"core:datatype": "cu8", "core:sample_rate": 2.4e6, "core:version": "1.0.0"},
        "captures": [{"core:sample_start": 0, "core:frequency": 433e6}],
        "annotations": [],
    } | more
    _iq(folder / "a.sigmf-data", size, _noise)
    (folder / "a.sigmf-meta").write_text(json.dumps(made) if meta is None else meta)
    return folder / "a.sigmf-meta"


def _at_rate(datatype: str, rate_hz: float) -> dict[str, object]:
    return {"core:datatype": datatype, "core:sample_rate": rate_hz, "core:version": "1.0.0"}


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def _png(path: Path, width: int, height: int) -> Path:
    packer = zlib.compressobj(9)
    row = bytes(1 + width)
    body = b"".join(packer.compress(row) for _ in range(height)) + packer.flush()
    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    parts = _chunk(b"IHDR", head) + _chunk(b"IDAT", body) + _chunk(b"IEND", b"")
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + parts)
    return path


def _tiff(path: Path, width: int, height: int) -> Path:
    """Write a TIFF that claims so many pixels in one deflated strip."""
    strip = zlib.compress(bytes(1 << 24), 9)
    tags = [(256, 4, width), (257, 4, height), (258, 3, 8), (259, 3, 8), (262, 3, 1), (273, 4, 8)]
    tags += [(277, 3, 1), (278, 4, height), (279, 4, len(strip))]
    entries = b"".join(struct.pack("<HHII", tag, kind, 1, value) for tag, kind, value in tags)
    table = struct.pack("<H", len(tags)) + entries + bytes(4)
    path.write_bytes(b"II*\0" + struct.pack("<I", 8 + len(strip)) + strip + table)
    return path


def _jpeg(path: Path, width: int, height: int) -> Path:
    """Write a small JPEG whose header claims so many pixels."""
    from PIL import Image

    stream = io.BytesIO()
    Image.new("L", (64, 64), 90).save(stream, "JPEG")
    raw = bytearray(stream.getvalue())
    at = raw.index(b"\xff\xc0")
    raw[at + 5 : at + 9] = struct.pack(">HH", height, width)
    path.write_bytes(bytes(raw))
    return path


def _pictures(folder: Path, size: int) -> Path:
    """Write noisy pictures of 640×480 until they take ``size`` bytes."""
    from PIL import Image

    (folder / "pictures").mkdir(exist_ok=True)
    for n in range(max(1, size // (640 * 480))):
        noise = np.random.default_rng(n).integers(60, 100, (480, 640)).astype(np.uint8)
        Image.fromarray(noise).save(folder / "pictures" / f"f{n:05d}.png", compress_level=0)
    return folder / "pictures"


def _many_bombs(folder: Path, _size: int) -> Path:
    one = _png(folder / "one.png", 12_000, 12_000).read_bytes()
    (folder / "bombs").mkdir(exist_ok=True)
    for n in range(100):
        (folder / "bombs" / f"f{n:03d}.png").write_bytes(one)
    return folder / "bombs"


def _zip(path: Path, entries: Iterator[tuple[str, bytes]], *, packed: bool = True) -> Path:
    kind = zipfile.ZIP_DEFLATED if packed else zipfile.ZIP_STORED
    with zipfile.ZipFile(path, "w", kind) as bundle:
        for name, content in entries:
            bundle.writestr(name, content)
    return path


def _claiming(folder: Path, size: int) -> Path:
    """Write a bundle whose manifest names as many absent parts as fit into ``size`` bytes."""
    part = {"bytes": 1, "sha256": "0" * 64}
    parts = {f"p{i:07d}": part for i in range(size // 100)}
    manifest = json.dumps({"format": "ansim-bundle-1", "parts": parts, "key": "0" * 32, "entry": "0" * 64})
    return _zip(folder / "claiming.zip", iter([("manifest.json", manifest.encode())]), packed=False)


def _bundle(folder: Path, size: int) -> Path:
    """Write the bundle of a record with attachments of a megabyte each."""
    with RecordStore(folder / "store", config=RecordsConfig(free_least_bytes=0), clock=FakeClock()) as store:
        files = tuple(
            store.attachments.put(os.urandom(1 << 20), name=f"{n}.bin", media_type="application/x-bin")
            for n in range(size >> 20)
        )
        entry = store.append(replace(inspection(store.key, "room-0001"), attachments=files))
        parts = {f"attachments/{a.sha256}.bin": store.attachments.get(a.sha256) for a in files}
        path = folder / "a.zip"
        path.write_bytes(make_bundle(store.key, entry, store.entries(), parts))
    shutil.rmtree(folder / "store")
    return path


def _in(name: str, write: Callable[[Path, int], Path]) -> Write:
    return lambda folder, size: write(folder / name, size)


WIFI, BLE = ("scan", "wifi", "--jsonl", "--kit"), ("scan", "ble", "--jsonl", "--kit")
RF, LENS, VERIFY = (
    ("scan", "rf", "--jsonl", "--kit"),
    ("scan", "lens", "--jsonl", "--kit"),
    ("report", "verify"),
)
OPTIONS = struct.pack("<HH", 1, 0) * 80  # comments of no length, without an end


def _cases() -> Iterator[tuple[str, str, tuple[str, ...], Write]]:
    """Yield kind, name, command and writer; the first of each kind is the honest one."""
    tiny = _record(0, b"")
    yield "pcap", "honest", WIFI, _in("a.pcap", lambda p, s: _pcap(p, s, lambda n: _record(n, frame(n))))
    yield "pcap", "no bytes", WIFI, _in("b.pcap", lambda p, s: _pcap(p, s // 4, lambda n: tiny))
    yield (
        "pcap",
        "absurd lengths",
        WIFI,
        _in(
            "c.pcap", lambda p, s: _pcap(p, s, lambda n: _record(n, frame(n), 0xFFFFFFFF if n % 2 else None))
        ),
    )
    yield (
        "pcap",
        "lengths of 262144",
        WIFI,
        _in("d.pcap", lambda p, s: _pcap(p, s, lambda n: _record(n, frame(n)[:60], 262_144))),
    )
    yield (
        "pcap",
        "time runs backwards",
        WIFI,
        _in("e.pcap", lambda p, s: _pcap(p, s, lambda n: _record(10**6 - n, frame(n)))),
    )
    yield (
        "pcapng",
        "honest",
        WIFI,
        _in("a.pcapng", lambda p, s: _pcapng(p, s, lambda n: _enhanced(n, frame(n)))),
    )
    yield (
        "pcapng",
        "option loops",
        WIFI,
        _in("b.pcapng", lambda p, s: _pcapng(p, s, lambda n: _enhanced(n, frame(n)[:60], OPTIONS))),
    )
    yield "pcapng", "kinds take turns", WIFI, _in("c.pcapng", lambda p, s: _pcapng(p, s // 4, _mixed))
    yield "pcapng", "interfaces alone", WIFI, _in("d.pcapng", lambda p, s: _pcapng(p, s, lambda n: INTERFACE))
    yield (
        "pcapng",
        "sections alone",
        WIFI,
        _in("e.pcapng", lambda p, s: _pcapng(p, s, lambda n: SECTION + INTERFACE)),
    )
    yield (
        "pcapng",
        "sections of their own",
        WIFI,
        _in("f.pcapng", lambda p, s: _pcapng(p, s, lambda n: _section(n) + INTERFACE)),
    )
    yield (
        "pcapng",
        "every other block damaged",
        WIFI,
        _in(
            "g.pcapng",
            lambda p, s: _pcapng(p, s, lambda n: _enhanced(n, frame(n))[: -4 if n % 2 else None]),
        ),
    )
    yield "btsnoop", "honest", BLE, _in("a.log", lambda p, s: _btsnoop(p, s, _advert))
    yield (
        "btsnoop",
        "absurd lengths",
        BLE,
        _in("b.log", lambda p, s: _btsnoop(p, s, _advert, claims=0xFFFFFFF)),
    )
    yield (
        "btsnoop",
        "new devices alone",
        BLE,
        _in("c.log", lambda p, s: _btsnoop(p, s, lambda n: _advert(n, devices=1 << 31))),
    )
    yield "cu8", "honest", RF, _in("433.92M_2400k.cu8", lambda p, s: _iq(p, s, _noise))
    yield "cu8", "one value", RF, _in("434.92M_2400k.cu8", lambda p, s: _iq(p, s, lambda n: bytes(1 << 16)))
    yield (
        "cu8",
        "full scale",
        RF,
        _in("435.92M_2400k.cu8", lambda p, s: _iq(p, s, lambda n: b"\0\xff\xff\0" * (1 << 14))),
    )
    yield "sigmf", "honest", RF, _sigmf
    yield "sigmf", "1 Hz", RF, lambda f, s: _sigmf(f, s, **{"global": _at_rate("cu8", 1.0)})
    yield "sigmf", "1e10 Hz", RF, lambda f, s: _sigmf(f, s, **{"global": _at_rate("cf64_le", 1e10)})
    yield "sigmf", "1e10 Hz, one byte", RF, lambda f, s: _sigmf(f, s, **{"global": _at_rate("cu8", 1e10)})
    yield (
        "sigmf",
        "a capture a sample",
        RF,
        lambda f, s: _sigmf(
            f, s, captures=[{"core:sample_start": n, "core:frequency": 433e6 + n} for n in range(s // 60)]
        ),
    )
    yield (
        "sigmf",
        "annotations",
        RF,
        lambda f, s: _sigmf(
            f, s, annotations=[{"core:sample_start": n, "core:sample_count": 1} for n in range(s // 60)]
        ),
    )
    yield "sigmf", "deep nesting", RF, lambda f, s: _sigmf(f, s, meta="[" * (s // 2) + "]" * (s // 2))
    yield "pictures", "honest", LENS, _pictures
    yield "pictures", "png 30000×30000", LENS, lambda f, s: _png(f / "b.png", 30_000, 30_000)
    yield "pictures", "jpeg 65500×65500", LENS, lambda f, s: _jpeg(f / "c.jpg", 65_500, 65_500)
    yield "pictures", "tiff 60000×60000", LENS, lambda f, s: _tiff(f / "d.tiff", 60_000, 60_000)
    yield "pictures", "100 png of 12000×12000", LENS, _many_bombs
    yield (
        "bundle",
        "honest",
        VERIFY,
        _bundle,
    )
    yield (
        "bundle",
        "zip bomb",
        VERIFY,
        lambda f, s: _zip(f / "b.zip", ((f"{n}.bin", bytes(1 << 26)) for n in range(40))),
    )
    yield "bundle", "parts that are not there", VERIFY, _claiming
    yield (
        "bundle",
        "200,000 empty parts",
        VERIFY,
        lambda f, s: _zip(f / "c.zip", ((f"{n}", b"") for n in range(200_000))),
    )


CASES = tuple(Case(kind=k, name=n, command=c, write=w) for k, n, c, w in _cases())


def written(number: int, folder: str, size: int) -> str:
    """Write the file of case ``number``, and return its path."""
    return str(CASES[number].write(Path(folder), size))


def run(case: Case, path: Path, *, limit_s: float) -> Cost:
    """Run the command on the file, and return its cost; a run over the limit is ended and gets code -1."""
    target = str(path) if case.command[0] == "report" else f"replay:{path}"
    command = [sys.executable, "-m", "tests.benchmarks.crafted_inputs", "--child", *case.command, target]
    try:
        done = subprocess.run(command, capture_output=True, timeout=limit_s, check=False)
    except subprocess.TimeoutExpired:
        return Cost(seconds=limit_s, peak_mb=0.0, code=-1, said="still running")
    lines = done.stderr.decode("utf-8", "replace").splitlines()
    spent = json.loads(lines[-1])
    code = 1 if "Traceback" not in "".join(lines) else -2
    said = next((line for line in lines[:-1] if line.startswith("ansim:")), "")
    return Cost(
        seconds=spent["s"], peak_mb=spent["mb"], code=done.returncode if code > 0 else code, said=said
    )


def child(arguments: list[str]) -> int:
    """Run one command in this process, then print its processor time and peak memory as one JSON line."""
    from firmware.cli.app import main as ansim

    sys.argv = ["ansim", *arguments]
    try:
        ansim()
        code = 0
    except SystemExit as end:
        code = int(end.code or 0)
    spent = resource.getrusage(resource.RUSAGE_SELF)
    numbers = {"s": round(spent.ru_utime + spent.ru_stime, 2), "mb": round(spent.ru_maxrss / 1024, 1)}
    sys.stderr.write(f"\n{json.dumps(numbers)}\n")
    return code


def broken(cost: Cost, honest: Cost | None) -> list[str]:
    """Return the bounds that a run breaks; an honest file (None) has a bound of memory alone."""
    out = [] if cost.code in KNOWN_EXITS else [f"ended with {cost.code}"]
    if cost.peak_mb > MOST_MB:
        out.append(f"over {MOST_MB:.0f} MB")
    if honest is not None and cost.seconds > MOST_RATIO * max(honest.seconds, LEAST_S):
        out.append(f"over {MOST_RATIO:.0f} × the time")
    return out


def main() -> None:
    """Write, run and print one row a file."""
    if sys.argv[1:2] == ["--child"]:
        raise SystemExit(child(sys.argv[2:]))
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--mb", type=float, default=60.0)
    parser.add_argument("--only", default="", help="kinds, with commas")
    parser.add_argument("--limit-s", type=float, default=1200.0)
    asked = parser.parse_args()
    kinds = set(asked.only.split(",")) - {""}
    print(f"{'file':34} {'size':>8} {'time':>8} {'ratio':>6} {'peak':>8}  exit, bounds, sentence")
    bad, honest = 0, None
    worst: dict[str, tuple[float, float, str]] = {}
    for number, case in enumerate(CASES):
        if kinds and case.kind not in kinds:
            continue
        with tempfile.TemporaryDirectory() as folder:
            # a process of its own writes: a child begins with the peak memory of its parent
            with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as writer:
                path = Path(writer.submit(written, number, folder, round(asked.mb * 1e6)).result())
            size = sum(f.stat().st_size for f in Path(folder).rglob("*") if f.is_file()) / 1e6
            cost = run(case, path, limit_s=asked.limit_s)
        honest = cost if case.name == "honest" else honest
        faults = broken(cost, None if case.name == "honest" else honest)
        bad += bool(faults)
        ratio = cost.seconds / honest.seconds if honest and honest.seconds else 1.0
        row = f"{case.kind + ': ' + case.name:34} {size:6.1f}MB {cost.seconds:7.1f}s {ratio:6.2f}"
        if case.name != "honest":
            before = worst.get(case.kind, (0.0, 0.0, ""))
            slowest = case.name if ratio > before[0] else before[2]
            worst[case.kind] = (max(ratio, before[0]), max(cost.peak_mb, before[1]), slowest)
        said = "; ".join([f"{cost.code}", *faults, ascii(cost.said)[1:90]])
        print(f"{row} {cost.peak_mb:6.0f}MB  {said}", flush=True)
    for kind, (ratio, peak_mb, name) in worst.items():
        command = f"python -m tests.benchmarks.crafted_inputs --mb {asked.mb:g} --only {kind}"
        record(f"crafted.{kind}_ratio", ratio, "× honest", command, note=f"the slowest: {name}")
        record(f"crafted.{kind}_memory", peak_mb, "MB", command, note="peak")
    raise SystemExit(bool(bad))


if __name__ == "__main__":
    main()
