"""The basket: which files to take, whose they are, and why each of them is in.

- An immutable value: every verb returns a new basket, so undo is keeping the old one.
- One row per URI. A file added twice keeps all observations that list it and all reasons.
- Removing one reason frees only the files that no other reason holds.

It knows the columns a file row must have, and nothing of archives, filters or widgets. Exports are
in :mod:`jwstwidgets.export`, which takes a basket.

>>> import pandas as pd
>>> files = pd.DataFrame({
...     "uri": ["mast:JWST/product/a_cal.fits", "mast:JWST/product/a_rate.fits"],
...     "filename": ["a_cal.fits", "a_rate.fits"], "size": [30_000_000, 20_000_000],
...     "rights": "PUBLIC", "stage": ["2b", "2a"], "role": "science",
...     "owners": [("a",), ("a", "b")]})
>>> basket = Basket().add(files, "picked").add(files[1:], "made a_cal.fits")
>>> basket
Basket(2 files, 50 MB)
>>> basket.remove(basket, reason="picked")
Basket(1 file, 20 MB)
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from jwstwidgets.basket_rows import COLUMNS, canonical, column_of, empty, merged, rows_of
from jwstwidgets.errors import JwstWidgetsError
from jwstwidgets.units import format_bytes

if TYPE_CHECKING:
    from jwstwidgets.export import ExportInfo

EXCLUSIVE = "EXCLUSIVE_ACCESS"


class Subtotal(NamedTuple):
    """Files and bytes of one part of a basket; files of unknown size count no bytes."""

    files: int
    bytes: int


@dataclass(frozen=True)
class Totals:
    """What a basket holds, in numbers.

    Attributes
    ----------
    files, bytes : int
        All files, and the bytes of those whose size is known.
    unknown_sizes : int
        Files whose size the archive does not state; they are in no number of bytes.
    exclusive : Subtotal
        Files under exclusive access: their download needs a token.
    by_stage, by_role : dict of str to Subtotal
        In order of the label; files without one are under ``"unknown"``.
    """

    files: int
    bytes: int
    unknown_sizes: int
    exclusive: Subtotal
    by_stage: dict[str, Subtotal]
    by_role: dict[str, Subtotal]

    def __str__(self) -> str:
        notes = [_count(self.files, "file"), format_bytes(self.bytes)]
        if self.unknown_sizes:
            notes.append(f"{self.unknown_sizes} of unknown size")
        if self.exclusive.files:
            notes.append(f"{self.exclusive.files} under exclusive access")
        return ", ".join(notes)


@dataclass(frozen=True, eq=False, repr=False)
class Basket:
    """Files to take, each with its owners and reasons. ``Basket()`` is empty.

    A set of URIs in the order they were added: ``in``, ``len`` and iteration speak of URIs;
    ``|``, ``-`` and ``&`` are those of sets, and merge owners and reasons of what both hold.
    Two baskets are equal when they hold the same files with the same owners and reasons,
    whatever the order.
    """

    _rows: pd.DataFrame = field(default_factory=empty)

    def add(self, files: pd.DataFrame, reason: str) -> Basket:
        """Put files in, or give those already in one more reason.

        Parameters
        ----------
        files : DataFrame
            Columns ``uri``, ``filename``, ``size`` (bytes), ``rights``, ``stage``, ``role`` and
            ``owners`` (tuples of obs_id); others are ignored. A URI may repeat: owners add up.
        reason : str
            Why, in words for the user, e.g. ``"picked"`` or ``"MRP of jw02733-o002_…"``.

        Returns
        -------
        Basket
            Where a file was in before, the newer size, rights, stage and role stand.

        Raises
        ------
        ProductTableError
            A column is missing, a row has no URI, or a size is no number of bytes.
        JwstWidgetsError
            The reason is empty.
        """
        if not reason.strip():
            raise JwstWidgetsError(
                "A file cannot be added for no reason.", 'Give one, such as "picked".'
            )
        return self | Basket(rows_of(files, reason.strip()))

    def remove(self, uris: Iterable[str], reason: str | None = None) -> Basket:
        """Take files out, or only one reason from them.

        Parameters
        ----------
        uris : str, iterable of str, or Basket
            URIs that are not in the basket are passed over, as in ``set.difference``.
        reason : str, optional
            Remove this reason; a file goes only when no other holds it. None: the files go.
        """
        wanted = pd.Index([uris] if isinstance(uris, str) else list(uris), dtype="object")
        named = self._rows.index.isin(wanted)
        if reason is None:
            return Basket(self._rows[~named])
        left = [
            tuple(r for r in held if r != reason) if hit else held
            for held, hit in zip(self._rows["reasons"], named, strict=True)
        ]
        rows = self._rows.assign(reasons=column_of(left, self._rows.index))
        return Basket(rows[np.fromiter(map(bool, left), dtype=bool, count=len(left))])

    def clear(self) -> Basket:
        """The empty basket."""
        return Basket()

    def __len__(self) -> int:
        return len(self._rows)

    def __contains__(self, uri: object) -> bool:
        return uri in self._rows.index

    def __iter__(self) -> Iterator[str]:
        return iter(self._rows.index)

    def __or__(self, other: Basket) -> Basket:
        if not isinstance(other, Basket):
            return NotImplemented
        fresh = other._rows[~other._rows.index.isin(self._rows.index)]
        known = other._rows[other._rows.index.isin(self._rows.index)]
        rows = merged(self._rows, known)
        if not len(rows) or not len(fresh):
            return Basket(fresh if len(fresh) else rows)
        # `concat` would make Arrow strings of the index again.
        uris = pd.Index([*rows.index, *fresh.index], name="uri", dtype="object")
        return Basket(pd.concat([rows, fresh], ignore_index=True).set_axis(uris))

    def __and__(self, other: Basket) -> Basket:
        if not isinstance(other, Basket):
            return NotImplemented
        mine = self._rows[self._rows.index.isin(other._rows.index)]
        return Basket(merged(mine, other._rows.loc[mine.index]))

    def __sub__(self, other: Basket) -> Basket:
        if not isinstance(other, Basket):
            return NotImplemented
        return self.remove(other)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Basket):
            return NotImplemented
        # The URIs first: a basket that differs there needs no sorting of 300,000 tuples.
        if len(self) != len(other) or not self._rows.index.isin(other._rows.index).all():
            return False
        theirs = other._rows.loc[self._rows.index]
        return bool(canonical(self._rows).equals(canonical(theirs)))

    def __hash__(self) -> int:
        return hash(frozenset(self._rows.index))

    @cached_property
    def totals(self) -> Totals:
        """Files and bytes, in all, by stage, by role, and those under exclusive access."""
        size = self._rows["size"]
        exclusive = (self._rows["rights"] == EXCLUSIVE).fillna(False)
        return Totals(
            files=len(self),
            bytes=int(size.sum()),
            unknown_sizes=int(size.isna().sum()),
            exclusive=Subtotal(int(exclusive.sum()), int(size[exclusive].sum())),
            by_stage=_subtotals(self._rows, "stage"),
            by_role=_subtotals(self._rows, "role"),
        )

    def to_frame(self) -> pd.DataFrame:
        """One row per file, a copy: columns as in `COLUMNS`, sizes in bytes."""
        return self._rows.reset_index()[list(COLUMNS)]

    def to_text(self, format: str, info: ExportInfo | None = None) -> str:
        """The text of an export, e.g. ``to_text("shell")``; see `jwstwidgets.export.to_text`."""
        from jwstwidgets import export

        return export.to_text(self, format, info)

    def export(self, format: str, path: str | Path, info: ExportInfo | None = None) -> Path:
        """Write an export to a file, e.g. ``export("shell", "get_jw02733.sh")``.

        See `jwstwidgets.export.write`.
        """
        from jwstwidgets import export

        return export.write(self, format, path, info)

    def __repr__(self) -> str:
        return f"Basket({self.totals})"

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><td>{escape(stage)}</td><td>{part.files:,}</td>"
            f"<td>{format_bytes(part.bytes)}</td></tr>"
            for stage, part in self.totals.by_stage.items()
        )
        head = "<tr><th>stage</th><th>files</th><th>size</th></tr>" if rows else ""
        return f"<div><p>Basket: {escape(str(self.totals))}</p><table>{head}{rows}</table></div>"


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def _subtotals(rows: pd.DataFrame, name: str) -> dict[str, Subtotal]:
    sizes = rows["size"].groupby(rows[name].fillna("unknown").astype("string")).agg(["size", "sum"])
    return {
        str(label): Subtotal(int(files), int(total))
        for label, files, total in zip(sizes.index, sizes["size"], sizes["sum"], strict=True)
    }
