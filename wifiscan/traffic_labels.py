"""Names by rules what a link does when it is no camera stream, for the reader alone.

The words explain; they never raise or lower a score.
"""

from __future__ import annotations

from collections.abc import Mapping

TELLING_S = 5.0  # of activity, before a word is put to it
FORWARDED_SHARE = 0.5
RECEIVES_SHARE = 0.25  # sends less than this of the bytes: it receives
TWO_WAY_SHARE = 0.9
BULK_SHARE = 0.8  # of the frames are long
BULK_ENTROPY = 0.12  # and of one length
SMALL_SHARE = 0.9
TICK_HZ = 12.0
CLOCK_SHARE = 0.25
DOWNLOAD_BPS = 40e3  # of acknowledgements alone
PACED_CV = 0.5


def name_behaviour(features: Mapping[str, float]) -> str | None:
    """Return in one word what a link does.

    Parameters
    ----------
    features : mapping of str to float
        From `wifiscan.traffic.measure`.

    Returns
    -------
    str or None
        relay, download, browse, game, video-call, screen-cast, upload or backup; None where unclear.
    """
    f = features
    if not f or f["active_s"] < TELLING_S:
        return None
    if f["own_share"] < FORWARDED_SHARE:
        return "relay"
    if f["small_share"] > SMALL_SHARE and f["up_share"] >= RECEIVES_SHARE:
        return "game" if f["packet_hz"] > TICK_HZ else None
    if f["up_share"] < RECEIVES_SHARE:
        return "download" if f["uplink_bps"] > DOWNLOAD_BPS else "browse"
    return _sender(f)


def _sender(f: Mapping[str, float]) -> str | None:
    if f["large_share"] > BULK_SHARE and f["length_entropy"] < BULK_ENTROPY:
        return "backup" if f["cv_1s"] < PACED_CV else "upload"
    if f["up_share"] < TWO_WAY_SHARE:
        return "video-call" if f["clock"] > CLOCK_SHARE else None
    return "screen-cast" if f["clock"] > CLOCK_SHARE or f["burst_cv"] > 1 else None
