"""What is common to all connectors, each rule once: on the smallest connector there can be."""

import gzip
import json
import socket
import threading
import time
import traceback
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from unittest import mock

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingestion.connectors import base
from ingestion.connectors.base import AccountOptions, Connector, Page, PulledFeed, Request, Rows
from ingestion.errors import SignInRefused, SourceError, SourceUnavailable
from ingestion.landing import landed_loads
from ingestion.persons import Persons
from ingestion.pulling.load import DIGEST, PAYLOAD, instant_text
from ingestion.pulling.pages import MalformedPage, records_of
from ingestion.pulling.walk import text_digest
from ingestion.storage import Paths
from tests.unit.connectors.certificates import Certificate, certificate
from tests.unit.connectors.conftest import NIGHT, Pulled
from tests.unit.connectors.replay import Answer, Asked, Replay, Surroundings, no_fault, once, served


class Small(Connector[AccountOptions]):
    """Checks of a service, pages linked by `next`."""

    options_model = AccountOptions
    is_complete = False

    def feeds(self) -> Sequence[PulledFeed]:
        columns = {"service_id": "service", "checked_at": '"at"', "status": "status"}
        return [
            PulledFeed(
                "checks",
                records="data.items",
                key=("id",),
                cursor="at",
                fields={name: f"$.{name}" for name in ("service", "at", "status")},
                rows={"uptime_checks": Rows(columns)},
                is_complete=self.is_complete,
            )
        ]

    def start(self, since: Mapping[str, datetime], now: datetime) -> Sequence[Request]:
        return [Request("checks", "/checks", (("since", base.utc_text(since["checks"])),))]

    def follow(self, request: Request, page: Page) -> Sequence[Request]:
        return base.next_link(request, page.envelope.get("next"))

    def headers(self, secret: Any) -> Mapping[str, str]:
        return base.account_headers(self.options, secret)


class Named(Small):
    """The same, with a person in every list of a record."""

    names_persons = True

    def without_persons(self, feed: str, record: Any, pseudonym: Any) -> Any:
        return base.each_object(record, lambda found: {})


class Whole(Small):
    """The same, every pull bringing everything."""

    is_complete = True


def check(number: int, **more: Any) -> dict[str, Any]:
    return {"id": number, "service": "mail", "at": f"2026-03-02T10:{number:02d}:00Z", "status": "up"} | more


class Api:
    """Pages of checks; a token that holds for so many requests."""

    def __init__(self, *pages: list[Any]) -> None:
        self.pages = list(pages)
        self.next_of: dict[int, int] = {}
        self.tokens: dict[str, int] = {}
        self.token_lasts = 10_000

    def __call__(self, asked: Asked) -> Answer:
        if asked.path == "/token":
            self.tokens[f"issued-{len(self.tokens) + 1}"] = self.token_lasts
            return Answer({"access_token": f"issued-{len(self.tokens)}"})
        token = asked.headers["authorization"].removeprefix("Bearer ")
        if self.tokens.get(token, 0) <= 0:
            return Answer({"error": "expired"}, 401)
        self.tokens[token] -= 1
        number = int(asked.params.get("page", "0"))
        following = self.next_of.get(number, number + 1)
        link = f"/checks?page={following}" if following < len(self.pages) else None
        return Answer({"data": {"items": self.pages[number]}, "next": link})


@pytest.fixture
def api() -> Api:
    return Api([check(1), check(2)], [check(3)])


@pytest.fixture
def replay(api: Api) -> Iterator[Replay]:
    with served(api) as running:
        yield running


@pytest.fixture
def far(replay: Replay, tmp_path: Path) -> Iterator[Pulled]:
    oauth = {"tokenUrl": f"{replay.url}/token", "clientId": "slm", "clientSecret": {"env": "SMALL"}}
    surroundings = Surroundings({"SMALL": "a-client-secret"})
    with mock.patch("ingestion.adapters.CONNECTORS", {"small": Small, "whole": Whole, "named": Named}):
        yield Pulled("small", replay, tmp_path / "home", {"oauth": oauth}, surroundings)


