"""Program 2736: the galaxy cluster SMACS J0723.3-7327.

(b) NIRCam, nine dithers, F200W on eight short-wave and F277W on two long-wave detectors.
Exact: the level-3 files of F200W, the sizes of an exposure's products, its acquisition times and
two tracking times. Invented: the other detectors' obsIDs and association counters, the guide
stars of the rest of the visit (kept to four), and all of F277W but its exposures.

(c) NIRSpec MSA, three nods with G395M/F290LP on two detectors. Exact: the level-3 files of source
s00001 and most of s00002, one s2d, one association. Invented: the size of other products, guide
stars, the acquisition and confirmation exposures beyond the first, and the MSA file's size.
"""

from __future__ import annotations

from dataclasses import replace

from jwstwidgets.archive.sample.facts import (
    Association,
    Delivery,
    Exposure,
    Observation,
    Proposal,
    Target,
    invented_obsids,
    previews,
)
from jwstwidgets.archive.sample.guide_stars import GuideStars

ERO = Proposal(2736, "Pontoppidan, Klaus M.", "JWST Early Release Observation", "COM")
CLUSTER = Target("SMACS-J0723.3-7327", "Clusters of galaxies", 110.82708, -73.45400, 5.1, 2.2)
PUBLIC = 59773.625

# --- (b) NIRCam -----------------------------------------------------------------------------------

IMAGING = Delivery(2736, "o001", "20231116t144653", "1.11.4", pool_size=177115)
IMAGING_STARS = GuideStars(
    "jw02736001001",
    "2022158",
    acquisition="002931 003016",
    track="003106a 065056b 070619e 072142e",
    fine="003540:1825/2320/1814 070530:4750/5960/4660 072052:4750/5960/4660 073615:4750/5960/4660",
    identification=(11530, 13123, 13117, 23049, 26233),
)
SHORT = ("nrca1", "nrca2", "nrca3", "nrca4", "nrcb1", "nrcb2", "nrcb3", "nrcb4")
LONG = ("nrcalong", "nrcblong")
# A resampled exposure is as large as the distortion of its detector makes it.
I2D = {
    "nrca1": 118676160,
    "nrca2": 118454400,
    "nrca3": 119018880,
    "nrca4": 118676160,
    "nrcb1": 118555200,
    "nrcb2": 118454400,
    "nrcb3": 118676160,
    "nrcb4": 119018880,
    "nrcalong": 120228480,
    "nrcblong": 120225600,
}
IMAGING_SIZES = {
    "uncal.fits": 75553920,
    "rate.fits": 83949120,
    "rateints.fits": 83954880,
    "trapsfilled.fits": 50365440,
    "cal.fits": 117538560,
    "oNNN_crf.fits": 117550080,
    **previews(
        {
            "uncal": 680740,
            "rate": 553219,
            "rateints": 553273,
            "trapsfilled": 49533,
            "cal": 555929,
            "oNNN_crf": 555929,
        }
    ),
}
KNOWN_OBSIDS = {("00001", "nrca1"): "87600962", ("00009", "nrcb4"): "87601042"}


def _imaging(detectors: tuple[str, ...], first: int) -> tuple[Exposure, ...]:
    """Nine dithers on these detectors; associations are counted from `first`."""
    places = [(f"{dither:05d}", detector) for dither in range(1, 10) for detector in detectors]
    counters = {place: first + i for i, place in enumerate(places)}
    if ("00009", "nrcb4") in counters:  # the one counter we know
        counters["00009", "nrcb4"] = 2
    return tuple(
        Exposure(
            KNOWN_OBSIDS.get((number, detector), invented),
            IMAGING_STARS.visit,
            "02105",
            number,
            detector,
            Association(IMAGING, "image2", f"{counters[number, detector]:05d}", 1804),
            {**IMAGING_SIZES, "i2d.fits": I2D[detector]},
            IMAGING_STARS,
        )
        for (number, detector), invented in zip(
            places, invented_obsids(first, len(places)), strict=True
        )
    )


F200W = Observation(
    obsid="87602476",
    obs_id="jw02736-o001_t001_nircam_clear-f200w",
    calib_level=3,
    proposal=ERO,
    target=CLUSTER,
    instrument="NIRCAM/IMAGE",
    filters="F200W",
    product="image",
    band=(1755.0, 2226.0),
    seconds=7537.0,
    exposed=(59737.202, 59737.317),
    release=PUBLIC,
    exposures=_imaging(SHORT, 101),
    association=Association(IMAGING, "image3", "00002", 20413),
    sizes={
        "segm.fits": 195808320,
        "cat.ecsv": 3563250,
        "i2d.fits": 1762260480,
        "i2d.jpg": 4960664,
    },
    shown=("i2d.fits", "i2d.jpg"),
)
F277W = replace(
    F200W,
    obsid="990000001",
    obs_id="jw02736-o001_t001_nircam_clear-f277w",
    filters="F277W",
    band=(2416.0, 3127.0),
    exposures=_imaging(LONG, 201),
    association=Association(IMAGING, "image3", "00005", 6481),
    sizes={
        "segm.fits": 48954240,
        "cat.ecsv": 1190412,
        "i2d.fits": 440565120,
        "i2d.jpg": 1391022,
    },
)
NIRCAM = (F200W, F277W)

