"""How roles, evidence and states look; the same in the widget and in the SVG.

Colours are those of Okabe & Ito (distinguishable with any colour vision), darkened where needed to
stand out 4.5 : 1 from white (WCAG AA); each role also has a shape of its own and each kind of
evidence a dash pattern, so that colour is never the only sign. The drawing is on white in any
theme.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from jwstwidgets.diagram.model import DiagramNode
from jwstwidgets.vocabulary import ROLE_LABELS

BACKGROUND: Final = "#ffffff"
TEXT: Final = "#1a1a1a"
MUTED: Final = "#595959"
RULE: Final = "#d9d9d9"
EDGE: Final = "#767676"
LIT: Final = "#a63f00"
#: Colour and width of an edge along which data flow, of one that just keeps files together, and of
#: one that is lit.
EDGE_LOOKS: Final = MappingProxyType(
    {"arrow": (EDGE, 1.4), "quiet": ("#cfcfcf", 1.0), "lit": (LIT, 2.4)}
)
#: How strongly what a filter hides, and what is not lit, is drawn.
HIDDEN_OPACITY: Final = 0.35
DIMMED_OPACITY: Final = 0.18


@dataclass(frozen=True)
class Look:
    """Colour of the outline, fill, and shape (the name cytoscape.js gives it)."""

    colour: str
    fill: str
    shape: str
    label: str


_LEVEL3: Final = Look("#a63f00", "#fff8f4", "round-rectangle", "level-3 product")
_ROLES: Final = MappingProxyType(
    {
        "science": Look("#005f9e", "#f5faff", "round-rectangle", ROLE_LABELS["science"]),
        "auxiliary": Look("#595959", "#f7f7f7", "rectangle", ROLE_LABELS["auxiliary"]),
        "association": Look("#00704f", "#f3fbf8", "hexagon", ROLE_LABELS["association"]),
        "pool": Look("#00704f", "#f3fbf8", "hexagon", ROLE_LABELS["pool"]),
        "preview": Look("#9b3f76", "#fdf5fa", "cut-rectangle", ROLE_LABELS["preview"]),
        "guide-star": Look("#8a5a00", "#fffaf0", "barrel", ROLE_LABELS["guide-star"]),
        "reference": Look("#2b6f8f", "#f2f9fc", "rhomboid", ROLE_LABELS["reference"]),
    }
)

#: SVG dash array and line style of each kind of evidence.
DASHES: Final = MappingProxyType(
    {
        "association": "",
        "header": "",
        "archive": "8 4",
        "crds": "5 4",
        "name": "2 4",
        "contradicted": "1 7",
    }
)


def look_of(node: DiagramNode) -> Look:
    """How a node looks."""
    if node.role == "science" and node.stage == "3":
        return _LEVEL3
    return _ROLES[node.role]


def role_colour(role: str) -> str:
    """Colour of a role; grey if there is no such role."""
    return _ROLES[role].colour if role in _ROLES else MUTED
