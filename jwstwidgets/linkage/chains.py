"""Links within one exposure, one level-3 product, one guide-star activity: from names alone.

The chains are the pipeline's own order of steps (JWST pipeline documentation: calwebb_detector1,
calwebb_image2, calwebb_spec2 and the stage-3 modules): what each product is made from, first
choice first. Where an intermediate product is not archived, the next earlier one stands in.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import numpy as np
import pandas as pd

from jwstwidgets.linkage.edges import EdgeSet
from jwstwidgets.linkage.index import Codes, Index

Chain = Mapping[str, tuple[str, ...]]

EXPOSURE_CHAIN: Final[Chain] = MappingProxyType(
    {
        "ramp": ("uncal",),
        "dark": ("uncal",),
        "rate": ("uncal",),
        "rateints": ("uncal",),
        "trapsfilled": ("uncal",),
        "cal": ("rate", "uncal"),
        "calints": ("rateints", "rate", "uncal"),
        "bsub": ("rate",),
        "bsubints": ("rateints",),
        "i2d": ("cal", "rate"),
        "s2d": ("cal", "rate"),
        "s3d": ("cal", "rate"),
        # extract_1d reads the cube where there is one, else the resampled slit, else the exposure
        "x1d": ("s3d", "s2d", "cal", "rate"),
        "c1d": ("x1d",),
        "x1dints": ("calints", "rateints"),
        "crf": ("cal", "rate"),
        "crfints": ("calints", "rateints"),
        "psfalign": ("calints", "cal"),
        "psfsub": ("calints", "cal"),
        "ami-oi": ("calints", "cal"),
        "amimulti-oi": ("calints",),
        "amilg": ("calints", "cal"),
    }
)

#: Within a level-3 product: what is derived from what. A suffix that is no key here, or whose
#: sources are not archived, is what the exposures were combined into.
LEVEL3_CHAIN: Final[Chain] = MappingProxyType(
    {
        "crf": ("cal",),
        "s2d": ("crf", "cal"),
        "s3d": ("crf", "cal"),
        "x1d": ("s3d", "s2d", "crf", "cal"),
        "c1d": ("x1d", "s3d", "s2d", "crf", "cal"),
        "cat": ("i2d",),
        "segm": ("i2d",),
        "whtlt": ("x1dints",),
        "aminorm-oi": ("amiavg-oi",),
        "aminorm": ("amiavg",),
    }
)

GUIDE_STAR_CHAIN: Final[Chain] = MappingProxyType({"cal": ("uncal",)})


def chain_edges(index: Index) -> list[EdgeSet]:
    """Every link of the three chains, and PSF stacks to what they were subtracted from."""
    stacks = index.of_kind("level3", "psfstack")
    subtracted = index.slot("i2d")[index.root[stacks]]
    return [
        *_chain(index, "exposure", EXPOSURE_CHAIN, "antecedent"),
        *_chain(index, "level3", LEVEL3_CHAIN, "multiplicity"),
        *_chain(index, "guide-star", GUIDE_STAR_CHAIN, "antecedent"),
        EdgeSet.make(stacks, subtracted, "contemporaneous calibration", "name"),
    ]


def _chain(index: Index, kind: str, chain: Chain, relation: str) -> list[EdgeSet]:
    edges = []
    for suffix, sources in chain.items():
        children = index.of_kind(kind, suffix)
        if len(children):
            parents = index.first_slot(sources)[index.root[children]]
            edges.append(EdgeSet.make(parents, children, relation, "name"))
    return edges


def combined_products(index: Index) -> Codes:
    """The level-3 files that exposures are combined into: those not derived from a sibling."""
    files = index.of_kind("level3")
    suffix = index.table.names["suffix"].iloc[files].astype(object)
    derived = np.zeros(len(files), dtype=bool)
    for name, sources in LEVEL3_CHAIN.items():
        has_source = index.first_slot(sources)[index.root[files]] >= 0
        derived |= (suffix == name).to_numpy() & has_source
    # A PSF stack is combined from the PSF members alone, which only the association tells.
    derived |= (suffix == "psfstack").to_numpy() | suffix.isna().to_numpy()
    combined: Codes = files[~derived]
    return combined


def preview_edges(index: Index) -> list[EdgeSet]:
    """Each preview to the product it shows: the same name with another extension."""
    names = index.table.names
    previews = np.flatnonzero(~index.is_product & (index.root >= 0))
    if not len(previews):
        return []
    stem = pd.DataFrame({"root": index.root})
    for field in ("candidate", "suffix", "counter"):
        stem[field] = names[field].cat.codes.to_numpy()
    products = np.flatnonzero(index.is_product & (index.root >= 0))
    of_stem = stem.iloc[products].assign(product=products).drop_duplicates(list(stem.columns))
    shown = stem.iloc[previews].merge(of_stem, how="left", on=list(stem.columns))["product"]
    return [EdgeSet.make(previews, shown.fillna(-1), "linked", "name")]
