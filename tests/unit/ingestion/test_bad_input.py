"""What bad input gets: a clear error for a file, the quarantine for a record, and nothing lost."""

import csv
import gzip
import io
import json
import zipfile
from pathlib import Path

import duckdb
import pytest

from ingestion.errors import SourceError
from tests.unit.ingestion.conftest import EVENT_HEADER, TICKET_HEADER, Project, event, ticket


def zipped(**members: str) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in members.items():
            archive.writestr(name.replace("_csv", ".csv"), text)
    return packed.getvalue()


# --------------------------------------------------------------------------------- files that cannot be read


def test_truncated_zip_fails_naming_the_file(desk: Project) -> None:
    whole = zipped(more_csv="\n".join([TICKET_HEADER, *(ticket(f"T{n}") for n in range(500))]))
    desk.write_bytes("data/tickets-more.zip", whole[: len(whole) // 2])
    with pytest.raises(SourceError, match=r"data/tickets-more\.zip: the zip archive is truncated or damaged"):
        desk.run(feeds={"tickets": "data/tickets*"})
    assert desk.loads("tickets") == []


def test_zip_with_a_damaged_member_fails(desk: Project) -> None:
    text = "\n".join([TICKET_HEADER, *(ticket(f"T{n}") for n in range(500))])
    whole = bytearray(zipped(more_csv=text))
    whole[len(whole) // 3] ^= 0xFF
    desk.write_bytes("data/tickets-more.zip", bytes(whole))
    with pytest.raises(SourceError, match=r"data/tickets-more\.zip: the zip archive is truncated or damaged"):
        desk.run(feeds={"tickets": "data/tickets*"})


def test_truncated_gzip_fails_naming_the_file(desk: Project) -> None:
    whole = gzip.compress("\n".join([TICKET_HEADER, *(ticket(f"T{n}") for n in range(500))]).encode())
    desk.write_bytes("data/tickets-more.csv.gz", whole[: len(whole) // 2])
    with pytest.raises(SourceError, match=r"data/tickets-more\.csv\.gz: the gzip file is truncated or damaged"):
        desk.run(feeds={"tickets": "data/tickets*"})


def test_truncated_parquet_fails_naming_the_file(desk: Project) -> None:
    path = desk.folder / "data/tickets-more.parquet"
    duckdb.sql("select range as ticket_id from range(1000)").write_parquet(str(path))
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(SourceError, match=r"data/tickets-more\.parquet: not a readable Parquet file"):
        desk.run(feeds={"tickets": "data/tickets*"})


def test_zip_without_a_table_fails_naming_what_it_holds(desk: Project) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("readme.txt", "hello")
    desk.write_bytes("data/tickets-more.zip", packed.getvalue())
    with pytest.raises(SourceError, match=r"holds no \.csv or \.ndjson file \(it holds readme\.txt\)"):
        desk.run(feeds={"tickets": "data/tickets*"})


def test_empty_file_fails_naming_the_file(desk: Project) -> None:
    desk.write_bytes("data/tickets-new.csv", b"")
    with pytest.raises(SourceError, match=r"data/tickets-new\.csv: the file has 0 bytes"):
        desk.run()


def test_gzip_of_nothing_fails_like_an_empty_file(desk: Project) -> None:
    desk.write_bytes("data/tickets-new.csv.gz", gzip.compress(b""))
    with pytest.raises(SourceError, match=r"data/tickets-new\.csv\.gz: the file has 0 bytes"):
        desk.run(feeds={"tickets": "data/tickets*"})


def test_folder_without_a_matching_file_fails_naming_pattern_and_folder(project: Project) -> None:
    (project.folder / "data").mkdir(parents=True)
    with pytest.raises(SourceError) as failure:
        project.run(feeds={"tickets": "data/tickets*.csv"})
    assert '"data/tickets*.csv"' in str(failure.value)
    assert f"the folder {project.folder / 'data'} holds no such file" in str(failure.value)


def test_missing_folder_is_said_to_be_missing(project: Project) -> None:
    project.folder.mkdir()
    with pytest.raises(SourceError, match=r"the folder .*/exports does not exist"):
        project.run(feeds={"tickets": "exports/*.csv"})


def test_every_unreadable_file_of_every_feed_is_named_at_once(desk: Project) -> None:
    desk.write_bytes("data/tickets-new.csv", b"")
    desk.write_bytes("data/tickets-old.csv", b"")
    with pytest.raises(SourceError) as failure:
        desk.run(feeds={"tickets": "data/tickets*.csv", "outages": "data/outages.csv"})
    assert len(failure.value.problems) == 3


def test_semicolons_for_commas_are_recognised(desk: Project) -> None:
    desk.write("data/tickets.csv", TICKET_HEADER.replace(",", ";"), ticket("T1").replace(",", ";"))
    with pytest.raises(SourceError) as failure:
        desk.run()
    message = str(failure.value)
    assert "data/tickets.csv line 1" in message
    assert 'the delimiter is probably ";"' in message


def test_named_delimiter_reads_the_file(desk: Project) -> None:
    desk.write("data/tickets.csv", TICKET_HEADER.replace(",", ";"), ticket("T1").replace(",", ";"))
    desk.run(feeds={"tickets": {"path": "data/tickets.csv", "delimiter": ";"}})
    assert desk.rows("tickets", "ticket_id") == [("T1",)]


def test_missing_column_fails_naming_it_and_the_columns_found(desk: Project) -> None:
    desk.write("data/tickets.csv", "ticket_id,customer_id,service,ticket_type,priority,opened_at", ticket("T1"))
    with pytest.raises(SourceError) as failure:
        desk.run()
    message = str(failure.value)
    assert "data/tickets.csv line 1: required column service_id is missing" in message
    assert "columns found: ticket_id, customer_id, service, ticket_type, priority, opened_at" in message


def test_column_missing_in_one_of_two_files_fails(desk: Project) -> None:
    desk.write("data/tickets-2.csv", "ticket_id,opened_at", "T9,2026-03-02T10:00:00Z")
    with pytest.raises(SourceError, match=r"data/tickets-2\.csv line 1: required columns customer_id, service_id"):
        desk.run()


def test_repeated_column_name_fails(desk: Project) -> None:
    desk.write("data/tickets.csv", TICKET_HEADER + ",priority", ticket("T1") + ",P1")
    with pytest.raises(SourceError, match=r'data/tickets\.csv line 1: the column name "priority" occurs twice'):
        desk.run()


def test_text_that_is_not_utf8_fails_naming_line_and_byte(desk: Project) -> None:
    rows = f"{TICKET_HEADER},channel\n{ticket('T1')},web\n{ticket('T2')},caf\xe9\n".encode("latin-1")
    desk.write_bytes("data/tickets.csv", rows)
    place = rows.index(b"\xe9") + 1
    with pytest.raises(SourceError, match=rf"data/tickets\.csv line 3, byte {place} of the file: not UTF-8"):
        desk.run()


def test_utf16_is_recognised(desk: Project) -> None:
    desk.write_bytes("data/tickets.csv", f"{TICKET_HEADER}\n{ticket('T1')}\n".encode("utf-16"))
    with pytest.raises(SourceError, match=r"the file is UTF-16; save it as UTF-8"):
        desk.run()


def test_quote_that_is_never_closed_fails_at_its_line_instead_of_swallowing_the_rest(desk: Project) -> None:
    rows = [f"{ticket(f'T{n}')},web" for n in range(300)]
    rows[100] = f'{ticket("T100")},"web'
    desk.write("data/tickets.csv", f"{TICKET_HEADER},channel", *rows)
    with pytest.raises(SourceError, match=r"data/tickets\.csv line 102: the text from here on is not CSV"):
        desk.run()


def test_text_after_a_closing_quote_fails_at_its_line(desk: Project) -> None:
    desk.write("data/tickets.csv", f"{TICKET_HEADER},channel", f'{ticket("T1")},"web" page', f'{ticket("T2")},"web"')
    with pytest.raises(SourceError, match=r"data/tickets\.csv line 2: the text from here on is not CSV"):
        desk.run()


def test_json_array_is_told_from_ndjson(desk: Project) -> None:
    desk.write("data/tickets.json", '[{"ticket_id": "T1"}]')
    with pytest.raises(SourceError, match=r"data/tickets\.json line 1: the file is a JSON array"):
        desk.run(feeds={"tickets": "data/tickets.json"})


# ------------------------------------------------------------------------------------- records in quarantine


def test_bad_records_go_to_quarantine_and_the_good_ones_of_the_file_load(desk: Project) -> None:
    desk.write(
        "data/events.csv", EVENT_HEADER, event("E1", "T1"), event("E2", "T1", value="Erledigt"), event("E3", "T2")
    )
    result = desk.run(maxRejectRatio=0.5)
    assert desk.rows("ticket_events", "event_id") == [("E1",), ("E3",)]
    assert desk.audit() == [("ticket_events", 3, 2, 1), ("tickets", 2, 2, 0)]
    columns = (
        "source, feed, load_id, file, line, record_id, ticket_id, column_name, reason_code, reason, original_record"
    )
    ((source, feed, load_id, file, line, record_id, ticket_id, column, code, reason, original),) = desk.quarantine(
        columns
    )
    assert (source, feed, load_id) == ("desk", "ticket_events", "000001-20260310T010000Z")
    assert (file, line, record_id, ticket_id) == ("data/events.csv", 3, "E2", "T1")
    assert (column, code) == ("value", "unknown_status")
    assert reason.startswith('value "Erledigt" is no status; map it in statusMap to one of new,')
    assert original == (
        '{"event_id":"E2","ticket_id":"T1","occurred_at":"2026-03-02T12:00:00Z","event_type":"status","value":"Erledigt"}'
    )
    assert result.feeds["ticket_events"].quarantined == 1
    assert result.warnings == ("desk: 1 of 3 records of ticket_events are in quarantine",)


@pytest.mark.parametrize(
    ("line", "column", "code"),
    [
        ("T9,acme,desk,incident,P3,2026-03-02T10:00:00", "opened_at", "naive_time"),
        ("T9,acme,desk,incident,P3,2026-03-02 10:00", "opened_at", "naive_time"),
        ("T9,acme,desk,incident,P3,2026-02-30T10:00:00Z", "opened_at", "bad_time"),
        ("T9,acme,desk,incident,P3,2026-03-02", "opened_at", "bad_time"),
        ("T9,acme,desk,incident,P3,02/03/2026 10:00", "opened_at", "bad_time"),
        ("T9,acme,desk,incident,P3,2026-03-02T25:00:00Z", "opened_at", "bad_time"),
        ("T9,acme,desk,incident,P3,", "opened_at", "missing_value"),
        ("T9,acme,desk,incident, ,2026-03-02T10:00:00Z", "priority", "missing_value"),
        ("T9,acme,desk,outage,P3,2026-03-02T10:00:00Z", "ticket_type", "unknown_value"),
        ("T9,acme,desk,incident,P3", None, "ragged_row"),
        ("T9,acme,desk,incident,P3,2026-03-02T10:00:00Z,more", None, "ragged_row"),
    ],
)
def test_bad_ticket_is_quarantined_with_its_reason(desk: Project, line: str, column: str | None, code: str) -> None:
    desk.write("data/tickets.csv", TICKET_HEADER, ticket("T1"), line, ticket("T2"))
    desk.run(maxRejectRatio=0.5)
    assert desk.rows("tickets", "ticket_id") == [("T1",), ("T2",)]
    record_id = None if code == "ragged_row" else "T9"
    assert desk.quarantine() == [("tickets", 3, record_id, column, code)]
    assert desk.audit()[1] == ("tickets", 3, 2, 1)


@pytest.mark.parametrize(
    ("feed", "header", "line", "column", "code"),
    [
        ("ticket_events", EVENT_HEADER, "E9,T1,2026-03-02T12:00:00Z,reopened,", "event_type", "unknown_event_type"),
        ("ticket_events", EVENT_HEADER, "E9,T1,2026-03-02T12:00:00Z,status,", "value", "missing_value"),
        ("ticket_events", EVENT_HEADER, "E9,T1,2026-03-02T12:00:00Z,promise,p1", "promised_for", "missing_value"),
        (
            "ticket_events",
            EVENT_HEADER + ",is_public",
            "E9,T1,2026-03-02T12:00:00Z,message,,perhaps",
            "is_public",
            "bad_boolean",
        ),
        (
            "ticket_events",
            EVENT_HEADER + ",actor_role",
            "E9,T1,2026-03-02T12:00:00Z,message,,robot",
            "actor_role",
            "unknown_value",
        ),
        (
            "outages",
            "outage_id,service_id,started_at,ended_at,kind",
            "O1,desk,2026-03-02T12:00:00Z,2026-03-02T11:59:59Z,outage",
            "ended_at",
            "ended_before_started",
        ),
        (
            "outages",
            "outage_id,service_id,started_at,kind",
            "O1,desk,2026-03-02T12:00:00Z,hiccup",
            "kind",
            "unknown_value",
        ),
        (
            "outages",
            "outage_id,service_id,started_at,kind,data_loss_seconds",
            "O1,desk,2026-03-02T12:00:00Z,outage,1.5",
            "data_loss_seconds",
            "bad_number",
        ),
        ("uptime_checks", "service_id,checked_at,status", "desk,2026-03-02T12:00:00Z,red", "status", "unknown_status"),
        (
            "survey_responses",
            "response_id,instrument_id,item,score,responded_at,customer_id",
            "R1,csat,overall,nan,2026-03-02T12:00:00Z,acme",
            "score",
            "bad_number",
        ),
        (
            "costs",
            "service_id,period_start,kind,amount,currency",
            "desk,2026-03-01,run,10.005,EUR",
            "amount",
            "bad_number",
        ),
        ("costs", "service_id,period_start,kind,amount,currency", "desk,March,run,10,EUR", "period_start", "bad_time"),
    ],
)
def test_bad_row_of_a_feed_is_quarantined_with_its_reason(
    desk: Project, feed: str, header: str, line: str, column: str, code: str
) -> None:
    desk.write("data/rows.csv", header, line)
    desk.run(feeds={"tickets": "data/tickets.csv", feed: "data/rows.csv"}, maxRejectRatio=1)
    assert desk.control("quarantine", "feed, line, column_name, reason_code") == [(feed, 2, column, code)]
    assert desk.rows(feed, "record_number") == []
    assert (feed, 1, 0, 1) in desk.audit()


def test_line_of_a_ragged_row_counts_line_breaks_inside_quotes_and_blank_lines(desk: Project) -> None:
    desk.write(
        "data/tickets.csv",
        f"{TICKET_HEADER},channel",
        f'{ticket("T1")},"a\nb"',
        "",
        f"{ticket('T2')},web",
        "T3,acme",
        "",
    )
    desk.run(maxRejectRatio=0.5)
    assert desk.quarantine("line, reason, original_record") == [
        (6, "the row has 2 columns where the header has 7", '["T3", "acme"]')
    ]
    assert desk.landed("tickets", "ticket_id, _line") == [("T1", 2), ("T2", 5), ("", 6)]


def test_line_of_a_bad_value_after_a_quoted_line_break_is_the_line_in_the_file(desk: Project) -> None:
    desk.write("data/tickets.csv", f"{TICKET_HEADER},channel", f'{ticket("T1")},"a\nb"', f"{ticket('T2', 'soon')},web")
    desk.run(maxRejectRatio=0.5)
    assert desk.quarantine() == [("tickets", 4, "T2", "opened_at", "bad_time")]


def test_ragged_row_in_one_file_does_not_disturb_the_lines_of_another(desk: Project) -> None:
    clean = [ticket(f"A{n}") for n in range(70_000)]
    desk.write("data/tickets-1.csv", TICKET_HEADER, *clean, "B1,acme", *(ticket(f"C{n}") for n in range(70_000)))
    desk.write("data/tickets-2.csv", f"{TICKET_HEADER},channel", f'{ticket("D1")},"a\nb"', f"{ticket('D2')},web")
    desk.run(feeds={"tickets": "data/tickets-?.csv"})
    assert desk.quarantine("file, line") == [("data/tickets-1.csv", 70_002)]
    records = desk.landed("tickets", "ticket_id, _file, _line, _record_number")
    assert len(records) == 140_003
    assert records[-3:] == [
        ("C69999", "data/tickets-1.csv", 140_002, 140_001),
        ("D1", "data/tickets-2.csv", 2, 140_002),
        ("D2", "data/tickets-2.csv", 4, 140_003),
    ]


def test_broken_json_line_is_quarantined(desk: Project) -> None:
    good = json.dumps(dict(zip(TICKET_HEADER.split(","), ticket("T1", priority="3").split(","), strict=True)))
    desk.write("data/tickets.ndjson", good, '{"ticket_id": "T2", "customer', "[1, 2]")
    desk.run(feeds={"tickets": "data/tickets.ndjson"}, maxRejectRatio=0.7)
    assert desk.rows("tickets", "ticket_id, priority") == [("T1", "3")]
    assert desk.quarantine("line, reason_code, original_record") == [
        (2, "bad_json", '{"ticket_id": "T2", "customer'),
        (3, "bad_json", "[1, 2]"),
    ]


# --------------------------------------------------------------------------------------- rules between records


def test_identical_rows_collapse_and_count_as_accepted(desk: Project) -> None:
    desk.write("data/tickets.csv", TICKET_HEADER, ticket("T1"), ticket("T1"), ticket("T1"))
    desk.run()
    assert desk.rows("tickets", "ticket_id") == [("T1",)]
    columns = "feed, landed_count, accepted_count, quarantined_count, collapsed_count"
    assert desk.audit(columns)[1] == ("tickets", 3, 3, 0, 2)


def test_rows_that_differ_in_an_ignored_column_alone_collapse(desk: Project) -> None:
    desk.write("data/tickets.csv", f"{TICKET_HEADER},colour", f"{ticket('T1')},red", f"{ticket('T1')},blue")
    desk.run()
    assert desk.quarantine() == []


def test_of_differing_rows_with_one_id_the_last_is_kept_and_the_others_quarantined(desk: Project) -> None:
    desk.write(
        "data/tickets.csv",
        TICKET_HEADER,
        ticket("T1", priority="P1"),
        ticket("T1", priority="P2"),
        ticket("T2"),
        ticket("T1", priority="P2"),
    )
    desk.run(maxRejectRatio=0.5)
    assert desk.rows("tickets", "ticket_id, priority") == [("T1", "P2"), ("T2", "P3")]
    assert desk.quarantine() == [("tickets", 2, "T1", "ticket_id", "conflicting_in_load")]
    columns = "feed, landed_count, accepted_count, quarantined_count, collapsed_count"
    assert desk.audit(columns)[1] == ("tickets", 4, 3, 1, 1)


def test_recorded_at_decides_before_the_order_of_lines(desk: Project) -> None:
    desk.write(
        "data/events.csv",
        f"{EVENT_HEADER},recorded_at",
        f"{event('E1', 'T1', value='closed')},2026-03-05T00:00:00Z",
        f"{event('E1', 'T1', value='resolved')},2026-03-04T00:00:00Z",
    )
    desk.run(maxRejectRatio=0.5)
    assert desk.rows("ticket_events", "value") == [("closed",)]


def test_later_file_decides_where_nothing_was_recorded(desk: Project) -> None:
    desk.write("data/tickets-b.csv", TICKET_HEADER, ticket("T9", priority="P1"))
    desk.write("data/tickets-a.csv", TICKET_HEADER, ticket("T9", priority="P4"))
    desk.run(maxRejectRatio=0.5)
    assert desk.rows("tickets", "priority", "ticket_id = 'T9'") == [("P1",)]
    assert desk.quarantine("file") == [("data/tickets-a.csv",)]


def test_of_two_checks_at_one_instant_the_later_row_wins(desk: Project) -> None:
    desk.write(
        "data/checks.csv",
        "service_id,checked_at,status",
        "web,2026-03-02T12:00:00Z,up",
        "web,2026-03-02T13:00:00+01:00,down",
    )
    desk.run(feeds={"uptime_checks": "data/checks.csv"}, maxRejectRatio=0.5)
    assert desk.rows("uptime_checks", "status") == [("down",)]


def test_event_of_an_unknown_ticket_is_quarantined(desk: Project) -> None:
    desk.write("data/events.csv", EVENT_HEADER, event("E1", "T1"), event("E2", "T9"))
    desk.run(maxRejectRatio=0.5)
    assert desk.rows("ticket_events", "event_id") == [("E1",)]
    assert desk.quarantine("line, record_id, ticket_id, reason_code, reason") == [
        (3, "E2", "T9", "unknown_ticket", 'ticket_id "T9" is not among the tickets of source "desk"')
    ]
    assert desk.audit()[0] == ("ticket_events", 2, 1, 1)


def test_event_before_its_tickets_opening_is_quarantined(desk: Project) -> None:
    early = event("E2", "T1", "2026-03-02T09:59:59Z", "in_progress")
    desk.write("data/events.csv", EVENT_HEADER, event("E1", "T1"), early)
    desk.run(maxRejectRatio=0.5)
    assert desk.quarantine() == [("ticket_events", 3, "E2", "occurred_at", "event_before_opening")]


def test_event_at_the_very_opening_is_accepted(desk: Project) -> None:
    desk.write("data/events.csv", EVENT_HEADER, event("E1", "T1", "2026-03-02T10:00:00Z", "in_progress"))
    desk.run()
    assert desk.rows("ticket_events", "event_id") == [("E1",)]


@pytest.mark.parametrize("status", ["resolved", "closed"])
def test_ticket_resolved_before_it_was_opened_is_told_apart(desk: Project, status: str) -> None:
    desk.write("data/events.csv", EVENT_HEADER, event("E1", "T1", "2026-03-01T00:00:00Z", status))
    desk.run(maxRejectRatio=1)
    assert desk.quarantine() == [("ticket_events", 2, "E1", "occurred_at", "resolved_before_opened")]


def test_copies_of_a_rejected_event_are_rejected_with_it(desk: Project) -> None:
    desk.write("data/events.csv", EVENT_HEADER, event("E1", "T9"), event("E1", "T9"))
    desk.run(maxRejectRatio=1)
    assert desk.quarantine("line, reason_code") == [(2, "unknown_ticket"), (3, "unknown_ticket")]
    assert desk.audit()[0] == ("ticket_events", 2, 0, 2)


def test_survey_answer_naming_an_unknown_ticket_is_accepted(desk: Project) -> None:
    desk.write(
        "data/answers.csv",
        "response_id,instrument_id,item,score,responded_at,customer_id,ticket_id",
        "R1,csat,overall,5,2026-03-02T12:00:00Z,acme,T9",
    )
    desk.run(feeds={"tickets": "data/tickets.csv", "survey_responses": "data/answers.csv"})
    assert desk.rows("survey_responses", "ticket_id, respondent_role") == [("T9", "customer")]


# ------------------------------------------------------------------------------------------- too many rejects


def test_more_rejects_than_the_ratio_fail_and_leave_everything_as_it_was(desk: Project) -> None:
    desk.run()
    before = desk.everything()
    desk.write(
        "data/tickets-2.csv",
        TICKET_HEADER,
        *(ticket(f"N{n}") for n in range(98)),
        ticket("B1", "soon"),
        ticket("B2", ""),
    )
    with pytest.raises(SourceError) as failure:
        desk.run()
    message = str(failure.value)
    assert "feed tickets: 2 of 100 records of load 000002-20260311T010000Z were rejected (2.00%)" in message
    assert "data/tickets-2.csv line 100, column opened_at: bad_time" in message
    written = desk.home / "warehouse/control/failed/desk.quarantine.csv"
    assert str(written) in message
    with written.open() as file:
        assert [row["record_id"] for row in csv.DictReader(file)] == ["B1", "B2"]
    after = desk.everything()
    assert {name: content for name, content in after.items() if "failed" not in name} == before


def test_exactly_as_many_rejects_as_the_ratio_pass(desk: Project) -> None:
    desk.write("data/tickets-2.csv", TICKET_HEADER, *(ticket(f"N{n}") for n in range(97)), ticket("B1", "soon"))
    desk.run()  # with the two of tickets.csv: 1 of 100
    assert desk.audit()[1] == ("tickets", 100, 99, 1)


def test_corrected_file_heals_a_failed_source(desk: Project) -> None:
    desk.write("data/events.csv", EVENT_HEADER, event("E1", "T1", value="Erledigt"))
    with pytest.raises(SourceError, match="unknown_status"):
        desk.run()
    desk.run(statusMap={"Erledigt": "resolved"})
    assert desk.rows("ticket_events", "event_id, value") == [("E1", "resolved")]
    assert not (desk.home / "warehouse/control/failed/desk.quarantine.csv").exists()


def test_failed_source_lands_nothing(desk: Project) -> None:
    desk.write("data/events.csv", EVENT_HEADER, event("E1", "T9"))
    with pytest.raises(SourceError, match=r"maxRejectRatio 0\.01"):
        desk.run()
    assert (desk.loads("tickets"), desk.loads("ticket_events")) == ([], [])
    leftovers = [path for path in desk.home.rglob("*") if ".staging" in str(path) and path.is_file()]
    assert leftovers == []


# --------------------------------------------------------------------------------------------------- options


def test_unknown_option_is_refused_with_the_one_that_was_meant(desk: Project) -> None:
    with pytest.raises(SourceError, match=r'unknown option "statusmap"; did you mean statusMap\?'):
        desk.run(statusmap={})


def test_status_mapped_to_something_else_is_refused(desk: Project) -> None:
    with pytest.raises(
        SourceError, match=r'option "statusMap": "Erledigt" is mapped to "done"; canonical statuses are'
    ):
        desk.run(statusMap={"Erledigt": "done"})


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"feeds": {"ticket": "data/tickets.csv"}}, '"ticket" is no feed; the feeds are tickets'),
        ({"feeds": {"tickets": {"path": "data/tickets.csv", "columns": {"ticket": "id"}}}}, '"ticket" is no column'),
        ({"feeds": {"tickets": {"path": "data/tickets.csv", "mode": "replace"}}}, "'append' or 'snapshot'"),
        ({"timeZone": "Europe/Lundon"}, "Europe/London"),
        ({"maxGap": "26 hours"}, "26 hours"),
        ({"maxRejectRatio": 2}, "less than or equal to 1"),
        ({"defaults": {"colour": "red"}}, '"colour" is no column of any feed of this source'),
        ({"feeds": {}}, "at least 1 item"),
    ],
)
def test_wrong_option_is_refused(desk: Project, options: dict[str, object], said: str) -> None:
    with pytest.raises(SourceError) as failure:
        desk.run(**options)
    assert said in str(failure.value)
    assert not Path(desk.home / "landing").exists()


def test_unknown_source_type_is_refused_with_the_known_ones(desk: Project) -> None:
    desk.kind = "abacus"
    with pytest.raises(SourceError, match=r'type "abacus" is unknown; known types: files, .*servicenow_audit_log'):
        desk.run()