# --------------------------------------------------------------------------------------------- an answer taken apart

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@given(records=st.lists(JSON, max_size=5), beside=JSON, indent=st.sampled_from([None, 2]), is_ascii=st.booleans())
def test_answer_is_taken_apart_as_the_standard_library_reads_it(
    records: list[Any], beside: Any, indent: int | None, is_ascii: bool
) -> None:
    text = json.dumps({"before": beside, "data": {"items": records, "after": 1}}, indent=indent, ensure_ascii=is_ascii)
    found, envelope = records_of(text, "data.items")
    texts = [bytes(record).decode() for record in found]
    assert [json.loads(record) for record in texts] == records
    assert all(record in text for record in texts)
    assert envelope == {"before": beside, "data": {"items": None, "after": 1}}
    alone = json.dumps({"data": {"items": records}}, indent=indent, ensure_ascii=is_ascii)
    found, envelope = records_of(alone, "data.items")
    assert [json.loads(bytes(record)) for record in found] == records
    assert envelope == {"data": {"items": None}}


@given(records=st.lists(JSON, min_size=1, max_size=3), where=st.floats(0, 1, exclude_max=True))
def test_answer_cut_anywhere_is_never_taken_for_whole(records: list[Any], where: float) -> None:
    text = json.dumps({"items": records, "next": None})
    with pytest.raises(MalformedPage):
        records_of(text[: int(len(text) * where)], "items")


@pytest.mark.parametrize(
    "text", ["", "[", '{"items": [1,]}', '{"items": [1] "next": 2}', '{"items": [NaN]}', "{}", "[]{}"]
)
def test_answer_that_is_not_what_is_documented_is_refused(text: str) -> None:
    with pytest.raises(MalformedPage):
        records_of(text, "items" if "{" in text else "")


def test_answer_nested_without_end_is_refused() -> None:
    with pytest.raises(MalformedPage):
        records_of('{"items": ' + "[" * 100_000, "items")


def test_null_is_no_record_and_one_object_is_one() -> None:
    assert records_of('{"items": null}', "items") == ([], {"items": None})
    for text, path, beside in (('{"items": {"id":  1} }', "items", {"items": None}), (' {"id":  1} ', "", {})):
        (found,), envelope = records_of(text, path)
        assert (bytes(found), envelope) == (b'{"id":  1}', beside)


def test_half_of_a_surrogate_pair_costs_its_own_record_only(far: Pulled, api: Api) -> None:
    """A system that cuts a text short leaves one now and then."""
    api.pages = [[check(1), check(2, note="\ud83d")], [check(3)]]
    far.run(maxRejectRatio=1)
    assert far.quarantine("feed, reason_code, original_record") == [("checks", "bad_json", json.dumps(api.pages[0][1]))]
    assert len(far.rows("uptime_checks", "status")) == 2


# ---------------------------------------------------------------------------------------------- hostile answers


