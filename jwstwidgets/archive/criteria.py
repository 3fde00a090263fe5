"""A :class:`Query` in the words of astroquery's ``query_criteria``, and as a check on its answer.

The archive compares with SQL's LIKE, where every ``_`` stands for any character: ``jw02733-o002*``
asked with an underscore in it finds more than it says. So the same conditions hold once more here.

>>> criteria_of(Query(program=2733, instrument="MIRI"))
{'obs_collection': 'JWST', 'proposal_id': '2733', 'instrument_name': 'MIRI*'}
"""

from __future__ import annotations

import re
from typing import Any

import pandas as pd

from jwstwidgets.archive.protocol import Query

COLLECTION = "JWST"


def criteria_of(query: Query) -> dict[str, Any]:
    """Arguments for ``Observations.query_criteria``.

    An instrument without a mode stands for all of its modes (``MIRI*``: ``MIRI/IMAGE``, ...); a
    program is text without leading zeros.
    """
    criteria: dict[str, Any] = {"obs_collection": COLLECTION}
    if query.obs_id:
        criteria["obs_id"] = query.obs_id.strip()
    if query.program is not None:
        criteria["proposal_id"] = str(int(query.program))
    if query.target:
        criteria["target_name"] = query.target.strip()
    if query.instrument:
        name = query.instrument.strip().upper()
        criteria["instrument_name"] = name if "/" in name or "*" in name else f"{name}*"
    if query.ra is not None:
        from astropy import units
        from astropy.coordinates import SkyCoord

        criteria["coordinates"] = SkyCoord(query.ra, query.dec, unit=units.deg, frame="icrs")
        criteria["radius"] = query.radius * units.deg
    return criteria


def matching(rows: pd.DataFrame, query: Query) -> pd.DataFrame:
    """The rows that a query means, of those that an archive sent.

    The position is left to the archive: it compares footprints, which rows state for people only.
    """
    wanted = {
        "obs_collection": COLLECTION,
        "obs_id": query.obs_id,
        "proposal_id": None if query.program is None else f"{query.program:d}",
        "target_name": query.target,
    }
    keep = pd.Series(True, index=rows.index)
    for column, pattern in wanted.items():
        if pattern and column in rows:
            keep &= rows[column].map(_like(pattern)).astype(bool)
    if query.instrument and "instrument_name" in rows:
        name = query.instrument.strip()
        one, modes = _like(name), _like(f"{name}/*")
        keep &= rows["instrument_name"].map(lambda value: one(value) or modes(value)).astype(bool)
    return rows if keep.all() else rows[keep].reset_index(drop=True)


def _like(pattern: str) -> Any:
    """Test for ``*`` as the only wildcard, without regard to case."""
    parts = (re.escape(part) for part in re.split(r"[*%]", pattern.strip()))
    found = re.compile(".*".join(parts), re.IGNORECASE | re.DOTALL).fullmatch
    return lambda value: isinstance(value, str) and found(value) is not None
