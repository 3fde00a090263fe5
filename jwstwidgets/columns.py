"""Columns as integer codes, and tables from whatever rows come in.

Knows how missing values are spelt by archives and notebooks, and nothing of what a column means.
Codes make the rest fast: 300,000 rows have a few hundred distinct owners and roles.

>>> column = Coded.of(["CAL", "--", "CAL", None])
>>> column.codes.tolist(), column.values.tolist()
([0, -1, 0, -1], ['CAL'])
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from jwstwidgets.errors import ProductTableError

#: How "not stated" is spelt: masked cells print as ``--``, and are empty in CSV.
MISSING_TEXT = ("", "--", "nan", "NaN", "None", "<NA>", "null")


@dataclass(frozen=True)
class Coded:
    """A column of text as codes into its distinct values; -1 where nothing is stated."""

    codes: npt.NDArray[np.int32]
    values: npt.NDArray[Any]

    @classmethod
    def of(cls, column: Any) -> Coded:
        """Encode a column; numbers become their text, whole floats without the ``.0``."""
        import pyarrow as pa

        encoded = _as_text(column).dictionary_encode()
        values = np.asarray(encoded.dictionary.to_pylist(), dtype=object)
        codes = encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int32)
        missing = np.isin(values, MISSING_TEXT) if len(values) else np.zeros(0, bool)
        if missing.any():
            renumbered = np.where(missing, -1, np.cumsum(~missing) - 1)
            codes = np.append(renumbered, -1)[codes].astype(np.int32)
            values = values[~missing]
        assert isinstance(encoded, pa.DictionaryArray)
        return cls(codes, values)

    def to_text(self) -> npt.NDArray[Any]:
        """The column as text, ``""`` where nothing is stated; an object array of length n."""
        return np.append(self.values, "").astype(object)[self.codes]

    def to_categorical(self) -> pd.Categorical:
        """The column as a pandas categorical, missing where nothing is stated."""
        return pd.Categorical.from_codes(self.codes, categories=self.values)

    def equals(self, *wanted: str) -> npt.NDArray[np.bool_]:
        """Where the column is one of these values; a mask of length n."""
        hits = np.append(np.isin(self.values, wanted), False) if len(self.values) else [False]
        return np.asarray(hits, dtype=bool)[self.codes]

    def translate(self, table: dict[str, str], default: str = "") -> Coded:
        """The column with each value looked up in `table`."""
        new = [table.get(value, default) for value in self.values]
        labels = pd.unique(pd.Series([label for label in new if label], dtype=object))
        index = {label: i for i, label in enumerate(labels)}
        lookup = np.array([*(index.get(label, -1) for label in new), -1], dtype=np.int32)
        return Coded(lookup[self.codes], np.asarray(labels, dtype=object))


def _as_text(column: Any) -> Any:
    """A pyarrow string array of any column."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if isinstance(column, pd.Series) and isinstance(column.dtype, pd.CategoricalDtype):
        column = column.astype(object)
    if isinstance(column, pd.Series) and pd.api.types.is_float_dtype(column.dtype):
        numbers = column.to_numpy(dtype=float, na_value=np.nan)
        finite = numbers[np.isfinite(numbers)]
        if np.all((finite == np.floor(finite)) & (np.abs(finite) < 2**53)):
            column = pd.Series(numbers).where(np.isfinite(numbers)).astype("Int64")
    try:
        array = pa.array(column, from_pandas=True)
        if isinstance(array, pa.ChunkedArray):
            array = array.combine_chunks()
        return array if pa.types.is_string(array.type) else pc.cast(array, pa.string())
    except (pa.ArrowException, UnicodeEncodeError, OverflowError):
        # Mixed types: text and numbers, masked constants, lists; bad Unicode; huge whole numbers.
        return pa.array([_cell_text(value) for value in column], type=pa.string())


def _cell_text(value: Any) -> str | None:
    if value is None or value is np.ma.masked or np.all(pd.isna(value)):
        return None
    if isinstance(value, bytes):
        return value.decode("utf-8", errors="replace")
    if isinstance(value, float | np.floating) and value.is_integer():
        value = int(value)
    return str(_readable(str(value)))


def _readable(cell: Any) -> Any:
    """A cell without lone surrogates, which JSON can state and no table of pandas 3 can hold."""
    if isinstance(cell, str):
        return cell.encode("utf-8", errors="replace").decode("utf-8")
    return cell


def first_of_each(codes: npt.NDArray[Any]) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int64]]:
    """Number the distinct keys by first appearance.

    Parameters
    ----------
    codes : ndarray of int, shape (n,)
        Code of each row's key; -1 where there is none.

    Returns
    -------
    codes : ndarray of int32, shape (n,)
        Number of each row's key; -1 where there is none.
    first : ndarray of int64
        For each number, the first row that has it.
    """
    numbers, values = pd.factorize(codes, sort=False)
    if (codes < 0).any():
        without = int(np.flatnonzero(values == -1)[0])
        numbers = np.where(codes < 0, -1, np.where(numbers > without, numbers - 1, numbers))
        values = np.delete(values, without)
    first = np.full(len(values), len(numbers), dtype=np.int64)
    stated = np.flatnonzero(numbers >= 0)
    np.minimum.at(first, numbers[stated], stated)
    return numbers.astype(np.int32), first


def read_rows(rows: Any) -> pd.DataFrame:
    """A DataFrame of rows given as DataFrame, astropy Table or list of dicts.

    Raises
    ------
    ProductTableError
        `rows` is none of these.
    """
    if isinstance(rows, pd.DataFrame):
        return _with_unique_columns(rows.reset_index(drop=True))
    if hasattr(rows, "to_pandas"):
        with warnings.catch_warnings():
            # astropy says that masked integers become Int64: that is what we want.
            warnings.simplefilter("ignore")
            return _decode(rows.to_pandas())
    if isinstance(rows, list | tuple) and all(isinstance(row, dict) for row in rows):
        try:
            return pd.DataFrame.from_records(list(rows))
        except UnicodeEncodeError:
            clean = [{name: _readable(cell) for name, cell in row.items()} for row in rows]
            return pd.DataFrame.from_records(clean)
    raise ProductTableError(
        f"Cannot read product rows from a {type(rows).__name__}.",
        "Give a pandas DataFrame, an astropy Table or a list of dicts.",
    )


def _with_unique_columns(frame: pd.DataFrame) -> pd.DataFrame:
    if frame.columns.is_unique:
        return frame
    twice = ", ".join(map(str, frame.columns[frame.columns.duplicated()].unique()))
    raise ProductTableError(
        f"Product rows have more than one column called {twice}.",
        "Rename or drop all but one, e.g. with rows.loc[:, ~rows.columns.duplicated()].",
    )


def _decode(frame: pd.DataFrame) -> pd.DataFrame:
    """Bytes columns, as astropy reads them from FITS and HDF5, as text."""
    for name in frame.columns:
        column = frame[name]
        if column.dtype == object and len(column) and isinstance(column.iloc[0], bytes):
            frame[name] = column.str.decode("utf-8", errors="replace")
    return frame
