"""What a connector declares: where to ask, how pages follow each other, and what a record means.

Belongs here: the declarations, the options that all connectors share, authorization, and the ways of paging that more
than one system has. Does not belong here: how requests are sent and retried, pages kept and records landed (pulling).
Sits between one system's connector and the common machinery.
"""

import base64
import hashlib
import json
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Annotated, Any, ClassVar, Generic, Literal, Self, TypeVar, overload
from urllib.parse import SplitResult, urlsplit

import msgspec
from pydantic import BeforeValidator, Field, field_validator, model_validator

from ingestion.canonical import DEFAULT_MAX_GAP_SECONDS
from ingestion.options import Duration, SharedOptions, StrictOptions
from settings.instants import parse_clock_duration, parse_instant

LOOPBACK = ("127.0.0.1", "localhost", "::1")
# Longer than a pull page takes, and than systems take to make a written record findable.
DEFAULT_OVERLAP = "PT15M"
# A page of the largest systems is below 20 MB; one record may hold an attachment's text of 10 MB.
DEFAULT_RESPONSE_BYTES = 64 << 20

# A longer address that is none is not shown: a secret in it would no longer be found if it were cut.
_SHOWN_CHARACTERS = 200

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")

Json = Any
# UTF-8; a `Raw` is a place in the answer.
RecordText = bytes | msgspec.Raw
Params = tuple[tuple[str, str], ...]


class Secret(StrictOptions):
    """A secret by the name of its environment variable; its value is read when a request is signed."""

    env: str = Field(min_length=1)


class OAuth(StrictOptions):
    """Client credentials (RFC 6749, section 4.4): a token is fetched, and fetched anew when it is refused."""

    token_url: str
    client_id: str
    client_secret: Secret
    scope: str | None = None


def _instant(value: Any) -> Any:
    if isinstance(value, datetime):
        value = value.isoformat()
    if isinstance(value, str):
        parse_instant(value)
    return value


Instant = Annotated[str, BeforeValidator(_instant)]


class PullOptions(SharedOptions):
    """Options of everything that is pulled. `words_of_system` is what a system's own words mean unless the source says.

    `since` is the instant before which nothing is asked for; `overlap` is asked for again each time; `leave_out` names
    raw feeds that the account may not read. `ca_file` has the certificates of a private authority, PEM.
    """

    words_of_system: ClassVar[Mapping[str, Mapping[str, str]]] = MappingProxyType({})

    since: Instant = "1970-01-01T00:00:00Z"
    overlap: Duration = DEFAULT_OVERLAP
    page_size: int = Field(default=100, ge=1, le=100_000)
    timeout_seconds: float = Field(default=60, gt=0)
    max_response_bytes: int = Field(default=DEFAULT_RESPONSE_BYTES, ge=1)
    ca_file: str | None = None
    attempts: int = Field(default=6, ge=1, le=20)
    max_deleted_ratio: float = Field(default=0.05, ge=0, le=1)
    reconcile_on: Literal["never", "daily", *WEEKDAYS] = "sunday"  # type: ignore[valid-type]
    accept_type_changes: list[str] = Field(default=[])
    leave_out: list[str] = Field(default=[])
    max_gap: Duration | None = None

    def reconciles(self, now: datetime) -> bool:
        """Whether deletions are looked for in a pull that begins `now`; days are UTC's."""
        return self.reconcile_on in ("daily", WEEKDAYS[now.astimezone(UTC).weekday()])

    @property
    def max_gap_seconds(self) -> int:
        """How long a check's state holds at most."""
        return DEFAULT_MAX_GAP_SECONDS if self.max_gap is None else parse_clock_duration(self.max_gap)

    @property
    def first_instant(self) -> datetime:
        """Nothing before it is asked for."""
        return parse_instant(self.since)

    def words(self, option: str | None) -> Mapping[str, str]:
        """The map of that name: the system's own words, and over them those of the source."""
        return {**self.words_of_system.get(option or "", {}), **super().words(option)}


