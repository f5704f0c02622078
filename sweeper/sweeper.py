"""The RF sensor: steps the receiver, and hands out emissions, spectra and coverage.

::

    Sdr ─ IqBlock ─► spectrum ─► detect ─► video, ofdm ─► identify ─► track ─► Emission
                        └─► floor map ─┘         └─► plan: look closer
"""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from hw.errors import EndOfRecording, FrequencyRefused, HwError
from hw.protocols import RTL_SDR_REACH_HZ, Clock, Reaches, Sdr
from hw.types import Counts, Coverage, DeviceHealth, IqBlock, SensorName
from sweeper.bands import load_bands
from sweeper.broadcast_tv import BroadcastMatch, Television, What
from sweeper.config import MOST_HZ, SweeperConfig
from sweeper.detect import Detection, FloorMap, detect
from sweeper.errors import BadSamples
from sweeper.gain_step_test import GAIN_STEP_DB, GainLooks
from sweeper.identify import Identification, identify
from sweeper.model import Emission
from sweeper.ofdm import NO_OFDM, find_ofdm
from sweeper.outside import HINT, hears_outside, is_wide_sweep
from sweeper.own_width import video_at_own_width
from sweeper.picture import Picture
from sweeper.picture_store import PictureStore
from sweeper.plan import (
    HIGH_FROM_HZ,
    USABLE_SHARE,
    Hop,
    Planner,
    RecordingSummary,
    is_stated,
    plan_hops,
    summarise,
)
from sweeper.pulses import peakedness
from sweeper.selfnoise import read_profile
from sweeper.slices import SliceMeasurement, any_wide, from_edge_to_edge, is_loud, quick_length, whole_slice
from sweeper.spectrum import Spectrum, measure_spectrum
from sweeper.sweep_coverage import heard_shares, sweep_coverage
from sweeper.track import EmissionTrack, Tracks, changed, track_id
from sweeper.video import PROMISING_COMB, SHORTEST_S, VideoTest, find_video, nothing_heard
from sweeper.views import HopLevels, SpectrumView, SweepMemory, WaterfallView
from sweeper.wide_looks import WideLook, split_wide

CLIPPED_SHARE = 0.02  # more full-scale samples than this: the hop is not clean
GAIN_DROP_DB, LOWEST_GAIN_DB = 14.0, 1.0  # a clipped hop is heard again with less gain
MOST_REFUSED = 1000  # hops in a row that the tuner refused: more than any plan has
MAX_HEARD = 4096  # hop centres remembered for the coverage
SILENT_RMS = 1e-4  # full scale: below a converter's own noise, nothing is connected to it
DEAF_AFTER = 8  # silent looks in a row
EDGE_BINS = 12  # a stretch this near to the slice's edge is cut by it
# A hop is judged, overloaded, or left open: television's line rate in a look too short for the fields.
Judged = Literal["clean", "judged", "clipped", "open"]
JUDGED_S = 0.09  # a look this long holds two frames: what it says of lines holds
ONE_SENDER_HZ = 6e6  # above 2 GHz one longer look is enough for all slices of a sender
ALARM_SCORE = 0.5  # what is more likely a camera than not is worth a test of the receiver


