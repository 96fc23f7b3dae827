"""Withholding: what is left of the reports on an agreement whose figures are not published.

A report with a status keeps its rows, which say `withheld` and no number; in a report without one nothing could tell a
row without numbers from one that counted nothing, so the rows are left out. Facts are not touched: they are what was
recorded, and who mends what is wrong with a figure must see them.

Belongs here: which reports are about agreements, and what becomes of each. Does not belong here: which agreements are
withheld, and why (certificate), their ledger (`ledger`), the evidence of their figures (`evidence`).
"""

from collections.abc import Collection, Mapping

from publishing.errors import PublishRefused

# Every report that is about agreements is in one of the two: a build with another is not published.
BLANKED = frozenset({"rpt_availability", "rpt_sla_scorecard", "rpt_sla_target"})
LEFT_OUT = frozenset(
    {
        "rpt_availability_target",
        "rpt_definition_sensitivity",
        "rpt_month_end_forecast",
        "rpt_pause_audit",
        "rpt_target_sensitivity",
        "rpt_workload",
    }
)
WITHHELD = "withheld"
# What a blanked row still says: which figure it is, and what was promised.
_KEPT = frozenset(
    {
        "agreement_id", "agreement_version", "agreement_type", "customer_id", "service_id", "target_id", "metric",
        "period_type", "period_start", "period_end", "period_status", "target_ratio",
    }
)  # fmt: skip


def is_about_agreements(table: str, columns: Collection[str]) -> bool:
    """Whether the published table is a report with figures of agreements."""
    return table.startswith("rpt_") and "agreement_id" in columns


def rows_to_publish(relation: str, table: str, columns: Mapping[str, str], withheld: Collection[str]) -> str:
    """SQL for the rows of a table that a release has, from `relation`, with its columns in their order.

    `columns`: types by name; `withheld`: agreements. Raises PublishRefused for a report on agreements of which nobody
    has said what becomes of it.
    """
    if not is_about_agreements(table, columns):
        return f"select * from {relation}"
    if table not in BLANKED | LEFT_OUT:
        raise PublishRefused(
            f"{table} has figures of agreements, and publishing/withholding.py does not say what becomes of it when "
            "one is withheld: name it there."
        )
    if not withheld:
        return f"select * from {relation}"
    names = ", ".join("'" + agreement.replace("'", "''") + "'" for agreement in sorted(withheld))
    if table in LEFT_OUT:
        return f"select * from {relation} where agreement_id not in ({names})"
    replaced = ", ".join(
        f'case when agreement_id in ({names}) then {_instead(column, kind)} else "{column}" end as "{column}"'
        for column, kind in columns.items()
        if column not in _KEPT
    )
    return f"select * replace ({replaced}) from {relation}"


def _instead(column: str, kind: str) -> str:
    """What a blanked row says in place of a measure: columns that are never null say 0 or false."""
    if column == "status":
        return f"'{WITHHELD}'"
    if kind == "BOOLEAN":
        return "false"
    return "0" if column.endswith("_count") or column.startswith(("numerator", "denominator")) else "null"
