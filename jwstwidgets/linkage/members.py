"""Which exposures went into which level-3 product, short of reading the association.

Two sources, the stronger first:

- the archive: asked for a level-3 observation, it lists the exposures of its association under
  it (`parent_obsid`), target acquisitions and all;
- names: the candidate in a level-3 name says which observation it was made of. Names do not tell
  which filter an exposure used, so an exposure is inferred to be a member only where a single
  optical configuration is left for it. Where more remain, there is no edge: an edge that may
  be wrong is worse than one that is missing.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from types import MappingProxyType
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from jwstwidgets.linkage.chains import combined_products
from jwstwidgets.linkage.edges import EdgeSet
from jwstwidgets.linkage.index import Codes, Index
from jwstwidgets.vocabulary import instrument_of

#: Association type of a level-3 product -> suffixes of the exposure products it reads, first choice
#: first (JWST pipeline documentation, "Stage 3 associations").
MEMBER_SUFFIXES: Final = MappingProxyType(
    {
        "image3": ("cal",),
        "wfs-image3": ("cal",),
        "spec3": ("cal", "calints"),
        "tso3": ("calints",),
        "coron3": ("calints", "cal"),
        "ami3": ("calints", "cal"),
    }
)
#: Where the list holds no association for it, its own products tell the type.
_TYPE_OF_SUFFIX: Final = (
    ("wfscmb", "wfs-image3"),
    ("psfsub", "coron3"),
    ("psfstack", "coron3"),
    ("amiavg-oi", "ami3"),
    ("aminorm-oi", "ami3"),
    ("x1dints", "tso3"),
    ("whtlt", "tso3"),
    ("phot", "tso3"),
    ("s3d", "spec3"),
    ("s2d", "spec3"),
    ("x1d", "spec3"),
    ("i2d", "image3"),
)
_SPECTRAL_SUFFIXES: Final = ("s2d", "s3d", "x1d", "x1dints")
_FILTER: Final = re.compile(r"f([0-9]{3,4})[a-z]")
#: NIRCam's dichroic sends longer waves to the long-wave detectors (number of a filter, 10 nm).
_NIRCAM_LONG: Final = 240


def member_edges(index: Index) -> list[EdgeSet]:
    """Exposure products to the level-3 products made of them."""
    types = _types(index)
    stated = _members_by_archive(index)
    without = np.setdiff1d(np.unique(index.root[combined_products(index)]), stated["product"])
    inferred = _members_by_name(index, without, types)
    return [*_edges(index, stated, types, "archive"), *_edges(index, inferred, types, "name")]


def _types(index: Index) -> npt.NDArray[np.object_]:
    """Association type of each root, by the associations listed under it, else by its products."""
    types = np.full(index.root_count + 1, "", dtype=object)
    is_level3 = (index.roots["kind"] == "level3").to_numpy()
    for suffix, asn_type in _TYPE_OF_SUFFIX:
        has = (index.slot(suffix)[:-1] >= 0) & is_level3 & (types[:-1] == "")
        types[:-1][has] = asn_type
    for suffix in _SPECTRAL_SUFFIXES:
        types[:-1][(index.slot(suffix)[:-1] >= 0) & ~is_level3] = "spec2"
    types[:-1][(index.slot("i2d")[:-1] >= 0) & ~is_level3] = "image2"
    listed = index.listed_under(index.of_kind("association"))
    stated = index.table.names["asn_type"].astype(object).to_numpy()[listed["file"]]
    known = np.array([isinstance(t, str) for t in stated], dtype=bool)
    types[listed["root"].to_numpy()[known]] = stated[known]
    return types


def _members_by_archive(index: Index) -> pd.DataFrame:
    """Pairs (`product`, `member`) of roots: the exposures listed for a level-3 parent."""
    pairs = index.table.ownership[["owner", "parent"]].drop_duplicates()
    pairs = pairs[(pairs["parent"] >= 0) & (pairs["parent"] != pairs["owner"])]
    roots = index.owner_roots
    pairs = pairs.merge(roots, on="owner").rename(columns={"root": "member"})
    parents = roots.rename(columns={"owner": "parent", "root": "product"})
    pairs = pairs.merge(parents, on="parent")[["product", "member"]].drop_duplicates()
    kind = index.roots["kind"].to_numpy()
    level3 = (kind[pairs["product"]] == "level3") & (kind[pairs["member"]] == "exposure")
    return pairs[level3]


def _members_by_name(
    index: Index, products: npt.NDArray[np.int64], types: npt.NDArray[np.object_]
) -> pd.DataFrame:
    """Pairs (`product`, `member`) of roots that the candidates in names leave no doubt about."""
    roots = index.roots.assign(root=np.arange(index.root_count), type=types[:-1])
    level3 = roots[(roots["kind"] == "level3") & roots["candidate"].notna()]
    exposures = roots[(roots["kind"] == "exposure") & roots["detector"].notna()]
    if not len(products) or not len(exposures):
        return pd.DataFrame({"product": [], "member": []}, dtype=np.int64)
    level3 = level3.assign(optical=level3["optical"].astype(object).fillna(""))
    level3 = level3.merge(_counters(index), how="left", on="root")
    pairs = _candidate_pairs(index, level3, exposures)
    pairs = pairs[_possible(pairs)]
    configurations = pairs.groupby(["root_exp", "candidate"], observed=True)["optical"]
    certain = configurations.transform("nunique") == 1
    # Target acquisitions, autoflats and imprints are kept with spectra; an exposure is known to be
    # one of the spectra by what was made of it.
    certain &= (pairs["type"] != "spec3") | _is_spectral(pairs)
    pairs = pairs[certain & pairs["root"].isin(products)]
    return pairs[["root", "root_exp"]].drop_duplicates().set_axis(["product", "member"], axis=1)


def _counters(index: Index) -> pd.DataFrame:
    """Pairs (`root`, `counter`) of the wavefront-sensing products, numbered by activity."""
    codes = index.of_kind("level3")
    counter = index.table.names["counter"].astype(object).iloc[codes]
    pairs = pd.DataFrame({"root": index.root[codes], "counter": counter})
    return pairs.dropna().drop_duplicates()


def _candidate_pairs(index: Index, level3: pd.DataFrame, exposures: pd.DataFrame) -> pd.DataFrame:
    """Every level-3 root with every exposure that its candidate could take in."""
    names = index.table.names
    made_for = (
        pd.DataFrame({"root": index.root, "candidate": names["candidate"].astype(object)})
        .loc[index.has_candidate]
        .drop_duplicates()
    )
    observation = exposures.assign(candidate="o" + exposures["observation"].astype(object))
    across = made_for.merge(exposures, on="root")
    across = across.rename(columns={"candidate_x": "candidate"}).drop(columns="candidate_y")
    candidates = pd.concat([observation, across]).drop_duplicates(["root", "candidate"])
    marked = made_for.assign(has_product=True)
    candidates = candidates.merge(marked, how="left", on=["root", "candidate"])
    key = ["program", "candidate", "instrument"]
    return level3.astype(dict.fromkeys(key, object)).merge(
        candidates.astype(dict.fromkeys(key, object)), on=key, suffixes=("", "_exp")
    )


def _is_spectral(pairs: pd.DataFrame) -> pd.Series:
    """Whether the exposure is known to have given spectra."""
    return pairs["type_exp"].isin(["spec2", "tso-spec2"])


def _possible(pairs: pd.DataFrame) -> npt.NDArray[np.bool_]:
    """Whether type, detector and the presence of level-2c products allow the pair."""
    imaging = pairs["type_exp"].isin(["image2", "tso-image2", "wfs-image2"])
    wants_images = pairs["type"].isin(["image3", "wfs-image3"])
    fits = ~((pairs["type"] == "spec3") & imaging) & ~(wants_images & _is_spectral(pairs))
    # Once for each of the few configurations, not for each of many pairs.
    configurations = pairs["optical"].unique()
    long_wave = pairs["optical"].map({one: _is_long_wave(one) for one in configurations})
    on_long = pairs["detector_exp"].astype(object).str.endswith("long")
    other_channel = (pairs["instrument"] == "nircam") & long_wave.notna() & (on_long != long_wave)
    fits &= ~other_channel
    has_product = pairs["has_product"].notna()
    detector = pairs["optical"].map({one: _detector_of(one) for one in configurations})
    fits &= (detector == "") | (detector == pairs["detector_exp"].astype(object))
    fits &= pairs["counter"].isna() | (pairs["counter"] == pairs["activity_exp"].astype(object))
    some_have = has_product.groupby([pairs["root"]]).transform("any")
    return np.asarray(fits & (has_product | ~some_have), dtype=bool)


def _detector_of(optical: str) -> str:
    """Detector that wavefront sensing adds to the optical elements, e.g. ``f212n-wlp8-nrca3``."""
    last = optical.rpartition("-")[2]
    return last if instrument_of(last) else ""


def _is_long_wave(optical: str) -> bool | None:
    """Whether NIRCam optical elements are of the long-wave channel; None if they don't say."""
    numbers = [int(number) for number in _FILTER.findall(optical)]
    return max(numbers) > _NIRCAM_LONG if numbers else None


