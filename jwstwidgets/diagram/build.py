"""Linkage + filters + what is unfolded -> Diagram, never more than a budget of elements.

Pure: no widget, no network, no state. Folding and unfolding are in `groups`, places in `layout`;
here files become nodes with counts and bytes, links become edges between what is drawn, and the
budget is kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from jwstwidgets.diagram.groups import Group, overview, parts
from jwstwidgets.diagram.layout import Block, lay_out
from jwstwidgets.diagram.model import Diagram, DiagramEdge, DiagramNode, State
from jwstwidgets.filters import Filters
from jwstwidgets.linkage import Linkage
from jwstwidgets.units import format_bytes
from jwstwidgets.vocabulary import EVIDENCE, RELATIONS

#: Drawn elements, nodes and edges together: each is a message when drawn, and more is no picture.
BUDGET: Final = 400
#: A table of at most this many files opens unfolded.
SMALL: Final = 16
#: Id of the empty place drawn where a level-3 product is missing.
MISSING: Final = "missing/3"

_EVIDENCE_NAMES: Final = tuple(EVIDENCE)
_RELATION_NAMES: Final = tuple(RELATIONS)

Unfolded = dict[str, tuple[Group, ...]]


def build_diagram(
    linkage: Linkage,
    filters: Filters | None = None,
    unfolded: Iterable[str] = (),
    *,
    budget: int = BUDGET,
    missing_level3: str = "",
) -> Diagram:
    """Draw a linkage.

    Parameters
    ----------
    linkage : Linkage
        The files and their links, any number.
    filters : Filters, optional
        What is hidden stays as a faint outline; `Filters()` by default.
    unfolded : iterable of str
        Ids of the groups to unfold, in the order in which they were unfolded. Those that are not
        there, or no longer, are passed over.
    budget : int
        The most nodes and edges to draw.
    missing_level3 : str
        Why there is no level-3 product, where that is known; drawn where it would be.

    Returns
    -------
    Diagram
        With a note for each group that could not be unfolded within the budget.
    """
    filters = Filters() if filters is None else filters
    mask = filters.mask(linkage.table)
    groups = overview(linkage)
    opened, notes = _unfold_within(linkage, groups, tuple(unfolded), budget)
    layout = lay_out(_with_missing(linkage, groups), opened)
    nodes = [
        _node(linkage, block, mask, is_open=block.group.id in opened)
        if len(block.group.codes)
        else _place(block, missing_level3)
        for block in layout.blocks
    ]
    edges, coarse = _edges_within(linkage, groups, opened, mask, budget - len(nodes))
    if coarse:
        notes = (*notes, coarse)
    return Diagram(
        nodes=tuple(nodes),
        edges=edges,
        columns=layout.columns,
        lanes=layout.lanes,
        width=layout.width,
        height=layout.height,
        budget=budget,
        notes=notes,
    )


def _unfold_within(
    linkage: Linkage, groups: Sequence[Group], wanted: Sequence[str], budget: int
) -> tuple[Unfolded, tuple[str, ...]]:
    """Unfold the wanted groups one after the other, as far as the budget goes."""
    known = {group.id: group for group in groups}
    if len(linkage.table) <= SMALL:
        wanted = (*wanted, *known)
    opened: Unfolded = {}
    notes: list[str] = []
    # Every overview group could have an edge to every other; in practice about two each.
    count = 3 * len(groups)
    for id in dict.fromkeys(wanted):
        if id not in known:
            continue
        inside = parts(linkage.table, known[id])
        if not inside:
            continue
        if count + len(inside) > budget:
            notes.append(
                f"“{known[id].label}” stays folded: with its {len(inside)} parts more than "
                f"{budget} elements would be drawn. Fold something else first."
            )
            continue
        count += len(inside)
        opened[id] = inside
        known.update((part.id, part) for part in inside)
    return opened, tuple(notes)


def _with_missing(linkage: Linkage, groups: Sequence[Group]) -> Sequence[Group]:
    """The groups, with an empty place in the level-3 column if nothing is in it."""
    names = linkage.table.names
    if (names["kind"] == "level3").any():
        return groups
    place = Group(MISSING, "no level 3", "3", "main", "science", "3", np.empty(0, np.int32))
    main = [group for group in groups if group.lane == "main"]
    return [*main, place, *(group for group in groups if group.lane != "main")]


def _place(block: Block, reason: str) -> DiagramNode:
    """The empty place of a level-3 product that is not there, with the reason."""
    return DiagramNode(
        id=block.group.id,
        kind="place",
        label="No level 3",
        detail=reason or "The list has none; it does not state why.",
        stage=block.group.stage,
        column=block.group.column,
        lane=block.group.lane,
        x=block.x + block.width / 2,
        y=block.y + block.height / 2,
        width=block.width,
        height=block.height,
    )


def _node(
    linkage: Linkage, block: Block, mask: npt.NDArray[np.bool_], *, is_open: bool
) -> DiagramNode:
    group, table = block.group, linkage.table
    shown = group.codes[mask[group.codes]]
    total = len(group.codes)
    has_mrp = bool(table.files["mrp"].to_numpy()[group.codes].any())
    label, detail = _text(linkage, group, shown, in_box=bool(block.parent))
    return DiagramNode(
        id=group.id,
        kind="box" if is_open else "file" if total == 1 else "group",
        label=label,
        detail=detail,
        role=group.role,
        stage=group.stage,
        column=group.column,
        lane=group.lane,
        x=block.x + block.width / 2,
        y=block.y + block.height / 2,
        width=block.width,
        height=block.height,
        codes=group.codes,
        shown=len(shown),
        total=total,
        shown_bytes=table.total_bytes(shown),
        has_mrp=has_mrp,
        state="hidden" if not len(shown) else "shown" if len(shown) == total else "partial",
        parent=block.parent,
    )


def _text(
    linkage: Linkage, group: Group, shown: npt.NDArray[np.int32], *, in_box: bool
) -> tuple[str, str]:
    """First and second line: what it is and how many; bytes and MRP."""
    table, total = linkage.table, len(group.codes)
    # A hidden group says how large it is, a partly hidden one how much of it is left.
    counted = shown if len(shown) else group.codes
    size = format_bytes(table.total_bytes(counted))
    if total == 1:
        mrp = " · MRP" if table.files["mrp"].iloc[group.codes[0]] else ""
        return group.label, f"{size}{mrp}"
    left = f"{len(shown):,} of {total:,}" if 0 < len(shown) < total else f"{total:,}"
    label = f"{group.label} ×{left}" if not in_box or total > 1 else group.label
    all_mrp = len(counted) and table.files["mrp"].to_numpy()[counted].all()
    return label, f"{size}{' · MRP' if all_mrp else ''}"


def _edges_within(
    linkage: Linkage,
    groups: Sequence[Group],
    opened: Unfolded,
    mask: npt.NDArray[np.bool_],
    budget: int,
) -> tuple[tuple[DiagramEdge, ...], str]:
    """Edges between what is drawn; between whole groups where they would be too many.

    A link is drawn from part to part only where both ends are unfolded and data flow along it:
    sixteen parallel lines into one card say no more than one.
    """
    fine = _drawn_as(linkage, groups, opened)
    whole = _drawn_as(linkage, groups, {})
    lineage = np.array([r.lineage for r in RELATIONS.values()], dtype=bool)[linkage.edges.relation]
    in_box = np.isin(whole[0], [i for i, id in enumerate(whole[1]) if id in opened])
    both_open = lineage & in_box[linkage.edges.source] & in_box[linkage.edges.target]
    edges = _bundle(linkage, fine, whole, both_open, mask)
    if len(edges) <= budget:
        return edges, ""
    edges = _bundle(linkage, fine, whole, np.zeros(len(lineage), dtype=bool), mask)
    if len(edges) <= budget:
        return edges, "Links are drawn between groups: between files there would be too many."
    return edges[: max(budget, 0)], "Not all links between the groups are drawn."


def _drawn_as(
    linkage: Linkage, groups: Sequence[Group], opened: Unfolded
) -> tuple[npt.NDArray[np.int32], list[str]]:
    """For each file the number of the node it is drawn as, and the ids of the nodes."""
    number = np.full(len(linkage.table), -1, dtype=np.int32)
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


def _bundle(
    linkage: Linkage,
    fine: tuple[npt.NDArray[np.int32], list[str]],
    whole: tuple[npt.NDArray[np.int32], list[str]],
    is_fine: npt.NDArray[np.bool_],
    mask: npt.NDArray[np.bool_],
) -> tuple[DiagramEdge, ...]:
    """One edge per pair of nodes, with the commonest relation and the weakest evidence in it."""
    links = linkage.edges
    ids = [*fine[1], *whole[1]]
    offset = len(fine[1])
    source = np.where(is_fine, fine[0][links.source], offset + whole[0][links.source])
    target = np.where(is_fine, fine[0][links.target], offset + whole[0][links.target])
    frame = pd.DataFrame(
        {
            "source": source,
            "target": target,
            "relation": links.relation,
            "evidence": links.evidence,
            "shown": mask[links.source] & mask[links.target],
        }
    )
    frame = frame[source != target]
    grouped = frame.groupby(["source", "target", "relation"], sort=True)
    bundles = grouped.agg(
        evidence=("evidence", "max"), shown=("shown", "sum"), count=("shown", "size")
    ).reset_index()
    bundles = bundles.sort_values("count", ascending=False, kind="stable")
    bundles = bundles.drop_duplicates(["source", "target"]).sort_values(["source", "target"])
    return tuple(_edge(ids, *row) for row in bundles.itertuples(index=False, name=None))


def _edge(
    ids: Sequence[str],
    source: int,
    target: int,
    relation: int,
    evidence: int,
    shown: int,
    count: int,
) -> DiagramEdge:
    state: State = "hidden" if not shown else "shown" if shown == count else "partial"
    return DiagramEdge(
        id=f"{ids[source]}>{ids[target]}",
        source=ids[source],
        target=ids[target],
        relation=_RELATION_NAMES[relation],
        evidence=_EVIDENCE_NAMES[evidence],
        count=int(count),
        state=state,
    )
