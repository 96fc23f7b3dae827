"""Request Tracker 5 from Debian's packages, in a folder of its own, under a clock that tests move.

Belongs here: starting and stopping the server, and writing to it through its own interface.
Does not belong here: what any test expects.
"""

import contextlib
import os
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx

from tests.postgres_server import Server
from tests.servers.installed import NotInstalled, free_port

SERVER = Path("/usr/share/request-tracker5/libexec/rt-server")
SETUP = Path("/usr/sbin/rt-setup-database-5")
PACKAGES = "request-tracker5 rt5-standalone rt5-db-sqlite libdbd-pg-perl dbconfig-no-thanks msmtp-mta faketime"
_AS_ADMIN = ("--dba", "postgres", "--dba-password", "none")
DATABASE = "rt"
NAMES = ("agent", "ann", "reader")

_CONFIG = """
Set($rtname, 'test.example');
Set($Organization, 'test.example');
Set($WebDomain, '127.0.0.1');
Set($WebPort, PORT);
DATABASE
Set($MailCommand, 'testfile');
Set($Timezone, 'UTC');
Set($LogToSyslog, undef);
Set($LogToSTDERR, 'warning');
Set($WebSessionClass, 'Apache::Session::File');
Set($MasonDataDir, 'FOLDER/mason');
Set($MasonSessionDir, 'FOLDER/session');
Set($UseSQLForACLChecks, INSQL);
$RT::VarPath = 'FOLDER/var';
1;
"""
_IN_A_FILE = """
Set($DatabaseType, 'SQLite');
Set($DatabaseName, 'FOLDER/rt.db');
"""
_ON_POSTGRES = """
Set($DatabaseType, 'Pg');
Set($DatabaseHost, '127.0.0.1');
Set($DatabasePort, 'DB_PORT');
Set($DatabaseName, 'rt');
Set($DatabaseAdmin, 'postgres');
Set($DatabaseUser, 'postgres');
Set($DatabasePassword, 'none');
"""
# Users, queues, rights and tokens, as RT's own initial data: REST grants none of them by default.
_SEED = r"""
@Users = (
    { Name => 'agent', EmailAddress => 'agent@test.example', Privileged => 1 },
    { Name => 'ann', EmailAddress => 'ann@customer.example', Privileged => 1, Organization => 'Acme' },
    { Name => 'reader', EmailAddress => 'reader@test.example', Privileged => 1, Timezone => 'UTC' },
);
@Queues = ({ Name => 'Mail' }, { Name => 'Network' }, { Name => 'Secret' });
sub granted { my $user = shift; map { { Right => $_, UserId => $user, UserType => 'User' } } @_ }
@ACL = (
    granted('agent', qw(SeeQueue ShowTicket ShowTicketComments CreateTicket ReplyToTicket CommentOnTicket ModifyTicket
        OwnTicket TakeTicket DeleteTicket ManageAuthTokens)),
    granted('ann', qw(SeeQueue ShowTicket CreateTicket ReplyToTicket ManageAuthTokens)),
    granted('reader', qw(SeeQueue ShowTicketComments ManageAuthTokens)),
    (map { { Right => 'ShowTicket', UserId => 'reader', UserType => 'User', Queue => $_ } } qw(Mail Network)),
);
@Final = (sub {
    require RT::AuthToken;
    for my $name (qw(agent ann reader)) {
        my $user = RT::CurrentUser->new;
        $user->LoadByName($name);
        my ($id, $message, $token) = RT::AuthToken->new($user)->Create(Owner => $user->Id, Description => 'test');
        die $message unless $id;
        open(my $file, '>', "FOLDER/token-$name") or die $!;
        print $file $token;
        close $file;
    }
});
1;
"""


