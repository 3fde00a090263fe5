"""Files kept with an observation: guide stars, associations, MSA files, references.

The archive lists them under the observations they belong to; that listing is the evidence. Where
a list has lost it (a table deduplicated by file name, a list of names), the visit in the name
stands in.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from jwstwidgets.linkage.chains import combined_products
from jwstwidgets.linkage.edges import EdgeSet
from jwstwidgets.linkage.index import Codes, Index
from jwstwidgets.vocabulary import STAGE1_REFERENCES


def companion_edges(index: Index) -> list[EdgeSet]:
    """Every link of the four kinds of companions."""
    nirspec = (index.roots["instrument"] == "nirspec").to_numpy()
    return [
        *_kept_with_exposures(index, index.of_kind("guide-star"), "aggregation"),
        *_kept_with_exposures(index, index.of_kind("msa"), "linked", nirspec),
        *_association_edges(index),
        _pool_edges(index),
        *_reference_edges(index),
    ]


def _kept_with_exposures(
    index: Index, files: Codes, relation: str, allowed: np.ndarray | None = None
) -> list[EdgeSet]:
    """Files to the anchors of exactly the exposures they are listed under.

    Only a file of which no such listing is known goes to every exposure of its visit.
    """
    is_exposure = (index.roots["kind"] == "exposure").to_numpy()
    if allowed is not None:
        is_exposure = is_exposure & allowed
    listed = index.listed_under(files)
    listed = listed[is_exposure[listed["root"].to_numpy()]]
    by_archive = EdgeSet.make(
        listed["file"], index.anchor[listed["root"].to_numpy()], relation, "archive"
    )
    left = np.setdiff1d(files, index.listed_under_exposures(files))
    visit = ["program", "observation", "visit"]
    same_visit = (
        index.table.names[visit]
        .iloc[left]
        .astype(object)
        .assign(file=left)
        .merge(
            index.roots.loc[is_exposure, visit]
            .astype(object)
            .assign(root=np.flatnonzero(is_exposure)),
            on=visit,
        )
    )
    anchors = index.anchor[same_visit["root"].to_numpy(dtype=np.int64)]
    return [by_archive, EdgeSet.make(same_visit["file"], anchors, relation, "name")]


def _association_edges(index: Index) -> list[EdgeSet]:
    """Associations to the products made from them: those of the observation that lists them."""
    files = index.of_kind("association")
    listed = index.listed_under(files)
    file, root = listed["file"].to_numpy(), listed["root"].to_numpy()
    # A Missions dataset is all detectors of an exposure; the row says which one it belongs to.
    detector = index.table.files["detector"].astype(object).to_numpy()[file]
    of_root = index.roots["detector"].astype(object).to_numpy()[root]
    same = pd.isna(detector) | (detector == of_root)
    file, root = file[same], root[same]
    kind = index.roots["kind"].to_numpy()[root]
    asn_type = index.table.names["asn_type"].astype(object).to_numpy()[file]
    stage2 = np.array([str(t).endswith("2") for t in asn_type], dtype=bool)
    exposure = (kind == "exposure") & stage2
    per_integration = np.array([str(t).startswith("tso-") for t in asn_type], dtype=bool)
    made = np.where(
        per_integration,
        index.first_slot(("calints", "cal"))[root],
        index.first_slot(("cal", "calints", "s2d", "i2d"))[root],
    )
    combined = combined_products(index)
    products = pd.DataFrame({"root": index.root[combined], "product": combined})
    stage3 = pd.DataFrame({"file": file, "root": root})[(kind == "level3") & ~stage2]
    stage3 = stage3.merge(products, on="root")
    return [
        EdgeSet.make(file[exposure], made[exposure], "antecedent", "archive"),
        EdgeSet.make(stage3["file"], stage3["product"], "antecedent", "archive"),
    ]


def _pool_edges(index: Index) -> EdgeSet:
    """Pools to the associations generated from them: the same program and time stamp."""
    names = index.table.names
    pools, associations = index.of_kind("pool"), index.of_kind("association")
    generation = names[["program", "timestamp"]].astype(object).fillna("")
    both = (
        generation.iloc[pools]
        .assign(pool=pools)
        .merge(
            generation.iloc[associations].assign(association=associations),
            on=["program", "timestamp"],
        )
    )
    return EdgeSet.make(both["pool"], both["association"], "antecedent", "name")


def _reference_edges(index: Index) -> list[EdgeSet]:
    """References to the stage they act in, on the detector whose row they are."""
    files = np.concatenate([index.of_kind("reference"), index.of_kind("context")])
    listed = index.listed_under(files)
    file, root = listed["file"].to_numpy(), listed["root"].to_numpy()
    names = index.table.names
    reftype = names["reftype"].astype(object).to_numpy()[file]
    # The context's row names just one detector, but it ruled the choice for all of them.
    everywhere = (names["kind"] == "context").to_numpy()[file]
    detector = index.table.files["detector"].astype(object).to_numpy()[file]
    same = everywhere | pd.isna(detector)
    same |= detector == index.roots["detector"].astype(object).to_numpy()[root]
    stage1 = np.isin(reftype.astype(str), list(STAGE1_REFERENCES)) | everywhere
    acts_on = np.where(
        stage1,
        index.first_slot(("rate", "rateints", "cal"))[root],
        index.first_slot(("cal", "calints", "rate"))[root],
    )
    return [EdgeSet.make(file[same], acts_on[same], "contributing", "archive")]
