"""Association documents: read, hostile, through an archive; and the links that they state.

Made-up names follow the naming rules; their programs are not real ones.
"""

from __future__ import annotations

import json
import time

import pytest
from association_sets import SETS, made_of, read_set, stated_edges, table_of

from jwstwidgets import SampleArchive, build_linkage
from jwstwidgets.associations import (
    Association,
    fetch_association,
    plain_name,
    read_association,
    read_associations,
)
from jwstwidgets.errors import AssociationError, JwstWidgetsError, NotInArchive

NAME = "jw09999-o001_image3_00001_asn.json"
CAL = "jw09999001001_02101_{:05d}_nrca1_cal.fits"
PRODUCT = "jw09999-o001_t001_nircam_clear-f200w"


ONE = ((CAL.format(1), "science"),)


def document(members=ONE, name=PRODUCT, asn_type="image3", **more):
    entries = [{"expname": expname, "exptype": exptype} for expname, exptype in members]
    products = [{"name": name, "members": entries}]
    return {"asn_type": asn_type, "asn_id": "o001", "products": products, **more}


def relation(linkage, source, target):
    links = linkage.links(source)
    found = links[(links["source"] == source) & (links["target"] == target)]
    return [tuple(row) for row in found[["relation", "evidence"]].to_numpy()]


# --- reading --------------------------------------------------------------------------------------


def test_the_same_from_a_file_its_text_its_bytes_and_a_dict(tmp_path):
    path = tmp_path / NAME
    path.write_text(json.dumps(document()))
    read = {
        read_association(path),
        read_association(path.read_text(), name=NAME),
        read_association(path.read_bytes(), name=NAME),
        read_association(document(), name=NAME),
    }

    assert len(read) == 1
    assert read.pop().products[0].members[0].expname == CAL.format(1)


def test_through_an_archive():
    name = "jw02733-o002_20220712t201523_image3_003_asn.json"
    association = fetch_association(SampleArchive(), f"mast:JWST/product/{name}")

    assert (association.name, association.asn_type) == (name, "image3")
    assert len(list(association.members)) == 16
    with pytest.raises(NotInArchive):
        fetch_association(SampleArchive(), "mast:JWST/product/jw09999-o001_image3_00001_asn.json")


@pytest.mark.parametrize("which", SETS)
def test_real_documents_are_read_without_a_warning(real, which):
    for association in read_set(real, which).associations:
        assert association.stage in (2, 3)
        assert association.warnings == ()
        assert not {member.exptype for member in association.members} & {"", "target_acquistion"}


def test_real_document_of_a_fixed_slit(real):
    (association,) = read_set(real, "associations/jw02288-o003_spec3_asn.json").associations
    kinds = [member.exptype for member in association.members]

    assert association.products[0].name == "jw02288-o003_{source_id}_nirspec_f170lp-g235h-s200a1"
    assert (association.pool, association.version) == (
        "jw02288_20230527t003136_pool.csv",
        "20230527t003136",
    )
    assert sorted(kinds) == ["science"] * 4 + ["target_acquisition"] * 2
    assert {member.exposerr for member in association.members} == {""}


def test_real_document_of_a_coronagraph(real):
    name = "associations/jw01386-c1027_coron3_00001_asn.json"
    (association,) = read_set(real, name).associations
    kinds = [member.exptype for member in association.members]

    assert sorted(kinds) == ["psf"] * 5 + ["science"] * 2
    assert (association.stage, association.candidate) == (3, "c1027")


@pytest.mark.parametrize(
    ("asn_type", "product", "stage"),
    [
        ("image3", PRODUCT, 3),
        ("tso-spec2", "jw09999001001_02101_00001_nrs1", 2),
        ("wfs", f"{PRODUCT}_{{suffix}}-05", 3),
        ("image", "jw09999001001_02101_00001_nrs1", 2),
        ("wfs", "something else", 0),
    ],
)
def test_stage_by_type_and_by_product_where_the_type_does_not_tell(asn_type, product, stage):
    assert read_association(document(name=product, asn_type=asn_type)).stage == stage


# --- what the archive should not send -------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "says"),
    [
        (b"", "is no JSON"),
        (json.dumps(document())[:-40], "may be truncated"),
        ("<html>503 Service Unavailable</html>", "is no JSON at character 0"),
        (b"\xff\xfe\x00", "is no JSON"),
        ("[" * 100_000, "is no JSON"),
        ("[1, 2]", "is JSON, but no association"),
        ("null", "is JSON, but no association"),
        ({}, "it needs asn_type and products, and has nothing"),
        ({"asn_type": "image3", "products": {}}, "no association"),
        ({"asn_type": "image3", "products": []}, "no association"),
        ({"asn_type": "", "products": [1]}, "no association"),
        ({"asn_type": {"a": 1}, "products": [1]}, "no association"),
        ({"asn_type": "image3", "products": [1, {"name": "x"}]}, "names no product"),
        ({"asn_type": "image3", "products": [{"members": []}]}, "names no product"),
        (
            {"asn_type": "image3", "products": [{"members": [1, {}, {"expname": "../.."}]}]},
            "names no",
        ),
        ({"asn_rule": "x", 1: 2, "members": ["x"]}, "has 1, asn_rule, members"),
    ],
)
def test_what_is_no_association_is_an_error_that_names_it(source, says):
    with pytest.raises(AssociationError, match=NAME) as caught:
        read_association(source, name=NAME)
    assert says in str(caught.value)
    assert caught.value.hint


