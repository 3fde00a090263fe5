"""Where each kind of file is drawn: its lane, its column, and what its group is called.

Files of one *sort* (role, stage, suffix, ...) are drawn in one place, and there are few sorts
however many files: the rules below are asked once per sort. Pure functions of a linkage.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from jwstwidgets.linkage import Linkage
from jwstwidgets.linkage.edges import RELATION_CODES
from jwstwidgets.vocabulary import INSTRUMENT_LABELS, STAGE1_REFERENCES, STAGE_LABELS

#: Columns from left to right with their titles.
COLUMNS: Final = {"references": "References", **STAGE_LABELS, "derived": "3 · derived"}
#: Lanes from top to bottom with their titles.
LANES: Final = {
    "main": "",
    "associations": "Associations: what was processed together",
    "guide-star": "Guide stars: what kept the telescope pointed",
    "previews": "Preview pictures",
    "other": "Other files",
}
_GUIDE_STARS: Final = {
    "id": ("1b", "identification"),
    "acq1": ("2a", "acquisition 1"),
    "acq2": ("2b", "acquisition 2"),
    "track": ("2c", "tracking"),
    "fg": ("3", "fine guiding"),
}


class Place(NamedTuple):
    """A group's place, and what the files in it are."""

    lane: str
    column: str
    kind: str


@dataclass(frozen=True)
class Sort:
    """What files of one group have in common; missing values are empty.

    Attributes
    ----------
    role, stage, instrument : str
        As in `ProductTable.files`.
    suffix, mode, asn_type, reftype : str
        As in `ProductTable.names`.
    derived : bool
        Whether it is derived from another level-3 product of the same combination.
    """

    role: str
    stage: str
    instrument: str
    suffix: str
    mode: str
    asn_type: str
    reftype: str
    derived: bool

    @property
    def is_data(self) -> bool:
        """Whether these are products, not what is kept with them."""
        return self.role in ("science", "auxiliary")

    def place(self, *, by_instrument: bool) -> Place:
        """Where files of this sort are drawn; by instrument if the table holds several."""
        place = getattr(self, f"_{self.role.replace('-', '_')}", self._data)()
        if self.suffix == "msa":
            place = Place("associations", "1b", place.kind)
        if by_instrument and self.is_data and self.instrument:
            kind = f"{place.kind} {INSTRUMENT_LABELS[self.instrument]}"
            place = place._replace(kind=kind)
        return place if place.column else place._replace(lane="other", column="1b")

    def _data(self) -> Place:
        column = "derived" if self.derived else self.stage
        return Place("main", column, self.suffix or "unknown names")

    def _association(self) -> Place:
        column = "2a" if self.asn_type.endswith("2") else "2c"
        return Place("associations", column, f"{self.asn_type} asn".strip())

    def _pool(self) -> Place:
        return Place("associations", "1b", "pool")

    def _preview(self) -> Place:
        return Place("previews", self.stage, "previews")

    def _guide_star(self) -> Place:
        return Place("guide-star", *_GUIDE_STARS.get(self.mode, ("derived", "guide stars")))

    def _reference(self) -> Place:
        stage = "stage-1" if self.reftype in STAGE1_REFERENCES else "stage-2"
        return Place("main", "references", f"{stage} references" if self.reftype else "context")


def places_of(linkage: Linkage) -> tuple[list[Place], npt.NDArray[np.int64]]:
    """The places in use, and for each file the number of its place."""
    sorts, of_file = _sorts(linkage)
    several = len({sort.instrument for sort in sorts if sort.is_data and sort.instrument}) > 1
    of_sort = [sort.place(by_instrument=several) for sort in sorts]
    places = list(dict.fromkeys(of_sort))
    number = np.array([places.index(place) for place in of_sort], dtype=np.int64)
    return places, number[of_file] if len(number) else of_file


def _sorts(linkage: Linkage) -> tuple[list[Sort], npt.NDArray[np.int64]]:
    """The sorts of files there are, and the number of the one that each file is of."""
    table = linkage.table
    derived = _is_derived(linkage)
    columns = [table.files[name] for name in ("role", "stage", "instrument")]
    columns += [table.names[name] for name in ("suffix", "mode", "asn_type", "reftype")]
    key = derived.astype(np.int64)
    for column in columns:
        # Codes from 0, of -1 for missing; renumbered each time, so that the key cannot overflow.
        size = len(column.cat.categories) + 1
        key = np.unique(key * size + column.cat.codes.to_numpy() + 1, return_inverse=True)[1]
    _, first = np.unique(key, return_index=True)
    stated = pd.DataFrame({c.name: c.iloc[first].astype(object).fillna("") for c in columns})
    rows = stated.assign(derived=derived[first]).to_dict("records")
    return [Sort(**row) for row in rows], key


def _is_derived(linkage: Linkage) -> npt.NDArray[np.bool_]:
    """Level-3 files derived from another product of the same combination."""
    derived = np.zeros(len(linkage.table), dtype=bool)
    along = linkage.edges.relation == RELATION_CODES["multiplicity"]
    derived[linkage.edges.target[along]] = True
    return derived


def fold_rare(
    places: list[Place], of_file: npt.NDArray[np.int64], most: int
) -> tuple[list[Place], npt.NDArray[np.int64]]:
    """Keep within `most` places, however many kinds the archive may invent.

    The kinds with the fewest files become one group, ``other kinds``, of each lane and column.
    """
    if len(places) <= most:
        return places, of_file
    sizes = pd.Series(np.bincount(of_file, minlength=len(places)))
    spots = {(place.lane, place.column) for place in places}
    kept = set(sizes.sort_values(kind="stable").index[len(places) - max(0, most - len(spots)) :])
    folded = [p if i in kept else p._replace(kind="other kinds") for i, p in enumerate(places)]
    distinct = list(dict.fromkeys(folded))
    number = {place: i for i, place in enumerate(distinct)}
    return distinct, np.array([number[place] for place in folded], dtype=np.int64)[of_file]
