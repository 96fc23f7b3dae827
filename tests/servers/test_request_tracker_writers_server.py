"""Request Tracker on PostgreSQL while several write: ids and times become visible out of order, and nothing is lost.

A writer is held at its commit, so that what it has written is there and nobody sees it, until others have written later
and a pull has seen them.
"""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.postgres_server import Server
from tests.servers.conftest import started
from tests.servers.request_tracker import DATABASE, RequestTracker, request_tracker
from tests.unit.connectors.conftest import Pulled
from tests.unit.connectors.replay import Replay, Surroundings

MONDAY = datetime(2026, 3, 30, 8, 0, tzinfo=UTC)
SUNDAY = datetime(2026, 4, 5, 1, 0, tzinfo=UTC)
# A transaction whose type is in `held` waits for the lock when it is to be committed.
_LOCK = 7
_HOLD = f"""
create table held (type text);
create function hold() returns trigger language plpgsql as $$
begin
    if exists (select from held where held.type = new.type) then
        perform pg_advisory_xact_lock({_LOCK});
    end if;
    return null;
end $$;
create constraint trigger hold after insert on transactions deferrable initially deferred
    for each row execute function hold();
"""
_WAITING = f"select count(*) from pg_locks where locktype = 'advisory' and objid = {_LOCK} and not granted"
# Records of mails that were sent are for those who may see outgoing mail.
_OWN = """
    from tickets inner join queues on tickets.queue = queues.id
    left join transactions on transactions.objecttype = 'RT::Ticket' and transactions.objectid = tickets.id
        and transactions.type not in ('EmailRecord', 'CommentEmailRecord')
    where queues.name <> 'Secret' and tickets.type = 'ticket'
"""


@pytest.fixture(scope="module", params=[True, False], ids=["rights in SQL", "rights after paging"])
def server(
    request: pytest.FixtureRequest, postgres_server: Server, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RequestTracker]:
    folder = tmp_path_factory.mktemp("rt")
    with started(
        lambda: request_tracker(folder, MONDAY, checks_rights_in_sql=request.param, database=postgres_server)
    ) as running:
        with postgres_server.connect(DATABASE) as con:
            con.execute(_HOLD.encode())
        yield running


@pytest.fixture
def begin(server: RequestTracker) -> datetime:
    """An instant after all that other tests have done to the server."""
    return server.now + timedelta(hours=1)


@pytest.fixture
def far(server: RequestTracker, tmp_path: Path) -> Pulled:
    """The source as its reader sees it: the queue Secret is not hers."""
    return reader_of(server, tmp_path / "home")


def reader_of(server: RequestTracker, home: Path, **options: Any) -> Pulled:
    surroundings = Surroundings({"RT_TOKEN": server.tokens["reader"]}, now=MONDAY)
    replay = Replay(server.url, api=lambda asked: NotImplemented)
    return Pulled("request_tracker", replay, home, {"token": {"env": "RT_TOKEN"}, **options}, surroundings)


@contextmanager
def held(server: Server, kind: str, write: Callable[[], Any]) -> Iterator[Future[Any]]:
    """Within the block `write` has written all that it writes in its first transaction of that kind, uncommitted.

    Others of the kind, begun within the block, are not held.
    """
    with ThreadPoolExecutor(1) as executor, server.connect(DATABASE) as con:
        con.execute(f"select pg_advisory_lock({_LOCK})".encode())
        con.execute("insert into held values (%s)", [kind])
        writing = executor.submit(write)
        while con.execute(_WAITING.encode()).fetchall() == [(0,)]:
            assert not writing.done(), writing.result()
            time.sleep(0.02)
        con.execute("delete from held")
        yield writing
        con.execute(f"select pg_advisory_unlock({_LOCK})".encode())
        writing.result()


def landed(far: Pulled, feed: str) -> set[int]:
    """The ids that landing has."""
    found = far.query(f"select record_key from '{{home}}/landing/far/{feed}/*/records.parquet'")
    return {int(row[0]) for row in found}


def assert_complete(far: Pulled, server: Server) -> None:
    """Landing has the tickets and transactions that the server's own database counts, and each ticket is a row."""
    with server.connect(DATABASE) as con:
        tickets = {row[0] for row in con.execute(f"select tickets.id {_OWN}".encode())}
        transactions = {row[0] for row in con.execute(f"select transactions.id {_OWN}".encode())}
    assert landed(far, "tickets") == tickets
    assert landed(far, "history") == transactions
    assert {int(row[0]) for row in far.rows("tickets", "ticket_id")} == tickets


@pytest.mark.parametrize(("overlap", "is_seen"), [("PT15M", True), ("PT0S", False)])
def test_ticket_that_becomes_visible_after_a_later_one_was_pulled_is_found_within_the_overlap(
    server: RequestTracker, postgres_server: Server, begin: datetime, tmp_path: Path, overlap: str, is_seen: bool
) -> None:
    """Without any overlap it is lost until all tickets are asked for, which shows that the test can fail."""
    far = reader_of(server, tmp_path / "home", overlap=overlap)
    server.at(begin).open()
    far.pull(begin)
    server.at(begin + timedelta(minutes=1))
    with held(postgres_server, "Create", lambda: server.open(who="agent")) as writing:
        later = server.at(begin + timedelta(minutes=5)).open(who="agent")
        server.say(later)
        far.pull(begin + timedelta(minutes=6))
        assert max(landed(far, "tickets")) == later
        server.at(begin + timedelta(minutes=1))
    slow = writing.result()
    assert slow < later
    server.at(begin + timedelta(minutes=7))
    far.run(begin + timedelta(minutes=8))
    assert (slow in landed(far, "tickets")) == is_seen
    far.surroundings.now = SUNDAY
    far.run(SUNDAY)
    assert_complete(far, postgres_server)


def test_reply_that_becomes_visible_after_a_later_one_was_pulled_is_found(
    server: RequestTracker, postgres_server: Server, begin: datetime, far: Pulled
) -> None:
    first, second = server.at(begin).open(), server.open()
    far.pull(begin)
    server.at(begin + timedelta(minutes=1))
    with held(postgres_server, "Correspond", lambda: server.say(first)):
        server.at(begin + timedelta(minutes=5)).say(second)
        far.pull(begin + timedelta(minutes=6))
        before = landed(far, "history")
        server.at(begin + timedelta(minutes=1))
    server.at(begin + timedelta(minutes=7))
    far.run(begin + timedelta(minutes=8))
    assert min(landed(far, "history") - before) < max(before)
    assert_complete(far, postgres_server)


def test_many_writers_at_once_lose_nothing_while_pulls_run(
    server: RequestTracker, postgres_server: Server, begin: datetime, far: Pulled
) -> None:
    server.at(begin)
    far.pull(begin)

    def write() -> None:
        for queue in ("Mail", "Secret", "Network"):
            ticket = server.open(queue, who="agent")
            server.say(ticket)
            server.change(ticket, Status="resolved")

    writers = [threading.Thread(target=write) for _ in range(4)]
    for writer in writers:
        writer.start()
    seconds = 0
    while any(writer.is_alive() for writer in writers):
        # However slow the machine, the clock stays within the overlap of the first pull.
        seconds = min(seconds + 5, 600)
        server.at(begin + timedelta(seconds=seconds))
        far.pull(begin + timedelta(seconds=seconds))
    for writer in writers:
        writer.join()
    far.run(begin + timedelta(hours=1))
    assert_complete(far, postgres_server)
