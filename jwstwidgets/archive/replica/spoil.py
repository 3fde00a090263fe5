"""The faults, done: each function is one place where an answer can go wrong."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from typing import Any, Protocol

from jwstwidgets.archive.replica.faults import Fault

_PAGE = b"""<!DOCTYPE html>
<html><head><title>Service temporarily unavailable</title></head>
<body><h1>MAST is under maintenance</h1></body></html>
"""


class Connection(Protocol):
    """What a fault may do to a connection."""

    def wait(self, seconds: float | None) -> bool:
        """Wait so long, or for ever; True if the server stops meanwhile."""
        ...

    def reset(self) -> None:
        """Cut the connection."""
        ...


def before(connection: Connection, fault: Fault) -> bool:
    """What goes wrong before there is an answer; False if there will be none."""
    if fault.kind == "silent":
        connection.wait(None)
        return False
    if fault.kind == "reset":
        connection.reset()
        return False
    return fault.kind != "delay" or not connection.wait(fault.seconds)


def instead(fault: Fault, path: str) -> tuple[int, bytes, str, dict[str, str]] | None:
    """Another answer: status, body, content type, headers."""
    match fault.kind:
        case "status":
            retry = fault.retry_after
            headers = {} if retry is None else {"Retry-After": str(retry)}
            return fault.status, f"HTTP {fault.status}\n".encode(), "text/plain", headers
        case "html":
            return 200, _PAGE, "text/html", {}
        case "blank" | "flood":
            return 200, b"", "application/json", {}
        case "invalid-json":
            return 200, b'{"status": "COMPLETE", "data": [{]', "application/json", {}
        case "loop":
            return 302, b"", "text/plain", {"Location": path}
        case "redirect":
            joint = "&" if "?" in path else "?"
            return 307, b"", "text/plain", {"Location": f"{path}{joint}redirected=1"}
    return None


def document(answer: dict[str, Any], fault: Fault | None) -> dict[str, Any]:
    """An answer that lies; the answer itself if the fault is of another sort."""
    match fault.kind if fault else "":
        case "error":
            return {"status": "ERROR", "msg": "Timeout expired. The operation did not complete."}
        case "empty":
            return {**answer, "data": [], "paging": None}
        case "without":
            return {name: value for name, value in answer.items() if fault and name != fault.key}
        case "short":
            return {**answer, "data": answer.get("data", [])[:-1]}
        case "repeat-page":
            return {**answer, "paging": {**(answer.get("paging") or {}), "page": 1,
                                         "pagesFiltered": 1_000_000}}  # fmt: skip
        case "foreign":
            rows = [{**row, "parent_obsid": 999999999} for row in answer.get("data", [])]
            return {**answer, "data": rows}
    return answer


def body(
    length: int, chunks: Iterable[bytes], fault: Fault | None
) -> tuple[int | None, Iterable[bytes], bool]:
    """A broken body: announced length (None: none), bytes, whether the connection stays open."""
    if fault is None:
        return length, chunks, True
    match fault.kind:
        case "drop":
            keep = length // 2 if fault.bytes is None else fault.bytes
            return length, _cut(chunks, keep), False
        case "lying-length":
            more = 100 if fault.bytes is None else fault.bytes
            return max(0, length + more), chunks, False
        case "truncated":
            return length // 2, _cut(chunks, length // 2), True
        case "wrong-bytes":
            return length, (bytes(255 - byte for byte in chunk) for chunk in chunks), True
        case "flood":
            return None, itertools.repeat(b" " * 65536), False
    return length, chunks, True


def _cut(chunks: Iterable[bytes], keep: int) -> Iterator[bytes]:
    for chunk in chunks:
        yield chunk[:keep]
        keep -= len(chunk)
        if keep <= 0:
            return
