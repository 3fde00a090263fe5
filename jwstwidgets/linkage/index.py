"""Look-ups over a product table that every linkage rule uses; arrays, made once.

A *root* is what all products of one exposure and detector, one level-3 product or one guide-star
activity share (`Name.root`). A *slot* is a (root, suffix): it holds one file or none.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pandas as pd

from jwstwidgets.names import parse_many
from jwstwidgets.products import ProductTable

Codes = npt.NDArray[np.int32]

#: Suffixes of exposure products from the earliest on; the first one there is the exposure's anchor,
#: to which files kept with the exposure as a whole are linked.
_ANCHOR_ORDER = ("uncal", "rate", "rateints", "cal", "calints", "ramp", "x1d", "x1dints")


@dataclass(eq=False)
class Index:
    """Look-ups over `table`."""

    table: ProductTable
    _slots: dict[str, Codes] = field(default_factory=dict)

    @cached_property
    def root(self) -> Codes:
        """Root of each file, -1 if it has none."""
        return np.asarray(self.table.names["root"].cat.codes, dtype=np.int32)

    @property
    def root_count(self) -> int:
        """Number of roots."""
        return len(self.table.names["root"].cat.categories)

    @cached_property
    def is_product(self) -> npt.NDArray[np.bool_]:
        """Whether the file is data: neither a preview nor a thumbnail."""
        role = self.table.files["role"]
        return np.asarray((role != "preview") & self.table.names["thumb"].isna(), dtype=bool)

    @cached_property
    def has_candidate(self) -> npt.NDArray[np.bool_]:
        """Whether an exposure product was made for one association candidate (level 2c)."""
        names = self.table.names
        return np.asarray((names["kind"] == "exposure") & names["candidate"].notna(), dtype=bool)

    def of_kind(self, kind: str, *suffixes: str) -> Codes:
        """Codes of the data files of this kind, with one of these suffixes if any are given."""
        names = self.table.names
        mask = (names["kind"] == kind).to_numpy() & self.is_product
        if suffixes:
            mask &= names["suffix"].isin(suffixes).to_numpy()
        return np.flatnonzero(mask).astype(np.int32)

    def slot(self, suffix: str) -> Codes:
        """For each root, the data file with this suffix (made for no candidate), or -1."""
        if suffix not in self._slots:
            slot = np.full(self.root_count + 1, -1, dtype=np.int32)
            mask = (self.table.names["suffix"] == suffix).to_numpy() & self.is_product
            codes = np.flatnonzero(mask & ~self.has_candidate & (self.root >= 0))
            slot[self.root[codes[::-1]]] = codes[::-1]
            self._slots[suffix] = slot
        return self._slots[suffix]

    def first_slot(self, suffixes: Iterable[str]) -> Codes:
        """For each root, the file with the first of these suffixes that it has, or -1."""
        found = np.full(self.root_count + 1, -1, dtype=np.int32)
        for suffix in suffixes:
            found = np.where(found < 0, self.slot(suffix), found)
        return found

    @cached_property
    def anchor(self) -> Codes:
        """For each root of an exposure its earliest product, on which companions are hung."""
        return self.first_slot(_ANCHOR_ORDER)

    @cached_property
    def roots(self) -> pd.DataFrame:
        """One row per root: `kind` and the name fields that its files share."""
        shared = ["kind", "program", "observation", "visit", "activity", "dataset", "detector"]
        level3 = ["candidate", "target", "source", "instrument", "optical"]
        names = self.table.names
        first = np.full(self.root_count, -1, dtype=np.int64)
        codes = np.flatnonzero(self.root >= 0)[::-1]
        first[self.root[codes]] = codes
        rows = names[shared + level3].iloc[first].reset_index(drop=True)
        return rows.assign(instrument=self.table.files["instrument"].iloc[first].to_numpy())

    @cached_property
    def owner_names(self) -> pd.DataFrame:
        """The `obs_id` of each observation, read."""
        return parse_many(self.table.observations["obs_id"])

    @cached_property
    def owner_roots(self) -> pd.DataFrame:
        """Pairs (`owner`, `root`): the roots that each observation of the table stands for.

        A CAOM observation is one root; a Missions dataset is every detector of an exposure.
        """
        obs_ids = self.table.observations["obs_id"]
        categories = pd.Index(self.table.names["root"].cat.categories)
        # Of wavefront sensing the obs_id is root and suffix: `..._nrca3_wfscmb-05`.
        root = categories.get_indexer(self.owner_names["root"].astype(object))
        same = pd.DataFrame({"owner": np.arange(len(obs_ids)), "root": root})
        owner_of = pd.Series(np.arange(len(obs_ids)), index=obs_ids)
        owner_of = owner_of[~owner_of.index.duplicated()]
        datasets = self.roots["dataset"].astype(object).map(owner_of)
        shared = pd.DataFrame({"owner": datasets, "root": np.arange(len(datasets))}).dropna()
        both = pd.concat([same[same["root"] >= 0], shared.astype({"owner": np.int64})])
        return both.drop_duplicates(ignore_index=True)

    def listed_under_exposures(self, codes: Codes) -> Codes:
        """Those of these files that the archive lists under an exposure, itself listed or not."""
        is_exposure = (self.owner_names["kind"] == "exposure").to_numpy()
        ownership = self.table.ownership
        listed = np.zeros(len(self.table), dtype=bool)
        listed[ownership["file"].to_numpy()[is_exposure[ownership["owner"].to_numpy()]]] = True
        return codes[listed[codes]]

    def listed_under(self, codes: Codes) -> pd.DataFrame:
        """Pairs (`file`, `root`): under which roots the archive lists these files."""
        ownership = self.table.ownership[["file", "owner"]]
        ownership = ownership[np.isin(ownership["file"].to_numpy(), codes)].drop_duplicates()
        return ownership.merge(self.owner_roots, on="owner")[["file", "root"]]
