"""The grammar of names: every form of DESIGN 2.2, every real name, and text that is no name."""

from __future__ import annotations

from dataclasses import asdict, replace

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from real_names import every_name, names_by_place

from jwstwidgets.names import FIELDS, GRAMMAR, KINDS, UNKNOWN, Name, parse, parse_many

VISIT = {"program": "02733", "observation": "002", "visit": "001"}
MIRI = VISIT | {
    "group": "02",
    "sequence": "1",
    "activity": "03",
    "exposure": "00001",
    "detector": "mirimage",
    "dataset": "jw02733002001_02103_00001",
    "root": "jw02733002001_02103_00001_mirimage",
}
SOSS = {
    "program": "01091",
    "observation": "002",
    "visit": "001",
    "group": "03",
    "sequence": "1",
    "activity": "01",
    "exposure": "00001",
    "segment": "002",
    "detector": "nis",
    "dataset": "jw01091002001_03101_00001",
    "root": "jw01091002001_03101_00001-seg002_nis",
}
ASSOCIATION = {"program": "02733", "candidate": "o002", "suffix": "asn", "extension": "json"}

#: Name -> kind and every field that it has; fields not given must be None.
EXAMPLES: dict[str, tuple[str, dict[str, str]]] = {
    # exposures
    "jw02733002001_02103_00001_mirimage_uncal.fits": (
        "exposure",
        MIRI | {"suffix": "uncal", "extension": "fits"},
    ),
    "jw02733002001_02103_00001_mirimage_o002_crf.fits": (
        "exposure",
        MIRI | {"candidate": "o002", "suffix": "crf", "extension": "fits"},
    ),
    "jw02733002001_02103_00001_mirimage_c1001_crf.fits": (
        "exposure",
        MIRI | {"candidate": "c1001", "suffix": "crf", "extension": "fits"},
    ),
    "jw02733002001_02103_00001_mirimage_a3001_crfints.fits": (
        "exposure",
        MIRI | {"candidate": "a3001", "suffix": "crfints", "extension": "fits"},
    ),
    "jw02733002001_02103_00001_mirimage_cal.jpg": (
        "exposure",
        MIRI | {"suffix": "cal", "extension": "jpg"},
    ),
    "jw02733002001_02103_00001_mirimage_cal_thumb.jpg": (
        "exposure",
        MIRI | {"suffix": "cal", "thumb": "_thumb", "extension": "jpg"},
    ),
    "jw02733002001_02103_00001_mirimage": ("exposure", MIRI),
    # a Missions dataset: all detectors of an exposure
    "jw02733002001_02103_00001": (
        "exposure",
        {k: v for k, v in MIRI.items() if k != "detector"} | {"root": "jw02733002001_02103_00001"},
    ),
    # an activity is base 36
    "jw02733002001_0210c_00001_mirimage_rate.fits": (
        "exposure",
        MIRI
        | {
            "activity": "0c",
            "dataset": "jw02733002001_0210c_00001",
            "root": "jw02733002001_0210c_00001_mirimage",
            "suffix": "rate",
            "extension": "fits",
        },
    ),
    # a parallel sequence, an activity beyond 09
    "jw02733002001_022zz_00012_nrcblong_rate.fits": (
        "exposure",
        VISIT
        | {
            "group": "02",
            "sequence": "2",
            "activity": "zz",
            "exposure": "00012",
            "detector": "nrcblong",
            "dataset": "jw02733002001_022zz_00012",
            "root": "jw02733002001_022zz_00012_nrcblong",
            "suffix": "rate",
            "extension": "fits",
        },
    ),
    "jw01091002001_03101_00001-seg002_nis_calints.fits": (
        "exposure",
        SOSS | {"suffix": "calints", "extension": "fits"},
    ),
    "jw01091002001_03101_00001-seg002_nis_o002_crfints.fits": (
        "exposure",
        SOSS | {"candidate": "o002", "suffix": "crfints", "extension": "fits"},
    ),
    "jw01091002001_03101_00001-seg002_nis_ami-oi.fits": (
        "exposure",
        SOSS | {"suffix": "ami-oi", "extension": "fits"},
    ),
    # level 3
    "jw02733-o002_t001_miri_f1130w_i2d.fits": (
        "level3",
        {
            "root": "jw02733-o002_t001_miri_f1130w",
            "program": "02733",
            "candidate": "o002",
            "target": "t001",
            "instrument": "miri",
            "optical": "f1130w",
            "suffix": "i2d",
            "extension": "fits",
        },
    ),
    "jw01018-c1000_t003_fgs_clear_i2d.fits": (
        "level3",
        {
            "root": "jw01018-c1000_t003_fgs_clear",
            "program": "01018",
            "candidate": "c1000",
            "target": "t003",
            "instrument": "fgs",
            "optical": "clear",
            "suffix": "i2d",
            "extension": "fits",
        },
    ),
    "jw08507-c1002_t001_nircam_f444w-maskrnd-sub320a430r_i2d.fits": (
        "level3",
        {
            "root": "jw08507-c1002_t001_nircam_f444w-maskrnd-sub320a430r",
            "program": "08507",
            "candidate": "c1002",
            "target": "t001",
            "instrument": "nircam",
            "optical": "f444w-maskrnd-sub320a430r",
            "suffix": "i2d",
            "extension": "fits",
        },
    ),
    "jw02733-a3001_t001-epoch2_miri_f1130w_i2d.fits": (
        "level3",
        {
            "root": "jw02733-a3001_t001-epoch2_miri_f1130w",
            "program": "02733",
            "candidate": "a3001",
            "target": "t001",
            "epoch": "2",
            "instrument": "miri",
            "optical": "f1130w",
            "suffix": "i2d",
            "extension": "fits",
        },
    ),
    "jw01091-o002_t001_niriss": (
        "level3",
        {
            "root": "jw01091-o002_t001_niriss",
            "program": "01091",
            "candidate": "o002",
            "target": "t001",
            "instrument": "niriss",
        },
    ),
    "jw04426-o001_t001_nirspec_x1d.fits": (  # no optical elements
        "level3",
        {
            "root": "jw04426-o001_t001_nirspec",
            "program": "04426",
            "candidate": "o001",
            "target": "t001",
            "instrument": "nirspec",
            "suffix": "x1d",
            "extension": "fits",
        },
    ),
    "jw05224-o004_s000277193_nirspec_clear-prism_x1d.fits": (
        "level3",
        {
            "root": "jw05224-o004_s000277193_nirspec_clear-prism",
            "program": "05224",
            "candidate": "o004",
            "source": "s000277193",
            "instrument": "nirspec",
            "optical": "clear-prism",
            "suffix": "x1d",
            "extension": "fits",
        },
    ),
    "jw01163-o055_t002_nircam_f212n-wlp8-nrca3_wfscmb-05.fits": (
        "level3",
        {
            "root": "jw01163-o055_t002_nircam_f212n-wlp8-nrca3",
            "program": "01163",
            "candidate": "o055",
            "target": "t002",
            "instrument": "nircam",
            "optical": "f212n-wlp8-nrca3",
            "suffix": "wfscmb",
            "counter": "05",
            "extension": "fits",
        },
    ),
    # names of products as associations give them, with blanks to be filled by the pipeline
    "jw00711-o002_t001_nircam_wlp4-nrca3_{suffix}-01": (
        "level3",
        {
            "root": "jw00711-o002_t001_nircam_wlp4-nrca3",
            "program": "00711",
            "candidate": "o002",
            "target": "t001",
            "instrument": "nircam",
            "optical": "wlp4-nrca3",
            "suffix": "{suffix}",
            "counter": "01",
        },
    ),
    "jw02288-o003_{source_id}_nirspec_f170lp-g235h-s200a1": (
        "level3",
        {
            "root": "jw02288-o003_{source_id}_nirspec_f170lp-g235h-s200a1",
            "program": "02288",
            "candidate": "o003",
            "source": "{source_id}",
            "instrument": "nirspec",
            "optical": "f170lp-g235h-s200a1",
        },
    ),
    # associations and pools
    "jw02733-o002_20220712t201523_image3_003_asn.json": (
        "association",
        ASSOCIATION | {"timestamp": "20220712t201523", "asn_type": "image3", "counter": "003"},
    ),
    "jw02733-o002_20250603t032228_tso-image2_00745_asn.json": (
        "association",
        ASSOCIATION
        | {"timestamp": "20250603t032228", "asn_type": "tso-image2", "counter": "00745"},
    ),
    "jw02733-o002_image3_00001_asn.json": (
        "association",
        ASSOCIATION | {"asn_type": "image3", "counter": "00001"},
    ),
    "jw02733-o002_spec3_asn.json": ("association", ASSOCIATION | {"asn_type": "spec3"}),
    "jw02733_20220712t201523_pool.csv": (
        "pool",
        {"program": "02733", "timestamp": "20220712t201523", "suffix": "pool", "extension": "csv"},
    ),
    "jw02733_20220712T201523_pool": (
        "pool",
        {"program": "02733", "timestamp": "20220712T201523", "suffix": "pool"},
    ),
    # kept with a visit
    "jw05224004001_01_msa.fits": (
        "msa",
        {
            "program": "05224",
            "observation": "004",
            "visit": "001",
            "counter": "01",
            "suffix": "msa",
            "extension": "fits",
        },
    ),
    "jw02733002001_gs-acq1_2022163115638_stream.fits": (
        "guide-star",
        VISIT
        | {
            "root": "jw02733002001_gs-acq1_2022163115638",
            "mode": "acq1",
            "time": "2022163115638",
            "suffix": "stream",
            "extension": "fits",
        },
    ),
    "jw02733002001_gs-fg_2022163120339-seg002_cal.fits": (
        "guide-star",
        VISIT
        | {
            "root": "jw02733002001_gs-fg_2022163120339-seg002",
            "mode": "fg",
            "time": "2022163120339",
            "segment": "002",
            "suffix": "cal",
            "extension": "fits",
        },
    ),
    "jw02733002001_gs-id_1_image_uncal.fits": (
        "guide-star",
        VISIT
        | {
            "root": "jw02733002001_gs-id_1_image",
            "mode": "id",
            "attempt": "1",
            "image": "image",
            "suffix": "uncal",
            "extension": "fits",
        },
    ),
    "jw02733002001_gs-id_2_stacked_cal.fits": (
        "guide-star",
        VISIT
        | {
            "root": "jw02733002001_gs-id_2_stacked",
            "mode": "id",
            "attempt": "2",
            "image": "stacked",
            "suffix": "cal",
            "extension": "fits",
        },
    ),
    "jw02733002001_gs-id_1_stream.fits": (
        "guide-star",
        VISIT
        | {
            "root": "jw02733002001_gs-id_1",
            "mode": "id",
            "attempt": "1",
            "suffix": "stream",
            "extension": "fits",
        },
    ),
    # not yet observed
    "jw09331001001_xx101_00001_nircam": (
        "planned",
        {
            "root": "jw09331001001_xx101_00001_nircam",
            "program": "09331",
            "observation": "001",
            "visit": "001",
            "group": "xx",
            "sequence": "1",
            "activity": "01",
            "exposure": "00001",
            "instrument": "nircam",
        },
    ),
    # calibration references
    "jwst_nircam_dark_0331.fits": (
        "reference",
        {"instrument": "nircam", "reftype": "dark", "version": "0331", "extension": "fits"},
    ),
    "jwst_nircam_distortion_0191.asdf": (
        "reference",
        {"instrument": "nircam", "reftype": "distortion", "version": "0191", "extension": "asdf"},
    ),
    "jwst_miri_pars-tweakregstep_0018.asdf": (
        "reference",
        {
            "instrument": "miri",
            "reftype": "pars-tweakregstep",
            "version": "0018",
            "extension": "asdf",
        },
    ),
    "jwst_nirspec_0192.imap": (
        "reference",
        {"instrument": "nirspec", "version": "0192", "extension": "imap"},
    ),
    "jwst_miri_dark_0018.rmap": (
        "reference",
        {"instrument": "miri", "reftype": "dark", "version": "0018", "extension": "rmap"},
    ),
    "jwst_system_datalvl_0002.rmap": (
        "reference",
        {"reftype": "system_datalvl", "version": "0002", "extension": "rmap"},
    ),
    "jwst_1364.pmap": ("context", {"version": "1364", "extension": "pmap"}),
}

