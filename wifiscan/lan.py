"""Scans a network that this machine has joined: the one active part of ansim, run only when asked for.

It sends a handful of discovery questions, slowly, and nothing else: no passwords, no streams, no guessing
of hosts. RTSP OPTIONS goes to hosts that have answered alone. The plan says beforehand,
datagram by datagram, what will be sent.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol, TypeVar

from hw.protocols import Clock
from wifiscan.classify import sigmoid
from wifiscan.errors import LanRefused
from wifiscan.lan_protocols import (
    ANSWER_LIMIT_BYTES,
    RTSP_OPTIONS,
    RTSP_PORTS,
    Answer,
    LanProtocol,
    Question,
    questions,
    read_answer,
)

PAUSE_S = 0.5  # between two datagrams
LISTEN_S = 3.0  # for answers to one question
TCP_TIMEOUT_S = 2.0
HOSTS_LIMIT = 64  # that are asked for RTSP
ANSWERS_LIMIT = 512  # that are read of one question
NONE_NATS, WORDS_NATS, CAMERA_NATS = -3.0, 1.5, 3.0  # no sign; its own words; a protocol of cameras alone
CAMERA_ONLY: frozenset[LanProtocol] = frozenset({"ws-discovery", "pppp", "v380", "tutk", "rtsp"})


class Datagrams(Protocol):
    """Interface of a UDP socket."""

    def sendto(self, data: bytes, address: tuple[str, int], /) -> int:
        """Send one datagram."""
        ...

    def recvfrom(self, size: int, /) -> tuple[bytes, tuple[str, int]]:
        """Receive one, or raise TimeoutError."""
        ...

    def settimeout(self, value: float | None, /) -> None:
        """Set how long to wait."""
        ...

    def close(self) -> None:
        """Close it."""
        ...


class TcpStream(Protocol):
    """Interface of a TCP socket."""

    def sendall(self, data: bytes, /) -> None:
        """Send everything."""
        ...

    def recv(self, size: int, /) -> bytes:
        """Receive something, or raise TimeoutError."""
        ...

    def close(self) -> None:
        """Close it."""
        ...


Socket = TypeVar("Socket", Datagrams, TcpStream)
OpenDatagrams = Callable[[int], Datagrams]  # the port to listen on, 0 for any
OpenStream = Callable[[str, int], TcpStream]


@dataclass(frozen=True, slots=True, kw_only=True)
class LanPlan:
    """All that would be sent, to be shown before anything is."""

    questions: tuple[Question, ...]
    rtsp_ports: tuple[int, ...] = RTSP_PORTS

    def lines(self) -> tuple[str, ...]:
        """Return the plan in words, one line a datagram."""
        rows = [f"{q.what}: {len(q.payload)} bytes to {q.host} UDP {q.port}" for q in self.questions]
        ports = " and ".join(str(p) for p in self.rtsp_ports)
        return (*rows, f"RTSP OPTIONS: {len(RTSP_OPTIONS)} bytes to TCP {ports} of hosts that answered")


@dataclass(frozen=True, slots=True, kw_only=True)
class LanDevice:
    """One host, and why it may be a camera; ``score`` as in `wifiscan.observations`."""

    host: str
    answers: tuple[Answer, ...]
    score: float

    @property
    def why(self) -> str:
        """Return the answers in words."""
        return "; ".join(f"{a.protocol}: {a.detail}" for a in self.answers)


def default_plan() -> LanPlan:
    """Return the plan of an ordinary scan."""
    return LanPlan(questions=questions())


def open_datagrams(port: int) -> Datagrams:
    """Open a real UDP socket that may broadcast."""
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
    sock.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, 1)
    sock.bind(("", port))
    return sock


def open_stream(host: str, port: int) -> TcpStream:
    """Open a real TCP connection."""
    return socket.create_connection((host, port), timeout=TCP_TIMEOUT_S)


class LanScan:
    """Runs a plan that somebody has agreed to."""

    def __init__(
        self,
        plan: LanPlan,
        *,
        clock: Clock,
        agreed: bool,
        datagrams: OpenDatagrams = open_datagrams,
        stream: OpenStream = open_stream,
    ) -> None:
        if not agreed:
            raise LanRefused("Nothing was sent: the plan was not agreed to", hint="Show it, and ask.")
        self._plan = plan
        self._clock = clock
        self._datagrams = datagrams
        self._stream = stream
        self.problems: list[str] = []

    def run(self) -> tuple[LanDevice, ...]:
        """Ask every question, then the hosts that answered; return the devices, likeliest cameras first."""
        found: dict[str, list[Answer]] = {}
        for question in self._plan.questions:
            for answer in self._ask(question):
                _keep(found, answer)
        for host in list(found)[:HOSTS_LIMIT]:
            for port in self._plan.rtsp_ports:
                rtsp = self._options(host, port)
                if rtsp is not None:
                    _keep(found, rtsp)
        devices = [
            LanDevice(host=host, answers=tuple(answers), score=sigmoid(_nats(answers)))
            for host, answers in found.items()
        ]
        return tuple(sorted(devices, key=lambda d: (-d.score, d.host)))

    def _ask(self, question: Question) -> list[Answer]:
        try:
            with _closing(self._datagrams(question.listen_port)) as sock:
                sock.sendto(question.payload, (question.host, question.port))
                answers = list(self._listen(sock, question.protocol))
        except OSError as error:
            self.problems.append(f"{question.what}: {error}")
            answers = []
        self._pause()
        return answers

    def _listen(self, sock: Datagrams, protocol: LanProtocol) -> Iterator[Answer]:
        end_ns = self._clock.now_ns() + round(LISTEN_S * 1e9)
        for _ in range(ANSWERS_LIMIT):
            left_s = (end_ns - self._clock.now_ns()) * 1e-9
            if left_s <= 0:
                return
            sock.settimeout(left_s)
            try:
                raw, (host, _port) = sock.recvfrom(ANSWER_LIMIT_BYTES)
            except TimeoutError:
                return
            answer = read_answer(protocol, host, raw) if is_local(host) else None
            if answer is not None:
                yield answer

    def _options(self, host: str, port: int) -> Answer | None:
        self._pause()
        try:
            with _closing(self._stream(host, port)) as sock:
                sock.sendall(RTSP_OPTIONS)
                return read_answer("rtsp", host, sock.recv(ANSWER_LIMIT_BYTES))
        except OSError:
            return None  # closed: most hosts have no such port

    def _pause(self) -> None:
        self._clock.sleep_until(self._clock.now_ns() + round(PAUSE_S * 1e9))


@contextmanager
def _closing(sock: Socket) -> Iterator[Socket]:
    try:
        yield sock
    finally:
        sock.close()


def is_local(host: str) -> bool:
    """Return True for an address of a local network: nobody else is ever asked."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    return address.is_private and not address.is_multicast


def _keep(found: dict[str, list[Answer]], answer: Answer) -> None:
    answers = found.setdefault(answer.host, [])
    if all(a.protocol != answer.protocol for a in answers):
        answers.append(answer)


def _nats(answers: list[Answer]) -> float:
    best = NONE_NATS
    for answer in answers:
        if answer.camera:
            best = max(best, CAMERA_NATS if answer.protocol in CAMERA_ONLY else WORDS_NATS)
    return best
