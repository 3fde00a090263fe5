"""How each of the archive's two product services names its columns.

Pure data: which column of a CAOM or a Missions answer says what. The only place that knows their
spelling; `jwstwidgets.products` reads every table through a :class:`Dialect`.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Final

import pandas as pd

from jwstwidgets.errors import ProductTableError

#: What `productGroupDescription` says of a Minimum Recommended Product; nothing else makes one.
MRP: Final = "Minimum Recommended Products"

#: The stem of a JWST product's URI in CAOM; its file name follows.
CAOM_URI: Final = "mast:JWST/product/"


@dataclass(frozen=True)
class Dialect:
    """Column names of one service. Those marked needed must be there; the others may be missing.

    Attributes
    ----------
    name : str
        ``"caom"`` or ``"missions"``.
    key : str
        What tells two files apart (needed).
    filename, owner, size : str
        File name, `obs_id` of the listing observation, bytes (needed).
    mrp : str
        The product group (needed, where the service states it).
    uri, obsid, parent, rights, product_type, subgroup, description, calib_level, category : str
        Where the file is; number of the listing and of the asked-for observation; ``PUBLIC`` or
        ``EXCLUSIVE_ACCESS``; and what the service calls the file.
    aperture : str
        Detector and subarray that a row belongs to, e.g. ``NRCA5_FULL``.
    """

    name: str
    key: str
    filename: str
    owner: str
    size: str
    mrp: str = ""
    uri: str = ""
    obsid: str = ""
    parent: str = ""
    rights: str = ""
    product_type: str = ""
    subgroup: str = ""
    description: str = ""
    calib_level: str = ""
    category: str = ""
    aperture: str = ""

    @property
    def needed(self) -> tuple[str, ...]:
        """Columns without which the rows mean nothing."""
        columns = dict.fromkeys((self.filename, self.key, self.owner, self.size, self.mrp))
        return tuple(column for column in columns if column)

    @property
    def known(self) -> frozenset[str]:
        """Every column this dialect gives a meaning to."""
        named = (getattr(self, f.name) for f in fields(self) if f.name not in ("name", "aperture"))
        return frozenset(named) - {""}


CAOM: Final = Dialect(
    name="caom",
    key="dataURI",
    filename="productFilename",
    owner="obs_id",
    size="size",
    mrp="productGroupDescription",
    uri="dataURI",
    obsid="obsID",
    parent="parent_obsid",
    rights="dataRights",
    product_type="productType",
    subgroup="productSubGroupDescription",
    description="description",
    calib_level="calib_level",
)

#: Missions repeats a file under each dataset with another `uri`, so that its name is its key.
MISSIONS: Final = Dialect(
    name="missions",
    key="filename",
    filename="filename",
    owner="dataset",
    size="size",
    uri="uri",
    obsid="dataset",
    parent="dataset",
    rights="access",
    product_type="type",
    category="category",
    aperture="filters",
)


def dialect_of(frame: pd.DataFrame) -> Dialect:
    """Which service these rows come from, by their columns.

    Raises
    ------
    ProductTableError
        A needed column is missing; the message names it and the columns found.
    """
    # CAOM has no `dataset` and `filename`, Missions no `productFilename`.
    missions = "productFilename" not in frame and {"filename", "dataset"} & set(frame.columns)
    dialect = MISSIONS if missions else CAOM
    missing = [column for column in dialect.needed if column not in frame]
    if missing:
        found = ", ".join(map(str, frame.columns)) or "none"
        raise ProductTableError(
            f"Product rows lack the column{'s' * (len(missing) > 1)} {', '.join(missing)}; "
            f"columns found: {found}.",
            "Give the rows as the archive returns them (get_product_list), unfiltered in columns.",
        )
    return dialect
