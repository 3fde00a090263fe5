"""Folding: every file of a table in one group, groups in a place, and what a group unfolds into.

The overview has one group per place and kind of product ("16 × cal"), whatever the size of the
table. Unfolding goes by observation, visit, activity, detector, exposure, until what is left is few
enough to be drawn file by file. Pure functions of a linkage; no positions, no filters.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from jwstwidgets.diagram.places import COLUMNS, LANES, fold_rare, places_of
from jwstwidgets.linkage import Linkage
from jwstwidgets.products import ProductTable
from jwstwidgets.vocabulary import SUFFIXES

Codes = npt.NDArray[np.int32]

#: A group of at most this many files unfolds into files, and no group into more parts.
MAX_PARTS: Final = 36
#: Where the overview would have more groups than this, the smallest of each place become one.
MAX_GROUPS: Final = 60

#: What a group is split by, in this order; the first that tells its files apart is taken.
_SPLIT_BY: Final = (
    "reftype",
    "program",
    "observation",
    "visit",
    "activity",
    "detector",
    "exposure",
    "root",
)
_SUFFIX_ORDER: Final = {suffix: i for i, suffix in enumerate(SUFFIXES)}


@dataclass(frozen=True, eq=False)
class Group:
    """Files drawn as one.

    Attributes
    ----------
    id : str
        Path in the tree of groups, e.g. ``main/2b/cal`` or ``guide-star/3/fg/visit=001``.
    label : str
        What they are.
    column, lane : str
        Where they are drawn.
    role, stage : str
        Of its first file.
    codes : ndarray of int32
        The files.
    """

    id: str
    label: str
    column: str
    lane: str
    role: str
    stage: str
    codes: Codes


def overview(linkage: Linkage, most: int = MAX_GROUPS) -> tuple[Group, ...]:
    """The groups of the overview, each file in exactly one; in the order they are drawn.

    At most `most` of them, or one per place (there are 22) where those are more.
    """
    places, of_file = fold_rare(*places_of(linkage), most)
    order = np.argsort(of_file, kind="stable").astype(np.int32)
    ends = np.cumsum(np.bincount(of_file, minlength=len(places)))[:-1]
    groups = []
    for place, codes in zip(places, np.split(order, ends) if places else [], strict=True):
        role, stage = _role_and_stage(linkage.table, codes[0])
        id = f"{place.lane}/{place.column}/{place.kind}"
        groups.append(Group(id, place.kind, place.column, place.lane, role, stage, codes))
    lanes, columns = list(LANES), list(COLUMNS)
    return tuple(
        sorted(groups, key=lambda g: (lanes.index(g.lane), columns.index(g.column), _order(g)))
    )


def parts(table: ProductTable, group: Group) -> tuple[Group, ...]:
    """What a group unfolds into: its files, or at most `MAX_PARTS` smaller groups."""
    if len(group.codes) == 1:
        return ()
    if len(group.codes) <= MAX_PARTS:
        ordered = _sorted_by_name(table, group.codes)
        labels = distinguishing_labels(table, ordered)
        _, names = _by_file(table, ordered)
        return tuple(
            _part(table, group, f"file={name}", label, [code])
            for code, name, label in zip(ordered, names, labels, strict=True)
        )
    by, values = _split_key(table, group.codes)
    found: list[Group] = []
    for name, codes in _bundles(values, group.codes):
        label = f"{_PREFIX.get(by, '')}{name}"
        found.append(_part(table, group, f"{by}={name}", label, codes))
    return tuple(found)


def find(table: ProductTable, groups: Iterable[Group], id: str) -> Group | None:
    """The group with this id in the tree under `groups`, drawn or not; None if there is none."""
    for group in groups:
        if group.id == id:
            return group
        inside = parts(table, group) if id.startswith(f"{group.id}/") else ()
        if (found := find(table, inside, id)) is not None:
            return found
    return None


def _part(
    table: ProductTable, group: Group, step: str, label: str, codes: Codes | list[int]
) -> Group:
    codes = np.asarray(codes, dtype=np.int32)
    role, stage = _role_and_stage(table, codes[0])
    return Group(f"{group.id}/{step}", label, group.column, group.lane, role, stage, codes)


def _role_and_stage(table: ProductTable, code: int) -> tuple[str, str]:
    stage = table.files["stage"].iloc[code]
    return str(table.files["role"].iloc[code]), stage if isinstance(stage, str) else ""


def _order(group: Group) -> tuple[int, str]:
    return _SUFFIX_ORDER.get(group.label.split(" ")[0], len(_SUFFIX_ORDER)), group.label


def _split_key(table: ProductTable, codes: Codes) -> tuple[str, npt.NDArray[np.object_]]:
    names = table.names.iloc[codes]
    for field in _SPLIT_BY:
        values = names[field].astype(object).fillna("").to_numpy()
        if len(set(values)) > 1:
            return field, values
    return _by_file(table, codes)


def _by_file(table: ProductTable, codes: Codes) -> tuple[str, npt.NDArray[np.object_]]:
    """What tells single files apart: their names; where two have the same, their URIs."""
    files = table.files.iloc[codes]
    return "file", files["filename" if files["filename"].is_unique else "uri"].to_numpy(object)


def _bundles(values: npt.NDArray[np.object_], codes: Codes) -> Iterator[tuple[str, Codes]]:
    """Files of each value; where there are too many values, of runs of values: ``001 – 009``."""
    distinct, at = np.unique(values.astype(str), return_inverse=True)
    runs = np.array_split(np.arange(len(distinct)), min(len(distinct), MAX_PARTS))
    order = np.argsort(at, kind="stable")
    ends = np.searchsorted(at[order], [run[-1] + 1 for run in runs])
    for run, chosen in zip(runs, np.split(order, ends[:-1]), strict=True):
        first, last = distinct[run[0]], distinct[run[-1]]
        yield (str(first) if first == last else f"{first} – {last}"), codes[chosen]


def _sorted_by_name(table: ProductTable, codes: Codes) -> Codes:
    names = table.files["filename"].iloc[codes].to_numpy(dtype=object).astype(str)
    return codes[np.argsort(names, kind="stable")]


_PREFIX: Final = {"program": "program ", "observation": "obs ", "visit": "visit "}
#: Fields of a name that a label may need, with what is written before each.
_LABEL_FIELDS: Final = (
    ("program", ""),
    ("observation", "o"),
    ("visit", "v"),
    ("activity", "act "),
    ("exposure", ""),
    ("segment", "seg"),
    ("detector", ""),
    ("candidate", ""),
    ("target", ""),
    ("source", ""),
    ("optical", ""),
    ("attempt", "#"),
    ("image", ""),
    ("time", ""),
    ("timestamp", ""),
    ("counter", "#"),
    ("reftype", ""),
    ("version", ""),
    ("suffix", ""),
    ("extension", "."),
)


def distinguishing_labels(table: ProductTable, codes: Codes) -> list[str]:
    """Labels for files drawn side by side: just the parts of their names that differ."""
    names = table.names.iloc[codes]
    texts = [""] * len(codes)
    for field, prefix in _LABEL_FIELDS:
        values = names[field].astype(object).fillna("").to_numpy()
        if len(set(values)) > 1:
            for i, value in enumerate(values):
                if value:
                    texts[i] += f"{' ' if texts[i] else ''}{prefix}{value}"
    filename = table.files["filename"].iloc[codes].tolist()
    distinct = len(set(texts)) == len(texts)
    return [text if distinct and text else name for text, name in zip(texts, filename, strict=True)]
