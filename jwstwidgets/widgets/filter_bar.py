"""The toggles: what is shown, with what each of them is about in files and bytes."""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from typing import Any

import ipywidgets as widgets

from jwstwidgets.filters import Filters, governed_by, summarise
from jwstwidgets.session import Session
from jwstwidgets.state import State
from jwstwidgets.units import format_bytes
from jwstwidgets.widgets.view import View, html

#: Toggle, label, and what it does, in a sentence.
_TOGGLES = (
    ("mrp", "MRP only", "Of science and association files, only Minimum Recommended Products"),
    ("guide_stars", "Guide stars", "Files of the guide stars; never MRP"),
    ("references", "References", "Calibration reference files; never MRP"),
    ("previews", "Previews", "Preview pictures; never MRP"),
    ("associations", "Associations", "Association documents and pools"),
    ("public_only", "Public only", "Hide what is under exclusive access"),
)
#: Menu, and the column of files that it is about, capitalised.
_MENUS = {"stages": "Stage", "instruments": "Instrument", "detectors": "Detector"}
_ANY = "all"


class FilterBar(View):
    """Toggles with live counts, and menus for stage, instrument and detector.

    Examples
    --------
    >>> from jwstwidgets import Session
    >>> session = Session()
    >>> session.open("jw02733-o002_t001_miri_f1130w")
    >>> bar = FilterBar(session)
    >>> bar.toggles["guide_stars"].description
    'Guide stars · 407'
    >>> bar.toggles["guide_stars"].value = True
    >>> session.state.filters
    Filters(guide_stars=True)
    """

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._showing = False
        self.toggles = {name: self._toggle(name, *texts) for name, *texts in _TOGGLES}
        self.menus = {name: self._menu(name, label) for name, label in _MENUS.items()}
        self._present: dict[str, list[str]] = {name: [] for name in _MENUS}
        self.summary = html()
        row = widgets.HBox([*self.toggles.values(), *self.menus.values(), self.summary])
        row.add_class("jwstwidgets-top")
        self.children = [row]
        self.start()

    def _toggle(self, name: str, label: str, tooltip: str) -> widgets.ToggleButton:
        toggle = widgets.ToggleButton(description=label, tooltip=tooltip, layout={"width": "auto"})
        toggle.add_class("jwstwidgets-chip")
        toggle.observe(self._changed(name, bool), names="value")
        return toggle

    def _menu(self, name: str, label: str) -> widgets.Dropdown:
        menu = widgets.Dropdown(
            options=[(f"{label}: {_ANY}", ())],
            layout={"width": "auto"},
        )
        menu.tooltip = f"Show only one {label.lower()}"
        menu.observe(self._changed(name, lambda v: frozenset(v) or None), names="value")
        return menu

    def _changed(self, name: str, read: Callable[[Any], Any]) -> Callable[[dict[str, Any]], None]:
        def handle(change: dict[str, Any]) -> None:
            if not self._showing:
                self.act(self.session.set_filters, **{name: read(change["new"])})

        return handle

    def render(self, old: State | None, new: State) -> None:
        """Show the filters, and what they leave."""
        fresh = old is None or old.linkage is not new.linkage
        if not fresh and old is not None and old.filters == new.filters:
            return
        self._showing = True
        try:
            if fresh:
                self._count(new)
            for name, toggle in self.toggles.items():
                toggle.value = getattr(new.filters, name)
            for name in self.menus:
                self._offer(name, new.filters)
        finally:
            self._showing = False
        text = summarise(new.filters.mask(new.table), new.table)
        self.summary.value = f"<span class='jwstwidgets-muted'>{escape(text)}</span>"

    def _count(self, state: State) -> None:
        """How many files each toggle is about, and what the menus can offer."""
        table = state.table
        for name, label, tooltip in _TOGGLES:
            if name == "public_only":
                continue
            files = governed_by(name, table)
            toggle = self.toggles[name]
            toggle.description = f"{label} · {int(files.sum()):,}"
            toggle.tooltip = f"{tooltip} ({format_bytes(table.total_bytes(files))})"
        if not table.states_mrp and len(table):
            self.toggles["mrp"].tooltip = "This list does not state which products are MRP"
        self.toggles["mrp"].disabled = not table.states_mrp
        for name, label in _MENUS.items():
            self._present[name] = sorted(table.files[label.lower()].dropna().astype(str).unique())

    def _offer(self, name: str, filters: Filters) -> None:
        """All, each that there is, and what is chosen, whether there is such a file or not."""
        menu, label, present = self.menus[name], _MENUS[name], self._present[name]
        chosen = tuple(sorted(getattr(filters, name) or ()))
        offered = dict.fromkeys([(), *((value,) for value in present), chosen])
        options = tuple((f"{label}: {', '.join(value) or _ANY}", value) for value in offered)
        if options != menu.options:
            menu.options = options
        menu.value = chosen
        menu.layout.display = None if len(present) > 1 or chosen else "none"
