"""Hands the content of the phone page from the run to the browser's threads, and its presses back."""

from __future__ import annotations

import json
import threading
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from firmware.handheld.browser.phone_content import content_of, moment_of, rows_of, stage_of
from firmware.handheld.commands import Command, Home, PressInspection, SetLanguage, SetSound, TurnInspection
from firmware.handheld.screen.state import ScreenState
from firmware.handheld.screen.view_model import subjects_shown
from firmware.i18n.catalog import Sentence
from firmware.i18n.languages import next_language
from firmware.verdict.engine import Snapshot

EVERY_NS = 300_000_000  # a phone is told three times a second at most
PRESSES_MOST = 16
SUBJECT_MOST = 200  # characters of the name of a thing to follow
KEPT_MOST = 64  # things whose step is remembered
WISHES = frozenset({"ok", "back", "choose", "follow", "stop", "language", "silent", "again"})


class PhonePanel(Protocol):
    """Interface of the panel for the phone: its last state, its sound and the row that is chosen."""

    @property
    def shown(self) -> ScreenState | None:
        """The state that was drawn last."""
        ...

    @property
    def is_silent(self) -> bool:
        """Whether the handheld makes no sound."""
        ...

    @property
    def inspection_row(self) -> int:
        """The chosen row of the inspection's page."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """One press on the phone: what is asked, of which question, which row or which thing."""

    do: str
    moment: str
    row: int = 0
    subject: str = ""


class PhoneBroker:
    """The last content, numbered, and the waiting presses. Every method may be called from any thread."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._waiting: deque[Wish] = deque(maxlen=PRESSES_MOST)
        self._panel: PhonePanel | None = None
        self._text = ""
        self._content: dict[str, Any] | None = None
        self._number = 0
        self._due_ns = 0
        self._seen_at: dict[str, Sentence] = {}
        self._over = False

    def attach(self, panel: PhonePanel) -> None:
        """Take the panel whose state is told."""
        self._panel = panel

    def show(self, _picture: object, snapshot: Snapshot) -> None:
        """Take the current moment; one that says the same as before is not published again."""
        state = None if self._panel is None else self._panel.shown
        if self._panel is None or state is None or (snapshot.t_ns < self._due_ns and not self._waiting):
            return
        self._due_ns = snapshot.t_ns + EVERY_NS
        self._note_step(snapshot, state)
        content = content_of(snapshot, state, silent=self._panel.is_silent, seen_at=self._seen_at)
        text = json.dumps(content, ensure_ascii=True, separators=(",", ":"))
        with self._changed:
            if text == self._text:
                return
            self._text, self._content = text, content
            self._number += 1
            self._changed.notify_all()

    def _note_step(self, snapshot: Snapshot, state: ScreenState) -> None:
        """Remember during which step of the guided scan a thing was noticed first."""
        step = state.inspection.lead
        if stage_of(state) != "personal" or step is None:
            return
        for row in subjects_shown(snapshot.verdict):
            if len(self._seen_at) < KEPT_MOST:
                self._seen_at.setdefault(row.subject, step)

    def press(self, said: object) -> bool:
        """Queue a press from the page; return False where it is none that the page could have sent."""
        if not isinstance(said, dict) or said.get("do") not in WISHES:
            return False
        row, subject, moment = said.get("row", 0), said.get("subject", ""), said.get("moment", "")
        if not isinstance(row, int) or not isinstance(subject, str) or not isinstance(moment, str):
            return False
        if len(subject) > SUBJECT_MOST:
            return False
        with self._changed:
            self._waiting.append(Wish(do=said["do"], moment=moment, row=row, subject=subject))
        return True

    def poll(self) -> Sequence[Command]:
        """Return the commands of the presses since the last call."""
        with self._changed:
            wishes = tuple(self._waiting)
            self._waiting.clear()
        state = None if self._panel is None else self._panel.shown
        if self._panel is None or state is None:
            return ()
        asked: list[Command] = []
        for wish in wishes:
            asked += self._commands(wish, state, self._panel)
        if wishes:
            self._due_ns = 0
        return asked

    def _commands(self, wish: Wish, state: ScreenState, panel: PhonePanel) -> Sequence[Command]:
        match wish.do:
            case "follow":
                return (Home(subject=wish.subject),)
            case "stop":
                return (Home(subject=None),)
            case "language":
                return (SetLanguage(lang=next_language(state.lang)),)
            case "silent":
                return (SetSound(silent=not panel.is_silent),)
            case "again":
                return (TurnInspection(word="start"),)
        if wish.moment != moment_of(state):
            return ()  # it answered a question that has passed
        if wish.do != "choose":
            return (PressInspection(button="ok" if wish.do == "ok" else "back"),)
        rows = len(rows_of(state))
        if not 0 <= wish.row < rows:
            return ()
        ways = wish.row - panel.inspection_row
        turns = [PressInspection(button="down" if ways > 0 else "up")] * abs(ways)
        return (*turns, PressInspection(button="ok"))

    def wait(self, seen: int, timeout_s: float) -> tuple[int, str] | None:
        """Return number and text of the newest content, once it is another than ``seen``; None in vain."""
        with self._changed:
            self._changed.wait_for(lambda: self._over or self._number > seen, timeout_s)
            return (self._number, self._text) if self._number > seen else None

    @property
    def content(self) -> dict[str, Any] | None:
        """The newest content; None before the first moment."""
        return self._content

    @property
    def over(self) -> bool:
        """True once the run has ended."""
        return self._over

    def end(self) -> None:
        """Wake every waiting thread, for the last time."""
        with self._changed:
            self._over = True
            self._changed.notify_all()
