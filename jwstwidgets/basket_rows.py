"""The table inside a basket: its columns, how rows are checked, and how two tables merge.

One row per URI, which is the index: Python objects, because an index of Arrow strings takes 20
times as long in `isin`. Knows nothing of reasons but that they are tuples, like owners.

>>> tuple(empty().columns)
('filename', 'size', 'rights', 'stage', 'role', 'owners', 'reasons')
"""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from jwstwidgets.errors import ProductTableError

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
Names = tuple[str, ...]


def empty() -> pd.DataFrame:
    """No rows, all columns."""
    columns = {name: pd.Series(dtype=dtype) for name, dtype in DTYPES.items()}
    return pd.DataFrame(columns, index=pd.Index([], dtype="object", name="uri"))


def column_of(values: list[Names], index: pd.Index) -> pd.Series:
    """Tuples as a column, which pandas would not take for a table of their items."""
    return pd.Series(values, index=index, dtype="object")


def rows_of(files: pd.DataFrame, reason: str) -> pd.DataFrame:
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
    # Objects, said aloud: an index of Arrow strings takes 20 times as long in `isin`.
    index = pd.Index(files["uri"].astype("object"), name="uri", dtype="object")
    # One owner given as a plain string is that owner, not its letters.
    owned = [(held,) if isinstance(held, str) else tuple(held) for held in files["owners"]]
    owners = column_of(owned, index)
    plain = {name: _typed(files[name], dtype) for name, dtype in DTYPES.items() if name in NEEDED}
    rows = pd.DataFrame(
        {
            **{k: v.array for k, v in plain.items() if k != "owners"},
            "owners": owners.array,
            "reasons": column_of([(reason,)] * len(index), index).array,
        },
        index=index,
    )
    again = index.duplicated()
    return merged(rows[~again], rows[again]) if again.any() else rows


def _typed(column: pd.Series, dtype: str) -> pd.Series:
    """A column in its dtype, or the error that names it."""
    try:
        try:
            typed = column.astype(dtype)
        except UnicodeEncodeError:  # half a character in the archive's text: Arrow takes none
            typed = column.map(_whole_characters, na_action="ignore").astype(dtype)
    except (TypeError, ValueError) as error:
        raise ProductTableError(
            f"The column {column.name!r} cannot be read as {dtype}: {error}."
        ) from error
    if dtype == "Int64" and (typed < 0).any():
        raise ProductTableError(
            f"The column {column.name!r} has a negative size: {typed.min()} bytes."
        )
    return typed


def _whole_characters(text: object) -> str:
    return str(text).encode("utf-8", "replace").decode()


def merged(rows: pd.DataFrame, other: pd.DataFrame) -> pd.DataFrame:
    """`rows` with what `other` (URIs all in `rows`, may repeat) says of the same files."""
    if not len(other):
        return rows
    at = rows.index.get_indexer(other.index)
    values = {}
    for name, dtype in DTYPES.items():
        column = rows[name].copy()
        if dtype == "object":
            column = column_of(_joined(list(column), at, other[name]), rows.index)
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


def canonical(rows: pd.DataFrame) -> pd.DataFrame:
    """Rows with owners and reasons in one order, so that equal means the same sets."""
    columns = {
        name: column_of([tuple(sorted(names)) for names in rows[name]], rows.index)
        for name in ("owners", "reasons")
    }
    return rows.assign(**columns)
