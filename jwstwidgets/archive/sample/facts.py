"""The vocabulary in which the facts of a program are written down: frozen, no pandas.

A program module says which exposures there were, which guide stars, which associations and how
many bytes a file of each suffix has. Names follow from these by the naming rules; rows are made
of them in :mod:`~jwstwidgets.archive.sample.rows`, associations in
:mod:`~jwstwidgets.archive.sample.associations`.

>>> run = Delivery(program=2733, candidate="o002", stamp="20220712t201523", version="1.5.3")
>>> run.pool_name
'jw02733_20220712t201523_pool.csv'
>>> Association(run, "image3", "003", 5925).name
'jw02733-o002_20220712t201523_image3_003_asn.json'
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from jwstwidgets.archive.sample.guide_stars import GuideStars


@dataclass(frozen=True)
class Delivery:
    """One run of the pipeline over one association candidate.

    Parameters
    ----------
    program : int
    candidate : str
        ``"o002"``: the observation within the program.
    stamp : str
        Time in the names of its associations and pool.
    version : str
        Calibration software, `prvversion` in CAOM.
    pool_size : int
        Bytes of the association pool.
    target : int
        Number of the target within the program: ``1`` in ``t001``.
    """

    program: int
    candidate: str
    stamp: str
    version: str
    pool_size: int = 0
    target: int = 1

    @property
    def pool_name(self) -> str:
        """Name of the association pool, one per program and run."""
        return f"jw{self.program:05d}_{self.stamp}_pool.csv"


@dataclass(frozen=True)
class Association:
    """One association document: its kind (``"image2"``), counter as written, and bytes."""

    delivery: Delivery
    kind: str
    counter: str
    size: int

    @property
    def name(self) -> str:
        """File name of the document."""
        run = self.delivery
        head = f"jw{run.program:05d}-{run.candidate}_{run.stamp}"
        return f"{head}_{self.kind}_{self.counter}_asn.json"


@dataclass(frozen=True)
class Exposure:
    """One exposure on one detector, or one segment of it: what CAOM calls a level-2 observation.

    Parameters
    ----------
    obsid : str
    visit, activity, number, detector : str
        The parts of its name, e.g. ``"jw02733002001"``, ``"02103"``, ``"00001"`` (with
        ``-seg001`` for a segment), ``"mirimage"``.
    association : Association
        The stage-2 document that made it.
    sizes : mapping of str to int
        Bytes by suffix and extension: ``{"uncal.fits": 158567040, "oNNN_crf.fits": ...}``,
        where ``oNNN`` stands for the candidate.
    guide_stars : GuideStars
        Of its visit; CAOM repeats these files under every exposure of the visit.
    product : str
        CAOM `dataproduct_type` from stage 2 on.
    role : str
        Its `exptype` as a member of the level-3 association.
    background : tuple of str
        Names of the nod exposures subtracted from it in stage 2.
    msa : tuple of (str, int), optional
        MSA configuration and bytes of its metadata file.
    filters : str, optional
        Optical elements, where they differ from those of the observation.
    """

    obsid: str
    visit: str
    activity: str
    number: str
    detector: str
    association: Association
    sizes: Mapping[str, int]
    guide_stars: GuideStars
    product: str = "image"
    role: str = "science"
    background: tuple[str, ...] = ()
    msa: tuple[str, int] | None = None
    filters: str | None = None

    @property
    def name(self) -> str:
        """CAOM `obs_id`, the stem of all its files."""
        return f"{self.visit}_{self.activity}_{self.number}_{self.detector}"


@dataclass(frozen=True)
class Proposal:
    """What a program is and whose."""

    program: int
    pi: str
    title: str
    category: str


@dataclass(frozen=True)
class Target:
    """Where a program points: name, classification, deg ICRS, footprint in arcmin."""

    name: str
    classification: str | None
    ra: float
    dec: float
    width: float = 2.2
    height: float = 2.2


@dataclass(frozen=True)
class Observation:
    """One CAOM observation, as a row of the observation table states it.

    Parameters
    ----------
    obsid, obs_id : str
    calib_level : int
        3; 2 for an exposure that no level-3 product absorbed; -1 for a planned one.
    proposal : Proposal
    target : Target
    instrument, filters, product : str
        CAOM `instrument_name`, `filters`, `dataproduct_type`.
    band : tuple of float
        Shortest and longest wavelength, nm.
    exposed : tuple of float, optional
        Start and end, MJD UTC.
    seconds : float
        Exposure time.
    release : float, optional
        MJD on which it is public.
    exposures : tuple of Exposure
        Whose products CAOM lists under it.
    association : Association, optional
        The stage-3 document.
    sizes : mapping of str to int
        Bytes of its own products by suffix, as in `Exposure`; empty below level 3.
    shown : tuple of str
        Suffixes of the file and of the preview that stand for it (`dataURL`, `jpegURL`).
    rights : str
        ``"PUBLIC"`` or ``"EXCLUSIVE_ACCESS"``.
    asn_product : str, optional
        The product name in the association where it is not the `obs_id`.
    """

    obsid: str
    obs_id: str
    calib_level: int
    proposal: Proposal
    target: Target
    instrument: str
    filters: str
    product: str
    band: tuple[float, float]
    seconds: float
    exposed: tuple[float, float] | None = None
    release: float | None = None
    exposures: tuple[Exposure, ...] = ()
    association: Association | None = None
    sizes: Mapping[str, int] = field(default_factory=dict)
    shown: tuple[str | None, str | None] = (None, None)
    rights: str = "PUBLIC"
    asn_product: str | None = None


def previews(sizes: Mapping[str, int]) -> dict[str, int]:
    """Sizes of previews by suffix, as `Exposure` takes them.

    >>> previews({"rate": 37746})
    {'rate.jpg': 37746}
    """
    return {f"{suffix}.jpg": size for suffix, size in sizes.items()}


def invented_obsids(first: int, number: int) -> Iterable[str]:
    """Observation ids of our own, for exposures whose real one we do not know.

    >>> list(invented_obsids(1, 2))
    ['990000001', '990000002']
    """
    return (str(990_000_000 + first + i) for i in range(number))
