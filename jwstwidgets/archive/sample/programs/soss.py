"""NIRISS SOSS time series, cut into segments: programs 2734 (d) and 1091 (e).

(d) WASP-96, three segments with the clear filter, one exposure with F277W, four target
acquisitions. Names, sizes and obsIDs are exact. Reconstructed: that the acquisitions are listed
under both level-3 observations and the guide stars under every exposure of the visit (the list at
hand named each file once), and the size of the pool, taken from another observation of the program.

(e) BD+60 1753, five segments without a level-3 product, each an observation of its own. Names,
sizes and obsIDs are exact; that the pool and the guide stars of the visit are listed under each is
reconstructed.
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
    previews,
)
from jwstwidgets.archive.sample.guide_stars import GuideStars

# --- (d) WASP-96 ----------------------------------------------------------------------------------

RUN = Delivery(2734, "o002", "20220712t204150", "1.5.3", pool_size=7985, target=2)
STARS = GuideStars(
    "jw02734002001",
    "2022172",
    acquisition="034456 034543",
    track="034633a 034940b 035054b 035743a",
    fine="""
034855:915/1134/887 035658:2189/2743/2139 104816-seg001:18210/23157/18042
104816-seg002:18209/23157/18042 104816-seg003:18209/23157/18042
104816-seg004:18209/23157/18042 104816-seg005:18209/23157/18042
104816-seg006:18209/23157/18042 104816-seg007:18209/23157/18042
104816-seg008:9471/12030/9374
""",
    identification=(11530, 13123, 13117, 23049, 26233),
)
# obsID, counter of the association, then bytes: uncal, ramp, and previews cal, ramp, rate (rateints
# has the same), uncal.
ACQUISITIONS = (
    ("87599585", "003", 221760, 800640, 1364, 1463, 1321, 1774),
    ("87599577", "002", 221760, 800640, 1420, 1474, 1344, 1772),
    ("87599615", "004", 221760, 800640, 1417, 1333, 1366, 1771),
    ("87599556", "001", 210240, 792000, 1343, 1648, 1276, 1763),
)
# obsID, activity, segment, counter of the association, then bytes: uncal, ramp, rateints, calints
# (crfints has the same), x1dints, and previews uncal, ramp, rate, rateints, calints, crfints.
_LONG = (1468074240, 6608211840, 1048636800, 1291991040, 88571520)
_LAST = (1174469760, 5287006080, 838929600, 1040342400, 70865280)
_F277W = (161530560, 728830080, 115398720, 172105920, None)
SERIES = (
    ("87599603", "04101", 1, "002", _LONG, (132165, 95768, 21784, 21829, 21735, 21631)),
    ("87599567", "04101", 2, "004", _LONG, (131831, 95956, 21814, 21963, 21863, 21751)),
    ("87599537", "04101", 3, "003", _LAST, (131836, 94581, 21809, 21858, 21777, 21777)),
    ("87599541", "04102", 1, "001", _F277W, (132899, 107386, 19993, 40402, 41618, 41618)),
)


def _acquisitions() -> tuple[Exposure, ...]:
    return tuple(
        Exposure(
            obsid,
            STARS.visit,
            "02101",
            f"{number:05d}-seg001",
            "nis",
            Association(RUN, "image2", counter, 1498),
            {
                "uncal.fits": uncal,
                "ramp.fits": ramp,
                "rate.fits": 138240,
                "rateints.fits": 144000,
                "cal.fits": 181440,
                **previews({"cal": cal, "ramp": up, "rate": rate, "rateints": rate, "uncal": raw}),
            },
            STARS,
            role="target_acquisition",
            filters="CLEAR;GR700XD",
        )
        for number, (obsid, counter, uncal, ramp, cal, up, rate, raw) in enumerate(
            ACQUISITIONS, start=1
        )
    )


def _series() -> tuple[Exposure, ...]:
    return tuple(
        Exposure(
            obsid,
            STARS.visit,
            activity,
            f"00001-seg{segment:03d}",
            "nis",
            Association(RUN, "tso-spec2", counter, 1973),
            _series_sizes(files) | _series_previews(shown),
            STARS,
            # CAOM calls the F277W exposure, whose spectrum it does not extract, an image.
            product="image" if files[4] is None else "spectrum",
        )
        for obsid, activity, segment, counter, files, shown in SERIES
    )


def _series_sizes(files: tuple[int, int, int, int, int | None]) -> dict[str, int]:
    uncal, ramp, rateints, calints, x1dints = files
    sizes = {
        "uncal.fits": uncal,
        "ramp.fits": ramp,
        "rate.fits": 10546560,
        "rateints.fits": rateints,
        "calints.fits": calints,
        "oNNN_crfints.fits": calints,
    }
    return sizes if x1dints is None else {**sizes, "x1dints.fits": x1dints}


def _series_previews(shown: tuple[int, ...]) -> dict[str, int]:
    suffixes = ("uncal", "ramp", "rate", "rateints", "calints", "oNNN_crfints")
    return previews(dict(zip(suffixes, shown, strict=True)))


_SERIES = _series()
CLEAR = Observation(
    obsid="87602514",
    obs_id="jw02734-o002_t002_niriss_clear-gr700xd-substrip256",
    calib_level=3,
    proposal=Proposal(2734, "Pontoppidan, Klaus M.", "JWST Early Release Observation 8", "COM"),
    target=Target("WASP-96", "Exoplanet Systems", 1.0464071, -47.3606444),
    instrument="NIRISS/SOSS",
    filters="CLEAR;GR700XD",
    product="spectrum",
    band=(600.0, 2800.0),
    seconds=21536.48,
    exposed=(59751.17111, 59751.43818),
    release=59773.625,
    exposures=(*_SERIES[:3], *_acquisitions()),
    association=Association(RUN, "tso3", "001", 3971),
    sizes={"whtlt.ecsv": 34129, "x1dints.fits": 247913280},
    shown=("x1dints.fits", None),
)
F277W = replace(
    CLEAR,
    obsid="87602512",
    obs_id="jw02734-o002_t002_niriss_f277w-gr700xd-substrip256",
    filters="F277W;GR700XD",
    band=(600.0, 5000.0),
    seconds=846.076,
    exposed=(59751.43943, 59751.44993),
    exposures=(_SERIES[3], *_acquisitions()),
    association=Association(RUN, "tso3", "002", 3439),
    sizes={"x1dints.fits": 37440},
)
WASP96 = (CLEAR, F277W)

# --- (e) BD+60 1753 -------------------------------------------------------------------------------

FLUX_RUN = Delivery(1091, "o002", "20220703t102255", "1.4.6", pool_size=10023)
# Segment 2 was not reprocessed with the others.
FLUX_RUN_BEFORE = replace(FLUX_RUN, stamp="20220605t072046")
FLUX_STARS = GuideStars(
    "jw01091002001",
    "2022156",
    acquisition="062319",
    track="062408a 062704b 062818b 063447b",
    fine="""
