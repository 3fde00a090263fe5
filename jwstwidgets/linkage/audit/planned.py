"""Planned exposures (calib_level -1), and how they and optical elements match names.

>>> from jwstwidgets.names import parse
>>> name = parse("jw06049001001_xx10q_00002_miri")
>>> exposure_key(name) == exposure_key(parse("jw06049001001_0310q_00002_mirimage_cal.fits"))
True
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pandas as pd

from jwstwidgets.names import Name, parse_many
from jwstwidgets.vocabulary import instrument_of


def fits_optics(optical: str | None, elements: Iterable[Any]) -> bool:
    """Whether optical elements are among those that a level-3 product is named after.

    >>> fits_optics("clear-f200w", ["F200W", "CLEAR"]), fits_optics("f1130w", ["F560W"])
    (True, False)
    """
    stated = {str(e).lower() for e in elements if not pd.isna(e) and str(e) not in ("", "--")}
    return optical is None or stated <= set(optical.split("-"))


def exposure_key(name: Name) -> tuple[str | None, ...]:
    """What a planned exposure and the files it became have in common."""
    instrument = name.instrument or instrument_of(name.detector or "")
    where = (name.program, name.observation, name.visit)
    return (*where, name.sequence, name.activity, name.exposure, instrument or None)


def planned_rows(observations: pd.DataFrame | None) -> pd.DataFrame:
    """Rows of planned observations (calib_level -1), with the fields of their names."""
    if observations is None or not len(observations) or "obs_id" not in observations:
        return pd.DataFrame(columns=["obs_id", "program", "observation"])
    rows = observations
    if "calib_level" in rows:
        rows = rows[pd.to_numeric(rows["calib_level"], errors="coerce") == -1]
    named = parse_many(rows["obs_id"]).drop(columns="raw")
    rows = rows.reset_index(drop=True)
    return pd.concat([rows[[c for c in rows if c not in named]], named], axis=1)
