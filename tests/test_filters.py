"""Filters: one immutable value; what it hides, and what it says about that, always agree."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from archive_fakes import read_rows
from hypothesis import given, settings
from hypothesis import strategies as st

from jwstwidgets import Filters, JwstWidgetsError, ProductTable, SampleArchive
from jwstwidgets.errors import FilterError, UnknownFile
from jwstwidgets.filters import explain_mrp, governed_by, summarise
from jwstwidgets.vocabulary import INSTRUMENTS, ROLES, STAGES

TOGGLES = ("mrp", "guide_stars", "references", "previews", "associations", "public_only")
MIRI = "jw02733-o002_t001_miri_f1130w"
I2D = f"{MIRI}_i2d.fits"
UNCAL = "jw02733002001_02103_00001_mirimage_uncal.fits"


@pytest.fixture(scope="module")
def miri(real):
    return ProductTable.from_rows(
        read_rows(real / "caom" / "products_jw02733-o002_miri_f1130w.csv")
    )


@pytest.fixture(scope="module")
def missions(real):
    rows = read_rows(real / "missions" / "products_jw01895001001_02101_00001.csv")
    return ProductTable.from_rows(rows)


@pytest.fixture(scope="module")
def sample():
    """Every kind of observation in one table."""
    return ProductTable.from_rows(SampleArchive().catalogue()[1])


@pytest.fixture(scope="module")
def hostile():
    """Rows as no archive should send them."""
    base = {
        "obs_id": "jw1",
        "obsID": "1",
        "parent_obsid": "1",
        "size": 10,
        "productType": "SCIENCE",
    }
    mrp = {"productGroupDescription": "Minimum Recommended Products", "dataRights": "PUBLIC"}
    return ProductTable.from_rows(
        [
            {**base, **mrp, "productFilename": "<b>.fits", "dataURI": "mast:1"},
            {**base, **mrp, "productFilename": "", "dataURI": "mast:2", "obs_id": "--"},
            {**base, "productFilename": UNCAL, "dataURI": "mast:3", "size": -1},
            {**base, "productFilename": I2D, "dataURI": "mast:4", "obs_id": "--"},
            {**base, "productFilename": I2D, "dataURI": "mast:5", "dataRights": "EXCLUSIVE_ACCESS"},
        ]
    )


def shown(filters, table):
    return int(filters.mask(table).sum())


# --- a value ---


def test_is_a_value():
    assert Filters(stages={"3"}) == Filters(stages=["3"]) == Filters(stages="3")
    assert hash(Filters(stages={"3"})) == hash(Filters(stages="3"))
    assert Filters() != Filters(mrp=False)
    with pytest.raises(dataclasses.FrozenInstanceError):
        Filters().mrp = False
    filters = Filters()
    assert filters.with_(previews=True) is not filters
    assert filters == Filters()


def some_filters():
    subsets = {
        "stages": st.none() | st.frozensets(st.sampled_from(STAGES)),
        "instruments": st.none() | st.frozensets(st.sampled_from(INSTRUMENTS)),
        "detectors": st.none() | st.frozensets(st.sampled_from(["mirimage", "nis", "nrca1", "x"])),
    }
    return st.builds(Filters, **{name: st.booleans() for name in TOGGLES}, **subsets)


@given(some_filters())
def test_repr_evaluates_to_the_same(filters):
    assert eval(repr(filters), {"Filters": Filters}) == filters


def test_repr_is_short_and_the_same_in_every_python():
    assert repr(Filters()) == "Filters()"
    assert repr(Filters(mrp=False, stages={"3", "1b", "2a", "2b"})) == (
        "Filters(mrp=False, stages={'1b', '2a', '2b', '3'})"
    )


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"guidestars": True}, ["'guidestars'", "guide_stars", "public_only"]),
        ({"stages": "2d"}, ["'2d'", "1b", "2c"]),
        ({"stages": {"3", "4", "2b"}}, ["'4'"]),
        ({"instruments": ["NIRCAM"]}, ["'NIRCAM'", "nircam"]),
        ({"mrp": "no"}, ["mrp='no'", "True or False"]),
        ({"stages": 3}, ["stages=3"]),
        ({"detectors": {1}}, ["detectors={1}"]),
    ],
)
def test_what_means_nothing_is_refused_with_what_is_known(wrong, said):
    with pytest.raises(FilterError) as caught:
        Filters().with_(**wrong)
    assert isinstance(caught.value, JwstWidgetsError)
    for words in said:
        assert words in str(caught.value)


# --- on the real list ---


@pytest.mark.parametrize(
    ("filters", "count"),
    [
        (Filters(), 5),
        (Filters(mrp=False), 117),
        (Filters(guide_stars=True), 5 + 407),
        (Filters(previews=True), 5 + 81),
        (Filters(guide_stars=True, previews=True), 5 + 407 + 81),
        (Filters(mrp=False, guide_stars=True, previews=True), 605),
        (Filters(references=True), 5),
        (Filters.everything(), 605),
        (Filters(associations=False), 3),
        (Filters(mrp=False, associations=False), 117 - 18),
        (Filters(mrp=False, stages="3"), 18 + 3),  # associations and pool have no stage
        (Filters(mrp=False, associations=False, stages="2b"), 32),
        (Filters(mrp=False, stages="2b", associations=False, previews=True), 32 + 16),
        (Filters(instruments="miri"), 5),
        (Filters(instruments="nircam"), 2),
        (Filters(mrp=False, detectors="nrca1", associations=False), 3),
        (Filters(public_only=True), 5),
    ],
    ids=repr,
)
def test_numbers_of_the_southern_ring(miri, filters, count):
    assert shown(filters, miri) == count


def test_guide_stars_are_407_of_605(miri):
    assert len(miri) == 605
    assert [int(governed_by(name, miri).sum()) for name in TOGGLES[:-1]] == [5, 407, 0, 81, 18]


def test_toggles_add_up(miri, sample):
    for table in (miri, sample):
        for name in ("guide_stars", "references", "previews"):
            for mrp in (True, False):
                off = Filters(mrp=mrp).mask(table)
                on = Filters(mrp=mrp).with_(**{name: True}).mask(table)
                assert (on == (off | governed_by(name, table))).all()


def test_missions_states_no_mrp(missions):
    assert not missions.states_mrp
    for filters in (Filters(), Filters(references=True), Filters(stages="3", previews=True)):
        on, off = filters.with_(mrp=True), filters.with_(mrp=False)
        assert (on.mask(missions) == off.mask(missions)).all()
        assert shown(on, missions)
    assert shown(Filters(references=True), missions) - shown(Filters(), missions) == 116
    assert "does not state" in Filters().explain(missions, 0)


def test_public_only_hides_what_is_exclusive(sample):
    rights = sample.files["rights"].astype(object)
    mask = Filters.everything().with_(public_only=True).mask(sample)
    assert (rights[~mask] == "EXCLUSIVE_ACCESS").all()
    assert (rights[mask] == "PUBLIC").all()
    assert 0 < mask.sum() < len(sample)


def test_detectors_and_instruments_leave_what_has_none(sample):
    for column, name, value in (
        ("detector", "detectors", "nis"),
        ("instrument", "instruments", "miri"),
    ):
        mask = Filters.everything().with_(**{name: {value}}).mask(sample)
        assert set(sample.files[column][mask].dropna().astype(str)) == {value}
        assert mask[sample.files[column].isna()].all()


def test_summary_counts_files_and_bytes(miri):
    assert summarise(Filters().mask(miri), miri).startswith("showing 5 of 605 files · ")


# --- what it says ---


def test_explains_every_kind(miri):
    asn, pool = (
        "jw02733-o002_20220712t201523_image3_003_asn.json",
        "jw02733_20220712t201523_pool.csv",
    )
    guide = "jw02733002001_gs-acq1_2022163115638_stream.fits"
    level2_asn = miri.files["filename"][miri.files["subgroup"] == "ASN"]
    level2_asn = next(name for name in level2_asn if "image2" in name)
    belongs = f"It is MRP: it belongs to {MIRI}, the observation that was asked for."
    exposure = UNCAL.removesuffix("_uncal.fits")
    not_asked = "It is not MRP: it belongs to {}, not to the observation asked for."
    sentences = {
        I2D: f"Shown. {belongs}",
        f"{MIRI}_segm.fits": f"Shown. {belongs}",
        asn: f"Shown. {belongs}",
        pool: f"Shown. {belongs}",
        UNCAL: f"Hidden by the filter “MRP only”. {not_asked.format(exposure)}",
        guide: "Hidden by the filter “Guide stars”. It is not MRP: a guide-star file never is.",
        f"{MIRI}_i2d.jpg": (
            "Hidden by the filter “Previews”. It is not MRP: a preview picture never is."
        ),
    }
    for file, sentence in sentences.items():
        assert Filters().explain(miri, file) == sentence
    owner = miri.owners(level2_asn)
    assert Filters().explain(miri, level2_asn).endswith(not_asked.format(owner[0]))
    two = Filters(stages="3", associations=False).explain(miri, UNCAL)
    assert two.startswith("Hidden by the filters “MRP only” and “Stages”. ")
    assert (
        Filters(associations=False)
        .explain(miri, asn)
        .startswith("Hidden by the filter “Associations”. It is MRP")
    )


def test_a_name_a_uri_and_a_code_explain_the_same(miri):
    code = miri.code(I2D)
    uri = miri.files["uri"].iloc[code]
    assert len({Filters().explain(miri, which) for which in (I2D, uri, code)}) == 1
    with pytest.raises(UnknownFile, match="none of the 605 files"):
        Filters().explain(miri, "jw02733.fits")


@settings(max_examples=60, deadline=None)
@given(filters=some_filters(), data=st.data())
def test_mask_and_explain_agree(filters, data, sample, hostile):
    for table in (sample, hostile):
        mask = filters.mask(table)
        assert mask.shape == (len(table),)
        assert mask.dtype == bool
        codes = data.draw(st.lists(st.integers(0, len(table) - 1), max_size=15))
        for code in codes:
            assert filters.explain(table, code).startswith("Shown. " if mask[code] else "Hidden by")


def test_mask_and_explain_agree_on_every_real_file(miri, missions):
    for table in (miri, missions):
        for filters in (
            Filters(),
            Filters(mrp=False, associations=False),
            Filters(guide_stars=True, references=True, detectors="nrcb4"),
            Filters.everything(),
        ):
            mask = filters.mask(table)
            said = [filters.explain(table, code) for code in range(len(table))]
            assert [text.startswith("Shown") for text in said] == mask.tolist()


def test_every_file_says_truly_whether_it_is_mrp(miri, sample, hostile):
    for table in (miri, sample, hostile):
        for code, mrp in enumerate(table.files["mrp"]):
            assert explain_mrp(table, code).startswith("It is MRP" if mrp else "It is not MRP")


def test_no_file_is_said_to_belong_elsewhere_than_it_does(hostile, miri, sample):
    # Where the archive marks no MRP although the file is of the observation asked for.
    assert explain_mrp(hostile, UNCAL) == "It is not MRP: the archive does not mark it so."
    for table in (miri, sample):
        asked = set(table.parents()["obs_id"])
        for code in range(len(table)):
            if "not to the observation asked for" in explain_mrp(table, code):
                assert asked.isdisjoint(table.owners(code))


def test_every_role_is_governed(sample, missions):
    for table in (sample, missions):
        hidden = ~Filters().mask(table)
        for role in ROLES:
            files = (table.files["role"] == role).to_numpy()
            if files.any() and role in ("guide-star", "preview", "reference"):
                assert hidden[files].all()
        assert Filters.everything().mask(table).all()


def test_no_rows_no_trouble():
    empty = ProductTable.from_rows([])
    assert Filters().mask(empty).tolist() == []
    assert np.array_equal(Filters(stages="3", instruments="miri").mask(empty), np.zeros(0, bool))
