"""The one active part: it says what it will send, sends no more than that, and reads hostile answers."""

from __future__ import annotations

import socket
import struct
import threading
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hw.clock import ManualClock, SystemClock
from wifiscan.errors import LanRefused
from wifiscan.lan import PAUSE_S, LanPlan, LanScan, default_plan, is_local, open_datagrams, open_stream
from wifiscan.lan_protocols import (
    CAMERA_SERVICES,
    RTSP_OPTIONS,
    Question,
    dns_names,
    mdns_query,
    questions,
    read_answer,
)

HOST = "192.168.1.23"
UID = b"FTYC\0\0\0\0" + (811847).to_bytes(4, "big") + b"AGFDZ\0\0\0"
WS_MATCH = (
    b"<SOAP-ENV:Envelope><d:ProbeMatches><d:ProbeMatch><d:Types>dn:NetworkVideoTransmitter</d:Types>"
    b"<d:Scopes>onvif://www.onvif.org/name/IPC-1 onvif://www.onvif.org/hardware/H264</d:Scopes>"
)
ANSWERS = {
    "ssdp": b"HTTP/1.1 200 OK\r\nST: upnp:rootdevice\r\nSERVER: Linux UPnP/1.0 IP Camera/2\r\n\r\n",
    "ws-discovery": WS_MATCH,
    "pppp": b"\xf1\x41\x00\x14" + UID,
    "v380": b"NVDEVRESULT^1^A^12345678^192.168.1.23",
    "tutk": b"\x02\x06\x12\x00\x01",
    "rtsp": b"RTSP/1.0 200 OK\r\nCSeq: 1\r\nServer: Hipcam RealServer/V1.0\r\nPublic: OPTIONS\r\n\r\n",
}


class Air:
    """Sockets that only pretend, and remember what was sent and when."""

    def __init__(
        self, clock: ManualClock, answers: dict[int, list[tuple[bytes, str]]], rtsp: set[str]
    ) -> None:
        self.clock = clock
        self.answers = answers
        self.rtsp = rtsp
        self.sent: list[tuple[int, str, int, bytes]] = []
        self.open = 0

    def datagrams(self, port: int):
        self.open += 1
        return _Datagrams(self)

    def stream(self, host: str, port: int):
        self.sent.append((self.clock.now_ns(), host, port, b""))
        if host not in self.rtsp or port != 554:
            raise ConnectionRefusedError("closed")
        self.open += 1
        return _Stream(self)


class _Datagrams:
    def __init__(self, air: Air) -> None:
        self.air = air
        self.queue: list[tuple[bytes, str]] = []

    def sendto(self, data, address):
        self.air.sent.append((self.air.clock.now_ns(), *address, data))
        self.queue = list(self.air.answers.get(address[1], []))
        return len(data)

    def recvfrom(self, size):
        if not self.queue:
            raise TimeoutError
        raw, host = self.queue.pop(0)
        return raw, (host, 1)

    def settimeout(self, value):
        assert value is None or value > 0

    def close(self):
        self.air.open -= 1


class _Stream:
    def __init__(self, air: Air) -> None:
        self.air = air

    def sendall(self, data):
        assert data == RTSP_OPTIONS

    def recv(self, size):
        return ANSWERS["rtsp"]

    def close(self):
        self.air.open -= 1


def scan(answers=None, rtsp=frozenset(), plan=None):
    clock = ManualClock()
    air = Air(clock, answers or {}, set(rtsp))
    lan = LanScan(
        plan or default_plan(), clock=clock, agreed=True, datagrams=air.datagrams, stream=air.stream
    )
    return lan.run(), air, lan


def test_without_consent_nothing_is_opened():
    air = Air(ManualClock(), {}, set())
    with pytest.raises(LanRefused):
        LanScan(default_plan(), clock=air.clock, agreed=False, datagrams=air.datagrams, stream=air.stream)
    assert air.sent == []


def test_the_plan_names_every_datagram_and_nothing_else_is_sent():
    devices, air, _ = scan()
    assert devices == ()
    lines = default_plan().lines()
    assert len(lines) == len(air.sent) + 1
    for (_, host, port, data), line in zip(air.sent, lines, strict=False):
        assert f"{len(data)} bytes to {host} UDP {port}" in line
    assert [(h, p, d) for _, h, p, d in air.sent] == [(q.host, q.port, q.payload) for q in questions()]


def test_it_sends_slowly_and_closes_everything():
    _, air, _ = scan(answers={3702: [(WS_MATCH, HOST)]}, rtsp={HOST})
    times = [t for t, *_ in air.sent]
    assert all(b - a >= PAUSE_S * 1e9 for a, b in pairwise(times))
    assert air.open == 0


