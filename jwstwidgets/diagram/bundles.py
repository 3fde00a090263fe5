"""Links between files, gathered into edges between what is drawn.

A bundle is all links from one drawn node to another: drawn as one edge with the commonest relation
and the weakest evidence among them. Which link is in which bundle is found once; what a filter
leaves of each bundle is then a count.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from jwstwidgets.diagram.groups import Group
from jwstwidgets.diagram.model import DiagramEdge, State
from jwstwidgets.linkage import Linkage
from jwstwidgets.vocabulary import EVIDENCE, RELATIONS

Mask = npt.NDArray[np.bool_]

_EVIDENCE_NAMES = tuple(EVIDENCE)
_RELATION_NAMES = tuple(RELATIONS)


@dataclass(frozen=True, eq=False)
class Bundles:
    """Edges to draw.

    Attributes
    ----------
    ends : tuple of (str, str)
        Ids of the nodes of each bundle.
    relation, evidence : ndarray of int8
        Codes of the commonest relation and of the weakest evidence of each.
    count : ndarray of int64
        Links in each.
    member : ndarray of int64
        For each link of the linkage, its bundle; -1 for those within one node.
    """

    ends: tuple[tuple[str, str], ...]
    relation: npt.NDArray[np.int8]
    evidence: npt.NDArray[np.int8]
    count: npt.NDArray[np.int64]
    member: npt.NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.ends)

    def draw(self, linkage: Linkage, mask: Mask) -> tuple[DiagramEdge, ...]:
        """The edges, with what the filters leave of each."""
        shown = mask[linkage.edges.source] & mask[linkage.edges.target] & (self.member >= 0)
        left = np.bincount(self.member[shown], minlength=len(self))
        return tuple(self._edge(i, int(left[i])) for i in range(len(self)))

    def _edge(self, i: int, left: int) -> DiagramEdge:
        source, target = self.ends[i]
        count = int(self.count[i])
        state: State = "hidden" if not left else "shown" if left == count else "partial"
        return DiagramEdge(
            id=f"{source}>{target}",
            source=source,
            target=target,
            relation=_RELATION_NAMES[self.relation[i]],
            evidence=_EVIDENCE_NAMES[self.evidence[i]],
            count=count,
            state=state,
        )


def bundle(
    linkage: Linkage,
    groups: Sequence[Group],
    opened: Mapping[str, Sequence[Group]],
    budget: int,
) -> tuple[Bundles, str]:
    """Bundles between what is drawn; between whole groups where they would be more than `budget`.

    A link is drawn from part to part only where both ends are unfolded and data flow along it:
    sixteen parallel lines into one card say no more than one.

    Returns
    -------
    bundles : Bundles
    note : str
        What could not be drawn; empty if nothing.
    """
    fine, whole = _drawn_as(linkage, groups, opened), _drawn_as(linkage, groups, {})
    lineage = np.array([r.lineage for r in RELATIONS.values()], dtype=bool)[linkage.edges.relation]
    in_box = np.isin(whole[0], [i for i, id in enumerate(whole[1]) if id in opened])
    both_open = lineage & in_box[linkage.edges.source] & in_box[linkage.edges.target]
    bundles = _gather(linkage, fine, whole, both_open)
    if len(bundles) <= budget:
        return bundles, ""
    bundles = _gather(linkage, fine, whole, np.zeros(len(lineage), dtype=bool))
    if len(bundles) <= budget:
        return bundles, "Links are drawn between groups: between files there would be too many."
    return _largest(bundles, budget), "Only the largest bundles of links are drawn."


_Drawn = tuple[npt.NDArray[np.int64], list[str]]


def _drawn_as(
    linkage: Linkage, groups: Sequence[Group], opened: Mapping[str, Sequence[Group]]
) -> _Drawn:
    """For each file the number of the node it is drawn as, and the ids of the nodes."""
    number = np.full(len(linkage.table), -1, dtype=np.int64)
    ids: list[str] = []
    waiting = list(groups)
    while waiting:
        group = waiting.pop()
        if group.id in opened:
            waiting.extend(opened[group.id])
        else:
            number[group.codes] = len(ids)
            ids.append(group.id)
    return number, ids


def _gather(linkage: Linkage, fine: _Drawn, whole: _Drawn, is_fine: Mask) -> Bundles:
    links = linkage.edges
    ids = [*fine[1], *whole[1]]
    offset, size = len(fine[1]), len(ids)
    source = np.where(is_fine, fine[0][links.source], offset + whole[0][links.source])
    target = np.where(is_fine, fine[0][links.target], offset + whole[0][links.target])
    apart = np.flatnonzero(source != target)
    pairs, member = np.unique(source[apart] * size + target[apart], return_inverse=True)
    member_of_link = np.full(len(links), -1, dtype=np.int64)
    member_of_link[apart] = member
    evidence = np.zeros(len(pairs), dtype=np.int8)
    np.maximum.at(evidence, member, links.evidence[apart])
    kinds = len(_RELATION_NAMES)
    tally = np.bincount(member * kinds + links.relation[apart], minlength=len(pairs) * kinds)
    return Bundles(
        ends=tuple((ids[pair // size], ids[pair % size]) for pair in pairs.tolist()),
        relation=tally.reshape(-1, kinds).argmax(axis=1).astype(np.int8),
        evidence=evidence,
        count=np.bincount(member, minlength=len(pairs)),
        member=member_of_link,
    )


def _largest(bundles: Bundles, budget: int) -> Bundles:
    kept = np.sort(np.argsort(-bundles.count, kind="stable")[: max(budget, 0)])
    renumbered = np.full(len(bundles) + 1, -1, dtype=np.int64)
    renumbered[kept] = np.arange(len(kept))
    return Bundles(
        ends=tuple(bundles.ends[i] for i in kept),
        relation=bundles.relation[kept],
        evidence=bundles.evidence[kept],
        count=bundles.count[kept],
        member=renumbered[bundles.member],
    )
