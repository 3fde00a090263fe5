"""Linkage + filters + what is unfolded -> Diagram, never more than a budget of elements.

In two steps, because a toggle is more frequent than an unfolding: a :class:`Scene` holds what does
not depend on filters (which nodes and edges there are, and where), and :meth:`Scene.draw` adds
what does (counts, bytes, what is faint). Pure: no widget, no network, no state.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from jwstwidgets.diagram.bundles import Bundles, bundle
from jwstwidgets.diagram.groups import MAX_GROUPS, Group, overview, parts
from jwstwidgets.diagram.layout import Block, Layout, lay_out
from jwstwidgets.diagram.model import Diagram, DiagramNode
from jwstwidgets.errors import JwstWidgetsError
from jwstwidgets.filters import Filters
from jwstwidgets.linkage import Linkage
from jwstwidgets.units import format_bytes

#: Drawn elements, nodes and edges together: each is a message when drawn, and more is no picture.
BUDGET: Final = 400
#: One group in each place with all the titles, and a few links.
LEAST: Final = 50
#: A table of at most this many files opens unfolded.
SMALL: Final = 16
#: Id of the empty place drawn where a level-3 product is missing.
MISSING: Final = "missing/3"

Mask = npt.NDArray[np.bool_]
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
        The most elements (nodes, edges and titles) to draw; `LEAST` or more.
    missing_level3 : str
        Why there is no level-3 product, where that is known; drawn where it would be.

    Returns
    -------
    Diagram
        With a note for each group that could not be unfolded within the budget.

    Raises
    ------
    JwstWidgetsError
        The budget is too small for any diagram.

    Examples
    --------
    >>> from jwstwidgets import ProductTable, build_linkage
    >>> diagram = build_diagram(build_linkage(ProductTable.from_rows([])))
    >>> diagram, diagram.node("missing/3").label
    (<Diagram: 1 nodes, 0 edges>, 'No level 3')
    """
    scene = Scene.make(linkage, unfolded, budget=budget)
    return scene.draw(Filters() if filters is None else filters, missing_level3=missing_level3)


@dataclass(frozen=True, eq=False)
class Scene:
    """What is drawn and where, whatever the filters."""

    linkage: Linkage
    layout: Layout
    opened: frozenset[str]
    bundles: Bundles
    budget: int
    notes: tuple[str, ...]

    @classmethod
    def make(
        cls,
        linkage: Linkage,
        unfolded: Iterable[str] = (),
        *,
        budget: int = BUDGET,
        groups: Sequence[Group] | None = None,
    ) -> Scene:
        """Fold, unfold, place and bundle; parameters as of `build_diagram`.

        `groups` spares the folding where the overview of this linkage within the usual budget is
        already at hand.
        """
        if budget < LEAST:
            raise JwstWidgetsError(
                f"A diagram cannot be drawn with {budget!r} elements.", f"Allow at least {LEAST}."
            )
        if groups is None:
            groups = overview(linkage, min(MAX_GROUPS, budget // 4))
        opened, notes = _unfold_within(linkage, groups, tuple(unfolded), budget)
        layout = lay_out(_with_missing(linkage, groups), opened)
        # In the widget a title is an element as well.
        drawn = len(layout.blocks) + len(layout.columns) + len(layout.lanes)
        bundles, note = bundle(linkage, groups, opened, budget - drawn)
        return cls(
            linkage, layout, frozenset(opened), bundles, budget, (*notes, note) if note else notes
        )

    def draw(self, filters: Filters, *, missing_level3: str = "") -> Diagram:
        """The diagram under these filters."""
        mask = filters.mask(self.linkage.table)
        return Diagram(
            nodes=tuple(self._node(block, mask, missing_level3) for block in self.layout.blocks),
            edges=self.bundles.draw(self.linkage, mask),
            columns=self.layout.columns,
            lanes=self.layout.lanes,
            width=self.layout.width,
            height=self.layout.height,
            budget=self.budget,
            notes=self.notes,
        )

    def _node(self, block: Block, mask: Mask, missing_level3: str) -> DiagramNode:
        group, total = block.group, len(block.group.codes)
        shown = group.codes[mask[group.codes]]
        label, detail = _text(self.linkage, group, shown)
        kind = "box" if group.id in self.opened else "file" if total == 1 else "group"
        if not total:
            detail = missing_level3 or "The list has none; it does not state why."
        table = self.linkage.table
        return DiagramNode(
            id=group.id,
            kind=kind if total else "place",  # type: ignore[arg-type]
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
            has_mrp=bool(table.files["mrp"].to_numpy()[group.codes].any()),
            state="shown" if len(shown) == total else "partial" if len(shown) else "hidden",
            parent=block.parent,
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
    # Room for the links and titles, in the overview about two a group, and for a missing level 3.
    count = 3 * len(groups) + 1
    for id in dict.fromkeys(wanted):
        inside = parts(linkage.table, known[id]) if id in known else ()
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
    if (linkage.table.names["kind"] == "level3").any():
        return groups
    place = Group(MISSING, "No level 3", "3", "main", "science", "3", np.empty(0, np.int32))
    main = [group for group in groups if group.lane == "main"]
    return [*main, place, *(group for group in groups if group.lane != "main")]


def _text(linkage: Linkage, group: Group, shown: npt.NDArray[np.int32]) -> tuple[str, str]:
    """First and second line: what it is and how many; bytes and MRP."""
    table, total = linkage.table, len(group.codes)
    # A hidden group says how large it is, a partly hidden one how much of it is left.
    counted = shown if len(shown) else group.codes
    all_mrp = bool(total) and bool(table.files["mrp"].to_numpy()[counted].all())
    detail = format_bytes(table.total_bytes(counted)) + (" · MRP" if all_mrp else "")
    if total <= 1:
        return group.label, detail
    left = f"{len(shown):,} of {total:,}" if 0 < len(shown) < total else f"{total:,}"
    return f"{group.label} ×{left}", detail
