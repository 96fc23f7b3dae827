"""The walk through a source's pages: ask, keep, go on to what the answer leads to.

Belongs here: the order of requests, going on after a kill, and noticing a server that leads in a circle.
Does not belong here: HTTP (client), the form of what is kept (spool).
Sits between the client and landing.
"""

import hashlib
import json
from collections import deque
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import numpy as np

from ingestion.connectors.base import (
    Connector,
    JobFailed,
    Json,
    Page,
    PulledFeed,
    Records,
    RecordText,
    Request,
    utc_text,
)
from ingestion.errors import SignInRefused, SourceError, SourceUnavailable
from ingestion.persons import PERSONS, Persons
from ingestion.pulling.client import Client, Response
from ingestion.pulling.pages import MalformedPage, records_of
from ingestion.pulling.spool import SIZE, Frame, Spool
from ingestion.pulling.tables import TableClient

# Tokens of pages die after minutes to hours, and what was pulled grows old: a pull left longer ago begins anew.
_GO_ON_WITHIN = timedelta(hours=12)
# A page that leads to itself may have been a passing fault; a job that is asked about may take long, but not for ever.
_MOST_REPEATS = 3
_MOST_QUESTIONS = 500


def walk(
    source: str,
    connector: Connector[Any],
    client: Client | TableClient,
    spool: Spool,
    since: Mapping[str, datetime],
    whole: Sequence[str],
    signature: str,
    now: datetime,
    until: datetime,
    persons: Persons | None,
) -> None:
    """Afterwards the spool holds every answer of one pull, those of a run that was killed included.

    The pull ends `until`, which is `now` or earlier. `whole` names the feeds that are pulled from the beginning; the
    spool keeps them. `signature` is what the pull depends on: a spool of another one is thrown away. With `persons`
    the spool names none. Raises SourceError; what was pulled then stays for the next run only where that may help.
    """
    try:
        _walk(source, connector, client, spool, since, whole, signature, now, until, persons)
    except (SourceUnavailable, SignInRefused):
        raise
    except JobFailed as error:
        spool.remove()
        raise SourceUnavailable(
            source, f"{error}; nothing of this pull is landed, and the next run begins anew"
        ) from error
    except SourceError:
        spool.remove()
        raise
    finally:
        spool.close()


def _walk(
    source: str,
    connector: Connector[Any],
    client: Client | TableClient,
    spool: Spool,
    since: Mapping[str, datetime],
    whole: Sequence[str],
    signature: str,
    now: datetime,
    until: datetime,
    persons: Persons | None,
) -> None:
    feeds = {feed.name: feed for feed in connector.feeds()}
    opening = spool.opening()
    if opening is None or opening["signature"] != signature or not can_go_on(opening, persons, now):
        spool.begin(
            {
                "signature": signature,
                PERSONS: persons.version if persons else None,
                "begun_at": utc_text(now),
                "whole": list(whole),
                "first": [
                    request.as_json()
                    for request in connector.start(since, until)
                    if request.feed not in connector.options.leave_out
                ],
            }
        )
        opening = spool.opening() or {}
    waiting, asked = deque(map(Request.from_json, opening["first"])), dict[str, int]()
    for frame in spool.frames():
        waiting.popleft()
        waiting.extendleft(map(Request.from_json, reversed(frame.led_to)))
        _count(asked, frame.asked)
    same, before = 0, None
    while waiting:
        request = waiting.popleft()
        times = _count(asked, request.as_json())
        if times > (_MOST_QUESTIONS if request.wait_seconds else _MOST_REPEATS):
            raise SourceError(
                source,
                f"{request.label}: the server leads to the same page again and again; nothing of this pull is landed",
            )
        try:
            page, response, led_to = client.fetch(request, _Answers(connector, feeds, request).read)
            frame = _frame(connector, feeds, request, page, response, led_to, persons)
        except MalformedPage as error:
            raise SourceError(source, f"{request.label}: {error}") from error
        # One that passes over what page is asked for may link to yet another one with each answer.
        same = same + 1 if frame.body and _comes_again(request, frame, before) else 0
        if same > _MOST_REPEATS:
            raise SourceError(
                source, f"{request.label}: page after page brings the same records; nothing of this pull is landed"
            )
        before = request, frame
        spool.append(frame)
        waiting.extendleft(reversed(led_to))


def _comes_again(request: Request, frame: Frame, before: tuple[Request, Frame] | None) -> bool:
    """Whether the page before in the same list held the very same records."""
    if before is None:
        return False
    asked, kept = before
    return (asked.feed, asked.note, kept.body) == (request.feed, request.note, frame.body)


