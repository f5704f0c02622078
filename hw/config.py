"""Settings of the devices: every field with its range, its unit and its meaning."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

STRICT = ConfigDict(extra="forbid", frozen=True)


class SdrConfig(BaseModel):
    """Settings of the receiver: an RTL-SDR, or one that SoapySDR reaches."""

    model_config = STRICT
    serial: str | None = Field(
        None,
        description="Serial number of the dongle, #2 for the second, or usb:1-1.2 for the one at that port; "
        "the first if empty.",
    )
    rate_hz: float = Field(2.4e6, ge=0.9e6, le=3.2e6, description="Sample rate.")
    gain_db: float = Field(
        29.7, ge=0.0, le=50.0, description="Tuner gain, fixed and stored with every block."
    )
    ppm: int = Field(0, ge=-200, le=200, description="Crystal error.")
    replay_rate_hz: float | None = Field(
        None, gt=0, le=1e10, description="Sample rate of a recording that does not say it."
    )
    replay_center_hz: float | None = Field(
        None, gt=0, le=1e12, description="Centre frequency of a recording that does not say it."
    )
    rtl_tcp: str | None = Field(
        None, description="host:port of an rtl_tcp server, instead of a local dongle."
    )
    soapy: str | None = Field(
        None,
        description="Receiver that SoapySDR reaches, instead of an RTL-SDR: driver=hackrf, with serial=... "
        "among several.",
    )
    soapy_rate_hz: float = Field(
        20e6,
        ge=0.9e6,
        le=61.44e6,
        description="Sample rate of that receiver; its next lower one is taken where it has not this.",
    )


class MonitorConfig(BaseModel):
    """Settings of the Wi-Fi adapter in monitor mode."""

    model_config = STRICT
    interface: str | None = Field(
        None, description="Interface name; the first one that can monitor if empty."
    )
    snap_length: int = Field(400, ge=96, le=65535, description="Bytes kept of each frame.")


class BleConfig(BaseModel):
    """Settings of the Bluetooth controller."""

    model_config = STRICT
    hci: int | None = Field(None, ge=0, le=15, description="Controller number; the first one if empty.")


class CameraConfig(BaseModel):
    """Settings of the camera that looks for lens reflections."""

    model_config = STRICT
    width_px: int = Field(1280, ge=160, le=4096, description="Picture width.")
    height_px: int = Field(720, ge=120, le=4096, description="Picture height.")
    rate_hz: float = Field(60.0, ge=5.0, le=120.0, description="Pictures a second.")
    exposure_us: int = Field(4000, ge=50, le=100_000, description="Exposure time, locked.")
    gain: float = Field(2.0, ge=1.0, le=16.0, description="Analogue gain, locked.")
    source: str | None = Field(None, description="V4L2 device or index instead of the Pi camera.")


class LightConfig(BaseModel):
    """Settings of the strobe lights: their strength, and how long they may shine (see `hw.light_guard`)."""

    model_config = STRICT
    ring_w_sr: float = Field(0.6, ge=0.0, le=10.0, description="Radiant intensity of the ring.")
    side_w_sr: float = Field(0.6, ge=0.0, le=10.0, description="Radiant intensity of the side group.")
    side2_w_sr: float = Field(0.6, ge=0.0, le=10.0, description="Radiant intensity of the second side group.")
    red_w_sr: float = Field(0.2, ge=0.0, le=10.0, description="Radiant intensity of the red light.")
    window_s: float = Field(10.0, ge=1.0, le=100.0, description="Over which averages are taken.")
    max_duty: float = Field(0.85, ge=0.05, le=1.0, description="Largest share of the window with light.")
    max_on_s: float = Field(3.0, ge=0.05, le=10.0, description="Longest time without a dark moment.")


class VideoReceiverConfig(BaseModel):
    """Settings of an analog video receiver module with a video grabber."""

    model_config = STRICT
    module: Literal["rx5808", "rx1322", "rx5055"] | None = Field(
        None,
        description="Module that is wired to it: rx5808 (5.8 GHz), rx1322 (1.2 GHz), rx5055 (2.4 GHz).",
    )
    adc: Literal["mcp3008", "ads1115"] = Field("mcp3008", description="Converter that reads its RSSI pin.")
    adc_channel: int = Field(0, ge=0, le=3, description="Input of the converter.")
    grabber: str | None = Field(None, description="V4L2 device or index of the video grabber behind it.")


class PanelConfig(BaseModel):
    """Settings of the panel: screen, buttons and buzzer."""

    model_config = STRICT
    driver: str = Field(
        "ili9341", description="Panel chip by its luma name (ili9341, st7789, ssd1306, sh1106)."
    )
    width_px: int = Field(320, ge=64, le=800)
    height_px: int = Field(240, ge=32, le=480)
    rotate: Literal[0, 1, 2, 3] = 0
    bus: Literal["spi", "i2c"] = "spi"


class HwConfig(BaseModel):
    """Settings of all devices.

    ``backend`` overrides the kit for one role, e.g. ``camera = "sim:chrome-bathroom"``.
    """

    model_config = STRICT
    sdr: SdrConfig = SdrConfig()
    monitor: MonitorConfig = MonitorConfig()
    ble: BleConfig = BleConfig()
    camera: CameraConfig = CameraConfig()
    video_receiver: VideoReceiverConfig = VideoReceiverConfig()
    panel: PanelConfig = PanelConfig()
    backend: dict[str, str] = Field(default_factory=dict, description="Role = kit, for single devices.")
