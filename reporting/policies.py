"""The contested choices of an agreement, in sentences that both parties understand.

Belongs here: one plain sentence per policy value that `dim_agreement` can hold.
Does not belong here: the rules themselves (dbt_project), which agreements stand on a page (`pages`).
Used by `pages`; pure functions.
"""

from reporting.queries import Agreement, Outage
from reporting.wording import counted, duration_text, listed, party_name

_ATTRIBUTION = {
    "decided": "A ticket counts in the period in which its outcome became certain: when its clock stopped in time, "
    "or at the moment it breached, whether or not it was still open.",
    "due": "A ticket counts in the period in which it was due.",
    "resolved": "A ticket counts in the period in which its clock stopped.",
    "created": "A ticket counts in the period in which it was opened.",
}
_PRIORITY_CHANGE = {
    "at_clock_start_plus_upgrade": "The target is that of the priority at the start of the clock. A change to a "
    "priority with a shorter limit starts a new clock at the change; a change to a longer one does not relieve.",
    "event_time": "From each change of priority on, the target of the new priority holds.",
    "final_value": "The target is that of the ticket's last priority, for its whole time.",
}
_NO_REPLY = {
    "stops": "A ticket resolved without a reply has its first response at the resolution.",
    "breach": "A resolution without a reply does not stop the clock of the first response.",
}
_EXCLUDED_TIME = {
    "remove_from_denominator": "is taken out of the agreed time",
    "counts_as_up": "counts as time in which the service could be used",
}
_UNMEASURED = {
    "remove_from_denominator": "Time that nobody measured is neither up nor down and is taken out of the agreed time; "
    "the bounds show the result if all of it had been down, or up.",
    "counts_as_up": "Time that nobody measured counts as up; the bounds show the result if all of it had been down.",
    "counts_as_down": "Time that nobody measured counts as down; the bounds show the result if all of it had been up.",
}

_INHERITED_DOWNTIME = {
    "reported": "The result is about the service's own downtime; what it inherits from services it depends on is shown "
    "beside it.",
    "counted": "Downtime of a service that it depends on counts as its own; of several that can stand in for each "
    "other, only when all are down at once.",
}

INTERVAL = (
    "The interval is the 95 % Wilson interval: how far chance alone could move the result, were the period to happen "
    "again."
)


def excluded_parties(agreement: Agreement) -> list[str]:
    """Those whose outages the agreement leaves out."""
    return [party for party in (agreement.exclude_attributed_to or "").split(",") if party]


def weight_of(agreement: Agreement, kind: str) -> float:
    """Share of its length at which an outage of the kind counts as downtime."""
    weights = {
        "outage": agreement.outage_weight_ratio,
        "partial": agreement.partial_weight_ratio,
        "degraded": agreement.degraded_weight_ratio,
    }
    return weights.get(kind, 0.0)


def percent(ratio: float) -> str:
    """A weight as agreed: 30 %."""
    return f"{ratio * 100:.4f}".rstrip("0").rstrip(".") + " %"


def counts_as(agreement: Agreement, outage: Outage) -> str:
    """How the agreement lets a stretch of trouble count, in the words of a table cell."""
    if outage.kind == "maintenance":
        return "Left out, as far as excused" if agreement.has_maintenance_terms else "Left out: maintenance"
    if outage.attributed_to in excluded_parties(agreement):
        return f"Left out: {party_name(outage.attributed_to).lower()}"
    weight = weight_of(agreement, outage.kind)
    if weight == 0:
        return "No downtime: weight 0"
    share = "In full" if weight == 1 else f"At {percent(weight)}"
    if outage.wall_seconds < agreement.min_outage_seconds:
        return f"{share}, if part of a stretch of {duration_text(agreement.min_outage_seconds)} or more"
    return share


def ticket_policies(agreement: Agreement) -> list[str]:
    """The choices that bear on ticket clocks."""
    return [
        _ATTRIBUTION[agreement.attribution],
        "A clock that stops exactly at its limit has met it. A breach stays a breach, whatever happens later.",
        _reopening(agreement),
        _PRIORITY_CHANGE[agreement.priority_change],
    ]


def first_response_policy(agreement: Agreement) -> str:
    """What counts where nobody replied."""
    return _NO_REPLY[agreement.no_reply]


def _reopening(agreement: Agreement) -> str:
    if agreement.reopen_mode == "ignore":
        return "A reopening changes nothing: the first resolution counts."
    if agreement.reopen_mode == "new_cycle" or agreement.reopen_window_days == 0:
        return "A reopened ticket starts a new clock, and is counted again."
    days = counted(agreement.reopen_window_days, "day")
    return (
        f"A ticket reopened within {days} with service hours goes on with its old clock, without the time it stood "
        "resolved; one reopened later starts a new clock, and is counted again."
    )


def availability_policies(agreement: Agreement) -> list[str]:
    """The choices that bear on availability."""
    parties = excluded_parties(agreement)
    what = "Excused maintenance" if agreement.has_maintenance_terms else "Maintenance"
    excluded = what + (f" and trouble caused by {_parties(parties)}" if parties else "")
    weights = [
        f"{name} {'in full' if weight == 1 else 'not at all' if weight == 0 else 'at ' + percent(weight)}"
        for name, weight in (
            ("an outage counts", agreement.outage_weight_ratio),
            ("a partial outage", agreement.partial_weight_ratio),
            ("degraded service", agreement.degraded_weight_ratio),
        )
    ]
    sentences = [
        f"{excluded} {_EXCLUDED_TIME[agreement.excluded_time]}.",
        *_maintenance_terms(agreement),
        f"Of its length within the agreed time, {listed(weights)}; trouble reported twice counts once.",
        _UNMEASURED[agreement.unmeasured],
    ]
    if agreement.min_outage_seconds:
        sentences.append(
            f"A stretch of downtime shorter than {duration_text(agreement.min_outage_seconds)} does not count."
        )
    sentences.append(_INHERITED_DOWNTIME[agreement.inherited_downtime])
    return sentences


def _maintenance_terms(agreement: Agreement) -> list[str]:
    """What excuses maintenance; nothing where the agreement excuses all of it."""
    if not agreement.has_maintenance_terms:
        return []
    terms = []
    if agreement.maintenance_announced_seconds is not None:
        terms.append(f"announced at least {duration_text(agreement.maintenance_announced_seconds)} before it began")
    if agreement.maintenance_windows:
        terms.append(f"within the hours of {listed(agreement.maintenance_windows.split(','))}")
    if agreement.maintenance_monthly_seconds is not None:
        terms.append(f"among the first {duration_text(agreement.maintenance_monthly_seconds)} of its month")
    return [f"Maintenance is excused if it is {listed(terms)}; any other counts as an outage."] if terms else []


def _parties(parties: list[str]) -> str:
    names = ["third parties" if party == "third_party" else f"the {party_name(party).lower()}" for party in parties]
    return listed(names)


def general_policies(agreement: Agreement) -> list[str]:
    """The choices that bear on every figure of the agreement."""
    sentences = []
    few = agreement.low_volume_min_denominator
    if few:
        sentences.append(f"A result from fewer than {few} records or answers is marked as resting on few.")
    if agreement.staleness_seconds is not None:
        sentences.append(
            "A source that cannot be read holds its figures back only when it was last read more than"
            f" {duration_text(agreement.staleness_seconds)} before; until then they are shown with the instant up to"
            " which they are known."
        )
    days = counted(agreement.close_after_working_days, "working day")
    sentences.append(f"A period is closed {days} after its end; what changes a figure later is a restatement.")
    return sentences
