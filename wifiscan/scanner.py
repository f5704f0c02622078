"""The radio sensors: one step listens once, takes in the frames, and returns what changed.

::

    MonitorRadio ─ Dot11Batch ─► dot11 (columns) ─► tables ─► traffic, classify ─► observations ─► Station …
         ▲                                         │
         └────────────── hopper (where next) ◄─────┘
"""

from __future__ import annotations

from hw.errors import EndOfRecording
from hw.protocols import BleRadio, Clock, Decodes, MonitorRadio
from hw.types import Counts, Coverage, DeviceHealth, Dot11Batch, SensorName
from wifiscan.adapter_reach import reach_of
from wifiscan.ble import BleTable
from wifiscan.checksums import FcsWitness
from wifiscan.config import BleScanConfig, WifiConfig
from wifiscan.disturbance import AdvertWatch, DisturbanceWatch
from wifiscan.dot11 import Headers, read_headers
from wifiscan.flows import LEAST_JUDGED_BYTES, Unreadable
from wifiscan.hopper import US, ChannelState, Hopper, coverage_shares
from wifiscan.links import Link
from wifiscan.listening import Listening
from wifiscan.model import AccessPoint, BleDevice, Disturbance, Station
from wifiscan.observations import (
    air_numbers,
    describe_access_point,
    describe_station,
    join_links,
    own_network_of,
)
from wifiscan.own_network import OwnNetwork
from wifiscan.signatures import load_signatures
from wifiscan.tables import Tables
from wifiscan.traffic_labels import FORWARDED_SHARE

WifiObservation = Station | AccessPoint | Disturbance
BleObservation = BleDevice | Disturbance
UNTUNED = 0  # channel of a recording that does not say what it was tuned to
WORTH_A_LOCK_BPS = 16e3  # own uplink above this is worth listening to for longer
NAMED_SUSPICION = 2.0
UPLINK_SHARE = 0.5
SETTLED_LOGIT = -2.0  # a link that scores below this needs no more listening


