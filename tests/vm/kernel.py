"""Fetches a Debian kernel with its modules into a cache, once; nothing of it is installed on this machine."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

META_PACKAGE = "linux-image-amd64"
CACHE = Path.home() / ".cache" / "ansim" / "vm"
FETCH_S = 300.0


class NoKernel(Exception):
    """There is no kernel to boot; the text says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kernel:
    """A kernel image and the folder of its modules."""

    image: Path
    modules: Path

    @property
    def dependencies(self) -> dict[str, list[str]]:
        """What each module needs before it, by its path below the folder, as depmod wrote it."""
        lines = (self.modules / "modules.dep").read_text(encoding="utf-8").splitlines()
        return {name: needs.split() for name, _, needs in (line.partition(":") for line in lines)}

    def with_needs(self, names: Sequence[str]) -> list[Path]:
        """Return the files of some modules and of all that they need, in the order of loading.

        Modules that are built into the kernel have no file and are left out.
        """
        needs, ordered = self.dependencies, list[str]()
        for name in names:
            found = [path for path in needs if re.search(rf"/{re.escape(name)}\.ko(\.xz)?$", path)]
            for path in found:
                ordered += [*reversed(needs[path]), path]
        return [self.modules / path for path in dict.fromkeys(ordered)]


def fetch_kernel(cache: Path = CACHE) -> Kernel:
    """Return the kernel of the cache; fetch and unpack it first where it is not there.

    Raises
    ------
    NoKernel
        Without the tools of Debian, or where the package cannot be had.
    """
    kept = _kept(cache)
    if kept is not None:
        return kept
    for tool in ("apt-cache", "apt-get", "dpkg-deb", "busybox"):
        if shutil.which(tool) is None:
            raise NoKernel(f"{tool} is not installed: the kernel comes as a Debian package")
    cache.mkdir(parents=True, exist_ok=True)
    package = re.search(
        r"Depends: (linux-image-[0-9]\S+)", _said("apt-cache", "depends", META_PACKAGE, cwd=cache)
    )
    if package is None:
        raise NoKernel(f"{META_PACKAGE} is unknown here: run apt-get update")
    _said("apt-get", "download", package.group(1), cwd=cache)
    for archive in cache.glob("linux-image-*.deb"):
        _said("dpkg-deb", "-x", archive.name, "root", cwd=cache)
        archive.unlink()
    for modules in (cache / "root" / "lib" / "modules").iterdir():
        _said("busybox", "depmod", "-b", "root", modules.name, cwd=cache)
    kept = _kept(cache)
    if kept is None:
        raise NoKernel(f"{package.group(1)} holds no kernel with modules")
    return kept


def _kept(cache: Path) -> Kernel | None:
    for image in sorted((cache / "root" / "boot").glob("vmlinuz-*"), reverse=True):
        modules = cache / "root" / "lib" / "modules" / image.name.removeprefix("vmlinuz-")
        if (modules / "modules.dep").is_file():
            return Kernel(image=image, modules=modules)
    return None


def _said(*command: str, cwd: Path) -> str:
    try:
        done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=FETCH_S, check=True)
    except (OSError, subprocess.SubprocessError) as error:
        raise NoKernel(f"{' '.join(command[:3])} failed: {error}") from error
    return done.stdout
