"""HTTP that ends on time: what :mod:`jwstwidgets.archive.mast` sends its requests through.

- A :class:`Wire` is one requests session that belongs to one call and dies with it. It knows its
  sockets, so that :meth:`Wire.close`, from any thread, ends a request at once, also one whose
  server sends a byte a second and so never runs into a socket timeout.
- :func:`persist` asks again where that helps, inside the deadline.

Knows nothing of JWST, of MAST's protocol, or of the threads it runs on (:mod:`.crew`). Imported
late: requests takes 0.1 s to import.

>>> wire = Wire(Call(deadline=5))
>>> wire.close()
>>> wire.check()
Traceback (most recent call last):
    ...
jwstwidgets.errors.Cancelled: The call this request was for has ended.
"""

from __future__ import annotations

import socket
import threading
import weakref
from collections.abc import Callable
from typing import Any, TypeVar

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from jwstwidgets.archive.failures import FAILURES, failure_of
from jwstwidgets.archive.protocol import Call
from jwstwidgets.errors import ArchiveAnswerError, Cancelled

Result = TypeVar("Result")

CONNECT_TIMEOUT = 10.0
"""Seconds for a connection to be accepted: a host that is up takes well under one."""

PAUSES = (0.5, 1.5)
"""Seconds to wait before a request is sent a second and a third time."""

_CHUNK = 1 << 16


class _Sockets:
    """The sockets of one wire: open ones can be shut, later ones are refused."""

    def __init__(self) -> None:
        self.closed = threading.Event()
        self._lock = threading.Lock()
        self._open: weakref.WeakSet[socket.socket] = weakref.WeakSet()

    def add(self, sock: socket.socket) -> None:
        with self._lock:
            if not self.closed.is_set():
                self._open.add(sock)
                return
        sock.close()
        raise ConnectionAbortedError("the call this connection was for has ended")

    def shut(self) -> None:
        """Wake every thread that waits for one of these sockets."""
        with self._lock:
            self.closed.set()
            waiting = list(self._open)
        for sock in waiting:
            # shutdown, not close: a thread blocked in recv() on Linux sleeps through a close.
            try:
                sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue  # it was finished already


def _pool_classes(sockets: _Sockets) -> dict[str, type[HTTPConnectionPool]]:
    """Connection pools whose connections register their socket as soon as they have one.

    http.client forgets the socket of a response without Content-Length while its body is
    still being read, so asking the pool for its connections later would miss it.
    """

    class Plain(HTTPConnection):
        def connect(self) -> None:
            super().connect()
            sockets.add(self.sock)

    class Secure(HTTPSConnection):
        def connect(self) -> None:
            super().connect()
            sockets.add(self.sock)

    class PlainPool(HTTPConnectionPool):
        ConnectionCls = Plain

    class SecurePool(HTTPSConnectionPool):
        ConnectionCls = Secure

    return {"http": PlainPool, "https": SecurePool}


class _Adapter(HTTPAdapter):
    """The usual adapter, on connections that can be shut."""

    def __init__(self, sockets: _Sockets) -> None:
        self._pool_classes = _pool_classes(sockets)
        super().__init__(max_retries=0)  # `persist` retries: it knows the deadline

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = self._pool_classes

    def proxy_manager_for(self, *args: Any, **kwargs: Any) -> Any:
        manager = super().proxy_manager_for(*args, **kwargs)
        manager.pool_classes_by_scheme = self._pool_classes
        return manager


class Wire:
    """One requests session for one call; not shared between threads, except for `close`.

    Parameters
    ----------
    call : Call
        Its deadline bounds every request.
    read_timeout : float
        Seconds a server may be silent within a request.
    trust_env : bool
        Whether proxies and ``.netrc`` of the environment apply; not for a server on loopback.
    """

    def __init__(self, call: Call, *, read_timeout: float = 60.0, trust_env: bool = True) -> None:
        self.call = call
        self.read_timeout = read_timeout
        self._sockets = _Sockets()
        self.session = requests.Session()
        self.session.trust_env = trust_env
        adapter = _Adapter(self._sockets)
        self.session.mount("http://", adapter)
        self.session.mount("https://", adapter)

    @property
    def closed(self) -> bool:
        """Whether the call has ended."""
        return self._sockets.closed.is_set()

    def close(self) -> None:
        """End whatever request is under way; any thread may do so."""
        self._sockets.shut()
        self.session.close()

    def check(self) -> None:
        """Raise if the call has ended, was cancelled or is out of time."""
        if self.closed:
            raise Cancelled("The call this request was for has ended.")
        self.call.check("The request")

    def pause(self, seconds: float) -> None:
        """Wait, but not past the end of the call."""
        self._sockets.closed.wait(min(seconds, self.call.remaining))
        self.check()

    def request(self, method: str, url: str, *, limit: int, **kwargs: Any) -> requests.Response:
        """Send a request and read the whole answer.

        Parameters
        ----------
        limit : int
            Bytes an answer may have.

        Raises
        ------
        ArchiveAnswerError
            The answer is larger than that.
        """
        self.check()
        timeout = (
            max(0.001, min(CONNECT_TIMEOUT, self.call.remaining)),
            max(0.001, min(self.read_timeout, self.call.remaining)),
        )
        response = self.session.request(method, url, timeout=timeout, stream=True, **kwargs)
        try:
            body = self._body(response, limit)
        finally:
            response.close()
        # What `response.content` would have done, with a limit.
        response._content = body
        response._content_consumed = True
        return response

    def _body(self, response: requests.Response, limit: int) -> bytes:
        announced = response.headers.get("Content-Length", "")
        size = int(announced) if announced.isdecimal() else 0
        chunks: list[bytes] = []
        if size <= limit:
            size = 0
            for chunk in response.iter_content(_CHUNK):
                self.check()
                chunks.append(chunk)
                size += len(chunk)
                if size > limit:
                    break
        if size > limit:
            raise ArchiveAnswerError(
                f"{response.url} answered with more than {limit / 1e6:,.0f} MB.",
                "Ask for less at once; download large files with a download script.",
            )
        return b"".join(chunks)


def persist(
    ask: Callable[[], Result], *, wire: Wire, who: str, what: str, again: bool = True
) -> Result:
    """Answer of `ask`, which is asked again, twice, after a passing failure.

    Waits `PAUSES` between, or what the server's Retry-After says; not past the deadline.

    Parameters
    ----------
    who, what : str
        The server and the question, for messages.
    again : bool
        Whether to ask more than once.

    Raises
    ------
    ArchiveError
        What went wrong the last time, in words.
    """
    pauses = iter(PAUSES if again else ())
    while True:
        try:
            return ask()
        except FAILURES as error:
            failure = failure_of(error, who=who, what=what)
            pause = next(pauses, None) if failure.passing and not wire.closed else None
            if failure.error is error:
                raise
            if pause is None:
                raise failure.error from error
            pause = max(pause, failure.retry_after or 0.0)
            if pause >= wire.call.remaining:
                raise failure.error from error
        wire.pause(pause)
