"""From a published figure down to the lines that were landed, and back: by `explain`, and by the documented queries."""

import re
import shutil
from pathlib import Path

import duckdb
import pytest

from reporting.errors import ReportError
from reporting.explain import explain
from tests.integration.small_project import AGREEMENT, PARTIES, ROOT, Project, small_project

TARGETS = """\
    - {id: up, metric: availability, calendar: 24x7, objective: {op: gte, targetPercent: 99}}
    - {id: restore, metric: restore_time, objective: {op: lte, value: PT1H, targetPercent: 90}}
    - {id: content, metric: csat, objective: {op: gte, targetPercent: 80}}
"""
DATABASE = """\
---
apiVersion: slm/v1
kind: Service
metadata: {name: db}
spec: {owner: it}
"""
OUTAGES = (
    "outage_id,service_id,started_at,ended_at,kind,attributed_to",
    "O1,mail,2026-03-05T10:00:00Z,2026-03-05T11:30:00Z,outage,supplier",
    "O2,db,2026-03-06T10:00:00Z,2026-03-06T10:30:00Z,outage,",
)
CHECKS = (
    "service_id,checked_at,status",
    "mail,2026-03-07T09:00:00Z,up",
    "mail,2026-03-07T09:05:00Z,up",
    "mail,2026-03-07T09:10:00Z,down",
    "mail,2026-03-07T09:15:00Z,up",
)
ANSWERS = (
    "response_id,instrument_id,item,score,responded_at,customer_id,service_id,comment",
    "R1,pulse,csat,5,2026-03-08T10:00:00Z,acme,mail,thanks",
    "R2,pulse,csat,2,2026-03-08T11:00:00Z,acme,mail,no",
)
KEY = "rpt_sla_scorecard/sla-mail/1/{}/mail/2026-03-01"
EXPERIENCE = "rpt_experience/acme/mail/csat/csat/2026-03-01"
# Places of the records behind each figure: file, line, key.
RESOLVE = {
    *(("data/tickets.csv", line, key) for line, key in ((2, "T1"), (3, "T2"), (4, "T3"))),
    *(("data/events.csv", line, key) for line, key in ((2, "E1"), (3, "E2"), (4, "E3"))),
}
OUTAGE = ("data/outages.csv", 2, "O1")
DOWN = ("data/checks.csv", 4, "2026-03-07 09:10:00")
UP = {
    OUTAGE,
    DOWN,
    ("data/checks.csv", 2, "2026-03-07 09:00:00"),
    ("data/checks.csv", 5, "2026-03-07 09:15:00"),
}
CONTENT = {("data/answers.csv", 2, "R1"), ("data/answers.csv", 3, "R2")}


@pytest.fixture(scope="module")
def project(parsed_models: Path, tmp_path_factory: pytest.TempPathFactory) -> Project:
    made = small_project(tmp_path_factory.mktemp("evidence"))
    made.write_settings(
        [
            {
                "name": "desk",
                "type": "files",
                "feeds": {"tickets": "data/tickets.csv", "ticket_events": "data/events.csv"},
            },
            {
                "name": "monitoring",
                "type": "files",
                "maxGap": "PT10M",
                "feeds": {"outages": "data/outages.csv", "uptime_checks": "data/checks.csv"},
            },
            {"name": "panel", "type": "files", "feeds": {"survey_responses": "data/answers.csv"}},
        ]
    )
    depending = PARTIES.replace("{owner: it}", "{owner: it, dependsOn: [{service: db, mode: serial}]}")
    made.write("agreements/parties.yaml", depending + DATABASE)
    counted = AGREEMENT.replace("  targets:\n", "  policies: {inheritedDowntime: counted}\n  targets:\n")
    made.write("agreements/sla.yaml", counted + TARGETS)
    for name, rows in (("outages", OUTAGES), ("checks", CHECKS), ("answers", ANSWERS)):
        made.write(f"data/{name}.csv", *rows)
    made.nightly().demand_release()
    return made


