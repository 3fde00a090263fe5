"""The cells of an association pool as typed columns; what is odd in them, as warnings.

Knows how a pool spells what is not stated, flags and candidates; nothing of files and headers.

>>> read_candidates("[('o001', 'OBSERVATION'), ('c1000', 'BACKGROUND')]")
(('o001', 'observation'), ('c1000', 'background'))
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from types import MappingProxyType
from typing import Any, Final

import pandas as pd

from jwstwidgets.associations import plain_name
from jwstwidgets.names import parse_many

Candidates = tuple[tuple[str, str], ...]

#: Columns that every pool here has, empty if it does not state them.
_ALWAYS: Final = (
    *("filename", "program", "observation", "visit", "exp_type", "instrument", "detector"),
    *("filter", "pupil", "grating", "subarray", "target", "candidates", "is_psf", "bkgdtarg"),
    *("is_imprt", "tsovisit", "exposerr", "dms_note", "visitype", "patttype"),
)
_DIGITS: Final = MappingProxyType({"program": 5, "observation": 3, "visit": 3})
_FLAGS: Final = ("is_psf", "bkgdtarg", "is_imprt", "tsovisit")
_NUMBERS: Final = ("nexposur", "expcount", "exposure", "exsegtot", "nints", "ngroups")
_AS_IN_FILE_NAMES: Final = ("instrument", "detector")
_AS_IN_KEYWORDS: Final = (
    *("exp_type", "filter", "pupil", "grating", "subarray", "fxd_slit", "band", "visitype"),
    *("patttype", "exposerr", "dms_note", "channel", "module"),
)
_NOTHING: Final = frozenset({"", "null", "none", "--", "n/a"})
_TRUE: Final = frozenset({"t", "true", "y", "yes", "1"})
_FALSE: Final = frozenset({"f", "false", "n", "no", "0"})
_CANDIDATE: Final = re.compile(
    r"\(\s*(['\"])([A-Za-z0-9]{1,16})\1\s*,\s*(['\"])([A-Za-z0-9_ -]{1,40})\3\s*\)"
)
#: Warnings of one kind that are spelt out; of more, the number is told.
_SPELT_OUT: Final = 3


class Warnings:
    """Warnings by kind: of many alike, the first few and how many there are."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._lines: dict[str, list[int]] = {}

    def add(self, what: str, line: int) -> None:
        """Note something odd in a line."""
        self._lines.setdefault(what, []).append(line)

    def sentences(self) -> tuple[str, ...]:
        """A sentence for each kind, with the lines."""
        return tuple(self._sentence(what, lines) for what, lines in self._lines.items())

    def _sentence(self, what: str, lines: list[int]) -> str:
        first = ", ".join(str(line) for line in lines[:_SPELT_OUT])
        more = f" and {len(lines) - _SPELT_OUT:,} more" if len(lines) > _SPELT_OUT else ""
        return f"{self.name}, line{'s' * (len(lines) > 1)} {first}{more}: {what}."


def typed_frame(
    columns: Sequence[str], rows: list[tuple[int, list[str]]], warnings: Warnings
) -> pd.DataFrame:
    """Typed columns (see `jwstwidgets.pools.Pool`) of lines of cells, each with its number."""
    numbers = [number for number, _ in rows]
    cells = list(zip(*(row for _, row in rows), strict=True)) if rows else [()] * len(columns)
    given = {
        column: [_stated(cell) for cell in c] for column, c in zip(columns, cells, strict=True)
    }
    names = (*_ALWAYS, *(column for column in columns if column not in _ALWAYS))
    table: dict[str, Any] = {}
    for column in names:
        values = given.get(column, [None] * len(rows))
        if column == "candidates":
            table[column] = _each(
                values, read_candidates, "candidates not understood", numbers, warnings
            )
        elif column in _FLAGS:
            flags = _each(values, _flag, f"{column} is neither T nor F", numbers, warnings)
            table[column] = pd.array(flags, dtype="boolean")
        elif column in _NUMBERS:
            whole = pd.to_numeric(pd.Series(values, dtype=object), errors="coerce")
            table[column] = whole.where(whole == whole.round()).astype("Int64")
        else:
            table[column] = pd.array([_spelt(column, value) for value in values], dtype="string")
    # `targname` is the name that the proposer gave; a pool from before launch has only `targprop`.
    if "targprop" in table:
        table["target"] = pd.Series(table["target"]).fillna(pd.Series(table["targprop"])).array
    frame = pd.DataFrame(table)
    return _as_named(frame, numbers, warnings)


def _as_named(frame: pd.DataFrame, numbers: list[int], warnings: Warnings) -> pd.DataFrame:
    """Program, observation and visit from the file name where the pool does not state them."""
    for number, filename in zip(numbers, frame["filename"], strict=True):
        if pd.isna(filename) or plain_name(filename) != filename:
            warnings.add("the file name is none, or a path, of which only the name is used", number)
    plain = [None if pd.isna(name) else plain_name(name) or None for name in frame["filename"]]
    frame["filename"] = pd.array(plain, dtype="string")
    named = parse_many(frame["filename"].fillna(""))
    for column in _DIGITS:
        stated = frame[column].where(frame[column].str.fullmatch("[0-9]+").fillna(False))
        frame[column] = stated.fillna(named[column].astype("string"))
    frame["root"] = named["root"].astype("string")
    frame["detector"] = frame["detector"].fillna(named["detector"].astype("string"))
    return frame


def _each(
    values: list[str | None],
    read: Callable[[str], Any],
    what: str,
    numbers: list[int],
    warnings: Warnings,
) -> list[Any]:
    """Every value read; one that cannot be is as if not stated, with a warning."""
    found = []
    for number, value in zip(numbers, values, strict=True):
        try:
            found.append(read(value or ""))
        except ValueError:
            warnings.add(what, number)
            found.append(read(""))
    return found


def _stated(cell: str) -> str | None:
    cell = cell.strip().encode("utf-8", errors="replace").decode("utf-8")
    return None if cell.lower() in _NOTHING else cell


def _spelt(column: str, value: str | None) -> str | None:
    if value is None:
        return None
    if column in _DIGITS:
        return value.zfill(_DIGITS[column])
    if column in _AS_IN_FILE_NAMES:
        return value.lower()
    return value.upper() if column in _AS_IN_KEYWORDS else value


def _flag(value: str) -> bool | None:
    if value.lower() in _TRUE:
        return True
    if value.lower() in _FALSE:
        return False
    if value:
        raise ValueError(value)
    return None


def read_candidates(value: str) -> Candidates:
    """Pairs of a candidate and its kind, from how Python prints a list of them; never evaluated."""
    found = tuple((m[2].lower(), m[4].lower()) for m in _CANDIDATE.finditer(value))
    if _CANDIDATE.sub("", value).translate(str.maketrans("", "", "[], \t")):
        raise ValueError(value)
    return found
