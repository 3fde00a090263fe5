"""MAST on loopback: an HTTP server that speaks the archive's protocol, right or wrong.

- Any :class:`.protocol.Archive` is served, so that tutorials work offline to the last byte: the
  real astroquery client and real download scripts find their endpoints here.
- Listens on 127.0.0.1 only; no request reaches the disk.
- :class:`.faults.Faults` make it slow, silent, broken, lying or empty.

>>> from jwstwidgets.archive import ReplicaServer, SampleArchive
>>> with ReplicaServer(SampleArchive()) as server:
...     server.url.startswith("http://127.0.0.1:")
True
"""

from __future__ import annotations

import contextlib
import hashlib
import socket
import sys
import threading
from collections.abc import Iterable
from http.server import ThreadingHTTPServer
from types import TracebackType
from typing import Any

from jwstwidgets.archive.protocol import Archive
from jwstwidgets.archive.replica.faults import Fault, Faults, Served
from jwstwidgets.archive.replica.handler import Handler
from jwstwidgets.archive.replica.source import Source
from jwstwidgets.errors import NotInArchive


class ReplicaServer:
    """Serves an archive on loopback as MAST would.

    Parameters
    ----------
    archive : Archive
        What to serve. One in memory may offer ``catalogue() -> (observations, products)``, two
        DataFrames; of any other, only files that were listed before can be downloaded.
    port : int
        0 for a free one.
    body_scale : float
        Made-up files have this fraction of their stated size; the product lists state the sizes
        that are served.
    page_size : int
        Most rows per page of an answer.
    executing : int
        How often each question is answered with EXECUTING first.
    faults : iterable of Fault, optional
        What goes wrong; also later, through :attr:`faults`.
    tokens : iterable of str
        Tokens that open files under exclusive access.

    Attributes
    ----------
    faults : Faults
        May be added to and cleared while the server runs.
    log : list of Served
        Every request, in the order they came.
    failures : list of Exception
        What went wrong without being asked to; empty, or there is a bug here.

    Examples
    --------
    >>> import urllib.request
    >>> from jwstwidgets.archive import ReplicaServer, SampleArchive
    >>> with ReplicaServer(SampleArchive()) as server:
    ...     urllib.request.urlopen(server.url + "/whoami").status
    200
    """

    def __init__(
        self,
        archive: Archive,
        *,
        port: int = 0,
        body_scale: float = 1.0,
        page_size: int = 50_000,
        executing: int = 0,
        faults: Iterable[Fault] | None = None,
        tokens: Iterable[str] = frozenset(),
    ) -> None:
        self.faults = Faults(faults or ())
        self.log: list[Served] = []
        self.failures: list[BaseException] = []
        self.source = Source(archive, body_scale, page_size)
        self.tokens = frozenset(tokens)
        self.stopping = threading.Event()
        self._port, self._executing = port, executing
        self._polls: dict[bytes, int] = {}
        self._lock = threading.Lock()
        self._http: _Server | None = None
        self._thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        """Base address, e.g. ``"http://127.0.0.1:41573"``; of a started server."""
        if self._http is None:
            raise RuntimeError("The replica is not running. Use it in a with block, or start() it.")
        return f"http://127.0.0.1:{self._http.server_address[1]}"

    def start(self) -> ReplicaServer:
        """Begin to serve; returns itself."""
        if self._http is None:
            self.stopping.clear()
            self._http = _Server(self, self._port)
            self._thread = threading.Thread(
                target=self._http.serve_forever, args=(0.05,), daemon=True, name="replica"
            )
            self._thread.start()
        return self

    def stop(self) -> None:
        """End every connection and all threads."""
        self.stopping.set()
        if self._http is not None and self._thread is not None:
            self._http.shutdown()
            self._thread.join(5)
            self._http.hang_up()
            self._http.server_close()
        self._http = self._thread = None

    def __enter__(self) -> ReplicaServer:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def body(self, uri: str) -> bytes:
        """The whole file, as a download must deliver it.

        Raises
        ------
        NotInArchive
            The replica has no such file.
        """
        self.source.catalogue()
        held = self.source.files.get(uri)
        if held is None:
            raise NotInArchive(f"The replica holds no file {uri!r}.", "List its products first.")
        return b"".join(held.body())

    def record(self, served: Served) -> None:
        """Append to the log; for the handler."""
        with self._lock:
            self.log.append(served)

    def still_executing(self, question: bytes) -> bool:
        """Whether this question is to be asked again; counts it. For the handler."""
        key = hashlib.sha256(question).digest()
        with self._lock:
            polls = self._polls.get(key, 0)
            if polls >= self._executing:
                self._polls.pop(key, None)
                return False
            self._polls[key] = polls + 1
            return True


class _Server(ThreadingHTTPServer):
    """Threads per connection, which all end when the server stops."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, replica: ReplicaServer, port: int) -> None:
        self.replica = replica
        self._connections: set[socket.socket] = set()
        self._threads_lock = threading.Lock()
        super().__init__(("127.0.0.1", port), Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._threads_lock:
            self._connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        with self._threads_lock:
            self._connections.discard(request)
        super().shutdown_request(request)

    def hang_up(self) -> None:
        """Wake every thread that waits for a request or sends an answer."""
        with self._threads_lock:
            connections = list(self._connections)
        for connection in connections:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients that hang up are no failure of ours."""
        error = sys.exception()
        if error is not None and not isinstance(error, OSError):
            self.replica.failures.append(error)