062619:733/937/737 063402:2007/2532/1976 121511-seg001:18210/23157/18042
121511-seg002:18209/23157/18042 121511-seg003:18209/23157/18042
121511-seg004:18209/23157/18042 121511-seg005:18209/23157/18042
121511-seg006:18210/23157/18042 121511-seg007:4374/5527/4307
""",
)
# obsID, association, then bytes: calints, x1dints, and previews calints, ramp, rate, rateints,
# uncal.
_REPROCESSED = (FLUX_RUN, 1973)
_BEFORE = (FLUX_RUN_BEFORE, 1969)
SEGMENTS = (
    ("84343025", _REPROCESSED, "004", 2424458880, 168246720, (20184, 30164, 20276, 20456, 129724)),
    ("84343217", _BEFORE, "003", 2426567040, 122567040, (27574, 29741, 20270, 20485, 129400)),
    ("84343207", _REPROCESSED, "003", 2424458880, 168246720, (20192, 27930, 20289, 20482, 129343)),
    ("84343085", _REPROCESSED, "002", 2424458880, 168246720, (20155, 27903, 20306, 20492, 129299)),
    ("84343158", _REPROCESSED, "005", 1493323200, 102735360, (20207, 27878, 20313, 20513, 129470)),
)
# uncal, ramp, rateints: the last segment holds the integrations that are left.
_FULL = (597755520, 2691783360, 1992360960)
_REST = (364962240, 1644243840, 1216414080)


def _segments() -> tuple[Exposure, ...]:
    suffixes = ("calints", "ramp", "rate", "rateints", "uncal")
    exposures = []
    for number, (obsid, (run, size), counter, calints, x1dints, shown) in enumerate(
        SEGMENTS, start=1
    ):
        uncal, ramp, rateints = _REST if number == len(SEGMENTS) else _FULL
        exposures.append(
            Exposure(
                obsid,
                FLUX_STARS.visit,
                "03101",
                f"00001-seg{number:03d}",
                "nis",
                Association(run, "tso-spec2", counter, size),
                {
                    "uncal.fits": uncal,
                    "ramp.fits": ramp,
                    "rate.fits": 10546560,
                    "rateints.fits": rateints,
                    "calints.fits": calints,
                    "x1dints.fits": x1dints,
                    **previews(dict(zip(suffixes, shown, strict=True))),
                },
                FLUX_STARS,
                product="spectrum",
            )
        )
    return tuple(exposures)


FLUX = Proposal(1091, "Martel, Andre", "NIRISS GR700XD Flux Calibration", "COM")
FLUX_STANDARD = Target(
    "BD+60-1753", "Calibration; A stars; Photometric; Spectrophotometric", 261.2178567, 60.4307806
)
STANDALONE = tuple(
    Observation(
        obsid=exposure.obsid,
        obs_id=exposure.name,
        calib_level=2,
        proposal=FLUX,
        target=FLUX_STANDARD,
        instrument="NIRISS/SOSS",
        filters="CLEAR;GR700XD",
        product="spectrum",
        band=(600.0, 2800.0),
        seconds=14438.232,
        exposed=(59735.27602, 59735.49883),
        release=59774.8541666,
        exposures=(exposure,),
        shown=("x1dints.fits", "calints.jpg"),
    )
    for exposure in _segments()
)
