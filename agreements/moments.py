"""Moments of truth as instants: when a service must be there.

Belongs here: from a recurring day and a window of local hours to pairs of UTC seconds.
Does not belong here: which days recur (`recurrence`), whether the service was there (dbt models).
Sits between `models` and `compile`.
"""

from collections.abc import Iterator
from datetime import date

import numpy as np

from agreements.calendars import DAY, date_of, day_number, days_around, local_date
from agreements.models import MomentOfTruth
from agreements.recurrence import days_of


def occurrences(moment: MomentOfTruth, zone: str, start: int, end: int) -> Iterator[tuple[date, int, int]]:
    """(local day, from, to) of every occurrence that begins in [start, end), in order.

    A window that crosses midnight belongs to the day it begins on; one that the change of the clocks leaves empty is
    left out.
    """
    first, last = local_date(start, zone), local_date(end, zone)
    days = [day_number(day) for day in days_of(moment.rrule, moment.starts_on, first, last)]
    if not days:
        return
    walls = np.array(days, np.int64) * DAY
    local = days_around(zone, start, end)
    begins = local.to_epoch(walls + moment.window[0] * 60)
    ends = local.to_epoch(walls + moment.window[1] * 60)
    for day, begin, finish in zip(days, begins.tolist(), ends.tolist(), strict=True):
        if start <= begin < end and finish > begin:
            yield date_of(day), begin, finish
