"""The look of a diagram in cytoscape.js: elements once, everything that changes in one style sheet.

A style sheet is one message however many elements it speaks of, so that counts, what is faint,
what is lit and what is selected are said there, by element id. Pure functions of a diagram.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from jwstwidgets.diagram import Diagram, DiagramEdge, DiagramNode, Heading
from jwstwidgets.diagram.palette import (
    DIMMED_OPACITY,
    EDGE_LOOKS,
    HIDDEN_OPACITY,
    LIT,
    MUTED,
    TEXT,
    Look,
    look_of,
)
from jwstwidgets.vocabulary import RELATIONS

Rule = dict[str, Any]

_FONT = "system-ui, Helvetica, Arial, sans-serif"
_LINE_STYLE = {"association": "solid", "header": "solid", "archive": "dashed"}


def node_data(node: DiagramNode, short: str) -> dict[str, Any]:
    """What cytoscape needs of a node for good; `short` is its element id."""
    return {
        "id": short,
        "w": node.width,
        "h": node.height,
        "look": "" if node.kind == "place" else _look_name(look_of(node)),
        "kind": f"{node.kind}-part" if node.parent and node.kind != "box" else node.kind,
    }


def heading_data(heading: Heading, short: str, width: float) -> dict[str, Any]:
    """A title as a node that cannot be tapped."""
    return {"id": short, "kind": "heading", "text": heading.text, "w": width, "h": 18.0}


def edge_data(
    edge: DiagramEdge, short: str, ids: Mapping[str, str], nodes: Mapping[str, DiagramNode]
) -> dict[str, Any]:
    """An edge with its curve: control points relative to the straight line between the centres."""
    source, target = nodes[edge.source], nodes[edge.target]
    start, end, control = _curve(source, target)
    weights, distances = _relative(source, target, control)
    return {
        "id": short,
        "source": ids[edge.source],
        "target": ids[edge.target],
        "line": _LINE_STYLE.get(edge.evidence, "dotted"),
        "flow": "arrow" if RELATIONS[edge.relation].lineage else "quiet",
        "level": "part" if source.parent and target.parent else "whole",
        "from": f"{start[0]:.1f}px {start[1]:.1f}px",
        "to": f"{end[0]:.1f}px {end[1]:.1f}px",
        "cw": weights,
        "cd": distances,
    }


def _curve(
    source: DiagramNode, target: DiagramNode
) -> tuple[tuple[float, float], tuple[float, float], list[tuple[float, float]]]:
    """Where the edge leaves and arrives (relative to the centres), and its control points."""
    if target.x - target.width / 2 >= source.x + source.width / 2 - 1:
        start, end = (source.width / 2, 0.0), (-target.width / 2, 0.0)
        bend = max((target.x - source.x - source.width / 2 - target.width / 2) / 2, 18.0)
        first = (source.x + start[0] + bend, source.y)
        second = (target.x + end[0] - bend, target.y)
    else:
        down = 1 if target.y > source.y else -1
        start, end = (0.0, down * source.height / 2), (0.0, -down * target.height / 2)
        bend = (target.y + end[1] - source.y - start[1]) / 2
        first = (source.x, source.y + start[1] + bend)
        second = (target.x, target.y + end[1] - bend)
    return start, end, [first, second]


def _relative(
    source: DiagramNode, target: DiagramNode, points: list[tuple[float, float]]
) -> tuple[list[float], list[float]]:
    dx, dy = target.x - source.x, target.y - source.y
    length = (dx * dx + dy * dy) ** 0.5 or 1.0
    weights, distances = [], []
    for x, y in points:
        along, across = (x - source.x) * dx + (y - source.y) * dy, (y - source.y) * dx
        weights.append(round(along / length**2, 4))
        distances.append(round((across - (x - source.x) * dy) / length, 2))
    return weights, distances


def style_sheet(
    diagram: Diagram, ids: Mapping[str, str], lit: Collection[str], selected: str
) -> list[Rule]:
    """Everything about a diagram that may change without an element changing.

    Parameters
    ----------
    diagram : Diagram
        What is drawn.
    ids : mapping
        Element id of each node and edge.
    lit : collection of str
        Ids of nodes that stand out; empty: none does, and nothing is dimmed.
    selected : str
        Id of the node that is selected; empty if none is.
    """
    rules = [*_BASE]
    rules += [
        _rule(f"node[look = '{_look_name(look)}']", _look_style(look))
        for look in {look_of(node): None for node in diagram.nodes}
    ]
    for node in diagram.nodes:
        rules.append(_rule(f"#{ids[node.id]}", {"label": _label(node)}))
    rules += _opacity_rules(diagram, ids, lit)
    if selected in ids:
        rules.append(_rule(f"#{ids[selected]}", {"border-width": 3.5, "border-color": LIT}))
    return rules


def _opacity_rules(diagram: Diagram, ids: Mapping[str, str], lit: Collection[str]) -> list[Rule]:
    faint = [ids[node.id] for node in diagram.nodes if node.state == "hidden"]
    faint += [ids[edge.id] for edge in diagram.edges if edge.state == "hidden"]
    rules = _rules_for(faint, {"opacity": HIDDEN_OPACITY})
    if not lit:
        return rules
    bright = {edge.id for edge in diagram.edges if edge.source in lit and edge.target in lit}
    others = [
        *(ids[node.id] for node in diagram.nodes if node.id not in lit),
        *(ids[edge.id] for edge in diagram.edges if edge.id not in bright),
    ]
    colour, width = EDGE_LOOKS["lit"]
    style = {"line-color": colour, "target-arrow-color": colour, "width": width}
    return [
        *rules,
        *_rules_for(others, {"opacity": DIMMED_OPACITY}),
        *_rules_for([ids[id] for id in sorted(bright)], style),
    ]


def _rules_for(ids: Collection[str], style: Rule) -> list[Rule]:
    return [_rule(", ".join(f"#{id}" for id in ids), style)] if ids else []


def _rule(selector: str, style: Rule) -> Rule:
    return {"selector": selector, "style": style}


def _label(node: DiagramNode) -> str:
    if node.kind == "box":
        return f"▾ {node.label}"
    if node.parent:
        return f"{node.label}   {node.detail.partition(' · ')[0]}"
    return f"{node.label}\n{node.detail}"


def _look_name(look: Look) -> str:
    return look.label.replace(" ", "-")


def _look_style(look: Look) -> Rule:
    style: Rule = {"border-color": look.colour, "background-color": look.fill, "shape": look.shape}
    if look.shape == "hexagon":
        # Blunter than cytoscape's own, which leaves no room for the label; as in the SVG.
        style |= {"shape": "polygon", "shape-polygon-points": _BLUNT_HEXAGON}
    return style


_BLUNT_HEXAGON = "-1 0 -0.82 -1 0.82 -1 1 0 0.82 1 -0.82 1"


_CARD: Rule = {
    "width": "data(w)",
    "height": "data(h)",
    "border-width": 1.4,
    "font-family": _FONT,
    "font-size": 13.5,
    "font-weight": 500,
    "color": TEXT,
    "text-valign": "center",
    "text-halign": "center",
    "text-wrap": "wrap",
    "text-max-width": "134px",
    "line-height": 1.35,
    "z-index": 3,
    "z-index-compare": "manual",
    "overlay-opacity": 0,
}

_BASE: list[Rule] = [
    _rule("node", _CARD),
    _rule(
        "node[kind = 'group']",
        {
            "ghost": "yes",
            "ghost-offset-x": 5,
            "ghost-offset-y": -5,
            "ghost-opacity": 0.45,
            # Cytoscape keeps one picture of all nodes that differ in their ghost alone.
            "border-opacity": 0.99,
        },
    ),
    _rule(
        "node[kind = 'group-part'], node[kind = 'file-part']",
        {"font-size": 11, "font-weight": 400, "text-wrap": "ellipsis", "z-index": 4},
    ),
    _rule(
        "node[kind = 'box']",
        {
            "shape": "round-rectangle",
            "text-valign": "top",
            "text-margin-y": 20,
            "font-weight": 600,
            "text-wrap": "none",
            "z-index": 1,
        },
    ),
    _rule(
        "node[kind = 'place']",
        {
            "border-style": "dashed",
            "border-color": MUTED,
            "background-opacity": 0,
            "color": MUTED,
            "font-size": 11,
            "text-max-width": "126px",
        },
    ),
    _rule(
        "node[kind = 'heading']",
        {
            "label": "data(text)",
            "shape": "rectangle",
            "background-opacity": 0,
            "border-width": 0,
            "color": MUTED,
            "font-size": 13,
            "text-wrap": "none",
            "text-max-width": "1000px",
            "events": "no",
        },
    ),
    _rule(
        "edge",
        {
            "curve-style": "unbundled-bezier",
            "edge-distances": "node-position",
            "control-point-weights": "data(cw)",
            "control-point-distances": "data(cd)",
            "source-endpoint": "data(from)",
            "target-endpoint": "data(to)",
            "line-style": "data(line)",
            "line-color": EDGE_LOOKS["arrow"][0],
            "width": EDGE_LOOKS["arrow"][1],
            "target-arrow-shape": "triangle",
            "target-arrow-color": EDGE_LOOKS["arrow"][0],
            "arrow-scale": 0.8,
            "z-index": 0,
            "z-index-compare": "manual",
            "events": "no",
        },
    ),
    # Between parts, above their boxes; between cards, below: a box hides what passes behind it.
    _rule("edge[level = 'part']", {"z-index": 2}),
    _rule(
        "edge[flow = 'quiet']",
        {
            "line-color": EDGE_LOOKS["quiet"][0],
            "target-arrow-color": EDGE_LOOKS["quiet"][0],
            "width": EDGE_LOOKS["quiet"][1],
        },
    ),
]
