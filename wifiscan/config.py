"""Settings of the radio sensor: every field with its range and its meaning."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

STRICT = ConfigDict(extra="forbid", frozen=True)


class WifiConfig(BaseModel):
    """Settings of the Wi-Fi sensor."""

    model_config = STRICT
    survey_dwell_s: float = Field(0.25, ge=0.12, le=5.0, description="Dwell on each channel of a survey.")
    survey_rounds: int = Field(3, ge=1, le=20, description="Visits that make a channel surveyed.")
    lock_dwell_s: float = Field(1.0, ge=0.2, le=10.0, description="One read while locked on a channel.")
    lock_s: float = Field(10.0, ge=3.0, le=120.0, description="How long a suspicious channel is held.")
    judge_after_s: float = Field(
        7.0, ge=3.0, le=60.0, description="Least time heard before traffic is judged."
    )
    window_s: float = Field(60.0, ge=10.0, le=600.0, description="Traffic older than this is forgotten.")
    stations: int = Field(4096, ge=64, le=65536, description="Rows of the table of transmitters.")
    access_points: int = Field(1024, ge=64, le=65536, description="Rows of the table of access points.")
    links: int = Field(256, ge=16, le=4096, description="Pairs whose traffic is kept in detail.")


class BleScanConfig(BaseModel):
    """Settings of the Bluetooth LE sensor."""

    model_config = STRICT
    dwell_s: float = Field(1.0, ge=0.1, le=10.0, description="One read.")
    full_after_s: float = Field(
        20.0, ge=5.0, le=600.0, description="Time heard that counts as full coverage."
    )
    devices: int = Field(2048, ge=64, le=65536, description="Rows of the table of advertisers.")
