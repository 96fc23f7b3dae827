"""The certificate: what was checked of exactly one build, with what result.

The audit writes it; publishing demands it. It names the build, the run that audited it, and the fingerprint of every
table it speaks for, so that neither another build nor a figure changed afterwards can borrow it.
"""

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from publishing.build import Fingerprint
from publishing.errors import PublishRefused

CERTIFICATE_FILE = "certificate.json"


@dataclass(frozen=True)
class Check:
    """One thing checked.

    `severity` critical stops the release, agreement withholds the figures of the agreement, warning is printed on the
    release. `agreement_id`: the agreement it is about, and whose customer alone is shown it; None = it is about the
    whole release, every customer is shown it, and no text of it may name an agreement, customer, service or ticket.
    """

    check_id: str
    kind: str  # dbt_test | expectation | rule | freshness | late_data | drift | measurement
    table_name: str
    description: str
    severity: str  # critical | agreement | warning
    is_successful: bool
    observed: str
    bounds: str
    agreement_id: str | None = None


@dataclass(frozen=True)
class Unread:
    """A source that could not be read for this build. `read_at`: when it last was, ISO 8601 in UTC.

    `within` and `overdue` are the agreements whose figures depend on it: those that allow data of that age, and those
    that do not, whose figures are withheld.
    """

    source: str
    read_at: str
    failure: str
    within: list[str]
    overdue: list[str]


@dataclass(frozen=True)
class Certificate:
    """The record of one audit. Instants are aware UTC."""

    build_id: str
    run_id: str
    as_of: str
    issued_at: str
    checks: list[Check]
    fingerprints: dict[str, Fingerprint]
    withheld: dict[str, str] = field(default_factory=dict)  # agreements whose figures are withheld, with the reason
    unread: list[Unread] = field(default_factory=list)

    @property
    def unsettled(self) -> frozenset[str]:
        """Agreements whose figures are withheld or rest on a source that was not read: their periods do not close."""
        delayed = [agreement for unread in self.unread for agreement in (*unread.within, *unread.overdue)]
        return frozenset([*self.withheld, *delayed])

    @property
    def failed(self) -> list[Check]:
        """Critical checks that failed; empty = the build may be published."""
        return [check for check in self.checks if not check.is_successful and check.severity == "critical"]

    @property
    def warnings(self) -> list[Check]:
        """Checks that failed without stopping the release."""
        return [check for check in self.checks if not check.is_successful and check.severity != "critical"]


def issue(
    build_id: str,
    run_id: str,
    as_of: datetime,
    issued_at: datetime,
    checks: list[Check],
    tables: dict[str, Fingerprint],
    withheld: Mapping[str, str] | None = None,
    unread: Sequence[Unread] = (),
) -> Certificate:
    """A certificate of these checks; `as_of` and `issued_at` are aware UTC."""
    return Certificate(
        build_id=build_id,
        run_id=run_id,
        as_of=as_of.isoformat().replace("+00:00", "Z"),
        issued_at=issued_at.isoformat(timespec="seconds").replace("+00:00", "Z"),
        checks=sorted(
            checks, key=lambda check: (check.kind, check.table_name, check.check_id, check.agreement_id or "")
        ),
        fingerprints=tables,
        withheld=dict(withheld or {}),
        unread=list(unread),
    )


def withheld_by(checks: Sequence[Check]) -> dict[str, str]:
    """The agreements whose figures these checks withhold, with the reason."""
    reasons: dict[str, list[str]] = {}
    for check in checks:
        if check.agreement_id is not None and check.severity == "agreement" and not check.is_successful:
            said = check.observed if check.kind == "rule" else f"{check.table_name}: {check.check_id}"
            reasons.setdefault(check.agreement_id, []).append(said)
    return {agreement: "; ".join(said) for agreement, said in reasons.items()}


def save(certificate: Certificate, directory: Path) -> Path:
    """Write certificate.json into `directory`, whole or not at all; returns its path."""
    path = directory / CERTIFICATE_FILE
    partial = path.with_suffix(".partial")
    with partial.open("w", encoding="utf-8") as file:
        json.dump(asdict(certificate), file, indent=1, sort_keys=True)
        file.write("\n")
        file.flush()
        os.fsync(file.fileno())
    os.replace(partial, path)
    return path


def load(directory: Path) -> Certificate:
    """The certificate in `directory`. Raises PublishRefused if there is none."""
    path = directory / CERTIFICATE_FILE
    if not path.exists():
        raise PublishRefused(f"There is no {path}: this build has not been audited. Run the whole nightly job.")
    data: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return Certificate(
        build_id=data["build_id"],
        run_id=data["run_id"],
        as_of=data["as_of"],
        issued_at=data["issued_at"],
        checks=[Check(**check) for check in data["checks"]],
        fingerprints={table: Fingerprint(**print_) for table, print_ in data["fingerprints"].items()},
        withheld=data["withheld"],
        unread=[Unread(**unread) for unread in data["unread"]],
    )


def demand(certificate: Certificate, build_id: str, run_id: str, tables: dict[str, Fingerprint]) -> None:
    """Afterwards the certificate is known to speak for exactly this build, audited in this run, and to be clean.

    Raises PublishRefused otherwise, naming what differs.
    """
    if certificate.build_id != build_id:
        raise PublishRefused(
            f"The certificate speaks for build {certificate.build_id}, the warehouse holds build {build_id}. "
            "Run the whole nightly job."
        )
    if certificate.run_id != run_id:
        raise PublishRefused(
            f"The audit of build {build_id} belongs to run {certificate.run_id}, not to this one ({run_id}). "
            "Publishing on its own is refused, because nothing would gate it: run the whole nightly job."
        )
    if certificate.failed:
        names = ", ".join(f"{check.table_name}: {check.check_id}" for check in certificate.failed)
        raise PublishRefused(f"The audit of build {build_id} failed: {names}")
    changed = sorted(
        table
        for table in certificate.fingerprints.keys() | tables.keys()
        if certificate.fingerprints.get(table) != tables.get(table)
    )
    if changed:
        raise PublishRefused(
            f"Changed since the audit of build {build_id}: {', '.join(changed)}. Run the whole nightly job."
        )
