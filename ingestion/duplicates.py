"""The same record again, within one load and, for adapters that read all loads together, across loads.

Belongs here: which of several rows of one key is kept, and what becomes of the others.
Does not belong here: rows of a feed that meet by its key across loads (settle).
Sits below the adapters.
"""

from collections.abc import Sequence

import duckdb

from ingestion.readers import quoted


def find_duplicates(
    con: duckdb.DuckDBPyConnection,
    into: str,
    relation: str,
    key: Sequence[str],
    content: Sequence[str],
    order: Sequence[str],
    place: str = "record_number",
) -> None:
    """Fill table `into`: one row per row of `relation` that is not kept.

    Of the rows with equal `key` the last by `order` is kept. Columns: every column of the row's place (`load_id`,
    `record_number`, and `place`, which numbers the rows where a record has several), `kept_record_number`, and
    `is_identical` = equal to the kept row in every column of `content`. `relation` is a table with load_id,
    record_number and `place`; `order` are SQL sort terms, last row first.
    """
    places = dict.fromkeys(("load_id", "record_number", place))
    keys = ", ".join(quoted(column) for column in key)
    same = " and ".join(f"others.{quoted(column)} is not distinct from kept.{quoted(column)}" for column in content)
    also_key = " and ".join(f"others.{quoted(column)} is not distinct from kept.{quoted(column)}" for column in key)
    con.execute(
        f"""
        create or replace temp table {into} as
        with suspects as (
            -- the hash keeps this aggregate small on long keys; the next step compares the keys themselves
            select hash({keys}) as key_hash from {relation} group by 1 having count(*) > 1
        ),
        suspicious as (
            select * from {relation} where hash({keys}) in (select key_hash from suspects)
        ),
        ranked as (
            select *, row_number() over (partition by {keys} order by {", ".join(order)}) as rank from suspicious
        ),
        kept as (select * from ranked where rank = 1),
        others as (select * from ranked where rank > 1)
        select
            {", ".join(f"others.{column}" for column in places)},
            kept.record_number as kept_record_number,
            {same} as is_identical
        from others
        inner join kept on {also_key}
        order by others.load_id, others.{place}
        """
    )


def keep_latest_records(
    con: duckdb.DuckDBPyConnection, table: str, key: Sequence[str], content: Sequence[str], column: str
) -> None:
    """Leave one row per `key` in `table`, which has load_id, record_number, `key` and `content`.

    Within a load identical records collapse and of differing ones the last is kept, the others are rejected naming the
    raw `column`; across loads the latest wins. Fills rejected, collapsed and superseded.
    """
    find_duplicates(con, "duplicates", table, ("load_id", *key), content, ["record_number desc"])
    keys = ", ".join(quoted(name) for name in key)
    con.execute(
        f"""
        insert into rejected
        select load_id, record_number, '{column}', 'conflicting_in_load',
            '{column} occurs again in this load with other values (record ' || kept_record_number
                || ' of the load); the last one is kept'
        from duplicates where not is_identical;
        insert into collapsed
        select load_id, record_number, kept_record_number from duplicates where is_identical;
        delete from {table} using duplicates
        where {table}.load_id = duplicates.load_id and {table}.record_number = duplicates.record_number;
        insert into superseded
        select load_id, record_number from (
            select load_id, record_number, max(load_id) over (partition by {keys}) as latest from {table}
        ) where load_id < latest;
        delete from {table} using superseded
        where {table}.load_id = superseded.load_id and {table}.record_number = superseded.record_number;
        """
    )
