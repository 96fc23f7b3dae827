"""How recent a feed is, and how late its records come, from their own times and those of their loads."""

from datetime import UTC, datetime

from ingestion.freshness import feed_freshness
from tests.unit.ingestion.conftest import AS_OF, EVENT_HEADER, Project, event


def test_age_is_that_of_the_latest_record_up_to_as_of(desk: Project) -> None:
    """T1 and T2 were opened on 2 March 10:00, E1 happened at 12:00; what happens after as_of is not known yet."""
    desk.write("data/events-later.csv", EVENT_HEADER, event("E2", "T2", "2026-03-05T00:00:00Z"))
    desk.run(datetime(2026, 3, 3, tzinfo=UTC))
    ages = {f.feed: f.age_seconds for f in feed_freshness(desk.home, datetime(2026, 3, 3, tzinfo=UTC))}
    assert ages == {"tickets": 14 * 3600, "ticket_events": 12 * 3600}


def test_delays_are_those_of_loads_after_the_first(desk: Project) -> None:
    """The second night is 11 March 01:00: one record is an hour old, one nine days and more."""
    desk.run()
    desk.write(
        "data/events-more.csv",
        EVENT_HEADER,
        event("E2", "T2", "2026-03-11T00:00:00Z"),
        event("E3", "T2", "2026-03-02T12:00:00Z", "closed"),
    )
    desk.run()
    found = {f.feed: (f.later_count, f.delayed_count) for f in feed_freshness(desk.home, AS_OF)}
    assert found == {"tickets": (0, 0), "ticket_events": (2, 1)}