class ConnectorOptions(PullOptions):
    """Options of every connector that asks over HTTP."""

    url: str
    requests_per_minute: int = Field(default=600, ge=1)
    plain_http: bool = False

    @field_validator("url")
    @classmethod
    def _url_is_one(cls, value: str) -> str:
        if "${" in value:  # only looked at: a run demands the variable before anything else
            return value
        parts = urlsplit(value)
        if parts.scheme not in ("https", "http") or not parts.hostname:
            raise ValueError(f'"{value}" is no address; write https://host')
        if parts.username or parts.password or parts.query or parts.fragment:
            raise ValueError("write the address alone; secrets go into options such as token: {env: NAME}")
        return value.rstrip("/")

    @model_validator(mode="after")
    def _url_is_encrypted(self) -> Self:
        parts = urlsplit(self.url)
        if parts.scheme == "http" and parts.hostname not in LOOPBACK and not self.plain_http:
            raise ValueError("url: write https; plainHttp: true allows http where the network itself is trusted")
        return self


class TokenOptions(ConnectorOptions):
    """A connector that signs its requests with one token."""

    token: Secret


class AccountOptions(ConnectorOptions):
    """A connector that signs with user and password, with a token, or with OAuth client credentials.

    Systems with `is_open` may be read without.
    """

    is_open: ClassVar[bool] = False

    user: str | None = None
    password: Secret | None = None
    token: Secret | None = None
    oauth: OAuth | None = None

    @model_validator(mode="after")
    def _one_way_to_sign(self) -> Self:
        ways = [self.user is not None and self.password is not None, self.token is not None, self.oauth is not None]
        if (self.user is None) != (self.password is None) or sum(ways) > 1 or (sum(ways) == 0 and not self.is_open):
            raise ValueError("give either user and password, or token, or oauth")
        return self


# ------------------------------------------------------------------------------------------------ what is asked


class JobFailed(Exception):
    """Work that the system began for a pull, and says it will not finish: a later pull has to begin it anew."""


def address_parts(address: str) -> SplitResult:
    """An address, or a path, taken apart. Raises ValueError if it is neither, or has a user in it."""
    if isinstance(address, str) and address.isprintable():
        with suppress(ValueError):
            parts = urlsplit(address)
            if parts.port != 0 and parts.username is None:  # a port is only looked at when it is asked for
                return parts
    shown = json.dumps(address)
    raise ValueError(f"{shown if len(shown) <= _SHOWN_CHARACTERS else 'what it leads to'} is no address")


@dataclass(frozen=True)
class Request:
    """One request of a pull. `feed` is the raw feed of the records in its answer, None = it has none.

    `path` is below the source's url, or a whole address on an allowed host. `note` is JSON for `follow`. A request with
    `wait_seconds` asks how something stands, and may be repeated. Raises ValueError for a path that is no address, and
    for text that cannot be sent (half of a surrogate pair): an answer may say anything of what comes next.
    """

    feed: str | None
    path: str
    params: Params = ()
    body: Json = None
    note: Mapping[str, Json] = field(default_factory=dict)
    wait_seconds: int = 0

    def __post_init__(self) -> None:
        address_parts(self.path)
        json.dumps([self.params, self.body, dict(self.note)], ensure_ascii=False).encode()

    def with_params(self, **params: str | int) -> "Request":
        """The same request with these parameters replaced or added."""
        names = {name.removesuffix("_"): str(value) for name, value in params.items()}
        kept = tuple((name, value) for name, value in self.params if name not in names)
        return replace(self, params=(*kept, *names.items()))

    @property
    def label(self) -> str:
        """What is said of it in messages and landing: the path without its parameters."""
        return urlsplit(self.path).path

    def param(self, name: str) -> str:
        """The value of a parameter."""
        return dict(self.params)[name]

    def as_json(self) -> list[Json]:
        """The request as JSON, to be kept."""
        return [self.feed, self.path, self.params, self.body, dict(self.note), self.wait_seconds]

    @classmethod
    def from_json(cls, kept: Sequence[Json]) -> "Request":
        """The request that `as_json` kept."""
        feed, path, params, body, note, wait = kept
        return cls(feed, path, tuple((name, value) for name, value in params), body, note, wait)


