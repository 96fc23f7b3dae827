"""Nothing of a person leaves the home: no id in the clear, no free text, no key of the pseudonyms.

Every free text of every feed is planted with a sentence that no other text has, in good rows and in rejected ones, and
everything of a release is searched for it.
"""

import re
from pathlib import Path

import pytest

from ingestion.feeds import CANONICAL_FEEDS, Column, Feed
from ingestion.persons import Persons
from tests.home_texts import places_of
from tests.integration.small_project import ROOT, Project, small_project

KEY = "0123456789abcdef0123456789abcdef-of-the-test"
SECRETS = {"SLM_PSEUDONYM_KEY": KEY}
SENTENCE = "My neighbour Tilda Quarrington weeps"
PERSON = "tilda.quarrington"
# A good value of each column that needs one of its own; any other text is "x".
VALUES = {
    "customer_id": "acme",
    "service_id": "mail",
    "ticket_id": "T1",
    "ticket_type": "incident",
    "priority": "P1",
    "opened_at": "2026-03-02T10:00:00Z",
    "event_type": "message",
    "score": "4",
    "item": "overall",
    "currency": "GBP",
    "amount": "1.00",
    "instrument_id": "pulse",
}
BAD = {"instant": "yesterday", "date": "soon", "double": "many", "bigint": "many", "decimal": "much", "boolean": "si"}
INSTRUMENT = """\
apiVersion: slm/v1
kind: SurveyInstrument
metadata: {name: pulse}
spec: {version: 1, items: [{id: overall, kind: csat, text: How was it?}]}
"""


def is_free_text(feed: Feed, column: Column) -> bool:
    """What the feeds declare, and the text of a message."""
    return column.is_free_text or (feed.name, column.name) == ("ticket_events", "value")


def value(feed: Feed, column: Column, number: str, bad: str) -> str:
    """A cell of row `number`; `bad` names the column that is wrong in it."""
    if column.name == bad:
        return BAD.get(column.kind, SENTENCE)
    if is_free_text(feed, column):
        return SENTENCE
    if column.is_person:
        return PERSON
    if column.name in feed.key and column.kind == "text" and not column.values and column.name not in VALUES:
        return number
    if column.name == feed.key[0] and column.name == "ticket_id":
        return number
    if column.name in VALUES:
        return VALUES[column.name]
    if column.values:
        return column.values[0]
    kinds = {"instant": "2026-03-02T11:00:00Z", "date": "2026-03-01", "text": ""}
    return kinds.get(column.kind, "1") if column.is_required or column.kind == "text" else ""


def rows(feed: Feed) -> list[str]:
    """A good row, and one for each column that a row can be rejected for."""
    refusable = [c.name for c in feed.columns if c.kind in BAD or c.values]
    kinds = ["", *refusable]
    return [
        ",".join(
            value(feed, column, f"{'T' if feed.name == 'tickets' else 'N'}{number}", bad) for column in feed.columns
        )
        for number, bad in enumerate(kinds, start=1)
    ]


@pytest.fixture(scope="module")
def project(parsed_models: Path, tmp_path_factory: pytest.TempPathFactory) -> Project:
    made = small_project(tmp_path_factory.mktemp("private"))
    feeds = {name: f"data/{name}.csv" for name in CANONICAL_FEEDS}
    desk = {"name": "desk", "type": "files", "feeds": feeds, "maxRejectRatio": 1.0}
    made.write_settings(
        [desk],
        privacy={"pseudonymKey": {"env": "SLM_PSEUDONYM_KEY"}},
        maxAffectedTicketRatio=1.0,
        reports={"periods": 2, "formats": ["html"]},
    )
    made.write("agreements/survey.yaml", INSTRUMENT)
    for name, feed in CANONICAL_FEEDS.items():
        made.write(f"data/{name}.csv", ",".join(feed.column_names), *rows(feed))
    outcome = made.nightly(**SECRETS).demand_release()
    made.write("terminal.txt", outcome.output, outcome.errors)
    return made


def test_every_feed_has_a_good_row_and_rejected_ones(project: Project) -> None:
    """Else the searches below would prove nothing."""
    counts = project.query("select feed, accepted_count, quarantined_count from marts.load_audit order by feed")
    assert [feed for feed, accepted, _ in counts if not accepted] == []
    assert {feed for feed, _, rejected in counts if rejected} == {
        name for name, feed in CANONICAL_FEEDS.items() if len(rows(feed)) > 1
    }
    assert places_of(SENTENCE, project.home / "landing") != []


def test_free_text_reaches_no_table_page_or_file_of_a_release(project: Project) -> None:
    assert (project.current / "report" / "index.html").is_file()
    assert places_of("Quarrington weeps", project.home / "releases") == []


def test_published_quarantine_says_where_the_record_is(project: Project) -> None:
    columns = "file, line, column_name, reason_code, record_id, reason"
    found = project.query(f"select {columns} from marts.quarantine where feed = 'outages' and column_name = 'kind'")
    (row,) = found
    assert row[0] == "data/outages.csv"
    assert project.query("select count(*) from marts.quarantine where line is null or reason_code is null") == [(0,)]
    assert row[5].startswith('kind "…" is none of outage, partial')


def test_nobody_is_named_in_the_clear_anywhere_in_the_home(project: Project) -> None:
    """Landing, warehouse, release, Dagster's records of the run; the planted sentence names her otherwise."""
    assert places_of(PERSON, project.home) == []
    pseudonym = Persons.with_key(KEY, "").pseudonym(PERSON)
    assert project.query("select distinct requester_id from marts.fct_ticket") == [(pseudonym,)]


def test_key_is_nowhere(project: Project) -> None:
    assert places_of(KEY, project.home, project.folder) == []


def test_night_with_another_key_is_refused_and_the_release_stands(project: Project) -> None:
    before = project.releases()
    refused = project.nightly(SLM_PSEUDONYM_KEY=KEY[::-1])
    assert refused.status == 1
    assert "SLM_PSEUDONYM_KEY holds another key" in refused.last_lines
    assert "Set the former key again" in refused.last_lines
    assert KEY[::-1] not in refused.output + refused.errors
    assert project.releases() == before


def test_key_written_into_slm_yaml_is_refused_and_not_shown(project: Project, tmp_path: Path) -> None:
    copied = project.copy(tmp_path)
    copied.write_settings(privacy={"pseudonymKey": KEY})
    refused = copied.nightly(**SECRETS)
    assert refused.status == 1
    assert "name the environment variable that holds the secret: {env: NAME}" in refused.last_lines
    assert KEY not in refused.output + refused.errors


def test_no_model_reads_a_free_text() -> None:
    """The rule stands in the feeds' declaration: what it calls free text, staging does not select."""
    for name, feed in CANONICAL_FEEDS.items():
        model = ROOT / "dbt_project" / "models" / "staging" / f"stg_feeds__{name}.sql"
        selected = model.read_text(encoding="utf-8") if model.is_file() else ""
        for column in feed.columns:
            if column.is_free_text:
                assert not re.search(rf"\b{column.name}\b", selected), f"{model.name} selects {column.name}"
