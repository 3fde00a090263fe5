"""The files of a replica: which there are, how large, and their bytes, made up where need be.

Bodies are made up from the URI alone, block by block: a range has the bytes the whole has, two
files differ, so do two blocks of one file, and nothing is stored.

>>> whole = b"".join(made_up("mast:JWST/product/a.fits", 100_000))
>>> b"".join(made_up("mast:JWST/product/a.fits", 100_000, 70_000, 70_010)) == whole[70_000:70_010]
True
"""

from __future__ import annotations

import hashlib
import random
import threading
from collections.abc import Iterator
from dataclasses import dataclass

import pandas as pd

from jwstwidgets.archive.protocol import Archive
from jwstwidgets.errors import ArchiveError

BLOCK = 1 << 16
_SIZE_NOT_STATED = 2880  # one FITS block
_DOCUMENT_LIMIT = 4_000_000  # bytes; larger files are not asked of the archive that is served
_TEXTS = (".json", ".csv")  # associations and pools, never scaled down
_SMALL = (*_TEXTS, ".ecsv", ".txt", ".jpg", ".png")


def made_up(uri: str, size: int, start: int = 0, stop: int | None = None) -> Iterator[bytes]:
    """Bytes `start` to `stop` of a file of `size` bytes, in chunks."""
    stop = size if stop is None else min(stop, size)
    pattern = random.Random(uri).randbytes(BLOCK)
    for number in range(start // BLOCK, -(-stop // BLOCK)):
        block = number.to_bytes(8, "big") + pattern[8:]
        offset = number * BLOCK
        yield block[max(0, start - offset) : stop - offset]


@dataclass(frozen=True)
class HeldFile:
    """A file of the replica: its size in bytes, who may have it, its bytes if they are real."""

    uri: str
    size: int
    exclusive: bool = False
    document: bytes | None = None

    @property
    def filename(self) -> str:
        """Its name, as the end of its URI."""
        return self.uri.rsplit("/", 1)[-1]

    @property
    def etag(self) -> str:
        """Changes when the file does."""
        content = self.document or f"{self.uri} {self.size}".encode()
        return f'"{hashlib.sha256(content).hexdigest()[:32]}"'

    def body(self, start: int = 0, stop: int | None = None) -> Iterator[bytes]:
        """Its bytes from `start` to `stop`, in chunks."""
        if self.document is not None:
            return iter([self.document[start:stop]])
        return made_up(self.uri, self.size, start, stop)


class Files:
    """Every file that product rows have named so far; safe with many threads.

    Parameters
    ----------
    archive : Archive
        Asked for the bytes of documents.
    scale : float
        Files have this fraction of their stated size, associations and pools excepted.
    at_hand : bool
        Whether the archive has its documents in memory. Then the true size of each document is
        stated in product lists; a remote archive is only asked for what is downloaded.
    """

    def __init__(self, archive: Archive, scale: float = 1.0, *, at_hand: bool = False) -> None:
        self._archive, self._scale, self._at_hand = archive, scale, at_hand
        self._lock = threading.Lock()
        self._stated: dict[str, tuple[int, bool]] = {}  # uri -> stated size, exclusive
        self._documents: dict[str, bytes | None] = {}

    def learn(self, products: pd.DataFrame) -> None:
        """Remember the files these product rows name."""
        if "dataURI" not in products:
            return
        sizes = pd.to_numeric(
            products.get("size", pd.Series(index=products.index, dtype=float)), errors="coerce"
        ).fillna(_SIZE_NOT_STATED)
        rights = products.get("dataRights", pd.Series("", index=products.index)).astype(str)
        uris = products["dataURI"]
        new = {
            uri: (int(size), right == "EXCLUSIVE_ACCESS")
            for uri, size, right in zip(uris, sizes, rights, strict=True)
            if isinstance(uri, str)
        }
        with self._lock:
            self._stated.update(new)

    def get(self, uri: str) -> HeldFile | None:
        """The file, or None if no product row named it."""
        with self._lock:
            stated = self._stated.get(uri)
        if stated is None:
            return None
        size, exclusive = stated
        document = self._document(uri, size)
        if document is not None:
            return HeldFile(uri, len(document), exclusive, document)
        return HeldFile(uri, self._scaled(uri, size), exclusive)

    def served_sizes(self, products: pd.DataFrame) -> pd.DataFrame:
        """These product rows, with the sizes of the files as they are served."""
        if "size" not in products or "dataURI" not in products:
            return products
        sizes = pd.to_numeric(products["size"], errors="coerce")
        served = [
            None if pd.isna(size) else self._served_size(uri, int(size))
            for uri, size in zip(products["dataURI"], sizes, strict=True)
        ]
        return products.assign(size=pd.array(served, dtype="Int64"))

    def _served_size(self, uri: object, size: int) -> int:
        if not isinstance(uri, str):
            return size
        if self._at_hand and (document := self._document(uri, size)) is not None:
            return len(document)
        return self._scaled(uri, size)

    def _scaled(self, uri: str, size: int) -> int:
        if not size or uri.endswith(_TEXTS):
            return size
        return max(1, round(size * self._scale))

    def _document(self, uri: str, size: int) -> bytes | None:
        if size > _DOCUMENT_LIMIT or not uri.endswith(_SMALL if self._at_hand else _TEXTS):
            return None
        with self._lock:
            if uri in self._documents:
                return self._documents[uri]
        try:
            document = self._archive.read(uri)
        except (ArchiveError, NotImplementedError):
            document = None  # the archive lists it but does not hold it: made up
        with self._lock:
            self._documents[uri] = document
        return document
