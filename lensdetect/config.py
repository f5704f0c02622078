"""Settings of the optical sensor."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from hw.config import LightConfig

STRICT = ConfigDict(extra="forbid", frozen=True)


class LensConfig(BaseModel):
    """Settings of the strobe, of the answers that count, and of the coverage of the wall.

    Lengths in pixels hold for a picture 1280 pixels wide and are scaled to the real width.
    """

    model_config = STRICT
    frames_per_state: int = Field(4, ge=2, le=16, description="Pictures taken in each state of the light.")
    use_red: bool = Field(False, description="Add a red state, if there is a red light.")
    rings_per_cycle: int = Field(2, ge=1, le=4, description="Ring pictures that are examined a cycle.")
    white_dn: int | None = Field(
        None,
        ge=200,
        le=255,
        description="Level at which the camera clips, 235 for limited range; learnt if unset.",
    )
    max_candidates: int = Field(
        48, ge=4, le=512, description="Bright points examined in a tenth of a second."
    )
    max_tracks: int = Field(256, ge=16, le=4096, description="Bright points followed at once.")
    max_sightings: int = Field(64, ge=8, le=1024, description="Sightings kept of one track.")
    threshold_sigma: float = Field(6.0, ge=3.0, le=20.0, description="Contrast over the local noise.")
    min_contrast_dn: float = Field(10.0, ge=4.0, le=100.0, description="Smallest contrast looked at.")
    peak_over_wall: float = Field(
        1.0, ge=0.3, le=20.0, description="How far an answer stands over the lit wall around it."
    )
    match_px: float = Field(
        5.0, ge=1.0, le=40.0, description="How far a point may be from where it should be."
    )
    pose_step_px: float = Field(
        5.0, ge=1.0, le=100.0, description="How far the wall must have moved for another pose."
    )
    min_poses: int = Field(5, ge=2, le=50, description="Poses in which a lens must have answered.")
    min_seen_share: float = Field(0.5, ge=0.1, le=1.0, description="Share of poses in which it must answer.")
    lens_score: float = Field(0.85, ge=0.5, le=0.999, description="Score from which the label is lens.")
    field_of_view_deg: float = Field(62.0, ge=10.0, le=170.0, description="Horizontal, of our own camera.")
    side_offset_m: float = Field(
        0.045, ge=0.02, le=0.2, description="How far the side light stands from the lens."
    )
    side_angle_deg: float = Field(
        0.0, ge=-180.0, le=360.0, description="Where it stands as seen in the picture: 0 right, 90 below."
    )
    side2_offset_m: float | None = Field(
        None,
        ge=0.01,
        le=0.04,
        description="How far a second side light stands from the lens, in the same direction; unset, there is"
        " none. It tells how wide the light comes back: a lens behind blue glass from a ball of glass.",
    )
    distance_factor: float | None = Field(
        None,
        ge=0.01,
        le=100.0,
        description="True distance over what the lights' shade says of this unit, as `calibrate lens"
        " --distance` finds it; 1 for even lamps. Unset, the distance is not measured.",
    )
    distance_m: float = Field(
        0.65, ge=0.1, le=5.0, description="Usual distance of the hand from the wall, until it is measured."
    )
    reach_m: float = Field(1.8, ge=0.3, le=5.0, description="A wall farther away counts as not looked at.")
    max_speed_m_s: float = Field(0.25, ge=0.05, le=2.0, description="Faster looking does not count.")
    wall_width_m: float = Field(2.0, ge=0.2, le=20.0, description="Width of what is to be looked at.")
    wall_height_m: float = Field(1.6, ge=0.2, le=10.0, description="Height of what is to be looked at.")
    lights: LightConfig = LightConfig()
    cell_m: float = Field(0.1, ge=0.02, le=1.0, description="Cell of the coverage map.")
