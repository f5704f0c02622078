"""Settings of the RF sensor: every field with its range and its meaning."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

LOWEST_HZ, HIGHEST_HZ = 24e6, 1766e6  # what an R820T/R828D tuner covers
MOST_HZ = 6e9  # beyond it no camera is sold
PlanName = Literal["camera", "full", "quick"]
Region = Literal["kr", "eu", "us"]


class SweeperConfig(BaseModel):
    """Settings of the sweep: its bands, its gain, and how long it dwells on a hop."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    region: Region = Field(
        "kr",
        description="Band plan: which services are expected where. In a wrong one the broadcasts of another "
        "raster are taken for links.",
    )
    plan: PlanName = Field(
        "camera",
        description="camera: the bands in which camera senders are sold, in a few seconds; full: "
        "everything the tuner covers; quick: the camera channels alone.",
    )
    ranges_hz: tuple[tuple[float, float], ...] = Field(
        (), description="Sweep these ranges instead of the plan's, as pairs of lowest and highest Hz."
    )
    gain_db: float = Field(29.7, ge=0.0, le=50.0, description="Tuner gain, fixed over the whole sweep.")
    look_s: float = Field(0.025, ge=0.005, le=0.2, description="Dwell of a first look at a hop.")
    high_look_s: float = Field(
        0.05, ge=0.04, le=0.2, description="Dwell of a first look above 2 GHz, where a receiver reaches."
    )
    confirm_s: float = Field(0.2, ge=0.05, le=0.5, description="Dwell on a hop that looks interesting.")
    settle_s: float = Field(0.001, ge=0.0, le=0.05, description="Start of every block left out: the retune.")
    revisits: int = Field(3, ge=0, le=16, description="Longer looks given to one interesting hop a round.")
    detect_pfa: float = Field(
        1e-7, gt=0, le=1e-3, description="False-alarm rate of one spectrum bin over noise."
    )
    max_tracks: int = Field(256, ge=16, le=4096, description="Transmissions kept; the weakest give way.")
    waterfall_rows: int = Field(512, ge=16, le=8192, description="Looks kept for the waterfall.")
    gain_drop_test: bool = Field(
        False,
        description="Hear what would alarm again with 10 dB less gain: what falls by 15 dB and more is "
        "made in the receiver by overload, not sent. Costs about 0.1 s a find and round.",
    )
    self_noise: str | None = Field(
        None, description="Self-noise profile file of this unit, if it was learned."
    )
    survey_baseline: str | None = Field(
        None, description="What this unit's Wi-Fi survey counts at a clean place: ansim calibrate survey."
    )
    survey_corridor: str | None = Field(
        None, description="The same of the corridor in front of the rooms: ansim calibrate survey --out."
    )

    @model_validator(mode="after")
    def _ranges_in_order(self) -> Self:
        for low, high in self.ranges_hz:
            if not LOWEST_HZ <= low < high <= MOST_HZ:
                raise ValueError(
                    f"ranges_hz: {low:g}-{high:g} is not a range within {LOWEST_HZ:g}-{MOST_HZ:g} Hz"
                )
        return self
