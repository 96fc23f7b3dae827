"""Ingestion: from whatever a source offers to accepted, typed rows of the canonical feeds.

Belongs here: finding and landing raw records, the schema of the canonical feeds, one adapter per system, quarantine,
and which row is current where several loads bring the same record.
Does not belong here: business rules (clocks, availability, scorecards), agreements, the order in which jobs run.
Sits between a project's sources and the warehouse models, which read `home/warehouse/feeds` and
`home/warehouse/control`. Raw records as received stay in `home/landing`; all else here can be derived anew from them.
"""
