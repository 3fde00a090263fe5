"""A product list of a large made-up program, as CAOM returns it: 300,000 rows from naming rules.

No row is copied from the archive. What makes real lists large is here: an observation lists, for
each of its exposures and detectors, all guide-star files of the visit; a mosaic across
observations lists all their exposures again; every source of a NIRSpec MSA observation is an
observation of its own that lists all the exposures it shares with the others.

- `product_rows(300_000)`: rows repeated as in real programs, 6 a file (the MIRI image of the
  sample: 3,470 rows for 605 files).
- `product_rows(300_000, repeated=False)`: each file once, so 300,000 names to read: the worst case.

Always the same rows for the same arguments.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd

from jwstwidgets.archive.sample.columns import PRODUCT_COLUMNS, table
from jwstwidgets.archive.sample.kinds import kind_of
from jwstwidgets.schema import CAOM_URI, MRP

PROGRAM = "09990"  # made up
STAMP = "20250101t000000"
#: The mosaic of all short-wave NIRCam exposures of the program; the file with most ancestors.
MOSAIC = f"jw{PROGRAM}-c1000_t001_nircam_clear-f200w"

_POOL = (f"jw{PROGRAM}_{STAMP}_pool.csv", "pool.csv")
_SHORT = tuple(f"nrc{module}{number}" for module in "ab" for number in range(1, 5))
_LONG = ("nrcalong", "nrcblong")
_IMAGE = ("uncal", "rate", "trapsfilled", "cal", "crf", "i2d")
_SPECTRUM = ("uncal", "rate", "cal", "crf", "s2d", "x1d")
_SERIES = ("uncal", "rateints", "calints", "crfints", "x1dints")
_PREVIEWED = {"uncal", "rate", "rateints", "cal", "calints", "crf", "i2d", "s2d", "x1d"}
_COMBINED = ("i2d.fits", "i2d.jpg", "cat.ecsv", "segm.fits")


class File(NamedTuple):
    """A file name, and its kind as `sample.kinds` calls it."""

    name: str
    kind: str


@dataclass(frozen=True)
class Listed:
    """An observation as the archive lists it: its obs_id and files."""

    obs_id: str
    files: tuple[File, ...]


@dataclass(frozen=True)
class Asked:
    """An observation that was asked for: its own files, and the exposures listed with it."""

    own: Listed
    exposures: tuple[Listed, ...]


def product_rows(rows: int = 300_000, *, repeated: bool = True, seed: int = 0) -> pd.DataFrame:
    """CAOM product rows, at least `rows` of them; whole observations.

    Parameters
    ----------
    rows : int
        How many at least; the mosaic and the last observation exceed it by 1 % or so.
    repeated : bool
        List a file under every exposure it belongs to, as the archive does; False: once.
    seed : int
        Of the sizes, the only thing that is random.

    Returns
    -------
    DataFrame
        Columns as of ``Observations.get_product_list``.
    """
    found: list[tuple[str, str, File]] = []
    seen: set[str] = set()

    def add(asked: Asked) -> None:
        for listed in (asked.own, *asked.exposures):
            for file in listed.files:
                if repeated or file.name not in seen:
                    seen.add(file.name)
                    found.append((asked.own.obs_id, listed.obs_id, file))

    short: list[Listed] = []
    share = 1.0
    for number in itertools.count(1):
        for asked in _KINDS[number % len(_KINDS)](number):
            before = len(found)
            add(asked)
            if asked.own.obs_id.endswith("f200w"):
                short += [_with_mosaic_crf(exposure) for exposure in asked.exposures]
                # The mosaic will list these again: with everything, or with one file more.
                share += len(found) - before if repeated else len(asked.exposures)
        if len(found) + share >= rows:
            break
    combined = tuple(File(f"{MOSAIC}_{end}", end) for end in _COMBINED)
    add(Asked(Listed(MOSAIC, (*combined, _association("c1000", "image3", 1))), tuple(short)))
    return _frame(found, seed)


def _with_mosaic_crf(exposure: Listed) -> Listed:
    crf = File(f"{exposure.obs_id}_c1000_crf.fits", "oNNN_crf.fits")
    return Listed(exposure.obs_id, (*exposure.files, crf))


# --- kinds of observations --------------------------------------------------------------------


def _nircam(number: int) -> Iterator[Asked]:
    """Two filters at once on ten detectors, four dithers."""
    stars = _guide_stars(_visit(number), 4)
    for detectors, optical in ((_SHORT, "clear-f200w"), (_LONG, "clear-f444w")):
        places = [(dither, detector) for dither in range(1, 5) for detector in detectors]
        exposures = tuple(
            _exposure(number, "02101", dither, detector, _IMAGE, "image2", stars)
            for dither, detector in places
        )
        yield _combined(number, f"t001_nircam_{optical}", _COMBINED, "image3", exposures)


def _miri(number: int) -> Iterator[Asked]:
    """Two visits of eight dithers; each re-acquires its guide star before every dither."""
    exposures = tuple(
        _exposure(
            number,
            "02103",
            dither,
            "mirimage",
            _IMAGE,
            "image2",
            _guide_stars(_visit(number, visit), 32),
            visit,
        )
        for visit in (1, 2)
        for dither in range(1, 9)
    )
    yield _combined(number, "t001_miri_f1130w", _COMBINED, "image3", exposures)


def _nirspec(number: int) -> Iterator[Asked]:
    """24 sources in the shutters, three nods, two detectors."""
    msa = File(f"{_visit(number)}_01_msa.fits", "msa.fits")
    stars = (*_guide_stars(_visit(number), 3), msa)
    exposures = tuple(
        _exposure(number, "03101", nod, detector, _SPECTRUM, "spec2", stars)
        for nod in range(1, 4)
        for detector in ("nrs1", "nrs2")
    )
    files = ("crf.fits", "s2d.fits", "x1d.fits", "s2d.jpg", "x1d.jpg")
    for source in range(1, 25):
        yield _combined(number, f"s{source:09d}_nirspec_clear-prism", files, "spec3", exposures)


def _soss(number: int) -> Iterator[Asked]:
    """A time series in four segments."""
    stars = _guide_stars(_visit(number), 1)
    exposures = tuple(
        _exposure(
            number, "04101", 1, "nis", _SERIES, "tso-spec2", stars, segment=f"-seg{segment:03d}"
        )
        for segment in range(1, 5)
    )
    files = ("x1dints.fits", "whtlt.ecsv")
    yield _combined(number, "t001_niriss_clear-gr700xd-substrip256", files, "tso3", exposures)


_KINDS = (_soss, _nircam, _miri, _nircam, _miri, _nirspec, _nircam, _miri, _nircam, _miri)


def _visit(number: int, visit: int = 1) -> str:
    return f"jw{PROGRAM}{number:03d}{visit:03d}"


def _guide_stars(visit: str, guided: int) -> tuple[File, ...]:
    """Identification once, acquisition once, tracking and fine guiding `guided` times."""
    identified = ("image_uncal", "stacked_uncal", "stream", "image_cal", "stacked_cal")
    files = [
        File(f"{visit}_gs-id_1_{what}.fits", "gs-id_cal" if what.endswith("_cal") else "gs-id")
        for what in identified
    ]
    for minute in range(guided + 1):
        for mode in ("acq1", "acq2") if not minute else ("track", "fg"):
            for stage in ("stream", "uncal", "cal"):
                kind = f"gs-{mode}_cal" if stage == "cal" else f"gs-{mode}"
                time = f"2025001{minute // 60:02d}{minute % 60:02d}00"
                files.append(File(f"{visit}_gs-{mode}_{time}_{stage}.fits", kind))
    return tuple(files)


def _exposure(
    number: int,
    activity: str,
    exposure: int,
    detector: str,
    suffixes: Sequence[str],
    asn_type: str,
    stars: tuple[File, ...],
    visit: int = 1,
    segment: str = "",
) -> Listed:
    obs_id = f"{_visit(number, visit)}_{activity}_{exposure:05d}{segment}_{detector}"
    # Counters are unique within the observation; how they are dealt out means nothing.
    counter = 10 + _number_of(obs_id)
    files = [_association(f"o{number:03d}", asn_type, counter), File(*_POOL)]
    for suffix in suffixes:
        made_for = f"o{number:03d}_" if suffix.startswith("crf") else ""
        marked = "oNNN_" if made_for else ""
        files.append(File(f"{obs_id}_{made_for}{suffix}.fits", f"{marked}{suffix}.fits"))
        if suffix in _PREVIEWED:
            files.append(File(f"{obs_id}_{made_for}{suffix}.jpg", f"{marked}{suffix}.jpg"))
    return Listed(obs_id, (*stars, *files))


def _number_of(text: str) -> int:
    """A number below 89,000 for a text, the same in every process."""
    return int.from_bytes(text.encode("ascii"), "big") % 88_993


def _association(candidate: str, asn_type: str, counter: int) -> File:
    name = f"jw{PROGRAM}-{candidate}_{STAMP}_{asn_type}_{counter:05d}_asn.json"
    return File(name, "asn.json")


def _combined(
    number: int,
    rest: str,
    ends: Sequence[str],
    asn_type: str,
    exposures: tuple[Listed, ...],
) -> Asked:
    obs_id = f"jw{PROGRAM}-o{number:03d}_{rest}"
    # One association a filter; all sources of an MSA observation share theirs.
    counter = 2 if rest.endswith("f444w") else 1
    files = [File(f"{obs_id}_{end}", end) for end in ends]
    association = _association(f"o{number:03d}", asn_type, counter)
    return Asked(Listed(obs_id, (*files, association, File(*_POOL))), exposures)


# --- rows -------------------------------------------------------------------------------------


def _frame(found: list[tuple[str, str, File]], seed: int) -> pd.DataFrame:
    kinds = {file.kind: kind_of(file.kind) for _, _, file in found}
    number = {
        obs_id: str(90_000_000 + code)
        for code, obs_id in enumerate(dict.fromkeys(o for row in found for o in row[:2]))
    }
    names = dict.fromkeys(file.name for _, _, file in found)
    blocks = np.random.default_rng(seed).integers(10, 60_000, len(names))
    size = dict(zip(names, (2880 * blocks).tolist(), strict=True))
    recommended = [
        MRP
        if asked == owner
        and kinds[file.kind].product_type != "PREVIEW"
        and not file.kind.startswith("gs-")
        else None
        for asked, owner, file in found
    ]
    same = len(found)
    values = {
        "obsID": [number[owner] for _, owner, _ in found],
        "obs_collection": ["JWST"] * same,
        "dataproduct_type": ["image"] * same,
        "obs_id": [owner for _, owner, _ in found],
        "description": [kinds[file.kind].description for _, _, file in found],
        "type": ["D" if asked == owner else "S" for asked, owner, _ in found],
        "dataURI": [CAOM_URI + file.name for _, _, file in found],
        "productType": [kinds[file.kind].product_type for _, _, file in found],
        "productGroupDescription": recommended,
        "productSubGroupDescription": [kinds[file.kind].sub_group for _, _, file in found],
        "productDocumentationURL": [None] * same,
        "project": ["CALJWST"] * same,
        "prvversion": ["1.17.1"] * same,
        "proposal_id": [PROGRAM.lstrip("0")] * same,
        "productFilename": [file.name for _, _, file in found],
        "size": [size[file.name] for _, _, file in found],
        "parent_obsid": [number[asked] for asked, _, _ in found],
        "dataRights": ["PUBLIC"] * same,
        "calib_level": [
            3 if asked == owner else kinds[file.kind].level for asked, owner, file in found
        ],
        "filters": [None] * same,
    }
    return table(values, PRODUCT_COLUMNS)
