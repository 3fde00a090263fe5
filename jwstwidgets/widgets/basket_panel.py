"""The basket: what is in it, and the ways out of it."""

from __future__ import annotations

from html import escape

import ipywidgets as widgets

from jwstwidgets.basket import Totals
from jwstwidgets.diagram.palette import role_colour
from jwstwidgets.export import FORMATS, default_filename, get_format
from jwstwidgets.session import Session
from jwstwidgets.state import State
from jwstwidgets.units import format_bytes
from jwstwidgets.vocabulary import ROLE_LABELS
from jwstwidgets.widgets.view import View, button, html

_REASONS_SHOWN = 6


class BasketPanel(View):
    """Totals, reasons, and export to a file beside the notebook.

    Examples
    --------
    >>> from jwstwidgets import Session
    >>> session = Session()
    >>> session.open("jw02733-o002_t001_miri_f1130w")
    >>> panel = BasketPanel(session)
    >>> session.add_shown()
    >>> "5 files" in panel.text.value
    True
    """

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self.text = html()
        self.add_shown_button = button(
            "Add all shown",
            self._add_shown,
            "Put every file that the filters leave into the basket",
        )
        self.clear_button = button("Empty", self._clear, "Take everything out of the basket")
        self.format = widgets.Dropdown(
            options=[(f.label, f.name) for f in FORMATS], layout={"width": "auto"}
        )
        self.format.tooltip = "What to write"
        # Sent letter by letter: sent when it is left, a click on Write could overtake it.
        self.path = widgets.Text(placeholder="file name", layout={"width": "150px"})
        self.path.tooltip = "Where to write it; relative paths are beside the notebook"
        self.export_button = button("Write", self._export, "Write this file")
        self.export_button.add_class("jwstwidgets-primary")
        self.report = html()
        self._suggested = ""
        self.format.observe(lambda _: self._suggest(), names="value")
        first = widgets.HBox([self.add_shown_button, self.clear_button])
        second = widgets.HBox([self.format, self.path, self.export_button])
        for row in (first, second):
            row.add_class("jwstwidgets-buttons")
        self.add_class("jwstwidgets-panel")
        self.children = [self.text, first, second, self.report]
        self.start()

    def _add_shown(self) -> None:
        self.act(self.session.add_shown)

    def _clear(self) -> None:
        self.act(self.session.clear_basket)

    def _export(self) -> None:
        path = self.path.value.strip() or self._suggested
        written = self.act(self.session.export, self.format.value, path)
        if written is None:
            return
        command = get_format(self.format.value).command(str(written))
        self.report.value = (
            f"<p>Wrote <b>{escape(str(written))}</b> ({format_bytes(written.stat().st_size)}).</p>"
            f"<pre class='jwstwidgets-code'>{escape(command)}</pre>"
        )

    def _suggest(self) -> None:
        """Offer the usual file name, unless the user has typed another."""
        usual = default_filename(self.format.value, self.session.export_info())
        if self.path.value in ("", self._suggested):
            self.path.value = usual
        self._suggested = usual

    def render(self, old: State | None, new: State) -> None:
        """Show the totals."""
        if old is None or old.obs_id != new.obs_id:
            self._suggest()
        if old is not None and old.basket is new.basket:
            return
        basket = new.basket
        empty = not len(basket)
        self.export_button.disabled = self.clear_button.disabled = empty
        self.report.value = ""
        if empty:
            self.text.value = (
                "<h4>Basket</h4><p class='jwstwidgets-muted'>Empty. Add a file, a group, a "
                "lineage, or all that is shown.</p>"
            )
            return
        reasons = basket.to_frame()["reasons"].explode().value_counts(sort=False)
        lines = [f"{n:,} × {escape(str(reason))}" for reason, n in reasons.items()]
        more = len(lines) - _REASONS_SHOWN
        if more > 0:
            lines = [*lines[:_REASONS_SHOWN], f"and {more} more reasons"]
        self.text.value = (
            f"<h4>Basket · {escape(str(basket.totals))}</h4>{_bar(basket.totals)}"
            f"<p class='jwstwidgets-muted'>{'<br>'.join(lines)}</p>"
        )


def _bar(totals: Totals) -> str:
    """Bytes by role, as a bar; the same in words for who cannot see it."""
    words, spans = [], []
    for role, part in totals.by_role.items():
        label = ROLE_LABELS.get(role, role)
        words.append(f"{label} {format_bytes(part.bytes)}")
        share = 100 * part.bytes / max(totals.bytes, 1)
        spans.append(
            f"<span style='width:{share:.1f}%;background:{role_colour(role)}' "
            f"title='{escape(words[-1])}'></span>"
        )
    text = escape(", ".join(words))
    return f"<div class='jwstwidgets-bar' role='img' aria-label='{text}'>{''.join(spans)}</div>"
