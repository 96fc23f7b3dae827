"""The truths planted in the made company's data have the answers its README gives."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from examples.acme.generate import generate, read_instant
from examples.acme.tickets import EPOCH, SURGE_DAYS
from tests.unit.examples.conftest import UNTIL, Compiled, read_feed, seconds_of

H = 3600
Walk = Callable[..., int]


@pytest.fixture(scope="session")
def statuses(events: pd.DataFrame) -> pd.DataFrame:
    return events[events["event_type"] == "status"]


def first(statuses: pd.DataFrame, status: str) -> pd.Series:
    """Epoch second of each ticket's first event with the status."""
    return statuses[statuses["value"] == status].groupby("ticket_id")["occurred"].first()


# --- tickets worked by hand -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ticket", "calendar", "seconds"),
    [
        ("INC260317-900001", "24x7", 4 * H + 40 * 60),  # 09:30-14:10, before the Decision takes 10:00-11:30 out
        ("INC260421-900001", "24x7", 5 * H + 30 * 60),
        ("INC260205-900001", "uk-business", 16 * H),  # Thu 10-17, Fri 9-17, Mon 9-10
        ("INC260205-900002", "uk-business", 16 * H + 1),
        ("INC260327-900001", "uk-business", 2 * H),  # Fri 16-17 GMT, Mon 09-10 BST
        ("INC260409-900001", "24x7", 40 * 60),
        ("INC260310-900001", "uk-business", int(17.5 * H)),  # 7.5 h + 8 h + 2 h: the wait is not known yet
    ],
)
def test_hand_written_ticket_has_the_seconds_worked_by_hand(
    tickets: pd.DataFrame, on_clock: Walk, ticket: str, calendar: str, seconds: int
) -> None:
    assert on_clock(ticket, tickets["opened"][ticket], calendar) == seconds


def test_exactly_at_the_target_and_one_second_over(acme_agreements: Compiled) -> None:
    assert acme_agreements.threshold("sla-north-west-bank", "p2-resolve") == 16 * H


def test_decisions_name_tickets_that_exist(tickets: pd.DataFrame, acme_agreements: Compiled) -> None:
    decided = acme_agreements.table("decision_exclusion")
    assert decided["ticket_id"].tolist() == ["INC260317-900001"]  # the rejected one excludes nothing
    assert {"INC260317-900001", "INC260421-900001"} <= set(tickets.index)


def test_reopening_outside_the_window_is_the_only_one_after_closing_by_hand(events: pd.DataFrame) -> None:
    ticket = events[(events["ticket_id"] == "INC260203-900001") & (events["event_type"] == "status")]
    assert ticket["value"].tolist() == [
        "Work In Progress", "resolved", "closed", "Work In Progress", "resolved", "closed",
    ]  # fmt: skip


def test_merged_ticket_names_its_parent(tickets: pd.DataFrame) -> None:
    assert tickets["parent_ticket_id"]["INC260407-900002"] == "INC260407-900001"


# --- breaches parked open ---------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def ledger(tickets: pd.DataFrame, on_clock: Walk) -> pd.DataFrame:
    """Core banking incidents of moderate priority with their seconds on the clock."""
    rows = tickets.query("service_id == 'core-banking' and ticket_type == 'incident' and priority == '3 - Moderate'")
    seconds = [
        on_clock(ticket, opened, "uk-business") for ticket, opened in zip(rows.index, rows["opened"], strict=True)
    ]
    return rows.assign(seconds=seconds)


def test_core_banking_breaches_are_exactly_those_left_open(
    ledger: pd.DataFrame, statuses: pd.DataFrame, acme_agreements: Compiled
) -> None:
    ended = set(statuses["ticket_id"][statuses["value"].isin(["cancelled", "merged"])])
    rows = ledger[~ledger.index.isin(ended)]
    is_breached = rows["seconds"] > acme_agreements.threshold("sla-north-west-bank", "p3-resolve")
    is_open = ~rows.index.isin(first(statuses, "resolved").index)
    assert not (is_breached & ~is_open).any()
    assert is_breached.sum() == 54
    # Those still open and not breached were opened in the last weeks.
    young = rows[is_open & ~is_breached]
    assert (young["opened"] > UNTIL - 30 * 86_400).all()