def documented(sentence: str) -> str:
    """The query below a sentence of docs/releases.md."""
    below = (ROOT / "docs/releases.md").read_text(encoding="utf-8").split(sentence, 1)[1]
    query = re.search(r"^```sql\n(.*?)^```", below, re.MULTILINE | re.DOTALL)
    assert query is not None
    return query.group(1)


def records_of(project: Project, figure_key: str) -> set[tuple[str, int, str]]:
    query = documented("From a figure to the landed records behind its fact rows")
    query, replaced = re.subn(r"(?<=figure_key = ')[^']+", figure_key, query)
    assert replaced == 1
    return {row[4:] for row in project.query(query)}


def figures_on(project: Project, file: str) -> set[str]:
    query = documented("And back, from a file that was landed")
    query, replaced = re.subn(r"(?<=file = ')[^']+", file, query)
    assert replaced == 3
    return {figure_key for (figure_key,) in project.query(query)}


@pytest.mark.parametrize(
    ("figure_key", "expected"),
    [
        (KEY.format("resolve"), RESOLVE),
        (KEY.format("up"), UP),
        (KEY.format("restore"), {OUTAGE, DOWN}),
        (KEY.format("content"), CONTENT),
        (EXPERIENCE, CONTENT),
    ],
)
def test_one_query_leads_from_a_figure_to_its_landed_records(
    project: Project, figure_key: str, expected: set[tuple[str, int, str]]
) -> None:
    assert records_of(project, figure_key) == expected


@pytest.mark.parametrize(
    ("file", "expected"),
    [
        ("data/events.csv", {"resolve"}),
        ("data/outages.csv", {"up", "restore"}),
        ("data/checks.csv", {"up", "restore"}),
        ("data/answers.csv", {"content"}),
    ],
)
def test_one_query_leads_from_a_landed_file_to_the_figures_on_it(
    project: Project, file: str, expected: set[str]
) -> None:
    found = figures_on(project, file)
    assert {key.split("/")[3] for key in found if key.startswith("rpt_sla_")} == expected
    assert {key for key in found if key.startswith("rpt_experience")} == ({EXPERIENCE} if "answers" in file else set())


@pytest.mark.parametrize(
    ("figure_key", "lines"),
    [
        (
            KEY.format("resolve"),
            (
                "ticket T3: desk, data/tickets.csv line 4, load tickets/000001-",
                "event E3: desk, data/events.csv line 4, load ticket_events/000001-",
            ),
        ),
        (
            KEY.format("up"),
            (
                "fct_outage mail: 2026-03-05T10:00:00Z to 2026-03-05T11:30:00Z, outage, supplier",
                "outage O1 outage of mail: monitoring, data/outages.csv line 2, load outages/000001-",
                "fct_inherited_outage db: 2026-03-06T10:00:00Z to 2026-03-06T10:30:00Z, outage",
                "outage O2 outage of db: monitoring, data/outages.csv line 3, load outages/000001-",
                "check 2026-03-07 09:10:00 outage of mail: monitoring, data/checks.csv line 4,",
                "check 2026-03-07 09:00:00 to 2026-03-07 09:05:00 up of mail: monitoring, data/checks.csv lines 2 to 3"
                " (2 records), load uptime_checks/000001-",
                "no landed record is known: for this time no source said anything of it",
            ),
        ),
        (
            KEY.format("restore"),
            (
                "outage O1 outage of mail: monitoring, data/outages.csv line 2,",
                "outage O2 outage of db: monitoring, data/outages.csv line 3,",
                "check 2026-03-07 09:10:00 outage of mail: monitoring, data/checks.csv line 4,",
            ),
        ),
        (KEY.format("content"), ("answer R2 csat: panel, data/answers.csv line 3, load survey_responses/000001-",)),
        (EXPERIENCE, ("answer R1 csat: panel, data/answers.csv line 2, load survey_responses/000001-",)),
    ],
)
def test_explain_goes_down_to_the_line(project: Project, figure_key: str, lines: tuple[str, ...]) -> None:
    text = "\n".join(explain(project.home, figure_key, rows=40))
    assert "not in" not in text
    for line in lines:
        assert line in text, text


