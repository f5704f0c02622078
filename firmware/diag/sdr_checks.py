"""Self-tests of the radio receiver: reception, gain, throughput and crystal error.

References
----------
ITU Radio Regulations, footnote 5.340: all emissions are prohibited in 1400-1427 MHz, so the floor there is
the receiver's own. ITU-R BS.450 and the FM band plans of KR, EU and US: carriers on a 100 kHz raster.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from firmware.diag.model import Check, DiagBench, Probe, failed, passed, warned
from hw.protocols import RTL_SDR_REACH_HZ, Reaches
from hw.types import IqBlock

HIGH_HZ = (2432e6, 5805e6)  # in the middle of the video channels of both bands
QUIET_HZ = 1413.5e6  # the middle of the quiet band
LOW_GAIN_DB, HIGH_GAIN_DB = 0.9, 49.6  # lowest and highest useful step of the R820T (librtlsdr's table)
FLOOR_RISE_LEAST_DB = 3.0  # 49 dB of gain lift even an unconnected input's floor by more
FM_HZ = tuple(np.arange(89e6, 108e6, 2e6).tolist())
FM_RASTER_HZ = 100e3
# Over the median of the slice: no noise does that in a mean of many spectra.
CARRIER_LEAST_DB = 10.0
STATION_HZ = 100e3  # half the width of an FM station
# A fed tone is looked for this far around, as a share of its frequency.
TONE_REACH = 200e-6
# What dongles without a TCXO are sold with; beyond it something is wrong.
PPM_LIMIT = 100.0
CLIPPED_SHARE_LIMIT = 0.01  # more than this says that the gain is too high
LOOK_S = 0.05
DROPS_S = 0.5
MOST_READS = 100  # a device that gives next to nothing a read is given up
KEPT_SHARE_LEAST = 0.98  # of the samples asked for
BINS = 2048
MIDDLE_BINS = 6  # left out: the converter's offset
EDGE_SHARE = 0.1  # of the slice on either side, where the filter falls off
SETTLE_SHARE = 0.05  # start of a look that may still hold the tuning before


def present(bench: DiagBench) -> Check:
    """Check that it opens, and gives samples that are not all the same."""
    look = _look(bench, _within_reach(bench, FM_HZ[len(FM_HZ) // 2]))
    rms = float(np.sqrt(np.mean(np.abs(look.samples) ** 2)))
    numbers = {"level_dbfs": 20 * math.log10(max(rms, 1e-9)), "center_mhz": look.center_hz / 1e6}
    if rms == 0.0 or bool(np.all(look.samples == look.samples[0])):
        return failed("sdr", "hint.stalled", name=bench.device.info().name, **numbers)
    return passed("sdr", name=bench.device.info().name, **numbers)


def gain(bench: DiagBench) -> Check | None:
    """Check that the floor rises with the gain: tuner and converter are connected to each other."""
    if not (bench.live and bench.device.tunable):
        return None
    quiet_hz = _within_reach(bench, QUIET_HZ)
    try:
        looks = [_look(bench, quiet_hz, gain_db=g) for g in (LOW_GAIN_DB, HIGH_GAIN_DB)]
    finally:
        bench.device.tune(center_hz=quiet_hz, gain_db=bench.config.sdr.gain_db)
    if looks[0].gain_db is None:  # it has no gain to set
        return None
    floors = [_floor_db(look) for look in looks]
    rise_db = floors[1] - floors[0]
    numbers = {"low_dbfs": floors[0], "high_dbfs": floors[1], "rise_db": rise_db}
    if rise_db < FLOOR_RISE_LEAST_DB:
        return failed("sdr.gain", "check.remedy.gain_dead", **numbers)
    return passed("sdr.gain", **numbers)


def carrier(bench: DiagBench) -> Check | None:
    """Check that a known transmission is received: a fed tone, or an FM station."""
    if not (bench.live and bench.device.tunable) or not _hears_known(bench):
        return None
    tone_hz = bench.asked.tone_hz
    if tone_hz is not None:
        found_hz, snr_db = _tone(bench, tone_hz)
        make = passed("sdr.carrier", at_mhz=found_hz / 1e6, snr_db=snr_db)
        bad = failed("sdr.carrier", "check.remedy.tone", at_mhz=tone_hz / 1e6, snr_db=snr_db)
        return make if snr_db >= CARRIER_LEAST_DB else bad
    found_hz, snr_db = _strongest_station(bench)
    if snr_db < CARRIER_LEAST_DB:
        return warned("sdr.carrier", "check.remedy.antenna", at_mhz=found_hz / 1e6, snr_db=snr_db)
    return passed("sdr.carrier", at_mhz=found_hz / 1e6, snr_db=snr_db)


def clipping(bench: DiagBench) -> Check | None:
    """Check that at the configured gain the strongest band does not overload the converter."""
    places = [hz for hz in FM_HZ if _reaches(bench, hz)] or [_within_reach(bench, FM_HZ[0])]
    looks = [_look(bench, hz) for hz in (places if bench.live else places[:1])]
    worst = max(look.clipped_share for look in looks)
    if worst > CLIPPED_SHARE_LIMIT:
        return warned("sdr.clipping", "check.remedy.overload", clipped_share=worst)
    return passed("sdr.clipping", clipped_share=worst)


def drops(bench: DiagBench) -> Check | None:
    """Check that as many samples arrive as were asked for, and that reading keeps up with real time."""
    if not bench.live:
        return None
    device, asked = bench.device, round(DROPS_S * bench.device.rate_hz)
    device.read(count=MIDDLE_BINS * BINS)  # whatever was still on its way
    start_ns, got = bench.clock.now_ns(), 0
    for _ in range(MOST_READS):
        if got < asked:
            got += len(device.read(count=min(asked - got, round(LOOK_S * device.rate_hz))).samples)
    took_s = (bench.clock.now_ns() - start_ns) * 1e-9
    numbers = device.health().numbers
    share = min(got / asked, (got / device.rate_hz) / took_s) if took_s > 0 else 0.0
    said = {"kept_share": share, "short_reads": float(numbers.get("short_reads", 0.0))}
    if share < KEPT_SHARE_LEAST:
        return warned("sdr.drops", "check.remedy.usb", **said)
    return passed("sdr.drops", **said)


def crystal(bench: DiagBench) -> Check | None:
    """Check that the error of the crystal is within the range of a sound dongle.

    Notes
    -----
    The mean of an FM station's instantaneous frequency is its carrier, because sound has no constant part;
    carriers stand on a 100 kHz raster. A short look knows it to some 20 ppm. A fed tone is exact.
    """
    if not (bench.live and bench.device.tunable) or not _hears_known(bench):
        return None
    tone_hz = bench.asked.tone_hz
    if tone_hz is not None:
        found_hz, snr_db = _tone(bench, tone_hz)
        ppm = (found_hz / tone_hz - 1) * 1e6
    else:
        at_hz, snr_db = _strongest_station(bench)
        found_hz = _mean_frequency_hz(_look(bench, at_hz + STATION_HZ * 3), at_hz)
        ppm = (found_hz / (round(found_hz / FM_RASTER_HZ) * FM_RASTER_HZ) - 1) * 1e6
    if snr_db < CARRIER_LEAST_DB:
        return warned("sdr.ppm", "check.remedy.antenna", "not_measured")
    if abs(ppm) > PPM_LIMIT:
        return warned("sdr.ppm", "check.remedy.ppm", ppm=ppm)
    return passed("sdr.ppm", ppm=ppm)


def _reach(bench: DiagBench) -> tuple[tuple[float, float], ...]:
    return bench.device.reach_hz() if isinstance(bench.device, Reaches) else RTL_SDR_REACH_HZ


def _reaches(bench: DiagBench, hz: float) -> bool:
    return any(low <= hz <= high for low, high in _reach(bench))


def _within_reach(bench: DiagBench, hz: float) -> float:
    """Return the frequency, or the middle of the first range of a receiver that does not tune there."""
    low, high = _reach(bench)[0]
    return hz if _reaches(bench, hz) else (low + high) / 2


def _hears_known(bench: DiagBench) -> bool:
    """Say whether it tunes to the FM band, or something else is fed."""
    return bench.asked.tone_hz is not None or (_reaches(bench, FM_HZ[0]) and _reaches(bench, FM_HZ[-1]))


def _look(bench: DiagBench, center_hz: float, *, gain_db: float | None = None) -> IqBlock:
    sdr = bench.device
    sdr.tune(center_hz=center_hz, gain_db=bench.config.sdr.gain_db if gain_db is None else gain_db)
    block: IqBlock = sdr.read(count=round(LOOK_S * sdr.rate_hz))
    return block


def _power(block: IqBlock) -> NDArray[np.float64]:
    """Return the mean power spectrum, shape (BINS,), in order of frequency; the middle is patched over."""
    x = block.samples[round(SETTLE_SHARE * len(block.samples)) :]
    rows = x[: len(x) // BINS * BINS].reshape(-1, BINS) * np.hanning(BINS).astype(np.float32)
    if not len(rows):
        return np.full(BINS, 1e-20)
    mean = np.fft.fftshift(np.mean(np.abs(np.fft.fft(rows, axis=1)) ** 2, axis=0)) / BINS**2
    middle = slice(BINS // 2 - MIDDLE_BINS, BINS // 2 + MIDDLE_BINS + 1)
    mean[middle] = np.median(mean)
    return np.maximum(mean, 1e-20)


def _usable(power: NDArray[np.float64]) -> NDArray[np.float64]:
    edge = round(EDGE_SHARE * len(power))
    return power[edge:-edge]


def _floor_db(block: IqBlock) -> float:
    """Return the median bin, dBFS a bin: no narrow signal moves it."""
    return 10 * math.log10(float(np.median(_usable(_power(block)))))


def _strongest_station(bench: DiagBench) -> tuple[float, float]:
    """Return where the strongest FM station is, on the raster, and how far it stands over the median."""
    best_hz, best_db = FM_HZ[0], -math.inf
    for center_hz in FM_HZ:
        look = _look(bench, center_hz)
        power, bin_hz = _power(look), look.rate_hz / BINS
        width = max(1, round(STATION_HZ / bin_hz))
        smooth = np.convolve(power, np.ones(width) / width, "same")
        edge = round(EDGE_SHARE * BINS)
        at = edge + int(np.argmax(smooth[edge:-edge]))
        snr_db = 10 * math.log10(smooth[at] / float(np.median(_usable(power))))
        if snr_db > best_db:
            hz = look.center_hz + (at - BINS / 2) * bin_hz
            best_hz, best_db = round(hz / FM_RASTER_HZ) * FM_RASTER_HZ, snr_db
    return best_hz, best_db


def _tone(bench: DiagBench, tone_hz: float) -> tuple[float, float]:
    """Return where the fed tone is heard, and how far it stands over the median. It is tuned beside."""
    look = _look(bench, tone_hz - bench.device.rate_hz / 8)
    power, bin_hz = _power(look), look.rate_hz / BINS
    hz = look.center_hz + (np.arange(BINS) - BINS / 2) * bin_hz
    near = np.abs(hz - tone_hz) <= max(TONE_REACH * tone_hz, 3 * bin_hz)
    at = int(np.argmax(np.where(near, power, 0.0)))
    around = slice(max(0, at - 1), at + 2)
    weights = power[around]
    snr_db = 10 * math.log10(power[at] / float(np.median(_usable(power))))
    return float(np.sum(hz[around] * weights) / np.sum(weights)), snr_db


def _mean_frequency_hz(block: IqBlock, near_hz: float) -> float:
    """Return the mean instantaneous frequency of the station near ``near_hz``."""
    x = block.samples[round(SETTLE_SHARE * len(block.samples)) :].astype(np.complex128)
    turns = (near_hz - block.center_hz) / block.rate_hz * np.arange(len(x))
    width = max(1, round(block.rate_hz / (2 * STATION_HZ)))
    moved = x * np.exp(-2j * np.pi * turns)
    slow = moved[: len(moved) // width * width].reshape(-1, width).mean(axis=1)
    step = float(np.angle(np.sum(slow[1:] * np.conj(slow[:-1]))))
    return near_hz + step / (2 * math.pi) * block.rate_hz / width


def high(bench: DiagBench) -> Check | None:
    """Check that a receiver that tunes to 2.4 and 5.8 GHz gives samples there; None for one that does not."""
    reach = bench.device.reach_hz() if isinstance(bench.device, Reaches) else RTL_SDR_REACH_HZ
    within = [hz for hz in HIGH_HZ if any(low <= hz <= high for low, high in reach)]
    if not within or not (bench.live and bench.device.tunable):
        return None
    looks = [_look(bench, hz) for hz in within]
    said: dict[str, float | str] = {
        "centers": ", ".join(f"{hz / 1e6:.0f}" for hz in within),
        "rate_mhz": looks[0].rate_hz / 1e6,
    }
    if any(bool(np.all(look.samples == look.samples[0])) for look in looks):
        return failed("sdr.high", "hint.stalled", **said)
    if len(within) < len(HIGH_HZ):
        return warned("sdr.high", "check.remedy.sdr.high", **said)
    return passed("sdr.high", **said)


PROBES = (
    Probe("sdr", present),
    Probe("sdr.high", high),
    Probe("sdr.gain", gain),
    Probe("sdr.carrier", carrier),
    Probe("sdr.clipping", clipping),
    Probe("sdr.drops", drops),
    Probe("sdr.ppm", crystal),
)
