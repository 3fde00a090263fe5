"""What the archive holds of what a linkage lists, looked up by name; made once per audit."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from jwstwidgets.linkage.documents import Documents
from jwstwidgets.names import Name

if TYPE_CHECKING:
    from jwstwidgets.linkage.graph import Linkage

Codes = npt.NDArray[np.int32]


class Holdings:
    """Look-ups over the files of a linkage."""

    def __init__(self, linkage: Linkage) -> None:
        self.linkage = linkage
        self.documents = Documents(linkage.associations)
        files, names = linkage.table.files, linkage.table.names
        self._codes = {name: code for code, name in reversed(list(enumerate(files["filename"])))}
        self._exclusive = (files["rights"] == "EXCLUSIVE_ACCESS").to_numpy(dtype=bool)
        not_preview = (files["role"] != "preview") & names["thumb"].isna()
        self.is_product: npt.NDArray[np.bool_] = not_preview.to_numpy(dtype=bool)

    def has(self, filename: str) -> bool:
        """Whether a file of this name is listed."""
        return filename in self._codes

    def has_segments(self, raw: Name) -> bool:
        """Whether raw data are listed in segments, where the name names the whole exposure."""
        if raw.segment or not raw.dataset:
            return False
        names = self.linkage.table.names
        codes = self.where("dataset", [raw.dataset])
        of_detector = names["detector"].iloc[codes] == raw.detector
        return bool((of_detector & (names["suffix"].iloc[codes] == raw.suffix)).any())

    def is_exclusive(self, filename: str) -> bool:
        """Whether a listed file is under exclusive access."""
        return bool(self._exclusive[self._codes[filename]])

    def where(self, field: str, values: Iterable[str]) -> Codes:
        """Codes of the files whose names have one of these values in a field."""
        column = self.linkage.table.names[field]
        wanted = column.cat.categories.get_indexer(list(values))
        if len(wanted) == 1 and field in ("root", "dataset"):
            order, codes = self._sorted(field)
            left, right = np.searchsorted(codes, [wanted[0], wanted[0] + 1])
            return order[left:right] if wanted[0] >= 0 else order[:0]
        found = np.isin(column.cat.codes.to_numpy(), wanted[wanted >= 0])
        return np.flatnonzero(found).astype(np.int32)

    def _sorted(self, field: str) -> tuple[Codes, npt.NDArray[np.int64]]:
        return self._roots if field == "root" else self._datasets

    @cached_property
    def _roots(self) -> tuple[Codes, npt.NDArray[np.int64]]:
        return self._order_by("root")

    @cached_property
    def _datasets(self) -> tuple[Codes, npt.NDArray[np.int64]]:
        return self._order_by("dataset")

    def _order_by(self, field: str) -> tuple[Codes, npt.NDArray[np.int64]]:
        codes = self.linkage.table.names[field].cat.codes.to_numpy().astype(np.int64)
        order = np.argsort(codes, kind="stable").astype(np.int32)
        return order, codes[order]

    def kinds_of_file(self, root: str) -> dict[tuple[str, ...], str]:
        """Data files of a root: (candidate, suffix, counter, extension) -> file name."""
        codes = self.where("root", [root])
        codes = codes[self.is_product[codes]]
        names = self.linkage.table.names
        fields = ("candidate", "suffix", "counter", "extension")
        kind = names["kind"].iloc[codes].astype(str)
        # The candidate of a level-3 product is a part of its root.
        columns = [names[field].iloc[codes].astype(object).fillna("") for field in fields]
        columns[0] = columns[0].where(kind == "exposure", "")
        filename = self.linkage.table.files["filename"].iloc[codes]
        return dict(zip(zip(*columns, strict=True), filename, strict=True))

    def of_template(self, template: Name, suffixes: Iterable[str]) -> str:
        """First file that a name with a template for its source stands for; empty if none is."""
        names = self.linkage.table.names
        wanted = ("program", "candidate", "instrument", "optical")
        fits = names["source"].notna().to_numpy() & self.is_product
        for field in wanted:
            value = getattr(template, field)
            column = names[field]
            fits &= (column.isna() if value is None else column == value).to_numpy(dtype=bool)
        for suffix in suffixes:
            found = np.flatnonzero(fits & (names["suffix"] == suffix).to_numpy(dtype=bool))
            if len(found):
                return str(self.linkage.table.files["filename"].iloc[found[0]])
        return ""