ALIKE = [  # more of the same forms, told apart by one field
    *[
        (f"jw02733-o002_20220712t201523_{kind}_00003_asn.json", "association", "asn_type", kind)
        for kind in (
            "image2", "image3", "spec2", "spec3", "tso-spec2", "tso-image2", "tso3", "wfs-image2",
            "wfs-image3", "coron3", "ami3", "nrslamp-spec2", "nrslamp-spec3",
        )
    ],
    *[
        (f"jw05224-o004_{source}_nirspec_clear-prism_s2d.fits", "level3", "source", source)
        for source in ("s06355", "s000277193", "b000000113", "v000000042")
    ],
    *[
        (f"jw02733002001_gs-{mode}_2022163115638_uncal.fits", "guide-star", "mode", mode)
        for mode in ("acq1", "acq2", "track", "fg")
    ],
    *[
        (f"jw02733002001_02103_00001_{detector}_rate.fits", "exposure", "detector", detector)
        for detector in (
            "nrca1", "nrca2", "nrca3", "nrca4", "nrcalong", "nrcb1", "nrcb2", "nrcb3", "nrcb4",
            "nrcblong", "nrs1", "nrs2", "nis", "guider1", "guider2", "mirimage", "mirifulong",
            "mirifushort",
        )
    ],
    *[
        (f"jw02733-o002_t001_miri_f1130w_{suffix}.{extension}", "level3", "suffix", suffix)
        for suffix, extension in (
            ("cat", "ecsv"), ("segm", "fits"), ("x1d", "png"), ("amiavg-oi", "fits"),
            ("psfstack", "fits"), ("whtlt", "ecsv"), ("c1d", "fits"), ("s3d", "jpg"),
        )
    ],
]  # fmt: skip

