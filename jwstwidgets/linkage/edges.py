"""Edges as arrays: who links to whom, by which relation, on what evidence, stated by what.

Knows nothing of files: ends are integer codes. :func:`merge` is where two routes to one edge
become one edge with the stronger evidence; whatever finds edges (names, the archive's grouping,
association documents, headers) hands them over as an :class:`EdgeSet`.

>>> weak = EdgeSet.make([0], [1], "composition", "name")
>>> strong = EdgeSet.make([0], [1], "composition", "association", via=[7])
>>> merged = merge([weak, strong])
>>> len(merged), merged.evidence.tolist(), merged.via.tolist()
(1, [0], [7])
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from jwstwidgets.vocabulary import EVIDENCE, RELATIONS

#: Code of each relation and evidence; evidence codes grow with weakness.
RELATION_CODES: Final[dict[str, int]] = {name: code for code, name in enumerate(RELATIONS)}
EVIDENCE_CODES: Final[dict[str, int]] = {name: code for code, name in enumerate(EVIDENCE)}


@dataclass(frozen=True, eq=False)
class EdgeSet:
    """Edges; five arrays of one length.

    Attributes
    ----------
    source, target : ndarray of int32
        Codes of the files; data, or help, flow from source to target.
    relation, evidence : ndarray of int8
        Codes into `RELATION_CODES` and `EVIDENCE_CODES`.
    via : ndarray of int32
        Code of the association that states the edge; -1 if none does.
    """

    source: npt.NDArray[np.int32]
    target: npt.NDArray[np.int32]
    relation: npt.NDArray[np.int8]
    evidence: npt.NDArray[np.int8]
    via: npt.NDArray[np.int32]

    @classmethod
    def make(
        cls, source: Any, target: Any, relation: str, evidence: str, via: Any = None
    ) -> EdgeSet:
        """Edges of one relation and evidence; those with an end of -1 (no such file) left out."""
        source = np.asarray(source, dtype=np.int32)
        target = np.asarray(target, dtype=np.int32)
        stated = np.full(len(source), -1, np.int32) if via is None else np.asarray(via, np.int32)
        real = (source >= 0) & (target >= 0) & (source != target)
        source, target, stated = source[real], target[real], stated[real]
        return cls(
            source,
            target,
            np.full(len(source), RELATION_CODES[relation], np.int8),
            np.full(len(source), EVIDENCE_CODES[evidence], np.int8),
            stated,
        )

    def __len__(self) -> int:
        return len(self.source)

    def where(self, mask: npt.NDArray[Any]) -> EdgeSet:
        """The edges at these positions, or under this mask."""
        return EdgeSet(
            self.source[mask],
            self.target[mask],
            self.relation[mask],
            self.evidence[mask],
            self.via[mask],
        )


def merge(sets: Sequence[EdgeSet]) -> EdgeSet:
    """One set of all edges; each (source, target) once, on its strongest evidence."""
    if not sets:
        nothing = np.empty(0, np.int32)
        return EdgeSet.make(nothing, nothing, "linked", "name")
    edges = EdgeSet(
        np.concatenate([s.source for s in sets]),
        np.concatenate([s.target for s in sets]),
        np.concatenate([s.relation for s in sets]),
        np.concatenate([s.evidence for s in sets]),
        np.concatenate([s.via for s in sets]),
    )
    pair = edges.source.astype(np.int64) << 32 | edges.target.astype(np.int64)
    # Stable: of two finds of one edge on the same evidence, the first named stays.
    order = np.lexsort((edges.evidence, pair))
    ordered = pair[order]
    is_first = np.ones(len(order), dtype=bool)
    is_first[1:] = ordered[1:] != ordered[:-1]
    return edges.where(order[is_first])
