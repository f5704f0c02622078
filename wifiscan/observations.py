"""Makes observations from the tables: one joint score for each device, with its names and features.

``score`` is a probability as if cameras and other devices were equally common. Its logit is the log of a
mixture: an idle camera (identity speaks, traffic is small) or a streaming one (traffic speaks, identity
helps). Identity and traffic are weighed together, so that neither counts twice. A device of which nothing
speaks has about 0.05.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import log

import numpy as np

from wifiscan.announced import Named
from wifiscan.classify import sigmoid
from wifiscan.disturbance import FEW_FRAMES, AirNumbers
from wifiscan.keyed_table import NO_ROW
from wifiscan.links import Link
from wifiscan.model import AccessPoint, Identity, Station
from wifiscan.own_network import OwnNetwork, load_own_network_model, own_network_logit
from wifiscan.tables import Tables
from wifiscan.traffic_labels import FORWARDED_SHARE, name_behaviour
from wifiscan.vendors import format_mac, is_randomised, vendor_of

FORWARDED_LOGIT = -3.0  # a router that passes a film to a phone is no camera, whatever the film looks like
BUSY_BPS = 30e3  # an idle camera sends less than this
BUSY_LOGIT = -2.0  # what much other traffic says against an idle camera
IDLE_BPS = 20e3
REGULAR_SHARE = 0.8  # of the exchanges keep the rhythm
REGULAR_S = (0.5, 6.0)  # rhythm of a camera's keep-alives
KEYFRAME_SHOWN, KEY_PICTURES_SHOWN = 0.18, 3.0  # a weaker or faster rhythm is not that of key frames
REGULAR_NATS = 0.8  # what a rhythm adds to a maker known for cameras; without one it says nothing


def station_logit(
    identity_nats: float, none_nats: float, link: Link | None, *, network: OwnNetwork | None = None
) -> float:
    """Return the joint log likelihood ratio of one device.

    Parameters
    ----------
    identity_nats : float
        What its identity says, nats.
    none_nats : float
        What an identity says that matches no rule, nats.
    link : Link or None
        The best of its links, None where it has none.
    network : OwnNetwork, optional
        What is known of the network, where it is an access point.

    Returns
    -------
    float
        Nats.

    Notes
    -----
    With judged traffic it is the log of an even mixture of a streaming camera (the traffic's score, and half
    of what the identity adds) and an idle one (the identity's score, with `BUSY_LOGIT` where it is busy).
    """
    if identity_nats > none_nats and _is_regular(link):
        identity_nats += REGULAR_NATS
    if link is None or link.logit is None:
        busy = link is not None and link.features.get("mean_bps", 0.0) > BUSY_BPS
        return identity_nats + (BUSY_LOGIT / 2 if busy else 0.0)
    helped = (identity_nats - none_nats) / 2  # an unknown name says nothing against a stream
    stream = _stream_logit(link, network)
    idle = identity_nats + (BUSY_LOGIT if link.features["mean_bps"] > BUSY_BPS else 0.0)
    return float(np.logaddexp(log(0.5) + stream + helped, log(0.5) + idle))


def _is_regular(link: Link | None) -> bool:
    if link is None or not link.keep_alive:
        return False
    low, high = REGULAR_S
    return link.keep_alive["regularity"] >= REGULAR_SHARE and low <= link.keep_alive["keep_alive_s"] <= high


def _stream_logit(link: Link, network: OwnNetwork | None) -> float:
    """Return the nats of the stream that count; an access point may only pass on what it sends."""
    logit = link.logit if link.logit is not None else 0.0
    if link.features["own_share"] < FORWARDED_SHARE:
        return min(logit, FORWARDED_LOGIT)
    return logit if network is None else own_network_logit(logit, network, load_own_network_model())


def _network_of(tables: Tables, mac: int, link: Link | None) -> OwnNetwork:
    """Return what is known of an access point besides what it sends."""
    named = tables.named_aps.get(mac)
    return OwnNetwork(
        habits=named.habits if named else None,
        clients=link.clients if link else 0,
        made_up=is_randomised(mac),
        upstream=link is not None and link.logit is not None and tables.is_client_elsewhere(mac),
    )


def own_network_of(tables: Tables, mac: int) -> tuple[float, OwnNetwork] | None:
    """Return what an access point's own traffic says and what else is known of it.

    Parameters
    ----------
    tables : Tables
        What was heard.
    mac : int
        Its address.

    Returns
    -------
    tuple of float and OwnNetwork, or None
        Nats, and the network; None where it sends nothing of its own that could be judged.
    """
    link = tables.flows.best.get(mac)
    if (
        link is None
        or link.logit is None
        or not link.is_downlink
        or link.features["own_share"] < FORWARDED_SHARE
    ):
        return None
    return link.logit, _network_of(tables, mac, link)


def air_numbers(tables: Tables) -> AirNumbers:
    """Return the counts by which a disturbance of the air shows."""
    lasting, networks = (
        int(np.count_nonzero(t.columns["frames"][t.rows()] > FEW_FRAMES))
        for t in (tables.stations, tables.access_points)
    )
    flows = tables.flows
    forged, share = flows.forged()
    return AirNumbers(
        newcomers=tables.newcomers,
        lasting=lasting,
        new_networks=tables.new_networks,
        lasting_networks=networks,
        named_cameras=tables.named_cameras(),
        forged_frames=forged,
        forged_share=share,
        packet_steps=flows.senders.packet_steps,
        beacons_back=int(tables.access_points.columns["back"].max()),
        replayed=flows.replays.replayed,
        streaming=sum(link.speaks_for_itself() for link in flows.best.values()),
    )


def describe_station(tables: Tables, mac: int) -> Station | None:
    """Return one transmitter as an observation."""
    row = int(tables.stations.find(np.array([mac], np.uint64))[0])
    if row == NO_ROW:
        return None
    c = tables.stations.columns
    named, own = tables.named_stations.get(mac), tables.named_aps.get(mac)
    bssid = int(c["bssid"][row]) or None
    joined = tables.named_aps.get(bssid) if bssid else None
    spoken = (*(named.identity if named else ()), *(own.identity if own else ()))
    identity = (*_of_block(tables, mac, own), *spoken)
    told = joined or own
    link = tables.flows.best.get(mac)
    is_ap = own is not None or (bssid == mac if link is None else link.is_downlink)
    none = tables.signatures.weights["none"]
    network = _network_of(tables, mac, link) if is_ap else None
    logit = station_logit(tables.signatures.weight(identity), none, link, network=network)
    heard_us = max(tables.flows.clock.channels().values(), default=0)
    return Station(
        mac=format_mac(mac),
        randomised=is_randomised(mac),
        vendor=vendor_of(mac),
        bssid=format_mac(bssid) if bssid else (format_mac(mac) if own else None),
        ssid=told.ssid if told else None,
        channel_mhz=(link.channel if link is not None else 0) or int(c["mhz"][row]) or None,
        rssi_dbm=round(float(c["rssi"][row]), 1) if c["heard_rssi"][row] else None,
        frames=int(c["frames"][row]),
        bytes_up=int(c["bytes_up"][row]),
        bytes_down=int(c["bytes_down"][row]),
        uplink_bps=_uplink_bps(link, int(c["bytes_up"][row]), heard_us),
        streaming_score=_streaming_score(link, network),
        identity=identity,
        score=sigmoid(logit),
        first_ns=int(c["first_ns"][row]),
        last_ns=int(c["last_ns"][row]),
        activity=_activity(link, identity, network),
        features=_shown(link),
    )


def join_links(stations: Sequence[Station]) -> Station:
    """Return the links of one device as one station.

    Parameters
    ----------
    stations : sequence of Station
        One a link, at least one.

    Returns
    -------
    Station
        Address, scores and numbers of the link that speaks most for a camera; frames and bytes of all.
    """
    if len(stations) == 1:
        return stations[0]
    lead = max(stations, key=lambda s: (s.score, s.frames, s.mac))
    return replace(
        lead,
        frames=sum(s.frames for s in stations),
        bytes_up=sum(s.bytes_up for s in stations),
        bytes_down=sum(s.bytes_down for s in stations),
        identity=tuple({i.rule: i for s in (lead, *stations) for i in s.identity}.values()),
        first_ns=min(s.first_ns for s in stations),
        last_ns=max(s.last_ns for s in stations),
        links=tuple(sorted(s.mac for s in stations)),
    )


def _of_block(tables: Tables, mac: int, named: Named | None) -> tuple[Identity, ...]:
    """Return what the address block says, unless the device says itself that it is something else."""
    if named is not None and tables.signatures.is_other_product([named.ssid, *named.device_names]):
        return ()
    return tables.signatures.of_mac(mac)


def _shown(link: Link | None) -> dict[str, float]:
    """Return the numbers behind a score; a key-frame period is shown only where there is one."""
    if link is None:
        return {}
    numbers = dict(link.features or link.keep_alive)
    pictures = numbers.get("keyframe_s", 0.0) * numbers.get("frame_rate_hz", 0.0)
    if numbers.get("keyframe", 0.0) < KEYFRAME_SHOWN or pictures < KEY_PICTURES_SHOWN:
        numbers["keyframe_s"] = 0.0
    return {k: round(float(v), 6) for k, v in numbers.items()}


def _uplink_bps(link: Link | None, bytes_up: int, heard_us: int) -> float | None:
    if link is not None and link.features:
        return round(link.features["mean_bps"], 1)
    return round(bytes_up * 8e6 / heard_us, 1) if heard_us else None


def _streaming_score(link: Link | None, network: OwnNetwork | None) -> float | None:
    if link is None or link.logit is None:
        return None
    return sigmoid(_stream_logit(link, network))


def _activity(link: Link | None, identity: tuple[Identity, ...], network: OwnNetwork | None) -> str | None:
    if link is not None and link.logit is not None and _stream_logit(link, network) > 0:
        return "camera-stream"
    known = any(i.strength != "C" for i in identity) or (bool(identity) and _is_regular(link))
    if known and (link is None or not link.features or link.features["mean_bps"] < IDLE_BPS):
        return "camera-idle"
    if link is None:
        return None
    if not link.features and link.keep_alive.get("regularity", 0.0) >= REGULAR_SHARE:
        return "iot-heartbeat"
    return name_behaviour(link.features)


def describe_access_point(tables: Tables, bssid: int) -> AccessPoint | None:
    """Return one access point as an observation; its traffic is told by the station of the same address."""
    row = int(tables.access_points.find(np.array([bssid], np.uint64))[0])
    if row == NO_ROW:
        return None
    c = tables.access_points.columns
    named = tables.named_aps.get(bssid)
    identity = (*_of_block(tables, bssid, named), *(named.identity if named else ()))
    return AccessPoint(
        bssid=format_mac(bssid),
        ssid=named.ssid if named else None,
        channel_mhz=int(c["mhz"][row]) or None,
        rssi_dbm=round(float(c["rssi"][row]), 1) if c["heard_rssi"][row] else None,
        frames=int(c["frames"][row]),
        identity=identity,
        score=sigmoid(tables.signatures.weight(identity)),
        first_ns=int(c["first_ns"][row]),
        last_ns=int(c["last_ns"][row]),
        vendor=vendor_of(bssid),
    )
