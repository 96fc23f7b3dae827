"""Connectors that read tables: of a DuckDB file, a folder of Parquet files, or a PostgreSQL database.

Belongs here: the options of such sources, and paging through a table. Does not belong here: connections (pulling), what
a table's rows mean (the connectors that derive from this one).
Sits between one system's tables and the common machinery.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import ClassVar, Self, TypeVar

from pydantic import Field, model_validator

from ingestion.connectors.base import Connector, Page, PullOptions, Request, Secret, utc_text
from ingestion.readers import literal

# The column that a page is ordered by, and by which the next one begins.
KEY = "_key"


class TableOptions(PullOptions):
    """Where the tables are: `path` names a DuckDB file or a folder with `<table>.parquet` or `<table>/*.parquet`,
    `database` the environment variable with the connection string of a PostgreSQL database. `plain_database` allows a
    connection whose other end TLS does not verify, which otherwise only this machine's own may be.
    """

    path: str | None = None
    database: Secret | None = None
    db_schema: str | None = Field(default=None, alias="schema", pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")
    plain_database: bool = False
    page_size: int = Field(default=50_000, ge=1, le=100_000)
    # A page may need a whole large table sorted, and holds 50,000 rows of 5 KB.
    timeout_seconds: float = Field(default=600, gt=0)
    max_response_bytes: int = Field(default=256 << 20, ge=1)

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        if (self.path is None) == (self.database is None):
            raise ValueError("give either path (a DuckDB file or a folder of Parquet files) or database: {env: NAME}")
        return self


Own = TypeVar("Own", bound=TableOptions)


class TableConnector(Connector[Own]):
    """Each raw feed is a query over tables, read in pages by its key, which is text.

    `queries` has a select per raw feed; `{table}` stands for a table wherever it is. `cursors` names the column of each
    by which changes are asked for; a feed without one is read whole.
    """

    queries: ClassVar[Mapping[str, str]]
    keys: ClassVar[Mapping[str, str]]
    cursors: ClassVar[Mapping[str, str]] = MappingProxyType({})

    def start(self, since: Mapping[str, datetime], now: datetime) -> Sequence[Request]:
        """The first page of each feed."""
        return [_page(Request(name, name, note={"since": utc_text(since[name])}), "") for name in self.queries]

    def follow(self, request: Request, page: Page) -> Sequence[Request]:
        """The rows after the last key."""
        return [_page(request, page.last[KEY])] if len(page.records) >= self.options.page_size else []

    def query(self, request: Request) -> str:
        """The select of one page; names of tables still in braces."""
        name = request.path
        cursor = self.cursors.get(name)
        changed = f"{cursor} >= cast({literal(request.note['since'])} as timestamptz)" if cursor else "true"
        key = f"cast({self.keys[name]} as varchar)"
        return (
            f"select {key} as {KEY}, rows.* from ({self.queries[name]}) as rows"
            f" where {changed} and {key} > {literal(request.param('after'))}"
            f" order by {key} limit {self.options.page_size}"
        )


def _page(request: Request, after: str) -> Request:
    return request.with_params(after=after)


def utc(column: str) -> str:
    """SQL of a column's instant as text in UTC, the same in every database: sessions here are in UTC."""
    return f"replace(substr(cast({column} as varchar), 1, 19), ' ', 'T') || 'Z'"
