"""What a replica does wrong on purpose, and the record of what it was asked.

A :class:`Fault` says what goes wrong, where, and how often. A server takes the first fault of its
:class:`Faults` that fits a request, so that a list is a script: what comes first happens first.

>>> from jwstwidgets.archive.replica import Fault, Faults
>>> faults = Faults([Fault("status", "download", match="*_i2d.fits", times=2, status=503)])
>>> faults.take("download", "mast:JWST/product/jw02733-o002_t001_miri_f1130w_i2d.fits").kind
'status'
>>> faults.take("download", "mast:JWST/product/jw02733-o002_t001_miri_f1130w_segm.fits") is None
True
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Literal

Kind = Literal[
    # no answer, or a late one
    "silent",  # accepts the request and never answers
    "delay",  # answers after `seconds`
    "trickle",  # answers, `bytes` at a time (1), with `seconds` between; headers included
    "reset",  # resets the connection instead of an answer
    # another answer
    "status",  # HTTP status `status`, with Retry-After if `retry_after` is given
    "html",  # a web page, with status 200
    "blank",  # status 200, zero bytes
    "flood",  # status 200, and bytes that never end
    "redirect",  # 302 to the same address, once per request
    "loop",  # 302 to the same address, for ever
    # a broken body
    "drop",  # closes the connection after `bytes` of the body (half of it)
    "lying-length",  # announces `bytes` more than it sends (100); less, if negative
    "truncated",  # cuts the body in half and announces that length
    "wrong-bytes",  # other bytes, of the right number
    "ignore-range",  # the whole file, with status 200, to a request for a part
    # an answer that lies; for invoke and columnsconfig
    "invalid-json",  # a body that is no JSON
    "error",  # the archive's own status ERROR
    "empty",  # a complete answer without rows
    "without",  # an answer without its key `key`
    "short",  # fewer rows than announced
    "repeat-page",  # page 1, whichever is asked for
    "foreign",  # rows of an observation that was not asked for
]
Endpoint = Literal["*", "columnsconfig", "invoke", "download", "whoami"]


@dataclass(frozen=True)
class Fault:
    """One way to misbehave.

    Parameters
    ----------
    kind : str
        What happens; see `Kind` in this module.
    endpoint : str
        Where: ``"columnsconfig"``, ``"invoke"``, ``"download"``, ``"whoami"`` or ``"*"``.
    match : str
        Pattern with ``*`` of the URI of a file, or of the service and its parameters, like
        ``"Mast.Caom.Products*87602450*"``.
    times : int, optional
        How often; always if not given.
    after : int
        How many fitting requests go well before.
    status, retry_after, seconds, bytes, key
        Parameters of the kinds that name them.
    """

    kind: Kind
    endpoint: Endpoint = "*"
    match: str = "*"
    times: int | None = None
    after: int = 0
    status: int = 503
    retry_after: float | str | None = None
    seconds: float = 0.2
    bytes: int | None = None
    key: str = "status"

    def fits(self, endpoint: str, subject: str) -> bool:
        """Whether it concerns this request."""
        return self.endpoint in ("*", endpoint) and fnmatchcase(subject, self.match)


class Faults:
    """Faults in order, with their counts; safe with many threads."""

    def __init__(self, faults: Iterable[Fault] = ()) -> None:
        self._lock = threading.Lock()
        self._seen: list[tuple[Fault, list[int]]] = []
        self.add(*faults)

    def add(self, *faults: Fault) -> None:
        """Append faults; a running server obeys them from its next request on."""
        with self._lock:
            self._seen += [(fault, [0]) for fault in faults]

    def clear(self) -> None:
        """From now on, everything goes well."""
        with self._lock:
            self._seen.clear()

    def take(self, endpoint: str, subject: str) -> Fault | None:
        """The fault of this request, if any; counts it."""
        with self._lock:
            for fault, seen in self._seen:
                if not fault.fits(endpoint, subject):
                    continue
                if fault.times is not None and seen[0] >= fault.after + fault.times:
                    continue
                seen[0] += 1
                if seen[0] > fault.after:
                    return fault
        return None


@dataclass
class Served:
    """One request, as it is answered; `status` and `sent` grow while it is.

    Tokens are not recorded, only whether one was accepted.

    Attributes
    ----------
    method, path : str
        As in the request line, without the query.
    endpoint, subject : str
        What `Fault` matches: for ``"download"`` the subject is the URI.
    range : str
        The Range header; empty if there was none.
    status : int
        HTTP status sent; 0 if none was.
    sent : int
        Bytes of the body that were handed to the connection.
    fault : str
        Kind of the fault; empty if all went well.
    authorized : bool
        Whether the request carried an accepted token.
    """

    method: str
    path: str
    endpoint: str
    subject: str
    range: str = ""
    status: int = 0
    sent: int = 0
    fault: str = ""
    authorized: bool = False
