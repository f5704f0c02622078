"""Message catalogues: sentences by key, in Korean and English.

Sentences live in ``locale/<lang>/LC_MESSAGES/ansim.po``; msgid is the key. Fields are ``{name}`` with an
optional format word (``{share:percent}``, ``{center_hz:hz}``, ``{kind:key}``). Where the parameters name the
``rule`` of an identity, ``{why}`` is the sentence of that rule. Text parameters may come from the air: they
are made `visible` on the way in; the medium still adds its own escaping on the way out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.resources import files
from numbers import Real
from string import Formatter
from typing import Any

from babel import Locale
from babel.messages.pofile import read_po

from firmware.i18n.escape import visible
from firmware.i18n.languages import LANGUAGES as LANGUAGES
from firmware.i18n.languages import Language as Language
from firmware.i18n.numbers import write_number
from wifiscan.signatures import rule_words

Param = str | float | int


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentence:
    """A message key with its numbers and names: one sentence in any language."""

    key: str
    params: Mapping[str, Param] = field(default_factory=dict)


class Written(str):
    """Text that a `Catalog` wrote itself: it may stand inside another sentence as it is."""

    __slots__ = ()


def plain(text: str) -> Sentence:
    """Return a sentence that says just this text, for names and words that have no translation."""
    return Sentence(key="screen.verbatim", params={"text": text})


@lru_cache(maxsize=len(LANGUAGES))
def load_messages(lang: Language) -> Mapping[str, str]:
    """Read one language's sentences, once."""
    path = files("firmware.i18n") / "locale" / lang / "LC_MESSAGES" / "ansim.po"
    with path.open("rb") as stream:
        catalog = read_po(stream, locale=lang)
    return {str(m.id): str(m.string) for m in catalog if m.id and m.string}


class _Writer(Formatter):
    """Fills fields by name only; what is missing stays visible, and nothing is raised."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog

    def get_field(self, field_name: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> tuple[Any, str]:  # noqa: ARG002
        if field_name == "why" and "rule" in kwargs:
            return self._catalog.identity(kwargs), field_name
        return kwargs.get(field_name, _Missing(field_name)), field_name

    def format_field(self, value: Any, format_spec: str) -> str:
        if isinstance(value, _Missing):
            return f"{{{value.name}}}"
        if isinstance(value, Written):
            return str(value)
        if isinstance(value, str):
            return self._text(value, format_spec)
        if isinstance(value, Real):
            return write_number(float(value), format_spec, self._catalog.locale)
        return visible(str(value))

    def _text(self, value: str, style: str) -> str:
        if style == "key":
            return self._catalog.text(value)
        return visible(value)


@dataclass(frozen=True, slots=True)
class _Missing:
    name: str


class Catalog:
    """The message catalogue of one language.

    Nothing here raises: a missing key shows itself, a missing parameter shows its name. A frightened
    person must not lose the screen over a spelling mistake; the tests find those.
    """

    def __init__(self, lang: Language = "ko") -> None:
        self.lang: Language = lang
        self.locale = Locale.parse(lang)
        self._messages = load_messages(lang)
        self._writer = _Writer(self)

    def __iter__(self) -> Iterator[str]:
        return iter(self._messages)

    def __contains__(self, key: str) -> bool:
        return key in self._messages

    def keys(self) -> frozenset[str]:
        """Return every key there is a sentence for."""
        return frozenset(self._messages)

    def template(self, key: str) -> str:
        """Return the sentence with its fields unfilled; the key itself where there is none."""
        return self._messages.get(key, key)

    def text(self, key: str, /, **params: Param) -> Written:
        """Return the sentence of ``key`` with its fields filled in."""
        return self.fill(key, params)

    def say(self, sentence: Sentence) -> Written:
        """Return a `Sentence` in this language."""
        return self.fill(sentence.key, sentence.params)

    def fill(self, key: str, params: Mapping[str, Param]) -> Written:
        """Return the sentence of ``key`` with parameters from a mapping."""
        template = self._messages.get(key)
        if template is None:
            return Written(visible(key))
        return Written(self._writer.vformat(template, (), params))

    def identity(self, params: Mapping[str, Any]) -> Written:
        """Return the sentence of an identity rule in this language.

        ``params`` is `wifiscan.model.Identity.params`, or the entry of a record. An entry that does not say
        where its rule matched, or of a rule that is unknown here, is shown in the words stored with it.
        """
        words = rule_words().get(str(params.get("rule")), {}).get(self.lang)
        key = f"identity.{params.get('seen')}"
        if words is None or key not in self:
            return Written(visible(str(params.get("why", ""))))
        return self.fill(key, {"value": str(params.get("value", "")), "what": words})

    def list_of(self, keys: Sequence[str]) -> Written:
        """Return the sentences of several keys as one list."""
        return Written(", ".join(self.text(key) for key in keys))


@lru_cache(maxsize=len(LANGUAGES))
def catalog_for(lang: Language) -> Catalog:
    """Return the one catalog of a language."""
    return Catalog(lang)
