"""The HTTP client of all connectors.

Belongs here: signing, retries with Retry-After and jitter, the rate limit, TLS, the hosts that may be asked, the size
an answer may have; and errors that never hold a secret.
Does not belong here: what is asked and what an answer means (connectors).
Sits between the walk through a source's pages and the network.
"""

import email.utils
import html
import json
import logging
import re
import ssl
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache, lru_cache
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar
from urllib.parse import SplitResult, quote, quote_plus, unquote, urlencode, urlsplit

import httpx
from tenacity import RetryCallState, Retrying, retry_if_exception_type, stop_after_attempt

from ingestion.connectors.base import LOOPBACK, Connector, OAuth, Request, Secret, address_parts
from ingestion.errors import SignInRefused, SourceError, SourceUnavailable
from ingestion.pulling.outside import Outside
from ingestion.pulling.pages import MalformedPage
from ingestion.pulling.patience import Patience, TookTooLong

# Answers after which the same request may succeed.
_PASSING = frozenset({408, 425, 429, 500, 502, 503, 504})
_LONGEST_BACKOFF_SECONDS = 60.0
# A server that asks for more patience than this is asked again by the next run.
_LONGEST_RETRY_AFTER_SECONDS = 900.0
# So much of an error's own text is shown.
_SHOWN_CHARACTERS = 200
# A part of a secret address that is shorter than this tells nobody anything, and may be a word of the message.
_LEAST_SECRET_CHARACTERS = 8
# Each piece that is read becomes at most about a thousand times as long; in two layers it would be a million times.
_ENCODINGS = ("gzip", "deflate")

_HTTPX_LOG = logging.getLogger("httpx")

Read = TypeVar("Read")


@dataclass(frozen=True)
class Response:
    """An answer with status 200: its body, and its headers with names in lower case."""

    body: bytes
    headers: Mapping[str, str]

    @property
    def server_time(self) -> datetime | None:
        """The server's own clock when it answered."""
        return _http_date(self.headers.get("date", ""))


class _Again(Exception):
    """The request may succeed later: after `after` seconds, if the server says when."""

    def __init__(self, reason: str, after: float | None = None) -> None:
        super().__init__(reason)
        self.after = after


