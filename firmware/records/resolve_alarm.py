"""Resolves the alarm of a stored record: one way for the command and for the handheld."""

from __future__ import annotations

from dataclasses import dataclass

from firmware.records.custody.errors import AttachmentTrouble, RecordsError
from firmware.records.custody.hash_chain import Entry
from firmware.records.model import Attachment, Inspection
from firmware.records.resolutions import Resolution, came_of_alarm, resolution_event
from firmware.records.store import RecordStore

PICTURE_MARKS = {b"\x89PNG\r\n\x1a\n": ("image/png", "png"), b"\xff\xd8\xff": ("image/jpeg", "jpg")}


class NoAlarmToResolve(RecordsError, ValueError):
    """The place has shown no alarm, so there is nothing to resolve."""


class ReasonMissing(RecordsError, ValueError):
    """An alarm cannot be called harmless without a reason."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmAnswer:
    """The answer of a person to the alarm of a record, with a photo where one was wanted."""

    record: str
    resolution: Resolution
    reason: str = ""
    picture: bytes | None = None  # PNG or JPEG


def refuse_without_alarm(record: Inspection) -> None:
    """Refuse to resolve the alarm of a place that has shown none.

    Raises
    ------
    NoAlarmToResolve
        If the record has no alarm.
    """
    if not came_of_alarm(record.verdict, ()):
        raise NoAlarmToResolve(f"{record.id} has no alarm to resolve", hint="ansim report list")


def resolve_alarm(store: RecordStore, answer: AlarmAnswer) -> Entry:
    """Sign what came of an alarm beside its record, and return the entry.

    Raises
    ------
    NoAlarmToResolve
        If the record has no alarm.
    ReasonMissing
        If it is to be harmless without a reason.
    AttachmentTrouble
        If the photo is neither PNG nor JPEG, or too large.
    RecordsError
        If there is no such record, or the disk takes no more.
    """
    record = store.stored(answer.record).inspection
    refuse_without_alarm(record)
    if answer.resolution == "harmless" and not answer.reason.strip():
        raise ReasonMissing("An alarm is harmless for a reason", hint="--reason TEXT")
    picture = None if answer.picture is None else _photo(store, answer.picture)
    return store.note(resolution_event(record.id, answer.resolution, answer.reason, picture=picture))


def _photo(store: RecordStore, content: bytes) -> Attachment:
    """Store a photo under a name of our own: the name of a file may tell more than its picture."""
    for mark, (media_type, end) in PICTURE_MARKS.items():
        if content.startswith(mark):
            return store.attachments.put(content, name=f"photo.{end}", media_type=media_type)
    raise AttachmentTrouble("The photo is neither PNG nor JPEG", hint="Give a .png or a .jpg file.")
