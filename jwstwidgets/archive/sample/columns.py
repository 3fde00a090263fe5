"""The columns of CAOM's two tables, as the sample archive fills them.

Missing values are real ones, never the ``--`` that astroquery prints for a masked cell.

>>> table({"size": []}, {"size": "int64"}).dtypes.to_dict()
{'size': dtype('int64')}
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

# pandas 3 infers its own string type, pandas 2 leaves objects: say which, also for empty tables.
TEXT = "str" if int(pd.__version__.partition(".")[0]) >= 3 else "object"

PRODUCT_COLUMNS = {
    "obsID": TEXT,
    "obs_collection": TEXT,
    "dataproduct_type": TEXT,
    "obs_id": TEXT,
    "description": TEXT,
    "type": TEXT,
    "dataURI": TEXT,
    "productType": TEXT,
    "productGroupDescription": TEXT,
    "productSubGroupDescription": TEXT,
    "productDocumentationURL": TEXT,
    "project": TEXT,
    "prvversion": TEXT,
    "proposal_id": TEXT,
    "productFilename": TEXT,
    "size": "int64",  # bytes
    "parent_obsid": TEXT,
    "dataRights": TEXT,
    "calib_level": "int64",
    "filters": TEXT,
}
OBSERVATION_COLUMNS = {
    "intentType": TEXT,
    "obs_collection": TEXT,
    "provenance_name": TEXT,
    "instrument_name": TEXT,
    "project": TEXT,
    "filters": TEXT,
    "wavelength_region": TEXT,
    "target_name": TEXT,
    "target_classification": TEXT,
    "obs_id": TEXT,
    "s_ra": "float64",  # deg, ICRS
    "s_dec": "float64",  # deg, ICRS
    "dataproduct_type": TEXT,
    "proposal_pi": TEXT,
    "calib_level": "int64",
    "t_min": "float64",  # MJD, UTC
    "t_max": "float64",  # MJD, UTC
    "t_exptime": "float64",  # s
    "em_min": "float64",  # nm
    "em_max": "float64",  # nm
    "obs_title": TEXT,
    "t_obs_release": "float64",  # MJD, UTC
    "proposal_id": TEXT,
    "proposal_type": TEXT,
    "s_region": TEXT,
    "jpegURL": TEXT,
    "dataURL": TEXT,
    "dataRights": TEXT,
    "mtFlag": "bool",
    "obsid": TEXT,
}


def table(values: Mapping[str, Sequence[Any]], schema: Mapping[str, str]) -> pd.DataFrame:
    """A table with the columns and types of `schema`, in its order."""
    return pd.DataFrame({c: pd.Series(list(values[c]), dtype=t) for c, t in schema.items()})
