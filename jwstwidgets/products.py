"""Product tables: the archive's rows, as unique files and who lists them.

The archive answers with one row per (file, observation) pair: 3,470 rows for the 605 files of one
MIRI image. A :class:`ProductTable` keeps both halves: `files`, one row each, and `ownership`,
which observations list each of them, and for which parent observation they were listed.

- Reads rows of CAOM (``astroquery.mast.Observations``) and of Missions (``MastMissions``), as
  DataFrame, astropy Table or list of dicts. Extra columns are kept.
- ``--``, empty, masked, None and NaN all mean "not stated".
- Codes inside: a file is a row number (its *code*) everywhere above this module.

>>> rows = [{"obs_id": "jw02733-o002_t001_miri_f1130w", "obsID": "87602450",
...          "parent_obsid": "87602450", "size": 56692800, "productType": "SCIENCE",
...          "productFilename": "jw02733-o002_t001_miri_f1130w_i2d.fits",
...          "dataURI": "mast:JWST/product/jw02733-o002_t001_miri_f1130w_i2d.fits",
...          "productGroupDescription": "Minimum Recommended Products"}]
>>> table = ProductTable.from_rows(rows)
>>> table.files[["stage", "role", "mrp", "size"]].to_dict("records")
[{'stage': '3', 'role': 'science', 'mrp': True, 'size': 56692800}]
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from jwstwidgets import roles
from jwstwidgets.columns import Coded, first_of_each, read_rows
from jwstwidgets.errors import UnknownFile
from jwstwidgets.names import parse_many
from jwstwidgets.schema import CAOM, CAOM_URI, MRP, Dialect, dialect_of

Codes = npt.NDArray[np.int32]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class ProductTable:
    """Unique files and their ownership.

    Attributes
    ----------
    files : DataFrame
        One row per unique file, in order of first appearance; the row number is the file's code.
        Columns (see ``docs/architecture.md`` for the schema): `filename`, `uri`, `stage`, `role`,
        `mrp`, `rights`, `size` (bytes, missing if not stated), `calib_level`, `description`,
        `product_type`, `subgroup`, `instrument`, `detector`, then the archive's other columns as
        they came; one with a name of ours is called ``archive_<name>``.
    names : DataFrame
        The file names, read (:func:`jwstwidgets.names.parse_many`); same rows as `files`.
    ownership : DataFrame
        One row per (file, owner, parent): `file` (code), `owner` and `parent` (codes into
        `observations`; parent -1 if not stated), `mrp`.
    observations : DataFrame
        `obs_id` and `obsid` of every observation that owns a file or was asked for.
    states_mrp : bool
        Whether the archive says which products are MRP (CAOM does, Missions does not).
    row_count : int
        Number of archive rows this was made from.
    """

    files: pd.DataFrame
    names: pd.DataFrame
    ownership: pd.DataFrame
    observations: pd.DataFrame
    states_mrp: bool = True
    row_count: int = 0

    @classmethod
    def from_rows(cls, rows: Any) -> ProductTable:
        """Make a table from archive rows.

        Parameters
        ----------
        rows : DataFrame, astropy.table.Table, or list of dict
            n rows as the archive delivered them, duplicates and all.

        Returns
        -------
        ProductTable

        Raises
        ------
        ProductTableError
            A needed column is missing; the message names it and the columns found.
        """
        frame = read_rows(rows)
        if frame.shape == (0, 0):
            # No rows, and so no columns either: an empty list of dicts.
            frame = pd.DataFrame(columns=list(CAOM.needed))
        dialect = dialect_of(frame)
        keys = _keys(frame, dialect).codes
        if (keys < 0).any():
            frame, keys = frame.loc[keys >= 0].reset_index(drop=True), keys[keys >= 0]
        codes, first = first_of_each(keys)
        return _assemble(frame, dialect, codes, first)

    def __len__(self) -> int:
        return len(self.files)

    def __repr__(self) -> str:
        owners = len(self.observations)
        return (
            f"<ProductTable: {len(self):,} files of {owners:,} observations "
            f"({self.row_count:,} archive rows)>"
        )

    @cached_property
    def _by_name(self) -> dict[str, int]:
        names = self.files["filename"].tolist()
        # From the end, so that of two files with one name the first keeps it.
        return dict(zip(reversed(names), range(len(names) - 1, -1, -1), strict=True))

    @cached_property
    def _by_uri(self) -> dict[str, int]:
        return {uri: code for code, uri in enumerate(self.files["uri"].tolist())}

    def code(self, file: str | int) -> int:
        """Code of a file, by file name, URI or code.

        Raises
        ------
        UnknownFile
            There is no such file in this table.
        """
        if isinstance(file, int | np.integer):
            if 0 <= file < len(self):
                return int(file)
        elif file in self._by_name:
            return self._by_name[file]
        elif file in self._by_uri:
            return self._by_uri[file]
        raise UnknownFile(
            f"{file!r} is none of the {len(self):,} files of this table.",
            "Give a file name, a URI or a code; `table.files` lists them.",
        )

    @cached_property
    def _owner_index(self) -> tuple[Codes, Codes]:
        """Owners of each file, once each: where each file's run starts, and the owners."""
        file = self.ownership["file"].to_numpy()
        owner = self.ownership["owner"].to_numpy()
        pairs = pd.DataFrame({"file": file, "owner": owner}).drop_duplicates()
        pairs = pairs.sort_values("file", kind="stable")
        start = np.searchsorted(pairs["file"].to_numpy(), np.arange(len(self) + 1))
        return start.astype(np.int32), pairs["owner"].to_numpy()

    def owners(self, file: str | int) -> list[str]:
        """`obs_id` of every observation that lists `file`, in the archive's order."""
        code = self.code(file)
        start, owner = self._owner_index
        return [
            str(o) for o in self.observations["obs_id"].iloc[owner[start[code] : start[code + 1]]]
        ]

    def parents(self) -> pd.DataFrame:
        """The observations that were asked for: rows of `observations` that are a parent."""
        asked = np.unique(self.ownership["parent"].to_numpy())
        return self.observations.iloc[asked[asked >= 0]]

    def rows_for(self, codes: Sequence[int] | Codes) -> pd.DataFrame:
        """Rows of `files` for these codes, with a column `owners` (tuples of `obs_id`)."""
        codes = np.asarray(codes, dtype=np.int64)
        start, owner = self._owner_index
        obs_ids = self.observations["obs_id"].to_numpy(dtype=object)[owner]
        rows = self.files.iloc[codes].copy()
        rows["owners"] = [tuple(obs_ids[start[code] : start[code + 1]]) for code in codes]
        return rows

    def total_bytes(self, which: Mask | Codes | None = None) -> int:
        """Bytes of these files (all by default); files of unknown size count as zero."""
        return int(self._sizes.sum() if which is None else self._sizes[which].sum())

    @cached_property
    def _sizes(self) -> npt.NDArray[np.int64]:
        return np.asarray(self.files["size"].fillna(0), dtype=np.int64)


