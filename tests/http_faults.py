"""A download server that fails on request: what the download script is tested against.

`FaultyServer` serves made-up bodies at MAST's download path on loopback, with HEAD, Range and
If-Range, and counts the body bytes it sent for each URI. A `Fault` is what happens to the next
`times` requests for a URI.

>>> with FaultyServer({"mast:JWST/product/a.fits": b"x" * 100}) as server:
...     server.fail("mast:JWST/product/a.fits", Fault("status", times=1, status=503))
...     server.url.startswith("http://127.0.0.1:")
True
"""

from __future__ import annotations

import hashlib
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

DOWNLOAD_PATH = "/api/v0.1/Download/file"


@dataclass
class Fault:
    """What goes wrong, and how often (-1: always).

    Kinds: ``status`` (answer with `status` and `headers`), ``drop`` (close after `keep` body
    bytes), ``short`` (`keep` bytes with an honest length), ``long`` (more bytes than there are),
    ``ignore-range``, ``html`` (a web page, status 200), ``html-drop`` (a broken-off one),
    ``redirect`` (to `headers["Location"]`), ``trickle`` (a byte now and then), ``silent``
    (no answer at all), ``slow`` (in pieces, with pauses), ``no-length`` (no Content-Length),
    ``wrong-range`` (a 206 from another place).
    """

    kind: str
    times: int = -1
    status: int = 500
    keep: int = 0
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Request:
    """What the server was asked, and how many body bytes it sent."""

    uri: str
    status: int
    sent: int
    headers: dict[str, str]


class FaultyServer:
    """Bodies by URI, faults by URI, a log of requests; a context manager."""

    def __init__(self, bodies: dict[str, bytes], token: str = "", etags: bool = True) -> None:
        self.bodies = bodies
        self.token = token
        self.etags = etags
        self.restricted: set[str] = set()
        self.faults: dict[str, Fault] = {}
        self.log: list[Request] = []
        self.stopping = threading.Event()
        self._lock = threading.Lock()
        self._http = _Quiet(("127.0.0.1", 0), _handler(self))

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._http.server_port}"

    def fail(self, uri: str, fault: Fault) -> None:
        self.faults[uri] = fault

    def take_fault(self, uri: str) -> Fault | None:
        with self._lock:
            fault = self.faults.get(uri)
            if fault is None or fault.times == 0:
                return None
            fault.times -= 1 if fault.times > 0 else 0
            return fault

    def sent(self, uri: str | None = None) -> int:
        """Body bytes sent, of one URI or in all."""
        return sum(r.sent for r in self.log if uri in (None, r.uri))

    def __enter__(self) -> FaultyServer:
        threading.Thread(target=self._http.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stopping.set()
        self._http.shutdown()
        self._http.server_close()


class _Quiet(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def handle_error(self, *_: object) -> None:
        """A client that hangs up is part of the tests."""


def _handler(server: FaultyServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: object) -> None:
            pass

        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            self.uri = parse_qs(parts.query).get("uri", [""])[0]
            self.sent, self.status = 0, 0
            try:
                self.answer(parts.path)
            except OSError:
                self.close_connection = True
            finally:
                server.log.append(Request(self.uri, self.status, self.sent, dict(self.headers)))

        do_HEAD = do_GET

        def answer(self, path: str) -> None:
            fault = server.take_fault(self.uri) or Fault("none")
            body = server.bodies.get(self.uri)
            if fault.kind == "silent":
                self.close_connection = True
                server.stopping.wait(20)
            elif fault.kind in ("status", "redirect"):
                self.head(302 if fault.kind == "redirect" else fault.status, 0, fault.headers)
            elif path not in (DOWNLOAD_PATH, "/elsewhere") or body is None:
                self.head(404, 0)
            elif self.uri in server.restricted and path == DOWNLOAD_PATH and self.refused():
                self.head(401, 0)
            elif fault.kind.startswith("html"):
                page = b"<html>please log in</html>" * 40
                self.head(200, len(page), {"Content-Type": "text/html"})
                self.send(page if fault.kind == "html" else page[:100])
                self.close_connection = True
            else:
                self.file(body, fault)

        def refused(self) -> bool:
            return self.headers.get("Authorization") != f"token {server.token}"

        def file(self, body: bytes, fault: Fault) -> None:
            tag = f'"{hashlib.md5(body).hexdigest()}"'
            extra = {"ETag": tag} if server.etags else {}
            first, ranged = 0, self.headers.get("Range", "")
            changed = self.headers.get("If-Range", tag) != tag
            if ranged and fault.kind != "ignore-range" and not changed:
                first = int(ranged.removeprefix("bytes=").split("-")[0])
                if first >= len(body):
                    return self.head(416, 0, {"Content-Range": f"bytes */{len(body)}"})
                if fault.kind == "wrong-range":
                    first += 1
                extra["Content-Range"] = f"bytes {first}-{len(body) - 1}/{len(body)}"
            rest = body[first:]
            if fault.kind == "short":
                rest = rest[: fault.keep]
            elif fault.kind == "long":
                rest += b"more"
            if fault.kind == "no-length":
                self.close_connection = True
                self.head(200, None, extra)
            else:
                self.head(206 if first else 200, len(rest), extra)
            self.pour(rest, fault)

        def pour(self, rest: bytes, fault: Fault) -> None:
            if fault.kind == "drop":
                self.send(rest[: fault.keep])
                self.close_connection = True
            elif fault.kind == "trickle":
                for i in range(len(rest)):
                    self.send(rest[i : i + 1])
                    if server.stopping.wait(0.3):
                        break
            elif fault.kind == "slow":
                for i in range(0, len(rest), 20_000):
                    self.send(rest[i : i + 20_000])
                    time.sleep(0.05)
            else:
                self.send(rest)

        def head(self, status: int, length: int | None, extra: Any = None) -> None:
            self.status = status
            self.send_response(status)
            if length is not None:
                self.send_header("Content-Length", str(length))
            for name, value in (extra or {}).items():
                self.send_header(name, value)
            self.end_headers()

        def send(self, piece: bytes) -> None:
            if self.command == "HEAD":
                return
            self.wfile.write(piece)
            self.wfile.flush()
            self.sent += len(piece)

    return Handler
