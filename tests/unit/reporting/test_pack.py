"""Which files the pack has, and what a reader finds on its pages."""

import csv
import io
import re
from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path

import duckdb
import pytest
from release_tables import NOVEMBER, OCTOBER, ReleaseTables, seen

from reporting.errors import ReportError
from reporting.pack import write_pack
from settings.errors import ProjectError
from settings.project import ReportPack

Written = Callable[..., dict[str, str]]

PAGE = "acme/2026-10.html"


# Which files there are


def test_each_period_with_a_figure_has_a_page_and_its_figures(tables: ReleaseTables, written: Written) -> None:
    tables.target()
    tables.figure(9, 10)
    tables.figure(9, 10, period_start=date(2026, 9, 1), period_end=OCTOBER)
    assert sorted(written()) == [
        "acme/2026-09.csv", "acme/2026-09.html", "acme/2026-10.csv", "acme/2026-10.html", "index.html",
        "quality.html",
    ]  # fmt: skip


def test_only_the_last_periods_that_have_a_figure_get_a_page(tables: ReleaseTables, written: Written) -> None:
    tables.target()
    tables.figure(1, 1, period_start=date(2026, 7, 1), period_end=date(2026, 8, 1))
    tables.figure(1, 1, period_start=date(2026, 8, 1), period_end=date(2026, 9, 1))
    tables.figure(0, 0, period_start=date(2026, 9, 1), period_end=OCTOBER)
    tables.figure(1, 1)
    pages = [path for path in written(periods=2) if path.startswith("acme/") and path.endswith(".html")]
    assert pages == ["acme/2026-08.html", "acme/2026-10.html"]


@pytest.mark.parametrize("settings", [{"periods": 0}, {"formats": ["pdf"]}])
def test_no_pages_wanted_means_no_directory_either(tables: ReleaseTables, tmp_path: Path, settings: dict) -> None:
    tables.figure(1, 1)
    assert write_pack(tables.write(), tmp_path / "report", ReportPack(**settings)) == []
    assert not (tmp_path / "report").exists()


def test_release_without_a_figure_has_an_index_that_says_so(written: Written) -> None:
    files = written()
    assert list(files) == ["index.html", "quality.html"]
    assert "No period has a figure yet." in files["index.html"]


def test_agreements_of_several_period_types_have_pages_of_their_own(tables: ReleaseTables, written: Written) -> None:
    tables.figure(1, 1)
    tables.agreement(agreement_id="uptime", display_name="Uptime SLA", period_type="quarter")
    tables.figure(1, 1, agreement_id="uptime", period_type="quarter", period_end=date(2027, 1, 1))
    files = written()
    assert {"acme/2026-10.html", "acme/2026-Q4.html"} <= set(files)
    assert "Uptime SLA" not in files["acme/2026-10.html"]


def test_customers_can_be_narrowed(tables: ReleaseTables, written: Written) -> None:
    tables.add("dim_customer", customer_id="beta", display_name="Beta")
    tables.agreement(agreement_id="sla-beta", consumer_id="beta")
    tables.figure(1, 1)
    tables.figure(1, 1, agreement_id="sla-beta", customer_id="beta")
    files = written(customers=["beta"])
    assert {path.split("/")[0] for path in files} == {"beta", "index.html", "quality.html"}
    assert "Acme" not in files["index.html"]


def test_unknown_customer_in_the_settings_is_named_with_its_place(tables: ReleaseTables, tmp_path: Path) -> None:
    with pytest.raises(ProjectError, match=r'reports\.customers\[1\]: "acne" is no customer .* write one of acme'):
        write_pack(tables.write(), tmp_path / "report", ReportPack(customers=["acme", "acne"]))


def test_database_that_is_no_release_is_refused_by_name(tmp_path: Path) -> None:
    database = tmp_path / "other.duckdb"
    duckdb.connect(str(database)).close()
    with pytest.raises(ReportError, match=r"other\.duckdb: the schema marts lacks certificate_check"):
        write_pack(database, tmp_path / "report", ReportPack())


def test_missing_database_is_refused_and_not_created(tmp_path: Path) -> None:
    with pytest.raises(ReportError, match="no such file"):
        write_pack(tmp_path / "gone.duckdb", tmp_path / "report", ReportPack())
    assert not (tmp_path / "gone.duckdb").exists()


def test_customer_id_cannot_lead_out_of_the_pack(tables: ReleaseTables, tmp_path: Path) -> None:
    tables.add(
        "rpt_experience", customer_id="../../etc", item="csat", kind="csat", period_type="month", period_start=OCTOBER,
        period_end=NOVEMBER, response_count=1, invitation_count=0, top2_count=1, mean_score=5.0, promoter_count=0,
        detractor_count=0,
    )  # fmt: skip
    files = write_pack(tables.write(), tmp_path / "report", ReportPack())
    assert all(path.resolve().is_relative_to(tmp_path / "report") for path in files)
    assert len(files) == 4


