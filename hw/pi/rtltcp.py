"""A receiver across the network: the client side of osmocom's rtl_tcp.

The server sends a 12-byte header ("RTL0", tuner number, count of gain steps; big-endian), then unsigned I/Q
bytes without end. The client sends 5-byte commands (number, 32-bit argument; big-endian). The stream never
pauses, so a thread drains it always; what nobody reads in time is dropped, oldest first.
"""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import NamedTuple

from hw.config import SdrConfig
from hw.errors import DeviceDenied, DeviceLost, DeviceMissing, HwError, Reason
from hw.pi.receiver import BYTES_PER_SAMPLE, RTL_SDR, Receiver
from hw.protocols import Clock

HEADER = struct.Struct(">4sII")
COMMAND = struct.Struct(">BI")
MAGIC = b"RTL0"
SET_FREQUENCY, SET_RATE, SET_GAIN_MODE, SET_GAIN, SET_PPM = 1, 2, 3, 4, 5
# The server keeps what the client before has left on: AGC, direct sampling, offset tuning, bias tee.
SWITCHED_OFF = (8, 9, 10, 14)
MANUAL_GAIN = 1
DEFAULT_PORT = 1234
CONNECT_S = 3.0
SILENCE_S = 2.0  # the server sends a buffer every 55 ms at 2.4 MS/s
SERVER_BUFFER_BYTES = 16 * 32 * 512  # rtl_tcp's USB transfer: in flight when a command arrives
KEPT_BYTES = 16 * SERVER_BUFFER_BYTES  # 0.87 s at 2.4 MS/s, bounds the memory
RECEIVE_BYTES = 65536
DDB_PER_DB = 10
HINT = "Start it there with: rtl_tcp -a 0.0.0.0, and check hw.sdr.rtl_tcp (host:port)."


class Tuner(NamedTuple):
    """A tuner chip and its gain steps, in tenths of a dB."""

    name: str
    gains_ddb: tuple[int, ...]


@cache
def tuners() -> Mapping[int, Tuner]:
    """Return the tuner chips that rtl_tcp can announce."""
    table = tomllib.loads((files("hw.pi") / "tuners.toml").read_text(encoding="utf-8"))
    return {row["id"]: Tuner(row["name"], tuple(row["gains_ddb"])) for row in table["tuner"]}


def parse_address(address: str) -> tuple[str, int]:
    """Split ``host[:port]`` or ``[v6]:port``; raises `DeviceMissing` where it is neither."""
    host, colon, port = address.rpartition(":")
    if not colon or address.endswith("]"):
        host, port = address, str(DEFAULT_PORT)
    host = host.strip("[]")
    if not host or not port.isascii() or not port.isdigit() or not 0 < int(port) < 1 << 16:
        raise DeviceMissing(f"{address!r} is not host:port", hint="Set hw.sdr.rtl_tcp, e.g. 10.0.0.5:1234.")
    return host, int(port)


class Tail:
    """Buffers the newest bytes of an endless stream. Where it is full, it drops the oldest whole samples."""

    def __init__(self, limit_bytes: int = KEPT_BYTES) -> None:
        self._bytes = bytearray()
        self._news = threading.Condition()
        self._limit = limit_bytes
        self._unwanted = 0
        self._received = 0
        self._over: HwError | None = None
        self.dropped_bytes = 0

    def add(self, data: bytes) -> None:
        """Append; forget the oldest whole samples beyond the limit."""
        with self._news:
            self._bytes += data
            self._received += len(data)
            skip = min(self._unwanted, len(self._bytes))
            self._unwanted -= skip
            excess = max(0, len(self._bytes) - skip - self._limit)
            excess += excess % BYTES_PER_SAMPLE
            self.dropped_bytes += excess
            del self._bytes[: skip + excess]
            self._news.notify_all()

    def end(self, error: HwError) -> None:
        """Wake the reader with the reason why nothing more will come."""
        with self._news:
            self._over = self._over or error
            self._news.notify_all()

    def restart(self, unwanted_bytes: int) -> None:
        """Forget what is here and the next ``unwanted_bytes``; an odd byte keeps I and Q in step."""
        with self._news:
            self._bytes.clear()
            self._unwanted = unwanted_bytes + self._received % BYTES_PER_SAMPLE

    def take(self, n_bytes: int, timeout_s: float) -> bytes:
        """Return the oldest ``n_bytes`` as soon as they are there.

        Parameters
        ----------
        n_bytes : int
            How many bytes.
        timeout_s : float
            Longest wait, in s.

        Returns
        -------
        bytes
            The oldest bytes of the buffer.

        Raises
        ------
        DeviceLost
            They did not come in time, or the connection is over.
        """
        with self._news:
            self._news.wait_for(lambda: self._over is not None or len(self._bytes) >= n_bytes, timeout_s)
            if self._over is not None:
                raise self._over
            if len(self._bytes) < n_bytes:
                raise DeviceLost("The rtl_tcp server sends nothing", hint=HINT, reason=Reason.STALLED)
            data = bytes(self._bytes[:n_bytes])
            del self._bytes[:n_bytes]
            return data