def test_a_file_that_is_not_there_is_an_error_that_names_it(tmp_path):
    with pytest.raises(AssociationError, match=r"nowhere_asn\.json cannot be read"):
        read_association(tmp_path / "nowhere_asn.json")


@pytest.mark.parametrize(
    "path",
    [
        "/etc/{}",
        "../../{}",
        "C:\\data\\{}",
        "\\\\host\\share\\{}",
        "mast:JWST/product/{}",
        "https://example.org/{}",
    ],
)
def test_of_a_path_only_the_file_name_is_used(path):
    association = read_association(document([(path.format(CAL.format(1)), "science")]), name=NAME)

    assert next(association.members).expname == CAL.format(1)
    assert len(association.warnings) == 1
    assert NAME in association.warnings[0]
    assert "path" in association.warnings[0]


@pytest.mark.parametrize("path", ["..", ".", "../", "a/..", "", "/", None, 3.5j, ["x"]])
def test_what_ends_in_no_file_name_is_left_out(path):
    assert not isinstance(path, str) or plain_name(path) == ""
    members = [(path, "science"), (CAL.format(1), "science")]
    association = read_association(document(members), name=NAME)

    assert [member.expname for member in association.members] == [CAL.format(1)]
    assert association.warnings == (f"{NAME}: a member without a file name is left out.",)


def test_text_that_no_table_can_hold_is_replaced():
    text = '{"asn_type": "image3", "products": [{"members": [{"expname": "\\ud800.fits"}]}]}'

    assert next(read_association(text).members).expname == "?.fits"


def test_odd_members_do_not_hide_the_others_and_are_counted():
    members = [(f"../{CAL.format(i)}", "Science") for i in range(10_000)]
    products = [*document(members)["products"], "junk", {"name": "empty", "members": []}]
    association = read_association(document() | {"products": products}, name=NAME)

    assert len(list(association.members)) == 10_000
    assert {member.exptype for member in association.members} == {"science"}
    assert association.warnings == (
        f"{NAME}: a member is given as a path, of which only the file name is used (10,000 times).",
        f"{NAME}: a product without members is left out (2 times).",
    )


def test_what_cannot_be_read_does_not_stop_the_rest():
    sources = [("bad_asn.json", "{"), (NAME, document([("/a/b.fits", "science")]))]
    read, problems = read_associations(sources)

    assert [association.name for association in read] == [NAME]
    assert ["bad_asn.json" in problems[0], NAME in problems[1]] == [True, True]


def test_ten_thousand_members_are_linked_in_no_time():
    members = [CAL.format(i) for i in range(10_000)]
    table = table_of([NAME, f"{PRODUCT}_i2d.fits", *members])
    started = time.perf_counter()
    association = read_association(document([(m, "science") for m in members]), name=NAME)
    linkage = build_linkage(table, associations=[association])

    assert len(linkage.made_from(f"{PRODUCT}_i2d.fits", recursive=False)) == 10_001
    # Half a second on two slow cores; this is here against a loop over all pairs.
    assert time.perf_counter() - started < 20


# --- what they state ------------------------------------------------------------------------------


@pytest.mark.parametrize("which", SETS)
def test_stated_links_are_exactly_those_of_the_documents(real, which):
    documents = read_set(real, which)
    links = documents.linkage().edges_frame()
    stated = links[links["evidence"] == "association"]
    named = {association.name for association in documents.associations}
    members = stated[~stated["source"].isin(named)]

    assert set(zip(members["source"], members["target"], strict=True)) == stated_edges(documents)
    assert set(members["via"]) == named
    assert links[links["evidence"] == "contradicted"].empty


def test_relations_by_exptype_on_the_coronagraph(real):
    documents = read_set(real, "associations/jw01386-c1027_coron3_00001_asn.json")
    (association,) = documents.associations
    linkage = documents.linkage()
    product = made_of(association, association.products[0].name)[0]
    relations = {
        member.exptype: relation(linkage, member.expname, product) for member in association.members
    }

    assert relations == {
        "science": [("composition", "association")],
        "psf": [("contemporaneous calibration", "association")],
    }


@pytest.mark.parametrize(
    ("exptype", "expected"),
    [
        ("science", "antecedent"),
        ("background", "contemporaneous calibration"),
        ("imprint", "contemporaneous calibration"),
        ("leakcal", "contemporaneous calibration"),
        ("target_acquisition", "prerequisite"),
        ("target_acquistion", "prerequisite"),
        ("sourcecat", "antecedent"),
        ("something new", "antecedent"),
    ],
)
def test_relations_by_exptype_in_stage_2(exptype, expected):
    stem = "jw09999001001_02101_00001_nrs1"
    other = "jw09999002001_02101_00001_nrs1_rate.fits"
    asked = document([(f"{stem}_rate.fits", "science"), (other, exptype)], stem, "spec2")
    table = table_of([f"{stem}_rate.fits", f"{stem}_cal.fits", other])
    linkage = build_linkage(table, associations=[read_association(asked, name=NAME)])

    assert relation(linkage, other, f"{stem}_cal.fits") == [(expected, "association")]


