"""The diagram: within its budget whatever comes, each file once, no overlaps, nothing jumps."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from functools import cache
from itertools import pairwise, product

import numpy as np
import pandas as pd
import pytest
from archive_fakes import read_rows
from hypothesis import given, settings
from hypothesis import strategies as st

from jwstwidgets import Filters, JwstWidgetsError, ProductTable, SampleArchive, build_linkage
from jwstwidgets import build_diagram as draw
from jwstwidgets.diagram import BUDGET, MISSING
from jwstwidgets.diagram.groups import find, overview, parts
from jwstwidgets.diagram.places import COLUMNS, LANES
from jwstwidgets.filters import Filters as F
from jwstwidgets.linkage.graph import LINEAGE
from jwstwidgets.vocabulary import EVIDENCE, RELATIONS, STAGES

MIRI = "jw02733-o002_t001_miri_f1130w"
EXPOSURE = "jw02733002001_02103_00001_mirimage"
CAL = "main/2b/cal"
MRP = "Minimum Recommended Products"
LISTS = (
    "products_jw02733-o002_miri_f1130w",
    "products_niriss_soss_14obs_dedup",
    "products_fragments_nircam_nirspec",
)


@cache
def sample_rows():
    return SampleArchive().catalogue()


@cache
def sample_linkage(obs_id):
    observations, rows = sample_rows()
    obsid = observations.loc[observations["obs_id"] == obs_id, "obsid"].iloc[0]
    return build_linkage(ProductTable.from_rows(rows[rows["parent_obsid"] == obsid]))


@pytest.fixture(scope="module")
def miri():
    return sample_linkage(MIRI)


@pytest.fixture(scope="module")
def whole_sample():
    return build_linkage(ProductTable.from_rows(sample_rows()[1]))


@pytest.fixture(scope="session")
def large():
    """301,890 rows: the MIRI list under 87 program numbers."""
    rows = sample_rows()[1]
    rows = rows[rows["parent_obsid"] == "87602450"]
    copies = []
    for i in range(87):
        copy = rows.copy()
        for column in ("obs_id", "productFilename", "dataURI"):
            copy[column] = copy[column].str.replace("02733", f"{10_000 + i}")
        for column in ("obsID", "parent_obsid"):
            copy[column] = f"{i}" + copy[column]
        copies.append(copy)
    table = ProductTable.from_rows(pd.concat(copies, ignore_index=True))
    assert table.row_count > 300_000
    return build_linkage(table)


def rows_of(names, **columns):
    """Archive rows of these files, all of one observation that was asked for."""
    return pd.DataFrame(
        {
            "obs_id": MIRI,
            "obsID": "1",
            "parent_obsid": "1",
            "size": 1000,
            "productType": "SCIENCE",
            "productGroupDescription": MRP,
            "productFilename": names,
            "dataURI": [f"mast:JWST/product/{i}/{name}" for i, name in enumerate(names)],
        }
        | columns
    )


@pytest.fixture(scope="module")
def hostile():
    """5,000 kinds of file that nobody has heard of, in every place of the diagram."""
    forms = (
        "jw02733002001_02103_00001_mirimage_q{}x.fits",
        "jw02733002001_02103_00001_mirimage_o002_q{}x.fits",
        "jw02733-o002_t001_miri_f1130w_q{}x.fits",
        "jw02733002001_gs-fg_2022163120339_q{}x.fits",
        "jw02733-o002_20220712t201523_{}2_001_asn.json",
        "jw02733-o002_20220712t201523_{}3_001_asn.json",
        "jw02733002001_02103_00001_mirimage_q{}x.jpg",
        "{} is no name at all",
        "jwst_miri_{}_0059.fits",
    )
    words = ["".join(chr(97 + int(d)) for d in f"{i:05}") for i in range(5000)]
    names = [forms[i % len(forms)].format(words[i]) for i in range(5000)]
    known = sample_linkage(MIRI).table.files["filename"].tolist()
    kinds = ["SCIENCE", "AUXILIARY", "INFO", "PREVIEW", "--", "NEW"]
    types = [kinds[i % len(kinds)] for i in range(len(names) + len(known))]
    return build_linkage(ProductTable.from_rows(rows_of(names + known, productType=types)))


@pytest.fixture(scope="module")
def linkages(real):
    """Of every real list: the whole, and that of each observation that was asked for."""
    whole, single = {}, {}
    for name in LISTS:
        rows = read_rows(real / "caom" / f"{name}.csv")
        whole[name] = build_linkage(ProductTable.from_rows(rows))
        for obsid, part in rows.groupby("parent_obsid"):
            if len(part) > 20 or "soss" in name:  # the fragments are of many
                single[obsid] = build_linkage(ProductTable.from_rows(part))
    missions = read_rows(real / "missions" / "products_jw01895001001_02101_00001.csv")
    whole["missions"] = build_linkage(ProductTable.from_rows(missions))
    return whole, single


def unfold_all(linkage, budget, times=3):
    """Unfold every group that is there, and what comes out, again and again."""
    diagram, wanted = draw(linkage, budget=budget), []
    for _ in range(times):
        wanted += [node.id for node in diagram.nodes if node.id not in wanted]
        diagram = draw(linkage, None, wanted, budget=budget)
        yield diagram
    yield draw(linkage, None, wanted[::-1], budget=budget)


def leaves(diagram):
    return [node for node in diagram.nodes if node.kind in ("group", "file")]


# --- what must hold for every diagram ---


def check_budget(diagram, budget):
    assert len(diagram) <= budget
    # A title is an element of the widget too.
    assert len(diagram) + len(diagram.columns) + len(diagram.lanes) <= budget
    assert diagram.budget == budget


def check_partition(diagram, linkage):
    """Every file in exactly one folded node; a box holds what its parts hold."""
    codes = np.concatenate([[], *(node.codes for node in leaves(diagram))]).astype(int)
    assert sorted(codes.tolist()) == list(range(len(linkage.table)))
    by_id = {node.id: node for node in diagram.nodes}
    assert len(by_id) == len(diagram.nodes)
    for box in (node for node in diagram.nodes if node.kind == "box"):
        inside = [node for node in diagram.nodes if node.parent == box.id]
        assert sorted(np.concatenate([n.codes for n in inside])) == sorted(box.codes)
        assert diagram.nodes.index(box) < min(diagram.nodes.index(node) for node in inside)
    for node in diagram.nodes:
        assert not node.parent or by_id[node.parent].kind == "box"
        assert (node.kind == "file") == (len(node.codes) == 1 and node.kind != "box")


def sides(node):
    return (
        node.x - node.width / 2,
        node.y - node.height / 2,
        node.x + node.width / 2,
        node.y + node.height / 2,
    )


def any_meet(nodes):
    """Whether two cards overlap."""
    left, top, right, bottom = np.array([sides(node) for node in nodes]).T
    slack = 0.01
    across = left[:, None] < right[None, :] - slack
    along = top[:, None] < bottom[None, :] - slack
    return (across & across.T & along & along.T).sum() > len(nodes)


def check_places(diagram):
    """No two cards meet, boxes hold their parts below their title, all is on the sheet."""
    by_parent = {}
    for node in diagram.nodes:
        by_parent.setdefault(node.parent, []).append(node)
        left, top, right, bottom = sides(node)
        assert 0 <= left < right <= diagram.width
        assert 0 <= top < bottom <= diagram.height
    for parent, siblings in by_parent.items():
        assert not any_meet(siblings), parent
        if parent:
            left, top, right, bottom = sides(diagram.node(parent))
            for node in siblings:
                inner = sides(node)
                assert left < inner[0]
                assert top + 20 < inner[1]
                assert right > inner[2]
                assert bottom > inner[3]
    # Titles stand above what they are the titles of.
    for heading in (*diagram.columns, *diagram.lanes):
        for node in by_parent.get("", []):
            left, top, right, bottom = sides(node)
            under = bottom > heading.y and top < heading.y + 20
            assert not (under and left < heading.x + heading.width and right > heading.x)


def check_order(diagram):
    """Columns from left to right by stage, lanes from top to bottom by purpose."""
    columns, lanes = list(COLUMNS), list(LANES)
    top = [node for node in diagram.nodes if not node.parent]
    for left, right in pairwise([n for n in columns if any(t.column == n for t in top)]):
        assert max(sides(n)[2] for n in top if n.column == left) <= min(
            sides(n)[0] for n in top if n.column == right
        )
    for upper, lower in pairwise([n for n in lanes if any(t.lane == n for t in top)]):
        assert max(sides(n)[3] for n in top if n.lane == upper) <= min(
            sides(n)[1] for n in top if n.lane == lower
        )
    assert [heading.text for heading in diagram.columns] == [
        COLUMNS[name] for name in columns if any(node.column == name for node in top)
    ]
    for node in top:
        if node.lane == "main" and node.role in ("science", "auxiliary"):
            assert node.column in (node.stage, "derived")


def check_counts(diagram, linkage, filters):
    mask, table = filters.mask(linkage.table), linkage.table
    sizes = table.files["size"].fillna(0).to_numpy(dtype=np.int64)
    mrp = table.files["mrp"].to_numpy()
    for node in diagram.nodes:
        left = node.codes[mask[node.codes]]
        assert (node.shown, node.total) == (len(left), len(node.codes))
        assert node.shown_bytes == sizes[left].sum()
        assert node.has_mrp == mrp[node.codes].any()
        if node.kind != "place":
            expected = (
                "hidden" if not len(left) else "partial" if len(left) < node.total else "shown"
            )
            assert node.state == expected


def check_edges(diagram, linkage, filters):
    """Counted link by link: part to part where data flow between open boxes, else card to card."""
    by_id = {node.id: node for node in diagram.nodes}
    leaf, top = {}, {}
    for node in diagram.nodes:
        if node.kind in ("group", "file"):
            leaf.update(dict.fromkeys(node.codes.tolist(), node.id))
        if not node.parent:
            top.update(dict.fromkeys(node.codes.tolist(), node.id))
    mask = filters.mask(linkage.table)
    count, left, relations, evidence = Counter(), Counter(), {}, {}
    links = linkage.edges_frame()
    for link in links.itertuples(index=False):
        s, t = int(link.source_code), int(link.target_code)
        fine = link.relation in LINEAGE and by_id[top[s]].kind == by_id[top[t]].kind == "box"
        ends = (leaf[s], leaf[t]) if fine else (top[s], top[t])
        if ends[0] == ends[1]:
            continue
        count[ends] += 1
        left[ends] += bool(mask[s] and mask[t])
        relations.setdefault(ends, Counter())[link.relation] += 1
        evidence.setdefault(ends, set()).add(link.evidence)
    assert Counter({(e.source, e.target): e.count for e in diagram.edges}) == count
    assert len({edge.id for edge in diagram.edges}) == len(diagram.edges)
    for edge in diagram.edges:
        ends = edge.source, edge.target
        state = "hidden" if not left[ends] else "shown" if left[ends] == edge.count else "partial"
        assert edge.state == state
        assert edge.evidence == max(evidence[ends], key=list(EVIDENCE).index)
        assert relations[ends][edge.relation] == max(relations[ends].values())


def check(diagram, linkage, budget=BUDGET, *, filters=None):
    check_budget(diagram, budget)
    check_partition(diagram, linkage)
    check_places(diagram)
    check_order(diagram)
    check_counts(diagram, linkage, filters or Filters())


# --- lists ---


@pytest.mark.parametrize("name", [*LISTS, "missions"])
def test_real_lists(name, linkages):
    linkage = linkages[0][name]
    for budget in (400, 100, 50):
        for diagram in (draw(linkage, budget=budget), *unfold_all(linkage, budget, times=2)):
            check(diagram, linkage, budget)


def test_real_observations(linkages):
    for linkage in linkages[1].values():
        check(draw(linkage), linkage)
        wanted = [node.id for node in draw(linkage).nodes]
        check(draw(linkage, None, wanted, budget=60), linkage, 60)


@pytest.mark.parametrize("obs_id", sample_rows()[0]["obs_id"])
def test_sample_observations(obs_id):
    linkage = sample_linkage(obs_id)
    for budget in (400, 50):
        diagrams = [draw(linkage, budget=budget), *unfold_all(linkage, budget, times=2)]
        for diagram in diagrams:
            check(diagram, linkage, budget)
    check_edges(draw(linkage), linkage, Filters())


def test_300_000_rows(large):
    first = draw(large)
    check(first, large)
    assert len(first) < 60
    for budget in (400, 50):
        for diagram in unfold_all(large, budget, times=2):
            check_budget(diagram, budget)
            check_partition(diagram, large)
            check_places(diagram)


def test_thousands_of_unknown_kinds(hostile):
    for budget in (400, 100, 50):
        diagram = draw(hostile, budget=budget)
        assert any("other kinds" in node.label for node in diagram.nodes)
        check(diagram, hostile, budget)
        for unfolded in unfold_all(hostile, budget, times=1):
            check(unfolded, hostile, budget)


def test_a_budget_that_holds_no_diagram_is_refused(miri):
    with pytest.raises(JwstWidgetsError, match="49 elements"):
        draw(miri, budget=49)


def test_nothing_at_all():
    nothing = build_linkage(ProductTable.from_rows([]))
    diagram = draw(nothing, missing_level3="Not executed yet.")
    assert [(n.kind, n.id, n.detail) for n in diagram.nodes] == [
        ("place", MISSING, "Not executed yet.")
    ]
    check_places(diagram)


# --- unfolding ---


@settings(max_examples=15, deadline=None)
@given(data=st.data())
def test_any_sequence_of_unfoldings(data, miri, whole_sample):
    linkage = data.draw(st.sampled_from([miri, whole_sample]))
    budget = data.draw(st.sampled_from([400, 200, 100, 60, 50]))
    unfolded = []
    for _ in range(data.draw(st.integers(1, 6))):
        diagram = draw(linkage, None, unfolded, budget=budget)
        known = [node.id for node in diagram.nodes]
        unfolded += data.draw(st.lists(st.sampled_from(known), max_size=4))
    check(draw(linkage, None, unfolded, budget=budget), linkage, budget)


def test_what_cannot_be_unfolded_is_named(miri):
    wanted = [node.id for node in draw(miri).nodes]
    for budget in (400, 100):
        diagram = draw(miri, None, wanted, budget=budget)
        folded = [node for node in diagram.nodes if node.id in wanted and node.kind == "group"]
        assert bool(folded) == (budget == 100)
        assert len(diagram.notes) >= len(folded)
        for node in folded:
            named = node.label.rpartition(" ×")[0]
            assert any(f"“{named}” stays folded" in note for note in diagram.notes)
    assert not draw(miri, None, [CAL]).notes


def test_links_that_are_too_many_are_drawn_between_groups(whole_sample):
    wanted = [node.id for node in draw(whole_sample).nodes if node.lane == "main"]
    for budget in (400, 300, 250, 200, 150):
        diagram = draw(whole_sample, None, wanted, budget=budget)
        check_budget(diagram, budget)
        if any(edge.source.count("=") for edge in diagram.edges):
            check_edges(diagram, whole_sample, Filters())
        else:
            assert any("inks" in note for note in diagram.notes) or not any(
                node.kind == "box" for node in diagram.nodes
            )


def test_ids_that_are_not_there_are_passed_over(miri):
    assert draw(miri, None, ["main/2b", "", "nonsense/1", MISSING, "main/2b/cal/file="]) == draw(
        miri
    )


def test_ids_do_not_depend_on_what_else_is_unfolded(miri):
    folded = {node.id: node for node in draw(miri).nodes}
    groups = [node.id for node in folded.values() if node.kind == "group"]
    alone = {id: {n.id for n in draw(miri, None, [id]).nodes} for id in groups}
    for id, seen in alone.items():
        assert folded.keys() <= seen
        for other in groups[:2]:
            together = {n.id for n in draw(miri, None, [other, id]).nodes}
            assert seen <= together


def test_ids_lead_to_the_group_whether_it_is_drawn_or_not(miri):
    groups = overview(miri)
    diagram = draw(miri, None, [CAL, "guide-star/3/fine guiding"])
    nested = [node for node in diagram.nodes if node.kind == "group" and node.parent]
    assert nested
    for node in diagram.nodes:
        assert (find(miri.table, groups, node.id).codes == node.codes).all()
    assert find(miri.table, groups, "main/2b/none") is None


def test_unfolds_down_to_every_single_file(large):
    """From the overview of 52,635 files to each file of one branch, a few taps deep."""
    table, group = large.table, overview(large)[0]
    depth = 0
    while len(group.codes) > 1:
        inside = parts(table, group)
        assert 1 < len(inside) <= 36
        assert sorted(np.concatenate([p.codes for p in inside])) == sorted(group.codes)
        assert len({p.id for p in inside}) == len(inside)
        group = max(inside, key=lambda p: len(p.codes))
        depth += 1
    assert depth <= 6
    assert parts(table, group) == ()


@pytest.mark.parametrize("count", [3, 40])
def test_files_with_one_name_are_still_different_files(count):
    name = f"{EXPOSURE}_uncal.fits"
    names = [name] * count + [f"{EXPOSURE}_rate.fits"] * 20
    linkage = build_linkage(ProductTable.from_rows(rows_of(names)))
    shown = set()
    for diagram in unfold_all(linkage, BUDGET):
        check(diagram, linkage)
        shown |= {node.id for node in diagram.nodes if node.kind == "file"}
    assert len(shown) == count + 20


def test_a_small_observation_opens_unfolded():
    kinds = ("uncal", "rate", "rateints", "cal", "i2d")
    names = [
        f"{EXPOSURE.replace('00001', f'0000{n}')}_{kind}.fits" for n in (1, 2) for kind in kinds
    ]
    small = build_linkage(ProductTable.from_rows(rows_of(names)))
    diagram = draw(small)
    assert {node.kind for node in diagram.nodes} == {"box", "file", "place"}
    check(diagram, small)
    check_edges(diagram, small, Filters())
    names = [f"jw02733002001_02103_{n:05}_mirimage_uncal.fits" for n in range(17)]
    assert len(draw(build_linkage(ProductTable.from_rows(rows_of(names)))).nodes) == 2


# --- filters ---


def test_nothing_jumps(whole_sample, miri):
    toggles = ("mrp", "guide_stars", "previews", "associations")
    several = [
        F(**dict(zip(toggles, values, strict=True)), stages=stages)
        for values in product((True, False), repeat=len(toggles))
        for stages in (None, {"3"})
    ]
    for linkage, unfolded, tried in ((miri, [CAL], several), (whole_sample, [], several[::7])):
        places = []
        for filters in (*tried, F(public_only=True), F.everything()):
            diagram = draw(linkage, filters, unfolded)
            nodes = [(n.id, n.kind, n.x, n.y, n.width, n.height, n.parent) for n in diagram.nodes]
            edges = [(e.id, e.source, e.target, e.count) for e in diagram.edges]
            titles = diagram.columns, diagram.lanes
            places.append((nodes, edges, titles, diagram.width, diagram.height))
        assert all(place == places[0] for place in places)


@pytest.mark.parametrize(
    "filters",
    [F(), F(mrp=False), F.everything(), F(stages="3"), F(detectors="none"), F(guide_stars=True)],
    ids=repr,
)
def test_counts_bytes_and_states_follow_the_filters(filters, miri, whole_sample):
    for linkage, unfolded in (
        (miri, []),
        (miri, [CAL, "main/2a/rate", "previews/2a/previews"]),
        (whole_sample, []),
    ):
        diagram = draw(linkage, filters, unfolded)
        check_counts(diagram, linkage, filters)
        check_edges(diagram, linkage, filters)


def test_labels_say_how_many_and_how_large(miri):
    diagram = draw(miri, F(mrp=False))
    node = diagram.node(CAL)
    assert node.label == "cal ×16"
    assert node.detail == "475 MB"
    part = draw(miri, F(mrp=False, associations=False)).node("guide-star/3/fine guiding")
    assert part.label == "fine guiding ×192"
    assert part.state == "hidden"
    soss = sample_linkage("jw02734-o002_t002_niriss_clear-gr700xd-substrip256")
    some = [n for n in draw(soss, F()).nodes if n.state == "partial"]
    assert all(f"×{n.shown:,} of {n.total:,}" in n.label for n in some)
    assert draw(miri).node("main/3/i2d").detail.endswith(" · MRP")


# --- what it shows ---


def test_the_southern_ring_reads_from_left_to_right(miri):
    diagram = draw(miri)
    chain = ["main/1b/uncal", "main/2a/rate", CAL, "main/3/i2d", "main/derived/cat"]
    nodes = [diagram.node(id) for id in chain]
    assert [node.total for node in nodes] == [16, 16, 16, 1, 1]
    assert [node.x for node in nodes] == sorted(node.x for node in nodes)
    ends = {(edge.source, edge.target) for edge in diagram.edges}
    assert set(pairwise(chain)) <= ends
    for edge in diagram.edges:
        if RELATIONS[edge.relation].lineage:
            assert diagram.node(edge.source).x <= diagram.node(edge.target).x
    assert 12 <= len(diagram.nodes) <= 24
    stages = [node.stage for node in diagram.nodes if node.lane == "main"]
    assert stages == sorted(stages, key=STAGES.index)


def test_a_missing_level_3_is_a_place_with_its_reason(linkages):
    found = 0
    for linkage in linkages[1].values():
        place = draw(linkage, missing_level3="Because.").node(MISSING)
        if (linkage.table.names["kind"] == "level3").any():
            assert place is None
        else:
            found += 1
            assert (place.kind, place.column, place.lane) == ("place", "3", "main")
            assert (place.label, place.detail) == ("No level 3", "Because.")
            assert "does not state why" in draw(linkage).node(MISSING).detail
    assert found >= 5


SCRIPT = """
import hashlib
from jwstwidgets import Filters, ProductTable, SampleArchive, build_diagram, build_linkage
linkage = build_linkage(ProductTable.from_rows(SampleArchive().catalogue()[1]))
drawn = [build_diagram(linkage, f, u) for f in (Filters(), Filters.everything())
         for u in ((), ("main/2b/cal NIRCam", "main/1b/uncal MIRI", "guide-star/3/fine guiding"))]
text = "".join(repr((d.nodes, d.edges, d.columns, d.notes)) + d._repr_svg_() for d in drawn)
print(hashlib.sha256(text.encode()).hexdigest(), len(text))
"""


def test_every_python_draws_the_same():
    answers = {
        subprocess.run(
            [sys.executable, "-c", SCRIPT],
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": ":".join(sys.path)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(answers) == 1