def _edges(
    index: Index, pairs: pd.DataFrame, types: npt.NDArray[np.object_], evidence: str
) -> list[EdgeSet]:
    """Composition for what is combined, prerequisite for target acquisitions among the members."""
    combined = combined_products(index)
    targets = pd.DataFrame({"product": index.root[combined], "target": combined})
    pairs = pairs.merge(targets, on="product")
    pairs = pairs[_of_one_activity(index, pairs)]
    if pairs.empty:
        return []
    member, target = pairs["member"].to_numpy(), pairs["target"].to_numpy()
    asn_type = types[pairs["product"].to_numpy()]
    source = _pick(asn_type, lambda t: index.first_slot(MEMBER_SUFFIXES.get(t, ("cal",))), member)
    # The latest that the member gave.
    latest = index.first_slot(("cal", "calints", "rate", "rateints", "uncal"))[member]
    if evidence == "archive":
        # The archive says that the exposure went in; where its cal is not listed, what there is of
        # it stands in. Not for spectra, with which lamps and acquisitions are listed too.
        stands_in = (source < 0) & np.isin(asn_type, ["image3", "wfs-image3"])
        source = np.where(stands_in, latest, source)
    # An image kept with a spectrum or a time series pointed the telescope; it is not combined.
    image = np.isin(types[member], ["image2", "wfs-image2"])
    lacks_integrations = index.slot("calints")[member] < 0
    acquisition = image & (asn_type == "spec3")
    acquisition |= image & np.isin(asn_type, ["tso3", "coron3", "ami3"]) & lacks_integrations
    edges = [
        EdgeSet.make(source[~acquisition], target[~acquisition], "composition", evidence),
        EdgeSet.make(latest[acquisition], target[acquisition], "prerequisite", evidence),
    ]
    return [*edges, _candidate_edges(index, pairs[~acquisition], evidence)]


