"""Settings: what a run and a project are told from outside.

Belongs here: the run's environment variables (`run`), the project's slm.yaml (`project`), the one safe YAML reader
(`yaml`), the parsing of instants, zones and durations that every room shares, and the errors a user reads (`errors`).
Does not belong here: what a source's options mean (ingestion), what an agreement means (agreements).
First room of the flow: it imports nothing of the project and every other room may import it.
"""
