"""A linkage as a picture: folded groups, positions and edges within a budget; pure values."""

from jwstwidgets.diagram.build import BUDGET, MISSING, Scene, build_diagram
from jwstwidgets.diagram.model import Diagram, DiagramEdge, DiagramNode, Heading
from jwstwidgets.diagram.stage import Stage

__all__ = [
    "BUDGET",
    "MISSING",
    "Diagram",
    "DiagramEdge",
    "DiagramNode",
    "Heading",
    "Scene",
    "Stage",
    "build_diagram",
]