def test_same_database_makes_the_same_bytes_wherever_it_is_written(tables: ReleaseTables, tmp_path: Path) -> None:
    tables.target()
    tables.figure(9, 10)
    tables.breach("T1", 60)
    database = tables.write()
    packs = [write_pack(database, tmp_path / name, ReportPack()) for name in ("one", "two")]
    one, two = [[(path.name, path.read_bytes()) for path in files] for files in packs]
    assert one == two


def test_database_is_left_as_it_was(tables: ReleaseTables, tmp_path: Path) -> None:
    tables.figure(1, 1)
    database = tables.write()
    before = database.read_bytes()
    write_pack(database, tmp_path / "report", ReportPack())
    assert database.read_bytes() == before
    assert not database.with_suffix(".duckdb.wal").exists()


# What every page keeps to


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """A pack with every section filled."""
    directory = tmp_path_factory.mktemp("full")
    tables = ReleaseTables(directory / "slm.duckdb")
    tables.target()
    tables.figure(9, 10, is_low_volume=True, ci_low_ratio=0.596, ci_high_ratio=0.982)
    tables.figure(10, 10, period_start=date(2026, 9, 1), period_end=OCTOBER)
    tables.breach("T1", 60)
    tables.availability(99, 100, error_budget_seconds=10, error_budget_used_ratio=0.1, unmeasured_seconds=5,
                        availability_low_ratio=0.94, availability_high_ratio=0.99)  # fmt: skip
    for offset in range(31):
        tables.add(
            "fct_service_availability", agreement_id="sla", agreement_version=1, target_id="uptime", service_id="mail",
            date=OCTOBER + timedelta(offset), period_start=OCTOBER, agreed_seconds=86_400, excluded_seconds=0,
            unmeasured_seconds=0, downtime_seconds=600 if offset == 4 else 0,
        )  # fmt: skip
    tables.add(
        "fct_outage", service_id="mail", started_at=datetime(2026, 10, 5, 8), ended_at=datetime(2026, 10, 5, 8, 10),
        kind="outage", attributed_to="supplier", wall_seconds=600, is_open=False,
    )  # fmt: skip
    tables.add(
        "rpt_experience", customer_id="acme", service_id="mail", item="csat", kind="csat", period_type="month",
        period_start=OCTOBER, period_end=NOVEMBER, response_count=19, invitation_count=90, response_ratio=19 / 90,
        top2_count=16, top2_ratio=16 / 19, top2_ci_low_ratio=0.624, top2_ci_high_ratio=0.945, mean_score=4.1,
        mean_ci_low=3.8, mean_ci_high=4.4, promoter_count=0, detractor_count=0, worst_case_low_ratio=16 / 90,
        worst_case_high_ratio=87 / 90,
    )  # fmt: skip
    files = write_pack(tables.write(), directory / "report", ReportPack())
    return {path.relative_to(directory / "report").as_posix(): path.read_text(encoding="utf-8") for path in files}


def test_pages_ask_no_other_host_and_run_no_script(full: dict[str, str]) -> None:
    for path, text in full.items():
        if path.endswith(".html"):
            assert not re.search(r"<script|\son\w+=|https?://|url\(|@import", text), path


def test_every_link_leads_to_a_file_or_a_place_that_exists(full: dict[str, str]) -> None:
    for path, text in full.items():
        if not path.endswith(".html"):
            continue
        anchors = set(re.findall(r'\bid="([^"]+)"', text))
        folder = Path(path).parent
        for target in re.findall(r'href="([^"]+)"', text):
            if target.startswith("#"):
                assert target[1:] in anchors, (path, target)
            elif not target.startswith("data:"):
                parts = [part for part in (folder / target).parts if part != "."]
                while ".." in parts:
                    at = parts.index("..")
                    del parts[at - 1 : at + 1]
                assert "/".join(parts) in full, (path, target)


def test_no_place_on_a_page_has_the_name_of_another(full: dict[str, str]) -> None:
    for path, text in full.items():
        names = re.findall(r'\bid="([^"]+)"', text)
        assert len(names) == len(set(names)), path


def test_every_chart_says_in_words_what_it_shows(full: dict[str, str]) -> None:
    charts = re.findall(r'<svg[^>]*role="img"[^>]*>', full[PAGE])
    assert len(charts) == 4, "a trend (the other target has one period only), a budget, the days, an interval"
    assert all(re.search(r'aria-label="[^"]{20,}"', chart) for chart in charts)


def test_every_header_cell_says_what_it_heads(full: dict[str, str]) -> None:
    assert all("scope=" in cell for cell in re.findall(r"<th\b[^>]*>", full[PAGE]))


