"""How busy the desk is: shares and durations, measured where that was possible.

Belongs here: named figures and nothing else.
Does not belong here: who the customers are (`company`), what is planted on purpose (`planted`).
Read by `tickets` and `surveys`.

"Measured" means: on the audit log of a ServiceNow instance, 141,712 updates of 24,918 incidents, 2016-02-29 to
2017-02-18, UCI Machine Learning Repository no. 498, "Incident management process enriched event log" (Amaral,
Fantinato, Peres 2018), CC BY 4.0. Shares are of incidents; a resolution is an incident's first update with the state
Resolved or Closed. "Ours" means: chosen for the example.
"""

# --- arrivals (measured) --------------------------------------------------------------------------------------------

# Share of incidents opened on each weekday, Monday first.
ARRIVAL_WEEKDAY_SHARES = (0.2387, 0.1987, 0.1960, 0.1647, 0.1537, 0.0256, 0.0226)

# Share of incidents opened in each local hour of the day, Monday to Friday, and Saturday and Sunday.
ARRIVAL_HOUR_SHARES_WEEKDAY = (
    0.0085, 0.0073, 0.0049, 0.0040, 0.0042, 0.0043, 0.0110, 0.0222, 0.1035, 0.1243, 0.1176, 0.1015,
    0.0547, 0.0673, 0.0927, 0.0877, 0.0761, 0.0436, 0.0178, 0.0108, 0.0084, 0.0138, 0.0084, 0.0055,
)  # fmt: skip
ARRIVAL_HOUR_SHARES_WEEKEND = (
    0.0557, 0.0408, 0.0275, 0.0233, 0.0233, 0.0258, 0.0499, 0.0391, 0.0774, 0.0541, 0.0865, 0.0524,
    0.0366, 0.0399, 0.0474, 0.0424, 0.0524, 0.0333, 0.0366, 0.0341, 0.0225, 0.0266, 0.0374, 0.0349,
)  # fmt: skip

# --- handling (measured) --------------------------------------------------------------------------------------------

# The levels of every quantile table below.
QUANTILES = (
    0.0, 0.01, 0.025, 0.05, 0.10, 0.15, 0.20, 0.25, 0.30, 0.35, 0.40, 0.45,
    0.50, 0.55, 0.60, 0.65, 0.70, 0.75, 0.80, 0.85, 0.90, 0.95, 0.975, 0.99,
)  # fmt: skip

# Wall hours from opening to resolution without the time spent in the log's Awaiting states.
HANDLING_HOURS = (
    0.0, 0.0, 0.0, 0.0, 0.03, 0.08, 0.15, 0.22, 0.33, 0.57, 1.03, 2.08,
    4.15, 8.18, 20.22, 26.08, 44.36, 65.26, 95.48, 144.34, 215.69, 410.25, 775.51, 1704.08,
)  # fmt: skip

# Wall hours of one wait on the user before the resolution.
WAITING_CUSTOMER_HOURS = (
    0.0, 0.08, 0.24, 0.57, 1.88, 4.58, 16.33, 20.90, 24.19, 36.83, 48.91, 69.68,
    89.82, 108.91, 124.30, 145.36, 167.86, 193.18, 241.06, 305.35, 433.49, 813.33, 1330.98, 2192.75,
)  # fmt: skip
WAITING_CUSTOMER_SHARE = 0.2196
SECOND_WAIT_SHARE = 0.0696  # of those that wait at all (1.0696 waits each)
WAITING_SUPPLIER_SHARE = 0.0104
WAITING_INTERNAL_SHARE = 0.0107  # Awaiting Problem and Awaiting Evidence

# Share of incidents by number of reassignments; the last stands for nine or more.
REASSIGNMENT_SHARES = (0.5437, 0.2503, 0.0916, 0.0495, 0.0279, 0.0153, 0.0073, 0.0057, 0.0028, 0.0059)

PRIORITY_CHANGE_SHARE = 0.0154
PRIORITY_UPGRADE_SHARE = 0.718  # of the changes; the others are downgrades

REOPEN_SHARE = 0.0110
# Wall hours from the resolution to the reopening.
REOPEN_LAG_HOURS = (
    0.0, 0.03, 0.07, 0.10, 0.14, 0.22, 0.33, 0.47, 0.69, 1.16, 1.73, 2.62,
    4.75, 9.02, 14.67, 18.02, 21.70, 26.43, 33.07, 65.16, 90.01, 148.56, 195.11, 720.07,
)  # fmt: skip