NO_NAMES = [
    "",
    " ",
    "--",
    "2733",
    "jw",
    "jw02733",
    "notes on 2733.txt",
    "mast:JWST/product/jw02733-o002_t001_miri_f1130w_i2d.fits",
    "./jw02733-o002_t001_miri_f1130w_i2d.fits",
    "../../etc/passwd",
    "JW02733002001_02103_00001_MIRIMAGE_UNCAL.FITS",
    " jw02733002001_02103_00001_mirimage_uncal.fits",
    "jw02733002001_02103_00001_mirimage_uncal.fits ",
    "jw02733002001_02103_00001_mirimage_uncal.fits\n",
    "\njw02733002001_02103_00001_mirimage_uncal.fits",
    "jw02733002001_02103_00001_mirimage_uncal.fits\njw02733_pool.csv",
    "jw02733002001_02103_00001_mirimage_uncal.fits\x00",
    "jw02733002001_02103_00001_mirimage_\x00uncal.fits",
    "jw\u0660\u0662\u0667\u0663\u0663002001_02103_00001_mirimage_uncal.fits",  # Arabic digits
    "jw\uff102733002001_02103_00001_mirimage_uncal.fits",  # a full-width digit
    "jw02733002001_02103_00001_mirimage_uncal.fit\u017f",  # folds to an s
    "jw02733002001_02103_00001_mirimage_<b>uncal</b>.fits",
    "jw02733002001_02103_00001_mirimage_uncal.fits;rm -rf ~",
    "jw02733002001_02103_00001_mirimage__uncal.fits",
    "jw02733002001_02103_00001_notadetector_uncal.fits",
    "jw2733002001_02103_00001_mirimage_uncal.fits",
    "jw01091002001_03101_00001-seg02_nis_calints.fits",
    "jw01091002001_03101_00001-seg0002_nis_calints.fits",
    "jw02733002001_0210_00001_mirimage_uncal.fits",
    "jw02733002001_02103_0001_mirimage_uncal.fits",
    "jw02733002001_02103_00001_mirimage_x002_crf.fits",
    "jw02733002001_gs-fg_20221631203_cal.fits",
    "jw02733002001_gs-dance_2022163120339_cal.fits",
    "jw02733-o002_t1_miri_f1130w_i2d.fits",
    "jw02733-o002_t001_hubble_f1130w_i2d.fits",
    "jw05224-o004_s1_nirspec_clear-prism_x1d.fits",
    "jw02733-o002_2022_image3_003_asn.json",
    "jwst_nircam_dark_331.fits",
    "jwst_1364",
    "hst_12345_01_acs_wfc_f814w_drz.fits",
]


