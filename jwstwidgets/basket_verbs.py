"""The verbs of a session that fill and empty its basket.

A part of `jwstwidgets.session.Session`, which alone inherits it; here because what to take home is
a matter of its own. Every verb notes how it reads back as Python.
"""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from jwstwidgets.basket import Basket
from jwstwidgets.errors import JwstWidgetsError, UnknownFile
from jwstwidgets.export import ExportInfo
from jwstwidgets.jobs import atomic
from jwstwidgets.linkage.questions import Stage
from jwstwidgets.reproduce import opening_of
from jwstwidgets.state import Selection, State


class BasketVerbs:
    """What a session can do with its basket."""

    _lock: threading.RLock

    @property
    def state(self) -> State:
        """The present state."""
        raise NotImplementedError

    def _change(self, **changes: Any) -> None:
        raise NotImplementedError

    def _selection(self, what: str) -> Selection:
        raise NotImplementedError

    def export_info(self) -> ExportInfo:
        """What an export says of itself."""
        raise NotImplementedError

    @atomic
    def add(self, *files: str) -> None:
        """Put files, by name or URI, into the basket."""
        self._add([self.state.table.code(file) for file in files], "picked", "add", *files)

    @atomic
    def add_group(self, group: str) -> None:
        """Put all files of a group, shown ones, into the basket."""
        selection = self._selection(group)
        shown = selection.codes[self.state.filters.mask(self.state.table)[selection.codes]]
        self._add(shown, f"group {selection.label}", "add_group", group)

    @atomic
    def add_lineage(self, file: str | None = None) -> None:
        """Put a file (the selection by default) with all that made it and all it made in."""
        selection = self._selection(file) if file is not None else self.state.selection
        if selection is None:
            raise UnknownFile("Nothing is selected.", "Select a file, or name one.")
        codes = self.state.linkage.lineage(selection.codes)
        self._add(codes, f"lineage of {selection.name}", "add_lineage", selection.name)

    @atomic
    def add_needed(self, product: str | None = None, stage: Stage = 3) -> None:
        """Put what making a product (the selection by default) again from `stage` on would read.

        See `jwstwidgets.linkage.questions.needed_for`; what the list lacks is left out.
        """
        selection = self._selection(product) if product is not None else self.state.selection
        if selection is None or selection.is_group:
            raise UnknownFile("No file is selected.", "Select a product, or name one.")
        needed = self.state.linkage.needed_for(selection.name, stage)["code"]
        why = f"needed to re-run stage {stage} of {selection.name}"
        self._add(needed[needed >= 0], why, "add_needed", selection.name, stage)

    @atomic
    def add_shown(self) -> None:
        """Put everything that the filters leave into the basket."""
        codes = np.flatnonzero(self.state.filters.mask(self.state.table))
        why = f"shown of {self.state.obs_id or 'the list'} ({self.state.filters})"
        self._add(codes, why, "add_shown")

    def _add(self, codes: Any, reason: str, verb: str, *arguments: object) -> None:
        rows: pd.DataFrame = self.state.table.rows_for(codes)
        if rows.empty:
            raise JwstWidgetsError("There is nothing to add: no file is shown.", "Show some first.")
        self._set_basket(self.state.basket.add(rows, reason), verb, *arguments)

    @atomic
    def remove(self, *files: str) -> None:
        """Take files, by name or URI, out of the basket."""
        held = self.state.basket.to_frame()
        uris = held.loc[held["filename"].isin(files) | held["uri"].isin(files), "uri"]
        self._set_basket(self.state.basket.remove(uris), "remove", *files)

    def clear_basket(self) -> None:
        """Empty the basket."""
        self._change(basket=Basket(), basket_verbs=())

    def _set_basket(self, basket: Basket, verb: str, *arguments: object) -> None:
        # Which files a verb added can depend on what was shown: the filters go with it.
        call = f"session.{verb}({', '.join(map(repr, arguments))})"
        context = (*opening_of(self.state), f"session.set_filters({self.state.filters!r})")
        self._change(basket=basket, basket_verbs=(*self.state.basket_verbs, *context, call))

    def export(self, format: str, path: str | Path) -> Path:
        """Write the basket, e.g. ``export("shell", "get_jw02733.sh")``; returns the file."""
        return self.state.basket.export(format, path, self.export_info())
