"""The traffic between devices, judged as video or not, and the links that cannot be decoded.

A receiver of an older generation hears the acknowledgements of a link whose data it cannot decode. Such
links are counted and named: what they carry nobody here can tell, which is lost coverage and no evidence.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from wifiscan.classify import load_model, streaming_logit
from wifiscan.config import WifiConfig
from wifiscan.dot11 import ACK, BLOCK_ACK, CONTROL, DATA, FROM_DS, GROUP_BIT, RETRY, TO_DS, Headers
from wifiscan.forgery import ReplayWatch, packet_numbers
from wifiscan.keyed_table import NO_ROW, KeyedRows
from wifiscan.links import HeardClock, Link, LinkTable
from wifiscan.senders import Senders
from wifiscan.traffic import US, keep_alives, measure

JUDGE_EVERY_US = 2 * US
IDLE_EVERY_US = 5 * US
LEAST_JUDGED_BYTES = 20_000
LEAST_KEEP_ALIVES = 5
ANSWERED_LIMIT = 2048  # devices whose acknowledgements are counted
ANSWERED_ENOUGH = 50  # acknowledgements that make a busy device
DECODED_SHARE = 0.05  # below this share of decoded frames a busy device is unreadable
ANSWERED_COLUMNS: dict[str, type] = {"answers": np.int64, "decoded": np.int64, "last_ns": np.int64}


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreadable:
    """A device that is answered again and again, but whose own frames are never decoded."""

    mac: int
    answers: int
    last_ns: int


class Flows:
    """The links of all devices, and what they carry."""

    def __init__(self, config: WifiConfig) -> None:
        self._config = config
        self.links = LinkTable(config.links)
        self.senders = Senders()
        self.replays = ReplayWatch()
        self.clock = HeardClock()
        self.heard_well = True  # see `wifiscan.listening.Listening.is_good`
        self.best: dict[int, Link] = {}
        self.answered = KeyedRows(ANSWERED_LIMIT, ANSWERED_COLUMNS)

    def digest(
        self, h: Headers, known: NDArray[np.bool_], *, t_ns: int, until_ns: int, channel: int
    ) -> list[Link]:
        """Take in one batch; ``known`` = the transmitter has a row. Returns the links that were judged."""
        before_us = self.clock.heard_us(channel)
        self.clock.add(channel, max(0, until_ns - t_ns) // 1000)
        if len(h):
            self._add(h, known, t_ns=t_ns, before_us=before_us, channel=channel)
            self._answers(h)
            self.replays.look(h)
        return self._judge(channel)

    def _add(self, h: Headers, known: NDArray[np.bool_], *, t_ns: int, before_us: int, channel: int) -> None:
        data = np.flatnonzero((h.kind == DATA) & (h.body > 0) & (h.ra & GROUP_BIT == 0) & known)
        if not len(data):
            return
        order = data[np.lexsort((h.ra[data], h.ta[data]))]
        ta, ra = h.ta[order], h.ra[order]
        edge = np.flatnonzero((ta[1:] != ta[:-1]) | (ra[1:] != ra[:-1])) + 1
        once = ~_repeats(h, order, edge)
        heard_us = before_us + np.maximum(h.t_ns[order] - t_ns, 0) // 1000
        own = np.where(h.source[order] == ta, h.body[order], 0)
        down = h.flags[order] & (TO_DS | FROM_DS) == FROM_DS
        numbers = (h.seq[order] >> 4).astype(np.int64)
        packets = packet_numbers(h, order)
        for low, high in pairwise([0, *edge.tolist(), len(order)]):
            rows = np.flatnonzero(once[low:high]) + low
            if not len(rows):
                continue
            key = int(ta[low]), int(ra[low])
            labels = self.senders.label(key, numbers[rows], h.tid[order[rows]])
            self.senders.follow_packets(key, packets[rows], int(h.t_ns[order[rows[-1]]]))
            for sender, mine in _by_sender(rows, labels):
                self.links.add(
                    *key,
                    channel=channel,
                    t_us=heard_us[mine],
                    size=h.body[order[mine]],
                    own_bytes=int(own[mine].sum()),
                    from_ds=int(np.count_nonzero(down[mine])),
                    sender=sender,
                )

    def _answers(self, h: Headers) -> None:
        """Count acknowledgements by the device they answer, and the frames of that device."""
        control = np.flatnonzero((h.kind == CONTROL) & ((h.subtype == ACK) | (h.subtype == BLOCK_ACK)))
        keys, counts = np.unique(h.ra[control], return_counts=True)
        fine = (keys & GROUP_BIT == 0) & (keys != 0)
        keys, counts = keys[fine], counts[fine]
        new = self.answered.find(keys) == NO_ROW
        c = self.answered.columns
        if new.any():
            self.answered.add(keys[new], counts[new].astype(float), c["answers"].astype(float))
        rows = self.answered.find(keys)
        c["answers"][rows[rows != NO_ROW]] += counts[rows != NO_ROW]
        c["last_ns"][rows[rows != NO_ROW]] = h.t_ns[-1]
        sent, decoded = np.unique(h.ta[h.kind != CONTROL], return_counts=True)
        rows = self.answered.find(sent)
        c["decoded"][rows[rows != NO_ROW]] += decoded[rows != NO_ROW]

    def forged(self) -> tuple[int, float]:
        """Return the frames of second senders under one address, of the worst pair, and their share."""
        worst = max(self.senders.conflicts.items(), key=lambda item: item[1], default=None)
        if worst is None:
            return 0, 0.0
        (ta, ra), count = worst
        packets = sum(k.packets for k in self.links.links() if (k.ta, k.ra, k.sender) == (ta, ra, 0))
        return count, count / max(packets, 1)

    def unreadable(self) -> tuple[Unreadable, ...]:
        """Return the busy devices whose frames are not decoded, the busiest first."""
        c, rows = self.answered.columns, self.answered.rows()
        hidden = (c["answers"][rows] >= ANSWERED_ENOUGH) & (
            c["decoded"][rows] < DECODED_SHARE * c["answers"][rows]
        )
        found = [
            Unreadable(
                mac=int(self.answered.keys[r]), answers=int(c["answers"][r]), last_ns=int(c["last_ns"][r])
            )
            for r in rows[hidden].tolist()
        ]
        return tuple(sorted(found, key=lambda u: (-u.answers, u.mac)))

    def unreadable_share(self) -> float:
        """Return the share of busy devices that cannot be decoded, 0…1."""
        c, rows = self.answered.columns, self.answered.rows()
        busy = int(np.count_nonzero(c["answers"][rows] >= ANSWERED_ENOUGH))
        return len(self.unreadable()) / busy if busy else 0.0

    def _judge(self, channel: int) -> list[Link]:
        now_us = self.clock.heard_us(channel)
        return [
            link
            for link in self.links.links()
            if link.channel == channel and _due(link, now_us) and self._judge_one(link, now_us)
        ]

    def judge_all(self) -> list[Link]:
        """Judge everything that has news, at the end of a recording."""
        return [
            link
            for link in self.links.links()
            if link.last_us >= link.judged_us and self._judge_one(link, self.clock.heard_us(link.channel))
        ]

    def _judge_one(self, link: Link, now_us: int) -> bool:
        """Measure one link and score it; say whether there was enough to go by."""
        window_us = round(self._config.window_s * US)
        if link.bytes < LEAST_JUDGED_BYTES:
            if link.packets < LEAST_KEEP_ALIVES:
                return False
            link.keep_alive = keep_alives(link.traffic(now_us=now_us, window_us=window_us, back=None))
        elif now_us < self._config.judge_after_s * US:
            return False
        else:
            self._score(link, now_us, window_us)
        link.judged_us = now_us
        self._choose(link)
        return True

    def _score(self, link: Link, now_us: int, window_us: int) -> None:
        """Score a link; where several send back under one address, by the one that speaks most for a camera.

        Whoever sends to a camera in its access point's name would otherwise make its stream look like a call.
        """
        pair = link.ra, link.ta, link.channel
        backs = [self.links.get(*pair), *self.links.senders(*pair)]
        found = [measure(link.traffic(now_us=now_us, window_us=window_us, back=back)) for back in backs]
        logits = [streaming_logit(f, load_model(), heard_well=self.heard_well) for f in found]
        best = max(range(len(found)), key=lambda k: (logits[k] if logits[k] is not None else -np.inf, -k))
        link.features, link.logit = found[best], logits[best]
        link.clients = len(self.links.partners(link.ta)) if link.is_downlink else 0

    def _choose(self, link: Link) -> None:
        """Keep the link that speaks most for each device, and drop those that are gone."""
        best = self.best.get(link.ta)
        if best is None or best is link or link.rank() >= best.rank():
            self.best[link.ta] = link
        if len(self.best) > len(self.links):
            alive = {k.key for k in self.links.links()}
            self.best = {ta: k for ta, k in self.best.items() if k.key in alive}

    def forget(self, live: set[int]) -> None:
        """Drop what belongs to devices that have no row any more."""
        self.best = {ta: link for ta, link in self.best.items() if ta in live}


def _by_sender(
    rows: NDArray[np.int64], labels: NDArray[np.int64] | None
) -> list[tuple[int, NDArray[np.int64]]]:
    """Return (sender, rows): all of them, and again those of each sender where there are several."""
    if labels is None:
        return [(0, rows)]
    return [(0, rows), *((k, rows[labels == k]) for k in np.unique(labels[labels > 0]).tolist())]


def _repeats(h: Headers, order: NDArray[np.int64], edge: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Return where a frame repeats the one before it on the same link: its bytes count once."""
    again = np.zeros(len(order), bool)
    seq, flags = h.seq[order], h.flags[order]
    again[1:] = (seq[1:] == seq[:-1]) & ((flags[1:] & RETRY) != 0)
    again[edge] = False
    return again


def _due(link: Link, now_us: int) -> bool:
    if link.last_us < link.judged_us:
        return False
    return now_us - link.judged_us >= (IDLE_EVERY_US if link.bytes < LEAST_JUDGED_BYTES else JUDGE_EVERY_US)
