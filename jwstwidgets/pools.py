"""Association pools: every exposure of a program, as the association generator saw it.

A pool (``_pool.csv``) is a table with ``|`` between its cells: a line per exposure and detector,
and for each the candidates for which it may be taken in. Pools come from the archive and are not
trusted: nothing in one is evaluated; a line that cannot be read is left out with a warning that
names it; what is no pool at all is an error.

Source of the format: JWST pipeline documentation, "Association Pool". Upper- and lower-case headers
occur, and values of either case; names come out lower case, as in file names, and FITS keywords
upper case.

>>> text = '''FILENAME|PROGRAM|OBS_NUM|VISIT|EXP_TYPE|INSTRUME|FILTER|IS_PSF|ASN_CANDIDATE
... jw09505001001_02101_00001_mirimage_uncal.fits|9505|1|1|MIR_IMAGE|MIRI|F560W|NULL|[('o001', \
'OBSERVATION'), ('c1000', 'BACKGROUND')]'''
>>> pool = read_pool(text, name="jw09505_20251216t202003_pool.csv")
>>> row = pool.exposures.iloc[0]
>>> row["program"], row["observation"], row["exp_type"], row["instrument"], row["is_psf"]
('09505', '001', 'MIR_IMAGE', 'miri', <NA>)
>>> row["candidates"]
(('o001', 'observation'), ('c1000', 'background'))
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from jwstwidgets.associations import plain_name
from jwstwidgets.errors import AssociationError
from jwstwidgets.names import parse_many

if TYPE_CHECKING:
    from jwstwidgets.archive.protocol import Archive, Call

Candidates = tuple[tuple[str, str], ...]

#: Columns of a pool that have another name here; all others keep theirs, in lower case.
_NAMES: Final = MappingProxyType(
    {
        "obs_num": "observation",
        "instrume": "instrument",
        "targname": "target",
        "targetid": "target_id",
        "asn_candidate": "candidates",
    }
)
#: Columns that every pool here has, empty if it does not state them.
_ALWAYS: Final = (
    *("filename", "program", "observation", "visit", "exp_type", "instrument", "detector"),
    *("filter", "pupil", "grating", "subarray", "target", "candidates", "is_psf", "bkgdtarg"),
    *("is_imprt", "tsovisit", "exposerr", "dms_note", "visitype", "patttype"),
)
_NEEDED: Final = ("filename", "exp_type")
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


@dataclass(frozen=True, eq=False)
class Pool:
    """One association pool.

    Attributes
    ----------
    name : str
        File name of the pool.
    exposures : DataFrame
        A row per exposure and detector: `filename` (of the raw data), `program`, `observation`,
        `visit` (text, as in file names), `exp_type`, `instrument`, `detector`, `filter`, `pupil`,
        `grating`, `subarray`, `target`, `candidates` (tuple of (id, kind)), `is_psf`, `bkgdtarg`,
        `is_imprt`, `tsovisit` (nullable booleans), `exposerr`, `dms_note`, `visitype`, `patttype`,
        `root` (exposure and detector, the stem of its products' names); then the pool's other
        columns. Text that is not stated is missing.
    warnings : tuple of str
        What was odd, in sentences that name the pool.
    """

    name: str
    exposures: pd.DataFrame
    warnings: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.exposures)

    def __repr__(self) -> str:
        return f"<Pool {self.name}: {len(self):,} exposures>"

    def of_candidate(self, candidate: str) -> pd.DataFrame:
        """The exposures that may be taken in for a candidate (``"o001"``, ``"c1000"``)."""
        wanted = [candidate in {c for c, _ in row} for row in self.exposures["candidates"]]
        return self.exposures[pd.Series(wanted, index=self.exposures.index, dtype=bool)]


def read_pool(source: Path | str | bytes, name: str = "") -> Pool:
    """Read a pool.

    Parameters
    ----------
    source : Path, str or bytes
        A file, or the text of a pool.
    name : str
        File name of the pool; that of the file if `source` is one.

    Raises
    ------
    AssociationError
        It cannot be read, is no pool, is one of the old form that names no candidates, or none of
        its lines can be read.
    """
    if isinstance(source, Path):
        name = name or source.name
        try:
            source = source.read_bytes()
        except OSError as error:
            raise AssociationError(f"{name} cannot be read: {error.strerror}.") from error
    name = name or "the pool"
    text = source.decode("utf-8-sig", errors="replace") if isinstance(source, bytes) else source
    lines = [
        (number, line.rstrip("\r"))
        for number, line in enumerate(text.split("\n"), start=1)
        if line.strip() and not line.startswith("#")
    ]
    columns = _columns(lines[0][1] if lines else "", name)
    warnings = _Warnings(name)
    rows = [
        (number, cells)
        for number, line in lines[1:]
        if (cells := _cells(line, len(columns), number, warnings)) is not None
    ]
    if len(lines) > 1 and not rows:
        raise AssociationError(
            f"{name} has no line that fits its {len(columns)} columns.", "Fetch it again."
        )
    return Pool(name, _frame(columns, rows, warnings), warnings.sentences())


def fetch_pool(archive: Archive, uri: str, *, call: Call | None = None) -> Pool:
    """Read a pool through an archive, by its `dataURI`.

    Raises
    ------
    ArchiveError
        The archive did not give it.
    AssociationError
        What it gave is no pool.
    """
    return read_pool(archive.read(uri, call=call), uri.rpartition("/")[2])


class _Warnings:
    """Warnings by kind: of many alike, the first few and how many there are."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._lines: dict[str, list[int]] = {}

    def add(self, what: str, line: int) -> None:
        self._lines.setdefault(what, []).append(line)

    def sentences(self) -> tuple[str, ...]:
        return tuple(self._sentence(what, lines) for what, lines in self._lines.items())

    def _sentence(self, what: str, lines: list[int]) -> str:
        first = ", ".join(str(line) for line in lines[:_SPELT_OUT])
        more = f" and {len(lines) - _SPELT_OUT:,} more" if len(lines) > _SPELT_OUT else ""
        return f"{self.name}, line{'s' * (len(lines) > 1)} {first}{more}: {what}."


def _columns(header: str, name: str) -> list[str]:
    if "|" not in header:
        raise AssociationError(
            f"{name} is no association pool: its first line has no '|' between columns.",
            "Pools end in _pool.csv; give a file as a pathlib.Path.",
        )
    columns = [column.strip().strip('"').lower() for column in header.split("|")]
    columns = [_NAMES.get(column, column) for column in columns]
    twice = sorted({column for column in columns if columns.count(column) > 1})
    if twice:
        raise AssociationError(f"{name} has more than one column {', '.join(twice)}.")
    if "candidates" not in columns:
        raise AssociationError(
            f"{name} has no column ASN_CANDIDATE: it is a pool of the old form, which does not say "
            "for which candidates an exposure may be taken in.",
            "Use the newest pool of the program.",
        )
    lacking = [column.upper() for column in _NEEDED if column not in columns]
    if lacking:
        raise AssociationError(
            f"{name} lacks the column{'s' * (len(lacking) > 1)} {', '.join(lacking)}.",
            "Fetch it again.",
        )
    return columns


def _cells(line: str, width: int, number: int, warnings: _Warnings) -> list[str] | None:
    """The cells of a line; None if their number is another than that of the columns."""
    cells = line.split("|")
    if '"' in line:  # written so where a cell has a '|' or a quotation mark
        try:
            cells = next(csv.reader([line], delimiter="|"))
        except csv.Error:
            cells = []
    if len(cells) != width:
        warnings.add(f"not {width} cells as in the header, left out; it may be truncated", number)
        return None
    return cells


def _frame(
    columns: Sequence[str], rows: list[tuple[int, list[str]]], warnings: _Warnings
) -> pd.DataFrame:
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
                values, _candidates, "candidates not understood", numbers, warnings
            )
        elif column in _FLAGS:
            flags = _each(values, _flag, f"{column} is neither T nor F", numbers, warnings)
            table[column] = pd.array(flags, dtype="boolean")
        elif column in _NUMBERS:
            whole = pd.to_numeric(pd.Series(values, dtype=object), errors="coerce")
            table[column] = whole.where(whole == whole.round()).astype("Int64")
        else:
            table[column] = pd.array([_spelt(column, value) for value in values], dtype="string")
    frame = pd.DataFrame(table)
    return _as_named(frame, numbers, warnings)


def _as_named(frame: pd.DataFrame, numbers: list[int], warnings: _Warnings) -> pd.DataFrame:
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
    warnings: _Warnings,
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


def _candidates(value: str) -> Candidates:
    """Pairs of a candidate and its kind, from how Python prints a list of them; never evaluated."""
    found = tuple((m[2].lower(), m[4].lower()) for m in _CANDIDATE.finditer(value))
    if _CANDIDATE.sub("", value).translate(str.maketrans("", "", "[], \t")):
        raise ValueError(value)
    return found
