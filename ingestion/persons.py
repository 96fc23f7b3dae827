"""Persons: what names one becomes a pseudonym before it is landed.

A pseudonym is a keyed hash (HMAC-SHA-256, RFC 2104) of the id alone: the same person has the same one in every source
and every night, and without the key nobody can tell whose it is, nor try out ids until one fits.

A person who was forgotten has another one for ever, which is nobody's. The home remembers by what she is known again:
a keyed hash of her pseudonym, which without the key leads neither to her nor to the pseudonym.

Belongs here: the pseudonym, its form, the key's fingerprint, that a home has one key, and who was forgotten. Does not
belong here: which columns and fields name a person (feeds, adapters, connectors), what else of a record is forgotten
(forgetting).
Sits below landing and pulling.
"""

import hmac
import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import pyarrow as pa

from ingestion.storage import Paths, as_json, write_whole
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
# What is hashed with the same key for another purpose says so: no id of a person begins like this.
_KNOWN_AGAIN, _SEALED = b"\0forgotten person ", b"\0digest of a record "
SEALED = "sealed-"
_HASH_DIGITS = 32


class PersonKeyError(SlmError):
    """The key of the pseudonyms cannot be used, or is not the one that landing was made with."""


@dataclass(frozen=True)
class Remembered:
    """A person who was forgotten: when, the hash by which she is known again, and the pseudonym of nobody she has."""

    at: str
    known_by: str
    nobody: str


@dataclass(frozen=True)
class Persons:
    """The maker of pseudonyms. Nothing of the key is shown."""

    _key: bytes = field(repr=False)
    name: str  # of the environment variable that holds the key
    forgotten: tuple[Remembered, ...] = ()
    # What was asked before: the same few persons stand in most records.
    _known: dict[str, str] = field(default_factory=dict, repr=False, compare=False)

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

    @property
    def version(self) -> str:
        """What tells whether the same id still gets the same pseudonym: the key, and how many were forgotten."""
        return f"{self.fingerprint}+{len(self.forgotten)}"

    def remembering(self, forgotten: Iterable[Remembered]) -> "Persons":
        """The maker that knows who was forgotten."""
        return Persons(self._key, self.name, tuple(forgotten))

    @cached_property
    def nobodies(self) -> frozenset[str]:
        """The pseudonyms that those who were forgotten have now."""
        return frozenset(entry.nobody for entry in self.forgotten)

    def known_by(self, pseudonym: str) -> str:
        """The hash by which the person with this pseudonym is known again once it is gone."""
        return hmac.digest(self._key, _KNOWN_AGAIN + pseudonym.encode(), "sha256").hex()[:_HASH_DIGITS]

    def named(self, text: str) -> str:
        """As `pseudonym`, but a person who was forgotten is nobody."""
        return self.renamed(self.pseudonym(text))

    def renamed(self, text: str) -> str:
        """The text with nobody in the place of each pseudonym in it whose person was forgotten."""
        return re.sub(PSEUDONYM, lambda found: self._nobody(found[0]), text) if self.forgotten else text

    def nobodies_in(self, text: str) -> set[str]:
        """The pseudonyms of nobody that stand in a text, or belong in the place of those that do."""
        return {self._nobody(found) for found in re.findall(PSEUDONYM, text)} & self.nobodies

    def _nobody(self, pseudonym: str) -> str:
        if pseudonym not in self._known:
            hashed = self.known_by(pseudonym)
            places = [entry.nobody for entry in self.forgotten if entry.known_by == hashed]
            self._known[pseudonym] = places[0] if places else pseudonym
        return self._known[pseudonym]

    def sealed(self, digest: str) -> str:
        """The digest of a record whose text is gone: without the key nobody can try out texts until one fits."""
        if digest.startswith(SEALED):
            return digest
        return SEALED + hmac.digest(self._key, _SEALED + digest.encode(), "sha256").hex()[:_HASH_DIGITS]

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

    With another key every person would be somebody else from that night on, and count twice; and nobody who was
    forgotten would be known again.
    """
    of_key: dict[str, list[str]] = {}
    for path in sorted((home / "landing").glob("*/*/*/manifest.json")):
        content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        if fingerprint := content.get(PERSONS):
            of_key.setdefault(fingerprint, []).append(str(path.parent.relative_to(home / "landing")))
    if (memory := Paths(home).forgotten).is_file():
        fingerprint = json.loads(memory.read_text(encoding="utf-8"))[PERSONS]
        of_key.setdefault(fingerprint, []).append(str(memory.relative_to(home / "landing")))
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
                f"({len(loads)} places, the first is {loads[0]}), but {what}: every person would count as two, and who "
                "was forgotten would come back. Set the former key again. If it is lost, take everything in anew in a "
                "new SLM_HOME"
            )


def remembered(home: Path) -> list[Remembered]:
    """Who was forgotten in this home, the first one first."""
    path = Paths(home).forgotten
    if not path.is_file():
        return []
    return [Remembered(**entry) for entry in json.loads(path.read_text(encoding="utf-8"))["forgotten"]]


def remember(home: Path, persons: Persons, pseudonym: str, at: str, nobody: str) -> None:
    """Afterwards the person with this pseudonym has the pseudonym `nobody`, whatever is landed.

    A person who is remembered already keeps the one she has.
    """
    known, entry = remembered(home), Remembered(at, persons.known_by(pseudonym), nobody)
    if entry.known_by in [former.known_by for former in known]:
        return
    content = {PERSONS: persons.fingerprint, "forgotten": [asdict(one) for one in (*known, entry)]}

    def write(path: Path) -> None:
        path.write_text(as_json(content), encoding="utf-8")

    write_whole(Paths(home).forgotten, write)