def test_names_from_the_data_are_never_markup(tables: ReleaseTables, written: Written) -> None:
    tables.rows["dim_customer"][0]["display_name"] = "<b>Acme</b> & Söhne"
    tables.target(description="<i>95 %</i> of tickets")
    tables.figure(9, 10)
    page = written()[PAGE]
    assert "<b>Acme" not in page
    assert "<i>" not in page
    assert "&lt;b&gt;Acme&lt;/b&gt; &amp; Söhne" in page


# The verdict


def test_verdict_names_the_missed_targets_with_their_figures(tables: ReleaseTables, written: Written) -> None:
    tables.target()
    tables.figure(94_996, 100_000)
    tables.figure(10, 10, target_id="p2-resolve")
    tables.figure(0, 0, target_id="p3-resolve")
    assert (
        "In October 2026, 1 of 2 measured targets was met and 1 was missed: P1 resolve (94.99 % against 95 %, "
        "94,996 of 100,000); 1 further target had nothing to count."
    ) in seen(written()[PAGE])


def test_verdict_names_first_what_was_missed_the_furthest(tables: ReleaseTables, written: Written) -> None:
    tables.figure(94, 100, target_id="a")
    tables.figure(10, 100, target_id="b")
    page = seen(written()[PAGE])
    assert page.index("B (10.00 % against") < page.index("A (94.00 % against")


def test_verdict_of_a_running_period_speaks_of_so_far(tables: ReleaseTables, written: Written) -> None:
    tables.rows["release"][0]["as_of_at"] = datetime(2026, 10, 20)
    tables.figure(10, 10, period_status="running")
    page = seen(written()[PAGE])
    assert "So far in October 2026, the one measured target was met." in page
    assert "figures to date; the period ends with 31 October 2026" in page


def test_ended_period_is_preliminary_until_it_is_closed(tables: ReleaseTables, written: Written) -> None:
    tables.rows["release"][0]["as_of_at"] = datetime(2026, 11, 2)
    tables.figure(10, 10, period_status="running")
    assert "Preliminary closes 5 working days after 31 October 2026" in seen(written()[PAGE])


def test_period_runs_until_its_last_local_midnight(tables: ReleaseTables, written: Written) -> None:
    tables.rows["dim_agreement"][0]["time_zone"] = "America/Chicago"
    tables.rows["release"][0]["as_of_at"] = datetime(2026, 11, 1, 4, 59)
    tables.figure(10, 10, period_status="running")
    assert "Running" in seen(written()[PAGE])


def test_satisfaction_stands_in_the_verdict_with_n_and_interval(full: dict[str, str]) -> None:
    assert (
        "84.21 % of 19 answers on satisfaction were in the top two of the scale (95 % interval 62.4 to 94.5 %)"
    ) in seen(full[PAGE])


# Targets


def test_met_target_that_one_more_breach_would_fail_says_so(tables: ReleaseTables, written: Written) -> None:
    tables.rows["release"][0]["as_of_at"] = datetime(2026, 10, 20)
    tables.figure(19, 20, is_at_risk=True, period_status="running")
    page = seen(written()[PAGE])
    assert "One more breach fails this target" in page
    assert "Met, nearly missed" in page


def test_few_records_are_flagged_with_their_interval(full: dict[str, str]) -> None:
    assert "Few records: n 10, 95 % interval 59.6 to 98.2 %" in seen(full[PAGE])


def test_change_is_the_difference_of_the_printed_results(tables: ReleaseTables, written: Written) -> None:
    tables.figure(2, 3)
    tables.figure(1, 3, period_start=date(2026, 9, 1), period_end=OCTOBER)
    page = seen(written()[PAGE])
    assert "+33.33 Sep 2026: 33.33 %" in page


def test_new_version_is_compared_with_the_one_it_replaced_and_never_the_other_way(
    tables: ReleaseTables, written: Written
) -> None:
    tables.agreement(agreement_version=2)
    for start, end in ((date(2026, 8, 1), date(2026, 9, 1)), (date(2026, 9, 1), OCTOBER)):
        tables.figure(10, 10, agreement_version=2, target_id="close", period_start=start, period_end=end)
    tables.figure(9, 10, period_start=date(2026, 9, 1), period_end=OCTOBER)
    tables.figure(10, 10, agreement_version=2)
    tables.figure(5, 10, target_id="close")
    page = seen(written()[PAGE])
    assert "+10.00 Sep 2026 (v1): 90.00 %" in page
    assert "(v2)" not in page


def test_open_clocks_are_told_within_paused_and_over(tables: ReleaseTables, written: Written) -> None:
    tables.figure(1, 1, open_within_target_count=3, open_paused_count=2, open_breached_count=1)
    page = seen(written()[PAGE])
    assert "3 within 2 paused 1 over" in page
    assert "when the period ended, 1 clock stood open past its limit" in page.lower()


