"""Builds the questions that cameras answer on a local network, and reads the answers; opens no sockets.

Sources: RFC 6762 (mDNS), UPnP Device Architecture 1.1 (SSDP), OASIS WS-Discovery and ONVIF Core, RFC 2326
(RTSP); PPPP from pppp-dissector and cam-reverse, V380 and TUTK from public clients. Answers are hostile
until proved otherwise: lengths are bounded, XML is searched and never parsed by a library that follows
entities.
"""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass
from typing import Literal

LanProtocol = Literal["mdns", "ssdp", "ws-discovery", "pppp", "v380", "tutk", "rtsp"]
ANSWER_LIMIT_BYTES = 4096
TEXT_LIMIT = 80
NAMES_LIMIT = 16
MDNS_GROUP, SSDP_GROUP, BROADCAST = "224.0.0.251", "239.255.255.250", "255.255.255.255"
MDNS_PORT, SSDP_PORT, WS_PORT = 5353, 1900, 3702
PPPP_PORT, V380_PORT, V380_BACK, TUTK_PORT = 32108, 10008, 10009, 32761
RTSP_PORTS = (554, 8554)
CAMERA_SERVICES = ("_rtsp._tcp.local", "_axis-video._tcp.local", "_onvif._tcp.local", "_psia._tcp.local")
CAMERA_WORDS = re.compile(
    r"(?i)(?:ip|network|net|wifi|video)[-_ ]?cam(?:era)?(?![a-z])|onvif|ipcam|\bcamera\b|\bdvr\b|\bnvr\b"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One datagram that would be sent. ``listen_port`` where the answer comes to a fixed port."""

    protocol: LanProtocol
    what: str
    host: str
    port: int
    payload: bytes
    listen_port: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The answer of a host; ``camera``: the protocol or its own words say camera."""

    protocol: LanProtocol
    host: str
    detail: str
    camera: bool


def questions() -> tuple[Question, ...]:
    """Return every datagram of a scan, in order."""
    rows: tuple[tuple[LanProtocol, str, str, int, bytes, int], ...] = (
        ("mdns", "mDNS: who offers video", MDNS_GROUP, MDNS_PORT, mdns_query(), 0),
        ("ssdp", "SSDP: who is there", SSDP_GROUP, SSDP_PORT, SSDP_SEARCH, 0),
        ("ws-discovery", "ONVIF: which cameras", SSDP_GROUP, WS_PORT, WS_PROBE, 0),
        ("pppp", "PPPP: which peer-to-peer cameras", BROADCAST, PPPP_PORT, PPPP_SEARCH, 0),
        ("v380", "V380: which cameras", BROADCAST, V380_PORT, V380_SEARCH, V380_BACK),
        ("tutk", "TUTK: which cameras", BROADCAST, TUTK_PORT, TUTK_SEARCH, 0),
    )
    return tuple(
        Question(protocol=protocol, what=what, host=host, port=port, payload=payload, listen_port=back)
        for protocol, what, host, port, payload, back in rows
    )


PPPP_SEARCH, V380_SEARCH, TUTK_SEARCH = b"\xf1\x30\x00\x00", b"NVDEVSEARCH^100", b"\x01\x06\x21"
SSDP_SEARCH = (
    b"M-SEARCH * HTTP/1.1\r\nHOST: 239.255.255.250:1900\r\n"
    b'MAN: "ssdp:discover"\r\nMX: 2\r\nST: ssdp:all\r\n\r\n'
)
WS_PROBE = (
    b'<?xml version="1.0" encoding="UTF-8"?><e:Envelope xmlns:e="http://www.w3.org/2003/05/soap-envelope" '
    b'xmlns:w="http://schemas.xmlsoap.org/ws/2004/08/addressing" '
    b'xmlns:d="http://schemas.xmlsoap.org/ws/2005/04/discovery" '
    b'xmlns:dn="http://www.onvif.org/ver10/network/wsdl"><e:Header>'
    b"<w:MessageID>uuid:616e7369-6d00-4000-8000-000000000001</w:MessageID>"
    b"<w:To>urn:schemas-xmlsoap-org:ws:2005:04:discovery</w:To>"
    b"<w:Action>http://schemas.xmlsoap.org/ws/2005/04/discovery/Probe</w:Action></e:Header>"
    b"<e:Body><d:Probe><d:Types>dn:NetworkVideoTransmitter</d:Types></d:Probe></e:Body></e:Envelope>"
)
RTSP_OPTIONS = b"OPTIONS * RTSP/1.0\r\nCSeq: 1\r\nUser-Agent: ansim\r\n\r\n"


def mdns_query() -> bytes:
    """Return one query for the services of cameras, answers by unicast."""
    head = struct.pack(">6H", 0, 0, len(CAMERA_SERVICES), 0, 0, 0)
    return head + b"".join(_dns_name(s) + struct.pack(">2H", 12, 0x8001) for s in CAMERA_SERVICES)


def _dns_name(name: str) -> bytes:
    labels = [part.encode() for part in name.split(".")]
    return b"".join(bytes((len(p),)) + p for p in labels) + b"\0"


def clean(raw: bytes | str) -> str:
    """Return text from the network, printable and short."""
    text = raw if isinstance(raw, str) else raw.decode("utf-8", errors="replace")
    return "".join(c if c.isprintable() else " " for c in text).strip()[:TEXT_LIMIT]


def read_answer(protocol: LanProtocol, host: str, raw: bytes) -> Answer | None:
    """Read one answer; None where it is none."""
    raw = raw[:ANSWER_LIMIT_BYTES]
    reader = {
        "mdns": _read_mdns,
        "ssdp": _read_ssdp,
        "ws-discovery": _read_ws,
        "pppp": _read_pppp,
        "v380": _read_v380,
        "tutk": _read_tutk,
        "rtsp": _read_rtsp,
    }[protocol]
    found = reader(raw)
    return None if found is None else Answer(protocol=protocol, host=host, detail=found[0], camera=found[1])


Reading = tuple[str, bool] | None


def _read_mdns(raw: bytes) -> Reading:
    if len(raw) < 12 or not raw[2] & 0x80:
        return None
    names = dns_names(raw)
    offered = [n for n in names if any(n.endswith(s) for s in CAMERA_SERVICES)]
    if not names:
        return None
    return clean(", ".join(offered or names)), bool(offered)


def dns_names(raw: bytes) -> list[str]:
    """Return the names in a DNS message, at most `NAMES_LIMIT`; pointers go backwards only."""
    names: list[str] = []
    counts = struct.unpack(">4H", raw[4:12])
    at = 12
    for turn in range(min(sum(counts), NAMES_LIMIT)):
        name, at = _dns_read(raw, at)
        if at <= 0:
            break
        names.append(name)
        if turn < counts[0]:
            at += 4
            continue
        if at + 10 > len(raw):
            break
        kind, _, _, size = struct.unpack(">2HIH", raw[at : at + 10])
        if kind == 12:  # PTR
            names.append(_dns_read(raw, at + 10)[0])
        at += 10 + size
    return [n for n in names if n]


def _dns_read(raw: bytes, at: int) -> tuple[str, int]:
    """Return a name and where it ends; an end of -1 means that it is broken."""
    labels: list[str] = []
    end, lowest = 0, at
    while at < len(raw) and len(labels) < NAMES_LIMIT:
        size = raw[at]
        if size == 0:
            return ".".join(labels), end or at + 1
        if size & 0xC0 == 0xC0:
            if at + 2 > len(raw):
                break
            end = end or at + 2
            target = int.from_bytes(raw[at : at + 2], "big") & 0x3FFF
            if target >= lowest:
                break
            at = lowest = target
            continue
        labels.append(clean(raw[at + 1 : at + 1 + size]))
        at += 1 + size
    return "", -1


def _read_ssdp(raw: bytes) -> Reading:
    if not raw.startswith((b"HTTP/1.1 200", b"NOTIFY ")):
        return None
    fields = dict(re.findall(rb"(?im)^(server|st|usn|location):[ \t]*([^\r\n]{1,200})", raw))
    text = clean(b"; ".join(v for k, v in sorted(fields.items()) if k.lower() in {b"server", b"st", b"usn"}))
    return (text, bool(CAMERA_WORDS.search(text))) if text else None


def _read_ws(raw: bytes) -> Reading:
    if b"ProbeMatch" not in raw:
        return None
    scopes = re.findall(rb"onvif://www\.onvif\.org/(?:name|hardware)/([^\s<]{1,60})", raw)
    return clean(b"ONVIF " + b" ".join(scopes)), b"NetworkVideoTransmitter" in raw or b"onvif" in raw


def _read_pppp(raw: bytes) -> Reading:
    if len(raw) < 4 or raw[0] != 0xF1 or raw[1] != 0x41:
        return None
    size = int.from_bytes(raw[2:4], "big")
    body = raw[4 : 4 + size]
    if size < 20 or len(body) < 20:
        return None
    prefix, check = body[:8].rstrip(b"\0"), body[12:20].rstrip(b"\0")
    if not (prefix.isalpha() and prefix.isascii()):
        return None
    return clean(f"{clean(prefix)}-{int.from_bytes(body[8:12], 'big'):06d}-{clean(check)}"), True


def _read_v380(raw: bytes) -> Reading:
    return (clean(raw), True) if raw.startswith(b"NVDEVRESULT^") else None


def _read_tutk(raw: bytes) -> Reading:
    return ("TUTK answer", True) if raw[:3] == b"\x02\x06\x12" else None


def _read_rtsp(raw: bytes) -> Reading:
    if not raw.startswith(b"RTSP/1."):
        return None
    server = re.search(rb"(?im)^server:[ \t]*([^\r\n]{1,80})", raw)
    return clean(b"RTSP " + (server.group(1) if server else b"server")), True