def fields_of(row: dict[str, object]) -> dict[str, object]:
    """Kind and fields of one row of `parse_many`, as `asdict` gives them of a `Name`."""
    return {name: None if pd.isna(value) else value for name, value in row.items()}


def read_both(names: list[str]) -> tuple[list[dict], list[dict]]:
    """What `parse` and `parse_many` say of these names."""
    single = [asdict(parse(name)) for name in names]
    many = [fields_of(row) for row in parse_many(names).to_dict("records")]
    return single, many


# --- examples -------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "expected"), EXAMPLES.items(), ids=list(EXAMPLES))
def test_every_field_of_an_example_is_read(name, expected):
    kind, fields = expected
    known = {field: value for field, value in asdict(parse(name)).items() if value is not None}
    assert known == {"raw": name, "kind": kind} | fields


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_is_written_from_its_fields_alone(name):
    assert str(replace(parse(name), raw="")) == name


@pytest.mark.parametrize(("name", "kind", "field", "value"), ALIKE, ids=[a[0] for a in ALIKE])
def test_forms_that_differ_in_one_field_are_told_apart(name, kind, field, value):
    read = parse(name)
    assert (read.kind, getattr(read, field)) == (kind, value)
    assert str(replace(read, raw="")) == name


@pytest.mark.parametrize("name", NO_NAMES, ids=ascii)
def test_what_is_no_name_is_kept_and_unknown(name):
    assert parse(name) == Name(raw=name)
    assert str(parse(name)) == name
    (row,) = parse_many([name]).to_dict("records")
    assert fields_of(row) == asdict(Name(raw=name))


