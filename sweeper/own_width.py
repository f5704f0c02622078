"""Cuts what stands out of a wide look out at its own bandwidth, and asks whether that is television.

A narrow sender in a recording of 10 or 20 MHz stands in the noise of all of it; in a slice of its own width
it is ten decibels clearer.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import scipy.fft
from numpy.typing import NDArray

from hw.types import IqBlock
from sweeper.detect import Detection, detect
from sweeper.ofdm import NO_OFDM
from sweeper.slices import SliceMeasurement, quick_length
from sweeper.spectrum import MIN_SAMPLES, measure_spectrum
from sweeper.video import find_video
from sweeper.wide_rates import LEAST_WIDE_HZ, SLICE_RATE_HZ

ComplexArray = NDArray[np.complex64]
LEAST_WIDTH_HZ = 0.2e6  # FM of half a megahertz whose white is rare is hardly wider at its 99 %
ROOM = 2.0  # times its bandwidth: what lies under the threshold belongs to it, too
WORTH = 0.5  # of the look's rate: a channel wider than this is hardly clearer than the look
MOST_CHANNELS = 2
EDGE_SHARE = 0.05  # of a channel, each side, in which it falls off


def cut_channel(block: IqBlock, *, center_hz: float, rate_hz: float) -> IqBlock:
    """Return the part of a look around a frequency.

    Parameters
    ----------
    block : IqBlock
        One look.
    center_hz, rate_hz : float
        Middle and sample rate of the part, Hz; both are rounded to a bin of the look's transform.

    Returns
    -------
    IqBlock
        Complex samples of the look's own scale; ``rate_hz`` is what the rounding made of it.
    """
    count = len(block.samples)
    kept = 2 * max(1, round(count * rate_hz / block.rate_hz / 2))
    shift = round((center_hz - block.center_hz) * count / block.rate_hz)
    transform = scipy.fft.fft(block.samples, workers=1)
    bins = np.arange(-(kept // 2), kept // 2)
    fall = np.clip((0.5 - np.abs(bins) / kept) / EDGE_SHARE, 0, 1)
    part = transform[(bins + shift) % count] * (np.sin(fall * np.pi / 2) * (kept / count)).astype(np.float32)
    samples = scipy.fft.ifft(scipy.fft.ifftshift(part), workers=1, overwrite_x=True)
    return replace(
        block,
        center_hz=block.center_hz + shift * block.rate_hz / count,
        rate_hz=block.rate_hz * kept / count,
        samples=np.asarray(samples, np.complex64),
        sample_format="cf32_le",
    )


def video_at_own_width(
    block: IqBlock, found: tuple[Detection, ...], *, pfa: float
) -> tuple[SliceMeasurement, ComplexArray] | None:
    """Return the measurement and the samples of the first channel that holds television.

    Parameters
    ----------
    block : IqBlock
        One look in which, as a whole, none was found.
    found : tuple of Detection
        What stands above its floor, strongest first.
    pfa : float
        False-alarm rate of one bin, see `sweeper.detect.detect`.

    Returns
    -------
    tuple of SliceMeasurement and ndarray, or None
        None too for a look of a usual width.
    """
    if block.rate_hz < LEAST_WIDE_HZ:
        return None
    worth = [d for d in found if d.bandwidth_hz >= LEAST_WIDTH_HZ and _rate_of(d) <= WORTH * block.rate_hz]
    for detection in worth[:MOST_CHANNELS]:
        part = cut_channel(block, center_hz=detection.center_hz, rate_hz=_rate_of(detection))
        samples = part.samples[: quick_length(len(part.samples))]
        if len(samples) < MIN_SAMPLES:
            return None
        spectrum = measure_spectrum(samples, center_hz=part.center_hz, rate_hz=part.rate_hz)
        video = find_video(samples, rate_hz=part.rate_hz, fine=spectrum.fine)
        if video.is_video:
            floor, _ = detect(spectrum, pfa=pfa)
            measured = SliceMeasurement(
                t_ns=block.t_ns,
                gain_db=-1.0 if block.gain_db is None else block.gain_db,
                spectrum=spectrum,
                floor=floor,
                video=video,
                ofdm=NO_OFDM,
                peaked=0.0,
            )
            return measured, samples
    return None


def _rate_of(detection: Detection) -> float:
    return max(SLICE_RATE_HZ, ROOM * detection.bandwidth_hz)