# Days from the last resolution to the closing: the tool closes by itself after five.
CLOSING_DAYS = (
    0.0, 5.0, 5.001, 5.001, 5.003, 5.006, 5.009, 5.011, 5.014, 5.016, 5.019, 5.021,
    5.024, 5.026, 5.028, 5.031, 5.033, 5.035, 5.038, 5.044, 8.126, 14.185, 16.307, 18.010,
)  # fmt: skip

# --- ours -----------------------------------------------------------------------------------------------------------

# Tickets a year at size 1.
TICKETS_PER_YEAR = 4000

# P1 to P4. (In the log 95 % are moderate and priorities hardly differ in speed, which would leave nothing to see.)
PRIORITY_SHARES = (0.03, 0.12, 0.65, 0.20)
# How long a priority's handling and waits are, measured figures = 1.
PRIORITY_HANDLING_FACTORS = (0.02, 0.10, 1.0, 1.3)
PRIORITY_WAIT_FACTORS = (0.01, 0.05, 0.5, 0.5)

# Incident, request, problem, change.
TICKET_TYPE_SHARES = (0.72, 0.24, 0.02, 0.02)
# Portal, e-mail, phone, monitoring. (In the log 99 % came by phone.)
CHANNEL_SHARES = (0.42, 0.23, 0.28, 0.07)

# Minutes to the first human answer; P1 and P2 at any hour, P3 and P4 in desk hours (Monday to Friday 08-18).
RESPONSE_LEVELS = (0.0, 0.25, 0.50, 0.75, 0.90, 0.95, 0.975, 1.0)
RESPONSE_MINUTES = (
    (0.5, 2.0, 4.0, 7.0, 11.0, 13.5, 18.0, 45.0),
    (1.0, 5.0, 10.0, 18.0, 26.0, 31.0, 45.0, 120.0),
    (1.0, 8.0, 25.0, 70.0, 150.0, 210.0, 300.0, 900.0),
    (1.0, 8.0, 25.0, 70.0, 150.0, 210.0, 300.0, 900.0),
)
NO_REPLY_SHARE = 0.03
INTERNAL_NOTE_SHARE = 0.20
RESOLUTION_MESSAGE_SHARE = 0.60
CHASER_SHARE = 0.08

CANCELLED_SHARE = 0.010
MERGED_SHARE = 0.007

# Of the waits on the customer, those that a public question precedes within ten minutes.
VISIBLE_REQUEST_SHARE = 0.80
# Wall hours with a supplier.
SUPPLIER_LEVELS = (0.0, 0.5, 0.8, 0.9, 1.0)
SUPPLIER_HOURS = (0.5, 4.0, 7.0, 10.0, 36.0)

PROMISE_SHARE = 0.25
PROMISE_KEPT_SHARE = 0.92
PROMISE_NOTICE_SHARE = 0.60  # of the late ones
PROMISE_REVISED_SHARE = 0.50  # of those with notice

# --- surveys (ours) -------------------------------------------------------------------------------------------------

INVITATION_SHARE = 0.80
DELIVERED_SHARE = 0.97
ANSWER_SHARE = 0.38
ANSWER_LEVELS = (0.0, 0.5, 0.8, 1.0)
ANSWER_HOURS = (0.2, 4.0, 26.0, 96.0)

# Shares of the scores 1 to 5.
CONTENT_SCORES = (0.02, 0.03, 0.06, 0.35, 0.54)
WAITED_LONG_SCORES = (0.10, 0.15, 0.20, 0.30, 0.25)
# Shares of the scores 1 to 7.
EASY_SCORES = (0.01, 0.02, 0.04, 0.06, 0.17, 0.35, 0.35)
HARD_SCORES = (0.12, 0.15, 0.18, 0.20, 0.15, 0.12, 0.08)
# Shares of the scores 0 to 10 of the monthly pulse.
PULSE_SCORES = (0.01, 0.01, 0.01, 0.02, 0.02, 0.05, 0.06, 0.14, 0.24, 0.26, 0.18)
PULSE_PANEL = 40
PULSE_ANSWER_SHARE = 0.45
