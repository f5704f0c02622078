"""The log: words for people on standard error, JSON for journald, a bounded file where one is asked for.

Nothing from the air reaches a terminal as it came: every value is made printable and short.
"""

from __future__ import annotations

import logging
import os
import sys
import unicodedata
from collections.abc import Mapping, MutableMapping
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Any, Literal, TextIO

import structlog

TEXT_LIMIT = 500  # characters of one value; a longer one is cut and says so
TRACE_LIMIT = 20_000  # characters of a traceback
FILE_BYTES = 1_000_000  # of one log file
FILE_COUNT = 3  # older files that are kept: the log never takes more than four times FILE_BYTES
LEVELS = (logging.WARNING, logging.INFO, logging.DEBUG)  # by the number of -v
STANDARD_ERROR = 2
TRACE_KEYS = frozenset({"exception", "stack"})
UNPRINTABLE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})  # control, format, surrogate, separators

Style = Literal["words", "json"]


def get_logger(name: str) -> Any:
    """Return the logger of one module."""
    return structlog.stdlib.get_logger(name)


def printable(text: str, *, limit: int = TEXT_LIMIT, keep_lines: bool = False) -> str:
    """Return text that cannot steer a terminal or a log viewer: unprintable characters are spelled out."""
    kept = "\n\t" if keep_lines else ""
    cut = text[:limit]
    safe = "".join(c if c in kept or unicodedata.category(c) not in UNPRINTABLE else _spell(c) for c in cut)
    return safe if len(text) <= limit else f"{safe}… ({len(text)} characters)"


def _spell(character: str) -> str:
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def _escape_values(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    for key, value in event.items():
        if key.startswith("_") or isinstance(value, bool | int | float) or value is None:
            continue
        trace = key in TRACE_KEYS
        text = value if isinstance(value, str) else repr(value)
        event[key] = printable(text, limit=TRACE_LIMIT if trace else TEXT_LIMIT, keep_lines=trace)
    return event


def _shared() -> list[Any]:
    return [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]


def _formatter(style: Style) -> logging.Formatter:
    renderer: Any
    if style == "json":
        renderer = structlog.processors.JSONRenderer(ensure_ascii=True, sort_keys=True)
    else:
        renderer = structlog.dev.ConsoleRenderer(
            colors=False, exception_formatter=structlog.dev.plain_traceback
        )
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=_shared(),
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.format_exc_info,
            _escape_values,
            renderer,
        ],
    )


def default_style(environ: Mapping[str, str] = os.environ, *, descriptor: int = STANDARD_ERROR) -> Style:
    """Return "json" where standard error goes to journald: systemd says so by its device and inode."""
    try:
        there = os.fstat(descriptor)
    except OSError:
        return "words"
    named = environ.get("JOURNAL_STREAM", "")
    return "json" if named == f"{there.st_dev}:{there.st_ino}" else "words"


def quiet_log() -> None:
    """Log errors alone: a person who looks at the screen sees there what a warning would say."""
    logging.getLogger().setLevel(logging.ERROR)


def configure_log(
    *, verbose: int = 0, style: Style | None = None, file: Path | None = None, stream: TextIO | None = None
) -> None:
    """Set the log up; may be called again, which replaces what was set up before.

    Parameters
    ----------
    verbose : int
        0 warnings, 1 what happens, 2 every detail.
    style : {"words", "json"}
        Words for people, or one JSON object a line for journald; by `default_style` if not given.
    file : Path, optional
        Also keep JSON lines here, in at most ``FILE_COUNT + 1`` files of ``FILE_BYTES`` each.
    stream : TextIO, optional
        Instead of standard error.
    """
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *_shared(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    root = logging.getLogger()
    for handler in [h for h in root.handlers if getattr(h, "of_ansim", False)]:
        root.removeHandler(handler)
        handler.close()
    root.setLevel(LEVELS[min(verbose, len(LEVELS) - 1)])
    handler = logging.StreamHandler(sys.stderr if stream is None else stream)
    _add(root, handler, style or (default_style() if stream is None else "words"))
    if file is not None:
        file.parent.mkdir(parents=True, exist_ok=True)
        rotating = RotatingFileHandler(
            file, maxBytes=FILE_BYTES, backupCount=FILE_COUNT, encoding="utf-8", delay=True
        )
        _add(root, rotating, "json")


def _add(root: logging.Logger, handler: logging.Handler, style: Style) -> None:
    handler.setFormatter(_formatter(style))
    handler.of_ansim = True  # type: ignore[attr-defined]
    root.addHandler(handler)
