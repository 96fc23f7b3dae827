"""Connector `qualtrics`: survey responses.

Follows the Qualtrics API v3 response export with `format: json`: an export is started, asked about until it is
complete, and its file is a zip archive with one JSON document. Responses are asked for by the time they were recorded;
one that is deleted is only noticed when all of them are asked for (`reconcileOn`).
"""

import io
import zipfile
import zlib
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime

from pydantic import Field

from ingestion.connectors.base import (
    Connector,
    JobFailed,
    Json,
    Page,
    PulledFeed,
    Request,
    Rows,
    Secret,
    TokenOptions,
    alias,
    utc_text,
)
from ingestion.readers import literal

_WAIT_SECONDS = 5
_GIVEN_UP = ("failed", "cancelled")
# Kinds of a response that no respondent gave: preview, generated test, preview taken for spam, preview offline.
_REHEARSALS = ("1", "2", "9", "17")


class QualtricsOptions(TokenOptions):
    """Options of a source of type `qualtrics`.

    `items` names the item of a question (`{QID1_1: csat}`), `columns` the question or embedded data that tells the
    customer, service, ticket or team (`{customer_id: customer}`).
    """

    survey: str = Field(pattern=r"^SV_[A-Za-z0-9]+$")
    instrument: str
    items: dict[str, str] = Field(min_length=1)
    columns: dict[str, str] = Field(default={})


# What Qualtrics notes of a person beside the answers.
_PERSONS = ("recipientEmail", "recipientFirstName", "recipientLastName", "externalDataReference", "ipAddress")


class Qualtrics(Connector[QualtricsOptions]):
    """A record is one response; a finished one has a row per answered item."""

    options_model = QualtricsOptions
    names_persons = True

    def without_persons(self, feed: str, record: Json, pseudonym: Callable[[str], str]) -> Json:
        """Recipients; not a field that slm.yaml reads something else from."""
        values = record.get("values") or {}
        persons = [name for name in _PERSONS if values.get(name) and name not in self.options.columns.values()]
        return {**record, "values": {**values, **{name: alias(values[name], pseudonym) for name in persons}}}

    def meant(self, feed: str, found: Mapping[str, Json]) -> Collection[str]:
        """The items, what slm.yaml reads beside them, and pseudonyms."""
        options = self.options
        told = ("responseId", "endDate", "recordedDate", "finished", "status", *_PERSONS)
        return {*told, *options.items, *options.columns.values()}

    def feeds(self) -> Sequence[PulledFeed]:
        """Responses that were broken off are no answers, nor are previews and tests of the survey."""
        items = ", ".join(
            f"{{'item': {literal(item)}, 'score': json_extract_string(payload, '$.values.\"{question}\"')}}"
            for question, item in self.options.items.items()
        )
        columns = {
            "response_id": "record_key",
            "instrument_id": literal(self.options.instrument),
            "item": "answer.item",
            "score": "answer.score",
            "responded_at": "responded_at",
        }
        columns |= {
            column: f"json_extract_string(payload, '$.values.\"{name}\"')"
            for column, name in self.options.columns.items()
        }
        rows = Rows(
            columns,
            f"(select *, unnest([{items}]) as answer from record) as record",
            f"answer.score is not null and finished = '1' and coalesce(status, '') not in {_REHEARSALS}",
        )
        ticket = self.options.columns.get("ticket_id")
        fields = {"responded_at": "$.values.endDate", "finished": "$.values.finished", "status": "$.values.status"}
        return [
            PulledFeed(
                "responses",
                "responses",
                ("responseId",),
                fields,
                {"survey_responses": rows},
                tuple(f'$.values."{name}"' for name in (*self.options.items, *self.options.columns.values())),
                cursor="values.recordedDate",
                about=f'$.values."{ticket}"' if ticket else None,
                is_reconciled=True,
            )
        ]

    def start(self, since: Mapping[str, datetime], now: datetime) -> Sequence[Request]:
        """An export of what was recorded since."""
        body = {"format": "json", "startDate": utc_text(since["responses"]), "compress": True}
        return [Request(None, f"/API/v3/surveys/{self.options.survey}/export-responses", body=body)]

    def follow(self, request: Request, page: Page) -> Sequence[Request]:
        """Started, then asked about, then fetched. Raises JobFailed for an export that Qualtrics gave up."""
        if request.feed:
            return []
        (answer,) = [record["result"] for record in page.records]
        base = f"/API/v3/surveys/{self.options.survey}/export-responses"
        progress = answer.get("progressId") or request.note.get("progress")
        if answer["status"] in _GIVEN_UP:
            raise JobFailed(f"the export {progress} is {answer['status']}")
        if answer["status"] == "complete":
            return [Request("responses", f"{base}/{answer['fileId']}/file")]
        return [Request(None, f"{base}/{progress}", note={"progress": progress}, wait_seconds=_WAIT_SECONDS)]

    def text_of(self, request: Request, body: bytes) -> str:
        """The one document of the archive, at most as large as an answer may be. Raises ValueError for another one."""
        if not request.feed:
            return super().text_of(request, body)
        try:
            with zipfile.ZipFile(io.BytesIO(body)) as archive:
                (member,) = archive.infolist()
                if member.file_size > self.options.max_response_bytes:
                    raise ValueError(f"the export has {member.file_size:,} bytes, more than maxResponseBytes")
                return archive.read(member).decode("utf-8-sig")
        # A broken archive, a broken stream in it, one that is encrypted or packed in another way.
        except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError) as error:
            raise ValueError(str(error)) from error

    def headers(self, secret: Callable[[Secret], str]) -> Mapping[str, str]:
        """An API token."""
        return {"X-API-TOKEN": secret(self.options.token)}