def test_target_judged_for_each_service_has_a_row_for_each(tables: ReleaseTables, written: Written) -> None:
    tables.add("dim_service", service_id="web", display_name="Web shop")
    tables.target(per="service")
    tables.figure(15, 20)
    tables.figure(5, 10, "rpt_sla_scorecard", service_id="mail")
    tables.figure(10, 10, "rpt_sla_scorecard", service_id="web")
    page = seen(written()[PAGE])
    assert "P1 resolve of E-mail" in page
    assert "P1 resolve of Web shop" in page
    assert "75.00 %" not in page, "the sum over the services is no verdict"


def test_cell_of_the_grid_says_its_verdict_in_words(full: dict[str, str]) -> None:
    assert "met: 100.00 %, 10 of 10" in seen(full[PAGE])


def test_grid_names_a_version_where_it_changes(tables: ReleaseTables, written: Written) -> None:
    tables.agreement(agreement_version=2)
    tables.figure(10, 10, period_start=date(2026, 9, 1), period_end=OCTOBER)
    tables.figure(8, 10)
    tables.figure(20, 20, agreement_version=2)
    page = seen(written()[PAGE])
    assert "version 2: met: 100.00 %, 20 of 20" in page
    assert "version 1: missed: 80.00 %, 8 of 10" in page
    assert page.count("version 1: ") == 1, "September has one version only"


def test_score_in_points_may_be_negative(tables: ReleaseTables, written: Written) -> None:
    tables.figure(-5, 40, target_id="nps", metric="nps", target_ratio=0.2)
    page = seen(written()[PAGE])
    assert "\N{MINUS SIGN}12.50 points goal 20 points" in page
    assert "net \N{MINUS SIGN}5 of 40" in page


# Breaches


def test_largest_overruns_come_first_and_the_rest_is_in_the_csv(tables: ReleaseTables, written: Written) -> None:
    tables.figure(88, 100)
    for number in range(12):
        tables.breach(f"T{number:02}", 60 * (number + 1))
    files = written()
    page = seen(files[PAGE])
    assert "12 clocks of 12 tickets breached; the 10 largest overruns are shown." in page
    assert page.index("T11") < page.index("T10")
    assert "T01" not in page
    assert len(files["acme/2026-10-breaches.csv"].splitlines()) == 13


def test_overrun_of_a_second_is_seen(tables: ReleaseTables, written: Written) -> None:
    tables.figure(0, 1)
    tables.breach("T1", 1)
    assert "4 h 01 s 4 h 1 s" in seen(written()[PAGE])


def test_breach_of_another_period_or_customer_is_not_listed(tables: ReleaseTables, written: Written) -> None:
    tables.agreement(agreement_id="sla-beta", consumer_id="beta")
    tables.figure(9, 10)
    tables.breach("OLD", 60, period_start=date(2026, 9, 1))
    tables.breach("OPEN", 60, period_start=None)
    tables.breach("OTHERS", 60, agreement_id="sla-beta")
    page = written()[PAGE]
    assert "No clock that counts in this period breached." in page
    assert not re.search("OLD|OPEN|OTHERS", page)


# Availability


def test_availability_tells_bounds_of_unmeasured_time_and_the_budget(full: dict[str, str]) -> None:
    page = seen(full[PAGE])
    assert "bounds 94.00 to 99.00 %" in page
    assert "10.0 %" in page
    assert "Downtime: 5 Oct (10 m)." in page
    assert 'class="day-down"' in full[PAGE]


@pytest.mark.parametrize(
    ("outage", "agreement", "counts"),
    [
        ({"kind": "outage"}, {}, "In full"),
        ({"kind": "partial"}, {}, "At 30 %"),
        ({"kind": "degraded"}, {}, "No downtime: weight 0"),
        ({"kind": "maintenance"}, {}, "Left out: maintenance"),
        ({"attributed_to": "customer"}, {"exclude_attributed_to": "customer"}, "Left out: customer"),
        ({}, {"min_outage_seconds": 900}, "In full, if part of a stretch of 15 m or more"),
    ],
)
def test_outage_says_how_the_agreement_counts_it(
    tables: ReleaseTables, written: Written, outage: dict, agreement: dict, counts: str
) -> None:
    tables.rows["dim_agreement"][0].update(agreement)
    tables.availability(99, 100)
    tables.add(
        "fct_outage",
        **{
            "service_id": "mail", "started_at": datetime(2026, 10, 5), "ended_at": datetime(2026, 10, 5, 0, 10),
            "kind": "outage", "wall_seconds": 600, "is_open": False, **outage,
        },
    )  # fmt: skip
    files = written()
    assert counts in seen(files[PAGE])
    assert counts in files["acme/2026-10-outages.csv"]