@contextmanager
def trickling(content: bytes) -> Iterator[str]:
    """The address of a server that sends a byte now and then, whatever it is asked."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            with suppress(OSError):
                while True:
                    connection, _ = server.accept()
                    with suppress(OSError), connection:
                        connection.recv(1 << 16)
                        for place in range(len(content)):
                            connection.sendall(content[place : place + 1])
                            time.sleep(0.05)

        threading.Thread(target=serve, daemon=True).start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}"
        server.shutdown(socket.SHUT_RDWR)


HEAD = b"HTTP/1.1 200 OK\r\n"
SLOW = {
    "headers": HEAD + b"X-Long: " + b"x" * 200,
    "body": HEAD + b"Content-Length: 200\r\n\r\n" + b" " * 200,
    # What came until the connection is ended would be a whole answer.
    "body without a length": HEAD + b"\r\n" + b'{"data": {"items": []}}' + b" " * 200,
}


@pytest.mark.parametrize("slow", SLOW)
def test_answer_that_trickles_is_ended_in_time(far: Pulled, slow: str) -> None:
    with trickling(SLOW[slow]) as url:
        far.options = {"url": url, "token": {"env": "SMALL"}, "attempts": 2, "timeoutSeconds": 0.3}
        with pytest.raises(SourceUnavailable, match=r"took longer than timeoutSeconds \(0.3\).*after 2 attempts"):
            far.run()
    assert far.landed_counts() == {}


def test_next_pull_after_one_that_was_ended_is_not_ended(far: Pulled) -> None:
    far.options["timeoutSeconds"] = 5
    far.pull()
    far.pull()
    assert far.landed_counts() == {"checks": 3}


def test_answer_compressed_twice_is_not_unfolded(far: Pulled) -> None:
    """Two layers make a million bytes of one, and at once."""
    bomb = gzip.compress(gzip.compress(b" " * (4 << 20)))
    far.replay.fault = lambda number, asked, usual: (
        Answer(bomb, headers={"Content-Encoding": "gzip, gzip"}) if number > 1 else usual
    )
    with pytest.raises(SourceUnavailable, match=r'compressed in a way that was not asked for \("gzip, gzip"\)'):
        far.pull()


LINKS = ["https://[::1", "http://127.0.0.1:no/x", "/a\nb", "/a\x00b", "/checks?\ud800", "http://u:p@127.0.0.1/x"]


@pytest.mark.parametrize("link", [*LINKS, 5, True, ["x"], {"a": 1}])
def test_link_that_is_no_address_is_told_and_asked_for_again(far: Pulled, api: Api, link: Any) -> None:
    """What was pulled until then is kept; the link is not."""
    api.pages = [[check(1)], [check(2)]]
    wrong = Answer({"data": {"items": [check(2)]}, "next": link})
    far.replay.fault = lambda number, asked, usual: wrong if asked.params.get("page") == "1" else usual
    with pytest.raises(SourceUnavailable, match=r"is no address|surrogates not allowed"):
        far.pull()
    far.replay.fault = no_fault
    far.pull()
    assert far.landed_counts() == {"checks": 2}


def test_link_too_long_for_an_address_is_told(far: Pulled) -> None:
    far.options = {"token": {"env": "SMALL"}}
    far.replay.fault = lambda number, asked, usual: Answer({"data": {"items": []}, "next": "/" + "x" * 70_000})
    with pytest.raises(SourceError, match="no address that can be asked"):
        far.pull()


@pytest.mark.parametrize("filler", [150, 180, 5000])
def test_link_that_is_no_address_is_told_without_a_secret_in_it(far: Pulled, filler: int) -> None:
    far.options = {"token": {"env": "SMALL"}}
    link = f"https://[/{'x' * filler}/a-client-secret"
    far.replay.fault = lambda number, asked, usual: Answer({"data": {"items": []}, "next": link})
    with pytest.raises(SourceUnavailable, match="is no address") as error:
        far.pull()
    assert "a-client" not in "".join(traceback.format_exception(error.value))


def test_record_too_deep_to_be_searched_for_persons_is_told(far: Pulled, api: Api) -> None:
    deep: list[Any] = []
    for _ in range(600):
        deep = [deep]
    api.pages, far.kind = [[check(1, note=deep)]], "named"
    with pytest.raises(SourceError, match=r"/checks: the answer is not what the system documents \(RecursionError"):
        far.run(persons=Persons.with_key("0123456789abcdef0123456789abcdef", "SLM_PSEUDONYM_KEY"))


def test_redirect_to_what_is_no_address_is_told(far: Pulled) -> None:
    far.options = {"token": {"env": "SMALL"}}
    far.replay.fault = lambda number, asked, usual: Answer(b"", 302, {"Location": "http://[bad"})
    with pytest.raises(SourceError, match="redirects to another page"):
        far.pull()


def test_link_to_the_sources_own_host_is_signed_however_it_is_written(far: Pulled, api: Api) -> None:
    port = far.replay.url.rpartition(":")[2]
    api.tokens = {"fixed": 2}
    far.options, far.surroundings.env = {"url": f"http://localhost:{port}", "token": {"env": "T"}}, {"T": "fixed"}
    far.allowed_hosts = ("localhost",)
    far.replay.fault = lambda number, asked, usual: (
        Answer({**usual.content, "next": f"http://LocalHost:{port}/checks?page=1"}) if number == 1 else usual
    )
    far.pull()
    assert far.landed_counts() == {"checks": 3}


LATEST = "Fri, 31 Dec 9999 23:59:59 -1200"


@pytest.mark.parametrize("wait", ["\N{SUPERSCRIPT TWO}", LATEST, "-5", "soon"])
def test_retry_after_that_means_nothing_is_waited_for_as_if_it_were_not_there(far: Pulled, wait: str) -> None:
    far.replay.fault = once(2, Answer({}, 429, {"Retry-After": wait}))
    far.pull()
    assert far.landed_counts() == {"checks": 3}
    assert max(far.surroundings.waited) == 60.0


def test_clock_of_the_server_that_means_nothing_is_passed_over(far: Pulled) -> None:
    far.replay.fault = lambda number, asked, usual: replace(usual, headers={"Date": LATEST})
    far.pull()
    assert far.landed_counts() == {"checks": 3}


def test_clock_put_back_while_a_pull_runs_does_not_hold_it(far: Pulled, api: Api) -> None:
    def put_back(number: int, asked: Asked, usual: Answer) -> Answer:
        far.surroundings.now -= timedelta(days=1) if number == 2 else timedelta()
        return usual

    far.replay.fault = put_back
    far.pull()
    assert sum(far.surroundings.waited) < 60


def test_what_a_library_quotes_of_a_secret_is_in_no_error_behind_an_error(far: Pulled) -> None:
    """The records of runs keep an error with all that it came from."""
    far.options = {"token": {"env": "SMALL"}}
    far.replay.fault = lambda number, asked, usual: replace(usual, headers={asked.headers["authorization"]: "x"})
    with pytest.raises(SourceUnavailable, match=r"illegal header line.*…") as error:
        far.run()
    assert "a-client-secret" not in "".join(traceback.format_exception(error.value))


@pytest.mark.parametrize("place", ["http://{}.example/", "/checks/{}?page=1"])
def test_link_that_repeats_a_secret_is_told_without_it(far: Pulled, place: str) -> None:
    far.options = {"token": {"env": "SMALL"}}
    link = Answer({"data": {"items": []}, "next": place.format("a-client-secret")})
    far.replay.fault = lambda number, asked, usual: link if number == 1 else Answer(b"]")
    with pytest.raises(SourceError, match="…") as error:
        far.run()
    assert "a-client-secret" not in "".join(traceback.format_exception(error.value))


@pytest.mark.parametrize("secret", ["passw\N{LATIN SMALL LETTER O WITH DIAERESIS}rd-of-mine", "ends-with-a-blank "])
def test_secret_that_no_header_may_have_is_told_without_it(far: Pulled, secret: str) -> None:
    far.options, far.surroundings.env = {"token": {"env": "SMALL"}}, {"SMALL": secret}
    with pytest.raises(SourceError, match="the secret for Authorization has a letter beyond ASCII or a blank") as error:
        far.run()
    assert secret.strip() not in "".join(traceback.format_exception(error.value))
    assert far.replay.asked == []


# ------------------------------------------------------------------------------------------------------ signing


def test_token_that_expires_in_the_middle_is_renewed(far: Pulled, api: Api) -> None:
    api.token_lasts = 1
    far.pull()
    assert far.landed_counts() == {"checks": 3}
    assert len(api.tokens) == 2


def test_fixed_token_that_expires_in_the_middle_is_told_and_the_pull_goes_on_with_a_new_one(
    far: Pulled, api: Api
) -> None:
    api.tokens = {"old": 1, "new": 10}
    far.options = {"token": {"env": "SMALL"}}
    far.surroundings.env["SMALL"] = "old"
    with pytest.raises(SignInRefused, match="sign-in was refused"):
        far.pull()
    far.surroundings.env["SMALL"] = "new"
    far.replay.forget()
    far.pull()
    assert far.landed_counts() == {"checks": 3}
    assert [asked.params.get("page") for asked in far.replay.asked] == ["1"]


TOKEN_FAULTS: dict[str, tuple[Answer, float]] = {
    "429 with Retry-After": (Answer({}, 429, {"Retry-After": "7"}), 7.0),
    "503": (Answer({}, 503), 1.5),
    "cut in the middle": (Answer({"access_token": "half"}, is_cut=True), 1.5),
    "not compressed as it says": (Answer(b"plain", headers={"Content-Encoding": "gzip"}), 1.5),
    "another page than JSON": (Answer(b"<html>maintenance</html>"), 1.5),
}


@pytest.mark.parametrize("fault", TOKEN_FAULTS)
def test_passing_fault_of_whoever_issues_tokens_costs_a_repetition(far: Pulled, fault: str) -> None:
    answer, seconds = TOKEN_FAULTS[fault]
    far.replay.fault = once(1, answer)
    far.pull()
    assert far.landed_counts() == {"checks": 3}
    assert far.surroundings.waited[0] == seconds


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (
            Answer({"error": "invalid_client"}, 401),
            "HTTP 401 without an access token; check clientId and the secret SMALL",
        ),
        (Answer({"token": "x"}), "HTTP 200 without an access token"),
        (Answer(["x"]), "HTTP 200 without an access token"),
        (Answer({"access_token": "x" * 200}), "POST .*/token: the answer is larger than maxResponseBytes"),
        (Answer({}, 503), "HTTP 503 from .*/token, after 6 attempts"),
    ],
)
def test_token_that_is_not_issued_is_told(far: Pulled, answer: Answer, said: str) -> None:
    far.options["maxResponseBytes"] = 150
    far.replay.fault = lambda number, asked, usual: answer if asked.path == "/token" else usual
    with pytest.raises(SourceError, match=said):
        far.pull()
    assert far.landed_counts() == {}


def test_link_to_another_host_is_not_followed(far: Pulled, api: Api) -> None:
    far.replay.fault = lambda number, asked, answer: Answer({"data": {"items": []}, "next": "https://evil.example/"})
    far.options = {"token": {"env": "SMALL"}}
    with pytest.raises(SourceError, match=r"evil\.example is not among allowedHosts"):
        far.pull()


def test_secret_does_not_leave_the_sources_own_host(far: Pulled, api: Api, tmp_path: Path) -> None:
    """An allowed host may serve a page; it learns nothing."""
    learned: list[Mapping[str, str]] = []

    def other(asked: Asked) -> Answer:
        learned.append(asked.headers)
        return Answer({"data": {"items": [check(9)]}})

    far.options = {"token": {"env": "SMALL"}}
    with served(other) as second:
        far.replay.fault = lambda number, asked, answer: Answer({"data": {"items": []}, "next": f"{second.url}/more"})
        far.pull()
    (headers,) = learned
    assert "authorization" not in headers


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("http://desk.example", "write https"),
        ("https://user:pass@desk.example", "secrets go into options"),
        ("https://desk.example/?token=1", "secrets go into options"),
        ("desk.example", "is no address"),
    ],
)
def test_address_that_is_unsafe_is_refused_before_anything_is_asked(far: Pulled, url: str, said: str) -> None:
    far.options["url"] = url
    with pytest.raises(SourceError, match=said):
        far.pull()


# ---------------------------------------------------------------------------------------------------- encryption


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return certificate(tmp_path_factory.mktemp("authority"), "authority.example")


@contextmanager
def encrypted(far: Pulled, api: Api, shown: Certificate) -> Iterator[None]:
    """Within the block the source is asked over TLS, of a server that shows that certificate."""
    api.tokens = {"a-client-secret": 10}
    far.options = {"token": {"env": "SMALL"}}
    with served(api, shown.server_context) as replay:
        far.replay = replay
        yield


def test_server_that_a_private_authority_vouches_for_is_read(
    far: Pulled, api: Api, authority: Certificate, tmp_path: Path
) -> None:
    """A relative path is the project's."""
    far.home.mkdir()
    (far.home / "own.pem").write_bytes(authority.certificate.read_bytes())
    with encrypted(far, api, certificate(tmp_path / "shown", "127.0.0.1", by=authority)):
        far.options["caFile"] = "own.pem"
        far.pull()
    assert far.landed_counts() == {"checks": 3}


