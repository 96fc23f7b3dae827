"""Persons: what names one becomes a pseudonym before it is landed.

A pseudonym is a keyed hash (HMAC-SHA-256, RFC 2104) of the id alone: the same person has the same one in every source
and every night, and without the key nobody can tell whose it is, nor try out ids until one fits.

Belongs here: the pseudonym, its form, the key's fingerprint, and that a home has one key. Does not belong here: which
columns and fields name a person (feeds, adapters, connectors).
Sits below landing and pulling.
"""

import hmac
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa

from settings.errors import SlmError
from settings.project import ProjectConfig

# Manifest entry of a load whose persons are pseudonyms: the fingerprint of the key they were made with.
PERSONS = "persons"
# 96 bits: of a hundred million persons two share a pseudonym with odds of 6 in 10^14.
_DIGITS = 24
PSEUDONYM = rf"person-[0-9a-f]{{{_DIGITS}}}"
# Shorter keys could be guessed by trying: a pseudonym of a known person would tell when the guess is right.
_SHORTEST_KEY = 32
_FINGERPRINT_OF = b"fingerprint of the pseudonym key"


class PersonKeyError(SlmError):
    """The key of the pseudonyms cannot be used, or is not the one that landing was made with."""


@dataclass(frozen=True)
class Persons:
    """The maker of pseudonyms. Nothing of the key is shown."""

    _key: bytes = field(repr=False)
    name: str  # of the environment variable that holds the key

    @classmethod
    def with_key(cls, key: str, name: str) -> "Persons":
        """The maker with the key in the variable `name`. Raises PersonKeyError if it is too short."""
        if len(key) < _SHORTEST_KEY:
            raise PersonKeyError(
                f"{name}: the key of the pseudonyms has {len(key)} characters, and needs at least {_SHORTEST_KEY}; "
                "`openssl rand -hex 32` makes one. Keep it: a lost key cannot be made anew"
            )
        return cls(key.encode(), name)

    @classmethod
    def of(cls, config: ProjectConfig, env: Mapping[str, str]) -> "Persons | None":
        """The maker with the key that slm.yaml names; None if it names none. Raises PersonKeyError."""
        secret = config.privacy.pseudonym_key
        return cls.with_key(env[secret.env], secret.env) if secret else None

    @property
    def fingerprint(self) -> str:
        """What tells one key from another and says nothing about it: 16 hexadecimal digits."""
        return hmac.digest(self._key, _FINGERPRINT_OF, "sha256").hex()[:16]

    def pseudonym(self, text: str) -> str:
        """`person-` and 24 hexadecimal digits of an id without its outer spaces; no id stays as it is."""
        person = text.strip()
        return "person-" + hmac.digest(self._key, person.encode(), "sha256").hex()[:_DIGITS] if person else text

    def again(self, text: str) -> str:
        """As `pseudonym`, but what is one already stays: for records of which some were rewritten before a kill."""
        return text if re.fullmatch(PSEUDONYM, text) else self.pseudonym(text)


def replaced_column(column: pa.Array, replace: Callable[[str], str], nobody: tuple[str, ...] = ()) -> pa.Array:
    """The text column with each value replaced; null and the values in `nobody` name no person and stay."""
    encoded = column.dictionary_encode()
    values = [text if text is None or text in nobody else replace(text) for text in encoded.dictionary.to_pylist()]
    return pa.DictionaryArray.from_arrays(encoded.indices, pa.array(values, pa.string())).cast(pa.string())


def demand_same_key(home: Path, persons: Persons | None) -> None:
    """Raises PersonKeyError if any load of the home has pseudonyms made with another key, or any key while none is set.

    With another key every person would be somebody else from that night on, and count twice.
    """
    of_key: dict[str, list[str]] = {}
    for path in sorted((home / "landing").glob("*/*/*/manifest.json")):
        content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        if fingerprint := content.get(PERSONS):
            of_key.setdefault(fingerprint, []).append(str(path.parent.relative_to(home / "landing")))
    present = persons.fingerprint if persons else None
    for fingerprint, loads in of_key.items():
        if fingerprint != present:
            what = (
                f"{persons.name} holds another key (fingerprint {present})"
                if persons
                else "slm.yaml names no key any more (privacy: {pseudonymKey: {env: NAME}})"
            )
            raise PersonKeyError(
                f"The persons in landing were made pseudonyms with the key of fingerprint {fingerprint} "
                f"({len(loads)} loads, the first is {loads[0]}), but {what}: every person would count as two. "
                "Set the former key again. If it is lost, take everything in anew in a new SLM_HOME"
            )