class WifiScanner:
    """The Wi-Fi sensor: transmitters and networks, their identity, and whether they stream."""

    def __init__(self, *, radio: MonitorRadio, clock: Clock, config: WifiConfig) -> None:
        self._radio = radio
        self._clock = clock
        self._config = config
        self._tables = Tables(config, load_signatures())
        self._hopper = Hopper(radio.channels_hz(), config)
        generations = radio.generations() if isinstance(radio, Decodes) else {}
        self._reach = reach_of(self._hopper.channels_mhz, generations)
        self._fcs = FcsWitness()
        self._listening = Listening()
        self._disturbance = DisturbanceWatch()
        self._channel_states: dict[int, ChannelState] | None = None  # until the next batch
        self._notes: dict[str, None] = {}  # what the recording had to be mended for
        self._read = 0
        self._lost = 0

    @property
    def name(self) -> SensorName:
        """Return the name of the sensor."""
        return "wifi"

    def step(self) -> list[WifiObservation]:
        """Listen once, on the channel that the plan asks for, and return what changed."""
        dwell = self._hopper.plan(self._states())
        if dwell.center_hz is not None:
            self._radio.set_channel(center_hz=dwell.center_hz)
        try:
            batch = self._radio.read(duration_s=dwell.duration_s)
        except EndOfRecording:
            self.finish()
            raise
        return self.take(batch)

    def finish(self) -> None:
        """Judge what is pending: the recording is over."""
        self._tables.finish()
        self._channel_states = None

    def take(self, batch: Dot11Batch) -> list[WifiObservation]:
        """Take in one batch, wherever it comes from, and return what changed."""
        self._read += len(batch.starts)
        self._lost += batch.lost
        channel = UNTUNED if batch.channel_hz is None else round(batch.channel_hz / 1e6)
        self._notes.update(dict.fromkeys(batch.notes))
        headers = self._headers(batch)
        if channel == UNTUNED:
            self._listening.untuned(headers)
        else:
            span_us = max(0, batch.until_ns - batch.t_ns) // 1000
            self._listening.tuned(headers, mhz=channel, span_us=span_us)
        tables = self._tables
        tables.flows.heard_well = self._listening.is_good
        tables.digest(headers, t_ns=batch.t_ns, until_ns=batch.until_ns, channel=channel)
        self._disturbance.look(headers, channel=channel, beacon_switches=tables.switches)
        heard_s = {mhz: us / US for mhz, us in tables.flows.clock.channels().items()}
        self._disturbance.judge(air_numbers(tables), heard_s=heard_s, now_ns=batch.until_ns)
        self._channel_states = None
        found: list[WifiObservation] = []
        found += self._describe(sorted(self._tables.changed_stations), sorted(self._tables.changed_aps))
        return found + list(self._disturbance.found())

    def _headers(self, batch: Dot11Batch) -> Headers:
        """Read the headers, again where the frames have just shown that their checksums mean nothing."""
        before = self._fcs.meaning
        headers = read_headers(batch, fcs_means=before)
        self._fcs.look(headers)
        return headers if self._fcs.meaning == before else read_headers(batch, fcs_means=self._fcs.meaning)

    def observations(self) -> list[WifiObservation]:
        """Return the whole table."""
        stations, aps = self._tables.stations, self._tables.access_points
        found: list[WifiObservation] = [*self._disturbance.found()]
        return found + self._describe(stations.keys[stations.rows()].tolist(), aps.keys[aps.rows()].tolist())

    def links(self) -> tuple[Link, ...]:
        """Return the traffic of every pair that is kept in detail, with its numbers."""
        return self._tables.flows.links.links()

    def own_network(self, bssid: int) -> tuple[float, OwnNetwork] | None:
        """Return what a network's own traffic says (nats) and what else is known of it."""
        return own_network_of(self._tables, bssid)

    def _describe(self, macs: list[int], bssids: list[int]) -> list[WifiObservation]:
        devices = dict.fromkeys(self._tables.link_groups.of(m) for m in macs)
        found: list[WifiObservation] = []
        for links in devices:
            stations = [s for s in (describe_station(self._tables, m) for m in links) if s is not None]
            found += [join_links(stations)] if stations else []
        networks = (describe_access_point(self._tables, b) for b in bssids)
        return found + [n for n in networks if n is not None]

    def _states(self) -> dict[int, ChannelState]:
        """Return what is known of each channel: worked out once for each batch, asked for three times."""
        if self._channel_states is None:
            self._channel_states = self._work_out_states()
        return self._channel_states

    def _work_out_states(self) -> dict[int, ChannelState]:
        heard = self._tables.flows.clock.channels()
        suspicion, unjudged = dict.fromkeys(heard, 0.0), set[int]()
        rate_bps = dict.fromkeys(heard, 0.0)
        for link in self._tables.flows.links.links():
            if link.channel in suspicion:
                quiet_us = heard[link.channel] - link.last_us
                over = quiet_us >= self._config.judge_after_s * US
                urgency = 0.0 if over else _urgency(link, heard[link.channel], self._back_bytes(link))
                suspicion[link.channel] = max(suspicion[link.channel], urgency)
                rate = link.bytes * 8 * US / max(heard[link.channel], 1)
                if urgency > 0:
                    rate_bps[link.channel] = max(rate_bps[link.channel], rate)
                if urgency > 0 and link.logit is None:
                    unjudged.add(link.channel)
        for channel in self._named_channels() | self._disturbance.channels():
            if channel in suspicion:
                suspicion[channel] = max(suspicion[channel], NAMED_SUSPICION)
        return {
            c: ChannelState(
                heard_us=heard[c], suspicion=suspicion[c], unjudged=c in unjudged, rate_bps=rate_bps[c]
            )
            for c in heard
        }

    def _back_bytes(self, link: Link) -> int:
        back = self._tables.flows.links.get(link.ra, link.ta, link.channel)
        return back.bytes if back else 0

    def _named_channels(self) -> set[int]:
        rows = self._tables.access_points.rows()
        c = self._tables.access_points.columns
        return set(c["mhz"][rows][c["suspicion"][rows] > 0].tolist())

    def unreadable(self) -> tuple[Unreadable, ...]:
        """Return the busy devices whose frames this adapter cannot decode."""
        return self._tables.flows.unreadable()

    def coverage(self) -> Coverage:
        """Return the proved listening against the plan; for a recording, against its channels."""
        heard, unjudged = self._listening.heard_us(), self._unjudged()
        channels = self._hopper.channels_mhz or tuple(heard)
        judged = heard
        if UNTUNED in self._tables.flows.clock.channels():  # without visits only a long look settles anything
            unjudged = dict.fromkeys(heard, True)
            judged = {c: us if us >= self._config.judge_after_s * US else 0 for c, us in heard.items()}
        lost = self._tables.flows.unreadable_share()
        streaming, _ = coverage_shares(judged, unjudged, channels, self._config, unreadable_share=lost)
        _, idle = coverage_shares(heard, unjudged, channels, self._config, unreadable_share=lost)
        reasons = [] if streaming > 0.95 else ["wifi_channels_short"]
        if self._tables.flows.unreadable_share() > 0:
            reasons.append("wifi_unreadable_links")
        streaming, idle = streaming * self._reach.decoded, idle * self._reach.tuned
        if not self._listening.busy_frames:
            streaming, reasons = 0.0, [*reasons, "wifi_no_data_heard"]
        if self._listening.filtered:
            idle, reasons = 0.0, [*reasons, "wifi_filtered"]
        reasons += self._said()
        if not any(self._tables.stations.columns["frames"]):
            streaming, idle, reasons = 0.0, 0.0, ["wifi_heard_nothing"]
        if self._unsettled():
            reasons.append("wifi_unsettled")
        parts = {"streaming": streaming, "idle": idle}
        return Coverage(sensor="wifi", share=(streaming + idle) / 2, parts=parts, reasons=tuple(reasons))

    def _unjudged(self) -> dict[int, bool]:
        """Return by channel whether a strong sender waits for its judgement, fallen silent or not.

        Whoever no longer hears it must not count its channel as settled.
        """
        heard = self._tables.flows.clock.channels()
        found = dict.fromkeys(heard, False)
        for link in self._tables.flows.links.links():
            if link.channel in found and link.logit is None:
                found[link.channel] |= _urgency(link, heard[link.channel], self._back_bytes(link)) > 0
        return found

    def _unsettled(self) -> bool:
        """Tell whether a strong sender, as a streaming camera is, waits for its judgement."""
        enough_us = self._config.judge_after_s * US
        return any(s.unjudged and s.heard_us < enough_us for s in self._states().values())

    def _said(self) -> list[str]:
        """Return what else has to be said of the adapter or the recording, as keys of sentences."""
        said = [*self._reach.reasons, *(f"wifi_{note}" for note in self._notes)]
        if self._fcs.meaning in {"absent", "stale"}:
            said.append(f"wifi_fcs_{self._fcs.meaning}")
        if self._disturbance.found():
            said.append("wifi_disturbed")
        return [*said, "wifi_deaf"] if self._listening.deaf else said

    def counts(self) -> Counts:
        """Return the frames read, and those left out by reason."""
        dropped = dict(self._tables.dropped)
        if self._lost:
            dropped["lost_by_adapter"] = self._lost
        return Counts(sensor="wifi", read=self._read, dropped=dropped)

    def health(self) -> DeviceHealth:
        """Return the health of the adapter."""
        return self._radio.health()

    def close(self) -> None:
        """Give the adapter back."""
        self._radio.close()


