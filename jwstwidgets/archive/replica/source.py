"""What a replica serves: the rows of an archive, asked or held.

An archive in memory may offer ``catalogue() -> (observations, products)``: then every filter of
MAST's protocol works on all of its rows. Any other archive is asked the :class:`Query` that comes
closest, and its answer is filtered.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from jwstwidgets.archive.answers import OBSERVATION_COLUMNS, PRODUCT_COLUMNS, no_rows
from jwstwidgets.archive.protocol import Archive, Query
from jwstwidgets.archive.replica import mashup
from jwstwidgets.archive.replica.files import Files


class Source:
    """Answers the services of MAST's protocol from an archive; safe with many threads.

    Parameters
    ----------
    archive : Archive
        What is served.
    body_scale : float
        Files have this fraction of their stated size.
    page_size : int
        Most rows per answer.
    """

    def __init__(self, archive: Archive, body_scale: float, page_size: int) -> None:
        self._archive, self._page_size = archive, page_size
        self._lock = threading.Lock()
        self._catalogue: tuple[pd.DataFrame, pd.DataFrame] | None = None
        self._rows_of: dict[str, Any] = {}  # obsid -> row numbers of its products
        self.files = Files(archive, body_scale, at_hand=hasattr(archive, "catalogue"))

    def catalogue(self) -> tuple[pd.DataFrame, pd.DataFrame] | None:
        """All observations and products, if the archive can list them."""
        lister = getattr(self._archive, "catalogue", None)
        if lister is None:
            return None
        with self._lock:
            if self._catalogue is None:
                observations, products = lister()
                self.files.learn(products)
                parents = products["parent_obsid"].map(mashup.as_text)
                self._rows_of = products.groupby(parents.to_numpy()).indices
                self._catalogue = observations, products
            return self._catalogue

    def answer(self, question: Mapping[str, Any]) -> dict[str, Any]:
        """The answer to a question.

        Raises
        ------
        ValueError, KeyError, JwstWidgetsError
            The question, or the archive behind us, is at fault.
        """
        service, params = question.get("service"), question.get("params") or {}
        if service == mashup.NAMES:
            return mashup.resolved(self._named(str(params["input"])), str(params["input"]))
        if service in (mashup.OBSERVATIONS, mashup.CONE):
            position = str(params["position"]) if service == mashup.CONE else None
            rows = self._observations(list(params.get("filters") or []), position)
        elif service == mashup.PRODUCTS:
            rows = self._products([part.strip() for part in str(params["obsid"]).split(",")])
        else:
            raise ValueError(f"Unable to locate service: {service}")
        if str(params.get("columns", "*")).upper() == "COUNT_BIG(*)":
            rows = pd.DataFrame({"Column1": [len(rows)]})
        return mashup.answer(rows, question, self._page_size)

    def _observations(
        self, filters: Sequence[Mapping[str, Any]], position: str | None
    ) -> pd.DataFrame:
        if catalogue := self.catalogue():
            rows = catalogue[0]
        else:
            rows = self._archive.observations(mashup.query_of(filters, position))
        if rows.empty:
            return no_rows(OBSERVATION_COLUMNS)
        rows = mashup.filtered(rows, filters)
        if position is not None and "s_ra" in rows:
            rows = mashup.within(rows, position)
        return rows

    def _named(self, target: str) -> pd.DataFrame:
        catalogue = self.catalogue()
        return catalogue[0] if catalogue else self._archive.observations(Query(target=target))

    def _products(self, obsids: Sequence[str]) -> pd.DataFrame:
        if catalogue := self.catalogue():
            found = [self._rows_of[obsid] for obsid in obsids if obsid in self._rows_of]
            rows = catalogue[1].iloc[np.concatenate([[], *found]).astype(int)]
        else:
            parts = []
            for batch in self._archive.products(obsids):
                if batch.error is not None:
                    raise batch.error
                parts.append(batch.rows)
            filled = [part for part in parts if not part.empty]
            rows = pd.concat(filled, ignore_index=True) if filled else no_rows(PRODUCT_COLUMNS)
            self.files.learn(rows)
        return self.files.served_sizes(rows)
