"""Linkage: on the real lists, on made-up ones for what they lack, and against real associations.

Made-up names follow the naming rules; their programs are not real ones.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import pairwise
from pathlib import Path

import networkx
import numpy as np
import pandas as pd
import pytest
from real_names import documents

from jwstwidgets import ProductTable, build_linkage
from jwstwidgets.errors import UnknownFile
from jwstwidgets.linkage import LINEAGE, EdgeSet, Linkage
from jwstwidgets.linkage.edges import EVIDENCE_CODES, RELATION_CODES, merge
from jwstwidgets.names import Name, parse
from jwstwidgets.vocabulary import EVIDENCE, RELATIONS, STAGE1_REFERENCES

LISTS = {
    "miri": "caom/products_jw02733-o002_miri_f1130w.csv",
    "soss": "caom/products_niriss_soss_14obs_dedup.csv",
    "fragments": "caom/products_fragments_nircam_nirspec.csv",
    "missions": "missions/products_jw01895001001_02101_00001.csv",
    "pairs": "names/obs_id_filename_pairs_500.tsv",
}
MOSAIC = "jw02733-o002_t001_miri_f1130w"
I2D = f"{MOSAIC}_i2d.fits"
OF_NO_VISIT = {"level3", "association", "pool", "reference", "context"}

Edge = tuple[str, str]


def real_rows(real: Path, which: str) -> pd.DataFrame:
    """Rows of a real list; the pairs of (obs_id, file name) as rows that state nothing more."""
    if which != "pairs":
        return pd.read_csv(real / LISTS[which])
    pairs = pd.read_csv(real / LISTS[which], sep="\t")
    return caom_rows(pairs.itertuples(index=False, name=None))


def caom_rows(
    pairs: Iterable[tuple[str, str]], asked: Mapping[str, str] | None = None
) -> pd.DataFrame:
    """CAOM rows of (obs_id, file name) pairs; `asked`: obs_id -> the observation asked for."""
    rows = pd.DataFrame(
        [
            {
                "obs_id": obs_id,
                "obsID": f"id of {obs_id}",
                "dataURI": f"mast:JWST/product/{filename}",
                "productFilename": filename,
                "size": 1,
                "productGroupDescription": "--",
                "productType": "PREVIEW" if filename.endswith("jpg") else "--",
            }
            for obs_id, filename in pairs
        ]
    )
    if asked is not None:
        rows["parent_obsid"] = [f"id of {asked[obs_id]}" for obs_id in rows["obs_id"]]
    return rows


def products(obs_id: str, *suffixes: str) -> list[tuple[str, str]]:
    """(obs_id, file name) of these products of one observation."""
    return [(obs_id, f"{obs_id}_{suffix}.fits") for suffix in suffixes]


def link(rows: pd.DataFrame, stated: Iterable[EdgeSet] = ()) -> Linkage:
    return build_linkage(ProductTable.from_rows(rows), stated)


@pytest.fixture(scope="module")
def linkages(real) -> dict[str, Linkage]:
    return {which: link(real_rows(real, which)) for which in LISTS}


@pytest.fixture(scope="module")
def miri(linkages) -> Linkage:
    return linkages["miri"]


@pytest.fixture(scope="module")
def soss(linkages) -> Linkage:
    return linkages["soss"]


@pytest.fixture(scope="module")
def missions(linkages) -> Linkage:
    return linkages["missions"]


def edges(linkage: Linkage, *relations: str, evidence: str | None = None) -> set[Edge]:
    """(source, target) file names of the edges of these relations (all if none is given)."""
    frame = linkage.edges_frame()
    wanted = frame["relation"].isin(relations or list(RELATIONS))
    if evidence:
        wanted &= frame["evidence"] == evidence
    return set(frame.loc[wanted, ["source", "target"]].itertuples(index=False, name=None))


def names(linkage: Linkage, codes: np.ndarray) -> set[str]:
    return set(linkage.table.files["filename"].to_numpy()[codes])


def of_visit(name: Name) -> tuple[str, ...] | None:
    """Program, observation and visit of a name that has them all."""
    if name.kind in OF_NO_VISIT or not (name.program and name.observation and name.visit):
        return None
    return name.program, name.observation, name.visit


def joins_visits_without_candidate(source: str, target: str) -> bool:
    """Whether an edge joins what no candidate joins."""
    ends = parse(source), parse(target)
    visits = [of_visit(end) for end in ends]
    if all(visits):
        return visits[0] != visits[1]
    product = next((end for end in ends if end.kind == "level3"), None)
    visit = next((visit for visit in visits if visit), None)
    if product is None or visit is None:
        return False
    of_observation = product.candidate.startswith("o")
    return visit[0] != product.program or (of_observation and visit[1] != product.candidate[1:])


def strangers(linkage: Linkage) -> list[Edge]:
    """Edges between different visits that no candidate joins."""
    return [edge for edge in edges(linkage) if joins_visits_without_candidate(*edge)]


# --- on every real list ---------------------------------------------------------------------------


@pytest.mark.parametrize("which", LISTS)
@pytest.mark.parametrize("parents", [True, False], ids=["", "without parents"])
def test_no_edge_joins_different_visits_unless_a_candidate_does(real, which, parents):
    rows = real_rows(real, which)
    linkage = link(rows if parents else rows.drop(columns="parent_obsid", errors="ignore"))
    assert len(linkage.edges) > 50
    assert strangers(linkage) == []


def test_the_check_of_visits_finds_what_it_is_for():
    exposure = "jw02733002001_02103_00001_mirimage_cal.fits"
    assert joins_visits_without_candidate(exposure, exposure.replace("33002001", "33002002"))
    assert joins_visits_without_candidate("jw02733003001_gs-id_1_stream.fits", exposure)
    assert joins_visits_without_candidate(exposure, I2D.replace("o002", "o003"))
    assert joins_visits_without_candidate(exposure, I2D.replace("02733", "02734"))
    assert not joins_visits_without_candidate(exposure, I2D)
    assert not joins_visits_without_candidate(exposure, I2D.replace("o002", "c1000"))


@pytest.mark.parametrize("which", LISTS)
def test_edges_are_unique_and_codes_are_in_range(linkages, which):
    found = linkages[which].edges
    pairs = set(zip(found.source.tolist(), found.target.tolist(), strict=True))
    assert len(pairs) == len(found)
    assert (found.source != found.target).all()
    for ends in (found.source, found.target):
        assert ends.min() >= 0
        assert ends.max() < len(linkages[which].table)
    assert set(found.relation) <= set(RELATION_CODES.values())
    assert set(found.evidence) <= {EVIDENCE_CODES["archive"], EVIDENCE_CODES["name"]}
    assert [a.dtype for a in (found.source, found.relation)] == [np.int32, np.int8]


def graph_of(linkage: Linkage, lineage: bool = True) -> networkx.DiGraph:
    """An independent graph on codes."""
    frame = linkage.edges_frame()
    if lineage:
        frame = frame[frame["relation"].isin(LINEAGE)]
    graph = networkx.DiGraph()
    graph.add_nodes_from(range(len(linkage.table)))
    graph.add_edges_from(zip(frame["source_code"], frame["target_code"], strict=True))
    return graph


@pytest.mark.parametrize("which", LISTS)
@pytest.mark.parametrize("all_relations", [False, True], ids=["lineage", "all relations"])
def test_walks_agree_with_networkx_on_every_file(linkages, which, all_relations):
    linkage = linkages[which]
    graph = graph_of(linkage, lineage=not all_relations)
    for code in range(len(linkage.table)):
        ancestors = linkage.ancestors(code, all_relations=all_relations)
        descendants = linkage.descendants(code, all_relations=all_relations)
        assert set(ancestors.tolist()) == networkx.ancestors(graph, code)
        assert set(descendants.tolist()) == networkx.descendants(graph, code)
        assert len(set(ancestors.tolist())) == len(ancestors)


@pytest.mark.parametrize("which", LISTS)
def test_there_are_no_cycles(linkages, which):
    assert networkx.is_directed_acyclic_graph(graph_of(linkages[which], lineage=False))


@pytest.mark.parametrize("which", LISTS)
def test_stages_never_go_backwards_along_the_lineage(linkages, which):
    linkage = linkages[which]
    stage = linkage.table.files["stage"].cat.codes.to_numpy()
    frame = linkage.edges_frame()
    frame = frame[frame["relation"].isin(["antecedent", "composition", "multiplicity"])]
    source, target = stage[frame["source_code"]], stage[frame["target_code"]]
    staged = (source >= 0) & (target >= 0)
    assert staged.sum() > 20
    assert (source <= target)[staged].all()


@pytest.mark.parametrize("which", ["miri", "soss", "fragments"])
def test_each_preview_is_linked_to_the_product_it_shows_and_to_nothing_else(linkages, which):
    linkage = linkages[which]
    files = linkage.table.files
    previews = files.loc[files["role"] == "preview", "filename"]
    there = set(files["filename"])
    expected = {(p, p.replace(".jpg", ".fits")) for p in previews}
    expected = {(preview, product) for preview, product in expected if product in there}
    assert len(expected) >= 29
    linked = {edge for edge in edges(linkage) if edge[0] in set(previews)}
    assert linked == expected
    assert linked <= edges(linkage, "linked", evidence="name")
    assert not {edge for edge in edges(linkage) if edge[1] in set(previews)}


# --- the MIRI mosaic ------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def exposures(miri) -> list[str]:
    obs_ids = miri.table.observations["obs_id"]
    return [obs_id for obs_id in obs_ids if parse(obs_id).kind == "exposure"]


def test_the_mosaic_has_16_exposures(exposures):
    assert len(exposures) == 16


def test_each_exposure_has_its_full_chain(miri, exposures):
    found = edges(miri, "antecedent", evidence="name")
    for root in exposures:
        for before, after in [*pairwise(("uncal", "rate", "cal", "o002_crf")), ("cal", "i2d"),
                              ("uncal", "rateints")]:  # fmt: skip
            assert (f"{root}_{before}.fits", f"{root}_{after}.fits") in found
        chain = miri.ancestors(f"{root}_o002_crf.fits")
        kept = {name for name in names(miri, chain) if name.startswith(root)}
        assert kept == {f"{root}_{suffix}.fits" for suffix in ("uncal", "rate", "cal")}


def test_the_mosaic_is_made_of_all_exposures(miri, exposures):
    expected = {
        (f"{root}_{suffix}.fits", I2D) for root in exposures for suffix in ("cal", "o002_crf")
    }
    assert edges(miri, "composition") == expected == edges(miri, "composition", evidence="archive")
    ancestors = names(miri, miri.ancestors(I2D))
    for root in exposures:
        assert {f"{root}_{s}.fits" for s in ("uncal", "rate", "cal", "o002_crf")} <= ancestors
    # The mosaic is not made from guide stars, previews, integrations or single resampled images.
    assert {parse(name).suffix for name in ancestors} == {
        "uncal",
        "rate",
        "cal",
        "crf",
        "asn",
        "pool",
    }


def test_catalogue_and_segmentation_map_descend_from_the_mosaic(miri):
    derived = {f"{MOSAIC}_cat.ecsv", f"{MOSAIC}_segm.fits"}
    assert names(miri, miri.descendants(I2D)) == derived
    assert edges(miri, "multiplicity") == {(I2D, name) for name in derived}


def test_guide_stars_hang_on_exactly_the_exposures_that_list_them(real, miri):
    rows = real_rows(real, "miri")
    rows = rows[rows["productSubGroupDescription"].str.startswith("GS-", na=False)]
    stated = {
        (filename, f"{obs_id}_uncal.fits")
        for filename, obs_id in zip(rows["productFilename"], rows["obs_id"], strict=True)
        if parse(obs_id).kind == "exposure"
    }
    assert len(stated) == 3256
    assert edges(miri, "aggregation") == stated == edges(miri, "aggregation", evidence="archive")
    assert {source for source, _ in stated} == set(rows["productFilename"])


def test_guide_stars_follow_the_list_and_not_the_visit(real):
    """One row less is one edge less, though the name says the same visit."""
    rows = real_rows(real, "miri")
    guide = "jw02733002001_gs-acq1_2022163115638_stream.fits"
    exposure = "jw02733002001_02103_00005_mirimage"
    gone = (rows["productFilename"] == guide) & (rows["obs_id"] == exposure)
    assert gone.sum() == 1
    before, after = (edges(link(r), "aggregation") for r in (rows, rows[~gone]))
    assert before - after == {(guide, f"{exposure}_uncal.fits")}


def test_associations_lead_to_what_was_made_of_them(real, miri):
    rows = real_rows(real, "miri")
    rows = rows[rows["productSubGroupDescription"] == "ASN"]
    made = {"image2": "cal", "image3": "i2d"}
    expected = {
        (name, f"{obs_id}_{made[parse(name).asn_type]}.fits")
        for name, obs_id in zip(rows["productFilename"], rows["obs_id"], strict=True)
    }
    assert len(expected) == 17
    assert edges(miri, "antecedent", evidence="archive") == expected
    (pool,) = miri.table.files.loc[miri.table.files["role"] == "pool", "filename"]
    pooled = {edge for edge in edges(miri) if pool in edge}
    assert pooled == {(pool, name) for name, _ in expected}


def test_the_same_members_are_inferred_from_names_alone(real, miri):
    """Without `parent_obsid`, names leave no doubt: one target, one filter, one detector."""
    unstated = link(real_rows(real, "miri").drop(columns="parent_obsid"))
    assert edges(unstated, "composition", evidence="name") == edges(miri, "composition")


def test_a_pool_leads_to_the_associations_of_its_generation(soss):
    """Program 1091 was generated twice in this list: one pool each, and no mixing."""
    read = [parse(name) for name in soss.table.files["filename"]]
    pools = [name for name in read if name.kind == "pool"]
    associations = [name for name in read if name.kind == "association"]
    expected = {
        (str(pool), str(association))
        for pool in pools
        for association in associations
        if (pool.program, pool.timestamp) == (association.program, association.timestamp)
    }
    assert len({pool.program for pool in pools}) < len(pools)
    assert {edge for edge in edges(soss) if "_pool" in edge[0]} == expected
    assert len(expected) >= 50


# --- tables of what was found ---------------------------------------------------------------------


def test_made_from_is_a_table_of_ancestors_nearest_first(miri):
    table = miri.made_from(I2D)
    assert set(table["code"]) == set(miri.ancestors(I2D))
    assert table["steps"].is_monotonic_increasing
    assert len(table) == 82
    assert set(table.columns) == {
        "code", "filename", "stage", "role", "size", "steps", "relation", "evidence", "linked_to",
        "via",
    }  # fmt: skip
    one = table.set_index("filename").loc["jw02733002001_02103_00001_mirimage_rate.fits"]
    assert one[["stage", "role", "steps", "relation", "evidence", "linked_to"]].tolist() == [
        "2a",
        "science",
        2,
        "antecedent",
        "name",
        "jw02733002001_02103_00001_mirimage_cal.fits",
    ]
    graph = graph_of(miri).reverse()
    steps = networkx.single_source_shortest_path_length(graph, miri.table.code(I2D))
    assert dict(zip(table["code"], table["steps"], strict=True)).items() <= steps.items()


def test_each_row_of_a_table_names_an_edge_that_is_there(linkages):
    for linkage in linkages.values():
        stated = set(
            linkage.edges_frame()[["source", "target", "relation", "evidence", "via"]].itertuples(
                index=False, name=None
            )
        )
        last = linkage.table.files["filename"].iloc[::7]
        for row in linkage.made_from(last).itertuples():
            assert (row.filename, row.linked_to, row.relation, row.evidence, row.via) in stated
        for row in linkage.used_by(last).itertuples():
            assert (row.linked_to, row.filename, row.relation, row.evidence, row.via) in stated


def test_used_by_is_a_table_of_descendants(miri):
    uncal = "jw02733002001_02103_00001_mirimage_uncal.fits"
    table = miri.used_by(uncal)
    assert set(table["code"]) == set(miri.descendants(uncal))
    assert {I2D, f"{MOSAIC}_cat.ecsv"} < set(table["filename"])


def test_one_step_is_one_step(miri):
    parents = miri.made_from(I2D, recursive=False)
    assert len(parents) == 33  # 16 × cal, 16 × crf, the association
    assert set(parents["linked_to"]) == {I2D}
    children = miri.used_by(I2D, recursive=False)
    assert set(children["filename"]) == {f"{MOSAIC}_cat.ecsv", f"{MOSAIC}_segm.fits"}


def test_files_are_given_by_name_uri_code_or_several_of_them(miri):
    code = miri.table.code(I2D)
    uri = miri.table.files["uri"].iloc[code]
    expected = set(miri.ancestors(I2D))
    for files in (code, uri, np.int64(code), [I2D], (uri,), np.array([code]), pd.Series([I2D])):
        assert set(miri.ancestors(files)) == expected
    two = miri.ancestors([f"{MOSAIC}_cat.ecsv", f"{MOSAIC}_segm.fits"])
    assert set(two) == expected | {code}
    assert miri.made_from([]).empty
    assert len(miri.ancestors([])) == 0


def test_an_unknown_file_is_refused_by_name(miri):
    with pytest.raises(UnknownFile, match=r"'nothing\.fits' is none of the 605 files"):
        miri.made_from("nothing.fits")


def test_lineage_is_both_directions_and_the_file_itself(miri):
    cal = "jw02733002001_02103_00001_mirimage_cal.fits"
    expected = {miri.table.code(cal), *miri.ancestors(cal), *miri.descendants(cal)}
    assert set(miri.lineage(cal)) == expected


def test_all_relations_reach_what_is_kept_with_the_exposures(miri):
    guide = "jw02733002001_gs-acq1_2022163115638_stream.fits"
    assert guide not in names(miri, miri.ancestors(I2D))
    assert guide in names(miri, miri.ancestors(I2D, all_relations=True))
    assert names(miri, miri.descendants(guide)) == set()
    assert I2D in names(miri, miri.descendants(guide, all_relations=True))


def test_links_are_every_direct_link_of_a_file(miri):
    cal = "jw02733002001_02103_00001_mirimage_cal.fits"
    frame = miri.links(cal)
    expected = {edge for edge in edges(miri) if cal in edge}
    assert set(frame[["source", "target"]].itertuples(index=False, name=None)) == expected


# --- export ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("which", LISTS)
def test_networkx_and_the_frames_say_the_same(linkages, which):
    linkage = linkages[which]
    graph = linkage.to_networkx()
    nodes = linkage.nodes_frame()
    assert set(graph.nodes) == set(nodes["filename"])
    assert nodes.index.name == "code"
    assert nodes.index.tolist() == list(range(len(linkage.table)))
    assert set(graph.edges) == edges(linkage)
    for source, target, relation, evidence in linkage.edges_frame()[
        ["source", "target", "relation", "evidence"]
    ].itertuples(index=False, name=None):
        assert graph.edges[source, target]["relation"] == relation
        assert graph.edges[source, target]["evidence"] == evidence
    filename = nodes["filename"].iloc[0]
    assert graph.nodes[filename]["role"] == nodes["role"].iloc[0]


def test_the_edge_frame_has_names_and_codes(miri):
    frame = miri.edges_frame()
    filename = miri.table.files["filename"].to_numpy()
    assert frame["source"].tolist() == filename[frame["source_code"]].tolist()
    assert frame["target"].tolist() == filename[frame["target_code"]].tolist()
    assert frame["relation"].cat.categories.tolist() == list(RELATIONS)
    assert frame["evidence"].cat.categories.tolist() == list(EVIDENCE)
    assert set(frame["via"]) == {""}


# --- NIRISS time series ---------------------------------------------------------------------------


def time_series_roots(soss: Linkage) -> list[str]:
    files = soss.table.files["filename"]
    return [name.removesuffix("_calints.fits") for name in files if name.endswith("_calints.fits")]


def test_each_segment_has_its_own_chain_by_integration(soss):
    roots = time_series_roots(soss)
    assert len(roots) == 25
    assert {parse(root).segment for root in roots} >= {"001", "002", "003"}
    there = set(soss.table.files["filename"])
    found = edges(soss, "antecedent", evidence="name")
    for root in roots:
        ours = {
            (a.removeprefix(f"{root}_"), b.removeprefix(f"{root}_"))
            for a, b in found
            if a.startswith(f"{root}_") and b.startswith(f"{root}_")
        }
        expected = {
            ("uncal.fits", "ramp.fits"),
            ("uncal.fits", "rate.fits"),
            ("uncal.fits", "rateints.fits"),
            ("rateints.fits", "calints.fits"),
            ("calints.fits", "x1dints.fits"),
            ("calints.fits", f"o{parse(root).observation}_crfints.fits"),
        }
        assert ours == {(a, b) for a, b in expected if f"{root}_{b}" in there}
        assert ("rateints.fits", "calints.fits") in ours


def test_no_edge_joins_segments_but_through_the_product_of_all(soss):
    for source, target in edges(soss, "antecedent", "linked", "aggregation"):
        ends = parse(source), parse(target)
        if all(end.kind == "exposure" for end in ends):
            assert ends[0].root == ends[1].root


def test_a_time_series_product_is_made_of_all_its_segments(real, soss):
    rows = real_rows(real, "soss")
    obs_id = dict(zip(rows["obsID"], rows["obs_id"], strict=True))
    for parent, listed in rows.groupby("parent_obsid"):
        name = obs_id[parent]
        if parse(name).kind != "level3":
            continue
        combined = f"{name}_x1dints.fits"
        segments = {r for r in time_series_roots(soss) if r in set(listed["obs_id"])}
        sources = {a for a, b in edges(soss, "composition", evidence="archive") if b == combined}
        assert {parse(s).root for s in sources} == segments
        assert {parse(s).suffix for s in sources} == {"calints", "crfints"}
        raw = {parse(n).root for n in names(soss, soss.ancestors(combined)) if "_uncal" in n}
        assert raw == segments
        white_light = f"{name}_whtlt.ecsv"
        if white_light in set(soss.table.files["filename"]):
            assert (combined, white_light) in edges(soss, "multiplicity")


def test_target_acquisitions_enable_the_time_series_and_are_not_combined(soss):
    found = edges(soss, "prerequisite")
    assert len(found) == 20
    for source, target in found:
        assert (parse(source).suffix, parse(target).suffix) == ("cal", "x1dints")
        assert parse(source).group == "02"  # the acquisition comes before the science, 03 or 04
        acquisition = parse(source).root
        ancestors = names(soss, soss.ancestors(target))
        assert not any(name.startswith(acquisition) for name in ancestors)
        assert source in names(soss, soss.ancestors(target, all_relations=True))


def test_standalone_level_2_observations_are_complete_in_themselves(soss):
    alone = [
        obs_id for obs_id in soss.table.parents()["obs_id"] if parse(obs_id).kind == "exposure"
    ]
    assert len(alone) == 5
    for root in alone:
        calints = f"{root}_calints.fits"
        made_from = soss.made_from(calints)
        kept = made_from.loc[made_from["filename"].str.startswith(root), "filename"]
        assert set(kept) == {f"{root}_uncal.fits", f"{root}_rateints.fits"}
        (association,) = made_from.loc[made_from["role"] == "association", "filename"]
        assert parse(association).asn_type == "tso-spec2"
        assert set(soss.used_by(calints)["filename"]) == {f"{root}_x1dints.fits"}


def test_no_time_series_member_is_invented_without_parents(real, soss):
    unstated = link(real_rows(real, "soss").drop(columns="parent_obsid"))
    inferred = edges(unstated, "composition", "prerequisite", evidence="name")
    assert inferred <= edges(soss, "composition", "prerequisite", evidence="archive")


# --- a Missions list: calibration references ------------------------------------------------------


def test_references_contribute_to_the_stage_they_act_in_on_their_detector(real, missions):
    rows = pd.read_csv(real / LISTS["missions"])
    rows = rows[rows["category"] == "REFERENCE"].set_index("filename")
    found = edges(missions, "contributing", evidence="archive")
    assert {source for source, _ in found} == set(rows.index)
    for source, target in found:
        reference, product = parse(source), parse(target)
        if reference.kind == "context":
            continue
        aperture = rows.loc[source, "filters"].partition("_")[0].lower()
        detector = {"nrca5": "nrcalong", "nrcb5": "nrcblong"}.get(aperture, aperture)
        assert product.detector == detector
        assert product.suffix == ("rate" if reference.reftype in STAGE1_REFERENCES else "cal")


def test_the_context_ruled_the_choice_for_every_detector(missions):
    targets = {b for a, b in edges(missions, "contributing") if a == "jwst_1364.pmap"}
    assert {parse(target).detector for target in targets} == set(
        missions.table.files.loc[missions.table.files["role"] == "science", "detector"]
    )
    assert len(targets) == 10


def test_a_dark_is_an_ancestor_of_what_its_detector_saw_and_of_nothing_else(missions):
    files = missions.table.files
    darks = files[(files["role"] == "reference") & (missions.table.names["reftype"] == "dark")]
    assert len(darks) == 10
    for code, detector in darks["detector"].items():
        made = missions.used_by(code)["filename"]
        assert {parse(name).detector for name in made} == {detector}
        assert {"rate", "cal"} <= {parse(name).suffix for name in made}


def test_the_guide_star_of_a_dataset_is_kept_with_every_detector(missions):
    found = edges(missions, "aggregation", evidence="archive")
    assert {source for source, _ in found} == {"jw01895001001_gs-fg_2022322010333_cal.fits"}
    assert {parse(target).detector for _, target in found} == set(
        missions.table.files["detector"].dropna()
    )


def test_associations_of_a_dataset_lead_to_the_detector_of_their_row(real, missions):
    rows = pd.read_csv(real / LISTS["missions"]).set_index("filename")
    found = {(a, b) for a, b in edges(missions, "antecedent", evidence="archive") if "_asn" in a}
    assert len(found) == 10
    for source, target in found:
        aperture = rows.loc[source, "filters"].partition("_")[0].lower()
        assert parse(target).detector == aperture.replace("5", "long")
        assert parse(target).suffix == "cal"


# --- what the archive says goes before what names say ---------------------------------------------

NIRCAM = "jw90001-o001_t001_nircam"


def nircam_exposures(*detectors: str, visit: str = "jw90001001001") -> list[tuple[str, str]]:
    return [
        pair
        for detector in detectors
        for pair in products(f"{visit}_02101_00001_{detector}", "uncal", "rate", "cal", "i2d")
    ]


def test_a_single_configuration_is_inferred_from_names():
    rows = caom_rows(
        [*nircam_exposures("nrca1", "nrcb2"), *products(f"{NIRCAM}_clear-f115w", "i2d", "segm")]
    )
    found = edges(link(rows), "composition")
    assert found == edges(link(rows), "composition", evidence="name")
    assert found == {
        (f"jw90001001001_02101_00001_{detector}_cal.fits", f"{NIRCAM}_clear-f115w_i2d.fits")
        for detector in ("nrca1", "nrcb2")
    }


def test_two_filters_leave_a_doubt_and_so_no_edge():
    mosaics = [
        *products(f"{NIRCAM}_clear-f115w", "i2d"),
        *products(f"{NIRCAM}_clear-f200w", "i2d"),
    ]
    assert edges(link(caom_rows([*nircam_exposures("nrca1"), *mosaics])), "composition") == set()


def test_two_filters_are_told_apart_by_the_channel_of_nircam():
    rows = caom_rows(
        [
            *nircam_exposures("nrca1", "nrcalong"),
            *products(f"{NIRCAM}_clear-f115w", "i2d"),
            *products(f"{NIRCAM}_f444w-f405n", "i2d"),
        ]
    )
    assert edges(link(rows), "composition") == {
        ("jw90001001001_02101_00001_nrca1_cal.fits", f"{NIRCAM}_clear-f115w_i2d.fits"),
        ("jw90001001001_02101_00001_nrcalong_cal.fits", f"{NIRCAM}_f444w-f405n_i2d.fits"),
    }


def test_an_observation_of_another_number_program_or_instrument_is_no_member():
    mosaic = products(f"{NIRCAM}_clear-f115w", "i2d")
    for stranger in (
        nircam_exposures("nrca1", visit="jw90001002001"),
        nircam_exposures("nrca1", visit="jw90002001001"),
        products("jw90001001001_02101_00001_mirimage", "cal"),
    ):
        assert edges(link(caom_rows([*mosaic, *stranger])), "composition") == set()


def test_a_member_by_name_has_a_product_that_can_be_combined():
    """Autoflats and imprints end at their rates; by name they are members of nothing."""
    rows = caom_rows(
        [
            *products("jw90001001001_02101_00001_nrca1", "uncal", "rate"),
            *products(f"{NIRCAM}_clear-f115w", "i2d"),
        ]
    )
    assert edges(link(rows), "composition", "prerequisite") == set()


def test_level_2c_products_tell_which_exposures_went_in():
    first, second = (f"jw90001001001_02101_0000{n}_nrca1" for n in (1, 2))
    mosaic = f"{NIRCAM}_clear-f115w"
    rows = caom_rows(
        [
            *products(first, "cal", "i2d", "o001_crf"),
            *products(second, "cal", "i2d"),  # left out by the pipeline: it has no crf
            *products(mosaic, "i2d"),
        ]
    )
    assert edges(link(rows), "composition") == {
        (f"{first}_cal.fits", f"{mosaic}_i2d.fits"),
        (f"{first}_o001_crf.fits", f"{mosaic}_i2d.fits"),
    }


def test_a_level_2c_product_goes_to_the_product_of_its_candidate():
    exposure = "jw90001001001_02101_00001_nrca1"
    own, across = (f"jw90001-{c}_t001_nircam_clear-f115w" for c in ("o001", "c1000"))
    rows = caom_rows(
        [
            *products(exposure, "cal", "i2d", "o001_crf", "c1000_crf"),
            *products(own, "i2d"),
            *products(across, "i2d"),
        ]
    )
    assert edges(link(rows), "composition") == {
        (f"{exposure}_cal.fits", f"{own}_i2d.fits"),
        (f"{exposure}_cal.fits", f"{across}_i2d.fits"),
        (f"{exposure}_o001_crf.fits", f"{own}_i2d.fits"),
        (f"{exposure}_c1000_crf.fits", f"{across}_i2d.fits"),
    }


def test_a_candidate_across_observations_joins_visits():
    exposures = [f"jw90001{n}001_02101_00001_nrca1" for n in ("001", "002")]
    mosaic = "jw90001-c1000_t001_nircam_clear-f115w"
    linkage = link(
        caom_rows(
            [
                *[
                    pair
                    for e in exposures
                    for pair in products(e, "uncal", "rate", "cal", "c1000_crf")
                ],
                *products("jw90001003001_02101_00001_nrca1", "cal"),
                *products(mosaic, "i2d"),
            ]
        )
    )
    assert edges(linkage, "composition") == {
        (f"{exposure}_{suffix}.fits", f"{mosaic}_i2d.fits")
        for exposure in exposures
        for suffix in ("cal", "c1000_crf")
    }
    assert strangers(linkage) == []
    raw = {f"{exposure}_uncal.fits" for exposure in exposures}
    assert raw < names(linkage, linkage.ancestors(f"{mosaic}_i2d.fits"))


def test_wavefront_sensing_combines_the_exposures_of_one_activity():
    exposures = [
        f"jw90001001001_0210{activity}_0000{n}_{detector}"
        for activity in (4, 5)
        for n in (1, 2)
        for detector in ("nrca3", "nrca4")
    ]
    combined = {
        f"{NIRCAM}_f212n-wlp8-{detector}_wfscmb-0{activity}.fits": (activity, detector)
        for activity in (4, 5)
        for detector in ("nrca3", "nrca4")
    }
    pairs = [pair for e in exposures for pair in products(e, "rate", "cal")]
    pairs += [(name.removesuffix(".fits"), name) for name in combined]
    expected = {
        (f"jw90001001001_0210{activity}_0000{n}_{detector}_cal.fits", target)
        for target, (activity, detector) in combined.items()
        for n in (1, 2)
    }
    assert edges(link(caom_rows(pairs)), "composition") == expected


@pytest.mark.parametrize("obs_id_ends", ["", "_wfscmb-05"])
def test_wavefront_sensing_listed_by_the_archive_still_goes_by_activity(obs_id_ends):
    """Whether an observation is one product, or all of a detector, the number tells them apart."""
    root = f"{NIRCAM}_f212n-wlp8-nrca3"
    observation = root + obs_id_ends
    exposures = [f"jw90001001001_0210{a}_0000{n}_nrca3" for a in (4, 5) for n in (1, 2)]
    pairs = [pair for e in exposures for pair in products(e, "rate", "cal")]
    pairs += [(observation, f"{root}_wfscmb-0{activity}.fits") for activity in (4, 5)]
    rows = caom_rows(pairs, asked=dict.fromkeys((obs_id for obs_id, _ in pairs), observation))
    assert edges(link(rows), "composition", evidence="archive") == {
        (f"{e}_cal.fits", f"{root}_wfscmb-{parse(e).activity}.fits") for e in exposures
    }


def test_what_the_archive_lists_goes_before_what_names_say():
    """A mosaic that leaves an exposure out, and takes in one of another observation."""
    exposures = [f"jw90001001001_02101_0000{n}_nrca1" for n in (1, 2)]
    other = "jw90001007001_02101_00001_nrca1"
    mosaic = f"{NIRCAM}_clear-f115w"
    pairs = [p for e in (*exposures, other) for p in products(e, "cal")] + products(mosaic, "i2d")
    asked = {exposures[0]: mosaic, exposures[1]: exposures[1], other: mosaic, mosaic: mosaic}
    linkage = link(caom_rows(pairs, asked))
    assert edges(linkage) == edges(linkage, "composition", evidence="archive")
    assert edges(linkage) == {
        (f"{exposures[0]}_cal.fits", f"{mosaic}_i2d.fits"),
        (f"{other}_cal.fits", f"{mosaic}_i2d.fits"),
    }


@pytest.mark.parametrize(
    ("there", "expected"),
    [
        ("uncal rate cal", {("uncal", "rate"), ("rate", "cal")}),
        ("uncal cal", {("uncal", "cal")}),
        ("rate i2d", {("rate", "i2d")}),
        ("uncal ramp rate rateints", {("uncal", "ramp"), ("uncal", "rate"), ("uncal", "rateints")}),
        ("rate rateints calints", {("rateints", "calints")}),
        ("rate calints", {("rate", "calints")}),
        ("cal s2d x1d", {("cal", "s2d"), ("s2d", "x1d")}),
        ("cal s3d x1d", {("cal", "s3d"), ("s3d", "x1d")}),
        ("cal x1d", {("cal", "x1d")}),
        ("cal o001_crf", {("cal", "o001_crf")}),
        ("calints c1001_crfints", {("calints", "c1001_crfints")}),
        ("uncal trapsfilled", {("uncal", "trapsfilled")}),
        ("x1d uncal", set()),
        ("strange cal", set()),
    ],
)
def test_an_earlier_product_stands_in_for_one_that_is_not_there(there, expected):
    root = "jw90001001001_02101_00001_nis"
    linkage = link(caom_rows(products(root, *there.split())))
    assert edges(linkage) == {(f"{root}_{a}.fits", f"{root}_{b}.fits") for a, b in expected}


# --- spectra of many sources ----------------------------------------------------------------------

SOURCES = [
    "jw90003-o004_s000000001_nirspec_clear-prism",
    "jw90003-o004_s000000002_nirspec_clear-prism",
]
SPECTRA = [f"jw90003004001_03101_0000{n}_nrs{d}" for n in (1, 2) for d in (1, 2)]
ACQUISITION = "jw90003004001_02101_00001_nrs1"
MSA = "jw90003004001_01_msa.fits"


@pytest.fixture(scope="module")
def msa() -> Linkage:
    """Two sources that share exposures, as CAOM lists them for each source."""
    rows = []
    for source in SOURCES:
        pairs = [
            *products(source, "cal", "crf", "s2d", "x1d"),
            *[p for e in SPECTRA for p in products(e, "uncal", "rate", "cal", "s2d", "x1d")],
            *products(ACQUISITION, "uncal", "rate", "cal", "i2d"),
            *[(exposure, MSA) for exposure in SPECTRA],
            (source, f"jw90003-o004_20240101t000000_spec3_0000{source[21]}_asn.json"),
        ]
        rows.append(caom_rows(pairs, asked=dict.fromkeys((o for o, _ in pairs), source)))
    return link(pd.concat(rows))


def test_sources_share_their_exposures(msa):
    assert edges(msa, "composition") == {
        (f"{exposure}_cal.fits", f"{source}_cal.fits") for exposure in SPECTRA for source in SOURCES
    }
    raw = {f"{exposure}_uncal.fits" for exposure in SPECTRA}
    for source in SOURCES:
        ancestors = names(msa, msa.ancestors(f"{source}_x1d.fits"))
        assert raw < ancestors
        other = next(s for s in SOURCES if s != source)
        assert not any(name.startswith(other) for name in ancestors)


def test_the_products_of_a_source_are_a_chain(msa):
    for source in SOURCES:
        expected = {(f"{source}_{a}.fits", f"{source}_{b}.fits")
                    for a, b in pairwise(("cal", "crf", "s2d", "x1d"))}  # fmt: skip
        assert {e for e in edges(msa, "multiplicity") if e[0].startswith(source)} == expected


def test_the_target_acquisition_enabled_the_spectra(msa):
    assert edges(msa, "prerequisite") == {
        (f"{ACQUISITION}_cal.fits", f"{source}_cal.fits") for source in SOURCES
    }


def test_the_shutter_plan_belongs_to_the_exposures_that_list_it(msa):
    found = {edge for edge in edges(msa) if MSA in edge}
    assert found == {(MSA, f"{exposure}_uncal.fits") for exposure in SPECTRA}
    assert found <= edges(msa, "linked", evidence="archive")
    assert not any("msa" in name for name in names(msa, msa.ancestors(f"{SOURCES[0]}_x1d.fits")))


def test_the_same_spectra_are_inferred_from_names(msa):
    rows = [
        *products(ACQUISITION, "uncal", "rate", "cal", "i2d"),
        *products(SOURCES[0], "cal", "x1d"),
    ]
    rows += [p for e in SPECTRA for p in products(e, "uncal", "rate", "cal", "x1d")]
    linkage = link(caom_rows([*rows, ("", MSA)]))
    target = f"{SOURCES[0]}_cal.fits"
    assert edges(linkage, "composition", "prerequisite") == {
        (f"{exposure}_cal.fits", target) for exposure in SPECTRA
    }
    # Listed nowhere, the plan goes to every NIRSpec exposure of its visit, on weaker evidence.
    linked = {target for source, target in edges(linkage, "linked", evidence="name")}
    assert linked == {f"{exposure}_uncal.fits" for exposure in (*SPECTRA, ACQUISITION)}


# --- guide stars where no list says whose they are ------------------------------------------------


def test_a_guide_star_file_that_nobody_lists_goes_to_every_exposure_of_its_visit():
    exposures = [f"jw90001001001_02101_0000{n}_nrca1" for n in (1, 2)]
    other = "jw90001001002_02101_00001_nrca1"
    guide = "jw90001001001_gs-fg_2024001000000_cal.fits"
    pairs = [p for e in (*exposures, other) for p in products(e, "rate", "cal")]
    linkage = link(caom_rows([*pairs, ("--", guide)]))
    assert edges(linkage, "aggregation", evidence="name") == {
        (guide, f"{exposure}_rate.fits") for exposure in exposures
    }


def test_guide_star_files_have_their_own_chain():
    root = "jw90001001001_gs-fg_2024001000000"
    linkage = link(caom_rows([("--", f"{root}_{s}.fits") for s in ("uncal", "cal", "stream")]))
    assert edges(linkage) == {(f"{root}_uncal.fits", f"{root}_cal.fits")}


def test_thumbnails_are_linked_like_previews():
    root = "jw90001001001_02101_00001_nrca1"
    pairs = [(root, f"{root}_cal{end}") for end in (".fits", ".jpg", "_thumb.jpg")]
    assert edges(link(caom_rows(pairs)), "linked") == {
        (f"{root}_cal.jpg", f"{root}_cal.fits"),
        (f"{root}_cal_thumb.jpg", f"{root}_cal.fits"),
    }


def test_names_that_are_unknown_have_no_links_and_do_no_harm(real):
    rows = pd.concat([real_rows(real, "miri"), caom_rows([(MOSAIC, "notes.txt"), ("", "?\n")])])
    linkage = link(rows)
    assert len(linkage.links(["notes.txt", "?\n"])) == 0
    assert len(linkage.edges) == 3621


# --- evidence -------------------------------------------------------------------------------------


def test_codes_of_evidence_grow_with_weakness():
    strongest_first = ["association", "header", "archive", "crds", "name", "contradicted"]
    assert list(EVIDENCE_CODES) == strongest_first
    assert list(EVIDENCE_CODES.values()) == [0, 1, 2, 3, 4, 5]
    assert list(RELATION_CODES) == list(RELATIONS)
    assert set(RELATION_CODES) - set(LINEAGE) == {"prerequisite", "aggregation", "linked"}


def test_edges_without_an_end_and_loops_are_left_out():
    made = EdgeSet.make([0, -1, 1, 2], [1, 1, -1, 2], "linked", "name", via=[5, 6, 7, 8])
    assert (made.source.tolist(), made.target.tolist(), made.via.tolist()) == ([0], [1], [5])


@pytest.mark.parametrize("order", [1, -1])
@pytest.mark.parametrize(("strong", "weak"), list(pairwise(EVIDENCE)))
def test_an_edge_found_twice_is_one_edge_on_the_stronger_evidence(order, strong, weak):
    sets = [
        EdgeSet.make([0, 3], [1, 4], "composition", weak),
        EdgeSet.make([0], [1], "contemporaneous calibration", strong, via=[9]),
    ]
    merged = merge(sets[::order])
    assert merged.source.tolist() == [0, 3]
    assert merged.evidence.tolist() == [EVIDENCE_CODES[strong], EVIDENCE_CODES[weak]]
    assert merged.relation[0] == RELATION_CODES["contemporaneous calibration"]
    assert merged.via.tolist() == [9, -1]


def test_edges_of_opposite_directions_are_two():
    merged = merge([EdgeSet.make([0, 1], [1, 0], "linked", "name")])
    assert len(merged) == 2


def test_no_edges_merge_to_none():
    assert len(merge([])) == 0
    assert len(merge([EdgeSet.make([], [], "linked", "name")])) == 0


def test_large_codes_do_not_collide():
    merged = merge([EdgeSet.make([0, 2**30], [2**30, 0], "linked", "name")])
    assert set(zip(merged.source.tolist(), merged.target.tolist(), strict=True)) == {
        (0, 2**30),
        (2**30, 0),
    }


def test_what_an_association_states_wins_over_list_and_names(real):
    table = ProductTable.from_rows(real_rows(real, "miri"))
    cal = table.code("jw02733002001_02103_00001_mirimage_cal.fits")
    background = table.code("jw02733002002_02103_00001_mirimage_cal.fits")
    association = table.code("jw02733-o002_20220712t201523_image3_003_asn.json")
    mosaic = table.code(I2D)
    stated = [
        EdgeSet.make([cal], [mosaic], "composition", "association", via=[association]),
        EdgeSet.make(
            [background],
            [mosaic],
            "contemporaneous calibration",
            "association",
            via=[association],
        ),
    ]
    linkage = build_linkage(table, stated)
    assert len(linkage.edges) == len(build_linkage(table).edges)
    links = linkage.links(I2D).set_index("source_code")
    via = "jw02733-o002_20220712t201523_image3_003_asn.json"
    columns = ["relation", "evidence", "via"]
    assert links.loc[cal, columns].tolist() == ["composition", "association", via]
    assert links.loc[background, columns].tolist() == [
        "contemporaneous calibration",
        "association",
        via,
    ]
    assert (links["evidence"] == "archive").sum() == 31  # the others, and the association itself
    assert len(linkage.ancestors(I2D)) == len(build_linkage(table).ancestors(I2D))


def test_stated_edges_may_add_what_no_rule_finds(real):
    table = ProductTable.from_rows(real_rows(real, "missions"))
    source, target = table.code("jwst_1364.pmap"), table.code("jw01895_20250603t032228_pool.csv")
    linkage = build_linkage(table, iter([EdgeSet.make([source], [target], "linked", "header")]))
    assert edges(linkage, "linked", evidence="header") == {
        ("jwst_1364.pmap", "jw01895_20250603t032228_pool.csv")
    }


# --- what names imply, against what associations state --------------------------------------------

DOCUMENT_SETS = {
    "prelaunch/jw00711_20181027T043250": 50,
    "prelaunch/jw84600_20180824T212338_valid_msametfl": 19,
    "prelaunch/jw86600_20171108T043532": 0,
    "prelaunch/jw94015_20171108T041516": 278,
    "associations/jw09505_asn_generate": 8,
}
STAGE_2 = {
    "image2": ("uncal", "rate", "cal", "i2d"),
    "wfs-image2": ("uncal", "rate", "cal"),
    "spec2": ("uncal", "rate", "cal", "s2d", "x1d"),
    "tso-spec2": ("uncal", "rateints", "calints", "x1dints"),
}
#: The first is what exposures are combined into.
STAGE_3 = {
    "image3": ("i2d", "cat", "segm"),
    "wfs-image3": ("wfscmb",),
    "spec3": ("s2d", "x1d"),
    "tso3": ("x1dints", "whtlt"),
}


def archived(documents: list[tuple[str, dict]]) -> tuple[list[tuple[str, str]], set[Edge]]:
    """(obs_id, file name) of what the archive would hold of these, and the members they state."""
    pairs: dict[tuple[str, str], None] = {}
    stated: set[Edge] = set()
    for filename, document in documents:
        for product in document["products"]:
            name, asn_type = product["name"], document["asn_type"]
            members = [member["expname"] for member in product["members"]]
            pairs.update(dict.fromkeys((parse(member).root, member) for member in members))
            obs_id = parse(name).root
            pairs[obs_id, filename] = None
            for suffix in STAGE_2.get(asn_type, STAGE_3.get(asn_type, ())):
                whole = name.replace("{suffix}", suffix)
                whole = whole if "{suffix}" in name else f"{name}_{suffix}"
                pairs[obs_id, f"{whole}.fits"] = None
                if suffix == STAGE_3.get(asn_type, ("",))[0]:
                    science = (
                        m["expname"] for m in product["members"] if m["exptype"] == "science"
                    )
                    stated |= {(member, f"{whole}.fits") for member in science}
    return list(pairs), stated


@pytest.mark.parametrize(("folder", "at_least"), DOCUMENT_SETS.items(), ids=list(DOCUMENT_SETS))
@pytest.mark.parametrize("with_associations", [True, False], ids=["", "without associations"])
def test_no_member_is_inferred_that_no_association_states(
    real, folder, at_least, with_associations
):
    pairs, stated = archived(documents(real / folder))
    if not with_associations:
        pairs = [pair for pair in pairs if not pair[1].endswith("_asn.json")]
    linkage = link(caom_rows(pairs))
    inferred = edges(linkage, "composition")
    assert inferred - stated == set()
    assert len(inferred) >= at_least
    assert edges(linkage, "composition", evidence="name") == inferred
    assert strangers(linkage) == []
    assert networkx.is_directed_acyclic_graph(graph_of(linkage, lineage=False))


def test_a_guide_star_file_is_not_moved_to_an_exposure_it_is_not_listed_under():
    visit = "jw02733002001"
    listed, other = f"{visit}_02103_00001_mirimage", f"{visit}_02103_00002_mirimage"
    guide = f"{visit}_gs-fg_2022163120339_cal.fits"
    # The exposure that the archive lists it under is not in this (partial) list; its neighbour is.
    linkage = link(caom_rows([(listed, guide), (other, f"{other}_uncal.fits")]))
    assert len(linkage.links(guide)) == 0
