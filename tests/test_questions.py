"""Questions of a linkage: what is needed, what it rests on, what it went into, why it is linked."""

from __future__ import annotations

import pytest
from association_sets import SETS, SOURCE, DocumentSet, made_of, read_set, table_of

from jwstwidgets import ProductTable, SampleArchive, build_linkage
from jwstwidgets.archive import Query
from jwstwidgets.associations import read_association, read_associations
from jwstwidgets.errors import QueryError, UnknownFile
from jwstwidgets.names import parse

MOSAIC = "jw02733-o002_t001_miri_f1130w_i2d.fits"


def names(frame) -> set[str]:
    assert frame["filename"].is_unique
    return set(frame["filename"])


def products(documents: DocumentSet, stage: int):
    """(association, file that members go into) of every product of a stage."""
    for association in documents.associations:
        for product in association.products:
            if association.stage == stage:
                yield association, made_of(association, product.name)[0]


def stage2_of(documents: DocumentSet):
    """Member of stage 3 -> the documents that made it."""
    made: dict[str, list] = {}
    for association, file in products(documents, 2):
        made.setdefault(file, []).append(association)
    return made


def named(association) -> set[str]:
    return {association.name, *(member.expname for member in association.members)}


@pytest.mark.parametrize("which", SETS)
def test_stage_3_needs_the_members_and_the_document(real, which):
    documents = read_set(real, which)
    linkage = documents.linkage()
    for association, file in products(documents, 3):
        needed = linkage.needed_for(file)

        assert names(needed) == named(association), file
        assert set(needed["evidence"]) == {"association"}
        assert (needed["code"] >= 0).all()


@pytest.mark.parametrize("which", SETS)
def test_stage_2_needs_the_members_of_the_members(real, which):
    documents = read_set(real, which)
    linkage = documents.linkage()
    made = stage2_of(documents)
    for association, file in products(documents, 3):
        expected = {association.name}
        for member in association.members:
            by = made.get(member.expname)
            expected |= set().union(*map(named, by)) if by else {member.expname}

        found = names(linkage.needed_for(file, stage=2))
        # Without their documents, the names tell what members were made from.
        if made:
            assert found == expected, file
        else:
            assert association.name in found
    for association, file in list(products(documents, 2))[::7]:
        assert names(linkage.needed_for(file, stage=2)) == named(association)


def test_stage_1_needs_raw_data_in_place_of_count_rates(real):
    documents = read_set(real, "associations/jw09505_asn_generate")
    linkage = documents.linkage()
    for association, file in products(documents, 3):
        rates = names(linkage.needed_for(file, stage=2))
        raw = names(linkage.needed_for(file, stage=1))

        assert raw == {name.replace("_rate.fits", "_uncal.fits") for name in rates}
        assert association.name in raw


def test_a_slitless_exposure_needs_its_catalogue_direct_image_and_segmentation(real):
    documents = read_set(real, "associations/jw09505_asn_generate")
    cal = "jw09505001001_02102_00004_mirimage_cal.fits"
    needed = documents.linkage().needed_for(cal, stage=2)
    kinds = {parse(name).suffix for name in needed["filename"]}

    assert kinds == {"rate", "i2d", "cat", "segm", "asn"}


def test_what_is_derived_from_a_product_needs_what_that_needs(real):
    documents = read_set(real, "associations/jw09505_asn_generate")
    linkage = documents.linkage()
    i2d, catalogue = (f"jw09505-o001_t001_miri_f560w_{end}" for end in ("i2d.fits", "cat.ecsv"))

    assert names(linkage.needed_for(catalogue)) == names(linkage.needed_for(i2d))


def test_products_of_wavefront_sensing_are_told_apart_by_their_number(real):
    documents = read_set(real, SETS[0])
    linkage = documents.linkage()
    stem = "jw00711-o002_t001_nircam_f444w-f405n-nrcalong_wfscmb"
    both = [names(linkage.needed_for(f"{stem}-{number}.fits")) for number in ("04", "05")]

    assert [len(one) for one in both] == [3, 3]
    assert both[0].isdisjoint(both[1])


def test_a_source_needs_what_its_template_names(real):
    documents = read_set(real, "associations/jw02288-o003_spec3_asn.json")
    (association,) = documents.associations
    file = f"jw02288-o003_{SOURCE}_nirspec_f170lp-g235h-s200a1_x1d.fits"

    assert names(documents.linkage().needed_for(file)) == named(association)


def test_a_file_that_is_not_listed_is_needed_all_the_same(real):
    documents = read_set(real, "associations/jw01386-c1027_coron3_00001_asn.json")
    ((association, file),) = products(documents, 3)
    lost = next(m.expname for m in association.members if m.exptype == "psf")
    needed = documents.linkage(without=[lost]).needed_for(file).set_index("filename")

    assert set(needed.index) == named(association)
    assert (needed.loc[lost, "code"], needed.loc[lost, "why"]) == (-1, f"psf of {association.name}")
    assert needed.loc[[lost], "size"].isna().all()


@pytest.fixture(scope="module")
def sample() -> ProductTable:
    return ProductTable.from_rows(next(SampleArchive().products(["87602450"])).rows)


