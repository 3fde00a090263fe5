"""`explore()`: the views put together.

>>> explorer = explore("jw02733-o002_t001_miri_f1130w")
>>> explorer.session.state.table
<ProductTable: 605 files of 17 observations (3,470 archive rows)>
"""

from __future__ import annotations

from functools import cache
from html import escape
from importlib.resources import files
from typing import Any

import ipywidgets as widgets

from jwstwidgets.archive import Archive, Query
from jwstwidgets.filters import Filters
from jwstwidgets.session import Session
from jwstwidgets.state import State
from jwstwidgets.widgets.basket_panel import BasketPanel
from jwstwidgets.widgets.details_panel import DetailsPanel
from jwstwidgets.widgets.filter_bar import FilterBar
from jwstwidgets.widgets.graph_view import GraphView
from jwstwidgets.widgets.link_list import LinkList
from jwstwidgets.widgets.search_bar import SearchBar
from jwstwidgets.widgets.status_line import StatusLine
from jwstwidgets.widgets.view import View, button, html

#: What `explore()` opens: the first observation of the sample archive.
_FIRST = "*"


def explore(
    what: str | int | Query | None = None,
    archive: Archive | None = None,
    *,
    filters: Filters | None = None,
    rows: Any = None,
) -> Explorer:
    """Explore how the files of a JWST observation hang together.

    Parameters
    ----------
    what : str, int or Query, optional
        Observation id (``*`` as a wildcard), file name, program number, target name, or a query;
        by default the first observation of the sample archive.
    archive : Archive, optional
        Where to look; by default the embedded sample archive, a reconstruction of a few
        observations that needs no network. ``MastArchive()`` is the real one.
    filters : Filters, optional
        What to show at first; by default MRP only, as in the portal.
    rows : DataFrame, astropy Table or list of dict, optional
        Product rows already at hand, to look at instead of asking an archive.

    Returns
    -------
    Explorer
        A widget. ``explorer.session`` has every verb of the interface as a method.

    Raises
    ------
    JwstWidgetsError
        The question means nothing, the sample has no such observation, or the rows cannot be read.
    """
    session = Session(archive)
    if filters is not None:
        session.set_filters(filters)
    if rows is not None:
        session.open_rows(rows)
    elif what is not None:
        session.open(what)
    elif archive is None:
        session.open(Query(obs_id=_FIRST))
    return Explorer(session)


class Explorer(View):
    """All views of one session.

    Parameters
    ----------
    session : Session
        What to show; the views can also be made one by one from the same session.
    """

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self.search = SearchBar(session)
        self.filters = FilterBar(session)
        self.graph = GraphView(session)
        self.details = DetailsPanel(session)
        self.basket = BasketPanel(session)
        self.status = StatusLine(session)
        self.links = LinkList(session)
        self.fit_button = button("Fit", self.graph.fit, "Bring the whole graph into view")
        self.zoom_toggle = widgets.ToggleButton(
            description="Wheel zoom",
            tooltip="Zoom with the mouse wheel; off, the wheel scrolls the notebook",
            layout={"width": "auto"},
        )
        widgets.link((self.zoom_toggle, "value"), (self.graph.cytoscape, "user_zooming_enabled"))
        self.fold_button = button("Fold all", self._fold, "Back to the overview")
        self.read_button = button(
            "Read associations",
            self._read,
            "Fetch the association documents: what they state is drawn solid",
        )
        self.list_button = button("List", self._toggle_list, "What the graph shows, as lists")
        self.code_button = button("Code", self._toggle_code, "The Python that makes this view")
        self.picture_button = button("Save picture", self._save, "Write the graph as an SVG file")
        self.code = html()
        self.code.layout.display = self.links.layout.display = "none"
        self.children = self._arrange()
        self.add_class("jwstwidgets-explorer")
        self.start()

    def _arrange(self) -> list[widgets.Widget]:
        tools = widgets.HBox(
            [
                self.fit_button,
                self.zoom_toggle,
                self.fold_button,
                self.read_button,
                self.list_button,
                self.code_button,
                self.picture_button,
            ]
        )
        tools.add_class("jwstwidgets-buttons")
        left = widgets.VBox(
            [tools, self.graph, self.links, self.code],
            layout={"flex": "12 1 760px", "min_width": "0", "width": "auto", "grid_gap": "4px"},
        )
        # Beside the graph one above the other; in a narrow cell below it, side by side.
        right = widgets.HBox(
            [self.details, self.basket],
            layout={"flex": "1 1 270px", "flex_flow": "row wrap", "grid_gap": "8px"},
        )
        for panel in (self.details, self.basket):
            panel.layout.flex = "1 1 260px"
        middle = widgets.HBox(
            [left, right],
            layout={"flex_flow": "row wrap", "grid_gap": "10px", "align_items": "flex-start"},
        )
        style = widgets.HTML(f"<style>{_style()}</style>", layout={"display": "none"})
        return [style, self.search, self.status, self.filters, middle]

    def render(self, old: State | None, new: State) -> None:
        """Keep the code panel, where it is open, up to date."""
        if self.code.layout.display != "none":
            self._show_code()

    def _fold(self) -> None:
        self.act(self.session.fold_all)
        self.act(self.session.select, None)

    def _read(self) -> None:
        self.act(self.session.read_associations)

    def _toggle_list(self) -> None:
        self.links.layout.display = None if self.links.layout.display == "none" else "none"

    def _toggle_code(self) -> None:
        self.code.layout.display = None if self.code.layout.display == "none" else "none"
        self._show_code()

    def _show_code(self) -> None:
        text = escape(self.session.code())
        self.code.value = f"<pre class='jwstwidgets-code'>{text}</pre>"

    def _save(self) -> None:
        written = self.act(self.session.save_picture, f"{self.session.export_info().name}.svg")
        if written is not None:
            self.status.text.value = f"Wrote <b>{escape(str(written))}</b>"

    def __repr__(self) -> str:
        what = self.session.state.obs_id or "rows at hand"
        return f"<Explorer: {what}, {len(self.session.state.table):,} files>"

    def _repr_mimebundle_(self, **kwargs: Any) -> dict[str, Any]:
        """The widget, and for where widgets are not drawn (GitHub, nbviewer) the picture."""
        bundle: dict[str, Any] = super()._repr_mimebundle_(**kwargs)
        return {**bundle, "image/svg+xml": self.session.picture()}


@cache
def _style() -> str:
    """The style sheet; the same for every explorer."""
    return files("jwstwidgets.widgets").joinpath("theme.css").read_text(encoding="utf-8")
