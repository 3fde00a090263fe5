"""What CAOM says of a file of each kind: description, type, sub-group, level. No pandas.

A kind is named by suffix and extension (``"rate.fits"``), a guide-star file by its mode. The
descriptions are CAOM's, spacing included.

>>> kind_of("rate.fits").sub_group, kind_of("uncal.jpg").product_type
('RATE', 'PREVIEW')
"""

from __future__ import annotations

from typing import NamedTuple


class Kind(NamedTuple):
    """What CAOM says of a file of one kind."""

    description: str
    product_type: str
    sub_group: str | None
    level: int


KINDS = {
    "uncal.fits": Kind("exposure (L1b): Uncalibrated 4D exposure data", "SCIENCE", "UNCAL", 1),
    "ramp.fits": Kind(
        "exposure (L2a): corrected 4D data (up the ramp detection)", "AUXILIARY", "RAMP", 2
    ),
    "rate.fits": Kind(
        "exposure (L2a): 2D count rate averaged over integrations", "SCIENCE", "RATE", 2
    ),
    "rateints.fits": Kind("exposure (L2a): 3D countrate per integration", "SCIENCE", "RATEINTS", 2),
    "trapsfilled.fits": Kind(
        "exposure (L2a): charge trap product for persistence", "AUXILIARY", "TRAPSFILLED", 2
    ),
    "cal.fits": Kind(
        "exposure (L2b): 2D calibrated exposure average over integrations", "SCIENCE", "CAL", 2
    ),
    "calints.fits": Kind("exposure (L2b): 3D calibrated exposure", "SCIENCE", "CALINTS", 2),
    "oNNN_crf.fits": Kind(
        "exposure (L2c): 2D Calibrated data averaged over integrations",
        "SCIENCE",
        "ANNNN_CRF",
        2,
    ),
    "oNNN_crfints.fits": Kind(
        "exposure (L2c): 3D Calibrated data per integration", "SCIENCE", "ANNNN_CRFINTS", 2
    ),
    "crf.fits": Kind(
        "exposure/target (L2b/L3): 2D Calibrated data averaged over integrations",
        "SCIENCE",
        "CRF",
        3,
    ),
    "i2d.fits": Kind("exposure/target (L2b/L3): rectified 2D image", "SCIENCE", "I2D", 2),
    "s2d.fits": Kind(
        "exposure/target (L2b/L3): 2D image of spectrum avg integrations", "SCIENCE", "S2D", 2
    ),
    "x1d.fits": Kind("exposure/target (L2b/L3): 1D extracted spectrum", "SCIENCE", "X1D", 2),
    "x1dints.fits": Kind(
        "exposure/target (L2b/L3): 1D extracted spectrum per integration", "SCIENCE", "X1DINTS", 2
    ),
    "segm.fits": Kind("target   (L3) : segmentation map", "AUXILIARY", "SEGM", 3),
    "cat.ecsv": Kind("target   (L3) : source catalog", "SCIENCE", "CAT", 3),
    "whtlt.ecsv": Kind("target   (L3) : spectroscopic white-light curve", "SCIENCE", "WHTLT", 3),
    # Our wording: no list with this row was at hand.
    "msa.fits": Kind("exposure (L1b): NIRSpec MSA metadata", "AUXILIARY", "MSA", 1),
    "asn.json": Kind("source/target (L3) : association generator", "INFO", "ASN", 2),
    "pool.csv": Kind("source/target (L3) : association pool", "INFO", "POOL", 2),
    **{
        f"gs-{mode}{stage}": Kind(description, "AUXILIARY", f"GS-{mode.upper()}", level)
        for mode, description in (
            ("acq1", "FGS1 guide star acquisition"),
            ("acq2", "FGS2 guide star acquisition"),
            ("fg", "FGS guide star fine guide"),
            ("id", "FGS guide star identification"),
            ("track", "FGS guide star tracking"),
        )
        for stage, level in (("", 1), ("_cal", 2))
    },
}
PREVIEWS = {level: Kind("Preview-Full", "PREVIEW", None, level) for level in (1, 2, 3)}


def kind_of(key: str) -> Kind:
    """What CAOM says of a file, by suffix and extension.

    >>> kind_of("rate.fits").sub_group, kind_of("uncal.jpg").product_type
    ('RATE', 'PREVIEW')
    """
    if key.endswith(".jpg"):
        return PREVIEWS[KINDS[key.replace(".jpg", ".fits")].level]
    return KINDS[key]
