"""Who Acme IT is: customers, services, teams, and the words its desk tool uses.

Belongs here: names and how they go together.
Does not belong here: how much of anything there is (`rhythms`), what is agreed (the YAML under agreements/).
Read by every module of the generator. Tables are tuples; arrays elsewhere hold positions in them.
"""

CUSTOMERS = ("north-west-bank", "harbour-logistics", "city-hospitals", "acme-retail", "blue-sky-travel")
BANK, HARBOUR, HOSPITALS, RETAIL, STRANGER = range(5)  # the stranger is in no agreement and not even known
CUSTOMER_PREFIXES = ("nwb", "hbl", "chp", "arl", "bst")

# As the desk exports them; serviceMap turns E-Mail into email.
SERVICES = (
    "core-banking",
    "online-banking",
    "freight-tracking",
    "electronic-records",
    "till-and-payments",
    "E-Mail",
    "database-platform",
    "network",
    "fax-gateway",
)
(CORE_BANKING, ONLINE_BANKING, FREIGHT, RECORDS, TILLS, EMAIL, DATABASES, NETWORK, FAX) = range(9)  # fax: unknown
# As the monitoring names them: all but the fax gateway.
MONITORED_SERVICES = tuple("email" if name == "E-Mail" else name for name in SERVICES[:8])

TEAMS = ("service-desk", "network", "Database Administration", "applications")
DESK_TEAM, NETWORK_TEAM, DBA_TEAM, APPLICATIONS_TEAM = range(4)
# Who solves what the service desk cannot, by service.
RESOLVERS = (
    DBA_TEAM,
    APPLICATIONS_TEAM,
    APPLICATIONS_TEAM,
    APPLICATIONS_TEAM,
    APPLICATIONS_TEAM,
    DESK_TEAM,
    DBA_TEAM,
    NETWORK_TEAM,
    DESK_TEAM,
)

# (customer, service, share of all tickets)
DEMAND = (
    (BANK, CORE_BANKING, 0.14),
    (BANK, ONLINE_BANKING, 0.13),
    (BANK, EMAIL, 0.08),
    (HARBOUR, FREIGHT, 0.14),
    (HARBOUR, NETWORK, 0.07),
    (HARBOUR, EMAIL, 0.04),
    (HOSPITALS, RECORDS, 0.18),
    (HOSPITALS, EMAIL, 0.04),
    (RETAIL, TILLS, 0.11),
    (RETAIL, DATABASES, 0.04),
    (RETAIL, EMAIL, 0.03),
)

TICKET_TYPES = ("incident", "request", "problem", "change")
INCIDENT, REQUEST, PROBLEM, CHANGE = range(4)
PRIORITIES = ("1 - Critical", "2 - High", "3 - Moderate", "4 - Low")
CHANNELS = ("portal", "email", "phone", "monitoring")
PORTAL, MAIL, PHONE, MONITORING = range(4)
CATEGORIES = ("access", "error", "slow", "question", "data", "hardware", "night-batch")
NIGHT_BATCH = 6

# What `value` may hold in the desk's export. Positions are what event arrays carry; a promise's id is made on writing.
VALUES = (
    "Work In Progress",
    "Awaiting User Info",
    "Awaiting Supplier",
    "Awaiting Internal",
    "resolved",
    "closed",
    "cancelled",
    "merged",
    *PRIORITIES,
    *TEAMS,
)
(IN_PROGRESS, WAITING_CUSTOMER, WAITING_SUPPLIER, WAITING_INTERNAL, RESOLVED, CLOSED, CANCELLED, MERGED) = range(8)
FIRST_PRIORITY_VALUE = 8
FIRST_TEAM_VALUE = 12
NO_VALUE = -1
PROMISE_VALUE = -2

EVENT_TYPES = ("status", "priority", "team", "message", "promise", "promise_delivered", "promise_notice")
(STATUS, PRIORITY, TEAM, MESSAGE, PROMISE, PROMISE_DELIVERED, PROMISE_NOTICE) = range(7)
ROLES = ("customer", "agent", "system")
BY_CUSTOMER, BY_AGENT, BY_SYSTEM = range(3)

DESK_ZONE = "Europe/London"
RETAIL_ZONE = "America/New_York"
