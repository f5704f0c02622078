"""Boots a Linux kernel in QEMU, without KVM, over the files of this machine, and runs one command in it.

The guest's root is this machine's root, read-only over 9p, with a memory file system laid over it: whatever
is installed here is there too, the project and its Python included, and nothing that the guest writes stays.
Standard output goes to the serial line, the exit code to a line of its own.
"""

from __future__ import annotations

import gzip
import re
import shlex
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.vm.kernel import Kernel

QEMU = "qemu-system-x86_64"
BOOT_MODULES = ("virtio_pci", "9pnet_virtio", "9p", "overlay", "virtio_rng")
MEMORY_MB = 1536
CODE = re.compile(r"^ansim-vm-exit-code (\d+)", re.MULTILINE)
KERNEL_LINE = re.compile(r"^\[ *\d+\.\d+\] ", re.MULTILINE)
INIT = """#!/bin/busybox sh
/bin/busybox mount -t proc none /proc
/bin/busybox mount -t sysfs none /sys
/bin/busybox mount -t devtmpfs none /dev
while read -r module; do /bin/busybox insmod /modules/$module; done < /modules/order
/bin/busybox mount -t 9p -o trans=virtio,version=9p2000.L,cache=loose,msize=524288,ro host /host
/bin/busybox mount -t tmpfs none /over
/bin/busybox mkdir /over/up /over/work
/bin/busybox mount -t overlay -o lowerdir=/host,upperdir=/over/up,workdir=/over/work none /root
for folder in proc sys dev; do /bin/busybox mount --move /$folder /root/$folder; done
/bin/busybox mount -t tmpfs none /root/run
/bin/busybox mount -t debugfs none /root/sys/kernel/debug
/bin/busybox cp /command /root/run/command
/bin/busybox chroot /root /bin/sh /run/command
echo "ansim-vm-exit-code $?"
/bin/busybox poweroff -f
"""


class NoMachine(Exception):
    """QEMU or busybox is not installed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """What a guest said on its serial line, and the exit code of its command; None where it did not end."""

    text: str
    code: int | None

    @property
    def kernel_lines(self) -> list[str]:
        """The kernel's own messages."""
        return [line for line in self.text.splitlines() if KERNEL_LINE.match(line)]


def run_in_guest(
    kernel: Kernel,
    command: str,
    *,
    modules: Sequence[str] = (),
    environment: Mapping[str, str] | None = None,
    folder: Path,
    timeout_s: float,
    memory_mb: int = MEMORY_MB,
) -> Ran:
    """Boot a guest, run a shell command in it as root, and return what it said.

    Parameters
    ----------
    kernel : Kernel
        What is booted.
    command : str
        For ``/bin/sh``. ``$MODULES`` is the folder of the modules, for ``busybox insmod``.
    modules : sequence of str
        Loaded before the command, with all that they need; parameters follow a name after a space.
    environment : mapping, optional
        Of the command.
    folder : Path
        Where the initial file system is written.
    timeout_s : float
        The guest is ended after so long, s of wall time.
    memory_mb : int
        Of the guest.

    Raises
    ------
    NoMachine
        If QEMU or a static busybox is missing.
    """
    for tool in (QEMU, "busybox"):
        if shutil.which(tool) is None:
            raise NoMachine(f"{tool} is not installed")
    lines = [f"export {name}={shlex.quote(value)}" for name, value in (environment or {}).items()]
    script = "\n".join(
        [
            "cd /tmp",
            "export HOME=/tmp PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            *lines,
            command,
            "",
        ]
    )
    files: dict[str, tuple[int, bytes]] = {
        "init": (0o100755, INIT.encode()),
        "command": (0o100755, script.encode()),
        "bin/busybox": (0o100755, Path(str(shutil.which("busybox"))).read_bytes()),
    }
    arguments = {m.split()[0]: m.partition(" ")[2] for m in modules}
    order = kernel.with_needs((*BOOT_MODULES, *arguments))
    files |= {f"modules/{path.name}": (0o100644, path.read_bytes()) for path in order}
    files["modules/order"] = (
        0o100644,
        "".join(f"{p.name} {arguments.get(p.stem, '')}\n" for p in order).encode(),
    )
    initial = folder / "initrd.gz"
    initial.write_bytes(gzip.compress(_cpio(files), compresslevel=1))
    qemu = [
        QEMU, "-accel", "tcg", "-cpu", "max", "-smp", "2", "-m", str(memory_mb), "-nographic", "-no-reboot",
        "-nodefaults", "-serial", "stdio", "-kernel", str(kernel.image), "-initrd", str(initial),
        "-append", "console=ttyS0 quiet loglevel=4 panic=-1 mitigations=off nokaslr random.trust_cpu=on",
        "-virtfs", "local,path=/,mount_tag=host,security_model=none,readonly=on,multidevs=remap",
        "-device", "virtio-rng-pci",
    ]  # fmt: skip
    try:
        done = subprocess.run(
            qemu, stdin=subprocess.DEVNULL, capture_output=True, timeout=timeout_s, check=False
        )
        said = done.stdout + done.stderr
    except subprocess.TimeoutExpired as late:
        said = (late.stdout or b"") + b"\n(the guest was ended: it took too long)\n"
    text = said.decode("utf-8", "replace").replace("\r\n", "\n")
    code = CODE.search(text)
    return Ran(text=text, code=int(code.group(1)) if code else None)


FOLDERS = ("bin", "dev", "host", "modules", "over", "proc", "root", "sys")


def _cpio(files: Mapping[str, tuple[int, bytes]]) -> bytes:
    """Return an archive of the initial file system, in the kernel's "newc" form."""
    parts = [_cpio_entry(folder, 0o40755, b"", n) for n, folder in enumerate(FOLDERS, start=1)]
    parts += [
        _cpio_entry(name, mode, data, n + 100) for n, (name, (mode, data)) in enumerate(sorted(files.items()))
    ]
    return b"".join([*parts, _cpio_entry("TRAILER!!!", 0, b"", 0)])


def _cpio_entry(name: str, mode: int, data: bytes, inode: int) -> bytes:
    path = name.encode() + b"\0"
    numbers = (inode, mode, 0, 0, 1, 0, len(data), 0, 0, 0, 0, len(path), 0)
    head = b"070701" + b"".join(b"%08X" % number for number in numbers) + path
    return _padded(head) + _padded(data)


def _padded(data: bytes) -> bytes:
    return data + bytes(-len(data) % 4)
