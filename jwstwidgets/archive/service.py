"""A server and the way to it: its address, its name in messages, its threads and its patience.

Knows nothing of astroquery; :mod:`.mast` puts its client on the wires that are made here.

>>> Service("http://127.0.0.1:8000/")
<Service: MAST replica (reconstruction) at 127.0.0.1:8000>
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

from jwstwidgets.archive.crew import each
from jwstwidgets.archive.protocol import Call
from jwstwidgets.errors import QueryError

if TYPE_CHECKING:
    from jwstwidgets.archive.wire import Wire

MAST = "https://mast.stsci.edu"


class Service:
    """MAST, or a replica of it.

    Parameters
    ----------
    address : str
        Base URL.
    read_timeout : float
        Seconds the server may be silent within one request.

    Attributes
    ----------
    base : str
        The address without a slash at its end.
    label : str
        What messages call the server.
    private : bool
        Whether the way to it is: https, or loopback.

    Raises
    ------
    QueryError
        This is no address of a server.
    """

    def __init__(self, address: str = MAST, read_timeout: float = 60.0) -> None:
        self.base = address.rstrip("/")
        parts = urlsplit(self.base)
        if parts.scheme not in ("http", "https") or not parts.hostname or "@" in parts.netloc:
            raise QueryError(
                f"{address!r} is no address of a server.",
                'Give one like "http://127.0.0.1:12345".',
            )
        self.label = (
            "MAST" if self.base == MAST else f"MAST replica (reconstruction) at {parts.netloc}"
        )
        self._loopback = parts.hostname in ("127.0.0.1", "localhost", "::1")
        self.private = parts.scheme == "https" or self._loopback
        self._read_timeout = read_timeout

    def __repr__(self) -> str:
        return f"<Service: {self.label}>"

    def file_url(self, uri: str) -> str:
        """The address a file is downloaded from.

        Raises
        ------
        QueryError
            This is no data URI.
        """
        if not uri or uri != uri.strip() or ":" not in uri:
            raise QueryError(
                f"{uri!r} is no data URI.", "Give the 'dataURI' of a product, like mast:JWST/..."
            )
        return f"{self.base}/api/v0.1/Download/file?uri={quote(uri, safe=':/')}"

    def each(
        self,
        tasks: Sequence[Any],
        work: Callable[[Wire], Callable[[Any], Any]],
        *,
        call: Call,
        doing: str,
        workers: int,
    ) -> Generator[Any, None, None]:
        """Results of `work`, as they arrive, on wires to this server; see :func:`.crew.each`."""
        from jwstwidgets.archive.wire import Wire

        def wire(call: Call) -> Wire:
            # The environment's proxies and .netrc are not for a server on this machine.
            return Wire(call, read_timeout=self._read_timeout, trust_env=not self._loopback)

        return each(tasks, work, call=call, doing=doing, workers=workers, make=wire)

    def once(self, ask: Callable[[Wire], Any], what: str, call: Call) -> Any:
        """The answer of one request, asked again where that helps."""

        def work(wire: Wire) -> Callable[[None], Any]:
            return lambda _: self.persist(lambda: ask(wire), wire, what)

        doing = f"Asking {self.label} for {what}"
        (answer,) = self.each([None], work, call=call, doing=doing, workers=1)
        return answer

    def persist(self, ask: Callable[[], Any], wire: Wire, what: str, again: bool = True) -> Any:
        """The answer of `ask`, asked again where that helps; errors name this server."""
        from jwstwidgets.archive.wire import persist

        return persist(ask, wire=wire, who=self.label, what=what, again=again)
