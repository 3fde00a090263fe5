"""The words of the field, with their labels: stages, roles, suffixes, relations, evidence.

The one place that knows what a suffix means or how a relation is called; everything that shows,
filters or links files asks here. Pure data and look-ups: no tables, no archive, no widgets.

Sources: JWST pipeline documentation ("Science products", "Stage 1/2/3 products") for suffixes,
the MAST documentation on JWST data product linkages for relations, IVOA DataLink 1.1 (section
3.2.6) and its core vocabulary for the semantics.

>>> describe("cal", "exposure").label
'calibrated exposure'
>>> RELATIONS["composition"].datalink
'#progenitor'
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

#: Calibration levels as the archive's documentation numbers them, in the order of processing.
STAGES: Final = ("1b", "2a", "2b", "2c", "3")
STAGE_LABELS: Final = MappingProxyType(
    {
        "1b": "1b · uncalibrated",
        "2a": "2a · count rates",
        "2b": "2b · calibrated",
        "2c": "2c · outliers flagged",
        "3": "3 · combined",
    }
)

#: What a file is for. The order is that of lists and legends.
ROLES: Final = (
    "science",
    "auxiliary",
    "association",
    "pool",
    "preview",
    "guide-star",
    "reference",
)
ROLE_LABELS: Final = MappingProxyType(
    {
        "science": "science product",
        "auxiliary": "auxiliary product",
        "association": "association",
        "pool": "association pool",
        "preview": "preview picture",
        "guide-star": "guide-star file",
        "reference": "calibration reference",
    }
)

INSTRUMENTS: Final = ("nircam", "nirspec", "niriss", "miri", "fgs")
#: How people write them.
INSTRUMENT_LABELS: Final = MappingProxyType(
    {"nircam": "NIRCam", "nirspec": "NIRSpec", "niriss": "NIRISS", "miri": "MIRI", "fgs": "FGS"}
)
#: Detector names in file names begin with these (JWST file naming conventions, table of detectors).
_DETECTOR_PREFIXES: Final = (
    ("nrc", "nircam"),
    ("nrs", "nirspec"),
    ("nis", "niriss"),
    ("mir", "miri"),
    ("guider", "fgs"),
)


def instrument_of(detector: str) -> str:
    """Instrument that a detector belongs to, both as in file names; ``""`` if unknown.

    >>> instrument_of("nrcalong")
    'nircam'
    """
    return next((name for prefix, name in _DETECTOR_PREFIXES if detector.startswith(prefix)), "")


def detector_of_aperture(aperture: str) -> str:
    """Detector, as in file names, of an aperture as the Missions archive states it.

    The long-wave NIRCam detectors are number 5 there and ``long`` in file names.

    >>> detector_of_aperture("NRCA5_FULL")
    'nrcalong'
    """
    detector = aperture.partition("_")[0].lower()
    return f"{detector[:4]}long" if detector in ("nrca5", "nrcb5") else detector


@dataclass(frozen=True)
class Suffix:
    """What a product suffix stands for.

    Attributes
    ----------
    label : str
        A noun phrase for lists.
    stage : str
        Calibration level of an exposure's product; a level-3 product is always stage ``"3"``.
    auxiliary : bool
        Whether the archive counts it as AUXILIARY rather than SCIENCE.
    """

    label: str
    stage: str = ""
    auxiliary: bool = False


SUFFIXES: Final = MappingProxyType(
    {
        "uncal": Suffix("uncalibrated ramps", "1b"),
        "ramp": Suffix("corrected ramps", "2a", auxiliary=True),
        "trapsfilled": Suffix("filled charge traps (persistence)", "2a", auxiliary=True),
        "rate": Suffix("count-rate image", "2a"),
        "rateints": Suffix("count-rate image per integration", "2a"),
        "dark": Suffix("dark exposure", "2a"),
        "cal": Suffix("calibrated exposure", "2b"),
        "calints": Suffix("calibrated exposure per integration", "2b"),
        "bsub": Suffix("background-subtracted exposure", "2b"),
        "bsubints": Suffix("background-subtracted exposure per integration", "2b"),
        "crf": Suffix("calibrated exposure, outliers flagged", "2c"),
        "crfints": Suffix("calibrated exposure per integration, outliers flagged", "2c"),
        "i2d": Suffix("resampled image", "2b"),
        "s2d": Suffix("resampled spectral image", "2b"),
        "s3d": Suffix("spectral cube", "2b"),
        "x1d": Suffix("extracted spectrum", "2b"),
        "x1dints": Suffix("extracted spectra per integration", "2b"),
        "c1d": Suffix("combined spectrum", "2b"),
        "ami-oi": Suffix("interferometric observables", "2b"),
        "amimulti-oi": Suffix("interferometric observables per integration", "2b"),
        "amilg": Suffix("fringe model", "2b"),
        "psfalign": Suffix("aligned PSF references", "2c"),
        "psfsub": Suffix("PSF-subtracted exposure", "2c"),
        "psfstack": Suffix("stacked PSF references", "3"),
        "cat": Suffix("source catalogue", "3"),
        "segm": Suffix("segmentation map", "3", auxiliary=True),
        "phot": Suffix("photometric time series", "3"),
        "whtlt": Suffix("white-light curve", "3"),
        "wfscmb": Suffix("combined wavefront-sensing image", "3"),
        "amiavg": Suffix("averaged interferometric observables", "3"),
        "amiavg-oi": Suffix("averaged interferometric observables", "3"),
        "aminorm": Suffix("normalised interferometric observables", "3"),
        "aminorm-oi": Suffix("normalised interferometric observables", "3"),
        "stream": Suffix("guide-star data stream", "1b", auxiliary=True),
        "asn": Suffix("association"),
        "pool": Suffix("association pool"),
        "msa": Suffix("micro-shutter configuration", auxiliary=True),
    }
)

_LEVEL3_LABELS: Final = MappingProxyType(
    {
        "cal": "calibrated cut-outs of a source",
        "crf": "calibrated cut-outs of a source, outliers flagged",
        "i2d": "mosaic",
        "s2d": "combined spectral image",
        "s3d": "combined spectral cube",
        "x1d": "combined extracted spectrum",
        "x1dints": "extracted spectra of the whole time series",
    }
)


def describe(suffix: str, kind: str) -> Suffix:
    """What `suffix` means in a name of `kind` (see `jwstwidgets.names`); never fails.

    >>> describe("i2d", "level3")
    Suffix(label='mosaic', stage='3', auxiliary=False)
    """
    known = SUFFIXES.get(suffix, Suffix(f"{suffix} product" if suffix else "product"))
    if kind == "level3":
        return Suffix(_LEVEL3_LABELS.get(suffix, known.label), "3", known.auxiliary)
    if kind == "guide-star":
        stage = "2b" if suffix == "cal" else "1b"
        label = {"cal": "calibrated guide-star data", "uncal": "guide-star data"}
        return Suffix(label.get(suffix, known.label), stage, auxiliary=True)
    return known


@dataclass(frozen=True)
class Relation:
    """A kind of link between two files.

    Attributes
    ----------
    label : str
        The relation's name.
    forward, backward : str
        How it reads from the source to the target, and from the target to the source.
    lineage : bool
        Whether data flow along it: "what made this file" follows only these.
    datalink : str
        IVOA DataLink semantics of the source, seen from the target.
    """

    label: str
    forward: str
    backward: str
    lineage: bool
    datalink: str


RELATIONS: Final = MappingProxyType(
    {
        "antecedent": Relation(
            "antecedent", "was processed into", "was processed from", True, "#progenitor"
        ),
        "composition": Relation(
            "composition", "was combined into", "was combined from", True, "#progenitor"
        ),
        "multiplicity": Relation(
            "multiplicity", "also gave", "was derived together with", True, "#progenitor"
        ),
        "contemporaneous calibration": Relation(
            "contemporaneous calibration", "calibrates", "is calibrated by", True, "#calibration"
        ),
        "prerequisite": Relation("prerequisite", "enabled", "was enabled by", False, "#auxiliary"),
        "aggregation": Relation(
            "aggregation", "is kept with", "is kept together with", False, "#auxiliary"
        ),
        "linked": Relation("linked", "belongs to", "comes with", False, "#auxiliary"),
        "contributing": Relation(
            "contributing", "was used for", "made use of", True, "#calibration"
        ),
    }
)

#: How an edge is known, strongest first; what each means, for legends and sentences.
EVIDENCE: Final = MappingProxyType(
    {
        "association": "stated by an association",
        "header": "stated in a file's header",
        "archive": "grouped so by the archive",
        "crds": "implied by the CRDS selection rules",
        "name": "inferred from the naming rules",
        "contradicted": "inferred, but an association states otherwise",
    }
)

#: Calibration reference types that act in stage 1 (detector1); the others act in stage 2. Source:
#: "Reference types by pipeline step" of the JWST pipeline documentation.
STAGE1_REFERENCES: Final = frozenset(
    {
        "dark",
        "emicorr",
        "gain",
        "linearity",
        "mask",
        "persat",
        "readnoise",
        "refpix",
        "reset",
        "rscd",
        "saturation",
        "superbias",
        "trapdensity",
        "trappars",
        "sirskernel",
    }
)
