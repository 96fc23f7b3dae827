"""Everything between the two sides that is no ticket: the pulse, meetings, voices, costs, the staff's own survey.

Belongs here: the small feeds, one file each, and the monthly pulse.
Does not belong here: the survey after each ticket (`surveys`).
Sits beside `tickets`. Rows are dictionaries of text, as they are written; nothing later than the export is in them.
"""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

import numpy as np

from examples.acme import company, rhythms
from examples.acme.desk_time import DAY, HOUR
from examples.acme.planted import epoch, iso
from examples.acme.tickets import EPOCH, Uniforms, picked, seconds

Row = dict[str, str]

PULSE = "pulse"
PULSE_STREAM, TOUCHPOINT_STREAM, VOICE_STREAM, COST_STREAM, STAFF_STREAM = 11, 12, 13, 14, 15
PULSE_DAY = 12
KNOWN_CUSTOMERS = range(4)
# How much lower than others these customers score (of 11 answers) and trust (of 5).
UNHAPPY_PULSE = {company.HOSPITALS: 2}

# (service, tier, cost a month, currency)
RUN_COSTS = (
    ("core-banking", "gold", "14200.00", "GBP"),
    ("online-banking", "gold", "7100.00", "GBP"),
    ("freight-tracking", "gold", "5900.00", "GBP"),
    ("electronic-records", "gold", "9900.00", "GBP"),
    ("till-and-payments", "silver", "6400.00", "USD"),
    ("email", "standard", "1500.00", "GBP"),
    ("database-platform", "standard", "2950.00", "GBP"),
    ("network", "standard", "2450.00", "GBP"),
)
SUPPLIER_COST = "1180.00"
STAFF_AREAS = ("reward", "career", "training", "supervision", "teamwork", "resources", "contribution")

VOICES = {
    "need": "We open more sites next quarter and will need more of this.",
    "risk": "One person knows how the nightly transfer works.",
    "praise": "The person at the desk stayed with us until it worked.",
    "complaint": "We had to explain the same thing three times.",
    "dispute": "We do not agree that this outage was inside the maintenance.",
}


def months(first: date, until: int) -> Iterator[date]:
    """The first days of the months from `first` that begin before `until` (UTC epoch seconds)."""
    month = first.replace(day=1)
    while midnight(month) < until:
        yield month
        month = next_month(month)