def test_resolved_core_banking_incidents_look_perfect(
    ledger: pd.DataFrame, statuses: pd.DataFrame, acme_agreements: Compiled
) -> None:
    resolved = ledger[ledger.index.isin(first(statuses, "resolved").index)]
    assert len(resolved) > 150
    assert (resolved["seconds"] <= acme_agreements.threshold("sla-north-west-bank", "p3-resolve")).all()


def test_parked_tickets_belong_to_one_team(ledger: pd.DataFrame, statuses: pd.DataFrame, events: pd.DataFrame) -> None:
    ended = statuses["ticket_id"][statuses["value"].isin(["resolved", "cancelled", "merged"])]
    parked = ledger[~ledger.index.isin(set(ended)) & (ledger["opened"] < UNTIL - 30 * 86_400)]
    last = events[events["event_type"] == "team"].groupby("ticket_id")["value"].last().reindex(parked.index)
    assert set(last.fillna(parked["team_id"])) == {"Database Administration"}


# --- surge, watermelon, promises --------------------------------------------------------------------------------------


def test_last_five_days_of_may_are_three_times_as_busy(tickets: pd.DataFrame) -> None:
    day = (
        pd.to_datetime(tickets["opened"], unit="s").dt.tz_localize("UTC").dt.tz_convert("Europe/London").dt.normalize()
    )
    counts = day.dt.date.value_counts()
    surge = [EPOCH + pd.Timedelta(days=offset).to_pytimedelta() for offset in SURGE_DAYS]
    usual = [surge_day - pd.Timedelta(days=7 * week).to_pytimedelta() for surge_day in surge for week in (1, 2, 3, 4)]
    ratio = sum(counts.get(one, 0) for one in surge) / (sum(counts.get(one, 0) for one in usual) / 4)
    assert surge[0] == date(2026, 5, 27)
    assert 2.3 < ratio < 3.7


def test_every_hospital_ticket_target_is_met_in_every_month(
    tickets: pd.DataFrame, statuses: pd.DataFrame, events: pd.DataFrame, on_clock: Walk, acme_agreements: Compiled
) -> None:
    own = tickets.query("customer_id == 'city-hospitals' and service_id in ('electronic-records', 'E-Mail')")
    ended = set(statuses["ticket_id"][statuses["value"].isin(["cancelled", "merged"])])
    own = own[~own.index.isin(ended)]
    late = []
    for position, calendar in enumerate(("24x7", "24x7", "uk-business", "uk-business"), start=1):
        threshold = acme_agreements.threshold("sla-city-hospitals", f"p{position}-resolve")
        rows = own[own["priority"].str.startswith(str(position))]
        late += [ticket for ticket in rows.index if on_clock(ticket, rows["opened"][ticket], calendar) > threshold]
    assert late == []
    replies = events.query("event_type == 'message' and actor_role == 'agent' and is_public == 'true'")
    replied = replies.groupby("ticket_id")["occurred"].first().reindex(own.index)
    clock = acme_agreements.clock("uk-business")
    answered = own[replied.notna()]
    waits = [clock(answered["opened"][ticket], int(replied[ticket])) for ticket in answered.index]
    assert max(waits) <= acme_agreements.threshold("sla-city-hospitals", "respond")


def test_people_at_the_hospitals_are_unhappy_all_the_same(export: Path) -> None:
    answers = read_feed(export, "survey_responses").query("item == 'csat'")
    is_content = answers["score"].isin(["4", "5"])
    records = answers["service_id"] == "electronic-records"
    assert is_content[records].mean() < 0.45
    assert is_content[~records].mean() > 0.8
    months = answers[records].assign(content=is_content[records]).groupby(answers["responded_at"].str[:7])["content"]
    assert (months.size() >= 10).all()
    assert (months.mean() < 0.6).all()


