"""What every export needs: where it comes from, a safe name for each file, a URL for each URI.

Names and URIs come from the archive and are not trusted: here they become single path components
of plain ASCII and percent-encoded URLs, so that no format has to think of it again.

>>> safe_filename("../../etc/passwd")
'passwd'
>>> download_url("mast:JWST/product/a b.fits")
'https://mast.stsci.edu/api/v0.1/Download/file?uri=mast:JWST/product/a%20b.fits'
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from importlib.metadata import PackageNotFoundError, version
from urllib.parse import quote

import pandas as pd

from jwstwidgets.basket import EXCLUSIVE, Basket
from jwstwidgets.errors import ExportError

DOWNLOAD_PATH = "/api/v0.1/Download/file"
MAST_SERVER = "https://mast.stsci.edu" + DOWNLOAD_PATH

_PLAIN = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._+,=@-]{0,199}")
_UNSAFE = re.compile(r"[^A-Za-z0-9._+,=@-]")
# Names the download script needs for itself while a file arrives.
_TAKEN = re.compile(r"\.part(\.head|\.more)?$", re.IGNORECASE)
_SERVER = re.compile(
    r"https?://(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9.-]+)(:[0-9]{1,5})?(/[A-Za-z0-9._~/-]*)?"
)
_LONGEST = 200  # bytes; file systems allow 255, and the script appends up to 10


def package_version() -> str:
    """The installed version of jwstwidgets, or ``"unknown"`` when it runs from a bare folder."""
    try:
        return version("jwstwidgets")
    except PackageNotFoundError:
        return "unknown"


@dataclass(frozen=True)
class ExportInfo:
    """What an export says of itself.

    Parameters
    ----------
    archive : str
        Label of the archive the files are from, e.g. ``"sample archive (reconstruction)"``.
    server : str
        Base URL of the downloads; ``http://127.0.0.1:8000`` is completed with MAST's own path.
    name : str
        What the files are of, e.g. ``"jw02733"``: the stem of the default file name.
    created : datetime
        When, UTC.
    version : str
        Of jwstwidgets.

    Raises
    ------
    ExportError
        The server is no plain http or https URL.
    """

    archive: str = "MAST"
    server: str = MAST_SERVER
    name: str = "jwst"
    created: datetime = field(default_factory=lambda: datetime.now(UTC))
    version: str = field(default_factory=package_version)

    def __post_init__(self) -> None:
        if not _SERVER.fullmatch(self.server):
            raise ExportError(
                f"{self.server!r} is no server to download from.",
                f"Give an http or https URL without user, query or fragment, e.g. {MAST_SERVER}",
            )

    @property
    def base_url(self) -> str:
        """The server with the path of its download service."""
        bare = self.server.rstrip("/")
        return bare + DOWNLOAD_PATH if bare.count("/") == 2 else bare

    def statement(self, basket: Basket) -> str:
        """Say what is in an export, where it is from, when it was made and by which version."""
        when = self.created.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")
        return (
            f"{basket.totals}; from {one_line(self.archive)}; "
            f"written {when} by jwstwidgets {one_line(self.version)}"
        )


def one_line(text: str, longest: int = 200) -> str:
    """Text that is safe in a comment: one line, printable, not endless."""
    shown = "".join(c if c.isprintable() else "?" for c in text)
    return shown if len(shown) <= longest else shown[: longest - 1] + "…"


def safe_filename(name: str) -> str:
    """A single path component that any file system takes and no shell or option parser misreads.

    Parameters
    ----------
    name : str
        As the archive gives it; a path is cut to its last part.

    Returns
    -------
    str
        ASCII letters, digits and ``._+,=@-``; no dash or dot in front; at most 200 bytes.

    Examples
    --------
    >>> safe_filename("jw02733-o002_t001_miri_f1130w_i2d.fits")
    'jw02733-o002_t001_miri_f1130w_i2d.fits'
    >>> [safe_filename(n) for n in ("-rf", "$(reboot).fits", "été.fits", "..", "a.fits.part")]
    ['rf', '__reboot_.fits', '_t_.fits', 'file', 'a.fits.part_']
    """
    last = re.split(r"[/\\]", name.rstrip("/\\"))[-1]
    safe = _UNSAFE.sub("_", last).lstrip(".-+,=@") or "file"
    if _TAKEN.search(safe):
        safe += "_"
    if len(safe) > _LONGEST:
        stem, dot, suffix = safe.rpartition(".")
        keep = f"{dot}{suffix}" if 0 < len(suffix) <= 16 else ""
        safe = (stem if keep else safe)[: _LONGEST - len(keep)] + keep
    return safe


def safe_filenames(names: Sequence[str], uris: Sequence[str]) -> list[str]:
    """One safe name per file, all different even where upper and lower case are the same.

    Names that would collide each get a digest of their URI, so the outcome does not depend on the
    order of the files.

    >>> safe_filenames(["a b.fits", "a_b.fits", "c.fits"], ["mast:1", "mast:2", "mast:3"])
    ['a_b-27c6229f.fits', 'a_b-e5fac347.fits', 'c.fits']
    """
    plain = [
        name if _PLAIN.fullmatch(name) and not _TAKEN.search(name) else safe_filename(name)
        for name in names
    ]
    chosen = plain
    for digits in (8, 32, 64):
        clash = pd.Series(chosen, dtype="object").str.lower().duplicated(keep=False)
        if not clash.any():
            break
        chosen = list(chosen)
        for i in clash.to_numpy().nonzero()[0]:
            chosen[i] = _with_digest(plain[i], uris[i], digits)
    return chosen


def _with_digest(name: str, uri: str, digits: int) -> str:
    digest = hashlib.sha256(uri.encode("utf-8", "surrogatepass")).hexdigest()[:digits]
    stem, dot, suffix = name.rpartition(".")
    if not stem or len(suffix) > 16:
        stem, dot, suffix = name, "", ""
    end = f"-{digest}{dot}{suffix}"
    return stem[: _LONGEST - len(end)] + end


def quoted_uri(uri: str) -> str:
    """A URI as the value of a query: ASCII, no white space, nothing a shell or URL acts on."""
    return quote(uri.encode("utf-8", "surrogatepass"), safe=":/")


def download_url(uri: str, server: str = MAST_SERVER) -> str:
    """The address to download a URI from (`server` with its path, as `ExportInfo.base_url`)."""
    return f"{server}?uri={quoted_uri(uri)}"


@dataclass(frozen=True)
class Listing:
    """A basket's files as lists of plain strings, ready to be written line by line."""

    basket: Basket

    @cached_property
    def _rows(self) -> pd.DataFrame:
        return self.basket.to_frame()

    @cached_property
    def names(self) -> list[str]:
        """A safe file name for each file, all different."""
        return safe_filenames(self.original_names, list(self._rows["uri"]))

    @cached_property
    def original_names(self) -> list[str]:
        """Names as the archive gives them; the end of the URI where it gives none."""
        ends = self._rows["uri"].astype("string").str.rsplit("/", n=1).str[-1]
        named = self._rows["filename"].replace("", pd.NA).fillna(ends)
        return [str(name) for name in named]

    @cached_property
    def folders(self) -> list[str]:
        """A safe folder name for each file: its first owner."""
        safe: dict[str, str] = {}
        first = [owners[0] if owners else "no-observation" for owners in self._rows["owners"]]
        return [safe.get(o) or safe.setdefault(o, safe_filename(o)) for o in first]

    @cached_property
    def quoted_uris(self) -> list[str]:
        """URIs, percent-encoded."""
        return [quoted_uri(uri) for uri in self._rows["uri"]]

    @cached_property
    def sizes(self) -> list[str]:
        """Bytes, or ``-`` where unknown."""
        return list(self._rows["size"].astype("string").fillna("-"))

    @cached_property
    def restricted(self) -> list[bool]:
        """Whether the file is under exclusive access."""
        return list((self._rows["rights"] == EXCLUSIVE).fillna(False))

    @cached_property
    def renamed(self) -> list[tuple[str, str]]:
        """(name in the archive, name on disk) where they differ."""
        both = zip(self.original_names, self.names, strict=True)
        return [(old, new) for old, new in both if old != new]
