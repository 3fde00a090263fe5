"""What is drawn: frozen values with positions, the same for the widget and for the SVG.

Coordinates are in pixels at zoom 1, y downwards, (0, 0) top left; `x` and `y` are centres.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import numpy.typing as npt

Codes = npt.NDArray[np.int32]

#: ``group``: folded files; ``file``: one file; ``box``: an unfolded group, around its parts;
#: ``place``: where something is missing.
NodeKind = Literal["group", "file", "box", "place"]
#: Whether a filter leaves all, some or none of what a node or edge stands for.
State = Literal["shown", "partial", "hidden"]


@dataclass(frozen=True)
class DiagramNode:
    """A drawn node.

    Attributes
    ----------
    id : str
        Stable over toggles and sessions: where the node is in the tree of groups.
    kind : str
        See `NodeKind`.
    label, detail : str
        First and second line; plain text.
    role, stage : str
        Of the files it stands for (`jwstwidgets.vocabulary`); stage may be empty.
    column, lane : str
        Where it is drawn.
    x, y, width, height : float
        Centre and size, px.
    codes : ndarray of int32
        The files it stands for, hidden ones included.
    shown, total : int
        How many of them the filters leave, and how many there are.
    shown_bytes : int
        Bytes of those shown.
    has_mrp : bool
        Whether a Minimum Recommended Product is among them.
    state : str
        See `State`.
    parent : str
        Id of the box it is drawn in; empty if none.
    """

    id: str
    kind: NodeKind
    label: str
    detail: str = ""
    role: str = "science"
    stage: str = ""
    column: str = ""
    lane: str = ""
    x: float = 0.0
    y: float = 0.0
    width: float = 0.0
    height: float = 0.0
    codes: Codes = field(default_factory=lambda: np.empty(0, np.int32), compare=False, repr=False)
    shown: int = 0
    total: int = 0
    shown_bytes: int = 0
    has_mrp: bool = False
    state: State = "shown"
    parent: str = ""


@dataclass(frozen=True)
class DiagramEdge:
    """A drawn edge: `count` links of one relation, on this evidence, between two nodes."""

    id: str
    source: str
    target: str
    relation: str
    evidence: str
    count: int
    state: State = "shown"


@dataclass(frozen=True)
class Heading:
    """A column or lane title; `width` is that of the rule under it."""

    text: str
    x: float
    y: float
    width: float


@dataclass(frozen=True)
class Diagram:
    """All that is drawn.

    Attributes
    ----------
    nodes, edges : tuple
        Boxes come before what they hold.
    columns, lanes : tuple of Heading
        Titles.
    width, height : float
        Extent, px.
    budget : int
        The most elements (nodes and edges) that could have been drawn.
    notes : tuple of str
        What could not be drawn as asked, in sentences.
    """

    nodes: tuple[DiagramNode, ...]
    edges: tuple[DiagramEdge, ...]
    columns: tuple[Heading, ...]
    lanes: tuple[Heading, ...]
    width: float
    height: float
    budget: int
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.nodes) + len(self.edges)

    def __repr__(self) -> str:
        return f"<Diagram: {len(self.nodes)} nodes, {len(self.edges)} edges>"

    def node(self, id: str) -> DiagramNode | None:
        """The node with this id, if it is drawn."""
        return next((node for node in self.nodes if node.id == id), None)

    def holding(self, codes: Codes) -> frozenset[str]:
        """Ids of the nodes that stand for any of these files."""
        return frozenset(node.id for node in self.nodes if np.isin(node.codes, codes).any())

    def _repr_svg_(self) -> str:
        from jwstwidgets.svg import to_svg

        return to_svg(self)