def test_rates_per_integration_go_into_calints():
    stem = "jw09999001001_02101_00001_mirimage"
    asked = document([(f"{stem}_rateints.fits", "science")], stem, "image2")
    suffixes = ("rateints", "cal", "calints")
    table = table_of(f"{stem}_{suffix}.fits" for suffix in suffixes)
    linkage = build_linkage(table, associations=[read_association(asked, name=NAME)])

    assert relation(linkage, f"{stem}_rateints.fits", f"{stem}_calints.fits") == [
        ("antecedent", "association")
    ]


def generation(stamp: str, *members: str, number: int = 1, **more) -> Association:
    name = f"jw09999-o001_{stamp}_image3_{number:05d}_asn.json"
    entries = [(member, "science") for member in members]
    return read_association(document(entries, **more), name=name)


def test_the_newest_generation_counts_and_older_ones_are_superseded():
    cals = [CAL.format(i) for i in (1, 2)]
    old = generation("20220101t000000", *cals)
    new = generation("20240101t000000", cals[0])
    table = table_of([*cals, f"{PRODUCT}_i2d.fits", old.name, new.name])
    for order in ([old, new], [new, old], [new, old, new]):
        linkage = build_linkage(table, associations=order)

        assert linkage.associations == (new,)
        assert table.files["filename"].iloc[linkage.superseded].tolist() == [old.name]
        assert relation(linkage, cals[1], f"{PRODUCT}_i2d.fits") in (
            [],
            [("composition", "contradicted")],
        )


def test_documents_of_one_generation_do_not_supersede_each_other():
    """From `rate` and from `rateints`, say: the generator makes both with one product name."""
    one = generation("20240101t000000", CAL.format(1), number=1)
    two = generation("20240101t000000", CAL.format(2), number=2)
    files = [CAL.format(1), CAL.format(2), f"{PRODUCT}_i2d.fits", one.name, two.name]
    linkage = build_linkage(table_of(files), associations=[one, two])

    assert set(linkage.associations) == {one, two}
    assert len(linkage.superseded) == 0
    assert set(linkage.needed_for(f"{PRODUCT}_i2d.fits")["filename"]) == set(files) - {files[2]}


def test_a_generation_is_told_by_the_document_where_its_name_has_none():
    old = read_association(document(version_id="20220101t000000"), name="a_asn.json")
    new = read_association(document(version_id="20240101t000000"), name="b_asn.json")
    undated = read_association(document(version_id="1"), name="c_asn.json")
    linkage = build_linkage(table_of([CAL.format(1)]), associations=[undated, new, old])

    assert linkage.associations == (new,)


def test_a_template_stands_for_every_source_there_is():
    cal = "jw09999001001_02101_00001_nrs1_cal.fits"
    for template in ("{source_id}", "{slit_name}"):
        asked = document(
            [(cal, "science")], f"jw09999-o001_{template}_nirspec_clear-prism", "spec3"
        )
        sources = [
            f"jw09999-o001_{source}_nirspec_clear-prism_x1d.fits"
            for source in ("s000000001", "b000000002", "v000000003")
        ]
        others = [
            "jw09999-o002_s000000001_nirspec_clear-prism_x1d.fits",
            "jw09999-o001_s000000001_nirspec_f290lp-g395m_x1d.fits",
        ]
        table = table_of([cal, *sources, *others])
        linkage = build_linkage(table, associations=[read_association(asked, name=NAME)])
        links = linkage.links(cal)
        stated = links[links["evidence"] == "association"]

        assert set(stated["target"]) == set(sources)


def test_an_inferred_member_that_the_document_does_not_name_is_contradicted():
    cals = [CAL.format(i) for i in (1, 2)]
    table = table_of([*cals, f"{PRODUCT}_i2d.fits"])
    asked = read_association(document([(cals[0], "science")]), name=NAME)
    linkage = build_linkage(table, associations=[asked])

    assert relation(linkage, cals[0], f"{PRODUCT}_i2d.fits") == [("composition", "association")]
    assert relation(linkage, cals[1], f"{PRODUCT}_i2d.fits") == [("composition", "contradicted")]


def test_nonsense_in_a_document_links_nothing_and_breaks_nothing():
    products = [
        {"name": name, "members": [{"expname": CAL.format(1)}]}
        for name in ("", "{source_id}", "{", "x" * 10_000, "jw09999-o001_{source_id}_nirspec", "..")
    ]
    asked = read_association({"asn_type": "image3", "products": products}, name="<b>_asn.json")
    linkage = build_linkage(table_of([CAL.format(1)]), associations=[asked])

    assert len(linkage.edges) == 0
    assert isinstance(AssociationError("x"), JwstWidgetsError)
