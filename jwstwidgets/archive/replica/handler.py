"""One HTTP request to a replica: where it goes, what is answered, and what goes wrong with it."""

from __future__ import annotations

import hmac
import json
import re
import socket
import struct
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from http import HTTPStatus
from http.cookies import CookieError, SimpleCookie
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, quote, urlsplit

from jwstwidgets.archive.replica import mashup, spoil
from jwstwidgets.archive.replica.faults import Endpoint, Fault, Served
from jwstwidgets.archive.replica.files import HeldFile
from jwstwidgets.errors import JwstWidgetsError

if TYPE_CHECKING:
    from jwstwidgets.archive.replica.server import ReplicaServer

_PATHS: dict[str, Endpoint] = {
    "/portal/Mashup/Mashup.asmx/columnsconfig": "columnsconfig",
    "/api/v0/invoke": "invoke",
    "/api/v0.1/Download/file": "download",
    "/whoami": "whoami",
}
_BODY_LIMIT = 10_000_000  # bytes a request may have
_IDLE = 60.0  # s until a connection without a request is closed


@dataclass(frozen=True)
class Reply:
    """An answer before it is sent; `length` is what Content-Length says."""

    status: int
    kind: str
    length: int
    chunks: Iterable[bytes]
    headers: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, status: int, body: bytes, kind: str = "text/plain", **headers: str) -> Reply:
        """A reply whose body is at hand."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return cls(status, kind, len(body), [body], named)


class Handler(BaseHTTPRequestHandler):
    """Answers one connection; made by the server for each."""

    protocol_version = "HTTP/1.1"
    server_version = "JwstwidgetsReplica"
    sys_version = ""
    timeout = _IDLE
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        """Answer a GET request."""
        self._serve()

    def do_HEAD(self) -> None:
        """Answer a HEAD request."""
        self._serve()

    def do_POST(self) -> None:
        """Answer a POST request."""
        self._serve()

    def log_message(self, format: str, *args: object) -> None:
        """Nothing on stderr: `ReplicaServer.log` has it all."""

    @property
    def _replica(self) -> ReplicaServer:
        return self.server.replica  # type: ignore[attr-defined, no-any-return]

    def _serve(self) -> None:
        parts = urlsplit(self.path)
        body = self._request_body()
        endpoint = _PATHS.get(parts.path.rstrip("/"))
        form = parse_qs(body.decode("utf-8", "replace") or parts.query)
        subject = _subject(endpoint, form)
        fault = None
        if endpoint is not None and "redirected" not in parse_qs(parts.query):
            fault = self._replica.faults.take(endpoint, subject)
        served = Served(
            self.command or "", parts.path, endpoint or "*", subject,
            range=self.headers.get("Range", ""), authorized=self._authorized(),
            fault=fault.kind if fault else "",
        )  # fmt: skip
        self._replica.record(served)
        if fault is None or spoil.before(self, fault):
            self._send(self._reply(endpoint, subject, form, body, fault), fault, served)

    def _request_body(self) -> bytes:
        length = self.headers.get("Content-Length", "0")
        if not length.isdecimal() or int(length) > _BODY_LIMIT:
            self.close_connection = True
            return b""
        return self.rfile.read(int(length))

    def _reply(
        self,
        endpoint: Endpoint | None,
        subject: str,
        form: dict[str, list[str]],
        body: bytes,
        fault: Fault | None,
    ) -> Reply:
        if fault is not None and (instead := spoil.instead(fault, self.path)):
            status, content, kind, headers = instead
            return Reply(status, kind, len(content), [content], headers)
        match endpoint:
            case "columnsconfig":
                config = mashup.columns_config(_first(form, "colConfigId"))
                return _json(spoil.document(config, fault))
            case "invoke":
                return _json(spoil.document(self._answer(form, body, fault), fault))
            case "download":
                return self._file(subject, fault)
            case "whoami":
                return _json(self._owner())
            case _:
                return Reply.of(404, b"There is no such endpoint here.\n")

    def _answer(
        self, form: dict[str, list[str]], body: bytes, fault: Fault | None
    ) -> dict[str, Any]:
        try:
            question = json.loads(_first(form, "request"))
            if fault is not None and fault.kind == "repeat-page":
                question["page"] = 1
            if self._replica.still_executing(body):
                return mashup.without_rows("EXECUTING")
            return self._replica.source.answer(question)
        except (ValueError, KeyError, TypeError, AttributeError, JwstWidgetsError) as error:
            return mashup.explain(error)

    # --- files ------------------------------------------------------------------------------------

    def _file(self, uri: str, fault: Fault | None) -> Reply:
        self._replica.source.catalogue()
        held = self._replica.source.files.get(uri)
        if held is None:
            return Reply.of(404, f"No file {quote(uri, safe=':/')}\n".encode())
        if held.exclusive and not self._authorized():
            return Reply.of(401, b"This file is under exclusive access.\n")
        headers = {
            "Accept-Ranges": "bytes",
            "ETag": held.etag,
            "Content-Disposition": f"attachment; filename={quote(held.filename)}",
        }
        ignore = fault is not None and fault.kind == "ignore-range"
        part = None if ignore or self.command == "HEAD" else self._asked_part(held)
        if part is None:
            return Reply(200, _kind(uri), held.size, held.body(), headers)
        start, stop = part
        if start >= stop:
            headers["Content-Range"] = f"bytes */{held.size}"
            return Reply(416, "text/plain", 0, [], headers)
        headers["Content-Range"] = f"bytes {start}-{stop - 1}/{held.size}"
        return Reply(206, _kind(uri), stop - start, held.body(start, stop), headers)

    def _asked_part(self, held: HeldFile) -> tuple[int, int] | None:
        """Start and stop of the range; None for the whole; an empty range if there is none."""
        if self.headers.get("If-Range", held.etag) != held.etag:
            return None  # the file has changed since the first part was sent
        found = re.fullmatch(r"bytes=(\d*)-(\d*)", self.headers.get("Range", "").strip())
        if not found or found[0] == "bytes=-":
            return None  # none, or one we need not understand: the whole is always allowed
        if not found[1]:
            return max(0, held.size - int(found[2])), held.size
        start = int(found[1])
        stop = int(found[2]) + 1 if found[2] else max(held.size, start + 1)
        return (start, min(stop, held.size)) if stop > start else None

    # --- tokens -----------------------------------------------------------------------------------

    def _authorized(self) -> bool:
        scheme, _, given = self.headers.get("Authorization", "").partition(" ")
        tokens = [given.strip()] if scheme.lower() == "token" else []
        try:
            cookie = SimpleCookie(self.headers.get("Cookie", "")).get("mast_token")
        except CookieError:
            cookie = None
        tokens += [cookie.value] if cookie else []
        return any(
            hmac.compare_digest(token.encode(), known.encode())
            for token in tokens
            for known in self._replica.tokens
        )

    def _owner(self) -> dict[str, Any]:
        known = self._authorized()
        name = "Replica User" if known else ""
        return {"anon": not known, "scopes": [], "attrib": {"display_name": name}}

    # --- sending ----------------------------------------------------------------------------------

    def _send(self, reply: Reply, fault: Fault | None, served: Served) -> None:
        length, chunks, stays = spoil.body(reply.length, reply.chunks, fault)
        write: Callable[[bytes], object] = self.wfile.write
        if fault is not None and fault.kind == "trickle":
            write = self._trickling(fault)
        self.close_connection = self.close_connection or not stays
        # Recorded before it is written: who has read an answer finds it in the log.
        served.status = reply.status
        write(self._head(reply, length))
        if self.command == "HEAD":
            return
        for chunk in chunks:
            if self._replica.stopping.is_set():
                self.close_connection = True
                return
            served.sent += len(chunk)
            write(chunk)

    def _head(self, reply: Reply, length: int | None) -> bytes:
        """Status line and headers; written here, since the base class sends them unthrottled."""
        lines = {
            "Server": self.version_string(),
            "Date": self.date_time_string(),
            "Content-Type": reply.kind,
            **reply.headers,
        }
        if length is not None:
            lines["Content-Length"] = str(length)
        if self.close_connection:
            lines["Connection"] = "close"
        head = f"HTTP/1.1 {reply.status} {HTTPStatus(reply.status).phrase}\r\n"
        head += "".join(f"{name}: {value}\r\n" for name, value in lines.items())
        return f"{head}\r\n".encode("latin-1")

    def _trickling(self, fault: Fault) -> Callable[[bytes], object]:
        step = fault.bytes or 1

        def write(data: bytes) -> None:
            for start in range(0, len(data), step):
                if self.wait(fault.seconds):
                    raise ConnectionAbortedError("the server stops")
                self.wfile.write(data[start : start + step])

        return write

    def wait(self, seconds: float | None) -> bool:
        """Wait so long, or for ever; True if the server stops meanwhile."""
        return self._replica.stopping.wait(seconds)

    def reset(self) -> None:
        """Close the connection so that the other side sees a reset, not an end."""
        linger = struct.pack("ii", 1, 0)
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self.close_connection = True
        self.rfile.close()
        self.connection.close()


def _subject(endpoint: Endpoint | None, form: dict[str, list[str]]) -> str:
    """What a fault's pattern is compared with."""
    if endpoint == "download":
        return _first(form, "uri")
    if endpoint == "columnsconfig":
        return _first(form, "colConfigId")
    if endpoint == "invoke":
        try:
            question = json.loads(_first(form, "request"))
            return f"{question['service']} {json.dumps(question['params'])}"
        except (ValueError, KeyError, TypeError):
            return ""
    return ""


def _first(form: dict[str, list[str]], name: str) -> str:
    return form.get(name, [""])[0]


def _json(document: object) -> Reply:
    body = json.dumps(document, allow_nan=False).encode()
    return Reply.of(200, body, "application/json")


def _kind(uri: str) -> str:
    kinds = {".json": "application/json", ".fits": "application/fits", ".jpg": "image/jpeg",
             ".png": "image/png", ".csv": "text/csv"}  # fmt: skip
    return next(
        (kind for end, kind in kinds.items() if uri.endswith(end)), "application/octet-stream"
    )