@pytest.mark.parametrize("shown", ["self-signed", "unknown authority", "other host"])
def test_server_that_cannot_be_verified_is_not_asked(
    far: Pulled, api: Api, authority: Certificate, tmp_path: Path, shown: str
) -> None:
    host = "other.example" if shown == "other host" else "127.0.0.1"
    by = None if shown == "self-signed" else authority
    said = "IP address mismatch" if shown == "other host" else "self-signed|unable to get local issuer"
    with encrypted(far, api, certificate(tmp_path / "shown", host, by=by)):
        if shown == "other host":
            far.options["caFile"] = str(authority.certificate)
        with pytest.raises(SourceUnavailable, match=f"cannot be verified .*({said}).*caFile names"):
            far.pull()
        assert far.replay.asked == []
    assert far.landed_counts() == {}
    assert far.surroundings.waited == []


@pytest.mark.parametrize("content", [None, "no certificate"])
def test_file_of_certificates_that_is_none_is_told(far: Pulled, content: str | None) -> None:
    far.home.mkdir()
    far.options["caFile"] = "own.pem"
    if content:
        (far.home / "own.pem").write_text(content)
    with pytest.raises(SourceError, match=r"caFile .*own\.pem holds no certificates"):
        far.pull()


@pytest.mark.parametrize("is_plain", [False, True])
def test_other_host_is_asked_without_encryption_only_where_the_source_says_so(
    far: Pulled, api: Api, is_plain: bool, every_host_is_loopback: None
) -> None:
    api.tokens = {"a-client-secret": 10}
    url = far.replay.url.replace("127.0.0.1", "desk.example")
    far.options = {"token": {"env": "SMALL"}, "url": url, **({"plainHttp": True} if is_plain else {})}
    far.allowed_hosts = ("desk.example",)
    if is_plain:
        far.pull()
        assert far.landed_counts() == {"checks": 3}
    else:
        with pytest.raises(SourceError, match="url: write https; plainHttp: true allows"):
            far.pull()
        assert far.replay.asked == []


