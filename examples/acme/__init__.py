"""A coherent made company: its agreements, and the generator of the feeds its desk would export.

Belongs here: what Acme IT is (`company`), how busy it is (`rhythms`), what happens there (`tickets`, `surveys`,
`monitoring`, `relationship`), the truths planted on purpose (`planted`) and the files (`files`, `generate`).
Does not belong here: any rule of measurement. The generator knows no agreement and computes no figure.
Sits before ingestion: it writes `data/`, which the sources of `slm.yaml` read.
"""