@pytest.mark.parametrize(
    ("started_at", "ended_at", "is_listed"),
    [
        (datetime(2026, 9, 30, 22), datetime(2026, 9, 30, 23), False),  # ends as October begins in London
        (datetime(2026, 9, 30, 22), datetime(2026, 9, 30, 23, 1), True),
        (datetime(2026, 10, 31, 23, 59), None, True),
        (datetime(2026, 11, 1), None, False),
    ],
)
def test_outage_belongs_to_the_local_periods_it_touches(
    tables: ReleaseTables, written: Written, started_at: datetime, ended_at: datetime | None, is_listed: bool
) -> None:
    tables.availability(99, 100)
    tables.add(
        "fct_outage", service_id="mail", started_at=started_at, ended_at=ended_at, kind="outage", wall_seconds=60,
        is_open=ended_at is None,
    )  # fmt: skip
    assert ("acme/2026-10-outages.csv" in written()) is is_listed


def test_page_without_availability_target_says_not_measured(tables: ReleaseTables, written: Written) -> None:
    tables.figure(1, 1)
    assert "Not measured: no agreement of this period has an availability target." in written()[PAGE]


# Experience


def test_answers_are_told_with_rate_interval_and_bounds(full: dict[str, str]) -> None:
    page = seen(full[PAGE])
    assert "19 of 90 asked: 21.1 %" in page
    assert "bounds 17.7 to 96.7 %" in page
    assert "4.10 (3.80 to 4.40)" in page


def test_answers_of_a_month_stand_on_the_page_of_its_quarter(tables: ReleaseTables, written: Written) -> None:
    tables.figure(1, 1, period_type="quarter", period_end=date(2027, 1, 1))
    tables.add(
        "rpt_experience", customer_id="acme", item="csat", kind="csat", period_type="month", period_start=NOVEMBER,
        period_end=date(2026, 12, 1), response_count=2, invitation_count=0, top2_count=1, top2_ratio=0.5,
        mean_score=3.0, promoter_count=0, detractor_count=0,
    )  # fmt: skip
    files = written()
    assert "acme/2026-11.html" not in files
    assert "November 2026" in seen(files["acme/2026-Q4.html"])


# Data quality and method


def test_failed_warning_is_named_on_the_page(tables: ReleaseTables, written: Written) -> None:
    tables.figure(1, 1)
    tables.add(
        "certificate_check", check_id="c2", table_name="rpt_sla_target", description="Volume is as usual.",
        is_successful=False, severity="warning", observed="12 of 400", bounds="at least 200",
    )  # fmt: skip
    page = seen(written()[PAGE])
    assert "1 check passed, 1 failed as a warning" in page
    assert "rpt_sla_target: Volume is as usual (observed: 12 of 400; allowed: at least 200)." in page


def test_check_of_an_agreement_stands_on_the_pages_of_its_customer_only(
    tables: ReleaseTables, written: Written
) -> None:
    tables.add("dim_customer", customer_id="beta", display_name="Beta Ltd")
    tables.agreement(agreement_id="sla-beta", consumer_id="beta", display_name="Beta SLA")
    tables.figure(1, 1)
    tables.figure(1, 1, agreement_id="sla-beta", customer_id="beta")
    tables.add(
        "certificate_check", check_id="c2", table_name="fct_ticket_sla",
        description="Few tickets have rejected records.", is_successful=False, severity="agreement",
        observed="1 of 3 tickets", agreement_id="sla-beta",
    )  # fmt: skip
    files = written()
    warning = "fct_ticket_sla: Few tickets have rejected records (observed: 1 of 3 tickets)."
    assert warning in seen(files["beta/2026-10.html"])
    assert "1 check passed, 1 failed as a warning" in seen(files["beta/2026-10.html"])
    assert "Few tickets" not in seen(files[PAGE])
    assert "all 1 check passed" in seen(files[PAGE])
    quality = seen(files["quality.html"])
    assert "sla-beta fct_ticket_sla Few tickets have rejected records. 1 of 3 tickets" in quality


def test_tickets_that_no_target_measures_are_counted_by_reason(tables: ReleaseTables, written: Written) -> None:
    tables.figure(1, 1)
    for number, (customer, opened) in enumerate(
        [("acme", datetime(2026, 10, 5)), ("acme", datetime(2026, 9, 5)), ("beta", datetime(2026, 10, 5))]
    ):
        tables.add(
            "rpt_unmatched_ticket", ticket_key=f"desk:{number}", customer_id=customer, opened_at=opened,
            agreement_match="unknown_service",
        )  # fmt: skip
    assert (
        "1 ticket opened in this period is measured by no target: 1 on a service that no document declares."
    ) in seen(written()[PAGE])