def test_network_promises_are_reckless_and_others_are_not(tickets: pd.DataFrame, events: pd.DataFrame) -> None:
    promises = events[events["event_type"] == "promise"].drop_duplicates("value").set_index("value")
    delivered = events[events["event_type"] == "promise_delivered"].set_index("value")["occurred"]
    promises = promises[promises.index.isin(delivered.index)]
    is_kept = delivered.reindex(promises.index) <= seconds_of(promises["promised_for"])
    is_network = promises["ticket_id"].map(tickets["service_id"]) == "network"
    assert is_network.sum() > 100
    assert is_kept[is_network].mean() < 0.2
    assert is_kept[~is_network].mean() > 0.88
    notices = events.loc[events["event_type"] == "promise_notice", "ticket_id"]
    assert not notices.map(tickets["service_id"]).eq("network").any()


def test_notice_comes_before_the_promised_time(events: pd.DataFrame) -> None:
    promised = events[events["event_type"] == "promise"].drop_duplicates("value").set_index("value")["promised_for"]
    notices = events[events["event_type"] == "promise_notice"].set_index("value")["occurred"]
    assert len(notices) > 5
    assert (notices < seconds_of(promised.reindex(notices.index))).all()


# --- corrections, refusals, unmatched ---------------------------------------------------------------------------------


def test_correction_is_not_there_before_it_arrives(tmp_path: Path) -> None:
    generate(read_instant("2026-05-14T08:30:00Z"), tmp_path / "before")
    generate(read_instant("2026-05-14T08:30:01Z"), tmp_path / "after")
    assert not list((tmp_path / "before").glob("*correction*"))
    assert sorted(path.name for path in (tmp_path / "after").glob("*correction*")) == [
        "ticket_events-late-correction.csv",
        "tickets-late-correction.csv",
    ]


def test_correction_turns_six_breaches_of_march_into_met(
    export: Path, tickets: pd.DataFrame, on_clock: Walk, acme_agreements: Compiled
) -> None:
    late = read_feed(export, "ticket_events", "late-correction.csv")
    late = late.assign(occurred=seconds_of(late["occurred_at"]))
    threshold = acme_agreements.threshold("sla-harbour-logistics", "p2-resolve")
    assert late["ticket_id"].nunique() == 6
    for ticket, rows in late.groupby("ticket_id"):
        opened = tickets["opened"][ticket]
        assert on_clock(ticket, opened, "uk-business") > threshold
        assert on_clock(ticket, opened, "uk-business", rows) == int(2.5 * H)
    assert set(late["recorded_at"]) == {"2026-05-14T08:30:00Z"}


def test_corrected_ticket_differs_from_its_first_row_in_priority_alone(export: Path, tickets: pd.DataFrame) -> None:
    corrected = read_feed(export, "tickets", "late-correction.csv").iloc[0]
    row = tickets.loc["INC260310-900007"]
    changed = [name for name in corrected.index if corrected[name] != row[name]]
    assert (changed, row["priority"], corrected["priority"]) == (["priority"], "4 - Low", "2 - High")


def test_bad_rows_stay_far_below_the_limits_of_rejection(export: Path, tickets: pd.DataFrame) -> None:
    bad = read_feed(export, "ticket_events")
    bad = bad[bad["event_id"].str.endswith("-950") | bad["event_id"].str.startswith("INC999999")]
    assert len(bad) == 11  # nine faults, one of them two rows, and one doubled row
    assert len(bad) / len(read_feed(export, "ticket_events")) < 0.001
    assert bad["ticket_id"].nunique() / len(tickets) < 0.005


def test_unmatched_tickets_are_fourteen(tickets: pd.DataFrame) -> None:
    assert (tickets["service_id"] == "fax-gateway").sum() == 11
    assert (tickets["customer_id"] == "blue-sky-travel").sum() == 2
    assert tickets.query("customer_id == 'city-hospitals' and service_id == 'freight-tracking'").shape[0] == 1


