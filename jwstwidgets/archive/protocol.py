"""What an archive is to the rest of the package: three questions and a name.

- ``observations``: which observations match a query? One row each, CAOM columns.
- ``products``: which files does each of these observations list? Batches, as they arrive.
- ``read``: the bytes of one small file (an association, a preview).

An archive knows nothing of linkage, filters or widgets, and returns rows as the archive states
them: :mod:`jwstwidgets.products` gives them meaning. Every question takes a :class:`Call`, which
carries its deadline, its cancel switch and its progress callback.

>>> from jwstwidgets.archive import Query, SampleArchive
>>> rows = SampleArchive().observations(Query(obs_id="jw02733-o002_t001_miri_f1130w"))
>>> rows["instrument_name"].tolist()
['MIRI/IMAGE']
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, fields
from typing import Protocol, runtime_checkable

import pandas as pd

from jwstwidgets.errors import ArchiveError, ArchiveTimeout, Cancelled, QueryError


@dataclass(frozen=True)
class Query:
    """A question for observations: an immutable value; the conditions given must all hold.

    Parameters
    ----------
    obs_id : str, optional
        CAOM observation id, ``*`` as a wildcard, e.g. ``"jw02733-o002_t001_miri_f1130w"``.
    program : int, optional
        Program (proposal) number, e.g. ``2733``.
    target : str, optional
        Target name as the proposer wrote it, ``*`` as a wildcard.
    ra, dec : float, optional
        Position, deg ICRS; both or neither.
    radius : float, optional
        Search radius around the position, deg. 0.2 by default, as in the portal.
    instrument : str, optional
        ``"NIRCAM"``, ``"NIRSPEC"``, ``"NIRISS"``, ``"MIRI"`` or ``"FGS"``: any of its modes;
        ``"MIRI/IMAGE"``: this one.

    Raises
    ------
    QueryError
        Nothing was asked for, or a value is out of its range.
    """

    obs_id: str | None = None
    program: int | None = None
    target: str | None = None
    ra: float | None = None
    dec: float | None = None
    radius: float = 0.2
    instrument: str | None = None

    def __post_init__(self) -> None:
        if (self.ra is None) != (self.dec is None):
            raise QueryError(
                f"A position needs both ra and dec; got ra={self.ra!r}, dec={self.dec!r}.",
                "Give both in degrees (ICRS).",
            )
        if self.ra is not None and self.dec is not None and not self._is_cone(self.ra, self.dec):
            raise QueryError(
                f"ra={self.ra!r}, dec={self.dec!r}, radius={self.radius!r} is no cone on the sky.",
                "Give degrees: dec within -90..90, radius above 0.",
            )
        if self.program is not None and not 0 < int(self.program) < 100_000:
            raise QueryError(
                f"{self.program!r} is no program number.", "Programs are 1 to 99999, e.g. 2733."
            )
        if not any((self.obs_id, self.program, self.target, self.instrument)) and self.ra is None:
            raise QueryError(
                "An empty query would ask for the whole archive.",
                "Give at least one of obs_id, program, target, ra and dec, instrument.",
            )

    def _is_cone(self, ra: float, dec: float) -> bool:
        return math.isfinite(ra) and -90 <= dec <= 90 and 0 < self.radius <= 180

    def __repr__(self) -> str:
        return f"Query({', '.join(f'{name}={value!r}' for name, value in self._given())})"

    def __str__(self) -> str:
        words = {"obs_id": "id"}
        return ", ".join(f"{words.get(name, name)} {value!r}" for name, value in self._given())

    def _given(self) -> list[tuple[str, object]]:
        named = ((f.name, getattr(self, f.name), f.default) for f in fields(self))
        return [(name, value) for name, value, default in named if value != default]


@dataclass(frozen=True)
class Progress:
    """How far a call has come: ``done`` of ``total`` ``unit`` (total 0: not known yet)."""

    done: int
    total: int
    unit: str
    message: str = ""


@dataclass
class Call:
    """Deadline, cancel switch and progress of one call; one per call, never shared.

    Parameters
    ----------
    deadline : float
        Seconds from the making of this object until :meth:`check` raises.
    cancelled : threading.Event
        Set it, from any thread, to stop the call.
    progress : callable
        Called with a :class:`Progress`, on the thread that does the work.
    """

    deadline: float = 120.0
    cancelled: threading.Event = field(default_factory=threading.Event)
    progress: Callable[[Progress], None] = lambda _: None
    started: float = field(default_factory=time.monotonic)

    @property
    def remaining(self) -> float:
        """Seconds left, never below zero."""
        return max(0.0, self.started + self.deadline - time.monotonic())

    def check_cancelled(self, doing: str = "The call") -> None:
        """Raise `Cancelled` if somebody asked for it, whatever the deadline."""
        if self.cancelled.is_set():
            raise Cancelled(f"{doing} was cancelled.")

    def check(self, doing: str = "The call") -> None:
        """Raise `Cancelled` or `ArchiveTimeout` if it is time to."""
        self.check_cancelled(doing)
        if self.remaining == 0.0:
            raise ArchiveTimeout(
                f"{doing} was not finished within {self.deadline:g} s.",
                "Try again, ask for less at once, or raise the deadline.",
            )


@dataclass(frozen=True)
class ProductBatch:
    """The product rows of some observations, or the error that stands in their place."""

    obsids: tuple[str, ...]
    rows: pd.DataFrame
    error: ArchiveError | None = None


@runtime_checkable
class Archive(Protocol):
    """Anything that answers these three questions can be explored.

    Attributes
    ----------
    label : str
        Shown wherever the data are, e.g. ``"MAST"`` or ``"sample archive (reconstruction)"``.
    """

    label: str

    def observations(self, query: Query, *, call: Call | None = None) -> pd.DataFrame:
        """Observations that match: CAOM columns (`obsid`, `obs_id`, ...); no rows if none do."""
        ...

    def products(
        self, obsids: Sequence[str], *, call: Call | None = None
    ) -> Iterator[ProductBatch]:
        """Product rows of these observations (CAOM `obsid`), a batch at a time, as they arrive.

        A batch that fails carries its error and the rest goes on; only a cancel or an error
        that concerns every batch is raised.
        """
        ...

    def read(self, uri: str, *, call: Call | None = None) -> bytes:
        """The whole of one small file, by its `dataURI`."""
        ...
