"""The columns the generator works in, before they become text.

Belongs here: the arrays of tickets, events and surveys, and how the parts of several days become one.
Does not belong here: what is in them (`tickets`, `surveys`, `planted`) and how they are written (`files`).
Instants are UTC epoch seconds, NEVER where there is none; other integers are positions in the tables of `company`.
A ticket is named by its desk day (days since 1970-01-01 in London) and its number within it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Self

import numpy as np
from numpy.typing import NDArray

Integers = NDArray[np.int64]
Small = NDArray[np.int16]
Flags = NDArray[np.bool_]

NEVER = -1
MAX_HOPS = 9


@dataclass(frozen=True)
class Table:
    """Columns of equal length; a two-dimensional one has one row per row of the table."""

    def __len__(self) -> int:
        return len(getattr(self, fields(self)[0].name))

    def take(self, rows: NDArray[np.bool_] | NDArray[np.int64]) -> Self:
        """The named rows, in the order named."""
        return type(self)(*(getattr(self, field.name)[rows] for field in fields(self)))

    @classmethod
    def stacked(cls, parts: Sequence[Self]) -> Self:
        """The rows of all parts, in order. At least one part."""
        return cls(*(np.concatenate([getattr(part, field.name) for part in parts]) for field in fields(cls)))


@dataclass(frozen=True)
class Tickets(Table):
    """One row per ticket, with the whole of its life."""

    day: Integers
    number: Integers
    opened: Integers
    customer: Small
    service: Small
    ticket_type: Small
    priority: Small
    team: Small  # at opening
    channel: Small
    category: Small
    requester: Integers
    parent: Integers  # number of the ticket of the same day it was merged into; NEVER
    merged: Integers
    hops: Integers  # MAX_HOPS columns: instants of the reassignments
    resolved: Integers  # the first time
    reopened: Integers
    resolved_again: Integers
    closed: Integers  # the first time, whether or not it was reopened after it
    closed_again: Integers


@dataclass(frozen=True)
class Events(Table):
    """One row per event; `sequence` orders the events of one ticket."""

    day: Integers
    number: Integers
    sequence: Integers
    occurred: Integers
    kind: Small
    value: Small
    role: Small
    is_public: Flags
    promised: Integers


@dataclass(frozen=True)
class Surveys(Table):
    """One row per invitation; `scores` has one column per item of the instrument, all set or all 0."""

    day: Integers
    number: Integers
    customer: Small
    service: Small
    team: Small
    sent: Integers
    is_delivered: Flags
    responded: Integers
    scores: Small
