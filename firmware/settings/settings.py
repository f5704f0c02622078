"""All settings of one run, read from five places and checked as a whole.

``settings/default.toml`` < this board's row of ``settings/pi_models.toml`` < ``/etc/ansim/ansim.toml`` <
``--config FILE`` < ``--set a.b=c``: later ones win, key by key. Every mistake is reported at once, each with
where it stands, why it cannot be, and what to do.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from importlib.resources import files
from pathlib import Path
from typing import Any, NamedTuple, get_args

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import ErrorDetails

from firmware.errors import Mistake, SettingsError
from firmware.i18n.help_lines import COUNTRY_OF_REGION
from firmware.settings.inspection_config import InspectionConfig
from firmware.settings.pi_model import board_name, board_settings
from firmware.settings.records_config import RecordsConfig
from firmware.settings.sections import EngineConfig, FusionConfig, HelpConfig, UiConfig
from firmware.verdict.evidence.likelihoods import packaged_likelihoods
from hw.config import HwConfig
from lensdetect.config import LensConfig
from sweeper.config import SweeperConfig
from wifiscan.config import BleScanConfig, WifiConfig

MACHINE_FILE = Path("/etc/ansim/ansim.toml")
PACKAGED = "default.toml"
TEXT_LIMIT = 120  # characters of a wrong value that are repeated in a message


class Settings(BaseModel):
    """Every setting, one section a package or job."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    hw: HwConfig = HwConfig()
    rf: SweeperConfig = SweeperConfig()
    wifi: WifiConfig = WifiConfig()
    ble: BleScanConfig = BleScanConfig()
    lens: LensConfig = LensConfig()
    fusion: FusionConfig = FusionConfig()
    engine: EngineConfig = EngineConfig()
    ui: UiConfig = UiConfig()
    help: HelpConfig = HelpConfig()
    records: RecordsConfig = RecordsConfig()
    walk: InspectionConfig = InspectionConfig()

    @property
    def prior(self) -> float:
        """Prior probability of a hidden camera: the number given, or the preset's."""
        if self.fusion.prior is not None:
            return self.fusion.prior
        return float(getattr(packaged_likelihoods().priors, self.fusion.preset))

    @property
    def country(self) -> str:
        """Country whose help lines are shown: the one given, or the one of the band plan."""
        return COUNTRY_OF_REGION[self.rf.region] if self.help.country == "auto" else self.help.country


class Layer(NamedTuple):
    """One source of settings, with its name for messages."""

    origin: str
    values: Mapping[str, Any]


class SettingRow(NamedTuple):
    """One setting for a listing: its dotted key, value, meaning, and where it was set."""

    key: str
    value: Any
    description: str
    origin: str


def load_settings(
    *,
    config: Path | None = None,
    overrides: Sequence[str] = (),
    machine_file: Path = MACHINE_FILE,
) -> Settings:
    """Read and check all settings.

    Raises
    ------
    SettingsError
        With every mistake of every layer.
    """
    settings, _ = load_with_origins(config=config, overrides=overrides, machine_file=machine_file)
    return settings


def load_with_origins(
    *,
    config: Path | None = None,
    overrides: Sequence[str] = (),
    machine_file: Path = MACHINE_FILE,
) -> tuple[Settings, Mapping[str, str]]:
    """Return the settings, and for each key that was set somewhere, where. Raises as `load_settings`."""
    mistakes: list[Mistake] = []
    layers = list(_layers(config, overrides, machine_file, mistakes))
    merged: dict[str, Any] = {}
    origins: dict[str, str] = {}
    for layer in layers:
        _merge(merged, layer.values, layer.origin, origins)
    _spell_texts(merged, overrides)
    try:
        settings = Settings.model_validate(merged)
    except ValidationError as error:
        mistakes += [_explain(detail, origins) for detail in error.errors()]
    if mistakes:
        raise SettingsError(mistakes)
    return settings, origins


def list_settings(settings: Settings, origins: Mapping[str, str]) -> tuple[SettingRow, ...]:
    """Return every setting with its value, its meaning and where it was set."""
    return tuple(_rows(settings, "", origins))


def _rows(model: BaseModel, prefix: str, origins: Mapping[str, str]) -> Iterator[SettingRow]:
    for name, field in type(model).model_fields.items():
        key, value = f"{prefix}{name}", getattr(model, name)
        if isinstance(value, BaseModel):
            yield from _rows(value, f"{key}.", origins)
        else:
            yield SettingRow(key, value, field.description or "", origins.get(key, "built in"))


