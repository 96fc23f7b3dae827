"""What a published report table must satisfy, and the runner that holds candidates to it.

Belongs here: report-level rules as Great Expectations suites: completeness, bounds, ratios against their integers,
recounts. Does not belong here: row-level rules over facts (dbt tests beside the models), and what follows from a
failure (publishing). Great Expectations is imported only when an audit runs: the import alone takes seconds.
"""