def can_go_on(opening: Mapping[str, Any], persons: Persons | None, now: datetime) -> bool:
    """Whether a pull that began so may be gone on with; what it holds names persons otherwise, or is too old."""
    if opening.get(PERSONS) != (persons.version if persons else None):
        return False
    return now - datetime.fromisoformat(opening["begun_at"]) <= _GO_ON_WITHIN


def _count(asked: dict[str, int], kept: Sequence[Any]) -> int:
    """How often this very request has been asked, this time included."""
    digest = hashlib.sha256(json.dumps(kept).encode()).hexdigest()
    asked[digest] = asked.get(digest, 0) + 1
    return asked[digest]


# What reading JSON of another shape than expected raises: no such name, no such place, no object, no number, no end of
# objects in objects.
_OTHER_SHAPE = (KeyError, IndexError, TypeError, AttributeError, ValueError, RecursionError)


class _Answers:
    """Takes the answers to one request apart: the first, and those that come when it is asked again."""

    def __init__(self, connector: Connector[Any], feeds: Mapping[str, PulledFeed], request: Request) -> None:
        self._connector, self._request = connector, request
        self._records = feeds[request.feed].records if request.feed else ""
        self._may_be_empty = not (connector.doubts_empty_pages and request.feed)

    def read(self, response: Response) -> tuple[Page, Response, Sequence[Request]]:
        """The answer, and what it leads to. Raises MalformedPage for one that is not what the system documents.

        A connector reads an answer as it is documented and asks of nothing in it whether it is there, so one of another
        shape shows as an error of the connector's own expressions. Only errors that reading raises count as the
        answer's fault, and only here, where a connector holds an answer: all others pass through, and those that count
        keep their cause.
        """
        try:
            text = self._connector.text_of(self._request, response.body)
        except ValueError as error:
            raise MalformedPage(f"the answer cannot be read ({error})") from error
        except _OTHER_SHAPE as error:
            raise _undocumented(error) from error
        texts, envelope = records_of(text, self._records)
        page = Page(Records(texts), envelope, response.headers)
        try:
            led_to = self._connector.follow(self._request, page)
        except _OTHER_SHAPE as error:
            raise _undocumented(error) from error
        if led_to and not texts and not self._may_be_empty:
            self._may_be_empty = True
            raise MalformedPage("the page is empty, with more to come")
        return page, response, led_to


def _undocumented(error: Exception) -> MalformedPage:
    what = str(error) if type(error) is ValueError else f"{type(error).__name__}: {error}"
    return MalformedPage(f"the answer is not what the system documents ({what})")


def _frame(
    connector: Connector[Any],
    feeds: Mapping[str, PulledFeed],
    request: Request,
    page: Page,
    response: Response,
    led_to: Sequence[Request],
    persons: Persons | None,
) -> Frame:
    texts: Sequence[RecordText] = []
    digests: Sequence[str | None] | None = None
    if request.feed:
        try:
            texts, digests = _kept(connector, feeds[request.feed], page.records, persons)
        except _OTHER_SHAPE as error:
            raise _undocumented(error) from error
    server_time = response.server_time
    return Frame(
        feed=request.feed,
        label=request.label,
        body=b"".join(texts),
        sizes=np.fromiter(map(len, texts), SIZE, len(texts)),
        digests=digests,
        asked=request.as_json(),
        led_to=[following.as_json() for following in led_to],
        server_time=utc_text(server_time) if server_time else None,
    )


def _kept(
    connector: Connector[Any], feed: PulledFeed, records: Records, persons: Persons | None
) -> tuple[Sequence[RecordText], Sequence[str | None] | None]:
    """The texts of records as they may be kept, and their digests where texts do not tell versions apart."""
    if persons is None or not connector.names_persons:
        return records.texts, None if feed.is_text_stable else [feed.digest_of(record) for record in records]
    nameless = [connector.without_persons(feed.name, record, persons.pseudonym) for record in records]
    written = [record_text(record) for record in nameless]
    renamed = [persons.renamed(text) for text in written]
    # As if nobody had been forgotten: the system's own copy has not changed, and must not come again for that.
    digests = [
        feed.digest_of(record) or (None if kept == own else text_digest(own))
        for record, own, kept in zip(nameless, written, renamed, strict=True)
    ]
    return [kept.encode() for kept in renamed], digests


def record_text(record: Json) -> str:
    """The text of a record whose own text may not be kept."""
    text = json.dumps(record, ensure_ascii=False)
    try:
        text.encode()
    except UnicodeEncodeError:  # half a surrogate pair, which JSON can name and UTF-8 cannot write
        return json.dumps(record)
    return text


def text_digest(text: str) -> str:
    """As DuckDB's md5, which tells the texts of records apart."""
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