class Client:
    """Asks one source. Use it as a context manager: it keeps connections open."""

    def __init__(
        self,
        source: str,
        connector: Connector[Any],
        allowed_hosts: Sequence[str],
        outside: Outside,
        project_dir: Path,
    ) -> None:
        self._source = source
        self._connector = connector
        self._options = connector.options
        self._allowed = allowed_hosts
        self._outside = outside
        self._last_sent: datetime | None = None
        self._own = urlsplit(self._options.url)
        self._patience = Patience(self._options.timeout_seconds)
        self._oauth_token: str | None = None
        self._secrets: set[str] = set()
        self._retrying = Retrying(
            stop=stop_after_attempt(self._options.attempts),
            wait=self._wait,
            retry=retry_if_exception_type(_Again),
            sleep=self._outside.sleep,
            reraise=True,
        )
        trusted = _trusted(source, project_dir / self._options.ca_file if self._options.ca_file else None)
        try:
            self._http = httpx.Client(
                timeout=self._options.timeout_seconds,
                verify=trusted,
                follow_redirects=False,
                # A proxy of the surroundings has no business with this machine's own ports.
                trust_env=self._own.hostname not in LOOPBACK,
                headers={
                    "Accept": "application/json",
                    "Accept-Encoding": ", ".join(_ENCODINGS),
                    "User-Agent": "slm-warehouse",
                },
            )
        except (ValueError, ImportError, httpx.InvalidURL) as error:  # nothing else is left that could be wrong
            raise SourceError(
                source,
                f"a proxy that the environment names (HTTPS_PROXY, HTTP_PROXY or ALL_PROXY) cannot be used ({error});"
                " correct it, or name the host in NO_PROXY",
            ) from None

    def __enter__(self) -> Self:
        _HTTPX_LOG.addFilter(self._unsaid)
        self._http.__enter__()
        self._patience.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._patience.__exit__()
        self._http.__exit__(kind, error, trace)
        _HTTPX_LOG.removeFilter(self._unsaid)

    def _unsaid(self, record: logging.LogRecord) -> bool:
        """The library would log every address, and there are secret ones."""
        return False

    def fetch(self, request: Request, read: Callable[[Response], Read]) -> Read:
        """What `read` makes of the answer; a failure that may pass, and an answer that `read` refuses, is tried again.

        Raises SourceUnavailable when every attempt failed, SourceError for what will not pass by itself. No secret is
        in either, and none in what they come from: errors of libraries quote what was sent and what came.
        """
        try:
            return self._fetched(request, read)
        except SourceError as error:
            raise type(error)(self._source, [self._redacted(problem) for problem in error.problems]) from None

    def _fetched(self, request: Request, read: Callable[[Response], Read]) -> Read:
        if request.wait_seconds:
            self._outside.sleep(request.wait_seconds)
        secret_or_path = self._connector.address(request, self._secret)
        if secret_or_path != request.path:
            try:
                parts = address_parts(secret_or_path)
            except ValueError:
                raise SourceError(
                    self._source, f"{request.label}: the secret is no path or address, or has a user in it"
                ) from None
            words = (parts.path, parts.query, *parts.path.split("/"))
            self._secrets.update(word for word in words if len(word) >= _LEAST_SECRET_CHARACTERS)
        address = self._address(secret_or_path)
        if request.params:
            address += f"{'&' if '?' in address else '?'}{urlencode(request.params)}"
        try:
            answer: Read = self._retrying(self._try, request, address, read)
            return answer
        except _Again as error:
            where = self._where(request)
            raise SourceUnavailable(
                self._source,
                f"{where}: {error}, after {self._options.attempts} attempts; what was pulled so far is kept, and the"
                " next run goes on from there",
            ) from error

    # ------------------------------------------------------------------------------------------- one attempt

    def _try(self, request: Request, address: str, read: Callable[[Response], Read]) -> Read:
        where = self._where(request)
        headers = self._signed(address)
        method = "GET" if request.body is None else "POST"
        answer, body = self._exchange(where, method, address, json=request.body, headers=headers)
        if answer.status_code == 401 and self._oauth is not None and self._oauth_token is not None:
            self._oauth_token = None
            raise _Again("HTTP 401 (the token was refused)", after=0)
        if answer.status_code != 200:
            kind = SignInRefused if answer.status_code in (401, 403) else SourceError
            raise kind(self._source, f"{where}: {self._refusal(answer, body)}")
        try:
            return read(Response(body, {name.lower(): value for name, value in answer.headers.items()}))
        except MalformedPage as error:
            raise _Again(str(error)) from error

    def _exchange(self, where: str, method: str, address: str, **content: Any) -> tuple[httpx.Response, bytes]:
        """One request of any kind and its answer, within the rate and the size allowed.

        Raises _Again for what may pass: a broken connection, an answer that takes too long or cannot be decompressed, a
        passing status.
        """
        self._keep_to_rate()
        watched = {"trace": self._patience.noticed}
        try:
            with (
                self._patience.answer(),
                self._http.stream(method, address, extensions=watched, **content) as answer,
            ):
                body = self._limited(answer, where)
        except TookTooLong as error:
            raise _Again(
                f"the answer took longer than timeoutSeconds ({self._options.timeout_seconds:g}); ask for smaller pages"
                " (pageSize), or raise it"
            ) from error
        except httpx.InvalidURL as error:
            raise SourceError(self._source, f"{where}: this is no address that can be asked ({error})") from error
        except httpx.TransportError as error:
            if _is_unverified(error):
                raise SourceUnavailable(
                    self._source,
                    f"{where}: the server cannot be verified ({error}); nothing is asked of it. Mend its certificate"
                    " or url; caFile names the certificates of a private authority",
                ) from error
            raise _Again(f"{type(error).__name__}: {error}") from error
        except httpx.DecodingError as error:
            raise _Again(f"the answer cannot be decompressed ({error})") from error
        if answer.status_code in _PASSING:
            after = answer.headers.get("retry-after")
            raise _Again(f"HTTP {answer.status_code}", None if after is None else self._seconds(after))
        return answer, body

    def _limited(self, answer: httpx.Response, where: str) -> bytes:
        """The body, decompressed, up to the limit."""
        limit = self._options.max_response_bytes
        encoding = answer.headers.get("content-encoding", "identity").strip().lower()
        if encoding not in (*_ENCODINGS, "identity", ""):
            raise _Again(f'the answer is compressed in a way that was not asked for ("{encoding}")')
        body = bytearray()
        for chunk in answer.iter_bytes():
            body += chunk
            if len(body) > limit:
                raise SourceError(
                    self._source,
                    f"{where}: the answer is larger than maxResponseBytes ({limit:,}); ask for smaller pages"
                    " (pageSize), or raise the limit",
                )
        return bytes(body)

    def _refusal(self, answer: httpx.Response, body: bytes) -> str:
        # Redacted before it is cut: half of a secret is no longer found.
        said = " ".join(self._redacted(body.decode("utf-8", errors="replace")).split())[:_SHOWN_CHARACTERS]
        status = answer.status_code
        if 300 <= status < 400:
            try:
                host = address_parts(answer.headers.get("location", "")).hostname
            except ValueError:
                host = None
            return f"HTTP {status}: it redirects to {host or 'another page'}; write the final address in url"
        remedy = {
            401: "the sign-in was refused; check the account and the secrets that the source names",
            403: "the account may not read this; give it the right, or leave the feed out",
            404: "there is nothing at this address; check url and the system's version",
        }.get(status, "the system refused the request")
        return f"HTTP {status}: {remedy}" + (f" (it said: {said})" if said else "")

    # ------------------------------------------------------------------------------------------- where and who

    def _address(self, path: str) -> str:
        """The whole address. Raises SourceError for a host that slm.yaml does not allow, or a link without TLS."""
        if not path.startswith(("https://", "http://")):
            path = f"{self._options.url}/{path.lstrip('/')}"
        try:
            parts = address_parts(path)
        except ValueError as error:
            raise SourceError(self._source, f"{error}; check url, and the secret if it is one") from error
        check_host(self._source, path, self._allowed)
        is_plain = parts.scheme == "http" and parts.hostname not in LOOPBACK and not self._options.plain_http
        if is_plain:
            raise SourceError(self._source, f"the answer leads to http://{parts.hostname}, which is not encrypted")
        return path

    def _where(self, request: Request) -> str:
        """The request as it may be spoken of."""
        parts = urlsplit(self._address(request.path))
        return f"{'GET' if request.body is None else 'POST'} {parts.scheme}://{parts.netloc}{parts.path}"

    @property
    def _oauth(self) -> OAuth | None:
        return getattr(self._options, "oauth", None)

    def _signed(self, address: str) -> dict[str, str]:
        """Headers that sign the request; nothing is signed for another host than the source's own."""
        if _origin(urlsplit(address)) != _origin(self._own):
            return {}
        if self._oauth is not None:
            if self._oauth_token is None:
                self._oauth_token = self._new_token(self._oauth)
            headers = {"Authorization": f"Bearer {self._oauth_token}"}
        else:
            headers = dict(self._connector.headers(self._secret))
            # Basic puts user and password into another form, which says as much.
            self._secrets.add(headers.get("Authorization", "").rpartition(" ")[2])
        for name, value in headers.items():
            if not value.isascii() or value != value.strip():
                raise SourceError(
                    self._source,
                    f"the secret for {name} has a letter beyond ASCII or a blank at its end, which no header may have;"
                    " set it without",
                )
        return headers

    def _new_token(self, oauth: OAuth) -> str:
        address = self._address(oauth.token_url)
        form = {"grant_type": "client_credentials", "client_id": oauth.client_id}
        form |= {"scope": oauth.scope} if oauth.scope else {}
        form["client_secret"] = self._secret(oauth.client_secret)
        try:
            answer, body = self._exchange(f"POST {oauth.token_url}", "POST", address, data=form)
            said = json.loads(body) if answer.status_code == 200 else None
        except _Again as error:
            raise _Again(f"{error} from {oauth.token_url}", error.after) from error
        except (ValueError, RecursionError) as error:
            raise _Again(f"the answer of {oauth.token_url} is not JSON ({error})") from error
        token = said.get("access_token") if isinstance(said, dict) else None
        if not isinstance(token, str):
            raise SignInRefused(
                self._source,
                f"{oauth.token_url}: HTTP {answer.status_code} without an access token; check clientId and the secret"
                f" {oauth.client_secret.env}",
            )
        self._secrets.add(token)
        return token

    def _secret(self, secret: Secret) -> str:
        value = self._outside.env.get(secret.env)
        if not value:
            raise SourceError(self._source, f"the secret {secret.env} is not set; set {secret.env} before the run")
        if not value.isprintable():
            raise SourceError(
                self._source, f"the secret {secret.env} holds a line end or another character that is never sent"
            )
        self._secrets.add(value)
        return value

    def _redacted(self, text: str) -> str:
        """The text without secrets, in whatever form a server repeats them."""
        forms = {form for secret in self._secrets - {""} for form in _forms_of(secret)}
        for form in sorted(forms, key=len, reverse=True):
            text = text.replace(form, "…")
        return text

    # --------------------------------------------------------------------------------------------------- waiting

    def _keep_to_rate(self) -> None:
        now = self._outside.clock()
        if self._last_sent is not None:
            allowed = self._last_sent + timedelta(minutes=1) / self._options.requests_per_minute
            if self._last_sent <= now < allowed:  # a clock that was put back says nothing
                self._outside.sleep((allowed - now).total_seconds())
                now = allowed
        self._last_sent = now

    def _wait(self, state: RetryCallState) -> float:
        """Seconds before the next attempt: what the server says, else doubled each time and shaken."""
        error = state.outcome.exception() if state.outcome else None
        if isinstance(error, _Again) and error.after is not None:
            return error.after
        backoff: float = min(_LONGEST_BACKOFF_SECONDS, 2.0**state.attempt_number)
        return backoff * (0.5 + self._outside.chance() / 2)

    def _seconds(self, text: str) -> float:
        """A Retry-After header (RFC 9110, 10.2.3) in seconds. Raises SourceUnavailable if it asks for too many."""
        if text.strip().isdecimal():
            seconds = float(text)
        else:
            instant = _http_date(text)
            if instant is None:
                return _LONGEST_BACKOFF_SECONDS
            seconds = max(0.0, (instant - self._outside.clock()).total_seconds())
        if seconds > _LONGEST_RETRY_AFTER_SECONDS:
            raise SourceUnavailable(
                self._source,
                f"the server asks to wait {seconds:,.0f} seconds; what was pulled so far is kept: run again then",
            )
        return seconds