def test_the_tool_miscounts_the_reassignments_of_one_day(tickets: pd.DataFrame, events: pd.DataFrame) -> None:
    moves = events[events["event_type"] == "team"].groupby("ticket_id").size().reindex(tickets.index).fillna(0)
    surplus = tickets["source_reassignment_count"].astype(int) - moves
    assert set(tickets.index[surplus != 0].str[:9]) == {"INC260311"}
    assert set(surplus[surplus != 0]) == {1}
    assert (surplus != 0).sum() == 16


# --- outages ----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def outages(export: Path) -> pd.DataFrame:
    rows = read_feed(export, "outages").set_index("outage_id", drop=False)
    ended = rows["ended_at"].where(rows["ended_at"] != "", "2026-11-01T00:00:00Z")
    return rows.assign(started=seconds_of(rows["started_at"]), ended=seconds_of(ended))


def test_overlapping_pair_is_two_hours_of_downtime(outages: pd.DataFrame) -> None:
    pair = outages.loc[["OUT-PLANTED-01", "OUT-PLANTED-02"]]
    assert pair["ended"].max() - pair["started"].min() == 2 * H
    assert (pair["ended"] - pair["started"]).sum() == int(2.5 * H)
    february = outages.query("service_id == 'online-banking' and started_at.str.startswith('2026-02')")
    assert set(february.index) == set(pair.index)


def test_outage_over_the_end_of_march_in_london(outages: pd.DataFrame) -> None:
    row = outages.loc["OUT-PLANTED-03"]
    month_end = read_instant("2026-04-01T00:00:00+01:00")
    assert (month_end - row["started"], row["ended"] - month_end) == (1800, 9000)


def test_outage_inside_announced_maintenance(outages: pd.DataFrame) -> None:
    row, around = outages.loc["OUT-PLANTED-04"], outages.loc["MNT-260613-core-banking"]
    assert around["started"] <= row["started"] < row["ended"] <= around["ended"]
    assert seconds_of(pd.Series([around["announced_at"]]))[0] == around["started"] - 8 * 86_400


def test_one_outage_is_open_at_the_end(outages: pd.DataFrame) -> None:
    assert outages.index[outages["ended_at"] == ""].tolist() == ["OUT-PLANTED-06"]


def test_checks_show_every_outage_to_the_second(export: Path, outages: pd.DataFrame) -> None:
    checks = read_feed(export, "uptime_checks")
    checks = checks.assign(checked=seconds_of(checks["checked_at"])).sort_values(["service_id", "checked"])
    down = outages[outages["kind"] == "outage"]
    for service, rows in checks.groupby("service_id"):
        until = rows["checked"].shift(-1).fillna(UNTIL)
        seen = {
            (start, end)
            for start, end, status in zip(rows["checked"], until, rows["status"], strict=True)
            if status == "down"
        }
        declared = down[down["service_id"] == service]
        seconds_seen = {second for start, end in seen for second in range(int(start), int(end), 900)}
        seconds_declared = {
            second
            for start, end in zip(declared["started"], declared["ended"], strict=True)
            for second in range(start, end, 900)
        }
        assert seconds_seen == seconds_declared, service


def test_monitoring_was_silent_about_email_for_five_hours(export: Path) -> None:
    checks = read_feed(export, "uptime_checks", "2026-04.csv.gz").query("service_id == 'email'")
    gaps = seconds_of(checks["checked_at"]).diff()
    assert gaps.max() == 6 * H  # from 07:00 to 13:00; two of them are covered by maxGap
    assert (gaps > 2 * H).sum() == 1


def test_monitoring_did_not_know_for_one_hour(export: Path) -> None:
    checks = read_feed(export, "uptime_checks").query("status == 'unknown'")
    assert checks[["service_id", "checked_at"]].to_numpy().tolist() == [["database-platform", "2026-05-06T15:00:00Z"]]
