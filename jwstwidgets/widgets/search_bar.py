"""Where a user says what to look at, and chooses among what was found."""

from __future__ import annotations

from html import escape
from typing import Any

import ipywidgets as widgets
import pandas as pd

from jwstwidgets.loading import describe_observation
from jwstwidgets.session import Session
from jwstwidgets.state import State
from jwstwidgets.widgets.view import View, button, html


class SearchBar(View):
    """A text field to open observations with, and the list of those found.

    Examples
    --------
    >>> from jwstwidgets import Session
    >>> bar = SearchBar(Session())
    >>> bar.text.value = "2736"
    >>> bar.open_button.click()
    >>> len(bar.found.options)
    4
    """

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._showing = False
        self.text = widgets.Text(
            placeholder="observation id, file name, program number or target name",
            continuous_update=False,
            layout={"width": "420px", "max_width": "100%"},
        )
        self.text.tooltip = "What to open; * stands for any text. Press Enter to open."
        self.open_button = button("Open", self._open, "Look this up in the archive and draw it")
        self.open_button.add_class("jwstwidgets-primary")
        self.found = widgets.Dropdown(layout={"width": "auto", "max_width": "460px"})
        self.found.tooltip = "The observations that were found"
        self.summary = html()
        self.text.observe(self._entered, names="value")
        self.found.observe(self._choose, names="value")
        row = widgets.HBox([self.text, self.open_button, self.found, self.summary])
        row.add_class("jwstwidgets-top")
        self.children = [row]
        self.start()

    def _open(self) -> None:
        self.act(self.session.open, self.text.value)

    def _entered(self, change: dict[str, Any]) -> None:
        if not self._showing and change["new"]:
            self._open()

    def _choose(self, change: dict[str, Any]) -> None:
        if not self._showing and change["new"]:
            self.act(self.session.choose, change["new"])

    def render(self, old: State | None, new: State) -> None:
        """Show what is open."""
        if old is not None and old.loaded is new.loaded:
            return
        self._showing = True
        try:
            if self.text.value in ("", old.obs_id if old is not None else ""):
                self.text.value = new.obs_id
            self.found.options = _options(new.loaded.found)
            self.found.value = new.obs_id if len(new.loaded.found) else None
            self.found.layout.display = None if len(new.loaded.found) > 1 else "none"
            about = describe_observation(new.loaded.observation)
            self.summary.value = f"<span class='jwstwidgets-muted'>{escape(about)}</span>"
        finally:
            self._showing = False


def _options(found: pd.DataFrame) -> list[tuple[str, str]]:
    """What the list shows, and the `obs_id` that stands for."""
    return [
        (f"{i} of {len(found)}: {row['obs_id']}", str(row["obs_id"]))
        for i, row in enumerate(found.to_dict("records"), start=1)
    ]
