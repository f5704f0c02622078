"""Keeps what each sense said of each room, so that only the sense whose code changed is run again.

``out/rooms/store/<sense>/<key>.z``: a compressed pickle of a `Timeline`, 10 to 60 kB. The key is the hash of
the part of the scene which that sense can meet, how it is inspected, and the sources of the sense and of the
simulator it hears through. Nothing here is read from anywhere but this machine's own folder.
"""

from __future__ import annotations

import copyreg
import hashlib
import os
import pickle
import zlib
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType

from hw.types import SensorName
from tests.benchmarks.rooms.draw import Case
from tests.benchmarks.rooms.senses import EYE, POOL, Timeline, part_of, watch

ROOT = Path(__file__).parents[3]
FOLDER = ROOT / "out" / "rooms" / "store"
MOST_BYTES = 2_000_000_000  # the folder never grows beyond this: the oldest files give way
FORMAT = 2
NAMES = {"id", "truth", "expect", "title_en", "title_ko"}  # of a scene: no sense meets them
SOURCES: dict[SensorName, tuple[str, ...]] = {
    "rf": ("sweeper", "hw/sim/sdr.py", "hw/sim/rf_*.py", "hw/sim/waveforms_*.py"),
    "wifi": ("wifiscan", "hw/sim/radio.py", "hw/sim/wifi_*.py"),
    "ble": ("wifiscan/ble.py", "wifiscan/signatures.py", "wifiscan/data", "hw/sim/ble.py"),
    "lens": ("lensdetect", "hw/sim/camera.py", "hw/sim/optics.py", "hw/sim/wall.py"),
}
SHARED = ("hw/sim/scene.py", "hw/types.py")  # facets are in the key by their values


def frozen(numbers: dict[str, float]) -> MappingProxyType[str, float]:
    """Give a mapping back as it was before it was pickled."""
    return MappingProxyType(numbers)


copyreg.pickle(MappingProxyType, lambda proxy: (frozen, (dict(proxy),)))


@lru_cache(maxsize=8)
def source_digest(name: SensorName) -> str:
    """Return the hash of everything that can change what this sense says."""
    digest = hashlib.sha256(f"{FORMAT} {POOL} {EYE if name == 'lens' else ''}".encode())
    for pattern in (*SOURCES[name], *SHARED):
        found = (
            sorted((ROOT / pattern).rglob("*")) if (ROOT / pattern).is_dir() else sorted(ROOT.glob(pattern))
        )
        for path in found:
            if path.suffix in {".py", ".toml"}:
                digest.update(str(path.relative_to(ROOT)).encode() + path.read_bytes())
    return digest.hexdigest()


def key_of(case: Case, name: SensorName) -> str:
    """Return under which name this sense's turns in this room are kept."""
    limit = {"rf": case.walk.rf_s, "lens": case.walk.eye_s}.get(name, 0.0)
    own = {"rf": f"{case.region} ", "lens": f" {case.area_m}"}.get(name, " ")
    how = f"{limit} {case.walk.air_s} {own}"
    part = part_of(case.scene, name).model_dump_json(exclude=NAMES)
    return hashlib.sha256(f"{source_digest(name)} {how} {part}".encode()).hexdigest()[:32]


def path_of(case: Case, name: SensorName, folder: Path = FOLDER) -> Path:
    """Return the file of one sense in one room."""
    return folder / name / f"{key_of(case, name)}.z"


def timeline_of(case: Case, name: SensorName, folder: Path = FOLDER) -> Timeline:
    """Return what a sense said of a room: from the store, or by letting it look."""
    path = path_of(case, name, folder)
    if path.is_file():
        loaded: Timeline = pickle.loads(zlib.decompress(path.read_bytes()))  # noqa: S301 - our own folder
        return loaded
    timeline = watch(case, name)
    path.parent.mkdir(parents=True, exist_ok=True)
    waiting = path.with_suffix(f".{os.getpid()}")
    waiting.write_bytes(zlib.compress(pickle.dumps(timeline, protocol=5), 6))
    waiting.replace(path)
    return timeline


def tidy(folder: Path = FOLDER, most_bytes: int = MOST_BYTES) -> int:
    """Remove the files used longest ago until the folder fits; return its size in bytes."""
    files = sorted((p for p in folder.rglob("*.z")), key=lambda p: p.stat().st_mtime)
    size = sum(p.stat().st_size for p in files)
    for path in files:
        if size <= most_bytes:
            break
        size -= path.stat().st_size
        path.unlink()
    return size
