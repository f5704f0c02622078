"""Serves the read-only feed of a running unit: one JSON line a snapshot over a UNIX socket.

::

    live loop ── publish(snapshot) ──► one line ──► thread ──► every client's bounded buffer
                    never waits, at most 5 a second                           too slow: dropped

Nobody can steer the unit through it: what a client sends is read and thrown away. The socket belongs to the
user and the group of the service, nobody else may connect, and no network port is opened. Addresses and
names from the air are replaced by keyed pseudonyms unless the unit is told otherwise.
"""

from __future__ import annotations

import selectors
import shutil
import socket
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial
from pathlib import Path
from stat import S_ISSOCK

from firmware.diag.feed_encoder import LogTail, Rates, Redact, encode_line, make_redactor
from firmware.errors import FeedTrouble
from firmware.log import get_logger
from firmware.runtime.workers import WorkerHealth
from firmware.verdict.engine import Snapshot
from hw.closing import Closing
from hw.types import SensorName

MODE = 0o660  # owner and group; the unit's group is what lets a technician in
# Five lines a second: what an eye can follow, and a serial line can carry.
EVERY_NS = 200_000_000
CLIENTS_MOST = 8
BUFFER_BYTES = 512_000  # of one client, some twenty lines; who is further behind is dropped
CHUNK_BYTES = 65_536
CLOSE_WAIT_S = 2.0
log = get_logger(__name__)


