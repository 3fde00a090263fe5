"""What the graph shows, as lists: for the keyboard, for screen readers, for exact names.

JupyterLab takes the arrow keys from a list in a cell's output (they move between cells), and
letters, too. Hence the buttons under each list: Tab and Enter are left alone.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import ipywidgets as widgets

from jwstwidgets.diagram import Diagram, DiagramNode
from jwstwidgets.session import Session
from jwstwidgets.state import State
from jwstwidgets.vocabulary import EVIDENCE, RELATIONS, ROLE_LABELS
from jwstwidgets.widgets.view import View, button

#: More links than this are no list to read; the table has them all (`Linkage.links`).
_LINKS_SHOWN = 500


class LinkList(View):
    """All that is drawn, and the links of what is selected; choosing an entry is a tap on it.

    Examples
    --------
    >>> from jwstwidgets import Session
    >>> session = Session()
    >>> session.open("jw02733-o002_t001_miri_f1130w")
    >>> listed = LinkList(session)
    >>> session.select("jw02733-o002_t001_miri_f1130w_i2d.fits")
    >>> len(listed.links.options)
    36
    """

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._showing = False
        self.nodes = self._list("What is drawn", self._chosen_node)
        self.links = self._list("Links of the selection", self._chosen_link)
        self.tap_button = button("Unfold / fold / select", self._tap, "As a tap on it in the graph")
        self.go_button = button("Go there", self._go, "Select the file at the other end")
        self.steps = {
            (name, by): button(label, partial(self._step, name, by), f"The {label.lower()} entry")
            for name in ("nodes", "links")
            for by, label in ((-1, "Previous"), (1, "Next"))
        }
        titled = [
            widgets.VBox(
                [widgets.Label(what), chooser, self._buttons(name, extra)],
                layout={"flex": "1 1 340px", "width": "auto"},
            )
            for name, what, chooser, extra in (
                ("nodes", "What is drawn (groups and files)", self.nodes, self.tap_button),
                ("links", "Links of what is selected", self.links, self.go_button),
            )
        ]
        row = widgets.HBox(titled)
        row.add_class("jwstwidgets-top")
        self.children = [row]
        self.start()

    def _list(self, description: str, handler: Any) -> widgets.Select:
        chooser = widgets.Select(rows=9, layout={"width": "98%"})
        chooser.tooltip = description
        chooser.observe(handler, names="value")
        return chooser

    def _buttons(self, name: str, extra: widgets.Button) -> widgets.HBox:
        row = widgets.HBox([self.steps[name, -1], self.steps[name, 1], extra])
        row.add_class("jwstwidgets-buttons")
        return row

    def _step(self, name: str, by: int) -> None:
        """Move on in a list: of nodes to the one that is then selected, of links without going."""
        chooser = {"nodes": self.nodes, "links": self.links}[name]
        if not chooser.options:
            return
        at = chooser.index
        start = at if at is not None else (-1 if by > 0 else 0)
        self._showing = name == "links"
        try:
            chooser.index = (start + by) % len(chooser.options)
        finally:
            self._showing = False

    def _go(self) -> None:
        if self.links.value:
            self.act(self.session.select, self.links.value)

    def _chosen_node(self, change: dict[str, Any]) -> None:
        if not self._showing and change["new"]:
            self.act(self.session.select, change["new"])

    def _chosen_link(self, change: dict[str, Any]) -> None:
        if not self._showing and change["new"]:
            self.act(self.session.select, change["new"])

    def _tap(self) -> None:
        if self.nodes.value:
            self.act(self.session.tap, self.nodes.value)

    def render(self, old: State | None, new: State) -> None:
        """Show what is drawn, and the links of the selection."""
        same = old is not None and old.linkage is new.linkage and old.unfolded == new.unfolded
        self._showing = True
        try:
            if not same or old is None or old.filters != new.filters:
                held = self.nodes.value
                self.nodes.options = _node_options(self.session.diagram())
                self.nodes.value = held if held in dict(self.nodes.options).values() else None
            if not same or old is None or old.selection is not new.selection:
                self.links.options = _link_options(new)
                self.links.value = None
        finally:
            self._showing = False


def _node_options(diagram: Diagram) -> list[tuple[str, str]]:
    return [(_node_text(node), node.id) for node in diagram.nodes if node.kind != "place"]


def _node_text(node: DiagramNode) -> str:
    sign = {"group": "▸ ", "box": "▾ "}.get(node.kind, "")
    inset = "\u2003" * node.id.count("=")
    stage = f" · level {node.stage}" if node.stage else ""
    faint = {"hidden": " · hidden", "partial": " · partly hidden"}.get(node.state, "")
    return f"{inset}{sign}{node.label} · {node.detail}{stage} · {ROLE_LABELS[node.role]}{faint}"


def _link_options(state: State) -> list[tuple[str, str]]:
    """Links of a selected file: how each reads, and the file at its other end."""
    selection = state.selection
    if selection is None or selection.is_group:
        return []
    options = []
    links = state.linkage.links(selection.codes).head(_LINKS_SHOWN)
    for link in links.itertuples(index=False):
        away = link.source_code == selection.codes[0]
        other = link.target if away else link.source
        relation = RELATIONS[link.relation]
        how = relation.forward if away else relation.backward
        options.append((f"{how} {other} ({EVIDENCE[link.evidence]})", str(other)))
    return options