class Sweeper:
    """Sweeps the plan with a tunable receiver; takes a recording's blocks as they come.

    What a block says depends on the block alone (its centre, rate and length), so that a recorded sweep
    gives the same emissions as the live one.
    """

    def __init__(self, *, sdr: Sdr, clock: Clock, config: SweeperConfig) -> None:
        self._sdr, self._clock, self._config = sdr, clock, config
        self._bands = load_bands()
        reach_hz = sdr.reach_hz() if isinstance(sdr, Reaches) else RTL_SDR_REACH_HZ
        reach_hz = reach_hz if sdr.tunable else ((0.0, MOST_HZ),)  # a recording is of any receiver
        self._rate_hz = sdr.rate_hz
        hops = plan_hops(config, bands=self._bands, rate_hz=sdr.rate_hz, reach_hz=reach_hz)
        self._planner = Planner(hops, config=config)
        self.summary = summarise(hops, config=config, bands=self._bands, rate_hz=sdr.rate_hz)
        self.recording: RecordingSummary | None = None if sdr.tunable else RecordingSummary()
        self._floors, self._high_floors = FloorMap(), FloorMap()
        self._tracks = Tracks(limit=config.max_tracks)
        self._heard: OrderedDict[float, Judged] = OrderedDict()
        self._read = 0
        self._dropped: Counter[str] = Counter()
        self._silent = 0
        self._refused = 0
        self._fault: HwError | None = None
        self._memory = SweepMemory(waterfall_rows=config.waterfall_rows)
        self._picture_store = PictureStore()
        self._gains = GainLooks()
        self._television = Television(self._bands, region=config.region)
        self._own_noise = read_profile(config.self_noise)

    @property
    def name(self) -> SensorName:
        """The sensor's name."""
        sense: Literal["rf"] = "rf"
        return sense

    def step(self) -> Sequence[Emission]:
        """Tune, read and measure one hop; return the emissions that changed."""
        try:
            block = self._next_block()
        except EndOfRecording:
            raise
        except FrequencyRefused as error:
            return self._skip(error)
        except HwError as error:
            self._fault = error
            raise
        self._fault = None
        self._refused = 0
        self._read += 1
        if self.recording is not None:
            self.recording = self.recording.with_block(
                center_hz=block.center_hz, rate_hz=block.rate_hz, count=len(block.samples)
            )
        try:
            wide = split_wide(block)
            return self._look(block) if wide is None else self._look_wide(wide)
        except BadSamples as error:
            self._dropped[error.reason] += 1
            if error.reason == "constant":
                self._silent += 1
            return ()

    def _skip(self, error: FrequencyRefused) -> tuple[Emission, ...]:
        """Leave out a hop that the tuner does not reach; a tuner that reaches none is no receiver."""
        self._refused += 1
        self._dropped["tuner_gap"] += 1
        if self._refused >= MOST_REFUSED:
            self._fault = error
            raise error
        return ()

    def finish(self) -> None:
        """Settle what is pending: nothing is, every block is judged as it comes."""

    def _next_block(self) -> IqBlock:
        if not self._sdr.tunable:
            # The longest block that a live run asks for: a session of our own comes back read by read.
            longest_s = self._config.confirm_s + self._config.settle_s
            return self._sdr.read(count=round(longest_s * self._sdr.rate_hz))
        hop: Hop = self._planner.take()
        self._sdr.tune(center_hz=hop.center_hz, gain_db=hop.gain_db)
        seconds = hop.dwell_s + self._config.settle_s
        return self._sdr.read(count=round(seconds * self._sdr.rate_hz))

    def _look_wide(self, wide: WideLook) -> tuple[Emission, ...]:
        """Look at the slices in which there is power; those of one sender are settled by a longer look.

        Of a short look every other slice is enough: an analog sender is wider than two.
        """
        for part in wide.quiet:
            spectrum = measure_spectrum(part.samples, center_hz=part.center_hz, rate_hz=part.rate_hz)
            self._note(part, spectrum, nothing_heard())
        touched: list[Emission] = []
        reach_hz: dict[float, float] = {}
        short = wide.loud.samples_each < JUDGED_S * wide.loud.rate_hz
        for number, center_hz in enumerate(wide.loud.centers_hz):
            if short and any(abs(center_hz - hz) < reach for hz, reach in reach_hz.items()):
                continue
            touched += self._look(wide.loud[number])
            told = self._heard.get(center_hz) == "open"
            reach_hz[center_hz] = ONE_SENDER_HZ if told else wide.loud.rate_hz
        return tuple(touched)

    def _look(self, block: IqBlock) -> tuple[Emission, ...]:
        samples = block.samples[round(self._config.settle_s * block.rate_hz) :]
        if len(samples) < SHORTEST_S * block.rate_hz:
            raise BadSamples(f"{len(samples)} samples are too short a look", reason="too_short")
        samples = samples[: quick_length(len(samples))]
        spectrum = measure_spectrum(samples, center_hz=block.center_hz, rate_hz=block.rate_hz)
        gain_db = -1.0 if block.gain_db is None else block.gain_db
        high = block.center_hz >= HIGH_FROM_HZ
        floors = self._high_floors if high else self._floors
        own_floor = floors.own_floor(spectrum, gain_db=gain_db)
        floor, found = detect(spectrum, pfa=self._config.detect_pfa, own_floor=own_floor)
        floors.update(spectrum, floor, gain_db=gain_db)
        clipped = block.clipped_share > CLIPPED_SHARE
        levels = self._memory.add(spectrum, t_ns=block.t_ns, gain_db=gain_db, floor=floor, clipped=clipped)
        self._gains.add(levels, gain_db=gain_db)
        video = find_video(samples, rate_hz=block.rate_hz, fine=spectrum.fine)
        # Above 2 GHz everybody sends packets of many carriers: television alone is looked for.
        found = () if high and not video.is_comb else found
        asks_ofdm = not high and is_loud(floor, found, own_floor)
        ofdm = NO_OFDM if high else find_ofdm(samples, spectrum, thorough=asks_ofdm)
        self._plan_closer(block, video)
        if video.is_too_short and self._heard.get(block.center_hz) == "judged":
            video = nothing_heard()  # a longer look has settled what these lines are
        self._note(block, spectrum, video)
        heard = SliceMeasurement(
            t_ns=block.t_ns,
            gain_db=gain_db,
            spectrum=spectrum,
            floor=floor,
            video=video,
            ofdm=ofdm,
            peaked=peakedness(samples) if found else 0.0,
        )
        narrower = () if video.is_video else found
        own = video_at_own_width(replace(block, samples=samples), narrower, pfa=self._config.detect_pfa)
        told, asks = self._television.look(
            spectrum, levels, self._memory.hops, tests=(video, ofdm), found=found
        )
        for center_hz in asks:
            self._planner.look_beside(center_hz)
        if own is not None:
            (heard, samples), told = own, None
        touched = self._follow(heard, found, told)
        self._test_gain(touched, block)
        if heard.video.is_video:
            for track in touched:
                self._look_at(track, samples, heard)
        return changed(touched, self._bands)

    def _look_at(self, track: EmissionTrack, samples: NDArray[np.complex64], heard: SliceMeasurement) -> None:
        """Lay the slice out as a picture; a synchronised picture confirms the sender."""
        score = self._picture_store.add(
            track.number,
            samples,
            rate_hz=heard.spectrum.rate_hz,
            center_hz=heard.spectrum.center_hz,
            t_s=heard.t_ns * 1e-9 + self._config.settle_s,
            video=heard.video,
        )
        track.scores["picture"] = max(track.scores.get("picture", 0.0), score)

    def pictures(self) -> Mapping[str, Picture]:
        """Return the pictures of video senders, by emission id. Never stored by this package."""
        return {track_id(number): picture for number, picture in self._picture_store.pictures().items()}

    def spectrum_view(self) -> SpectrumView:
        """Return the stitched sweep."""
        return self._memory.spectrum()

    def waterfall_view(self) -> WaterfallView:
        """Return the last looks in order of time."""
        return self._memory.waterfall()

    def levels(self) -> tuple[HopLevels, ...]:
        """Return the last look at each hop: what `sweeper.reference.compare` takes."""
        return self._memory.hops()

    @property
    def progress(self) -> float:
        """The share of the first round that is done, 0…1."""
        return self._planner.progress

    @property
    def rounds(self) -> int:
        """The number of rounds that are done."""
        return self._planner.rounds

    @property
    def progress_of_round(self) -> float:
        """The share of this round that is done, 0…1."""
        return self._planner.progress_of_round

    def _plan_closer(self, block: IqBlock, video: VideoTest) -> None:
        """Hear a clipped hop again with less gain, a promising one for longer."""
        gain_db = block.gain_db
        if block.clipped_share > CLIPPED_SHARE and gain_db is not None and gain_db > LOWEST_GAIN_DB:
            lower = max(gain_db - GAIN_DROP_DB, LOWEST_GAIN_DB)
            self._planner.look_closer(block.center_hz, gain_db=lower)
        elif video.comb >= PROMISING_COMB and not video.is_video:
            near_hz = ONE_SENDER_HZ if block.center_hz >= HIGH_FROM_HZ else 0.0
            self._planner.look_closer(block.center_hz, gain_db=gain_db, unless_within_hz=near_hz)

    def _test_gain(self, touched: list[EmissionTrack], block: IqBlock) -> None:
        """Say what the gain tests of this hop tell of its tracks; ask for one where a track would alarm."""
        if block.clipped_share > CLIPPED_SHARE:
            return
        for track in touched:
            order = self._gains.order(block.center_hz, track.low_hz, track.high_hz)
            if order is not None:
                track.note_order(block.center_hz, order)
            alarms = track.scores.get("camera", 0.0) >= ALARM_SCORE
            asks = alarms and (not track.orders or track.is_product)
            if self._config.gain_drop_test and asks and block.gain_db is not None:
                self._planner.drop_gain(block.center_hz, gain_db=block.gain_db, by_db=GAIN_STEP_DB)

    def _note(self, block: IqBlock, spectrum: Spectrum, video: VideoTest) -> None:
        """Coverage and health: a clipped hop is counted, and no more judged than one left open."""
        clipped = block.clipped_share > CLIPPED_SHARE
        if clipped:
            self._dropped["clipped"] += 1
        silent = float(spectrum.mean.sum()) < SILENT_RMS**2
        self._silent = self._silent + 1 if silent else 0
        if not silent:
            self._heard[block.center_hz] = self._state_of(block, video, clipped=clipped)
            if len(self._heard) > MAX_HEARD:
                self._heard.popitem(last=False)

    def _state_of(self, block: IqBlock, video: VideoTest, *, clipped: bool) -> Judged:
        """Return the state of a hop after this look; a long look settles it for the short ones after it."""
        if clipped:
            return "clipped"
        if video.is_too_short:
            return "open"
        long = len(block.samples) >= JUDGED_S * block.rate_hz
        return "judged" if long or self._heard.get(block.center_hz) == "judged" else "clean"

    def _follow(
        self, heard: SliceMeasurement, found: tuple[Detection, ...], told: BroadcastMatch | None
    ) -> list[EmissionTrack]:
        """Name the detections and put them into the tracks."""
        video, ofdm, spectrum = heard.video, heard.ofdm, heard.spectrum
        if video.is_video or video.is_too_short or (ofdm.is_ofdm and not any_wide(found)):
            found = (whole_slice(spectrum, heard.floor),)
        if told is not None:
            whole = from_edge_to_edge(whole_slice(spectrum, heard.floor), told.low_hz, told.high_hz)
            found = (whole, *(d for d in found if not told.low_hz <= d.center_hz <= told.high_hz))
        touched = []
        for detection in found:
            what = told.what if told is not None and detection is found[0] else None
            verdict = self._identify(detection, heard, television=what)
            if video.is_video:
                track = self._tracks.add_video(
                    detection, verdict, slice_hz=spectrum.center_hz, t_ns=heard.t_ns
                )
            else:
                track = self._tracks.add(detection, verdict, t_ns=heard.t_ns, whole=what is not None)
            if not is_stated(spectrum.center_hz, rate_hz=spectrum.rate_hz):
                track.measures["frequency_unstated"] = 1.0
            track.note_level(spectrum.center_hz, detection.level_dbfs - heard.gain_db)
            touched.append(track)
        return touched

    def _identify(
        self, detection: Detection, heard: SliceMeasurement, *, television: What | None
    ) -> Identification:
        spectrum = heard.spectrum
        half = spectrum.rate_hz * USABLE_SHARE / 2 - EDGE_BINS * spectrum.bin_hz
        edge = detection.low_hz < spectrum.center_hz - half or detection.high_hz > spectrum.center_hz + half
        return identify(
            detection,
            video=heard.video,
            ofdm=heard.ofdm,
            bands=self._bands,
            region=self._config.region,
            edge=edge and detection.bandwidth_hz > spectrum.bin_hz * EDGE_BINS,
            own_noise=self._own_noise,
            gain_db=heard.gain_db,
            television=television,
            peaked=heard.peaked,
        )

    def observations(self) -> Sequence[Emission]:
        """Return every transmission known, by number."""
        return changed(self._tracks.all(), self._bands)

    def coverage(self) -> Coverage:
        """Return how much of the camera bands was listened to, cleanly."""
        clean = [hz for hz, judged in self._heard.items() if judged in ("clean", "judged")]
        shares = heard_shares(clean, bands=self._bands, region=self._config.region, rate_hz=self._rate_hz)
        states = {
            "rf_clipped": "clipped" in self._heard.values(),
            "rf_tv_ambiguous": self._television.is_ambiguous,
            "rf_tuner_gap": self._dropped["tuner_gap"] > 0,
            "rf_look_short": "open" in self._heard.values(),
            "rf_deaf": self._is_deaf,
        }
        reaches_high = self._sdr.tunable and self.summary.high_share > 0
        return sweep_coverage(shares, states=states, reaches_high=reaches_high)

    @property
    def _is_deaf(self) -> bool:
        """Nothing but silence comes out of it, or nothing but its own noise in a wide sweep."""
        if self._silent >= DEAF_AFTER:
            return True
        return is_wide_sweep(hz for hz in self._heard if hz < HIGH_FROM_HZ) and not hears_outside(
            self._tracks.all()
        )

    def counts(self) -> Counts:
        """Return the looks taken, and what was left out and why."""
        return Counts(sensor="rf", read=self._read, dropped=dict(self._dropped))

    def health(self) -> DeviceHealth:
        """Return the receiver's health, or that nothing but silence comes out of it."""
        if self._fault is not None:
            return DeviceHealth(ok=False, reason=self._fault.reason, hint=self._fault.hint)
        if self._silent >= DEAF_AFTER:
            return DeviceHealth(ok=False, reason="stalled", hint="Check the dongle and its antenna.")
        if self._is_deaf:
            return DeviceHealth(ok=False, reason="status.deaf", hint=HINT)
        return self._sdr.health()

    def close(self) -> None:
        """Let go of the receiver."""
        self._sdr.close()