# --- (c) NIRSpec MSA ------------------------------------------------------------------------------

SPECTRA = Delivery(2736, "o007", "20231116t144653", "1.11.4", pool_size=177115)
# CAOM still stated the older calibration software for the exposures.
SPECTRA_LEVEL2 = replace(SPECTRA, version="1.5.3")
SPECTRA_STARS = GuideStars(
    "jw02736007001",
    "2022181",
    acquisition="073417 073503",
    track="073552a 075204a",
    fine="075121:4210/5290/4140 105712-seg001:18210/23157/18042 105712-seg002:2740/3460/2690",
    identification=(11530, 13123, 13117, 23049, 26233),
)
MSA = ("01", 276480)
NODS = ("00001", "00002", "00003")
NOD_PREVIEWS = previews(
    {"uncal": 298411, "rate": 221904, "rateints": 221877, "cal": 91236, "s2d": 84210}
)
NOD_SIZES = {
    "uncal.fits": 524304000,
    "rate.fits": 83949120,
    "rateints.fits": 167837760,
    "x1d.fits": 9959040,
    **NOD_PREVIEWS,
}
# The sky falls differently on the two detectors: so do the sizes of what is cut out of it.
NOD_DETECTORS = {
    "nrs1": {"cal.fits": 26346240, "s2d.fits": 24598080},
    "nrs2": {"cal.fits": 36486720, "s2d.fits": 34413120},
}
ACQUISITION_SIZES = {
    "uncal.fits": 25223040,
    "rate.fits": 83949120,
    "rateints.fits": 83954880,
    "cal.fits": 117538560,
    **previews({"uncal": 310222, "rate": 250118, "rateints": 250118, "cal": 249872}),
}


def _nods() -> tuple[Exposure, ...]:
    """Each nod has the other two as its background."""
    places = [(detector, nod) for detector in NOD_DETECTORS for nod in NODS]
    visit, activity = SPECTRA_STARS.visit, "03103"
    return tuple(
        Exposure(
            "87600652" if (detector, nod) == ("nrs1", "00001") else invented,
            visit,
            activity,
            nod,
            detector,
            Association(SPECTRA_LEVEL2, "spec2", f"{count:05d}", 2317),
            NOD_SIZES | NOD_DETECTORS[detector],
            SPECTRA_STARS,
            product="spectrum",
            background=tuple(f"{visit}_{activity}_{n}_{detector}" for n in NODS if n != nod),
            msa=MSA,
        )
        for count, ((detector, nod), invented) in enumerate(
            zip(places, invented_obsids(301, len(places)), strict=True), start=1
        )
    )


def _acquisitions() -> tuple[Exposure, ...]:
    """The image of the reference stars (02101) and the one that confirms them (02103)."""
    places = [(act, detector) for act in ("02101", "02103") for detector in ("nrs1", "nrs2")]
    obsids = ("87600657", *invented_obsids(311, 3))
    return tuple(
        Exposure(
            obsid,
            SPECTRA_STARS.visit,
            activity,
            "00001",
            detector,
            Association(SPECTRA_LEVEL2, "image2", f"{count:05d}", 1417),
            ACQUISITION_SIZES,
            SPECTRA_STARS,
            role="target_acquisition",
            filters="F140X;MIRROR",
        )
        for obsid, count, (activity, detector) in zip(obsids, (8, 7, 9, 10), places, strict=True)
    )


S00001 = Observation(
    obsid="100975615",
    obs_id="jw02736-o007_s00001_nirspec_f290lp-g395m",
    calib_level=3,
    proposal=ERO,
    target=replace(CLUSTER, width=3.6, height=3.4),
    instrument="NIRSPEC/MSA",
    filters="F290LP;G395M",
    product="spectrum",
    band=(2870.0, 5100.0),
    seconds=8840.0,
    exposed=(59760.335, 59760.456),
    release=PUBLIC,
    exposures=(*_nods(), *_acquisitions()),
    association=Association(SPECTRA, "spec3", "00001", 5501),
    sizes={
        "cal.fits": 979200,
        "crf.fits": 1051200,
        "s2d.fits": 521280,
        "x1d.fits": 250560,
        **previews({"cal": 1038, "crf": 1038, "s2d": 4632}),
    },
    shown=("s2d.fits", "cal.jpg"),
    # One document made all sources of this observation.
    asn_product="jw02736-o007_{source_id}_nirspec_f290lp-g395m",
)
S00002 = replace(
    S00001,
    obsid="100975637",
    obs_id="jw02736-o007_s00002_nirspec_f290lp-g395m",
    sizes={
        "cal.fits": 4057920,
        "crf.fits": 4394880,
        "s2d.fits": 2206080,
        "x1d.fits": 250560,
        **previews({"cal": 4610, "crf": 4610, "s2d": 13542}),
    },
)
NIRSPEC = (S00001, S00002)
