"""An observation under exclusive access (f) and a planned one (g).

(f) Program 2221, the molecular cloud "the Brick", MIRI F2550W, one visit of four exposures, as it
stood in September 2022, when its rows said EXCLUSIVE_ACCESS. Exact: names, obsIDs and sizes but
for the fine-guide files, the acquisition times and three exposures' previews. Its real release was
in August 2023; the sample's is put far ahead, so that date and rights agree for good.

(g) Program 9331, one exposure as planned in APT. Exact but for its footprint, a box.
"""

from __future__ import annotations

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

FAR_AHEAD = 62502.0  # 2030-01-01

RUN = Delivery(2221, "o003", "20220828t044842", "1.6.2", pool_size=351495, target=2)
STARS = GuideStars(
    "jw02221003001",
    "2022240",
    acquisition="034526 034612",
    track="034702a 035010a 035201a 035352b",
    fine="034926:915/1134/887 035115:388/482/374 035307:388/486/377 035510:550/680/529",
    identification=(17288, 19677, 19671, 23048, 26232),
)
# obsID and counter of the association.
EXPOSURES = (
    ("90130458", "001"),
    ("90145493", "004"),
    ("90130455", "003"),
    ("90130456", "002"),
)
SIZES = {
    "uncal.fits": 29116800,
    "rate.fits": 21191040,
    "rateints.fits": 21196800,
    "cal.fits": 29684160,
    "oNNN_crf.fits": 55048320,
    "i2d.fits": 29445120,
    **previews(
        {"uncal": 101975, "rate": 26397, "rateints": 26397, "cal": 25770, "oNNN_crf": 25770}
    ),
}

BRICK = Observation(
    obsid="90157324",
    obs_id="jw02221-o003_t002_miri_f2550w",
    calib_level=3,
    proposal=Proposal(
        2221,
        "Ginsburg, Adam G",
        "Star Formation along the Galactic Dust Ridge: The Brick and Cloud C",
        "GO",
    ),
    target=Target("UNKNOWN", None, 266.4988646, -28.4858),
    instrument="MIRI/IMAGE",
    filters="F2550W",
    product="image",
    band=(23500.0, 27500.0),
    seconds=122.1,
    exposed=(59819.15869600185, 59819.16293597222),
    release=FAR_AHEAD,
    exposures=tuple(
        Exposure(
            obsid,
            STARS.visit,
            "03101",
            f"{number:05d}",
            "mirimage",
            Association(RUN, "image2", counter, 1800),
            SIZES,
            STARS,
        )
        for number, (obsid, counter) in enumerate(EXPOSURES, start=1)
    ),
    association=Association(RUN, "image3", "001", 2805),
    sizes={
        "segm.fits": 5564160,
        "cat.ecsv": 136389,
        "i2d.fits": 38805120,
        "i2d.jpg": 163320,
    },
    shown=("i2d.fits", "i2d.jpg"),
    rights="EXCLUSIVE_ACCESS",
)

PLANNED = Observation(
    obsid="262854696",
    obs_id="jw09331001001_xx101_00001_nircam",
    calib_level=-1,
    proposal=Proposal(
        9331,
        "Blanchard, Peter",
        "A Deep Search for a Counterpart to the Nearby FRB 20250316A",
        "DD",
    ),
    target=Target("FRB20250316A", None, 182.434625, 58.8490833),
    instrument="NIRCAM/IMAGE",
    filters="F150W2;F322W2",
    product="image",
    band=(1008.0, 4013.0),
    seconds=1052.203,
)
