"""Prometheus: true samples, each once, and today read again until it is over."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from ingestion.errors import SourceError, SourceUnread
from tests.unit.connectors.conftest import NIGHT, Pulled
from tests.unit.connectors.replay import Answer, Asked, no_fault
from tests.unit.connectors.systems.prometheus import START, STEP


@pytest.fixture
def kind() -> str:
    return "prometheus"


def test_every_sample_is_a_check_once_also_at_midnight(far: Pulled) -> None:
    far.run()
    assert far.rows("uptime_checks", "service_id, count(*), count(distinct checked_at)", "true group by 1") == [
        ("mail", 48, 48),
        ("web", 48, 48),
    ]


def test_outage_is_found_to_the_second(far: Pulled) -> None:
    far.run()
    down = far.rows("uptime_checks", "min(checked_at), max(checked_at), count(*)", "status = 'down'")
    assert down == [(datetime(2026, 3, 8, 12), datetime(2026, 3, 8, 14), 3)]


def test_hole_in_the_samples_stays_a_hole(far: Pulled, replay: Any) -> None:
    del replay.api.samples["web"][10:20]
    far.run()
    assert far.rows("uptime_checks", "count(*)", "service_id = 'web'") == [(38,)]
    assert far.rows("uptime_checks", "distinct max_gap_seconds") == [(300,)]


def test_day_is_read_again_until_it_is_over(far: Pulled, replay: Any) -> None:
    far.run()
    replay.api.samples["mail"].append((START + 48 * STEP, "1"))
    assert [load.feed for load in far.run(NIGHT + timedelta(days=1)).new_loads] == ["samples"]
    assert far.rows("uptime_checks", "count(*)") == [(97,)]
    assert far.landed_counts()["samples"] == 7


def test_fractions_of_a_second_are_cut_off(far: Pulled, replay: Any) -> None:
    replay.api.samples = {"mail": [(START + 0.999, "1")]}
    far.run()
    assert far.rows("uptime_checks", "checked_at") == [(datetime(2026, 3, 7, 6),)]


def test_selector_that_is_an_expression_is_refused(far: Pulled) -> None:
    with pytest.raises(SourceError, match="is no selector"):
        far.run(selector="max(up)")


def test_answer_with_warnings_lacks_something_and_is_asked_for_again(far: Pulled, replay: Any) -> None:
    far.pull()
    whole = far.landing()
    far.home = far.home.parent / "again"

    def partial(number: int, asked: Asked, answer: Answer) -> Answer:
        result = answer.content["data"] | {"result": answer.content["data"]["result"][:1]}
        warnings = ["No StoreAPIs matched for this query"]
        return Answer(answer.content | {"data": result, "warnings": warnings}) if number in lacking else answer

    replay.forget()
    replay.fault, lacking = partial, {2}
    far.pull()
    assert far.landing() == whole
    far.home, lacking = far.home.parent / "lasting", set(range(1, 100))
    with pytest.raises(SourceUnread, match="No StoreAPIs matched"):
        far.pull()
    assert far.landed_counts() == {}
    replay.fault = no_fault
    far.pull()
    assert far.landing() == whole


def test_info_beside_an_answer_takes_nothing_from_it(far: Pulled, replay: Any) -> None:
    replay.fault = lambda number, asked, answer: Answer(answer.content | {"warnings": [], "infos": ["a hint"]})
    far.run()
    assert far.rows("uptime_checks", "count(*)") == [(96,)]