class Records(Sequence[Json]):
    """A page's records as values; each is decoded when it is asked for, since most connectors need the last one only.

    `texts` are the records as received.
    """

    def __init__(self, texts: Sequence[RecordText]) -> None:
        self.texts = texts

    def __len__(self) -> int:
        return len(self.texts)

    @overload
    def __getitem__(self, place: int) -> Json: ...

    @overload
    def __getitem__(self, place: slice) -> "Records": ...

    def __getitem__(self, place: int | slice) -> Json:
        if isinstance(place, slice):
            return Records(self.texts[place])
        text = self.texts[place]
        try:
            return msgspec.json.decode(text)
        except msgspec.DecodeError:  # half of a surrogate pair, a number too large: the slower reader takes both
            return json.loads(bytes(text))


@dataclass(frozen=True)
class Page:
    """An answer: its records, all else in it, and its headers (names in lower case)."""

    records: Records
    envelope: Mapping[str, Json]
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def last(self) -> Json:
        """The last record."""
        return self.records[-1]


def value_at(value: Json, path: str) -> Json:
    """What stands at a path of names with dots between them; None where there is nothing."""
    for step in path.split("."):
        if not isinstance(value, dict):
            return None
        value = value.get(step)
    return value


# ----------------------------------------------------------------------------------------- what a record means


@dataclass(frozen=True)
class Rows:
    """How records become rows of one canonical feed.

    `columns` names SQL of canonical columns; those it leaves out are empty. `source` is the FROM clause; the records
    are the relation `record` in it, with load_id, record_number, record_key, payload and the feed's fields as text.
    `prepare` is SQL of CTEs before it (`name as (…), …`). Feeds named in the raw feed's `looks_into` are relations of
    their own name in all three, each record in its latest version.
    """

    columns: Mapping[str, str]
    source: str = "record"
    where: str = "true"
    prepare: str = ""


# Of `json.dumps` with an order of keys; made once, because records are many.
_IN_ORDER = json.JSONEncoder(sort_keys=True)
# A step of a JSON path: a member of an object, or of a list.
_STEP = re.compile(r'\."[^"]+"|\.[^."\[]+|\[[^\]]+\]')


def _called(steps: Sequence[str]) -> str:
    """A JSON path as people write it."""
    return "".join(steps).replace('"', "").removeprefix(".")