@dataclass
class RequestTracker:
    """A running server: its address, the users' tokens, and the file that its clock is read from."""

    url: str
    folder: Path
    clock: Path
    tokens: dict[str, str] = field(repr=False)

    def at(self, instant: datetime) -> "RequestTracker":
        """Afterwards it is `instant` (with a zone) for the server."""
        self.clock.write_text(f"{instant.astimezone(UTC):%Y-%m-%d %H:%M:%S}\n")
        return self

    @property
    def now(self) -> datetime:
        """What its clock says."""
        return datetime.fromisoformat(self.clock.read_text().strip()).replace(tzinfo=UTC)

    def ask(self, who: str, method: str, path: str, content: Any = None) -> Any:
        """The answer to a request by one of the users. Raises if it is refused."""
        answer = httpx.request(
            method,
            f"{self.url}/REST/2.0/{path}",
            json=content,
            headers={"Authorization": f"token {self.tokens[who]}"},
            timeout=60,
            trust_env=False,
        )
        answer.raise_for_status()
        return answer.json() if answer.content else None

    def open(self, queue: str = "Mail", who: str = "ann", **more: Any) -> int:
        """A new ticket; returns its id."""
        content = {"Queue": queue, "Subject": "Help", "Requestor": "ann@customer.example", "Content": "Please.", **more}
        return int(self.ask(who, "POST", "ticket", content)["id"])

    def say(self, ticket: int, who: str = "agent", *, is_public: bool = True) -> None:
        """A reply, or a comment that the customer does not see."""
        content = {"Content": "Text.", "ContentType": "text/plain"}
        self.ask(who, "POST", f"ticket/{ticket}/{'correspond' if is_public else 'comment'}", content)

    def change(self, ticket: int, **fields: Any) -> None:
        """New values by the agent: Status, Priority, Queue, Owner."""
        self.ask("agent", "PUT", f"ticket/{ticket}", fields)


@contextlib.contextmanager
def request_tracker(
    folder: Path, instant: datetime, *, checks_rights_in_sql: bool = True, database: Server | None = None
) -> Iterator[RequestTracker]:
    """Within the block Request Tracker runs, and it is `instant` (with a zone) for it. Raises NotInstalled.

    Rights are checked in its searches, as is its default, or only after paging. It keeps its tickets in a file, where
    one writer at a time writes, or in a new database of a PostgreSQL server.
    """
    if not SERVER.exists() or not SETUP.exists():
        raise NotInstalled(f"Request Tracker is not installed: apt-get install {PACKAGES}")
    libraries = sorted(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"))
    if not libraries:
        raise NotInstalled("libfaketime is not installed: apt-get install faketime")
    if database is not None and subprocess.run(["perl", "-MDBD::Pg", "-e", "1"], capture_output=True).returncode:
        raise NotInstalled("Perl cannot reach PostgreSQL: apt-get install libdbd-pg-perl")
    folder.mkdir(parents=True, exist_ok=True)
    port, clock = free_port(), folder / "clock"
    (folder / "RT_SiteConfig.pm").write_text(
        _CONFIG.replace("DATABASE", _IN_A_FILE if database is None else _ON_POSTGRES)
        .replace("DB_PORT", str(database.port if database else ""))
        .replace("PORT", str(port))
        .replace("FOLDER", str(folder))
        .replace("INSQL", str(int(checks_rights_in_sql)))
    )
    (folder / "seed.pl").write_text(_SEED.replace("FOLDER", str(folder)))
    (folder / "password").write_text("password")
    for name in ("mason", "session", "var"):
        (folder / name).mkdir()
    if database is not None:
        with database.connect() as con:
            con.execute(f"drop database if exists {DATABASE}".encode())
            con.execute(f"create database {DATABASE}".encode())
    env = {**os.environ, "RT_SITE_CONFIG": str(folder / "RT_SiteConfig.pm"), "RT_SITE_CONFIG_DIR": str(folder / "none")}
    with (folder / "setup.log").open("w") as log:
        for action in (
            ["--action", "init", "--skip-create", "--root-password-file", str(folder / "password"), *_AS_ADMIN],
            ["--action", "insert", "--datafile", str(folder / "seed.pl"), *_AS_ADMIN],
        ):
            subprocess.run([str(SETUP), *action], env=env, stdout=log, stderr=log, check=True)
    faked = {
        "LD_PRELOAD": str(libraries[0]),
        "FAKETIME_TIMESTAMP_FILE": str(clock),
        "FAKETIME_NO_CACHE": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
    }
    tokens = {name: (folder / f"token-{name}").read_text() for name in NAMES}
    server = RequestTracker(f"http://127.0.0.1:{port}", folder, clock, tokens).at(instant)
    with (folder / "server.log").open("w") as log:
        process = subprocess.Popen(
            [str(SERVER), "--host", "127.0.0.1", "--port", str(port), "--max-workers", "4"],
            env={**env, **faked},
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        try:
            _await(server, process)
            yield server
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, 15)
            process.wait(timeout=30)


def _await(server: RequestTracker, process: subprocess.Popen[bytes]) -> None:
    """Afterwards the server answers. Raises RuntimeError with its log if it does not within a minute."""
    for _ in range(600):
        if process.poll() is not None:
            break
        with contextlib.suppress(httpx.TransportError):
            server.ask("reader", "GET", "rt")
            return
        time.sleep(0.1)
    raise RuntimeError(f"Request Tracker did not start:\n{(server.folder / 'server.log').read_text()[-3000:]}")
