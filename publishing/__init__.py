"""From an audited build to a release in force: certificate, ledger, release directory, atomic swap.

Belongs here: everything that decides whether and how figures leave the house. Does not belong here: calculating a
figure (dbt_project), judging it (expectations), showing it (reporting), and when any of this happens (orchestration).
"""