def concat_rows(batches: Iterable[pd.DataFrame]) -> pd.DataFrame:
    """One frame of the rows of several batches; empty ones, which carry no dtypes, left out."""
    batches = [batch for batch in batches if len(batch)]
    return pd.concat(batches, ignore_index=True) if batches else pd.DataFrame()


def _keys(frame: pd.DataFrame, dialect: Dialect) -> Coded:
    """What tells files apart; not stated where a row names no file at all."""
    key = Coded.of(frame[dialect.key])
    if dialect.key == dialect.filename or not (key.codes < 0).any():
        return key
    # A file without a URI is still a file: the one that its name stands for.
    filename = Coded.of(frame[dialect.filename]).to_text()
    constructed = np.where(filename == "", "", CAOM_URI + filename)
    return Coded.of(np.where(key.codes < 0, constructed, key.to_text()))


def _assemble(
    frame: pd.DataFrame, dialect: Dialect, codes: Codes, first: npt.NDArray[np.int64]
) -> ProductTable:
    unique = frame.iloc[first].reset_index(drop=True)
    filename = Coded.of(unique[dialect.filename]).to_text()
    names = parse_many(filename)
    files = roles.describe_files(unique, names, filename, dialect)
    mrp_rows = (
        Coded.of(frame[dialect.mrp]).equals(MRP) if dialect.mrp else np.zeros(len(frame), bool)
    )
    ownership, observations = _ownership(frame, dialect, codes, mrp_rows)
    mrp = np.zeros(len(files), dtype=bool)
    mrp[codes[mrp_rows]] = True
    files.insert(files.columns.get_loc("role") + 1, "mrp", mrp)
    return ProductTable(
        files=files,
        names=names,
        ownership=ownership,
        observations=observations,
        states_mrp=bool(dialect.mrp),
        row_count=len(frame),
    )


def _ownership(
    frame: pd.DataFrame, dialect: Dialect, codes: Codes, mrp: Mask
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The (file, owner, parent) triples, once each, and the observations they point to."""
    owner = Coded.of(frame[dialect.owner])
    obsid = Coded.of(frame[dialect.obsid]) if dialect.obsid in frame else owner
    asked = Coded.of(frame[dialect.parent]) if dialect.parent in frame else None
    observations = pd.DataFrame({"obs_id": owner.values.astype(str), "obsid": ""})
    of_owner = pd.Series(obsid.to_text()).groupby(owner.codes).first()
    observations.loc[of_owner.index[of_owner.index >= 0], "obsid"] = of_owner[of_owner.index >= 0]
    parent = np.full(len(frame), -1, dtype=np.int32)
    if asked is not None:
        parent, observations = _resolve_parents(asked, observations)
    triples = pd.DataFrame({"file": codes, "owner": owner.codes, "parent": parent, "mrp": mrp})
    triples = triples[triples["owner"] >= 0].drop_duplicates(ignore_index=True)
    return triples, observations


def _resolve_parents(asked: Coded, observations: pd.DataFrame) -> tuple[Codes, pd.DataFrame]:
    """Codes of the parent observations; those of which no row was seen are added by number."""
    known = pd.Series(np.arange(len(observations)), index=observations["obsid"])
    known = known[~known.index.duplicated()]
    missing = [value for value in asked.values if value not in known.index]
    if missing:
        extra = pd.DataFrame({"obs_id": [f"obsid {v}" for v in missing], "obsid": missing})
        start = len(observations)
        observations = pd.concat([observations, extra], ignore_index=True)
        known = pd.concat([known, pd.Series(np.arange(start, len(observations)), index=missing)])
    lookup = np.append(known.reindex(asked.values).to_numpy(dtype=np.int32), -1)
    return lookup[asked.codes].astype(np.int32), observations
