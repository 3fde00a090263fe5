"""The picture: well-formed, safe, complete, and its texts stay where they belong."""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

import pytest
from archive_fakes import read_rows

from jwstwidgets import Filters, ProductTable, SampleArchive, Session, build_diagram, build_linkage
from jwstwidgets.diagram import Diagram, DiagramNode
from jwstwidgets.svg import to_svg
from jwstwidgets.vocabulary import EVIDENCE, ROLE_LABELS

MIRI = "jw02733-o002_t001_miri_f1130w"
SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "\"'><svg onload='x'>",
    "]]><!--&amp;&#0;%s{}",
    "\x00\x01\x0b\x1b[31m\x7f\ufffe\uffff",
    "\ud800 lone \udfff",
    "\u202ertl \u05d0\u05d1\u200f",
    "é" * 5000,
    "W" * 5000,
    "a b\nc\td\r\ne",
)


def parse(svg):
    """As strict XML, from the bytes that would be in a file."""
    return ET.fromstring(svg.encode("utf-8"))


def texts(root):
    return ["".join(element.itertext()) for element in root.iter(f"{SVG}text")]


def cards(root):
    """Groups that draw a node: those with an opacity and a title."""
    return [g for g in root.iter(f"{SVG}g") if g.get("opacity") and g[0].tag == f"{SVG}title"]


def edges(root):
    return [p for p in root.iter(f"{SVG}path") if p.get("marker-end")]


def check(svg, diagram):
    root = parse(svg)
    assert root.tag == f"{SVG}svg"
    assert len(cards(root)) == len(diagram.nodes)
    assert len(edges(root)) == len(diagram.edges)
    check_self_contained(root, svg)
    check_fit(root)
    return root


def check_self_contained(root, svg):
    allowed = {"svg", "title", "rect", "defs", "marker", "path", "text", "g", "polygon"}
    for element in root.iter():
        assert element.tag.removeprefix(SVG) in allowed
        for name, value in element.attrib.items():
            assert not name.startswith("on")
            assert "href" not in name
            assert "url(" not in value or value.startswith("url(#")
    assert svg.count("http") - svg.count("https") >= 1
    assert set(re.findall(r"='(https?:[^']*)'", svg)) == {"http://www.w3.org/2000/svg"}


def extent(text):
    """Where a text begins and ends: letters are 0.52 em wide, bold ones 0.56."""
    size, x = float(text.get("font-size", 12)), float(text.get("x"))
    length = (0.56 if text.get("font-weight") else 0.52) * size * len("".join(text.itertext()))
    return (x - length, x) if text.get("text-anchor") == "end" else (x, x + length)


def check_fit(root):
    """Every text ends on the sheet."""
    for text in root.iter(f"{SVG}text"):
        left, right = extent(text)
        assert left >= 0
        assert right <= float(root.get("width")) + 1, "".join(text.itertext())
        assert float(text.get("y")) <= float(root.get("height"))


def check_cards_fit(diagram, root):
    """Every text of a card ends on the card."""
    for node, card in zip(ordered(diagram), cards(root), strict=True):
        for text in card.iter(f"{SVG}text"):
            left, right = extent(text)
            assert node.x - node.width / 2 <= left
            assert right <= node.x + node.width / 2 + 1, "".join(text.itertext())
            assert node.y - node.height / 2 <= float(text.get("y")) <= node.y + node.height / 2


def ordered(diagram):
    """In the order they are drawn: boxes first."""
    return sorted(diagram.nodes, key=lambda node: node.kind != "box")


@pytest.fixture(scope="module")
def miri():
    session = Session()
    session.open(MIRI)
    return session.state.linkage


def hostile_rows(names):
    return [
        {
            "obs_id": names[(i + 1) % len(names)],
            "obsID": "1",
            "parent_obsid": "1",
            "size": 10,
            "productType": ("SCIENCE", "PREVIEW", "INFO")[i % 3],
            "productFilename": f"{name}{i}.fits",
            "dataURI": f"mast:{i}/{name}",
            "productGroupDescription": "Minimum Recommended Products",
        }
        for i, name in enumerate(names)
    ]


@pytest.fixture(scope="module")
def hostile():
    return build_linkage(ProductTable.from_rows(hostile_rows(HOSTILE * 3)))


# --- all of them ---


def test_every_sample_observation():
    session = Session()
    for obs_id in SampleArchive().catalogue()[0]["obs_id"]:
        session.open(obs_id)
        root = check(session.picture(), session.diagram())
        check_cards_fit(session.diagram(), root)
        assert obs_id in texts(root)[0]
        assert any("reconstruction" in text for text in texts(root)[-2:])


def test_every_real_list(real):
    for path in sorted((real / "caom").glob("products*.csv")):
        linkage = build_linkage(ProductTable.from_rows(read_rows(path)))
        for filters in (Filters(), Filters.everything()):
            diagram = build_diagram(linkage, filters)
            check_cards_fit(diagram, check(to_svg(diagram, title=path.name, caption="x"), diagram))