def test_explain_names_the_clause_by_its_line(project: Project) -> None:
    """Each target by the line that names it, in the document of its agreement version."""
    for target in ("resolve", "up", "content"):
        text = "\n".join(explain(project.home, KEY.format(target)))
        found = re.search(r"(\S+agreements/sla\.yaml):(\d+)$", text, re.MULTILINE)
        assert found is not None, text
        assert f"id: {target}" in Path(found[1]).read_text(encoding="utf-8").splitlines()[int(found[2]) - 1]


def test_explain_says_the_verdict_on_each_clock_and_what_was_checked(project: Project) -> None:
    text = "\n".join(explain(project.home, KEY.format("resolve")))
    assert "breached 2026-03-02T14:00:00Z: 14,401 s on the clock, 14,400 s agreed" in text
    found = re.search(r"Checked (\d+) times before it was published; of what concerns it, (\d+) did not hold", text)
    assert found is not None, text
    ((checks, failed),) = project.query(
        "select count(*), count(case when not is_successful then 1 end) from marts.certificate_check"
    )
    assert (int(found[1]), int(found[2]), text.count(" Observed: ")) == (checks, failed, failed)


@pytest.mark.parametrize(
    ("figure_key", "words"),
    [
        (KEY.format("resolve").replace("03-01", "01-01"), ("has no figure", "the nearest:\n  rpt_sla_")),
        (
            KEY.format("up").replace("rpt_sla_scorecard", "rpt_availability"),
            ("What stands in rpt_availability is counted anew each night and has no key", KEY.format("up")),
        ),
    ],
)
def test_explain_says_what_is_no_figure(project: Project, figure_key: str, words: tuple[str, ...]) -> None:
    with pytest.raises(ReportError) as refused:
        explain(project.home, figure_key)
    for phrase in words:
        assert phrase in str(refused.value)


def test_explain_needs_no_warehouse_and_says_what_is_gone_from_landing(project: Project, tmp_path: Path) -> None:
    copy = project.copy(tmp_path)
    shutil.rmtree(copy.home / "warehouse")
    whole = explain(project.home, KEY.format("resolve"))
    assert explain(copy.home, KEY.format("resolve")) == [
        line.replace(str(project.home), str(copy.home)) for line in whole
    ]
    landing = copy.home / "landing"
    shutil.rmtree(landing / "desk" / "tickets")
    lines = explain(copy.home, KEY.format("resolve"))
    gone = [line.strip()[:9] for line in lines if line.endswith(f"; the load is not in {landing} any more")]
    assert gone == ["ticket T3", "ticket T1", "ticket T2"]


def test_explain_says_that_a_release_is_too_old_to_name_its_records(project: Project, tmp_path: Path) -> None:
    copy = project.copy(tmp_path)
    with duckdb.connect(str(copy.current / "slm.duckdb")) as connection:
        connection.execute("drop table marts.availability_record")
    text = "\n".join(explain(copy.home, KEY.format("up")))
    assert "The records behind them cannot be named: a version made this release that published none" in text
    assert "no landed record" not in text


def test_records_hold_nothing_but_places_and_keys(project: Project) -> None:
    """What was answered, and who asked, stays in landing."""
    for table in ("ticket_record", "availability_record", "survey_record"):
        assert "thanks" not in str(project.query(f"select * from marts.{table}"))
    kinds = project.query("select record_kind, kind, record_count from marts.availability_record order by started_at")
    assert kinds == [
        ("outage", "outage", 1),
        ("outage", "outage", 1),
        ("check", "up", 2),
        ("check", "outage", 1),
        ("check", "up", 1),
    ]
