"""Real sets of association documents, and the product lists that they stand for.

Members and products of the documents are put back as archive rows: what the archive would list.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from real_names import documents

from jwstwidgets import ProductTable, build_linkage
from jwstwidgets.associations import Association, read_associations
from jwstwidgets.linkage import Linkage
from jwstwidgets.names import parse

SETS = (
    "prelaunch/jw00711_20181027T043250",
    "prelaunch/jw84600_20180824T212338_valid_msametfl",
    "prelaunch/jw86600_20171108T043532",
    "prelaunch/jw94015_20171108T041516",
    "associations/jw09505_asn_generate",
    "associations/jw02288-o003_spec3_asn.json",
    "associations/jw01386-c1027_coron3_00001_asn.json",
)
#: What the pipeline makes by an association of a type; the first is what members go into.
MADE = {
    "image2": ("cal", "i2d"),
    "wfs-image2": ("cal",),
    "spec2": ("cal", "s2d", "x1d"),
    "tso-spec2": ("calints", "x1dints"),
    "image3": ("i2d", "cat", "segm"),
    "wfs-image3": ("wfscmb",),
    "spec3": ("s2d", "x1d"),
    "tso3": ("x1dints", "whtlt"),
    "coron3": ("i2d", "psfstack"),
}
SOURCE = "s000000007"

Edge = tuple[str, str]


@dataclass(frozen=True)
class DocumentSet:
    """Documents of one folder, and the files that they name or make."""

    associations: tuple[Association, ...]
    files: tuple[str, ...]

    def linkage(self, without: Iterable[str] = ()) -> Linkage:
        left = [name for name in self.files if name not in set(without)]
        return build_linkage(table_of(left), associations=self.associations)


def read_set(real: Path, which: str) -> DocumentSet:
    path = real / which
    found = documents(path) if path.is_dir() else [(path.name, path.read_bytes())]
    associations, problems = read_associations(found)
    assert problems == []
    files: dict[str, None] = {}
    for association in associations:
        for product in association.products:
            files.update(dict.fromkeys(made_of(association, product.name)))
        files.update(dict.fromkeys(member.expname for member in association.members))
        files[association.name] = None
    rates = [name for name in files if parse(name).suffix in ("rate", "rateints")]
    files.update(dict.fromkeys(f"{parse(name).root}_uncal.fits" for name in rates))
    return DocumentSet(tuple(associations), tuple(files))


def made_of(association: Association, product: str) -> list[str]:
    """Names of the files that a product of a document becomes, the one members go into first."""
    if "{suffix}" in product:
        return [f"{product.replace('{suffix}', 'wfscmb')}.fits"]
    product = product.replace("{source_id}", SOURCE)
    suffixes = MADE[association.asn_type]
    names = [f"{product}_{suffix}.fits" for suffix in suffixes]
    return [n.replace("_cat.fits", "_cat.ecsv") for n in names]


def table_of(files: Iterable[str], **columns: object) -> ProductTable:
    """A table of files, each listed by its own observation."""
    rows = [
        {
            "obs_id": parse(name).root or name,
            "obsID": parse(name).root or name,
            "dataURI": f"mast:JWST/product/{name}",
            "productFilename": name,
            "size": 1,
            "productGroupDescription": "--",
            **columns,
        }
        for name in files
    ]
    return ProductTable.from_rows(pd.DataFrame(rows) if rows else [])


def stated_edges(documents: DocumentSet) -> set[Edge]:
    """Members to the files that they go into, as the documents state them."""
    return {
        (member.expname, made_of(association, product.name)[0])
        for association in documents.associations
        for product in association.products
        for member in product.members
    }
