"""A folder of answers: one file each, whole or not there, safe with several processes.

An entry is one file: a line of JSON that says what it is, then the payload, whose digest is in that
line. It is written beside its place and moved there in one step, so a reader sees the old
entry or the new one; what was cut off, damaged, or written by another version counts as absent.

>>> import tempfile
>>> with tempfile.TemporaryDirectory() as folder:
...     store = Store(Path(folder))
...     store.write("products", "87602450", b"rows", at=datetime(2026, 1, 2, tzinfo=UTC))
...     store.read("products", "87602450").payload
b'rows'
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

_FORMAT = 1
_SUFFIX = ".entry"
_UNFINISHED = ".part"
_HEAD_LIMIT = 20_000  # bytes; a head has a few hundred


@dataclass(frozen=True)
class Stored:
    """An entry of a store.

    Attributes
    ----------
    kind : str
        ``"observations"``, ``"products"`` or ``"file"``.
    question : str
        What it answers: a query, an obsid, a URI.
    cached_at : datetime
        When it was written, UTC.
    size : int
        Bytes on disk.
    payload : bytes
        The answer; empty in a listing.
    """

    kind: str
    question: str
    cached_at: datetime
    size: int
    payload: bytes = b""


class Store:
    """Entries in one folder, which is made when the first is written.

    Files and folder are readable by their owner only: a preview may be under exclusive access.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def read(self, kind: str, question: str) -> Stored | None:
        """The entry, or None if there is none that is whole."""
        try:
            content = self._path(kind, question).read_bytes()
        except OSError:
            return None
        head, _, payload = content.partition(b"\n")
        stored = _entry(head, len(content), payload)
        if stored is None or (stored.kind, stored.question) != (kind, question):
            return None
        return stored

    def write(self, kind: str, question: str, payload: bytes, *, at: datetime) -> None:
        """Write an entry, in place of an older one.

        Raises
        ------
        OSError
            The disk is full or the folder cannot be written.
        """
        head = {
            "format": _FORMAT,
            "kind": kind,
            "question": question,
            "cached_at": at.astimezone(UTC).isoformat(),
            "sha256": hashlib.sha256(payload).hexdigest(),
        }
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        number, name = tempfile.mkstemp(suffix=_UNFINISHED, dir=self.folder)
        try:
            with os.fdopen(number, "wb") as file:
                file.write(json.dumps(head).encode() + b"\n")
                file.write(payload)
            Path(name).replace(self._path(kind, question))
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise

    def entries(self) -> Iterator[Stored]:
        """Every whole entry, without its payload; the payload is not checked."""
        for path in self._files(_SUFFIX):
            with contextlib.suppress(OSError), path.open("rb") as file:
                stored = _entry(file.readline(_HEAD_LIMIT), path.stat().st_size)
                if stored is not None:
                    yield stored

    def size(self) -> int:
        """Bytes on disk."""
        total = 0
        for path in self._files(_SUFFIX, _UNFINISHED):
            with contextlib.suppress(OSError):
                total += path.stat().st_size
        return total

    def clear(self) -> int:
        """Delete every entry; returns how many there were."""
        number = 0
        for path in self._files(_SUFFIX, _UNFINISHED):
            # Another kernel may be first, or, on Windows, be reading it.
            with contextlib.suppress(OSError):
                path.unlink()
                number += path.suffix == _SUFFIX
        return number

    def _path(self, kind: str, question: str) -> Path:
        # The question never becomes part of a path: it may hold anything.
        key = hashlib.sha256(json.dumps([_FORMAT, kind, question]).encode()).hexdigest()
        return self.folder / f"{key[:40]}{_SUFFIX}"

    def _files(self, *suffixes: str) -> list[Path]:
        try:
            return sorted(path for path in self.folder.iterdir() if path.suffix in suffixes)
        except OSError:
            return []  # nothing was ever written


def _entry(head: bytes, size: int, payload: bytes | None = None) -> Stored | None:
    try:
        said: dict[str, Any] = json.loads(head)
        at = datetime.fromisoformat(said["cached_at"])
        whole = payload is None or said["sha256"] == hashlib.sha256(payload).hexdigest()
        if said["format"] != _FORMAT or not whole or at.tzinfo is None:
            return None
        return Stored(str(said["kind"]), str(said["question"]), at, size, payload or b"")
    except (ValueError, KeyError, TypeError):
        return None
