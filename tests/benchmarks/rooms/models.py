"""What differs between the splits: camera models, walls, traffic families. No two splits share one.

Makers' address blocks are public registry facts; the rest is invented within ranges that public descriptions
of such products give.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Split = Literal["train", "calibration", "locked"]
SPLITS: tuple[Split, ...] = ("train", "calibration", "locked")
Texture = Literal["tile", "wood", "plaster", "wallpaper", "terrazzo", "brick"]
IrCut = Literal["none", "reflective", "blue-glass"]
Region = Literal["kr", "eu", "us"]


@dataclass(frozen=True, slots=True, kw_only=True)
class WifiModel:
    """A Wi-Fi camera one can buy. ``oui`` None: it makes up its address. ``ssid`` only as its own network."""

    name: str
    oui: str | None
    ssid: str | None
    bitrate_bps: tuple[float, float]
    frame_rate_hz: float
    keyframe_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """Everything one split draws from."""

    wifi: tuple[WifiModel, ...]
    textures: tuple[Texture, ...]
    busy: tuple[str, ...]  # traffic of other people's devices, besides the everyday ones
    lens_mm: tuple[float, ...]  # apertures on sale
    video: tuple[tuple[str, str], ...]  # (standard, modulation) of analog senders
    video_hz: tuple[float, ...]
    cofdm_hz: tuple[float, ...]
    lux: tuple[float, float]
    depth_m: tuple[float, float]
    hum: tuple[str, ...]  # emitters of the household besides broadcast


def _m(
    name: str, oui: str | None, ssid: str | None, kbps: tuple[int, int], fps: float, gop: float
) -> WifiModel:
    return WifiModel(
        name=name,
        oui=oui,
        ssid=ssid,
        bitrate_bps=(kbps[0] * 1e3, kbps[1] * 1e3),
        frame_rate_hz=fps,
        keyframe_s=gop,
    )


FAMILIES: dict[Split, Family] = {
    "train": Family(
        wifi=(
            _m("clock", "08:3a:8d", None, (700, 1200), 15.0, 2.0),
            _m("socket", None, None, (900, 1600), 20.0, 3.0),
            _m("dome", "44:19:b6", None, (1200, 2500), 25.0, 2.0),
            _m("cube", None, "FTYC811847AGFDZ", (400, 900), 15.0, 1.0),
        ),
        textures=("tile", "wood"),
        busy=("video-call", "upload"),
        lens_mm=(1.2, 1.8),
        video=(("pal", "fm"),),
        video_hz=(1080e6, 1200e6, 1280e6),
        cofdm_hz=(434e6, 330e6),
        lux=(60.0, 90.0),
        depth_m=(1.3, 1.4),
        hum=("adsb", "ook-bursts"),
    ),
    "calibration": Family(
        wifi=(
            _m("charger", "10:5a:17", None, (600, 1100), 20.0, 2.0),
            _m("lamp", None, None, (1000, 1800), 25.0, 4.0),
            _m("cam-ipc", "38:be:ab", "IPC-A1B2C3", (800, 1500), 25.0, 2.0),
            _m("ezviz", "54:d6:0d", None, (1100, 2200), 15.0, 4.0),
            _m("stick", None, "PPCS-012345-XYZUV", (500, 1000), 12.0, 1.0),
            _m("noname", "48:02:2a", None, (800, 1400), 30.0, 2.0),
        ),
        # with the train split, every wall as often as the others
        textures=("plaster", "wallpaper", "plaster", "wallpaper", "tile", "wood"),
        busy=("video-call", "upload", "game"),
        lens_mm=(1.0, 1.4, 1.7, 2.2),
        video=(("pal", "fm"), ("ntsc", "fm")),
        video_hz=(1120e6, 1240e6, 1320e6, 910e6, 940e6),
        cofdm_hz=(345e6, 405e6, 450e6),
        lux=(20.0, 60.0),
        depth_m=(1.0, 1.3),
        hum=("adsb", "ook-bursts", "switching-supply"),
    ),
    "locked": Family(
        wifi=(
            _m("smoke-alarm", "20:98:ed", None, (650, 1300), 15.0, 3.0),
            _m("mirror", None, None, (900, 1900), 20.0, 2.0),
            _m("v380", "0c:8c:24", "V380-1234567", (700, 1400), 15.0, 2.0),
            _m("wyze", "2c:aa:8e", None, (900, 2000), 20.0, 4.0),
            _m("pen", None, "ZZKQ004711HJKLM", (400, 1000), 20.0, 1.5),
            _m("reolink", "ec:71:db", None, (1500, 3000), 25.0, 2.0),
            _m("hook", "10:d5:61", None, (500, 900), 12.0, 2.0),
        ),
        textures=("terrazzo", "brick"),  # no detector was ever tuned on these
        busy=("video-call", "backup", "screen-cast", "relay"),
        lens_mm=(1.1, 1.5, 1.9),
        video=(("ntsc", "fm"), ("pal", "fm"), ("pal", "am-vsb")),
        video_hz=(1160e6, 1258e6, 1360e6, 1394e6, 920e6, 960e6),
        cofdm_hz=(310e6, 425e6, 460e6),
        lux=(90.0, 180.0),
        depth_m=(1.4, 1.8),
        hum=("ook-bursts", "switching-supply", "carrier"),
    ),
}
EVERYDAY = ("quiet", "browse", "download", "iot-heartbeat")  # in every split: 17 devices of a normal air
