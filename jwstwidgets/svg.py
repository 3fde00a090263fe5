"""A diagram as SVG: the picture that stays where widgets are not drawn (GitHub, nbviewer, papers).

Everything from the archive is text here and is escaped; there is no script, no link and no font
to load. The same positions as in the widget.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Callable, Collection
from dataclasses import replace
from functools import partial
from html import escape

from jwstwidgets.diagram.model import Diagram, DiagramEdge, DiagramNode, Heading
from jwstwidgets.diagram.palette import (
    BACKGROUND,
    DASHES,
    DIMMED_OPACITY,
    EDGE,
    EDGE_LOOKS,
    HIDDEN_OPACITY,
    MUTED,
    RULE,
    TEXT,
    Look,
    look_of,
)
from jwstwidgets.vocabulary import EVIDENCE, RELATIONS

_FONT = "font-family='system-ui, -apple-system, Segoe UI, Helvetica, Arial, sans-serif'"
_LEAST_WIDTH = 560.0
#: What XML 1.0 cannot hold, whatever the escaping.
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
#: Mean width of a letter, px: bold first line, plain second line.
_LETTER = (6.7, 6.2)


def to_svg(
    diagram: Diagram, *, title: str = "", lit: Collection[str] = (), caption: str = ""
) -> str:
    """Draw a diagram as an SVG document.

    Parameters
    ----------
    diagram : Diagram
        What to draw.
    title, caption : str
        Texts above and below; both optional.
    lit : collection of str
        Ids of nodes to stand out; the rest is dimmed. Empty: nothing stands out.

    Returns
    -------
    str
        ``<svg …>…</svg>``, self-contained.

    Examples
    --------
    >>> from jwstwidgets.diagram import Diagram
    >>> empty = Diagram((), (), (), (), width=100, height=50, budget=400)
    >>> to_svg(empty, title="a < b").startswith("<svg xmlns=")
    True
    """
    top, width = 34.0 if title else 0.0, max(diagram.width, _LEAST_WIDTH)
    legend, bottom = _legend(diagram, width, caption)
    height = top + bottom
    by_id = {node.id: node for node in diagram.nodes}
    parts = [
        f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {width:.0f} {height:.0f}' "
        f"width='{width:.0f}' height='{height:.0f}' style='max-width:100%;height:auto' "
        f"role='img' aria-label='{_text(title or 'linkage diagram')}' {_FONT}>",
        f"<title>{_text(title or 'linkage diagram')}</title>",
        f"<rect width='100%' height='100%' fill='{BACKGROUND}'/>",
        _ARROWS,
        f"<text x='16' y='24' font-size='15' font-weight='600' fill='{TEXT}'>"
        f"{_fitted(title, width - 32, _LETTER[0] * 15 / 12)}</text>",
        f"<g transform='translate(0 {top:.0f})'>",
        *(_heading(heading) for heading in (*diagram.columns, *diagram.lanes)),
        # Between cards behind the boxes, between parts before them: a box hides what passes it.
        *(_edge(edge, by_id, lit) for edge in diagram.edges if not _between_parts(edge, by_id)),
        *(_node(node, lit) for node in diagram.nodes if node.kind == "box"),
        *(_edge(edge, by_id, lit) for edge in diagram.edges if _between_parts(edge, by_id)),
        *(_node(node, lit) for node in diagram.nodes if node.kind != "box"),
        *legend,
        "</g></svg>",
    ]
    return "".join(parts)


def legend_svg(diagram: Diagram, *, width: float = 1000.0) -> str:
    """What the shapes and lines of a diagram mean, as an SVG of its own."""
    rows, height = _legend(replace(diagram, height=0.0), width, "")
    return (
        f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {width:.0f} {height:.0f}' "
        f"width='{width:.0f}' style='max-width:100%;height:auto;display:block' role='img' "
        f"aria-label='legend' {_FONT}>{''.join(rows)}</svg>"
    )


_ARROWS = (
    "<defs>"
    + "".join(
        f"<marker id='jw-{name}' viewBox='0 0 8 8' refX='8' refY='4' markerWidth='7' "
        "markerHeight='7' orient='auto-start-reverse'>"
        f"<path d='M0 0 8 4 0 8z' fill='{colour}'/></marker>"
        for name, (colour, _) in EDGE_LOOKS.items()
    )
    + "</defs>"
)


def _text(text: str) -> str:
    return escape(_NOT_XML.sub("\ufffd", text), quote=True)


def _fitted(text: str, width: float, letter: float) -> str:
    """`text`, cut with an ellipsis where it would not fit `width`; escaped."""
    room = max(int(width / letter), 4)
    return _text(text if len(text) <= room else f"{text[: room - 1]}…")


def _heading(heading: Heading) -> str:
    x, y, right = heading.x, heading.y, heading.x + heading.width
    return (
        f"<text x='{x:.1f}' y='{y + 12:.1f}' font-size='12' fill='{MUTED}'>"
        f"{_fitted(heading.text, max(heading.width, 150), _LETTER[1])}</text>"
        f"<path d='M{x:.1f} {y + 20:.1f}H{right:.1f}' stroke='{RULE}'/>"
    )


def _opacity(id: str, state: str, lit: Collection[str]) -> float:
    if lit and id not in lit:
        return DIMMED_OPACITY
    return HIDDEN_OPACITY if state == "hidden" else 1.0


def _node(node: DiagramNode, lit: Collection[str]) -> str:
    look = look_of(node)
    left, top = node.x - node.width / 2, node.y - node.height / 2
    opacity = _opacity(node.id, node.state, lit)
    parts = [f"<g opacity='{opacity:g}'><title>{_text(_tooltip(node))}</title>"]
    if node.kind == "group" and not node.parent:
        parts += [_shape(node, look, shift) for shift in (6, 3)]
    parts.append(_shape(node, look, 0))
    if node.kind == "box":
        parts.append(
            _line(left + 10, top + 18, node.label, node.width - 20, look.colour, bold=True)
        )
    elif node.kind == "place":
        letters = int(node.width / _LETTER[1]) - 2
        lines = textwrap.wrap(node.detail, letters, max_lines=5, placeholder=" …")
        room = node.width - 21
        parts.append(_line(left + 13, top + 20, node.label, room, TEXT, bold=True))
        parts += [
            _line(left + 13, top + 38 + 14 * i, line, room, MUTED, size=11)
            for i, line in enumerate(lines)
        ]
    elif node.parent:
        room = node.width * 0.62 - 14
        parts.append(_line(left + 10, node.y + 4, node.label, room, TEXT, size=11))
        parts.append(
            f"<text x='{left + node.width - 8:.1f}' y='{node.y + 4:.1f}' font-size='10' "
            f"text-anchor='end' fill='{MUTED}'>"
            f"{_fitted(node.detail.partition(' · ')[0], node.width - room - 20, 5.2)}</text>"
        )
    else:
        inset = 22 if look.shape in ("hexagon", "rhomboid") else 13
        room = node.width - inset - 8
        parts.append(_line(left + inset, node.y - 4, node.label, room, TEXT, bold=True))
        parts.append(_line(left + inset, node.y + 13, node.detail, room, MUTED, size=11))
    return "".join([*parts, "</g>"])


def _tooltip(node: DiagramNode) -> str:
    hidden = node.total - node.shown
    return f"{node.label} — {node.detail}" + (f" ({hidden} hidden)" if hidden else "")


def _line(
    x: float, y: float, text: str, room: float, fill: str, *, bold: bool = False, size: int = 12
) -> str:
    weight = " font-weight='600'" if bold else ""
    letter = _LETTER[0] if bold else _LETTER[1] * size / 12
    return (
        f"<text x='{x:.1f}' y='{y:.1f}' font-size='{size}'{weight} fill='{fill}'>"
        f"{_fitted(text, room, letter)}</text>"
    )


def _shape(node: DiagramNode, look: Look, shift: float) -> str:
    x, y = node.x - node.width / 2 + shift, node.y - node.height / 2 - shift
    w, h = node.width, node.height
    style = f"fill='{look.fill}' stroke='{look.colour}' stroke-width='1.4'"
    if node.kind == "place":
        style = f"fill='none' stroke='{MUTED}' stroke-width='1.4' stroke-dasharray='5 4'"
    elif node.kind == "box":
        return f"<rect x='{x:.1f}' y='{y:.1f}' width='{w:.1f}' height='{h:.1f}' rx='8' {style}/>"
    corners = _POLYGONS.get(look.shape)
    if corners:
        slant = min(1.0, w / 60)  # a legend's swatch is small
        points = " ".join(f"{x + w * u + du * slant:.1f},{y + h * v:.1f}" for u, v, du in corners)
        return f"<polygon points='{points}' {style}/>"
    radius = {"rectangle": 0.0, "barrel": min(h / 2, 14)}.get(look.shape, 6.0)
    bar = ""
    if shift == 0 and look.shape == "round-rectangle" and node.kind != "place":
        bar = (
            f"<path d='M{x + 2.5:.1f} {y + 5:.1f}V{y + h - 5:.1f}' stroke='{look.colour}' "
            "stroke-width='5' stroke-linecap='round'/>"
        )
    box = f"x='{x:.1f}' y='{y:.1f}' width='{w:.1f}' height='{h:.1f}' rx='{radius:g}'"
    return f"<rect {box} {style}/>{bar}"


#: Corners as fractions of width and height, then px to the right.
_POLYGONS = {
    "hexagon": ((0, 0.5, 0), (0, 0, 14), (1, 0, -14), (1, 0.5, 0), (1, 1, -14), (0, 1, 14)),
    "rhomboid": ((0, 0, 12), (1, 0, 0), (1, 1, -12), (0, 1, 0)),
    "cut-rectangle": ((0, 0, 0), (1, 0, -10), (1, 0.25, 0), (1, 1, 0), (0, 1, 0)),
}


def _between_parts(edge: DiagramEdge, by_id: dict[str, DiagramNode]) -> bool:
    return bool(by_id[edge.source].parent and by_id[edge.target].parent)


def _edge(edge: DiagramEdge, by_id: dict[str, DiagramNode], lit: Collection[str]) -> str:
    source, target = by_id[edge.source], by_id[edge.target]
    is_lit = bool(lit) and edge.source in lit and edge.target in lit
    opacity = DIMMED_OPACITY if lit and not is_lit else _opacity("", edge.state, ())
    name = "lit" if is_lit else "arrow" if RELATIONS[edge.relation].lineage else "quiet"
    colour, stroke = EDGE_LOOKS[name]
    dash = f" stroke-dasharray='{DASHES[edge.evidence]}'" if DASHES[edge.evidence] else ""
    label = (
        f"{edge.relation}: {edge.count} link{'s' * (edge.count != 1)}, {EVIDENCE[edge.evidence]}"
    )
    return (
        f"<path d='{_curve(source, target)}' fill='none' stroke='{colour}' "
        f"stroke-width='{stroke}' opacity='{opacity:g}'{dash} "
        f"marker-end='url(#jw-{name})'><title>{_text(label)}</title></path>"
    )


def _curve(source: DiagramNode, target: DiagramNode) -> str:
    """From the right side of one to the left of the other; up and down within a column."""
    half_source, half_target = source.width / 2, target.width / 2
    if target.x - half_target >= source.x + half_source - 1:
        x1, y1, x2, y2 = source.x + half_source, source.y, target.x - half_target, target.y
        bend = max((x2 - x1) / 2, 18)
        curve = (x1, y1, x1 + bend, y1, x2 - bend, y2, x2, y2)
        return "M{:.1f} {:.1f}C{:.1f} {:.1f} {:.1f} {:.1f} {:.1f} {:.1f}".format(*curve)
    down = 1 if target.y > source.y else -1
    y1, y2 = source.y + down * source.height / 2, target.y - down * target.height / 2
    bend = (y2 - y1) / 2
    x1, x2 = source.x, target.x
    curve = (x1, y1, x1, y1 + bend, x2, y2 - bend, x2, y2)
    return "M{:.1f} {:.1f}C{:.1f} {:.1f} {:.1f} {:.1f} {:.1f} {:.1f}".format(*curve)


def _legend(diagram: Diagram, width: float, caption: str) -> tuple[list[str], float]:
    """What the shapes and lines mean, in rows that fit `width`; and where they end."""
    looks = dict.fromkeys(look_of(node) for node in diagram.nodes if node.kind != "place")
    lines = dict.fromkeys(edge.evidence for edge in diagram.edges)
    faint = any(node.state == "hidden" for node in diagram.nodes)
    words = ["faint: hidden by a filter"] * faint + [caption] * bool(caption)
    rows: list[list[tuple[int, str, Callable[[float, float], str]]]] = [
        [(25, look.label, partial(_swatch, look)) for look in looks],
        [(36, EVIDENCE[name], partial(_dash, name)) for name in lines],
    ]
    rows[1] += [(0, text, _nothing) for text in words]
    drawn: list[str] = []
    y = diagram.height - 10
    for row in rows:
        x, y = 16.0, y + 20
        for indent, text, mark in row:
            room = min(_LETTER[1] * len(text), width - 32 - indent)
            if x > 16 and x + indent + room > width - 16:
                x, y = 16.0, y + 18
            drawn += [mark(x, y), _line(x + indent, y, text, room, MUTED, size=11)]
            x += indent + room + 16
    return drawn, y + 18


def _swatch(look: Look, x: float, y: float) -> str:
    return _shape(DiagramNode("", "file", "", x=x + 9, y=y - 4, width=18, height=11), look, 0)


def _dash(evidence: str, x: float, y: float) -> str:
    dash = f" stroke-dasharray='{DASHES[evidence]}'" if DASHES[evidence] else ""
    return f"<path d='M{x:.0f} {y - 4:.0f}h30' stroke='{EDGE}' stroke-width='1.6'{dash}/>"


def _nothing(x: float, y: float) -> str:
    return ""
