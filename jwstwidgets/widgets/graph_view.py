"""The diagram as an interactive graph. The only module that imports ipycytoscape.

Measured on ipycytoscape 1.3.3, and why this is as it is:

- Every node and edge is a widget of its own, one message each when it is made complete
  (``Node(data=…, position=…)``) and handed over under ``hold_sync``; then nothing more is said of
  it. What changes is said in the style sheet, one message (see `graph_style`).
- Where elements change at all (unfolding, another observation), all are made anew under new ids:
  the front end rebuilds its list from the first difference on, and an element that is removed
  and added again in one update is lost.
- A layout is run on every change of elements: ``preset`` puts them where Python says.
- Handlers must be registered before the widget is shown; tooltips would be HTML and are not used.
"""

from __future__ import annotations

from typing import Any

import ipywidgets as widgets
from ipycytoscape import CytoscapeWidget, Edge, Node
from traitlets import observe

from jwstwidgets.diagram import Diagram, Heading
from jwstwidgets.session import Session
from jwstwidgets.state import State
from jwstwidgets.svg import legend_svg
from jwstwidgets.widgets.graph_style import edge_data, heading_data, node_data, style_sheet
from jwstwidgets.widgets.view import View, html

_LAYOUT = {"name": "preset", "fit": True, "padding": 12, "animate": False}
#: Height of the view, px; between these it follows the diagram.
_HEIGHTS = (320, 680)
#: Width, px, that a diagram is assumed to get.
_USUAL_WIDTH = 900
#: Mean width of a letter of a heading, px.
_LETTER = 6.6


class _Cytoscape(CytoscapeWidget):
    """Keeps the graph that ipycytoscape makes first and then replaces, so that it can be closed."""

    forsaken: widgets.Widget | None = None

    @observe("graph")
    def _replaced(self, change: dict[str, Any]) -> None:
        self.forsaken = change["old"]


class GraphView(View):
    """The linkage of a session's observation, to be tapped, unfolded and followed.

    Tapping a file lights up its lineage; tapping a group unfolds it; tapping its box, or what is
    selected, takes that back.

    Examples
    --------
    >>> from jwstwidgets import Session
    >>> session = Session()
    >>> session.open("jw02733-o002_t001_miri_f1130w")
    >>> view = GraphView(session)
    >>> view.tap("main/2b/cal")
    >>> session.state.unfolded
    ('main/2b/cal',)
    """

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self.cytoscape = _Cytoscape(
            cytoscape_layout=dict(_LAYOUT),
            cytoscape_style=[],
            tooltip_source="",
            auto_ungrabify=True,
            user_zooming_enabled=False,
            min_zoom=0.15,
            max_zoom=2.0,
            layout={"width": "100%"},
        )
        self.cytoscape.on("node", "tap", self._tapped)
        # The front end fits the first picture before it has read the layout: its height must
        # already be in a style sheet.
        self._height = widgets.HTML(layout={"display": "none"})
        self._elements: list[widgets.Widget] = []
        self._leaving: list[widgets.Widget] = []
        self._ids: dict[str, str] = {}
        self._made = 0
        self._fits = 0
        self.add_class("jwstwidgets-graph")
        self.add_class(f"jwstwidgets-{self.model_id}")
        self.legend = html()
        self.children = [self._height, self.cytoscape, self.legend]
        self.start()

    def render(self, old: State | None, new: State) -> None:
        """Draw what changed: elements if the picture did, and the style sheet."""
        redraw = old is None or old.linkage is not new.linkage or old.unfolded != new.unfolded
        same_looks = old is not None and (old.filters, old.selection) == (
            new.filters,
            new.selection,
        )
        if same_looks and not redraw:
            return
        diagram = self.session.diagram()
        lit = diagram.holding(self.session.lit()) if new.selection else frozenset()
        selected = _drawn_selection(diagram, new)
        if redraw:
            self._ids = {node.id: self._new_id() for node in diagram.nodes}
            self._ids |= {edge.id: self._new_id() for edge in diagram.edges}
        # The style first: an element that arrives is drawn at once, and has its looks by then.
        self.cytoscape.cytoscape_style = style_sheet(diagram, self._ids, lit, selected)
        if redraw:
            self._draw(diagram)

    def _new_id(self) -> str:
        """An element id, safe in a selector, never used before."""
        self._made += 1
        return f"x{self._made}"

    def _draw(self, diagram: Diagram) -> None:
        # The height first: a change of height fits the picture without a margin.
        scale = min(1.0, _USUAL_WIDTH / max(diagram.width, 1.0))
        height = max(_HEIGHTS[0], min(_HEIGHTS[1], diagram.height * scale + 24))
        selector = f".jwstwidgets-{self.model_id} .custom-widget"
        self._height.value = f"<style>{selector} {{ height: {height:.0f}px }}</style>"
        self.cytoscape.layout.height = f"{height:.0f}px"
        self.legend.value = legend_svg(diagram)
        closing, self._leaving = self._leaving, self._elements
        nodes, edges = self._make_elements(diagram)
        graph = self.cytoscape.graph
        # New lists, not changed ones: each change of a list would be a message of its own.
        with graph.hold_sync():
            graph.nodes, graph.edges = nodes, edges
        self._elements = [*nodes, *edges]
        # Not those that leave now: the front end still reports of each that it is gone, and for a
        # closed one that would be a line in JupyterLab's log.
        for element in closing:
            element.close()
        if self._leaving:
            # The layout that the new elements caused was fitted around the old ones as well.
            self.fit()

    def _make_elements(self, diagram: Diagram) -> tuple[list[Node], list[Edge]]:
        by_id = {node.id: node for node in diagram.nodes}
        nodes = [self._heading(heading) for heading in (*diagram.columns, *diagram.lanes)]
        nodes += [
            Node(data=node_data(node, self._ids[node.id]), position={"x": node.x, "y": node.y})
            for node in diagram.nodes
        ]
        edges = [
            Edge(data=edge_data(edge, self._ids[edge.id], self._ids, by_id))
            for edge in diagram.edges
        ]
        return nodes, edges

    def _heading(self, heading: Heading) -> Node:
        # Text is centred on a node: as wide as its text, it starts where the column does.
        width = _LETTER * len(heading.text)
        place = {"x": heading.x + width / 2, "y": heading.y + 8}
        return Node(data=heading_data(heading, self._new_id(), width), position=place)

    def _tapped(self, event: dict[str, Any]) -> None:
        tapped = event.get("data", {}).get("id")
        id = next((id for id, element in self._ids.items() if element == tapped), None)
        if id is not None:
            self.tap(id)

    def tap(self, id: str) -> None:
        """What a tap on the node with this id does."""
        self.act(self.session.tap, id)

    def fit(self) -> None:
        """Bring the whole diagram into view."""
        self._fits += 1
        # The layout is run when it changes; the counter means nothing to it.
        self.cytoscape.cytoscape_layout = {**_LAYOUT, "run": self._fits}

    def close(self) -> None:
        """Close the view with all its elements."""
        for element in (*self._elements, *self._leaving):
            element.close()
        self.cytoscape.graph.close()
        if self.cytoscape.forsaken is not None:
            self.cytoscape.forsaken.close()
        super().close()


def _drawn_selection(diagram: Diagram, state: State) -> str:
    """Id of the node that the selection is drawn as; empty if nothing is selected."""
    if state.selection is None:
        return ""
    if state.selection.is_group:
        return state.selection.name
    code = state.selection.codes[0]
    drawn = (node.id for node in diagram.nodes if node.kind != "box" and code in node.codes)
    return next(drawn, "")
