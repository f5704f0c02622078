"""Facets of a thing in a simulated room: the properties that one sensor can perceive."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

STRICT = ConfigDict(extra="forbid", frozen=True)


class RfFacet(BaseModel):
    """A transmitter below 1.77 GHz, or analog video at 2.4 or 5.8 GHz, where an RTL-SDR is deaf."""

    model_config = STRICT
    waveform: Literal[
        "analog-video",
        "cofdm",
        "fm-broadcast",
        "dvb-t",
        "atsc",
        "lte",
        "gsm",
        "dab",
        "tetra",
        "adsb",
        "ook-bursts",
        "carrier",
        "switching-supply",
    ]
    center_hz: float = Field(gt=0)
    power_dbm: float = Field(-10.0, ge=-100.0, le=60.0, description="EIRP")
    bandwidth_hz: float | None = Field(None, gt=0)
    standard: Literal["pal", "ntsc"] = "pal"
    modulation: Literal["fm", "am-vsb"] = "fm"
    deviation_hz: float = Field(4.0e6, gt=0)
    guard: float = Field(0.125, gt=0, lt=1)
    far_away: bool = Field(
        False, description="Level does not change with the inspector's place (a broadcast)."
    )
    receiver_order: Literal[1, 2, 3] = Field(
        1,
        description="2 or 3: no transmission, but a product of that order which an overloaded receiver makes "
        "itself: at 29.7 dB gain as strong as given, and 2 or 3 dB weaker for each dB of gain less.",
    )
    switching_hz: float = Field(15_700.0, ge=1e3, le=1e6, description="Of a switching supply.")


class WifiFacet(BaseModel):
    """An 802.11 transmitter."""

    model_config = STRICT
    role: Literal["access-point", "station"]
    mac: str
    bssid: str | None = None
    ssid: str | None = None
    channel_hz: float = 2437e6
    power_dbm: float = 15.0
    behaviour: Literal[
        "quiet",
        "camera-stream",
        "camera-idle",
        "video-call",
        "upload",
        "download",
        "browse",
        "screen-cast",
        "backup",
        "relay",
        "iot-heartbeat",
        "game",
    ] = "quiet"
    bitrate_bps: float = Field(1.5e6, gt=0)
    frame_rate_hz: float = Field(25.0, gt=0)
    keyframe_s: float = Field(2.0, gt=0)
    randomised: bool = False
    peer: str | None = Field(None, description="MAC at the other end; the access point if empty.")
    secured: bool | None = Field(
        None, description="Of an access point; without it every network is but those of cameras."
    )
    beacon_hex: str = Field("", description="Further elements of an access point's beacons.")


class BleFacet(BaseModel):
    """A Bluetooth LE advertiser."""

    model_config = STRICT
    address: str
    address_type: Literal["public", "random"] = "random"
    name: str | None = None
    company_id: int | None = Field(None, ge=0, le=0xFFFF)
    manufacturer_hex: str = ""
    service_uuids: tuple[int, ...] = ()
    interval_ms: float = Field(200.0, gt=0)
    power_dbm: float = 0.0
    rotates_s: float | None = Field(None, gt=0)


class OpticFacet(BaseModel):
    """Something on the wall that answers light."""

    model_config = STRICT
    kind: Literal[
        "lens",
        "chrome-sphere",
        "chrome-edge",
        "tile",
        "screw",
        "water-drop",
        "reflector-tape",
        "bead",
        "spectacles",
        "eye",
        "phone-camera",
        "led",
        "lamp",
    ]
    size_mm: float = Field(2.0, gt=0, description="Lens aperture, sphere diameter, edge length …")
    return_cone_mrad: float = Field(20.0, gt=0, description="Width of the retroreflected cone (lens, tape).")
    reflectance: float = Field(0.3, ge=0, le=1)
    field_of_view_deg: float = Field(60.0, gt=0, le=180, description="Full angle in which a lens answers.")
    ir_cut: Literal["none", "reflective", "blue-glass"] = "none"
    normal_yaw_deg: float = 0.0
    normal_pitch_deg: float = 0.0
