"""Settings of a site inspection and of the guided scan."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class InspectionConfig(BaseModel):
    """Settings of an inspection: the site plans, and the coverage at which a cubicle may be left."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    sites: str = Field("/etc/ansim/sites", description="Folder of the site plans (*.toml).")
    least_rf: float = Field(0.8, ge=0.0, le=1.0, description="Radio coverage below which leaving is warned.")
    least_wifi: float = Field(
        0.4, ge=0.0, le=1.0, description="Wi-Fi coverage; from here on it alone may say NOTHING FOUND."
    )
    least_ble: float = Field(0.5, ge=0.0, le=1.0, description="Bluetooth coverage, likewise.")
    least_lens: float = Field(0.5, ge=0.0, le=1.0, description="Share of the wall lit, likewise.")

    @property
    def least(self) -> dict[str, float]:
        """The least coverage by sensor."""
        return {"rf": self.least_rf, "wifi": self.least_wifi, "ble": self.least_ble, "lens": self.least_lens}