def _layers(
    config: Path | None, overrides: Sequence[str], machine_file: Path, mistakes: list[Mistake]
) -> Iterator[Layer]:
    yield _parse((files("firmware.settings") / PACKAGED).read_text(encoding="utf-8"), PACKAGED, mistakes)
    board = board_name()
    if board:
        yield Layer(f"chosen for {board}", board_settings(board))
    if machine_file.is_file():
        yield _read(machine_file, mistakes)
    if config is not None:
        yield _read(config, mistakes)
    for text in overrides:
        yield _override(text, mistakes)


def _read(path: Path, mistakes: list[Mistake]) -> Layer:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        mistakes.append(Mistake(key="file", origin=str(path), why=why, hint="Check the path."))
        return Layer(str(path), {})
    return _parse(text, str(path), mistakes)


def _parse(text: str, origin: str, mistakes: list[Mistake]) -> Layer:
    try:
        return Layer(origin, tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        mistakes.append(Mistake(key="file", origin=origin, why=f"not TOML: {error}", hint="Mend that line."))
        return Layer(origin, {})


def _override(text: str, mistakes: list[Mistake]) -> Layer:
    """Read ``a.b=c``: c as TOML where it is TOML, as plain text otherwise."""
    key, equals, raw = text.partition("=")
    origin = f"--set {text[:TEXT_LIMIT]}"
    parts = [p.strip() for p in key.split(".")]
    if not equals or not all(parts):
        hint = "For example hw.sdr.gain_db=20."
        mistakes.append(Mistake(key=key or "?", origin=origin, why="is not KEY=VALUE", hint=hint))
        return Layer(origin, {})
    values: Any = _plain_value(raw.strip())
    for part in reversed(parts):
        values = {part: values}
    return Layer(origin, values)


def _plain_value(raw: str) -> Any:
    try:
        return tomllib.loads(f"value = {raw}")["value"]
    except tomllib.TOMLDecodeError:
        return raw


def _spell_texts(merged: dict[str, Any], overrides: Sequence[str]) -> None:
    """Give back to text settings what was typed: ``--set hw.sdr.serial=7`` means the text 7."""
    typed = {
        tuple(p.strip() for p in k.split(".")): raw.strip()
        for k, _, raw in (o.partition("=") for o in overrides)
    }
    try:
        Settings.model_validate(merged)
    except ValidationError as error:
        for detail in error.errors():
            path = tuple(str(part) for part in detail["loc"])
            if detail["type"] == "string_type" and path in typed:
                _put(merged, path, typed[path])


def _put(into: dict[str, Any], path: Sequence[str], value: Any) -> None:
    for part in path[:-1]:
        into = into[part]
    into[path[-1]] = value


def _merge(
    into: dict[str, Any], values: Mapping[str, Any], origin: str, origins: dict[str, str], at: str = ""
) -> None:
    for name, value in values.items():
        key = f"{at}{name}"
        below = into.get(name)
        if isinstance(value, Mapping):
            branch = below if isinstance(below, dict) else {}
            into[name] = branch
            _merge(branch, value, origin, origins, f"{key}.")
        else:
            into[name] = value
        origins[key] = origin


def _explain(detail: ErrorDetails, origins: Mapping[str, str]) -> Mistake:
    path = [str(part) for part in detail["loc"]]
    key = ".".join(path)
    origin = next((origins[k] for k in _prefixes(path) if k in origins), "built in")
    if detail["type"] == "extra_forbidden":
        return Mistake(key=key, origin=origin, why="there is no such setting", hint=_did_you_mean(path))
    why = detail["msg"].removeprefix("Value error, ")
    given = repr(detail["input"])[:TEXT_LIMIT]
    return Mistake(key=key, origin=origin, why=f"{given}: {why}", hint=_meaning(path))


def _prefixes(path: Sequence[str]) -> Iterator[str]:
    for length in range(len(path), 0, -1):
        yield ".".join(path[:length])


def _model_at(path: Sequence[str]) -> type[BaseModel] | None:
    model: type[BaseModel] = Settings
    for part in path:
        field = model.model_fields.get(part)
        kinds = [] if field is None else [field.annotation, *get_args(field.annotation)]
        inner = next((k for k in kinds if isinstance(k, type) and issubclass(k, BaseModel)), None)
        if inner is None:
            return None
        model = inner
    return model


def _did_you_mean(path: Sequence[str]) -> str:
    model = _model_at(path[:-1])
    known = [] if model is None else list(model.model_fields)
    close = get_close_matches(path[-1], known, n=1)
    if close:
        return f"Did you mean {'.'.join([*path[:-1], close[0]])}?"
    return f"Known here: {', '.join(known)}."


def _meaning(path: Sequence[str]) -> str:
    model = _model_at(path[:-1])
    field = None if model is None else model.model_fields.get(path[-1])
    return "" if field is None else field.description or ""