@pytest.mark.parametrize(
    "proxy", ["ftp://user:a-password@proxy.example", "http://proxy.example:port", "socks5://proxy"]
)
def test_proxy_that_cannot_be_used_is_told_without_its_password(
    far: Pulled, monkeypatch: pytest.MonkeyPatch, proxy: str
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", proxy)
    far.options = {"token": {"env": "SMALL"}, "url": "https://desk.example"}
    far.allowed_hosts = ("desk.example",)
    with pytest.raises(SourceError, match="HTTPS_PROXY, HTTP_PROXY or ALL_PROXY") as refused:
        far.pull()
    assert "a-password" not in str(refused.value)


def test_link_without_encryption_to_another_host_is_not_followed(far: Pulled, api: Api) -> None:
    api.tokens = {"a-client-secret": 10}
    far.options = {"token": {"env": "SMALL"}}
    far.allowed_hosts = ("127.0.0.1", "desk.example")
    far.replay.fault = lambda number, asked, answer: Answer({"data": {"items": []}, "next": "http://desk.example/"})
    with pytest.raises(SourceError, match=r"http://desk\.example, which is not encrypted"):
        far.pull()


# -------------------------------------------------------------------------------------------------- pages and circles


def test_page_that_repeats_doubles_nothing(far: Pulled, api: Api) -> None:
    api.pages = [[check(1), check(2)], [check(1), check(2)], [check(3)]]
    far.pull()
    assert far.landed_counts() == {"checks": 3}


def test_server_that_leads_in_a_circle_is_noticed(far: Pulled, api: Api) -> None:
    api.next_of = {1: 1}
    with pytest.raises(SourceError, match="same page again and again"):
        far.pull()
    api.next_of = {}
    far.pull()
    assert far.landed_counts() == {"checks": 3}


def test_server_that_has_always_another_page_with_the_same_records_is_noticed(far: Pulled, api: Api) -> None:
    api.pages = [[check(1)], *[[check(2), check(3)]] * 50]
    with pytest.raises(SourceError, match="/checks: page after page brings the same records"):
        far.pull()
    assert far.landed_counts() == {}


def test_empty_page_with_more_to_come_is_not_the_end(far: Pulled, api: Api) -> None:
    api.pages = [[], [check(1)], [], [check(2)]]
    far.pull()
    assert far.landed_counts() == {"checks": 2}


def test_record_of_ten_megabytes_is_landed_as_received(far: Pulled, api: Api) -> None:
    api.pages = [[check(1, note="ä" * (10 << 20))]]
    far.pull()
    (length,) = far.query("select len(payload) from '{home}/landing/far/checks/*/records.parquet'")[0]
    assert length > 10 << 20


def test_of_a_record_that_changed_while_the_pull_ran_the_later_version_is_landed(far: Pulled, api: Api) -> None:
    api.pages = [[check(1), check(2)], [check(1, at="2026-03-02T11:00:00Z", status="down")]]
    far.run()
    assert far.rows("uptime_checks", "checked_at, status") == [
        (datetime.fromisoformat("2026-03-02T10:02:00"), "up"),
        (datetime.fromisoformat("2026-03-02T11:00:00"), "down"),
    ]


def test_clock_of_the_server_that_is_ahead_for_a_night_hides_nothing_afterwards(far: Pulled, api: Api) -> None:
    api.pages = [[check(1, at="2027-03-10T00:30:00Z")]]
    far.replay.fault = lambda number, asked, usual: replace(usual, headers={"Date": "Wed, 10 Mar 2027 01:00:00 GMT"})
    far.pull()
    far.replay.fault = no_fault
    far.replay.forget()
    far.pull(NIGHT + timedelta(days=1))
    assert [asked.params["since"] for asked in far.replay.asked if "since" in asked.params] == ["2026-03-10T01:45:00Z"]


def test_requests_keep_to_the_rate(far: Pulled) -> None:
    far.options["requestsPerMinute"] = 6
    far.pull()
    assert far.surroundings.waited == [10.0, 10.0]  # before both pages: the token was the first request


def test_retry_after_is_obeyed_to_the_second(far: Pulled) -> None:
    far.replay.fault = lambda number, asked, answer: Answer({}, 429, {"Retry-After": "7"}) if number == 2 else answer
    far.pull()
    assert 7.0 in far.surroundings.waited


# --------------------------------------------------------------------------------------------- changed and gone


def test_load_that_has_a_digest_of_every_text_is_known_like_one_that_has_none(far: Pulled, api: Api) -> None:
    """Earlier releases landed it; rewriting for a person who is forgotten does."""
    api.pages = [[check(1), check(2, note="Grüße")], [{"service": "mail"}]]
    far.pull()
    assert far.pull(NIGHT + timedelta(days=1)) == {}
    (load,) = landed_loads(Paths(far.home), "far", "checks")
    records = pq.read_table(load.records)
    digests = [
        digest or text_digest(payload)
        for digest, payload in zip(records[DIGEST].to_pylist(), records[PAYLOAD].to_pylist(), strict=True)
    ]
    assert records[DIGEST].null_count == 2
    place = records.schema.get_field_index(DIGEST)
    pq.write_table(records.set_column(place, DIGEST, pa.array(digests, pa.string())), load.records)
    assert far.pull(NIGHT + timedelta(days=2)) == {}
    api.pages[0][1] = check(2, note="Gruß")
    far.pull(NIGHT + timedelta(days=3))
    assert far.landed_counts() == {"checks": 4}


def test_later_version_replaces_the_rows_of_an_earlier_one_whatever_their_keys(far: Pulled, api: Api) -> None:
    far.run()
    api.pages = [[check(1, at="2026-03-02T12:00:00Z")]]
    far.run(NIGHT + timedelta(days=1))
    minutes = [row[0].strftime("%H:%M") for row in far.rows("uptime_checks", "checked_at")]
    assert minutes == ["10:02", "10:03", "12:00"]


def test_bad_later_version_leaves_the_good_one_in_force(far: Pulled, api: Api) -> None:
    far.run()
    api.pages = [[check(1, status="purple")]]
    far.run(NIGHT + timedelta(days=1), maxRejectRatio=1)
    assert far.quarantine() == [("checks", "1", "status", "unknown_status")]
    assert len(far.rows("uptime_checks", "status")) == 3


def test_of_a_feed_pulled_whole_what_is_missing_was_deleted(far: Pulled, api: Api) -> None:
    far.kind = "whole"
    far.run()
    api.pages = [[check(1), check(2)]]
    far.run(NIGHT + timedelta(days=1))
    assert len(far.rows("uptime_checks", "status")) == 2
    assert far.run(NIGHT + timedelta(days=2)).new_loads == ()
    api.pages = [[check(1), check(2)], [check(3)]]
    far.run(NIGHT + timedelta(days=3))
    assert len(far.rows("uptime_checks", "status")) == 3


def test_feed_left_out_has_not_been_deleted(far: Pulled, api: Api) -> None:
    far.kind = "whole"
    far.run()
    assert far.run(NIGHT + timedelta(days=1), leaveOut=["checks"]).new_loads == ()
    assert len(far.rows("uptime_checks", "status")) == 3
    assert far.run(NIGHT + timedelta(days=2)).new_loads == ()


def test_most_of_a_feed_missing_stops_the_source(far: Pulled, api: Api) -> None:
    far.kind = "whole"
    api.pages = [[check(number) for number in range(1, 11)]]
    far.run()
    before = far.landing()
    api.pages = [[check(1)]]
    with pytest.raises(SourceError, match="9 of 10 records are no longer there, more than maxDeletedRatio"):
        far.run(NIGHT + timedelta(days=1))
    assert far.landing() == before
    far.run(NIGHT + timedelta(days=1), maxDeletedRatio=1)
    assert len(far.rows("uptime_checks", "status")) == 1


def test_record_without_its_key_is_quarantined_and_landed_once(far: Pulled, api: Api) -> None:
    api.pages = [[{"service": "mail"}, check(1)]]
    far.run(maxRejectRatio=1)
    assert far.quarantine() == [("checks", None, None, "missing_value")]
    assert far.run(NIGHT + timedelta(days=1), maxRejectRatio=1).new_loads == ()


# ----------------------------------------------------------------------------------------------------- schema drift


def test_new_column_is_kept(far: Pulled, api: Api) -> None:
    far.run()
    api.pages = [[check(4, colour="red")]]
    far.run(NIGHT + timedelta(days=1))
    assert far.query(
        "select payload ->> 'colour' from '{home}/landing/far/checks/*/records.parquet' where record_key = '4'"
    ) == [("red",)]


def test_changed_type_stops_the_source_and_names_the_field(far: Pulled, api: Api) -> None:
    far.run()
    before = far.landing()
    api.pages = [[check(4, service=17)]]
    with pytest.raises(SourceError, match=r'field "service" was text and is now number \(record 4\)'):
        far.run(NIGHT + timedelta(days=1))
    assert far.landing() == before
    far.run(NIGHT + timedelta(days=1), acceptTypeChanges=["checks.service"])
    assert far.rows("uptime_checks", "service_id", "service_id = '17'") == [("17",)]


def test_field_that_is_null_or_missing_has_not_changed_its_type(far: Pulled, api: Api) -> None:
    far.run()
    api.pages = [[check(4, service=None), {"id": 5}]]
    far.run(NIGHT + timedelta(days=1), defaults={"service_id": "web"}, maxRejectRatio=1)
    assert far.landed_counts() == {"checks": 5}


# ------------------------------------------------------------------------------------------------------------ values


@pytest.mark.parametrize("at", ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59-12:00"])
def test_cursor_at_an_end_of_time_does_not_stop_the_next_night(far: Pulled, api: Api, at: str) -> None:
    """Systems write one for an instant that they do not know."""
    api.pages = [[check(1, at=at)]]
    far.pull()
    api.pages = [[check(1, at=at), check(2)]]
    far.pull(NIGHT + timedelta(days=1))
    assert far.landed_counts() == {"checks": 2}


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("2026-03-02 10:00:00", "2026-03-02T10:00:00Z"),
        ("2026-03-02T12:00:00.123+02:00", "2026-03-02T10:00:00Z"),
        ("2026-03-02T12:00:00.123+0200", "2026-03-02T10:00:00Z"),
        ("1772445600", "2026-03-02T10:00:00Z"),
        ("1772445600123", "2026-03-02T10:00:00Z"),
        ("soon", None),
        ("true", None),
        ("nan", None),
        ("1e300", None),
        ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z"),
        ("9999-12-31T23:59:59Z", "9999-12-31T23:59:59Z"),
        ("9999-12-31T23:59:59-12:00", None),
        ("263000000000000", None),
        ("-5000-01-01T00:00:00Z", None),
        ("0044-03-15 (BC)", None),
    ],
)
def test_cursors_of_all_kinds_are_instants_in_utc(value: str, text: str | None) -> None:
    with duckdb.connect() as con:
        con.execute("set TimeZone = 'UTC'")
        assert con.execute(f"select {instant_text('value')} from (select ? as value)", [value]).fetchone() == (text,)


def test_request_survives_being_kept() -> None:
    request = Request("a", "/b", (("c", "1"), ("c", "2")), {"d": [1]}, {"e": None}, 3)
    kept = json.loads(json.dumps(request.as_json()))
    assert replace(Request.from_json(kept), note=request.note) == request
