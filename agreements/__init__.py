"""Agreements: contract-as-code, read, validated and compiled to tables.

Belongs here: the models of the YAML documents (`models`), what each metric needs (`metrics`), all zone and calendar
arithmetic (`calendars`, `periods`), the checks across documents (`validate`), the plain sentences (`sentences`) and
the compiled tables (`compile`).
Does not belong here: tickets, outages or any other data; business rules over data (those are dbt models).
Sits beside ingestion, before the dbt models, which read the compiled Parquet files as a source.
"""