def _urgency(link: Link, heard_us: int, back_bytes: int) -> float:
    """Return how much a link wants to be listened to: 0 for none, most for an unjudged strong uplink."""
    own = link.own_bytes >= FORWARDED_SHARE * link.bytes
    up = link.bytes >= UPLINK_SHARE * (link.bytes + back_bytes)
    rate = link.bytes * 8 * US / max(heard_us, 1)
    if not (own and up) or rate < WORTH_A_LOCK_BPS:
        return 0.0
    if link.logit is None:
        return 3.0 if link.bytes < LEAST_JUDGED_BYTES * 50 else 2.5
    return 0.0 if link.logit < SETTLED_LOGIT else 2.0 + link.logit / 3


class BleScanner:
    """The Bluetooth LE sensor: advertisers, their identity, and what they surely are not."""

    def __init__(self, *, radio: BleRadio, clock: Clock, config: BleScanConfig) -> None:
        self._radio = radio
        self._clock = clock
        self._config = config
        self._table = BleTable(config.devices, load_signatures())
        self._watch = AdvertWatch()
        self._read = 0
        self._heard_ns = 0
        self._dropped: dict[str, int] = {}

    @property
    def name(self) -> SensorName:
        """Return the name of the sensor."""
        return "ble"

    def step(self) -> list[BleObservation]:
        """Listen once and return what changed."""
        batch = self._radio.read(duration_s=self._config.dwell_s)
        self._heard_ns += max(0, batch.until_ns - batch.t_ns)
        for reason, count in batch.dropped.items():
            self._dropped[reason] = self._dropped.get(reason, 0) + count
        for advert in batch.adverts:
            self._table.add(advert)
        self._read += len(batch.adverts)
        self._watch.judge(
            strangers=self._table.strangers(batch.until_ns),
            named=self._table.named_cameras(),
            heard_s=self._heard_ns * 1e-9,
            now_ns=batch.until_ns,
        )
        known = set(self._table.addresses())
        fresh = dict.fromkeys(a.address for a in batch.adverts)
        return [*(self._table.describe(a) for a in fresh if a in known), *self._watch.found()]

    def finish(self) -> None:
        """Settle what is pending: nothing is, every advert is judged as it comes."""

    def observations(self) -> list[BleObservation]:
        """Return the whole table."""
        return [*self._watch.found(), *(self._table.describe(a) for a in self._table.addresses())]

    def coverage(self) -> Coverage:
        """Return the time really heard, against what finds nearly every advertiser."""
        share = min(1.0, self._heard_ns * 1e-9 / self._config.full_after_s) if self._read else 0.0
        reasons = ("ble_disturbed",) if self._watch.found() else ()
        reasons = reasons if self._read else ("ble_heard_nothing",)
        return Coverage(sensor="ble", share=share, parts={"adverts": share}, reasons=reasons)

    def counts(self) -> Counts:
        """Return the adverts read, and those left out by reason."""
        dropped = dict(self._dropped)
        for reason, count in self._table.dropped.items():
            dropped[reason] = dropped.get(reason, 0) + count
        return Counts(sensor="ble", read=self._read, dropped=dropped)

    def health(self) -> DeviceHealth:
        """Return the health of the scanner."""
        return self._radio.health()

    def close(self) -> None:
        """Give the scanner back."""
        self._radio.close()