class RemoteDongle:
    """A connection to an rtl_tcp server."""

    traits = RTL_SDR

    def __init__(self, address: str, config: SdrConfig) -> None:
        self._socket = _connect(address)
        self.rate_hz = float(round(config.rate_hz))
        try:
            number = _read_header(self._socket)
            self._tuner = tuners().get(number, Tuner(f"tuner {number}", ()))
            self.name = f"rtl_tcp {address} ({self._tuner.name})"
            for command in SWITCHED_OFF:
                self._send(command, 0)
            self._send(SET_RATE, round(config.rate_hz))
            self._send(SET_PPM, config.ppm)
        except HwError:
            self._socket.close()
            raise
        self.tail = Tail()
        self._socket.settimeout(SILENCE_S)
        self._thread = threading.Thread(target=self._drain, name="rtl_tcp", daemon=True)
        self._thread.start()

    def _send(self, command: int, argument: int) -> None:
        try:
            self._socket.sendall(COMMAND.pack(command, argument & 0xFFFFFFFF))
        except OSError as error:
            raise DeviceLost(f"The rtl_tcp server is gone: {error}", hint=HINT) from error

    def _drain(self) -> None:
        try:
            while data := self._socket.recv(RECEIVE_BYTES):
                self.tail.add(data)
            self.tail.end(DeviceLost("The rtl_tcp server has hung up", hint=HINT))
        except TimeoutError:
            self.tail.end(DeviceLost("The rtl_tcp server sends nothing", hint=HINT, reason=Reason.STALLED))
        except OSError as error:
            self.tail.end(DeviceLost(f"The rtl_tcp server is gone: {error}", hint=HINT))

    def tune(self, center_hz: int) -> None:
        """Set the centre frequency."""
        self._send(SET_FREQUENCY, center_hz)

    def set_gain(self, gain_db: float) -> float:
        """Set the nearest step of the announced tuner; of an unknown tuner, the wanted gain.

        Parameters
        ----------
        gain_db : float
            Gain that is wanted, in dB.

        Returns
        -------
        float
            Gain that was asked of the server, in dB.
        """
        wish = round(gain_db * DDB_PER_DB)
        step = min(self._tuner.gains_ddb, key=lambda s: abs(s - wish), default=wish)
        self._send(SET_GAIN_MODE, MANUAL_GAIN)
        self._send(SET_GAIN, step)
        return step / DDB_PER_DB

    def read(self, n_bytes: int) -> bytes:
        """Return the next ``n_bytes`` of the stream."""
        return self.tail.take(n_bytes, n_bytes / BYTES_PER_SAMPLE / self.rate_hz + SILENCE_S)

    def drop_stale(self, n_bytes: int) -> None:
        """Forget what was sampled before the command: here, on the wire and in the server's transfer."""
        self.tail.restart(SERVER_BUFFER_BYTES + n_bytes)

    def counts(self) -> Mapping[str, float]:
        """Return nothing: what was dropped here lies between reads."""
        return {}

    def close(self) -> None:
        """Close the connection."""
        with contextlib.suppress(OSError):  # already disconnected
            self._socket.shutdown(socket.SHUT_RDWR)
        self._thread.join(SILENCE_S)
        self._socket.close()


def _connect(address: str) -> socket.socket:
    try:
        return socket.create_connection(parse_address(address), timeout=CONNECT_S)
    except PermissionError as error:
        raise DeviceDenied(f"The connection to {address} is not allowed", hint=HINT) from error
    except OSError as error:
        if isinstance(error, HwError):
            raise
        raise DeviceMissing(f"No rtl_tcp server answers at {address}: {error}", hint=HINT) from error


def _read_header(connection: socket.socket) -> int:
    """Return the tuner's number; a server that talks otherwise is not rtl_tcp, or serves somebody else."""
    header = b""
    try:
        while len(header) < HEADER.size and (more := connection.recv(HEADER.size - len(header))):
            header += more
    except OSError as error:
        what = "The rtl_tcp server says nothing"
        raise DeviceMissing(
            what, hint="It serves one client at a time: stop the other.", reason=Reason.BUSY
        ) from error
    if len(header) < HEADER.size or not header.startswith(MAGIC):
        raise DeviceMissing("What answers is not rtl_tcp", hint=HINT, reason=Reason.GARBAGE)
    return int(HEADER.unpack(header)[1])


def open_rtl_tcp(config: SdrConfig, clock: Clock, *, address: str | None = None) -> Receiver:
    """Open the dongle behind the configured rtl_tcp server."""
    where = address or config.rtl_tcp or ""
    return Receiver(lambda: RemoteDongle(where, config), config, clock)
