"""What is selected: what it is, what made it, what uses it, and what to do with it."""

from __future__ import annotations

from html import escape

import ipywidgets as widgets
import numpy as np
import pandas as pd

from jwstwidgets.products import ProductTable
from jwstwidgets.session import Session
from jwstwidgets.state import Selection, State
from jwstwidgets.units import format_bytes
from jwstwidgets.vocabulary import ROLE_LABELS, STAGE_LABELS, describe
from jwstwidgets.widgets.view import View, button, html

_HINT = (
    "<p>Tap a card in the graph: a group unfolds, a file shows what made it and what it made.</p>"
    "<p class='jwstwidgets-muted'>Everything is also in the list under the graph.</p>"
)


class DetailsPanel(View):
    """The selected file or group.

    Examples
    --------
    >>> from jwstwidgets import Session
    >>> session = Session()
    >>> session.open("jw02733-o002_t001_miri_f1130w")
    >>> panel = DetailsPanel(session)
    >>> session.select("jw02733-o002_t001_miri_f1130w_i2d.fits")
    >>> "16 cal files" in panel.text.value
    True
    """

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self.text = html()
        self.add_button = button("Add file", self._add, "Put it into the basket")
        self.lineage_button = button(
            "Add lineage", self._add_lineage, "With all that made it and all it made"
        )
        self.needed_button = button(
            "Add what stage 3 needs",
            self._add_needed,
            "What making this again from the calibrated exposures would read",
        )
        self.clear_button = button("Clear", self._clear, "Select nothing")
        self.buttons = widgets.HBox(
            [self.add_button, self.lineage_button, self.needed_button, self.clear_button]
        )
        self.buttons.add_class("jwstwidgets-buttons")
        self.add_class("jwstwidgets-panel")
        self.children = [self.text, self.buttons]
        self.start()

    def _add(self) -> None:
        selection = self.session.state.selection
        if selection is not None:
            verb = self.session.add_group if selection.is_group else self.session.add
            self.act(verb, selection.name)

    def _add_lineage(self) -> None:
        self.act(self.session.add_lineage)

    def _add_needed(self) -> None:
        self.act(self.session.add_needed)

    def _clear(self) -> None:
        self.act(self.session.select, None)

    def render(self, old: State | None, new: State) -> None:
        """Show the selection."""
        same = old is not None and old.selection is new.selection and old.linkage is new.linkage
        if same and old is not None and old.filters == new.filters:
            return
        selection = new.selection
        self.buttons.layout.display = "none" if selection is None else None
        if selection is None:
            self.text.value = f"<h4>Nothing selected</h4>{_HINT}"
            return
        self.needed_button.layout.display = None if _is_level3(new, selection) else "none"
        self.add_button.description = "Add group" if selection.is_group else "Add file"
        self.text.value = (
            describe_group(new, selection) if selection.is_group else describe_file(new, selection)
        )


def _is_level3(state: State, selection: Selection) -> bool:
    name = state.table.names.iloc[selection.codes[0]]
    return not selection.is_group and name["kind"] == "level3"


def describe_file(state: State, selection: Selection) -> str:
    """A file, as HTML; what comes from the archive is escaped."""
    table, code = state.table, int(selection.codes[0])
    row, name = table.files.iloc[code], table.names.iloc[code]
    suffix = name["suffix"] if isinstance(name["suffix"], str) else ""
    label = describe(suffix, str(name["kind"])).label
    if row["role"] in ("preview", "reference", "association", "pool"):
        label = ROLE_LABELS[row["role"]]
    stage = f"level {STAGE_LABELS[row['stage']]}" if isinstance(row["stage"], str) else ""
    size = "size not stated" if pd.isna(row["size"]) else format_bytes(int(row["size"]))
    rights = {"PUBLIC": "public", "EXCLUSIVE_ACCESS": "exclusive access"}.get(row["rights"], "")
    version = row.get("prvversion")
    calibrated = f"calibration {version}" if isinstance(version, str) and version != "--" else ""
    facts = " · ".join(fact for fact in (size, rights, calibrated) if fact)
    owners = table.owners(code)
    owned = owners[0] if len(owners) == 1 else f"{len(owners)} observations, {owners[0]} among them"
    linkage = state.linkage
    lines = [
        f"<h4>{escape(str(row['filename']))}</h4>",
        f"<p class='jwstwidgets-muted'>{escape(label.capitalize())}"
        f"{' · ' + escape(stage) if stage else ''}</p>",
        f"<p>{escape(facts)}</p>",
        f"<p><b>Made from</b> {escape(_sorts(table, linkage.made_from(code)))}</p>",
        f"<p><b>Made into</b> {escape(_sorts(table, linkage.used_by(code)))}</p>",
        f"<p><b>Listed under</b> {escape(owned if owners else 'no observation')}</p>",
        f"<p>{escape(state.filters.explain(table, code))}</p>",
    ]
    return "".join(lines)


def describe_group(state: State, selection: Selection) -> str:
    """A group, as HTML."""
    table, codes = state.table, selection.codes
    shown = int(state.filters.mask(table)[codes].sum())
    files = table.files.iloc[codes]
    size = format_bytes(table.total_bytes(codes))
    kinds = ", ".join(ROLE_LABELS[role] for role in files["role"].unique())
    mrp = int(files["mrp"].sum())
    left = f"{shown:,} shown, {len(codes) - shown:,} hidden by filters"
    return (
        f"<h4>{len(codes):,} files, {size}</h4>"
        f"<p class='jwstwidgets-muted'>{escape(kinds.capitalize())} · {left}</p>"
        f"<p>{f'{mrp:,} of them are MRP.' if mrp else 'None of them is MRP.'}</p>"
    )


def _sorts(table: ProductTable, found: pd.DataFrame) -> str:
    """What was found, by kind: ``16 cal files, 16 rate files and 1 association file``."""
    if found.empty:
        return "nothing in this list"
    suffix = table.names["suffix"].iloc[found["code"]].astype(object).fillna("other")
    role = found["role"].astype(object).to_numpy()
    kinds = np.where(np.isin(role, ["association", "pool"]), role, suffix)
    counts = pd.Series(kinds).value_counts(sort=False)
    parts = [f"{n:,} {kind} file{'s' * (n != 1)}" for kind, n in counts.items()]
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
