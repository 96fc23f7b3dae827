"""Dagster wires the rooms together: assets, checks, job, schedule. Thin: no business rule, no SQL beyond a select."""
