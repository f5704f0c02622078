"""Settings of fusion, engine, help lines and screen: every field with its range and meaning."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from firmware.i18n.help_lines import Country
from firmware.i18n.languages import Language

STRICT = ConfigDict(extra="forbid", frozen=True)


class FusionConfig(BaseModel):
    """Settings of the fusion: the prior probability of a hidden camera."""

    model_config = STRICT
    preset: Literal["default", "hotel", "reason"] = Field(
        "default", description="Prior by situation: an ordinary room, a hotel room, a specific reason."
    )
    prior: float | None = Field(
        None, gt=0.0, lt=1.0, description="Prior probability of a hidden camera; overrides the preset."
    )


class EngineConfig(BaseModel):
    """Settings of the engine: how the sensors are run and watched."""

    model_config = STRICT
    judge_every_s: float = Field(0.1, ge=0.02, le=5.0, description="Time between two verdicts.")
    stall_s: float = Field(8.0, ge=1.0, le=120.0, description="After this much silence a sensor has stalled.")
    lost_fade_s: float = Field(
        1.5, gt=0.0, le=2.0, description="A lost sensor's coverage is gone after this."
    )
    subjects_most: int = Field(512, ge=16, le=65536, description="Subjects kept of each sensor.")
    findings_shown: int = Field(16, ge=1, le=256, description="Findings in a snapshot.")
    inbox_length: int = Field(64, ge=4, le=4096, description="Results that wait for the engine, all sensors.")
    stop_wait_s: float = Field(3.0, ge=0.1, le=60.0, description="Time a sensor has to stop cleanly.")


class HelpConfig(BaseModel):
    """Settings of the help lines that are shown."""

    model_config = STRICT
    country: Literal["auto", Country] = Field(
        "auto", description="Country whose police and help lines are shown; auto follows rf.region."
    )


class UiConfig(BaseModel):
    """Settings of screen and language."""

    model_config = STRICT
    lang: Literal["auto", Language] = Field("auto", description="Language; auto follows the system.")
    theme: Literal["dark", "bright"] = Field("dark", description="Colours of the screen.")
    silent: bool = Field(False, description="No sound and no vibration.")