def test_loads_of_a_feed_are_summed(tables: ReleaseTables, written: Written) -> None:
    tables.figure(1, 1)
    for load in (1, 2):
        tables.add(
            "load_audit", source="desk", feed="tickets", load_id=str(load), loaded_at=datetime(2026, 11, load),
            landed_count=10, accepted_count=9, quarantined_count=1, after_as_of_count=0,
        )  # fmt: skip
    files = written()
    assert "desk tickets 20 18 2 0 2 Nov 2026 00:00" in seen(files["quality.html"])
    # They are everybody's: no customer's page has them.
    assert "2 Nov 2026 00:00" not in seen(files[PAGE])


def test_choices_in_force_are_printed_in_plain_words(tables: ReleaseTables, written: Written) -> None:
    tables.rows["dim_agreement"][0].update(attribution="due", reopen_mode="new_cycle", unmeasured="counts_as_down")
    tables.availability(99, 100)
    tables.figure(1, 1)
    page = seen(written()[PAGE])
    assert "A ticket counts in the period in which it was due." in page
    assert "A reopened ticket starts a new clock, and is counted again." in page
    assert "Time that nobody measured counts as down" in page


# CSV


def test_csv_has_the_exact_figures_under_the_published_names(full: dict[str, str]) -> None:
    rows = list(csv.DictReader(io.StringIO(full["acme/2026-10.csv"])))
    by_table = {row["report_table"]: row for row in rows}
    assert set(by_table) == {"rpt_sla_target", "rpt_sla_scorecard", "rpt_availability", "rpt_experience"}
    verdict = by_table["rpt_sla_target"]
    assert (verdict["numerator"], verdict["denominator"], verdict["ci_low_ratio"]) == ("9", "10", "0.596")
    assert (verdict["is_verdict"], verdict["period_start"], verdict["service_id"]) == ("true", "2026-10-01", "")
    assert by_table["rpt_experience"]["top2_ratio"] == repr(16 / 19)


def test_text_that_a_spreadsheet_would_run_is_disarmed(tables: ReleaseTables, written: Written) -> None:
    tables.figure(0, 1)
    tables.breach("=HYPERLINK(1)", 60)
    assert "'=HYPERLINK(1)" in written()["acme/2026-10-breaches.csv"]


# The index


def test_index_lists_the_latest_period_first_with_its_verdicts(tables: ReleaseTables, written: Written) -> None:
    tables.figure(9, 10)
    tables.figure(10, 10, period_start=date(2026, 9, 1), period_end=OCTOBER)
    index = seen(written()["index.html"])
    assert index.index("October 2026") < index.index("September 2026")
    assert "1 missed" in index
    assert "None missed" in index


# --- availability: what lies behind the result ------------------------------------------------------------------------


def test_availability_tells_the_other_view_the_spread_and_the_burn_rate(
    tables: ReleaseTables, written: Written
) -> None:
    tables.availability(
        2_674_800, 2_678_400, failure_count=2, mtrs_seconds=1_800, mtrs_p50_seconds=600, mtrs_p90_seconds=3_000,
        mtbf_seconds=90_000, mtbf_p50_seconds=80_000, error_budget_burn_rate=1.344, own_downtime_seconds=3_600,
        chain_downtime_seconds=7_200, chain_up_seconds=2_671_200, chain_counted_seconds=2_678_400,
        maintenance_downtime_seconds=600, is_provisional=True,
    )  # fmt: skip
    page = seen(written()["acme/2026-10.html"])
    assert "99.73 % with inherited downtime (2 h)" in page
    assert "median 10 m, 90 % within 50 m" in page
    assert "burn rate 1.3" in page
    assert "10 m of it maintenance not excused, provisional" in page


def test_one_failure_has_no_spread_and_no_other_view(tables: ReleaseTables, written: Written) -> None:
    tables.availability(99, 100, failure_count=1, mtrs_seconds=1, mtrs_p50_seconds=1, mtrs_p90_seconds=1)
    page = seen(written()["acme/2026-10.html"])
    assert "90 % within" not in page
    assert "inherited downtime (" not in page


def test_failures_say_who_knew_when_and_moments_whether_the_service_was_there(
    tables: ReleaseTables, written: Written
) -> None:
    tables.availability(99, 100)
    of_october = {"service_id": "mail", "period_type": "month", "period_start": OCTOBER}
    tables.add(
        "rpt_failure_notice", **of_october, failure_count=3, detected_count=0, notified_count=2,
        notification_p50_seconds=300, notification_p90_seconds=1_200, notified_first_count=1, notice_decided_count=2,
        false_all_clear_count=1,
    )  # fmt: skip
    tables.add(
        "rpt_moment_of_truth", **of_october, occurrence_count=5, ok_count=3, known_count=4, ok_weight_ppm=3_000_000,
        known_weight_ppm=4_000_000, chain_ok_weight_ppm=2_000_000, chain_known_weight_ppm=4_000_000, down_seconds=60,
    )  # fmt: skip
    tables.add("rpt_moment_of_truth", **{**of_october, "service_id": "web"}, occurrence_count=1, known_count=1)
    page = seen(written()["acme/2026-10.html"])
    assert "E-mail 3 not recorded 5 m 90 % within 20 m, n = 2 1 of 2 1" in page
    assert "E-mail 5, 1 not measured 3 of 4 75.00 % 50.00 % with inherited downtime 1 m" in page
    assert "Moments of truth" in page