@dataclass(frozen=True)
class PulledFeed:
    """One raw feed of a connector.

    `records` is the path of the list in an answer ("" = the answer is the list), `key` the paths that tell a record
    from others, `cursor` the path of the instant by which its changes are asked for; `@name` is a note of the request.
    `fields` names JSON paths that the rows are made of, `reads` has those that rows take from the payload themselves
    (`[*]` is every member of a list). All of them are watched for changes of type, with the key, the cursor, and what
    they are in. `ticket` is the field with the ticket's id, `about` the JSON path (or note) by which a record names its
    ticket's record instead. `looks_into` names feeds whose records the rows need too.

    `is_complete`: every pull brings every record, so that one which is missing was deleted; `is_reconciled`: the same
    on the nights of `reconcileOn`, on which it is asked for from the beginning. `deleted_when` is SQL over the fields:
    the record says that it was. `shows_gone`: the rows see deleted records too, in their last version and with
    `is_gone`. `is_text_stable`: the system writes an unchanged record the same way each time; otherwise its values are
    compared.
    """

    name: str
    records: str
    key: tuple[str, ...]
    fields: Mapping[str, str]
    rows: Mapping[str, Rows] = field(default_factory=dict)
    reads: tuple[str, ...] = ()
    cursor: str | None = None
    ticket: str | None = None
    about: str | None = None
    looks_into: tuple[str, ...] = ()
    is_complete: bool = False
    is_reconciled: bool = False
    is_text_stable: bool = True
    shows_gone: bool = False
    deleted_when: str = "false"

    @property
    def watched(self) -> dict[str, str]:
        """JSON paths whose values are watched for changes of type, by what they are called."""
        places = [path for path in (*self.key, self.cursor) if path is not None and not path.startswith("@")]
        paths = [*self.fields.values(), *(f"$.{path}" for path in places), *self.reads]
        steps = [_STEP.findall(path) for path in paths]
        found = {_called(_STEP.findall(path)): (name, path) for name, path in self.fields.items()}
        for place in (path[:end] for path in steps for end in range(1, len(path) + 1)):
            called, path = _called(place), "$" + "".join(place)
            found.setdefault(called, (path if called in self.fields else called, path))
        return dict(found.values())

    def digest_of(self, value: Json) -> str | None:
        """What tells versions of a record apart, where its text does not."""
        if self.is_text_stable:
            return None
        return hashlib.md5(_IN_ORDER.encode(value).encode(), usedforsecurity=False).hexdigest()

    def tickets_of(self, key: str | None, payload: str) -> set[str]:
        """Every id of the ticket that a landed record is, or is about."""
        found = {key} if "tickets" in self.rows else set()
        paths = [self.fields[self.ticket]] if self.ticket else []
        if self.about and self.about.startswith("@"):
            found.add((key or "").split("|")[self.key.index(self.about)])
        elif self.about:
            paths.append(self.about)
        record = json.loads(payload) if paths else None
        for path in paths:
            value = record
            for step in _STEP.findall(path.removeprefix("$")):
                value = value.get(step[1:].strip('"')) if isinstance(value, dict) else None
            found.add(None if value is None else str(value))
        return {ticket for ticket in found if ticket}


def only_meant(value: Json, meant: Callable[[Mapping[str, Json]], Collection[str]], *, is_meant: bool = False) -> Json:
    """A copy of a record in which of each object's plain values only those stay whose names `meant` returns for it.

    The others are null: what holds them stays as long and as deep as it was.
    """
    if isinstance(value, dict):
        names = meant(value)
        return {name: only_meant(member, meant, is_meant=name in names) for name, member in value.items()}
    if isinstance(value, list):
        return [only_meant(member, meant, is_meant=is_meant) for member in value]
    return value if is_meant else None


def each_object(value: Json, change: Callable[[Mapping[str, Json]], Mapping[str, Json]]) -> Json:
    """A copy of a record with what `change` returns put into each of its objects, from the innermost outwards."""
    if isinstance(value, dict):
        inner = {name: each_object(member, change) for name, member in value.items()}
        return {**inner, **change(inner)}
    if isinstance(value, list):
        return [each_object(member, change) for member in value]
    return value


def alias(value: Json, pseudonym: Callable[[str], str], nobody: Collection[str] = ()) -> Json:
    """The pseudonym of an id, whether it is a number or a text; null, and ids of no person, as they are."""
    return value if value is None or str(value) in nobody else pseudonym(str(value))


def utc_text(instant: datetime) -> str:
    """The instant in UTC, whole seconds, sortable as text."""
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


# ------------------------------------------------------------------------------------------------ the connector

Own = TypeVar("Own", bound=PullOptions)


