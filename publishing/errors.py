"""Errors of publishing. Each leaves the release in force as it was."""

from settings.errors import SlmError


class PublishRefused(SlmError):
    """The build may not be published: no certificate, one of another build, or a figure changed after the audit."""


class ReleaseDamaged(SlmError):
    """A release does not hold what its manifest says."""


class RevisionGone(SlmError):
    """Code that made a former release is not at hand; the message names commits and nothing else."""


class HomeBusy(SlmError):
    """Another nightly, or a dbt process it left behind, is still writing to this home."""


class PostgresUnavailable(SlmError):
    """The serving database could not be brought up to date; it serves what it served before."""
