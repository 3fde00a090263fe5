"""Any archive, with its answers kept on disk.

- Tables are kept as parquet, observation by observation, so that a listing that was interrupted
  goes on where it stopped. A failure is never kept, nor is an empty answer to a query.
- Files are not kept, except associations, pools and previews. A token never gets here.
- An answer older than `max_age` is asked anew. If the archive cannot be reached it is used after
  all, and says so: ``rows.attrs["cached_at"]`` and :attr:`CachedArchive.note`.
- Two kernels may share a folder (:mod:`.store`).

>>> import tempfile
>>> from jwstwidgets.archive import Query, SampleArchive
>>> with tempfile.TemporaryDirectory() as folder:
...     archive = CachedArchive(SampleArchive(), folder)
...     first = archive.observations(Query(program=2733))
...     again = archive.observations(Query(program=2733))
>>> "cached_at" in first.attrs, "cached_at" in again.attrs, again.equals(first)
(False, True, True)
"""

from __future__ import annotations

import hashlib
import io
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pandas as pd

from jwstwidgets.archive.protocol import Archive, Call, ProductBatch, Progress, Query
from jwstwidgets.archive.store import Store, Stored
from jwstwidgets.errors import (
    ArchiveAnswerError,
    ArchiveError,
    ArchiveTimeout,
    ArchiveUnavailable,
    QueryError,
)

DOCUMENTS = ("_asn.json", "_pool.csv", ".jpg", ".png")
"""Ends of the URIs whose files are kept: associations, pools, previews."""

_OUT_OF_REACH = (ArchiveUnavailable, ArchiveTimeout, ArchiveAnswerError)


def _now() -> datetime:
    return datetime.now(UTC)


