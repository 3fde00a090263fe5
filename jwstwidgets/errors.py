"""Every error this package raises on purpose.

One family, so that ``except JwstWidgetsError`` catches what a user can act on and nothing else.
A message has two parts: what happened, with the value it happened to, and what to do next.

>>> raise ArchiveTimeout("MAST did not answer within 30 s.", "Raise the deadline.")
Traceback (most recent call last):
    ...
jwstwidgets.errors.ArchiveTimeout: MAST did not answer within 30 s. Raise the deadline.
"""

from __future__ import annotations


class JwstWidgetsError(Exception):
    """Base of the family.

    Parameters
    ----------
    what : str
        What happened, with the value it happened to. A full sentence.
    hint : str, optional
        What to do next. A full sentence.
    """

    def __init__(self, what: str, hint: str = "") -> None:
        self.what = what
        self.hint = hint
        super().__init__(f"{what} {hint}".strip())


class ProductTableError(JwstWidgetsError, ValueError):
    """Rows that cannot be read as a product list, e.g. a needed column is missing."""


class AssociationError(JwstWidgetsError, ValueError):
    """An association document or pool that cannot be read."""


class UnknownFile(JwstWidgetsError, LookupError):
    """A file, group or observation that is not in the table it was looked up in."""


class FilterError(JwstWidgetsError, ValueError):
    """A filter value that means nothing."""


class QueryError(JwstWidgetsError, ValueError):
    """A question that cannot be put to an archive as it stands."""


class ExportError(JwstWidgetsError, ValueError):
    """An export that cannot be written as asked."""


class MissingExtra(JwstWidgetsError, ImportError):
    """An optional dependency is not installed; the hint names the ``pip install`` line."""


class Cancelled(JwstWidgetsError):
    """The user, or a newer request, cancelled this piece of work."""


class ArchiveError(JwstWidgetsError):
    """The archive did not give what it was asked for. Base of the four below."""


class ArchiveUnavailable(ArchiveError, ConnectionError):
    """No connection, a broken one, or the archive answered with a server error."""


class ArchiveTimeout(ArchiveError, TimeoutError):
    """No complete answer before the deadline."""


class ArchiveAnswerError(ArchiveError, ValueError):
    """An answer came, but not one the protocol allows."""


class NotAuthorized(ArchiveError, PermissionError):
    """The file is under exclusive access and no, or no valid, token was given."""


class NotInArchive(ArchiveError, LookupError):
    """The archive answered that it does not hold this observation or file."""
