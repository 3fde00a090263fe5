"""A small in-memory archive made of real rows, for the tests of the archive adapters."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from jwstwidgets.archive.criteria import matching
from jwstwidgets.archive.protocol import Call, ProductBatch, Query
from jwstwidgets.errors import ArchiveError, NotInArchive

MIRI = "87602450"  # obsid of jw02733-o002_t001_miri_f1130w
ASN = "mast:JWST/product/jw02733-o002_20220712t201523_image3_003_asn.json"
I2D = "mast:JWST/product/jw02733-o002_t001_miri_f1130w_i2d.fits"


def read_rows(path: Path) -> pd.DataFrame:
    """Archive rows as a client delivers them: ids as text, missing where the archive says so."""
    ids = dict.fromkeys(["obsid", "obsID", "parent_obsid", "proposal_id"], str)
    rows = pd.read_csv(path, dtype=ids, na_values=["--", ""], keep_default_na=False)
    if "mtFlag" in rows:
        rows["mtFlag"] = rows["mtFlag"].map({"True": True, "False": False}).astype("boolean")
    return rows


def real_tables(real: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Observations and products: one MIRI image, 14 of NIRISS, and fragments of others."""
    caom = real / "caom"
    observations = read_rows(caom / "observations.csv").drop_duplicates("obsid")
    names = ("products_jw02733-o002_miri_f1130w", "products_niriss_soss_14obs_dedup",
             "products_fragments_nircam_nirspec")  # fmt: skip
    products = pd.concat([read_rows(caom / f"{name}.csv") for name in names], ignore_index=True)
    return observations.drop(columns=["distance"]), products


@dataclass
class TablesArchive:
    """Answers from two tables; without `catalogue`, as a remote archive has none."""

    rows: pd.DataFrame
    files: pd.DataFrame
    documents: dict[str, bytes] = field(default_factory=dict)
    label: str = "tables"
    error: ArchiveError | None = None
    bad: dict[str, ArchiveError] = field(default_factory=dict)
    asked: list[object] = field(default_factory=list)
    pause: float = 0.0

    def observations(self, query: Query, *, call: Call | None = None) -> pd.DataFrame:
        self._ask(query)
        return matching(self.rows, query)

    def products(
        self, obsids: Sequence[str], *, call: Call | None = None
    ) -> Iterator[ProductBatch]:
        for obsid in obsids:
            if call is not None:
                call.check("Listing")
            self._ask(obsid)
            rows = self.files[self.files["parent_obsid"] == obsid].reset_index(drop=True)
            error = self.bad.get(obsid)
            yield ProductBatch((obsid,), rows.iloc[:0] if error else rows, error)

    def read(self, uri: str, *, call: Call | None = None) -> bytes:
        self._ask(uri)
        if uri not in self.documents:
            raise NotInArchive(f"No document {uri!r}.")
        return self.documents[uri]

    def _ask(self, question: object) -> None:
        time.sleep(self.pause)
        if self.error is not None:
            raise self.error
        self.asked.append(question)


class Catalogued(TablesArchive):
    """The same, as an archive in memory that can list all it holds."""

    def catalogue(self) -> tuple[pd.DataFrame, pd.DataFrame]:
        return self.rows, self.files


def real_archive(real: Path, kind: type[TablesArchive] = Catalogued) -> TablesArchive:
    observations, products = real_tables(real)
    document = json.dumps({"asn_id": "o002", "products": []}).encode()
    return kind(observations, products, {ASN: document})