class CachedArchive:
    """An archive that remembers its answers on disk.

    Parameters
    ----------
    archive : Archive
        Who is asked what is not there yet.
    folder : path, optional
        Where to keep answers; the user's cache folder by default.
    max_age : timedelta, optional
        How old an answer may be; None: of any age. Seven days by default, in which the
        archive may have reprocessed or released files: ``max_age=timedelta(0)`` asks always.
    offline : bool
        Never ask the archive; answers of any age are used.
    clock : callable
        Gives the time, with its time zone.

    Attributes
    ----------
    label : str
        That of the archive, with ", offline" where that is so.
    note : str
        What to tell the user about the latest answers, e.g. that they are old because the
        archive cannot be reached; empty if all is as it should be.
    """

    label: str

    def __init__(
        self,
        archive: Archive,
        folder: str | Path | None = None,
        max_age: timedelta | None = timedelta(days=7),
        offline: bool = False,
        clock: Callable[[], datetime] = _now,
    ) -> None:
        self.archive, self.max_age, self.offline = archive, max_age, offline
        self.label = f"{archive.label}, offline" if offline else archive.label
        self.note = ""
        self._clock = clock
        # A folder per archive: what a replica said is no answer of MAST.
        name = re.sub(r"\W+", "-", archive.label)[:40].strip("-")
        key = hashlib.sha256(archive.label.encode()).hexdigest()[:8]
        self._store = Store(_folder(folder) / f"{name}-{key}")

    def __repr__(self) -> str:
        return f"<CachedArchive: {self.label} in {self.folder}>"

    @property
    def folder(self) -> Path:
        """Where the answers of this archive are."""
        return self._store.folder

    def entries(self) -> list[Stored]:
        """What is kept, oldest first, without the answers themselves."""
        return sorted(self._store.entries(), key=lambda stored: stored.cached_at)

    def size(self) -> int:
        """Bytes on disk."""
        return self._store.size()

    def clear(self) -> int:
        """Forget every answer of this archive; returns how many there were."""
        return self._store.clear()

    # --- the three questions ----------------------------------------------------------------------

    def observations(self, query: Query, *, call: Call | None = None) -> pd.DataFrame:
        """Observations that match, from disk or from the archive.

        See Also
        --------
        jwstwidgets.archive.Archive.observations

        Raises
        ------
        ArchiveUnavailable
            Offline, and this was never asked before.
        """
        kept = self._table("observations", repr(query))
        if kept is not None and self._fresh(kept[0]):
            return kept[1]
        if self.offline:
            raise self._missing(repr(query))
        try:
            rows = self.archive.observations(query, call=call)
        except _OUT_OF_REACH as error:
            if kept is None:
                raise
            self._say_old(kept[0], error)
            return kept[1]
        self.note = ""
        if not rows.empty:  # there may be some tomorrow
            self._keep_table("observations", repr(query), rows)
        return rows

    def products(
        self, obsids: Sequence[str], *, call: Call | None = None
    ) -> Iterator[ProductBatch]:
        """Product rows, those on disk first, then those the archive is asked for, as they arrive.

        See Also
        --------
        jwstwidgets.archive.Archive.products

        Raises
        ------
        ArchiveUnavailable
            Offline, and none of these observations was listed before. If some were, each of the
            others is a batch with this error.
        """
        if isinstance(obsids, str):
            raise QueryError(f"{obsids!r} is one text, not a list.", f"Write [{obsids!r}].")
        call = call or Call()
        wanted = list(dict.fromkeys(str(obsid) for obsid in obsids))
        found, total, missing = 0, len(wanted), []
        for obsid in wanted:
            call.check("Reading the cache")
            call.progress(Progress(found, total, "observation"))
            kept = self._table("products", obsid)
            if kept is None or not self._fresh(kept[0]):
                missing.append(obsid)
                continue
            found += 1
            yield ProductBatch((obsid,), kept[1])
        call.progress(Progress(found, total, "observation"))
        if missing and self.offline:
            yield from self._none_of(missing, raising=not found)
        elif missing:
            yield from self._ask_products(missing, call, total)

    def read(self, uri: str, *, call: Call | None = None) -> bytes:
        """The whole of one small file; kept if it is an association, a pool or a preview.

        See Also
        --------
        jwstwidgets.archive.Archive.read
        """
        keep = uri.endswith(DOCUMENTS)
        kept = self._store.read("file", uri) if keep else None
        if kept is not None and self._fresh(kept):
            return kept.payload
        if self.offline:
            raise self._missing(repr(uri))
        try:
            content = self.archive.read(uri, call=call)
        except _OUT_OF_REACH as error:
            if kept is None:
                raise
            self._say_old(kept, error)
            return kept.payload
        if keep:
            self._keep("file", uri, content)
        return content

    # --- products ---------------------------------------------------------------------------------

    def _ask_products(self, missing: list[str], call: Call, total: int) -> Iterator[ProductBatch]:
        """Ask the archive for these; what it does not give may be on disk, if old."""
        before = total - len(missing)
        told = replace(
            call, progress=lambda p: call.progress(replace(p, done=p.done + before, total=total))
        )
        waiting = dict.fromkeys(missing)
        self.note = ""
        try:
            for batch in self.archive.products(missing, call=told):
                for obsid in batch.obsids:
                    waiting.pop(obsid, None)
                if batch.error is None:
                    self._keep_products(batch)
                    yield batch
                else:
                    yield from self._old_instead(batch.obsids, batch.error, batch)
        except _OUT_OF_REACH as error:
            gone = []
            for obsid in waiting:
                old = self._table("products", obsid)
                if old is None:
                    gone.append(obsid)
                    continue
                self._say_old(old[0], error)
                yield ProductBatch((obsid,), old[1])
            if gone:
                raise

    def _old_instead(
        self, obsids: tuple[str, ...], error: ArchiveError, failed: ProductBatch
    ) -> Iterator[ProductBatch]:
        """Old rows in place of a failed batch; the failure for those that have none."""
        gone = []
        for obsid in obsids:
            old = self._table("products", obsid) if isinstance(error, _OUT_OF_REACH) else None
            if old is None:
                gone.append(obsid)
                continue
            self._say_old(old[0], error)
            yield ProductBatch((obsid,), old[1])
        if gone:
            yield replace(failed, obsids=tuple(gone))

    def _none_of(self, missing: list[str], *, raising: bool) -> Iterator[ProductBatch]:
        if raising:
            more = f" and {len(missing) - 3} more" if len(missing) > 3 else ""
            raise self._missing(f"the products of obsid {', '.join(missing[:3])}{more}")
        for obsid in missing:
            error = self._missing(f"the products of obsid {obsid}")
            yield ProductBatch((obsid,), pd.DataFrame(), error)

    def _keep_products(self, batch: ProductBatch) -> None:
        rows = batch.rows
        if len(batch.obsids) == 1:
            self._keep_table("products", batch.obsids[0], rows)
        elif "parent_obsid" in rows:
            for obsid in batch.obsids:
                own = rows[rows["parent_obsid"].astype(str) == obsid].reset_index(drop=True)
                self._keep_table("products", obsid, own)

    # --- disk -------------------------------------------------------------------------------------

    def _table(self, kind: str, question: str) -> tuple[Stored, pd.DataFrame] | None:
        stored = self._store.read(kind, question)
        if stored is None:
            return None
        try:
            rows = pd.read_parquet(io.BytesIO(stored.payload))
        except (ValueError, OSError, KeyError):
            return None  # of a version of pandas or pyarrow that this one cannot read
        rows.attrs["cached_at"] = stored.cached_at.isoformat()
        return stored, rows

    def _keep_table(self, kind: str, question: str, rows: pd.DataFrame) -> None:
        if "cached_at" in rows.attrs:
            return  # from another cache: its age is not ours to renew
        payload = io.BytesIO()
        try:
            rows.to_parquet(payload, index=False)
        except (ValueError, TypeError, OSError) as error:
            self.note = f"Not cached: {error}"
            return
        self._keep(kind, question, payload.getvalue())

    def _keep(self, kind: str, question: str, payload: bytes) -> None:
        try:
            self._store.write(kind, question, payload, at=self._clock())
        except OSError as error:
            # A full disk must not cost the answer that has just arrived.
            self.note = f"Not cached: {error.strerror or error}."

    def _fresh(self, stored: Stored) -> bool:
        age = self._clock() - stored.cached_at
        if self.offline or self.max_age is None:
            return True
        return timedelta(0) <= age <= self.max_age  # an entry from the future has a wrong clock

    def _say_old(self, stored: Stored, error: ArchiveError) -> None:
        day = stored.cached_at.strftime("%Y-%m-%d %H:%M UTC")
        self.note = f"As of {day}, from the cache: {error.what}"

    def _missing(self, what: str) -> ArchiveUnavailable:
        return ArchiveUnavailable(
            f"Offline, and {what} is not in the cache at {self.folder}.",
            "Ask once with offline=False, or use the sample archive.",
        )


def _folder(folder: str | Path | None) -> Path:
    if folder is not None:
        return Path(folder).expanduser()
    from platformdirs import user_cache_path

    return user_cache_path("jwstwidgets")