def test_unfolded(miri):
    wanted = [node.id for node in build_diagram(miri).nodes]
    diagram = build_diagram(miri, Filters(mrp=False), wanted)
    check_cards_fit(diagram, check(to_svg(diagram), diagram))


def test_representation_of_a_diagram(miri):
    diagram = build_diagram(miri)
    check(diagram._repr_svg_(), diagram)
    empty = Diagram((), (), (), (), width=1, height=1, budget=400)
    check(to_svg(empty), empty)


# --- the same as the diagram ---


def test_says_what_is_on_the_cards(miri):
    diagram = build_diagram(miri, Filters(mrp=False))
    root = parse(to_svg(diagram, title=MIRI))
    said = texts(root)
    for node in diagram.nodes:
        assert node.label in said
        assert node.detail in said
    for heading in (*diagram.columns, *diagram.lanes):
        assert heading.text in said
    tooltips = [card[0].text for card in cards(root)]
    assert tooltips == [
        f"{n.label} — {n.detail}" + (f" ({n.total - n.shown} hidden)" if n.total > n.shown else "")
        for n in ordered(diagram)
    ]


def test_legend_names_every_shape_and_line_in_use(miri):
    for filters, unfolded in ((Filters(), []), (Filters.everything(), ["main/2b/cal"])):
        diagram = build_diagram(miri, filters, unfolded)
        said = texts(parse(to_svg(diagram)))
        for role in {node.role for node in diagram.nodes}:
            assert ROLE_LABELS[role] in said
        assert "level-3 product" in said
        for evidence in {edge.evidence for edge in diagram.edges}:
            assert EVIDENCE[evidence] in said
        faint = any(node.state == "hidden" for node in diagram.nodes)
        assert ("faint: hidden by a filter" in said) == faint


def test_what_is_hidden_is_faint_and_what_is_lit_stands_out(miri):
    diagram = build_diagram(miri)

    def weaker_than(opacity, root):
        drawn = zip(ordered(diagram), cards(root), strict=True)
        return {node.id for node, card in drawn if float(card.get("opacity")) < opacity}

    faint = {node.id for node in diagram.nodes if node.state == "hidden"}
    assert weaker_than(1, parse(to_svg(diagram))) == faint
    lit = diagram.holding(miri.lineage("jw02733-o002_t001_miri_f1130w_i2d.fits"))
    root = parse(to_svg(diagram, lit=lit))
    assert weaker_than(0.3, root) == {node.id for node in diagram.nodes} - lit
    assert sum("jw-lit" in edge.get("marker-end") for edge in edges(root)) >= 5


def test_lines_tell_evidence(miri):
    diagram = build_diagram(miri)
    for edge, path in zip(diagram.edges, edges(parse(to_svg(diagram))), strict=True):
        solid = edge.evidence in ("association", "header")
        assert ("stroke-dasharray" in path.attrib) != solid
        assert EVIDENCE[edge.evidence] in path[0].text
        assert str(edge.count) in path[0].text


def test_same_input_same_picture(miri):
    assert to_svg(build_diagram(miri)) == to_svg(build_diagram(miri))


# --- hostile input ---


@pytest.mark.parametrize("name", HOSTILE, ids=ascii)
def test_a_hostile_text_anywhere_is_only_text(name):
    node = DiagramNode("a", "file", name, name, x=100, y=50, width=140, height=50)
    place = DiagramNode("b", "place", name, name, x=300, y=80, width=140, height=118)
    box = DiagramNode("c", "box", name, name, x=500, y=50, width=200, height=90)
    part = DiagramNode("d", "file", name, name, x=500, y=60, width=140, height=26, parent="c")
    diagram = Diagram((node, place, box, part), (), (), (), width=700, height=200, budget=400)
    root = check(to_svg(diagram, title=name, caption=name), diagram)
    check_cards_fit(diagram, root)
    plain = parse(to_svg(diagram, title="x", caption="x"))
    assert len(list(root.iter())) == len(list(plain.iter()))


def test_a_hostile_list_is_drawn(hostile):
    for unfolded in ([], [node.id for node in build_diagram(hostile).nodes]):
        diagram = build_diagram(hostile, Filters.everything(), unfolded, missing_level3=HOSTILE[0])
        svg = to_svg(diagram, title="".join(HOSTILE[:5]), caption=HOSTILE[1])
        check_cards_fit(diagram, check(svg, diagram))
        assert "<script" not in svg
        assert "<img" not in svg


def test_what_is_too_long_ends_in_an_ellipsis():
    node = DiagramNode("a", "file", "a" * 99, "b" * 99, x=100, y=50, width=140, height=50)
    reason = "Because of this, " * 40
    place = DiagramNode("b", "place", "No level 3", reason, x=300, y=80, width=140, height=118)
    diagram = Diagram((node, place), (), (), (), width=400, height=200, budget=400)
    root = parse(to_svg(diagram, title="t" * 999, caption="c" * 999))
    cut = [text for text in texts(root) if text.endswith("…")]
    assert {text[0] for text in cut} >= {"a", "b", "t", "c"}
    lines = texts(cards(root)[1])
    assert lines[-1].endswith("…")
    assert len(lines) == 6
    for text in texts(root):
        assert len(text) < 120