def test_both_readers_agree_on_examples():
    single, many = read_both([*EXAMPLES, *(name for name, *_ in ALIKE), *NO_NAMES])
    assert many == single


def test_a_field_that_is_changed_changes_the_name():
    cal = replace(parse("jw02733002001_02103_00001_mirimage_rate.fits"), suffix="cal")
    crf = replace(cal, suffix="crf", candidate="o002", extension=None)
    assert str(cal) == "jw02733002001_02103_00001_mirimage_cal.fits"
    assert str(crf) == "jw02733002001_02103_00001_mirimage_o002_crf"


def test_a_name_whose_fields_make_no_form_is_written_as_it_was_given():
    broken = replace(parse("jw02733_20220712t201523_pool.csv"), program=None)
    assert str(broken) == "jw02733_20220712t201523_pool.csv"


def test_a_name_is_a_value():
    one, other = (parse("jw02733_20220712t201523_pool.csv") for _ in range(2))
    assert one == other
    assert len({one, other}) == 1
    with pytest.raises(AttributeError):
        one.program = "00001"


def test_examples_use_every_form_and_every_field():
    read = [parse(name) for name in EXAMPLES]
    assert {name.kind for name in read} == set(KINDS) - {UNKNOWN} == {kind for kind, _ in GRAMMAR}
    unused = {field for field in FIELDS if all(getattr(name, field) is None for name in read)}
    assert not unused


# --- real names -----------------------------------------------------------------------------------


def test_every_real_name_is_written_back(real):
    assert [name for name in every_name(real) if str(parse(name)) != name] == []


def test_every_real_name_is_written_from_its_fields_alone(real):
    rewritten = {name: str(replace(parse(name), raw="")) for name in every_name(real)}
    assert {name: text for name, text in rewritten.items() if text != name} == {}


def test_every_real_name_is_known(real):
    for place, names in names_by_place(real).items():
        assert names, f"no names found in {place}"
        assert [name for name in names if parse(name).kind == UNKNOWN] == [], place


def test_both_readers_agree_on_every_real_name(real):
    single, many = read_both(every_name(real))
    assert many == single


def test_real_names_are_of_the_kind_that_their_place_tells(real):
    kinds = {
        place: {parse(name).kind for name in names} for place, names in names_by_place(real).items()
    }
    assert kinds["association members"] == {"exposure", "level3"}
    assert kinds["associations"] == {"association"}
    assert kinds["association products"] == {"exposure", "level3"}
    assert kinds["level3 list"] == {"level3"}
    assert kinds["**/*_pool.csv"] == {"exposure"}
    assert kinds["caom/observations.csv"] == {"exposure", "level3", "planned"}
    assert kinds["missions/datasets*.csv"] == {"exposure"}
    assert kinds["CRDS mappings"] == {"reference", "context"}


def test_the_root_of_a_real_product_is_its_observation(real):
    """CAOM's `obs_id` is the root of every product that is not shared between observations."""
    rows = pd.concat([pd.read_csv(path, dtype=str) for path in real.glob("caom/products*.csv")])
    names = parse_many(rows["productFilename"])
    of_one = names["kind"].isin(["exposure", "level3"]).to_numpy()
    assert of_one.sum() > 1000
    roots = names["root"][of_one].astype(object)
    assert (roots.to_numpy() == rows["obs_id"].to_numpy()[of_one]).all()


# --- text of any kind -----------------------------------------------------------------------------

known = st.sampled_from([*EXAMPLES, *(name for name, *_ in ALIKE)])
snippets = st.sampled_from(
    [
        "\n",
        "\x00",
        "\u0663",
        "\uff10",
        "_",
        "-",
        ".",
        "{",
        "}",
        "[",
        "$",
        "^",
        "\\",
        "0",
        "z",
        "jw",
        "é",
        " ",
    ]
)


