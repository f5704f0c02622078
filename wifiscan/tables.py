"""The tables of the Wi-Fi sensor: transmitters, access points and links, updated a batch at a time.

::

    Headers ─► admit transmitters ─► count ─► elements of new access points ─► links ─► judge traffic
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from wifiscan.announced import Named, announced
from wifiscan.config import WifiConfig
from wifiscan.dot11 import (
    ASSOCIATION_REQUEST,
    BEACON,
    CONTROL,
    DATA,
    GROUP_BIT,
    MAC_MASK,
    MANAGEMENT,
    PROBE_REQUEST,
    PROBE_RESPONSE,
    REASSOCIATION_REQUEST,
    Headers,
    checksum_fails,
)
from wifiscan.elements import (
    Details,
    Outline,
    beacon_habits,
    dissect,
    max_bssid_indicator,
    nontransmitted_bssid,
    outline,
)
from wifiscan.flows import Flows
from wifiscan.forgery import TIME_BYTES, beacon_clock_us, steps_back
from wifiscan.keyed_table import NO_ROW, KeyedRows, smooth_levels
from wifiscan.links import Link
from wifiscan.model import Identity
from wifiscan.multi_link import LinkGroups
from wifiscan.radiotap import NO_RSSI
from wifiscan.signatures import Signatures

BEACON_FIXED_BYTES = 12  # time stamp, interval, capabilities
REQUEST_FIXED_BYTES = {ASSOCIATION_REQUEST: 4, REASSOCIATION_REQUEST: 10, PROBE_REQUEST: 0}
DISSECTED_A_BATCH = 64  # elements dissected in one batch; the others wait for their next beacon
REQUESTS_A_BATCH = 64  # requests that may name a hidden network
ASKED_LIMIT = 1024  # networks that clients have named
OUTLINED_A_BATCH = 4096
CHECKED_FRAMES = 4  # frames of a new transmitter whose checksum is tried
SIBLING_BITS = np.uint64(0x02_00_00_00_00_0F)  # in which addresses of one device's radios differ
IDENTITY_WORTH = 200.0
SUSPICION_WORTH = 1000.0

STATION_COLUMNS: dict[str, type] = {
    "first_ns": np.int64, "last_ns": np.int64, "frames": np.int64, "data_frames": np.int64,
    "bytes_up": np.int64, "bytes_down": np.int64, "rssi": np.float64, "heard_rssi": np.bool_,
    "bssid": np.uint64, "votes": np.int64, "mhz": np.int32, "suspicion": np.float64,
}  # fmt: skip
AP_COLUMNS: dict[str, type] = {
    "first_ns": np.int64, "last_ns": np.int64, "frames": np.int64, "rssi": np.float64, "heard_rssi": np.bool_,
    "mhz": np.int32, "suspicion": np.float64, "clock_us": np.uint64, "back": np.int64,
}  # fmt: skip


class Tables:
    """Tables of all transmitters, access points and links heard so far."""

    def __init__(self, config: WifiConfig, signatures: Signatures) -> None:
        self.config = config
        self.signatures = signatures
        self.stations = KeyedRows(config.stations, STATION_COLUMNS)
        self.access_points = KeyedRows(config.access_points, AP_COLUMNS)
        self.flows = Flows(config)
        self.named_aps: dict[int, Named] = {}
        self.named_stations: dict[int, Named] = {}
        self.newcomers = 0  # transmitters that had no row, each time
        self.new_networks = 0
        self.switches = 0  # beacons that announce a channel switch
        self.link_groups = LinkGroups()
        self._asked: dict[int, str] = {}  # BSSID to the name by which a client addressed it
        self.dropped: Counter[str] = Counter()
        self.changed_stations: set[int] = set()
        self.changed_aps: set[int] = set()

    def digest(self, headers: Headers, *, t_ns: int, until_ns: int, channel: int) -> None:
        """Take in one batch that was heard from ``t_ns`` until ``until_ns`` on a tuned channel."""
        self.changed_stations.clear()
        self.changed_aps.clear()
        self.dropped.update(headers.dropped)
        if len(headers):
            self._stations(headers)
            self._elements(headers)
        known = self.stations.find(headers.ta) != NO_ROW
        self._mark(self.flows.digest(headers, known, t_ns=t_ns, until_ns=until_ns, channel=channel))

    def named_cameras(self) -> int:
        """Return the number of networks with a camera's name."""
        return sum(any(not i.rule.startswith("oui-") for i in n.identity) for n in self.named_aps.values())

    def is_client_elsewhere(self, bssid: int) -> bool:
        """Tell whether another radio of the same device is a client elsewhere: their addresses are akin."""
        keys = self.stations.keys[self.stations.rows()]
        akin = keys[((keys ^ np.uint64(bssid)) & ~SIBLING_BITS) == 0]
        networks = self.stations.columns["bssid"][self.stations.find(akin)]
        return bool(np.any((networks != 0) & (networks != np.uint64(bssid)) & (networks != akin)))

    def finish(self) -> None:
        """Judge what is pending: nothing more will come."""
        self._mark(self.flows.judge_all())

    def _mark(self, judged: list[Link]) -> None:
        for link in judged:
            self.changed_stations.add(link.ta)
            row = self.stations.find(np.array([link.ta], np.uint64))[0]
            if row != NO_ROW and link.logit is not None and link.logit > 0:
                self.stations.columns["suspicion"][row] = SUSPICION_WORTH

    # ------------------------------------------------------------------ transmitters

    def _stations(self, h: Headers) -> None:
        sent = np.flatnonzero(h.kind != CONTROL)
        if not len(sent):
            return
        keys, first, inverse, counts = np.unique(
            h.ta[sent], return_index=True, return_inverse=True, return_counts=True
        )
        is_data = h.kind[sent] == DATA
        size = np.where(is_data, h.body[sent], 0).astype(np.float64)
        up = np.asarray(np.bincount(inverse, weights=size, minlength=len(keys)), np.float64)
        self._admit(h, keys, sent[first], sent, inverse, counts, up)
        rows = self.stations.find(keys)
        known = rows != NO_ROW
        at = rows[known]
        c = self.stations.columns
        c["frames"][at] += counts[known]
        c["bytes_up"][at] += up[known].astype(np.int64)
        c["data_frames"][at] += np.bincount(inverse, weights=is_data, minlength=len(keys))[known].astype(
            np.int64
        )
        fresh = at[c["last_ns"][at] == 0]
        c["first_ns"][fresh] = h.t_ns[sent[first[known]]][c["last_ns"][at] == 0]
        self._latest(h, sent, inverse, rows)
        smooth_levels(c, rows, inverse, h.rssi_dbm[sent], len(keys))
        self._received(h)
        self.changed_stations.update(keys[known].tolist())

    def _admit(
        self,
        h: Headers,
        keys: NDArray[np.uint64],
        first: NDArray[np.int64],
        sent: NDArray[np.int64],
        inverse: NDArray[np.int64],
        counts: NDArray[np.int64],
        up: NDArray[np.float64],
    ) -> None:
        new = np.flatnonzero(self.stations.find(keys) == NO_ROW)
        if not len(new):
            return
        good = np.array([not self._broken(h, int(first[k]), sent, inverse, int(k)) for k in new], bool)
        self.dropped["bad_fcs"] += int(counts[new[~good]].sum())
        new = new[good]
        worth = np.log2(1 + counts[new]) + 10 * np.log2(1 + up[new] / 1000)
        self.newcomers += len(new)
        got = self.stations.add(keys[new], worth, self._station_worth())
        if not got.all():
            self.dropped["table_full"] += int(counts[new[~got]].sum())
        if not self.dropped["bad_fcs"]:
            del self.dropped["bad_fcs"]
        self._prune(self.named_stations, self.stations)
        if len(self.flows.best) > len(self.stations):
            self.flows.forget(set(self.stations.keys[self.stations.rows()].tolist()))

    @staticmethod
    def _broken(h: Headers, first: int, sent: NDArray[np.int64], inverse: NDArray[np.int64], k: int) -> bool:
        """Tell whether the checksums of a new transmitter's frames all fail: then nobody sent them."""
        if not checksum_fails(h, first):
            return False
        rows = sent[np.flatnonzero(inverse == k)[1:CHECKED_FRAMES]]
        return all(checksum_fails(h, int(row)) for row in rows)

    def _station_worth(self) -> NDArray[np.float64]:
        c = self.stations.columns
        kilobytes = c["bytes_up"] / 1000
        worth = np.log2(1 + c["frames"]) + 10 * np.log2(1 + kilobytes) + c["suspicion"]
        return np.asarray(worth, np.float64)

    @staticmethod
    def _prune(named: dict[int, Named], table: KeyedRows) -> None:
        if len(named) > len(table):
            live = set(table.keys[table.rows()].tolist())
            for key in [k for k in named if k not in live]:
                del named[key]

    def _latest(
        self, h: Headers, sent: NDArray[np.int64], inverse: NDArray[np.int64], rows: NDArray[np.int64]
    ) -> None:
        """Keep the newest time and channel, and the network that most frames are of."""
        c = self.stations.columns
        at = rows[inverse]
        known = at != NO_ROW
        c["last_ns"][at[known]] = h.t_ns[sent[known]]
        in_bss = known & (h.kind[sent] == DATA) & (h.bssid[sent] & GROUP_BIT == 0)
        self._vote(at[in_bss], h.bssid[sent[in_bss]])
        tuned = known & (h.mhz[sent] > 0)
        c["mhz"][at[tuned]] = h.mhz[sent[tuned]]

    def _vote(self, rows: NDArray[np.int64], bssids: NDArray[np.uint64]) -> None:
        """Let every data frame vote for the network of its sender: one frame in its name moves nobody."""
        keys = rows.astype(np.uint64) << np.uint64(48) | bssids  # a table has fewer than 65,537 rows
        pairs, counts = np.unique(keys, return_counts=True)
        order = np.argsort(counts, kind="stable")
        at = (pairs[order] >> np.uint64(48)).astype(np.int64)
        last = np.full(self.stations.capacity, -1)
        last[at] = np.arange(len(at))  # the most frequent network of each sender
        pick = last[last >= 0]
        at, bssid, count = at[pick], pairs[order][pick] & MAC_MASK, counts[order][pick]
        c = self.stations.columns
        votes = np.where(c["bssid"][at] == bssid, c["votes"][at] + count, c["votes"][at] - count)
        lost = votes < 0
        c["bssid"][at[lost]] = bssid[lost]
        c["votes"][at] = np.abs(votes)

    def _received(self, h: Headers) -> None:
        data = np.flatnonzero((h.kind == DATA) & (h.body > 0) & (h.ra & GROUP_BIT == 0))
        if not len(data):
            return
        keys, inverse = np.unique(h.ra[data], return_inverse=True)
        rows = self.stations.find(keys)
        total = np.bincount(inverse, weights=h.body[data], minlength=len(keys))
        known = rows != NO_ROW
        self.stations.columns["bytes_down"][rows[known]] += total[known].astype(np.int64)

    # ------------------------------------------------------------------ elements

    def _elements(self, h: Headers) -> None:
        management = h.kind == MANAGEMENT
        beacons = np.flatnonzero(management & ((h.subtype == BEACON) | (h.subtype == PROBE_RESPONSE)))
        budget = DISSECTED_A_BATCH
        if len(beacons):
            self._access_points(h, beacons)
            budget = self._read_elements(h, beacons, h.bssid, BEACON_FIXED_BYTES, self.named_aps, budget)
        requests = np.flatnonzero(management & np.isin(h.subtype, list(REQUEST_FIXED_BYTES)))
        for subtype, fixed in REQUEST_FIXED_BYTES.items() if len(requests) else ():
            rows = requests[h.subtype[requests] == subtype]
            budget = self._read_elements(h, rows, h.ta, fixed, self.named_stations, budget)
            self._name_hidden(h, rows[h.ra[rows] == h.bssid[rows]], fixed)

    def _name_hidden(self, h: Headers, rows: NDArray[np.int64], fixed: int) -> None:
        """Name hidden networks by the requests that clients address to them."""
        addressed = rows[h.bssid[rows] & GROUP_BIT == 0]
        for row in addressed[:REQUESTS_A_BATCH].tolist():
            bssid = int(h.bssid[row])
            begin, end = int(h.body_at[row]) + fixed, int(h.body_at[row] + h.body_kept[row])
            ssid = outline(h.data[begin:end].tobytes()).ssid
            if ssid is None or checksum_fails(h, row):
                continue
            self._name(bssid, ssid)

    def _name(self, bssid: int, ssid: str) -> None:
        """Remember the name of a network that may be hidden, and name it where it is."""
        self._asked.pop(bssid, None)
        self._asked[bssid] = ssid
        if len(self._asked) > ASKED_LIMIT:
            del self._asked[next(iter(self._asked))]
        old = self.named_aps.get(bssid)
        if old is not None and old.ssid is None:
            self.named_aps[bssid] = replace(old, ssid=ssid, identity=self._network(ssid) + old.identity)
            self._suspect_ap(bssid)

    def _network(self, ssid: str | None) -> tuple[Identity, ...]:
        return self.signatures.of_ssid(ssid) if ssid else ()

    def _suspect_ap(self, bssid: int) -> None:
        row = self.access_points.find(np.array([bssid], np.uint64))[0]
        if row != NO_ROW:
            self.changed_aps.add(bssid)
            if self.named_aps[bssid].identity:
                self.access_points.columns["suspicion"][row] = IDENTITY_WORTH

    def _access_points(self, h: Headers, beacons: NDArray[np.int64]) -> None:
        beacons = beacons[self.stations.find(h.ta[beacons]) != NO_ROW]
        keys, first, inverse, counts = np.unique(
            h.bssid[beacons], return_index=True, return_inverse=True, return_counts=True
        )
        new = self.access_points.find(keys) == NO_ROW
        c = self.access_points.columns
        worth = np.log2(1 + counts[new]).astype(np.float64)
        self.new_networks += int(np.count_nonzero(new))
        if new.any():
            got = self.access_points.add(keys[new], worth, np.log2(1 + c["frames"]) + c["suspicion"])
            if not got.all():
                self.dropped["table_full_ap"] += int(counts[new][~got].sum())
            self._prune(self.named_aps, self.access_points)
        rows = self.access_points.find(keys)
        known = rows != NO_ROW
        at = rows[known]
        c["frames"][at] += counts[known]
        begun = c["last_ns"][at] != 0
        c["first_ns"][at[~begun]] = h.t_ns[beacons[first[known]]][~begun]
        each = rows[inverse]
        heard = each != NO_ROW
        told = heard & (h.body_kept[beacons] >= TIME_BYTES)
        c["back"] += steps_back(each[told], beacon_clock_us(h, beacons[told]), c["clock_us"])
        c["last_ns"][each[heard]] = h.t_ns[beacons[heard]]
        tuned = heard & (h.mhz[beacons] > 0)
        c["mhz"][each[tuned]] = h.mhz[beacons[tuned]]
        smooth_levels(c, rows, inverse, h.rssi_dbm[beacons], len(keys))
        self.changed_aps.update(keys[known].tolist())

    def _read_elements(
        self,
        h: Headers,
        rows: NDArray[np.int64],
        owner: NDArray[np.uint64],
        fixed: int,
        named: dict[int, Named],
        budget: int,
    ) -> int:
        """Read the elements of one frame an owner, subtype and length; dissect them where they are new."""
        if not len(rows):
            return budget
        table = self.access_points if named is self.named_aps else self.stations
        alike = h.body[rows].astype(np.uint64) << np.uint64(8) | h.subtype[rows].astype(np.uint64)
        mixed = owner[rows] * np.uint64(0x9E3779B97F4A7C15) + alike
        _, once = np.unique(mixed, return_index=True)
        for row in rows[np.sort(once)[:OUTLINED_A_BATCH]].tolist():
            key = int(owner[row])
            begin = int(h.body_at[row]) + fixed
            body = h.data[begin : int(h.body_at[row] + h.body_kept[row])].tobytes()
            short = outline(body)
            old = named.get(key)
            if (old is not None and old.fingerprint == short.fingerprint) or budget <= 0:
                continue
            at = table.find(np.array([key], np.uint64))[0]
            if at == NO_ROW or checksum_fails(h, row):
                continue
            budget -= 1
            details = dissect(body)
            if named is self.named_aps:
                named[key] = self._network_named(key, short, details, old, body, int(h.data[begin - 2]))
                self._further(h, row, body, details)
            else:
                ssid = short.ssid or (old.ssid if old else None)
                named[key] = announced(self.signatures, short, details, ssid=ssid, habits=None)
            if details.multi_link is not None:
                self.link_groups.learn(key, details.multi_link)
            if named[key].identity:
                table.columns["suspicion"][at] = IDENTITY_WORTH
        return budget

    def _network_named(
        self, key: int, short: Outline, details: Details, old: Named | None, body: bytes, capabilities: int
    ) -> Named:
        self.switches += details.switches
        ssid = short.ssid or (old.ssid if old else None) or self._asked.get(key)
        habits = beacon_habits(body, capabilities=capabilities)
        return announced(self.signatures, short, details, ssid=ssid, habits=habits)

    def _further(self, h: Headers, row: int, body: bytes, details: Details) -> None:
        """Take in the further networks that one beacon announces, and name hidden ones that bear its name."""
        own = self.named_aps[int(h.bssid[row])].ssid
        for bssid in details.namesakes if own else ():
            self._name(bssid, own or "")
        bits = max_bssid_indicator(body)
        for index, ssid in details.profiles if bits else ():
            bssid = nontransmitted_bssid(int(h.bssid[row]), index, bits)
            if self._admit_profile(h, row, bssid):
                self.named_aps[bssid] = Named(
                    fingerprint=0, ssid=ssid, channel=None, identity=self._network(ssid)
                )
                self._suspect_ap(bssid)

    def _admit_profile(self, h: Headers, row: int, bssid: int) -> bool:
        table = self.access_points
        key, c = np.array([bssid], np.uint64), table.columns
        if table.find(key)[0] == NO_ROW:
            table.add(key, np.ones(1), np.log2(1 + c["frames"]) + c["suspicion"])
        at = table.find(key)[0]
        if at == NO_ROW:
            self.dropped["table_full_ap"] += 1
            return False
        c["first_ns"][at] = c["first_ns"][at] or h.t_ns[row]
        c["last_ns"][at], c["mhz"][at] = h.t_ns[row], h.mhz[row]
        c["frames"][at] += 1
        c["rssi"][at], c["heard_rssi"][at] = h.rssi_dbm[row], h.rssi_dbm[row] != NO_RSSI
        return True
