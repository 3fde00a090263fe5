"""Kinds of exposure (EXP_TYPE), and of which of them a level-3 product is made.

Pure data and look-ups. Sources: JWST pipeline documentation, table of pipeline modules by EXP_TYPE
("Pipeline Modules"); for what the table leaves out, and for the cases that depend on more than the
EXP_TYPE, the association rules of the calibration software (jwst 3.0.0). The rules have changed
over the years, so that older data may have products of which none would be made today: ask only
where there is none.

>>> EXPOSURE_TYPES["MIR_IMAGE"]
ExposureType(kind='science', stage3='image3')
>>> no_level3({"exp_type": "NIS_DARK"})
'a dark'
>>> no_level3({"exp_type": "NIS_SOSS", "filter": "F277W"})
'a NIRISS SOSS exposure through F277W, which is not calibrated beyond count rates'
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

import pandas as pd


@dataclass(frozen=True)
class ExposureType:
    """What an EXP_TYPE stands for.

    Attributes
    ----------
    kind : str
        A key of `KINDS`.
    stage3 : str
        Type of the association that level-3 products are made by; empty: none is made.
    """

    kind: str
    stage3: str = ""


#: How each kind reads in a sentence, and how several of it do.
KINDS: Final = MappingProxyType(
    {
        "science": ("a science exposure", "science exposures"),
        "dark": ("a dark", "darks"),
        "internal flat": ("an internal flat", "internal flats"),
        "external flat": ("an external flat", "external flats"),
        "lamp": ("a lamp exposure", "lamp exposures"),
        "engineering": ("an engineering exposure", "engineering exposures"),
        "target acquisition": ("a target acquisition", "target acquisitions"),
        "wavefront sensing": ("a wavefront-sensing exposure", "wavefront-sensing exposures"),
        "guiding": ("a guide-star exposure", "guide-star exposures"),
    }
)

_BY_KIND: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "dark": (
            *("FGS_DARK", "MIR_DARK", "MIR_DARKALL", "MIR_DARKIMG", "MIR_DARKMRS"),
            *("NIS_DARK", "NRC_DARK", "NRS_DARK"),
        ),
        "internal flat": ("FGS_INTFLAT", "MIR_FLATIMAGE", "MIR_FLATMRS", "NRC_FLAT"),
        "external flat": ("FGS_SKYFLAT", "MIR_FLATIMAGE-EXT", "MIR_FLATMRS-EXT"),
        "lamp": ("NIS_LAMP", "NRC_LED", "NRS_AUTOFLAT", "NRS_AUTOWAVE", "NRS_LAMP"),
        "engineering": (
            *("FGS_FOCUS", "MIR_CORONCAL", "NIS_EXTCAL", "NIS_FOCUS", "NRC_FOCUS"),
            *("NRS_FOCUS", "NRS_IMAGE"),
        ),
        "target acquisition": (
            *("MIR_TACONFIRM", "MIR_TACQ", "NIS_TACONFIRM", "NIS_TACQ", "NRC_TACONFIRM"),
            *("NRC_TACQ", "NRS_BOTA", "NRS_CONFIRM", "NRS_MSATA", "NRS_TACONFIRM", "NRS_TACQ"),
            *("NRS_TASLIT", "NRS_VERIFY", "NRS_WATA"),
        ),
        "wavefront sensing": ("NRS_MIMF",),
        "guiding": (
            *("FGS_ACQ1", "FGS_ACQ2", "FGS_FINEGUIDE", "FGS_ID-IMAGE", "FGS_ID-STACK"),
            "FGS_TRACK",
        ),
    }
)
_BY_STAGE3: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "image3": ("FGS_IMAGE", "MIR_IMAGE", "NIS_IMAGE", "NRC_IMAGE"),
        "spec3": (
            *("MIR_LRS-FIXEDSLIT", "MIR_MRS", "MIR_WFSS", "NIS_WFSS", "NRC_WFSS"),
            *("NRS_FIXEDSLIT", "NRS_IFU", "NRS_MSASPEC"),
        ),
        "tso3": ("MIR_LRS-SLITLESS", "NIS_SOSS", "NRC_TSGRISM", "NRC_TSIMAGE", "NRS_BRIGHTOBJ"),
        "coron3": ("MIR_4QPM", "MIR_LYOT", "NRC_CORON"),
        "ami3": ("NIS_AMI",),
    }
)

#: What each EXP_TYPE is; one that is not here is not known.
EXPOSURE_TYPES: Final[Mapping[str, ExposureType]] = MappingProxyType(
    {
        **{name: ExposureType(kind) for kind, names in _BY_KIND.items() for name in names},
        **{
            name: ExposureType("science", stage3)
            for stage3, names in _BY_STAGE3.items()
            for name in names
        },
    }
)


def no_level3(exposure: Mapping[str, Any]) -> str:
    """What this exposure is, if no level-3 product is made of its kind; else an empty text.

    Parameters
    ----------
    exposure : mapping
        Row of a pool (`jwstwidgets.pools`), or as much of it as is known: `exp_type`, `filter`,
        `pupil`, `detector`, `visitype`, `patttype`.

    Returns
    -------
    str
        A noun phrase. Empty also where the EXP_TYPE is not known: that is no statement.
    """
    exp_type, filter_, pupil, detector, visit_type, pattern = (
        _upper(exposure.get(name))
        for name in ("exp_type", "filter", "pupil", "detector", "visitype", "patttype")
    )
    known = EXPOSURE_TYPES.get(exp_type)
    if known is None:
        return ""
    if not known.stage3:
        return KINDS[known.kind][0]
    if exp_type == "NIS_SOSS" and filter_ == "F277W":
        return "a NIRISS SOSS exposure through F277W, which is not calibrated beyond count rates"
    if exp_type == "NRC_TSGRISM" and detector == "NRCBLONG":
        return "a NIRCam grism time series on module B, of which no time-series product is made"
    if exp_type == "NRC_TSGRISM" and pupil in ("CLEAR", "GDHS0", "GDHS60"):
        return "a NIRCam grism time series of an engineering mode"
    # Dithered pairs of wavefront sensing are combined (wfscmb); nothing else of such a visit is.
    if known.stage3 == "image3" and "WFSC" in visit_type and pattern != "WFSC":
        return KINDS["wavefront sensing"][0]
    return ""


def _upper(value: Any) -> str:
    return "" if value is None or pd.isna(value) else str(value).upper()
