"""The real MAST archive, through astroquery. The only module that imports astroquery, and late.

- Every call has its own astroquery client on its own connections (:mod:`.wire`): astroquery keeps
  the state of a call on the client, and its own time limit is none, a silent server blocks it for
  ever. Here the waiting side owns the deadline and cuts the connections when it comes.
- Astroquery builds the filters, sends the requests and polls a server that is still executing. We
  ask for one page at a time and read it ourselves: progress per page, and no page is kept twice.
- Products are asked one observation at a time by default, a few requests in parallel; what
  arrives is handed on at once, and a failure costs only its own observation.
- A token is read when a file is asked for and goes into the header of that request, nowhere else.

>>> archive = MastArchive()
>>> archive
<MastArchive: MAST>
>>> archive.download_url("mast:JWST/product/jw02733-o002_t001_miri_f1130w_i2d.fits")
'https://mast.stsci.edu/api/v0.1/Download/file?uri=mast:JWST/product/jw02733-o002_t001_miri_f1130w_i2d.fits'
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd

from jwstwidgets.archive.answers import PRODUCT_COLUMNS, Page, all_pages, no_rows, read_page
from jwstwidgets.archive.batches import delivered, in_batches, naming, refuse_foreign
from jwstwidgets.archive.criteria import criteria_of, matching
from jwstwidgets.archive.mast_token import Token
from jwstwidgets.archive.protocol import Call, ProductBatch, Progress, Query
from jwstwidgets.archive.service import MAST, Service
from jwstwidgets.errors import ArchiveError, ArchiveUnavailable, QueryError

if TYPE_CHECKING:
    from jwstwidgets.archive.wire import Wire

_PRODUCTS = "Mast.Caom.Products"
_ADDRESSES = {
    "MAST_REQUEST_URL": "/api/v0/invoke",
    "COLUMNS_CONFIG_URL": "/portal/Mashup/Mashup.asmx/columnsconfig",
    "MAST_DOWNLOAD_URL": "/api/v0.1/Download/file",
    "MAST_BUNDLE_URL": "/api/v0.1/Download/bundle",
}
_ANSWER_LIMIT = 1_000_000_000  # bytes; a page of 50,000 product rows has 32 MB


class MastArchive:
    """The MAST archive.

    Parameters
    ----------
    server : str, optional
        Base URL of a replica, e.g. ``"http://127.0.0.1:12345"``; the real MAST if not given.
    token : str, optional
        MAST API token. By default that in the environment variable ``MAST_API_TOKEN``, read anew
        each time a file is asked for. Never shown, logged or stored, and sent over
        https or loopback only.
    batch : int
        Observations per product request. One by default: the answers for guide-star heavy
        observations are large, and a failure costs one observation.
    workers : int
        Product requests at a time.
    deadline : float
        Seconds for a call that comes without a :class:`Call`.
    read_timeout : float
        Seconds the server may be silent within one request.
    page_size : int
        Rows per page of an answer.

    Raises
    ------
    QueryError
        A parameter is out of its range.
    """

    label: str

    def __init__(
        self,
        server: str | None = None,
        token: str | None = None,
        batch: int = 1,
        workers: int = 2,
        deadline: float = 120.0,
        *,
        read_timeout: float = 60.0,
        page_size: int = 50_000,
    ) -> None:
        for name, value in [("batch", batch), ("workers", workers), ("page_size", page_size)]:
            if value < 1:
                raise QueryError(f"{name}={value!r} is below 1.", "Give a whole number above 0.")
        self._service = Service(server or MAST, read_timeout)
        self.label = self._service.label
        self.batch, self.workers, self.deadline = batch, workers, deadline
        self._page_size = page_size
        self._token = Token(token, may_travel=self._service.private)
        # Column configurations that led to an answer. Astroquery keeps them on the class, where
        # one broken answer would spoil every later query of the kernel.
        self._configs: dict[str, Any] = {}

    def __repr__(self) -> str:
        return f"<MastArchive: {self.label}>"

    # --- the three questions ----------------------------------------------------------------------

    def observations(self, query: Query, *, call: Call | None = None) -> pd.DataFrame:
        """Observations of JWST that match.

        Parameters
        ----------
        query : Query
            Names match without regard to case. A position matches observations whose footprint
            meets the cone.
        call : Call, optional
            Deadline, cancel switch and progress.

        Returns
        -------
        DataFrame
            CAOM columns; no rows if nothing matches. Ids are text, times MJD (UTC), positions
            deg (ICRS), exposure times s, wavelengths nm.

        Raises
        ------
        ArchiveError, Cancelled
            No complete answer, and why.
        """
        call = call or Call(self.deadline)

        def work(wire: Wire) -> Callable[[Query], pd.DataFrame]:
            client = self._client(wire)

            def ask(question: Query) -> pd.DataFrame:
                send = _bound(client.query_criteria_async, criteria_of(question))

                def tell(rows: int, total: int) -> None:
                    wire.call.progress(Progress(rows, max(rows, total), "observation"))

                pages = self._pages(wire, send, f"{question!r}")
                rows = all_pages(pages, "obsid", self.label, f"{question!r}", tell)
                self._configs = dict(client._portal_api_connection._column_configs)
                return matching(rows, question)

            return ask

        doing = f"Asking {self.label} for {query!r}"
        (rows,) = self._service.each([query], work, call=call, doing=doing, workers=1)
        return rows

    def products(
        self, obsids: Sequence[str], *, call: Call | None = None
    ) -> Iterator[ProductBatch]:
        """Product rows of these observations, as they arrive.

        Parameters
        ----------
        obsids : sequence of str
            CAOM `obsid` of each observation (not its `obs_id`).
        call : Call, optional
            Deadline of the whole, cancel switch, and progress in observations.

        Yields
        ------
        ProductBatch
            In the order of arrival; with its error where a request failed.

        Raises
        ------
        ArchiveUnavailable
            MAST could not be reached for any of the first requests.
        ArchiveTimeout, Cancelled
            The call ended early; what had arrived was handed out before.
        """
        batches = in_batches(obsids, self.batch)
        call, total = call or Call(self.deadline), sum(map(len, batches))
        doing = f"Listing the products of {total:,} observations at {self.label}"
        arriving = self._service.each(
            batches, self._lister(), call=call, doing=doing, workers=self.workers
        )
        first = 2 * self.workers
        return delivered(arriving, requests=len(batches), total=total, first=first, call=call)

    def read(self, uri: str, *, call: Call | None = None) -> bytes:
        """The whole of one small file: an association, a pool, a preview.

        Parameters
        ----------
        uri : str
            Its `dataURI`, e.g. ``"mast:JWST/product/jw02733_20220712t201523_pool.csv"``.

        Raises
        ------
        NotAuthorized
            The file is under exclusive access and the token is missing or not accepted.
        NotInArchive
            MAST holds no such file.
        ArchiveError
            Any other reason why it did not arrive whole; it may have up to 64 MB.
        """
        url, token = self.download_url(uri), self._token.read()

        def ask(wire: Wire) -> bytes:
            from jwstwidgets.archive.fetch import fetch

            return fetch(wire, url, token, uri=uri, who=self.label)

        return bytes(self._service.once(ask, repr(uri), call or Call(self.deadline)))

    def login(self, *, call: Call | None = None) -> str:
        """Check the token; never asks for one.

        Returns
        -------
        str
            The name MAST knows the owner of the token by.

        Raises
        ------
        NotAuthorized
            There is no token, or MAST does not accept it.
        """
        token = self._token.needed()

        def ask(wire: Wire) -> str:
            from jwstwidgets.archive.fetch import owner

            return owner(wire, f"{self._service.base}/whoami", token, who=self.label)

        what = "the owner of the token"
        return str(self._service.once(ask, what, call or Call(self.deadline)))

    def download_url(self, uri: str) -> str:
        """The address a file is downloaded from.

        Raises
        ------
        QueryError
            This is no data URI.
        """
        return self._service.file_url(uri)

    # --- requests ---------------------------------------------------------------------------------

    def _lister(self) -> Callable[[Wire], Callable[[tuple[str, ...]], ProductBatch]]:
        unavailable: list[bool] = []  # by the last batch: then the next one is tried once only

        def work(wire: Wire) -> Callable[[tuple[str, ...]], ProductBatch]:
            portal = self._client(wire)._portal_api_connection

            def ask(obsids: tuple[str, ...]) -> ProductBatch:
                question = {"service": _PRODUCTS, "params": {"obsid": ",".join(obsids)}}
                send = _bound(portal.service_request_async, question)
                try:
                    pages = self._pages(wire, send, naming(obsids), again=not unavailable)
                    rows = all_pages(pages, "dataURI", self.label, naming(obsids))
                    refuse_foreign(rows, obsids, self.label)
                except ArchiveError as error:
                    if wire.call.remaining == 0.0:
                        raise
                    unavailable[:] = [True] * isinstance(error, ArchiveUnavailable)
                    return ProductBatch(obsids, no_rows(PRODUCT_COLUMNS), error)
                unavailable.clear()
                return ProductBatch(obsids, rows)

            return ask

        return work

    def _client(self, wire: Wire) -> Any:
        """A fresh astroquery client that talks to our server over our wire."""
        from astroquery.mast import ObservationsClass

        client = ObservationsClass()
        client._portal_api_connection = _portal_on(wire)
        for name, path in _ADDRESSES.items():
            setattr(client._portal_api_connection, name, self._service.base + path)
        # We read product rows without the help of their column configuration: not asked for.
        client._portal_api_connection._column_configs = {_PRODUCTS: {}, **self._configs}
        return client

    def _pages(
        self, wire: Wire, send: Callable[..., Any], what: str, again: bool = True
    ) -> Callable[[int], Page]:
        """Asks for one page of an answer."""
        from astroquery.exceptions import InvalidQueryError, RemoteServiceError

        def page(number: int) -> Page:
            def ask() -> object:
                try:
                    return send(pagesize=self._page_size, page=number)[0].json()
                except (InvalidQueryError, RemoteServiceError) as error:
                    # Our queries are valid: the column configuration they were checked against
                    # is not.
                    raise ValueError(str(error)) from error

            answer = self._service.persist(ask, wire, what, again)
            return read_page(answer, number, self.label, what)

        return page


def _portal_on(wire: Wire) -> Any:
    """Astroquery's portal connection, with its requests sent over our wire.

    Astroquery (0.4.11) sends them through ``BaseQuery._request``, which switches a global
    cache setting off and on again, so that two threads may leave it off. A class between the two
    takes its place: polling and errors stay astroquery's own.
    """
    from astroquery.mast.discovery_portal import PortalAPI
    from astroquery.query import BaseQuery

    polled: list[object] = []

    class OverWire(BaseQuery):  # type: ignore[misc]
        def _request(
            self, method: str, url: str, params: Any = None, data: Any = None, headers: Any = None,
            **_: Any,
        ) -> Any:  # fmt: skip
            # The same request after a good answer means that the server is still executing.
            # Astroquery would ask as fast as it answers.
            if polled[-1:] == [data]:
                wire.pause(min(0.1 * len(polled), 2.0))
            else:
                polled.clear()
            response = wire.request(
                method, url, limit=_ANSWER_LIMIT, params=params, data=data, headers=headers
            )
            polled.append(data if response.ok else None)
            return response

    class Portal(PortalAPI, OverWire):  # type: ignore[misc]
        TIMEOUT = float("inf")  # the deadline is the call's

    portal = Portal(wire.session)
    wire.session.headers["User-Agent"] = f"jwstwidgets {BaseQuery()._session.headers['User-Agent']}"
    return portal


def _bound(send: Callable[..., Any], question: dict[str, Any]) -> Callable[..., Any]:
    # A fresh dict each time: astroquery pops its entries.
    return lambda **paging: send(**dict(question), **paging)