class Feed(Closing):
    """Serves snapshots to every client that may open the socket. A context manager.

    The live loop only hands a moment over; its line is made on the feed's own thread, and only where
    somebody watches.

    Parameters
    ----------
    path : Path
        Of the socket; its folder must exist. A socket left behind by a crash is replaced.
    group : str, optional
        Give the socket to this group; by default it is the group of the process.
    redact : callable, optional
        Replaces addresses in a JSON value; by default with a key that lives as long as this feed.
    every_ns : int
        Least session time between two lines.

    Raises
    ------
    FeedTrouble
        Another service serves there already, or the socket cannot be made.
    """

    def __init__(
        self,
        path: Path,
        *,
        group: str | None = None,
        redact: Redact | None = None,
        every_ns: int = EVERY_NS,
        clients_most: int = CLIENTS_MOST,
        buffer_bytes: int = BUFFER_BYTES,
    ) -> None:
        self.path = path
        self.tail = LogTail()
        self.dropped_clients = 0
        self._redact = make_redactor() if redact is None else redact
        self._every_ns, self._clients_most, self._buffer_bytes = every_ns, clients_most, buffer_bytes
        self._sent_ns: int | None = None
        self._phase = ""
        self._rates = Rates()
        self._lock = threading.Lock()
        self._encode: Callable[[], bytes] | None = None
        self._fresh = False
        self._closing = False
        self._clients: dict[socket.socket, bytearray] = {}
        self._listener = _listen(path, group)
        self._bell, self._ear = socket.socketpair()
        for end in (self._bell, self._ear):
            end.setblocking(False)
        self._thread = threading.Thread(target=self._serve, name="ansim-feed", daemon=True)
        self._thread.start()

    def publish(
        self,
        snapshot: Snapshot,
        *,
        workers: Mapping[SensorName, WorkerHealth] | None = None,
        queues: Mapping[str, int] | None = None,
    ) -> bool:
        """Offer a snapshot; return whether it was taken. Never waits, and never raises for a client.

        At most one line every ``every_ns`` of session time, and always one where the phase changes.
        """
        early = self._sent_ns is not None and 0 <= snapshot.t_ns - self._sent_ns < self._every_ns
        if early and snapshot.phase == self._phase:
            return False
        self._sent_ns, self._phase = snapshot.t_ns, snapshot.phase
        encode = partial(
            encode_line,
            snapshot,
            rates=self._rates.update(snapshot),
            workers=workers or {},
            queues=queues or {},
            log_tail=self.tail.lines(),
            redact=self._redact,
        )
        with self._lock:
            self._encode, self._fresh = encode, True
        self._ring()
        return True

    def close(self) -> None:
        """Stop serving and remove the socket; may be called twice."""
        if self._closing:
            return
        self._closing = True
        self._ring()
        self._thread.join(CLOSE_WAIT_S)
        self.tail.detach()
        with suppress(OSError):
            self.path.unlink()

    def _ring(self) -> None:
        with suppress(OSError):  # full: it will wake up anyway
            self._bell.send(b"!")

    def _serve(self) -> None:
        with selectors.DefaultSelector() as selector:
            selector.register(self._listener, selectors.EVENT_READ, self._accept)
            selector.register(self._ear, selectors.EVENT_READ, self._wake)
            try:
                while not self._closing:
                    for key, mask in selector.select():
                        act: Callable[[selectors.BaseSelector, socket.socket, int], None] = key.data
                        act(selector, key.fileobj, mask)  # type: ignore[arg-type]
            except Exception:  # the feed must never take the inspection with it
                log.exception("feed stopped")
            finally:
                for end in (*self._clients, self._listener, self._bell, self._ear):
                    end.close()
                self._clients.clear()

    def _accept(self, selector: selectors.BaseSelector, listener: socket.socket, _mask: int) -> None:
        with suppress(OSError):
            client, _ = listener.accept()
            if len(self._clients) >= self._clients_most:
                client.close()
                return
            client.setblocking(False)
            with self._lock:
                encode = None if self._fresh else self._encode  # a fresh one comes with the next wake
            self._clients[client] = bytearray(b"" if encode is None else encode())
            selector.register(client, selectors.EVENT_READ | selectors.EVENT_WRITE, self._talk)

    def _wake(self, selector: selectors.BaseSelector, ear: socket.socket, _mask: int) -> None:
        with suppress(OSError):
            ear.recv(CHUNK_BYTES)
        with self._lock:
            encode, fresh, self._fresh = self._encode, self._fresh, False
        if not fresh or encode is None or not self._clients:
            return
        line = encode()
        for client in tuple(self._clients):
            waiting = self._clients[client]
            if len(waiting) + len(line) > self._buffer_bytes:
                self._drop(selector, client, slow=True)
                continue
            waiting += line
            selector.modify(client, selectors.EVENT_READ | selectors.EVENT_WRITE, self._talk)

    def _talk(self, selector: selectors.BaseSelector, client: socket.socket, mask: int) -> None:
        try:
            if mask & selectors.EVENT_READ and not client.recv(CHUNK_BYTES):
                self._drop(selector, client, slow=False)
                return
            waiting = self._clients[client]
            if mask & selectors.EVENT_WRITE and waiting:
                sent = client.send(waiting[:CHUNK_BYTES])
                del waiting[:sent]
            if not waiting:
                selector.modify(client, selectors.EVENT_READ, self._talk)
        except BlockingIOError:
            return
        except OSError:
            self._drop(selector, client, slow=False)

    def _drop(self, selector: selectors.BaseSelector, client: socket.socket, *, slow: bool) -> None:
        selector.unregister(client)
        del self._clients[client]
        client.close()
        if slow:
            self.dropped_clients += 1
            log.warning("feed client was too slow and was dropped")


def _listen(path: Path, group: str | None) -> socket.socket:
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_CLOEXEC)
    try:
        _clear_stale(path)
        listener.bind(str(path))
        path.chmod(MODE)
        if group is not None:
            shutil.chown(path, group=group)
        listener.listen(CLIENTS_MOST)
        listener.setblocking(False)
    except (OSError, LookupError) as error:
        listener.close()
        hint = "Name a folder that this user may write to; the service uses /run/ansim."
        raise FeedTrouble(f"The feed cannot be served at {path}: {error}", hint=hint) from error
    except FeedTrouble:
        listener.close()
        raise
    return listener


def _clear_stale(path: Path) -> None:
    """Remove a socket that nobody serves any more; never anything else."""
    if not path.exists():
        return
    if not S_ISSOCK(path.stat().st_mode):
        raise FeedTrouble(f"{path} is in the way: it is no socket", hint="Choose another path.")
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        try:
            probe.connect(str(path))
        except ConnectionRefusedError:
            path.unlink()
            return
    raise FeedTrouble(f"Another service serves the feed at {path}", hint="systemctl status ansim")
