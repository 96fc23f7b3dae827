"""The error of this room."""

from settings.errors import SlmError


class ReportError(SlmError):
    """The report pack cannot be written; the message says why and what to do."""