def _of_one_activity(index: Index, pairs: pd.DataFrame) -> npt.NDArray[np.bool_]:
    """Where the member may be of the target: `wfscmb-05` combines the exposures of activity 05."""
    counter = index.table.names["counter"].astype(object).to_numpy()[pairs["target"]]
    activity = index.roots["activity"].astype(object).to_numpy()[pairs["member"]]
    return np.asarray(pd.isna(counter) | (counter == activity), dtype=bool)


def _pick(
    key: npt.NDArray[np.object_], slots: Callable[[str], Codes], at: npt.NDArray[np.int64]
) -> Codes:
    """``slots(key[i])[at[i]]`` for every i; `slots` is asked once per distinct key."""
    picked = np.full(len(key), -1, dtype=np.int32)
    for value in set(key.tolist()):
        chosen = key == value
        picked[chosen] = slots(value)[at[chosen]]
    return picked


def _candidate_edges(index: Index, pairs: pd.DataFrame, evidence: str) -> EdgeSet:
    """Level-2c products, made for one candidate, to that candidate's level-3 product."""
    names = index.table.names
    made = np.flatnonzero(index.has_candidate & index.is_product)
    candidate = names["candidate"].astype(object)
    files = pd.DataFrame(
        {"member": index.root[made], "candidate": candidate.iloc[made], "source": made}
    )
    wanted = index.roots["candidate"].astype(object).to_numpy()[pairs["product"]]
    both = pairs.assign(candidate=wanted).merge(files, on=["member", "candidate"])
    return EdgeSet.make(both["source"], both["target"], "composition", evidence)