@pytest.fixture(scope="module")
def sample_documents(sample):
    listed = sample.files[sample.files["role"] == "association"]
    archive = SampleArchive()
    found, problems = read_associations(
        (name, archive.read(uri))
        for name, uri in zip(listed["filename"], listed["uri"], strict=True)
    )
    assert problems == []
    return found


def test_with_documents_and_without_the_members_are_the_same(sample, sample_documents):
    inferred, stated = (
        build_linkage(sample, associations=found).needed_for(MOSAIC)
        for found in ([], sample_documents)
    )

    assert names(inferred) == names(stated)
    assert set(inferred["evidence"]) == {"archive"}
    assert set(stated["evidence"]) == {"association"}
    assert stated["size"].sum() == inferred["size"].sum() > 0


def test_a_flagged_exposure_is_made_in_stage_3(sample, sample_documents):
    crf = "jw02733002001_02103_00001_mirimage_o002_crf.fits"
    linkage = build_linkage(sample, associations=sample_documents)

    assert names(linkage.needed_for(crf)) == names(linkage.needed_for(MOSAIC))


def test_nirspec_mos_needs_the_msa_configuration_of_its_visit_from_stage_2_on():
    rows = SampleArchive()
    found = rows.observations(Query(obs_id="jw02736-o007_s00001*"))
    table = ProductTable.from_rows(next(rows.products(found["obsid"].astype(str).tolist())).rows)
    linkage = build_linkage(table)
    product = "jw02736-o007_s00001_nirspec_f290lp-g395m_x1d.fits"
    has_msa = ["_msa" in " ".join(names(linkage.needed_for(product, s))) for s in (3, 2, 1)]

    assert has_msa == [False, True, True]


@pytest.mark.parametrize("stage", [0, 4, "3", None])
def test_a_stage_that_is_none_is_an_error(sample, stage):
    with pytest.raises(QueryError, match="There is no stage"):
        build_linkage(sample).needed_for(MOSAIC, stage)


def test_an_exposure_cannot_be_made_from_stage_3_on(sample):
    with pytest.raises(QueryError, match="is made in stage 2"):
        build_linkage(sample).needed_for("jw02733002001_02103_00001_mirimage_cal.fits", 3)
    with pytest.raises(UnknownFile):
        build_linkage(sample).needed_for("jw09999-o001_t001_miri_f560w_i2d.fits")


def test_observations_of_a_mosaic(sample):
    found = build_linkage(sample).observations_of(MOSAIC)

    assert len(found) == 16
    assert set(found["observation"]) == {"002"}
    assert (found["files"] > 3).all()


def test_level3_products_across_candidates():
    cal = "jw09999002001_02101_00001_nrca1_cal.fits"
    made = {"o002": "clear-f200w", "c1001": "clear-f200w"}
    files = [f"jw09999-{c}_t001_nircam_{optics}_i2d.fits" for c, optics in made.items()]
    found, _ = read_associations(
        (
            f"jw09999-{candidate}_image3_00001_asn.json",
            {
                "asn_type": "image3",
                "asn_id": candidate,
                "products": [
                    {"name": file.removesuffix("_i2d.fits"), "members": [{"expname": cal}]}
                ],
            },
        )
        for candidate, file in zip(made, files, strict=True)
    )
    linkage = build_linkage(table_of([cal, *files]), associations=found)
    for observation in ("002", "2", "jw09999002"):
        assert names(linkage.level3_using(observation)) == set(files)
    assert linkage.level3_using("2")["candidate"].tolist() == list(made)
    assert len(linkage.level3_using("003")) == 0


def test_why_two_files_are_linked_in_words(sample, sample_documents):
    linkage = build_linkage(sample, associations=sample_documents)
    raw = "jw02733002001_02103_00001_mirimage_uncal.fits"
    sentences = linkage.why_linked(raw, MOSAIC)

    assert len(sentences) == 3
    assert sentences[0].startswith(f"{raw} was processed into ")
    assert "stated by an association: jw02733-o002_20220712t201523_image3_003" in sentences[-1]
    assert sentences == linkage.why_linked(MOSAIC, raw)[::-1]
    assert linkage.why_linked(raw, raw) == []


def test_what_nothing_links_has_no_reason():
    files = ["jw09998001001_02101_00001_nis_cal.fits", "jw09999001001_02101_00001_nis_cal.fits"]

    assert build_linkage(table_of(files)).why_linked(*files) == []


def test_documents_of_several_products_are_needed_whole():
    """The pipeline reads the whole document, whichever of its products is asked for."""
    stems = [f"jw09999001001_02101_0000{i}_nis" for i in (1, 2)]
    products = [
        {"name": stem, "members": [{"expname": f"{stem}_rate.fits", "exptype": "science"}]}
        for stem in stems
    ]
    asked = read_association({"asn_type": "image2", "products": products}, name="x_asn.json")
    files = [f"{stem}_{suffix}.fits" for stem in stems for suffix in ("rate", "cal")]
    linkage = build_linkage(table_of(files), associations=[asked])

    assert names(linkage.needed_for(f"{stems[0]}_cal.fits", 2)) == {
        "x_asn.json",
        *(f"{stem}_rate.fits" for stem in stems),
    }