@st.composite
def nearly_names(draw):
    """A known name with something put in, cut out or doubled."""
    name = draw(known)
    for _ in range(draw(st.integers(1, 3))):
        at, to = sorted(draw(st.tuples(*[st.integers(0, len(name))] * 2)))
        name = name[:at] + draw(st.one_of(snippets, st.just(""), st.text(max_size=4))) + name[to:]
    return name


texts = st.one_of(st.text(), nearly_names(), known)
lone_surrogates = st.text(st.one_of(st.characters(categories=["Cs"]), st.characters()), max_size=8)


@settings(deadline=None)
@given(st.lists(texts, max_size=20))
@example(["jw02733_pool\n", "jw02733_pool", ""])
@example(["x" * 200_000, "jw" + "0" * 200_000])
@example(["jw02733-o002_t001_miri_" + "a-" * 5_000 + "_i2d.fits"])
def test_both_readers_agree_on_any_text(names):
    single, many = read_both(names)
    assert many == single
    assert [str(parse(name)) for name in names] == names


@settings(deadline=None, max_examples=50)
@given(st.lists(st.one_of(lone_surrogates, known), max_size=8))
@example(["\ud800", "jw02733_pool.csv"])
@example(["jw02733_pool.csv\udfff"])
def test_text_that_is_no_unicode_is_kept_like_any_other(names):
    single, many = read_both(names)
    assert many == single


@given(nearly_names())
@settings(deadline=None)
def test_what_is_read_is_written_from_its_fields(name):
    read = parse(name)
    if read.kind != UNKNOWN:
        assert str(replace(read, raw="")) == name


def test_mutations_of_every_real_name_are_read_alike_by_both(real):
    """The traps of two regular-expression engines, once for each real name."""
    traps = ["{}\n", "\n{}", "{} ", "{}\x00", "{}.", "{}_thumb", "x{}"]
    names = every_name(real)
    mutated = [traps[i % len(traps)].format(name) for i, name in enumerate(names)]
    mutated += [name.replace("0", "\u0660", 1) for name in names]
    mutated += [name.upper() for name in names]
    single, many = read_both(mutated)
    assert many == single


# --- columns --------------------------------------------------------------------------------------

TWO = ["jw02733_20220712t201523_pool.csv", "not a name"]


@pytest.mark.parametrize(
    "column",
    [
        TWO,
        tuple(TWO),
        iter(TWO),
        np.array(TWO),
        np.array(TWO, dtype=object),
        pd.Series(TWO, index=[7, 7]),
        pd.Series(TWO, dtype=object),
        pd.Series(TWO, dtype="string"),
        pd.Series(TWO, dtype="category"),
        pd.Series(TWO, dtype=pd.ArrowDtype(pa.string())),
        pd.Index(TWO),
        pa.array(TWO),
        pa.array(TWO, pa.large_string()),
        pa.chunked_array([TWO[:1], TWO[1:]]),
    ],
    ids=lambda column: f"{type(column).__name__} {getattr(column, 'dtype', '')}",
)
def test_a_column_may_come_in_any_form(column):
    table = parse_many(column)
    assert table["raw"].tolist() == TWO
    assert table["kind"].tolist() == ["pool", "unknown"]
    assert table.index.tolist() == [0, 1]


def test_a_name_that_is_missing_is_unknown():
    table = parse_many([None, TWO[0], float("nan")])
    assert table["raw"].tolist() == ["", TWO[0], ""]
    assert table["kind"].tolist() == ["unknown", "pool", "unknown"]


def test_no_names_make_an_empty_table_of_all_columns():
    table = parse_many([])
    assert table.shape == (0, 2 + len(FIELDS))


def test_columns_are_codes_inside():
    table = parse_many([*EXAMPLES])
    assert list(table.columns) == ["raw", "kind", *FIELDS]
    assert {str(table[name].dtype) for name in ["kind", *FIELDS]} == {"category"}


def test_the_order_of_names_does_not_matter(real):
    names = every_name(real)
    shuffled = np.random.default_rng(1).permutation(len(names))
    straight = parse_many(names)
    other = parse_many([names[i] for i in shuffled])
    for field in straight.columns:
        want = straight[field].astype(object).to_numpy()[shuffled]
        got = other[field].astype(object).to_numpy()
        pd.testing.assert_extension_array_equal(pd.array(want), pd.array(got))