def test_breaches_say_what_their_time_went_on(tables: ReleaseTables, written: Written) -> None:
    tables.target()
    tables.figure(8, 10)
    tables.breach("T1", 3_600)
    tables.breach("T2", 60)
    clock = {"agreement_id": "sla", "agreement_version": 1, "target_id": "p1-resolve", "cycle_number": 1}
    for ticket, cause, seconds, share, confidence, is_decisive in (
        ("T1", "outage", 6_000, 333_333, "same_service", True),
        ("T1", "work", 12_000, 666_667, "recorded", True),
        ("T2", "customer", 30, 2_075, "recorded", False),
        ("T2", "work", 14_430, 997_925, "recorded", True),
    ):
        tables.add(
            "fct_breach_attribution", ticket_key=f"desk:{ticket}", **clock, cause=cause, cause_seconds=seconds,
            on_clock_seconds=18_000, share_ppm=share, confidence=confidence, counterfactual_met=is_decisive,
            period_start=OCTOBER,
        )  # fmt: skip
    page = seen(written()["acme/2026-10.html"])
    assert "Work 81.4 % 2 the ticket's own history" in page
    assert "Outage 18.4 % 1 1 same service at the time" in page
    assert "67 % work, 33 % outage; met without outage" in page
    assert "100 % work Stopped" in page  # 0.2 % waiting is not worth telling


# The data-quality page


def test_quality_page_lists_what_did_not_hold_and_the_figures_it_touches(
    tables: ReleaseTables, written: Written
) -> None:
    tables.figure(9, 10)
    tables.add(
        "certificate_check",
        build_id="b", check_id="desk_tickets_is_fresh", kind="freshness", table_name="load_audit", severity="warning",
        description="The latest record is recent.", is_successful=False, observed="90000 s", bounds="at most 86400 s",
    )  # fmt: skip
    tables.add("figure_quality", figure_key="rpt/a", ticket_count=10, affected_ticket_count=1)
    tables.add("figure_quality", figure_key="rpt/b", ticket_count=10, affected_ticket_count=0)
    files = written()
    page = seen(files["quality.html"])
    assert "90000 s" in page
    assert "rpt/a 1 of 10" in page
    assert "rpt/b" not in page
    assert 'href="quality.html"' in files["index.html"]


# A source that was not read


@pytest.mark.parametrize(("status", "said"), [
    ("met", "The figures of Desk SLA are as of then: what happened later is not known, and that no breach or outage of"
            " it is shown does not mean that there was none."),
    ("withheld", "That is longer ago than Desk SLA allows: its figures are withheld."),
])  # fmt: skip
def test_page_says_up_to_when_its_sources_are_known(
    tables: ReleaseTables, written: Written, status: str, said: str
) -> None:
    tables.figure(9, 10, status=status)
    tables.add(
        "figure_quality", figure_key="a", agreement_id="sla", customer_id="acme", ticket_count=0,
        affected_ticket_count=0, unread_sources="monitor, desk", unknown_since_at=datetime(2026, 10, 30, 2),
    )  # fmt: skip
    files = written()
    unread = (
        "Sources monitor and desk could not be read and the first of them was last read on"
        " 30 Oct 2026 02:00 Europe/London."
    )
    assert f"{unread} {said}" in seen(files["acme/2026-10.html"])
    assert "monitor, desk since 30 Oct 2026 02:00 UTC" in seen(files["quality.html"])


def test_page_of_an_agreement_whose_sources_were_read_says_nothing_of_them(
    tables: ReleaseTables, written: Written
) -> None:
    tables.figure(9, 10)
    tables.add(
        "figure_quality", figure_key="b", agreement_id="other", customer_id="acme", ticket_count=0,
        affected_ticket_count=0, unread_sources="monitor", unknown_since_at=datetime(2026, 10, 30, 2),
    )  # fmt: skip
    assert "could not be read" not in seen(written()["acme/2026-10.html"])


# An agreement whose figures are withheld