@cache
def _trusted(source: str, ca_file: Path | None) -> ssl.SSLContext:
    """Certificates are verified, against the system's authorities or those of a file; reading them takes a while."""
    try:
        return ssl.create_default_context(cafile=ca_file)
    except OSError as error:
        raise SourceError(
            source, f"caFile {ca_file} holds no certificates in PEM that can be read ({error})"
        ) from error


def _is_unverified(error: BaseException | None) -> bool:
    """Whether that is why there is no connection: asked again, the server would be no other."""
    while error is not None and not isinstance(error, ssl.SSLCertVerificationError):
        error = error.__cause__ or error.__context__
    return error is not None


def _forms_of(secret: str) -> set[str]:
    """A secret as it is, in an address or taken from one, in a form, in JSON and in a page."""
    encoded = {encode(secret, safe=safe) for encode in (quote, quote_plus) for safe in ("", "/")}
    lower = {re.sub("%..", lambda found: found[0].lower(), form) for form in encoded}
    return {secret, unquote(secret), *encoded, *lower, json.dumps(secret)[1:-1], html.escape(secret)}


def check_host(source: str, address: str, allowed_hosts: Sequence[str]) -> None:
    """Raises SourceError for an address on a host that slm.yaml does not allow."""
    host = (urlsplit(address).hostname or "").lower()
    if host not in {allowed.lower() for allowed in allowed_hosts}:
        raise SourceError(source, f"the host {host} is not among allowedHosts of slm.yaml; add it there if it is meant")


def _origin(parts: SplitResult) -> tuple[str, str | None, int | None]:
    """Scheme, host and port: what has to be the same for a secret to be sent (RFC 6454)."""
    return parts.scheme, parts.hostname, parts.port or {"https": 443, "http": 80}.get(parts.scheme)


@lru_cache(maxsize=16)  # many answers come within a second
def _http_date(text: str) -> datetime | None:
    try:
        return email.utils.parsedate_to_datetime(text).astimezone(UTC)
    except (TypeError, ValueError, OverflowError):  # the last: years that are none in UTC
        return None
