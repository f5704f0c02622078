"""Settings of the records: where and how long they are kept, and how much of the disk they may take."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

MIB = 1 << 20


class RecordsConfig(BaseModel):
    """Settings of the records: their folder, and for how long they are kept."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    folder: str = Field("", description="Folder of the records; empty: the user's data folder.")
    keep_days: int = Field(365, ge=1, le=36500, description="Days an inspection without a find is kept.")
    keep_found_days: int = Field(
        1095, ge=1, le=36500, description="Days after which a person may let an inspection with a find go."
    )
    most_bytes: int = Field(
        2048 * MIB, ge=MIB, le=1 << 46, description="Disk space of records and attachments, bytes."
    )
    most_entries: int = Field(
        100_000, ge=16, le=10_000_000, description="Entries of one store; a new store is needed beyond."
    )
    record_most_bytes: int = Field(16 * MIB, ge=4096, le=512 * MIB, description="Size of one record, bytes.")
    attachment_most_bytes: int = Field(
        64 * MIB, ge=1024, le=4096 * MIB, description="Size of one attachment, bytes."
    )
    free_least_bytes: int = Field(
        16 * MIB, ge=0, le=1 << 40, description="Disk space that records always leave free, bytes."
    )
    busy_wait_s: float = Field(5.0, ge=0.0, le=60.0, description="Time to wait for another writer.")
