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

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pandas as pd

from jwstwidgets.errors import JwstWidgetsError, ProductTableError
from jwstwidgets.units import format_bytes

if TYPE_CHECKING:
    from jwstwidgets.export import ExportInfo

# Column -> dtype of a basket's table. `owners` and `reasons` are tuples of str.
DTYPES = {
    "filename": "string",
    "size": "Int64",  # bytes, NA where the archive gives none
    "rights": "string",  # PUBLIC, EXCLUSIVE_ACCESS, NA
    "stage": "string",
    "role": "string",
    "owners": "object",
    "reasons": "object",
}
COLUMNS = ("uri", *DTYPES)
NEEDED = tuple(name for name in COLUMNS if name != "reasons")
EXCLUSIVE = "EXCLUSIVE_ACCESS"

Names = tuple[str, ...]


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

    _rows: pd.DataFrame = field(default_factory=lambda: _empty())

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
        return self | Basket(_rows_of(files, reason.strip()))

    def remove(self, uris: Iterable[str], reason: str | None = None) -> Basket:
        """Take files out, or only one reason from them.

        Parameters
        ----------
        uris : str, iterable of str, or Basket
            URIs that are not in the basket are passed over, as in ``set.difference``.
        reason : str, optional
            Remove this reason; a file goes only when no other holds it. None: the files go.
        """
        named = self._rows.index.isin([uris] if isinstance(uris, str) else list(uris))
        if reason is None:
            return Basket(self._rows[~named])
        left = [
            tuple(r for r in held if r != reason) if hit else held
            for held, hit in zip(self._rows["reasons"], named, strict=True)
        ]
        rows = self._rows.assign(reasons=_column_of(left, self._rows.index))
        return Basket(rows[[bool(held) for held in left]])

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
        rows = _merged(self._rows, known)
        parts = [part for part in (rows, fresh) if len(part)]
        return Basket(pd.concat(parts)) if parts else self

    def __and__(self, other: Basket) -> Basket:
        if not isinstance(other, Basket):
            return NotImplemented
        mine = self._rows[self._rows.index.isin(other._rows.index)]
        return Basket(_merged(mine, other._rows.loc[mine.index]))

    def __sub__(self, other: Basket) -> Basket:
        return self.remove(other) if isinstance(other, Basket) else NotImplemented

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Basket):
            return NotImplemented
        # The URIs first: a basket that differs there needs no sorting of 300,000 tuples.
        if len(self) != len(other) or not self._rows.index.isin(other._rows.index).all():
            return False
        return _canonical(self._rows).equals(_canonical(other._rows.loc[self._rows.index]))

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


def _empty() -> pd.DataFrame:
    columns = {name: pd.Series(dtype=dtype) for name, dtype in DTYPES.items()}
    return pd.DataFrame(columns, index=pd.Index([], dtype="object", name="uri"))


def _column_of(values: list[Names], index: pd.Index) -> pd.Series:
    return pd.Series(values, index=index, dtype="object")


def _rows_of(files: pd.DataFrame, reason: str) -> pd.DataFrame:
    """Rows as a basket keeps them: indexed by URI, one each, checked, typed."""
    missing = [name for name in NEEDED if name not in files.columns]
    if missing:
        raise ProductTableError(
            f"The files to add lack the column {', '.join(missing)}; found: "
            f"{', '.join(map(str, files.columns)) or 'none'}.",
            "Take the rows from a ProductTable.",
        )
    nameless = int((files["uri"].isna() | (files["uri"] == "")).sum())
    if nameless:
        raise ProductTableError(
            f"{nameless} of {len(files)} files have no URI: they are not in the archive.",
            "Leave out planned and missing products.",
        )
    index = pd.Index(files["uri"].astype("object"), name="uri")
    # One owner given as a plain string is that owner, not its letters.
    owned = [(held,) if isinstance(held, str) else tuple(held) for held in files["owners"]]
    owners = _column_of(owned, index)
    plain = {name: _typed(files[name], dtype) for name, dtype in DTYPES.items() if name in NEEDED}
    rows = pd.DataFrame(
        {
            **{k: v.array for k, v in plain.items() if k != "owners"},
            "owners": owners.array,
            "reasons": _column_of([(reason,)] * len(index), index).array,
        },
        index=index,
    )
    again = index.duplicated()
    return _merged(rows[~again], rows[again]) if again.any() else rows


def _typed(column: pd.Series, dtype: str) -> pd.Series:
    """A column in its dtype, or the error that names it."""
    try:
        typed = column.astype(dtype)
    except (TypeError, ValueError) as error:
        raise ProductTableError(
            f"The column {column.name!r} cannot be read as {dtype}: {error}."
        ) from error
    if dtype == "Int64" and (typed < 0).any():
        raise ProductTableError(
            f"The column {column.name!r} has a negative size: {typed.min()} bytes."
        )
    return typed


def _merged(rows: pd.DataFrame, other: pd.DataFrame) -> pd.DataFrame:
    """`rows` with what `other` (URIs all in `rows`, may repeat) says of the same files."""
    if not len(other):
        return rows
    at = rows.index.get_indexer(other.index)
    values = {}
    for name, dtype in DTYPES.items():
        column = rows[name].copy()
        if dtype == "object":
            column = _column_of(_joined(list(column), at, other[name]), rows.index)
        else:
            stated = other[name].notna().to_numpy()
            column.iloc[at[stated]] = other[name].array[stated]
        values[name] = column
    return pd.DataFrame(values, index=rows.index)


def _joined(held: list[Names], at: Iterable[int], more: Iterable[Names]) -> list[Names]:
    """Tuples with the tuples added at these places, in order, each name once."""
    for place, names in zip(at, more, strict=True):
        # Most files come again with the same owners: no new tuple for them.
        if held[place] != names:
            held[place] = tuple(dict.fromkeys(held[place] + names))
    return held


def _canonical(rows: pd.DataFrame) -> pd.DataFrame:
    """Rows with owners and reasons in one order, so that equal means the same sets."""
    order: Callable[[Names], Names] = lambda names: tuple(sorted(names))  # noqa: E731
    return rows.assign(owners=rows["owners"].map(order), reasons=rows["reasons"].map(order))


def _subtotals(rows: pd.DataFrame, name: str) -> dict[str, Subtotal]:
    sizes = rows["size"].groupby(rows[name].fillna("unknown").astype("string")).agg(["size", "sum"])
    return {
        str(label): Subtotal(int(files), int(total))
        for label, files, total in zip(sizes.index, sizes["size"], sizes["sum"], strict=True)
    }
