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
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from jwstwidgets.errors import AssociationError
from jwstwidgets.pool_cells import Warnings, typed_frame

if TYPE_CHECKING:
    from jwstwidgets.archive.protocol import Archive, Call

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
_NEEDED: Final = ("filename", "exp_type")


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

    @classmethod
    def empty(cls) -> Pool:
        """A pool of no exposures: what is known without one."""
        return cls("", typed_frame(["filename"], [], Warnings("")))

    def __len__(self) -> int:
        return len(self.exposures)

    def __repr__(self) -> str:
        return f"<Pool {self.name}: {len(self):,} exposures>"

    def of_candidate(self, candidate: str) -> pd.DataFrame:
        """The exposures that may be taken in for a candidate (``"o001"``, ``"c1000"``)."""
        return self.exposures[of_candidate(self.exposures, candidate)]


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
    warnings = Warnings(name)
    rows = [
        (number, cells)
        for number, line in lines[1:]
        if (cells := _cells(line, len(columns), number, warnings)) is not None
    ]
    if len(lines) > 1 and not rows:
        raise AssociationError(
            f"{name} has no line that fits its {len(columns)} columns.", "Fetch it again."
        )
    return Pool(name, typed_frame(columns, rows, warnings), warnings.sentences())


def of_candidate(exposures: pd.DataFrame, candidate: str) -> npt.NDArray[np.bool_]:
    """Which rows of a pool's exposures may be taken in for a candidate."""
    wanted = [any(candidate == one for one, _ in row) for row in exposures["candidates"]]
    return np.array(wanted, dtype=bool)


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


def _cells(line: str, width: int, number: int, warnings: Warnings) -> list[str] | None:
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
