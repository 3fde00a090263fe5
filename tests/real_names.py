"""Where names stand in the real data: every file name and observation id, by the place it is in.

Reads files and knows their layout; nothing of the grammar of names.
"""

from __future__ import annotations

import csv
import json
import re
from functools import cache
from pathlib import Path

#: Columns of names in each kind of table, by a pattern of its path below the real data.
COLUMNS = {
    "caom/products*.csv": ("productFilename", "obs_id"),
    "caom/observations.csv": ("obs_id",),
    "missions/products*.csv": ("filename", "dataset", "authz_primary_identifier"),
    "missions/datasets*.csv": ("fileSetName",),
    "keywords/si_keywords*.csv": ("filename", "fileSetName", "asntable", "asnpool", "crds_ctx"),
    "names/*.tsv": ("caom_obs_id", "productFilename"),
    "**/*_pool.csv": ("FILENAME",),
}
#: Of columns that hold URIs, the name is what follows the last slash.
URIS = {"caom/products*.csv": ("dataURI",), "caom/observations.csv": ("dataURL", "jpegURL")}
#: Cells that state nothing; "A" is what a notebook left of one URI.
NO_NAME = {"", "--", "A", "NULL"}


def documents(folder: Path) -> list[tuple[str, dict]]:
    """(file name, content) of the association documents in `folder`, and below."""
    return [
        (path.name, json.loads(path.read_text())) for path in sorted(folder.rglob("*_asn.json"))
    ]


@cache
def names_by_place(real: Path) -> dict[str, set[str]]:
    """Every name in the real data, by the path or pattern of where it was found."""
    found: dict[str, set[str]] = {}
    for pattern, columns in COLUMNS.items():
        found[pattern] = set(_cells(real, pattern, columns)) - NO_NAME
    for pattern, columns in URIS.items():
        uris = set(_cells(real, pattern, columns)) - NO_NAME
        found[f"{pattern} URIs"] = {uri.rpartition("/")[2] for uri in uris} - NO_NAME
    found["level3 list"] = set((real / "names/level3_i2d_400.txt").read_text().split())
    associations = documents(real)
    found["associations"] = {name for name, _ in associations}
    products = [p for _, document in associations for p in document["products"]]
    found["association products"] = {product["name"] for product in products}
    found["association members"] = {m["expname"] for p in products for m in p["members"]}
    headers = "".join(path.read_text() for path in real.glob("headers/*.txt"))
    found["headers"] = set(re.findall(r"'(?:crds://)?(jws?t?[0-9_][^' ]*\.\w+) *'", headers))
    found["CRDS mappings"] = {path.name for path in real.glob("crds_cache/mappings/jwst/*")}
    return found


def every_name(real: Path) -> list[str]:
    """Every name in the real data, once each, sorted."""
    return sorted(set().union(*names_by_place(real).values()))


def _cells(real: Path, pattern: str, columns: tuple[str, ...]) -> list[str]:
    cells = []
    for path in sorted(real.glob(pattern)):
        text = path.read_text()
        first = text.partition("\n")[0]
        delimiter = next(d for d in ("|", "\t", ",") if d in first)
        for row in csv.DictReader(text.splitlines(), delimiter=delimiter):
            cells += [
                cell
                for title, cell in row.items()
                if title in columns or str(title).upper() in columns
            ]
    return cells