def test_a_camera_explains_itself_and_rtsp_is_asked_of_those_who_answered_alone():
    answers = {
        3702: [(WS_MATCH, HOST)],
        1900: [(b"HTTP/1.1 200 OK\r\nST: x\r\nSERVER: NAS\r\n\r\n", "192.168.1.9")],
    }
    devices, air, _ = scan(answers=answers, rtsp={HOST})
    camera, other = devices
    assert (camera.host, other.host) == (HOST, "192.168.1.9")
    assert camera.score > 0.9
    assert other.score < 0.1
    assert "IPC-1" in camera.why
    assert "Hipcam" in camera.why
    assert {h for _, h, p, _ in air.sent if p in (554, 8554)} == {HOST, "192.168.1.9"}


def test_answers_from_elsewhere_are_ignored():
    devices, air, _ = scan(answers={3702: [(WS_MATCH, "8.8.8.8"), (WS_MATCH, "224.0.0.1"), (WS_MATCH, "?")]})
    assert devices == ()
    assert not any(p in (554, 8554) for _, _, p, _ in air.sent)
    assert [is_local(h) for h in ("10.1.2.3", "8.8.8.8", "nonsense")] == [True, False, False]


def test_a_socket_that_cannot_be_opened_is_told_and_the_rest_goes_on():
    def refuse(port):
        raise PermissionError("no network")

    lan = LanScan(default_plan(), clock=ManualClock(), agreed=True, datagrams=refuse)
    assert lan.run() == ()
    assert len(lan.problems) == len(questions())


@pytest.mark.parametrize("protocol", sorted(ANSWERS))
def test_each_kind_of_answer(protocol):
    answer = read_answer(protocol, HOST, ANSWERS[protocol])
    assert answer is not None
    assert answer.camera
    assert read_answer(protocol, HOST, b"something else") is None


def test_the_device_number_of_a_peer_to_peer_camera():
    answer = read_answer("pppp", HOST, ANSWERS["pppp"])
    assert answer is not None
    assert answer.detail == "FTYC-811847-AGFDZ"


def test_an_mdns_answer_with_a_compressed_name():
    service = b"\x05_rtsp\x04_tcp\x05local\x00"
    head = struct.pack(">6H", 0, 0x8400, 0, 1, 0, 0)
    instance = b"\x06Camera" + b"\xc0\x0c"
    raw = head + service + struct.pack(">2HIH", 12, 1, 60, len(instance)) + instance
    assert dns_names(raw) == ["_rtsp._tcp.local", "Camera._rtsp._tcp.local"]
    answer = read_answer("mdns", HOST, raw)
    assert answer is not None
    assert answer.camera


def test_our_own_question_is_well_formed_and_no_answer():
    assert dns_names(mdns_query()) == list(CAMERA_SERVICES)
    assert read_answer("mdns", HOST, mdns_query()) is None


def test_names_that_point_at_themselves_end():
    raw = struct.pack(">6H", 0, 0x8400, 0, 1, 0, 0) + b"\xc0\x0c" + bytes(10)
    assert dns_names(raw) == []


def test_text_from_the_network_is_printable_and_short():
    evil = b"HTTP/1.1 200 OK\r\nSERVER: \x1b[31m" + b"A" * 190 + b"\r\n\r\n"
    answer = read_answer("ssdp", HOST, evil)
    assert answer is not None
    assert answer.detail.isprintable()
    assert len(answer.detail) <= 80


@settings(max_examples=200, deadline=None)
@given(raw=st.binary(max_size=200), protocol=st.sampled_from(["mdns", *sorted(ANSWERS)]))
def test_any_bytes(raw, protocol):
    for body in (raw, ANSWERS.get(protocol, b"")[:20] + raw, struct.pack(">6H", 0, 0x8400, 1, 2, 0, 0) + raw):
        answer = read_answer(protocol, HOST, body)
        assert answer is None or len(answer.detail) <= 80


def test_real_sockets_against_a_stand_in_on_the_loopback():
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind(("127.0.0.1", 0))
    rtsp = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        data, who = server.recvfrom(2048)
        assert data == b"\xf1\x30\x00\x00"
        server.sendto(ANSWERS["pppp"], who)
        peer, _ = rtsp.accept()
        with peer:
            assert peer.recv(2048) == RTSP_OPTIONS
            peer.sendall(ANSWERS["rtsp"])

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    question = Question(
        protocol="pppp",
        what="test",
        host="127.0.0.1",
        port=server.getsockname()[1],
        payload=b"\xf1\x30\x00\x00",
    )
    plan = LanPlan(questions=(question,), rtsp_ports=(rtsp.getsockname()[1],))
    lan = LanScan(
        plan, clock=SystemClock(speed=20), agreed=True, datagrams=open_datagrams, stream=open_stream
    )
    (device,) = lan.run()
    thread.join(5)
    server.close()
    rtsp.close()
    assert {a.protocol for a in device.answers} == {"pppp", "rtsp"}