def next_month(day: date) -> date:
    """The first day of the month after."""
    return date(day.year + day.month // 12, day.month % 12 + 1, 1)


def midnight(day: date) -> int:
    """UTC epoch seconds of a day's beginning."""
    return (day - EPOCH).days * DAY


def _number(month: date) -> int:
    return month.year * 12 + month.month


def pulse(month: date, seed: int, until: int) -> tuple[list[Row], list[Row]]:
    """Invitations and answers of the pulse sent in a month; two rows per answer, one for each item."""
    invitations: list[Row] = []
    answers: list[Row] = []
    sent = midnight(month.replace(day=PULSE_DAY)) + 9 * HOUR
    for customer in KNOWN_CUSTOMERS:
        uniform = Uniforms(seed, PULSE_STREAM, _number(month) * 10 + customer, rhythms.PULSE_PANEL)
        is_delivered = uniform.below(rhythms.DELIVERED_SHARE)
        is_answered = uniform.below(rhythms.PULSE_ANSWER_SHARE) & is_delivered
        responded = sent + seconds(uniform.quantile(rhythms.ANSWER_LEVELS, rhythms.ANSWER_HOURS))
        level = uniform.column()
        lower = UNHAPPY_PULSE.get(customer, 0)
        recommend = np.maximum(picked(rhythms.PULSE_SCORES, level) - lower, 0)
        trust = np.maximum(1 + picked(rhythms.CONTENT_SCORES, level) - lower // 2, 1)
        if sent >= until:
            continue
        for person in range(rhythms.PULSE_PANEL):
            key = f"{company.CUSTOMER_PREFIXES[customer]}-{month:%Y%m}-{person + 1:02d}"
            answered = bool(is_answered[person]) and int(responded[person]) < until
            invitations.append(
                {
                    "invitation_id": f"PI-{key}",
                    "instrument_id": PULSE,
                    "sent_at": iso(sent),
                    "delivered": "true" if is_delivered[person] else "false",
                    "response_id": f"PR-{key}" if answered else "",
                    "customer_id": company.CUSTOMERS[customer],
                }
            )
            if not answered:
                continue
            for item, scores in (("recommend", recommend), ("trust", trust)):
                answers.append(
                    {
                        "response_id": f"PR-{key}",
                        "instrument_id": PULSE,
                        "item": item,
                        "score": str(int(scores[person])),
                        "responded_at": iso(int(responded[person])),
                        "customer_id": company.CUSTOMERS[customer],
                        "respondent_role": "customer",
                    }
                )
    return invitations, answers


def touchpoints(first: date, seed: int, until: int) -> list[Row]:
    """Meetings planned or held. The hospitals are only ever telephoned or written to."""
    rows = []
    for month in months(first, until):
        for customer in KNOWN_CUSTOMERS:
            uniform = Uniforms(seed, TOUCHPOINT_STREAM, _number(month) * 10 + customer, 6)
            is_held = uniform.column() < 0.88
            later = (uniform.column() * 7).astype(int) * DAY
            day = (uniform.column() * 20).astype(int)
            name = company.CUSTOMERS[customer]
            remote = customer == company.HOSPITALS
            plans = [
                (0, "service_review", "phone" if remote else "video", "provider", "operational", 9 * DAY + 10 * HOUR),
                (1, "call", "email" if remote else "phone", "customer", "operational", int(day[1]) * DAY + 14 * HOUR),
            ]
            if not remote and month.month % 3 == 2:
                plans.append((2, "visit", "in_person", "provider", "strategic", 14 * DAY + 9 * HOUR))
                plans.append((3, "informal", "in_person", "provider", "strategic", 14 * DAY + 12 * HOUR))
            for slot, kind, channel, initiator, level, offset in plans:
                planned = midnight(month) + offset
                held = planned + (int(later[slot]) if later[slot] > 5 * DAY else 0)
                took_place = bool(is_held[slot]) and held < until
                rows.append(
                    {
                        "touchpoint_id": f"TP-{company.CUSTOMER_PREFIXES[customer]}-{month:%Y%m}-{slot + 1}",
                        "customer_id": name,
                        "planned_at": "" if kind == "call" else iso(planned),
                        "held_at": iso(held) if took_place else "",
                        "kind": kind,
                        "channel": channel,
                        "initiated_by": initiator,
                        "level": level,
                        "business_outcome": "growth plans discussed" if kind == "visit" and took_place else "",
                    }
                )
    # A call that was neither planned nor held is no touchpoint.
    return [row for row in rows if row["planned_at"] or row["held_at"]]


def voice_items(first: date, seed: int, until: int) -> list[Row]:
    """What customers said; one complaint of Harbour Logistics has been waiting for an answer since February 2026."""
    rows = []
    for month in months(first, until):
        for customer in KNOWN_CUSTOMERS:
            uniform = Uniforms(seed, VOICE_STREAM, _number(month) * 10 + customer, 2)
            is_raised, day, kind, answer = (uniform.column() for _ in range(4))
            own = [service for holder, service, _ in company.DEMAND if holder == customer]
            for slot in range(2):
                raised = midnight(month) + int(day[slot] * 27) * DAY + 11 * HOUR
                if is_raised[slot] > 0.6 or raised >= until:
                    continue
                answered = raised + (1 + int(answer[slot] ** 2 * 30)) * DAY
                word = list(VOICES)[int(kind[slot] * len(VOICES))]
                rows.append(
                    _voice(
                        f"VO-{company.CUSTOMER_PREFIXES[customer]}-{month:%Y%m}-{slot + 1}",
                        customer,
                        raised,
                        answered if answered < until and answer[slot] < 0.9 else None,
                        word,
                        company.SERVICES[own[slot % len(own)]],
                    )
                )
    planted = epoch("2026-02-10T09:00:00Z")
    if planted < until:
        rows.append(_voice("VO-PLANTED-01", company.HARBOUR, planted, None, "complaint", "freight-tracking"))
    return sorted(rows, key=lambda row: (row["raised_at"], row["item_id"]))


def _voice(item: str, customer: int, raised: int, answered: int | None, kind: str, service: str) -> Row:
    return {
        "item_id": item,
        "customer_id": company.CUSTOMERS[customer],
        "raised_at": iso(raised),
        "raised_by": "provider" if kind == "risk" else "customer",
        "kind": kind,
        "service_id": service,
        "answered_at": "" if answered is None else iso(answered),
        "status": "open" if answered is None else "answered",
        "text": VOICES[kind],
    }


def costs(first: date, seed: int, until: int) -> list[Row]:
    """Costs of each whole month: running every service at its tier, changes now and then, the carrier's bill."""
    rows = []
    for month in months(first, until):
        if midnight(next_month(month)) > until:
            continue
        uniform = Uniforms(seed, COST_STREAM, _number(month), len(RUN_COSTS))
        drift, change = uniform.column(), uniform.column()
        for row, (service, tier, amount, currency) in enumerate(RUN_COSTS):
            run = Decimal(amount) * (Decimal("0.97") + Decimal(int(drift[row] * 61)) / 1000)
            lines = [("run", run)]
            if change[row] < 0.2:
                lines.append(("change", Decimal(500 + int(change[row] * 5 * 4000))))
            if service == "network":
                lines.append(("supplier", Decimal(SUPPLIER_COST)))
            for kind, value in lines:
                rows.append(
                    {
                        "service_id": service,
                        "tier": tier,
                        "period_start": month.isoformat(),
                        "kind": kind,
                        "amount": f"{value:.2f}",
                        "currency": currency,
                    }
                )
    return rows


def employee_survey(first: date, seed: int, until: int) -> list[Row]:
    """The staff's survey of each whole quarter, means of five or more answers. The DBAs lack resources."""
    rows = []
    for month in months(first, until):
        if month.month % 3 != 1 or midnight(next_month(next_month(next_month(month)))) > until:
            continue
        uniform = Uniforms(seed, STAFF_STREAM, _number(month), len(STAFF_AREAS))
        for team, name in enumerate(company.TEAMS):
            level = uniform.column()
            for column, area in enumerate(STAFF_AREAS):
                mean = 3.2 + level[column] * 1.2 - (1.1 if team == company.DBA_TEAM and area == "resources" else 0)
                rows.append(
                    {
                        "wave": f"{month.year}-Q{month.month // 3 + 1}",
                        "team_id": name,
                        "area": area,
                        "mean": f"{mean:.2f}",
                        "n": str(6 + team * 2),
                    }
                )
    return rows