class Connector(Generic[Own]):
    """One system. A connector has no state but its options; `since` and pages are arguments.

    `doubts_empty_pages`: an empty page with more to come is asked for once more before it is believed, because nothing
    in it tells a fault from rows that the account may not see.

    `names_persons`: its records name persons; `without_persons` knows where, and `meant` what else has to stay when one
    is forgotten.
    """

    options_model: ClassVar[type[Any]]
    doubts_empty_pages: ClassVar[bool] = False
    names_persons: ClassVar[bool] = False

    def __init__(self, options: Own) -> None:
        self.options = options

    def feeds(self) -> Sequence[PulledFeed]:
        """The raw feeds, in the order in which they are understood."""
        raise NotImplementedError

    def start(self, since: Mapping[str, datetime], now: datetime) -> Sequence[Request]:
        """The first requests of a pull that ends `now`; `since` has an instant per raw feed, the overlap taken off.

        When days are asked for again, `now` is their end: a system that keeps what happened by its own time is asked
        up to then; one that tells what changed since has no other end than the present.
        """
        raise NotImplementedError

    def follow(self, request: Request, page: Page) -> Sequence[Request]:
        """The requests that an answer leads to; they come before those that wait already.

        Raises ValueError (or what reading another shape raises) for an answer that is not what the system documents,
        and JobFailed.
        """
        return ()

    def without_persons(self, feed: str, record: Json, pseudonym: Callable[[str], str]) -> Json:
        """The record with a pseudonym for every id of a person, and without what else tells who it is.

        What stands for no person (the system itself) stays; so does what the rows are made of.
        """
        return record

    def meant(self, feed: str, found: Mapping[str, Json]) -> Collection[str]:
        """Names of the plain values of one object in a record that rows, keys and cursors are made of.

        Pseudonyms are among them; what somebody wrote is not.
        """
        return ()

    def without_texts(self, feed: str, record: Json) -> Json:
        """The record without what anybody wrote in it, and without what means nothing here: its rows stay."""
        return only_meant(record, lambda found: self.meant(feed, found))

    def text_of(self, request: Request, body: bytes) -> str:
        """An answer as JSON text. Raises ValueError if it is not what the system documents."""
        return body.decode("utf-8-sig")

    def address(self, request: Request, secret: Callable[[Secret], str]) -> str:
        """Where the request is sent: its path, unless that stands for a secret one."""
        return request.path

    def headers(self, secret: Callable[[Secret], str]) -> Mapping[str, str]:
        """What signs a request to the source's own host. OAuth is signed by the client itself."""
        return {}


def bearer(token: str) -> dict[str, str]:
    """RFC 6750."""
    return {"Authorization": f"Bearer {token}"}


def basic(user: str, password: str) -> dict[str, str]:
    """RFC 7617."""
    return {"Authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}


def account_headers(options: AccountOptions, secret: Callable[[Secret], str]) -> dict[str, str]:
    """How an account signs, other than by OAuth."""
    if options.token is not None:
        return bearer(secret(options.token))
    if options.user is not None and options.password is not None:
        return basic(options.user, secret(options.password))
    return {}


# ------------------------------------------------------------------------------------------------------- paging


def next_link(request: Request, link: str | None) -> list[Request]:
    """The page that an answer links to; none if it links to none."""
    return [replace(request, path=link, params=())] if link else []


def next_offset(request: Request, page: Page, name: str, *, is_last: bool) -> list[Request]:
    """The page after this one where pages are counted in records, and an answer says in `name` where it begins.

    Raises ValueError for another page than the one that was asked for, and for an empty one with more to come: where
    such an answer leads, records would be passed over.
    """
    begin = int(request.param(name))
    demand_page(name, begin, page.envelope[name])
    if is_last:
        return []
    if not page.records:
        raise ValueError(f"the page is empty, with more to come after {name} {begin}")
    return [request.with_params(**{name: begin + len(page.records)})]


def demand_page(name: str, asked: int, told: Json) -> None:
    """Raises ValueError if an answer says that it is another page than the one that was asked for."""
    if told != asked:
        raise ValueError(f"{name} {asked} was asked for, and the answer is {name} {told}")


def link_of(headers: Mapping[str, str], relation: str) -> str | None:
    """The address of a Link header (RFC 8288)."""
    for part in headers.get("link", "").split(","):
        address, _, parameters = part.partition(";")
        if f'rel="{relation}"' in parameters:
            return address.strip().removeprefix("<").removesuffix(">")
    return None


def earlier(instant: datetime, seconds: int) -> datetime:
    """The instant so many seconds before; never before the epoch."""
    epoch, before = datetime.fromtimestamp(0, UTC), timedelta(seconds=seconds)
    return instant - before if instant > epoch + before else epoch  # the year 1 has nothing before it
