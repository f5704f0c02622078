"""Captures from a network interface through the ring it shares with the kernel (AF_PACKET, TPACKET_V3).

The kernel fills blocks of many frames and hands them over whole; we copy a block and give it back. Nothing
is ever sent through this socket.

References
----------
Linux kernel documentation, networking/packet_mmap; include/uapi/linux/if_packet.h.
"""

from __future__ import annotations

import ctypes
import errno
import mmap
import select
import socket
import struct
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from hw.errors import DeviceDenied, DeviceLost, DeviceMissing, HwError, Reason

SOL_PACKET = 263
PACKET_RX_RING, PACKET_STATISTICS, PACKET_VERSION, PACKET_IGNORE_OUTGOING = 5, 6, 10, 23
TPACKET_V3 = 2
ETH_P_ALL = 0x0003
SO_ATTACH_FILTER = 26
BPF_RETURN = 0x06  # BPF_RET | BPF_K: keep so many bytes of every frame

BLOCK_BYTES = 1 << 16  # a multiple of every page size in use (4, 16, 64 KiB)
# 16 MiB: 5 s of quiet air (a block a time-out), 1.6 s of 20,000 frames/s at 500 bytes.
BLOCKS = 256
FRAME_BYTES = 2048
RETIRE_MS = 20  # a block that is not full is handed over after this
TO_KERNEL, TO_USER = 0, 1

BLOCK_HEADER = struct.Struct("=IIIIIIQIIII")  # version priv status count first length seq first-ts last-ts
STATUS_AT = 8
PACKET_HEADER = struct.Struct("=IIIIIIHH")  # next sec nsec kept wire status mac net
STATISTICS = struct.Struct("=III")  # packets drops freezes


class Frames(NamedTuple):
    """The frames in one buffer as columns; times are wall-clock time, in ns."""

    buffer: bytes
    starts: NDArray[np.int64]
    lengths: NDArray[np.int64]
    wire_lengths: NDArray[np.int64]
    times_ns: NDArray[np.int64]


def walk_block(block: bytes) -> Iterator[tuple[int, int, int, int]]:
    """Yield (start, kept, wire length, wall-clock ns) of each frame, as far as the chain is whole."""
    if len(block) < BLOCK_HEADER.size:
        return
    _, _, _, count, at, *_ = BLOCK_HEADER.unpack_from(block)
    end = len(block)
    unpack, header_bytes = PACKET_HEADER.unpack_from, PACKET_HEADER.size
    for _ in range(count):
        if at + header_bytes > end:
            return
        step, sec, nsec, kept, wire, _, mac, _ = unpack(block, at)
        start = at + mac
        if start + kept > end:
            return
        yield start, kept, wire, sec * 1_000_000_000 + nsec
        if step < header_bytes:
            return
        at += step


def columns(blocks: list[bytes]) -> Frames:
    """Join blocks into one buffer and its columns."""
    rows: list[tuple[int, int, int, int]] = []
    base = 0
    for block in blocks:
        rows.extend((base + start, kept, wire, t_ns) for start, kept, wire, t_ns in walk_block(block))
        base += len(block)
    table = np.array(rows, np.int64).reshape(-1, 4)
    return Frames(b"".join(blocks), table[:, 0], table[:, 1], table[:, 2], table[:, 3])


class PacketRing:
    """A capture on one interface. ``hardware_type`` is its ARPHRD number."""

    def __init__(self, interface: str, *, snap_length: int) -> None:
        self.interface = interface
        self._socket = _raw_socket()
        try:
            self._map = self._prepare(snap_length)
            self._socket.bind((interface, ETH_P_ALL))
        except OSError as error:
            self._socket.close()
            raise _why_not(interface, error) from error
        self.hardware_type = int(self._socket.getsockname()[3])
        self._next = 0
        self._poll = select.poll()
        self._poll.register(self._socket, select.POLLIN | select.POLLERR)

    def _prepare(self, snap_length: int) -> mmap.mmap:
        """Set everything before binding, so that no frame comes past the filter or the ring."""
        sock = self._socket
        sock.setsockopt(SOL_PACKET, PACKET_VERSION, TPACKET_V3)
        _keep_out_own(sock)
        code = ctypes.create_string_buffer(struct.pack("=HBBI", BPF_RETURN, 0, 0, snap_length))
        program = struct.pack("@HP", 1, ctypes.addressof(code))
        sock.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, program)
        frames = BLOCK_BYTES // FRAME_BYTES * BLOCKS
        request = struct.pack("=7I", BLOCK_BYTES, BLOCKS, FRAME_BYTES, frames, RETIRE_MS, 0, 0)
        sock.setsockopt(SOL_PACKET, PACKET_RX_RING, request)
        return mmap.mmap(sock.fileno(), BLOCK_BYTES * BLOCKS)

    def wait(self, timeout_s: float) -> None:
        """Wait for the next block; raises `DeviceLost` where the interface went down or away."""
        for _ in self._poll.poll(max(0.0, timeout_s) * 1e3):
            code = self._socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
            if code:
                raise _gone(self.interface, code)

    def take(self) -> list[bytes]:
        """Return the finished blocks, oldest first, and give them back to the kernel."""
        blocks = []
        for _ in range(BLOCKS):
            at = self._next * BLOCK_BYTES
            _, _, status, _, _, length, *_ = BLOCK_HEADER.unpack_from(self._map, at)
            if not status & TO_USER:
                break
            blocks.append(self._map[at : at + min(length, BLOCK_BYTES)])
            struct.pack_into("=I", self._map, at + STATUS_AT, TO_KERNEL)
            self._next = (self._next + 1) % BLOCKS
        return blocks

    def lost(self) -> int:
        """Return the frames that the kernel dropped since the last call."""
        raw = self._socket.getsockopt(SOL_PACKET, PACKET_STATISTICS, STATISTICS.size)
        return int(STATISTICS.unpack(raw)[1])

    def close(self) -> None:
        """Leave the interface."""
        self._map.close()
        self._socket.close()


def _raw_socket() -> socket.socket:
    if not hasattr(socket, "AF_PACKET"):
        raise DeviceMissing("Frames can be captured on Linux only", reason=Reason.LIBRARY)
    try:
        return socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
    except PermissionError as error:
        raise _denied() from error


def _keep_out_own(sock: socket.socket) -> None:
    try:
        sock.setsockopt(SOL_PACKET, PACKET_IGNORE_OUTGOING, 1)
    except OSError:  # Linux before 4.20: what other programs send is then heard too
        return


def _denied() -> DeviceDenied:
    hint = "It needs CAP_NET_RAW and CAP_NET_ADMIN: run as the ansim service or as root (make install-pi)."
    return DeviceDenied("This user may not capture frames", hint=hint)


def _why_not(interface: str, error: OSError) -> HwError:
    if error.errno in {errno.EPERM, errno.EACCES}:
        return _denied()
    if error.errno == errno.ENODEV:
        return DeviceMissing(f"There is no interface {interface!r}", hint="Plug in the Wi-Fi adapter.")
    return DeviceMissing(
        f"{interface} cannot be captured from: {error}", hint="Replug it.", reason=Reason.UNREADABLE
    )


def _gone(interface: str, code: int) -> DeviceLost:
    gone = code in {errno.ENETDOWN, errno.ENODEV}
    word = "was unplugged or switched off" if gone else f"fails ({errno.errorcode.get(code, code)})"
    return DeviceLost(f"The Wi-Fi adapter {interface} {word}", hint="Plug it in; it is found by itself.")