def test_pages_and_files_say_why_figures_are_withheld_and_no_number_of_them(
    tables: ReleaseTables, written: Written
) -> None:
    """Breaches and days are facts, which the release keeps; counted on a page they would be the figure."""
    reason = "1 of 3 tickets have rejected records"
    tables.availability(0, 0, status="withheld")
    for row in tables.rows["rpt_sla_scorecard"]:
        row["status"] = "withheld"
    tables.figure(0, 0, status="withheld")
    tables.breach("INC-1", 600)
    tables.add(
        "fct_service_availability", agreement_id="sla", agreement_version=1, target_id="uptime", service_id="mail",
        date=OCTOBER, period_start=OCTOBER, agreed_seconds=86_400, excluded_seconds=0, unmeasured_seconds=0,
        downtime_seconds=4_321,
    )  # fmt: skip
    tables.add(
        "figure_quality", figure_key="a", agreement_id="sla", customer_id="acme", ticket_count=3,
        affected_ticket_count=1, withheld_reason=reason,
    )  # fmt: skip
    files = written()
    assert {name for name in files if name.startswith("acme/")} == {"acme/2026-10.html", "acme/2026-10.csv"}
    page = seen(files["acme/2026-10.html"])
    assert "In October 2026, the figures of 2 targets are withheld." in page
    assert f"The figures of Desk SLA are withheld: {reason}." in page
    assert "No clock that counts in this period and whose figures are published breached." in page
    assert "Breached clocks" not in page
    assert "0 of 0" not in page
    assert "0 within" not in page
    assert page.count("no data") == 1  # the legend of the grid
    assert "INC-1" not in "".join(files.values())
    rows = list(csv.DictReader(io.StringIO(files["acme/2026-10.csv"])))
    assert [row["status"] for row in rows] == ["withheld", "withheld"]
    assert {row[column] for row in rows for column in row if column.endswith(("numerator", "_seconds"))} <= {"0", ""}


def test_agreement_that_is_withheld_is_told_beside_one_that_is_not(tables: ReleaseTables, written: Written) -> None:
    tables.agreement(agreement_id="sla-two", display_name="Second SLA")
    tables.figure(19, 20)
    tables.figure(0, 0, agreement_id="sla-two", status="withheld")
    tables.breach("INC-1", 600)
    tables.breach("INC-2", 600, agreement_id="sla-two")
    tables.add("figure_quality", figure_key="a", agreement_id="sla-two", customer_id="acme", withheld_reason="why")
    files = written()
    page = seen(files["acme/2026-10.html"])
    assert "the one measured target was met; 1 further target is withheld." in page
    assert "The figures of Second SLA are withheld: why." in page
    assert "INC-1" in files["acme/2026-10-breaches.csv"]
    assert "INC-2" not in "".join(files.values())


# What stays from release to release


def test_page_of_closed_figures_stays_as_it_was_published(tables: ReleaseTables, written: Written) -> None:
    """Another release, another night's checks: the page says which release published it, and is the same file."""
    tables.figure(9, 10)
    tables.breach("parked", 60, stopped_at=None)
    tables.figure(9, 10, period_start=NOVEMBER, period_end=date(2026, 12, 1), period_status="running")
    edition = {"customer_id": "acme", "period_type": "month", "period_start": OCTOBER, "sequence_number": 2}
    tables.add("figure", **edition, edition=1, release_id="R0", as_of_at=datetime(2026, 11, 9))
    first = written()
    (release,) = tables.rows["release"]
    release.update(release_id="R2", as_of_at=datetime(2026, 12, 2))
    tables.add(
        "certificate_check", check_id="c2", kind="drift", table_name="rpt_sla_target", description="It moved.",
        is_successful=False, severity="warning", observed="a lot",
    )  # fmt: skip
    second = written()
    assert second[PAGE] == first[PAGE]
    page = seen(second[PAGE])
    assert "Figures as of 9 Nov 2026 00:00 Europe/London" in page
    assert "Published by release R0 desk, edition 1" in page
    assert "Clocks that are still open are told as they last moved." in page
    assert "R2" not in page
    running = seen(second["acme/2026-11.html"])
    assert "Release R2 desk" in running
    assert "It moved" in running
    # A restatement is another edition, and another page.
    tables.add(
        "figure", **{**edition, "sequence_number": 3}, edition=2, release_id="R2", as_of_at=datetime(2026, 12, 2)
    )
    assert "Published by release R2 desk, edition 2" in seen(written()[PAGE])


def test_page_with_a_withheld_figure_is_of_its_release(tables: ReleaseTables, written: Written) -> None:
    tables.figure(0, 0, status="withheld")
    tables.add(
        "figure", customer_id="acme", period_type="month", period_start=OCTOBER, sequence_number=1, edition=1,
        release_id="R0", as_of_at=datetime(2026, 11, 9),
    )  # fmt: skip
    tables.add("figure_quality", figure_key="k", agreement_id="sla", customer_id="acme", withheld_reason="Too little.")
    assert "Release R1 desk" in seen(written()[PAGE])
