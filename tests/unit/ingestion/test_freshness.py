"""How recent a feed is, and how late its records come, from their own times and those of their loads."""

from datetime import UTC, datetime

from ingestion.freshness import feed_freshness
from tests.unit.ingestion.conftest import AS_OF, EVENT_HEADER, TICKET_HEADER, Project, event, ticket


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


def test_records_are_watched_from_the_first_load_on_and_for_four_weeks(desk: Project) -> None:
    """Nights of 10, 11 and 22 March and of 9 April: T3 came the night it happened, T4 eleven days late.

    A correction of T3 is no late record, T5 cannot be waited for, and T1 and T2 are of before the first night.
    """
    desk.run()
    desk.write("data/tickets-3.csv", TICKET_HEADER, ticket("T3", "2026-03-10T20:00:00Z"))
    desk.run()
    desk.nights = 12
    desk.write(
        "data/tickets-4.csv", TICKET_HEADER, ticket("T4", "2026-03-10T12:00:00Z"), ticket("T5", "2026-03-21T12:00:00Z")
    )
    desk.run()
    desk.nights = 30
    desk.write("data/tickets-5.csv", TICKET_HEADER, ticket("T3", "2026-03-10T20:00:00Z", "P1"))
    desk.run()
    found = {f.feed: f for f in feed_freshness(desk.home, datetime(2026, 4, 10, tzinfo=UTC))}["tickets"]
    assert found.last_loaded_at == datetime(2026, 4, 9, 1)
    assert (found.later_count, found.delayed_count, found.watched_count) == (3, 1, 2)
    assert found.arrived == (1,) * 11 + (2,) * 18
