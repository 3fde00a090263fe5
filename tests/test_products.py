"""Product tables: the same answer from every form that rows come in, on real rows and bad ones."""

from __future__ import annotations

import re
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from astropy.table import MaskedColumn, Table
from hypothesis import given, settings
from hypothesis import strategies as st

from jwstwidgets import ProductTable, build_linkage
from jwstwidgets.columns import Coded
from jwstwidgets.errors import JwstWidgetsError, ProductTableError, UnknownFile
from jwstwidgets.schema import CAOM, MISSIONS, MRP
from jwstwidgets.vocabulary import ROLES, STAGES

LISTS = {
    "miri": "caom/products_jw02733-o002_miri_f1130w.csv",
    "soss": "caom/products_niriss_soss_14obs_dedup.csv",
    "fragments": "caom/products_fragments_nircam_nirspec.csv",
    "missions": "missions/products_jw01895001001_02101_00001.csv",
}
CAOM_LISTS = ["miri", "soss", "fragments"]
I2D = "jw02733-o002_t001_miri_f1130w_i2d.fits"
OURS = [
    "filename",
    "uri",
    "stage",
    "role",
    "mrp",
    "rights",
    "size",
    "calib_level",
    "description",
    "product_type",
    "subgroup",
    "instrument",
    "detector",
]


def text_rows(real: Path, which: str) -> pd.DataFrame:
    """A real list with every cell as the text that it has in the file."""
    return pd.read_csv(real / LISTS[which], dtype=str, keep_default_na=False).astype(object)


def typed_rows(real: Path, which: str) -> pd.DataFrame:
    """A real list as pandas reads it: numbers where it sees some, missing where it is empty."""
    return pd.read_csv(real / LISTS[which])


def row(filename: str = I2D, **changed: object) -> dict[str, object]:
    """One CAOM row; `changed` sets or adds columns."""
    cells = {
        "obsID": 87602450,
        "obs_id": "jw02733-o002_t001_miri_f1130w",
        "dataURI": f"mast:JWST/product/{filename}",
        "productType": "SCIENCE",
        "productGroupDescription": MRP,
        "productSubGroupDescription": "I2D",
        "productFilename": filename,
        "size": 56692800,
        "parent_obsid": 87602450,
        "dataRights": "PUBLIC",
        "calib_level": 3,
    }
    return cells | changed


def plain(frame: pd.DataFrame) -> list[tuple[object, ...]]:
    """Rows as tuples, None where nothing is stated."""
    cells = frame.astype(object).where(frame.notna(), None)
    return list(cells.itertuples(index=False, name=None))


def what_is_listed(table: ProductTable) -> set[tuple[object, ...]]:
    """(file, obs_id, obs_id asked for, MRP) of every row of the ownership."""
    obs_id = np.append(table.observations["obs_id"].to_numpy(dtype=object), None)
    owned = table.ownership
    return set(
        zip(
            table.files["filename"].to_numpy()[owned["file"]],
            obs_id[owned["owner"]],
            obs_id[owned["parent"]],
            owned["mrp"],
            strict=True,
        )
    )


def masked_table(frame: pd.DataFrame) -> Table:
    """An astropy Table with its missing cells masked, as astroquery returns it."""
    table = Table(masked=True)
    for name in frame.columns:
        missing = frame[name].isna().to_numpy() | (frame[name].astype(str) == "--").to_numpy()
        numeric = pd.api.types.is_numeric_dtype(frame[name])
        filled = frame[name].where(~missing, 0 if numeric else "")
        values = filled.to_numpy(dtype=int if numeric else str)
        table[name] = MaskedColumn(values, mask=missing)
    return table


FORMS = {
    "text": lambda real, which: text_rows(real, which),
    "text as pandas 3 has it": lambda real, which: pd.read_csv(
        real / LISTS[which], dtype="str", keep_default_na=False
    ),
    "typed": typed_rows,
    "typed, as objects": lambda real, which: typed_rows(real, which).astype(object),
    "dashes as missing": lambda real, which: pd.read_csv(real / LISTS[which], na_values=["--"]),
    "floats, as pandas makes of numbers with gaps": lambda real, which: typed_rows(
        real, which
    ).astype({c: float for c in typed_rows(real, which) if c in ("obsID", "parent_obsid", "size")}),
    "categories": lambda real, which: typed_rows(real, which).astype("category"),
    "nullable": lambda real, which: typed_rows(real, which).convert_dtypes(),
    "arrow": lambda real, which: typed_rows(real, which).convert_dtypes(dtype_backend="pyarrow"),
    "list of dicts": lambda real, which: typed_rows(real, which).to_dict("records"),
    "list of dicts with None": lambda real, which: [
        {name: None if cell in ("", "--") else cell for name, cell in record.items()}
        for record in text_rows(real, which).to_dict("records")
    ],
    "duplicate index": lambda real, which: typed_rows(real, which).set_axis(
        [0] * len(typed_rows(real, which))
    ),
    "columns in another order": lambda real, which: typed_rows(real, which).iloc[:, ::-1],
    "astropy": lambda real, which: masked_table(typed_rows(real, which)),
    "astropy, bytes": lambda real, which: as_bytes(masked_table(typed_rows(real, which))),
}


def as_bytes(table: Table) -> Table:
    table.convert_unicode_to_bytestring()
    return table


# --- one answer from every form -------------------------------------------------------------------


@pytest.mark.parametrize("which", LISTS)
@pytest.mark.parametrize("form", FORMS)
def test_every_form_of_rows_gives_the_same_table(real, which, form):
    expected = ProductTable.from_rows(text_rows(real, which))
    table = ProductTable.from_rows(FORMS[form](real, which))
    assert plain(table.files[OURS]) == plain(expected.files[OURS])
    assert what_is_listed(table) == what_is_listed(expected)
    assert plain(table.observations) == plain(expected.observations)
    assert table.states_mrp == expected.states_mrp
    assert {*table.files.columns} == {*expected.files.columns}


def test_the_caller_s_rows_are_left_alone(real):
    rows = typed_rows(real, "miri")
    before = rows.copy(deep=True)
    table = ProductTable.from_rows(rows)
    table.files.loc[0, "filename"] = "changed"
    pd.testing.assert_frame_equal(rows, before)


# --- real lists -----------------------------------------------------------------------------------


@pytest.mark.parametrize(("which", "files"), [("miri", 605), ("soss", 877), ("fragments", 394)])
def test_files_are_unique_and_in_order_of_first_appearance(real, which, files):
    rows = text_rows(real, which)
    table = ProductTable.from_rows(rows)
    assert len(table) == files
    assert table.files["uri"].tolist() == rows["dataURI"].drop_duplicates().tolist()
    assert table.row_count == len(rows)


def test_the_miri_image_has_the_rows_files_and_observations_that_it_should(real):
    table = ProductTable.from_rows(typed_rows(real, "miri"))
    assert repr(table) == "<ProductTable: 605 files of 17 observations (3,470 archive rows)>"


@pytest.mark.parametrize("which", CAOM_LISTS)
def test_ownership_says_who_lists_each_file_and_for_whom(real, which):
    rows = text_rows(real, which)
    obs_id = dict(zip(rows["obsID"], rows["obs_id"], strict=True))
    stated = {
        (r.productFilename, r.obs_id, obs_id.get(r.parent_obsid, f"obsid {r.parent_obsid}"),
         r.productGroupDescription == MRP)
        for r in rows.itertuples()
    }  # fmt: skip
    table = ProductTable.from_rows(rows)
    assert what_is_listed(table) == stated
    assert len(table.ownership) == len(stated)
    for filename, owners in rows.groupby("productFilename")["obs_id"]:
        assert sorted(table.owners(filename)) == sorted(set(owners))


def test_a_guide_star_file_has_each_exposure_of_its_visit_as_owner(real):
    table = ProductTable.from_rows(typed_rows(real, "miri"))
    owners = table.owners("jw02733002001_gs-acq1_2022163115638_stream.fits")
    assert len(owners) == 8
    assert all(owner.startswith("jw02733002001_") for owner in owners)


def test_the_observations_asked_for_are_the_parents(real):
    miri = ProductTable.from_rows(typed_rows(real, "miri"))
    assert miri.parents()["obs_id"].tolist() == ["jw02733-o002_t001_miri_f1130w"]
    soss = ProductTable.from_rows(typed_rows(real, "soss"))
    assert len(soss.parents()) == 14
    assert (soss.parents()["obs_id"].str.contains("_nis")).sum() >= 5  # standalone level 2


@pytest.mark.parametrize("which", CAOM_LISTS)
def test_mrp_is_what_the_archive_states(real, which):
    rows = text_rows(real, which)
    stated = rows.loc[rows["productGroupDescription"] == MRP, "productFilename"]
    files = ProductTable.from_rows(rows).files
    assert set(files.loc[files["mrp"], "filename"]) == set(stated)
    assert files["mrp"].sum() == stated.nunique() > 0


@pytest.mark.parametrize("which", CAOM_LISTS)
def test_mrp_is_the_asked_observation_s_own_files_without_previews(real, which):
    """The rule of DESIGN 2.3, which no code here uses: it must come out of what is stated."""
    table = ProductTable.from_rows(typed_rows(real, which))
    owned = table.ownership
    role = table.files["role"].astype(object).to_numpy()[owned["file"]]
    own = (owned["owner"] == owned["parent"]).to_numpy() & (role != "preview")
    applies = role != "guide-star"
    assert (owned["mrp"].to_numpy() == own)[applies].all()


def test_a_standalone_level_2_observation_has_its_raw_data_in_mrp(real):
    table = ProductTable.from_rows(typed_rows(real, "soss"))
    alone = table.parents()["obs_id"]
    alone = [obs_id for obs_id in alone if "_t001_" not in obs_id and "-o" not in obs_id]
    assert len(alone) == 5
    by_owner = table.ownership.merge(table.files["filename"], left_on="file", right_index=True)
    by_owner["obs_id"] = table.observations["obs_id"].to_numpy()[by_owner["owner"]]
    for obs_id in alone:
        names = by_owner.loc[(by_owner["obs_id"] == obs_id) & by_owner["mrp"], "filename"]
        suffixes = {name.removeprefix(obs_id + "_") for name in names}
        assert {"uncal.fits", "rateints.fits"} <= suffixes
        assert any(name.endswith("_asn.json") for name in names)


def test_missions_states_no_mrp(real):
    table = ProductTable.from_rows(typed_rows(real, "missions"))
    assert not table.states_mrp
    assert not table.files["mrp"].any()
    assert ProductTable.from_rows([row()]).states_mrp


@pytest.mark.parametrize("which", CAOM_LISTS)
def test_roles_follow_what_the_archive_calls_a_file(real, which):
    rows = text_rows(real, which).drop_duplicates("dataURI")
    files = ProductTable.from_rows(rows).files
    subgroup = rows["productSubGroupDescription"].to_numpy()
    expected = rows["productType"].str.lower().to_numpy(dtype=object)
    expected = np.where(pd.Series(subgroup).str.startswith("GS-"), "guide-star", expected)
    expected = np.where(subgroup == "ASN", "association", expected)
    expected = np.where(subgroup == "POOL", "pool", expected)
    assert files["role"].tolist() == expected.tolist()


def test_roles_of_a_missions_list_follow_its_categories(real):
    rows = text_rows(real, "missions")
    files = ProductTable.from_rows(rows).files
    category = rows["category"]
    expected = category.map({"GUIDESTAR": "guide-star", "REFERENCE": "reference"}).fillna("science")
    expected[category == "ASSOCIATION"] = "association"
    expected[rows["filename"].str.endswith("_pool.csv")] = "pool"
    assert files["role"].tolist() == expected.tolist()
    assert files["role"].value_counts()["reference"] == 116


def test_a_reference_named_like_a_product_is_no_product(real):
    """Missions gives reference darks and photoms the suffixes `_dark` and `_phot`."""
    rows = text_rows(real, "missions")
    files = ProductTable.from_rows(rows).files
    trap = rows["file_suffix"].isin(["_dark", "_phot"]).to_numpy()
    assert trap.any()
    assert set(files.loc[trap, "role"]) == {"reference"}
    assert files.loc[trap, "stage"].isna().all()


def test_stages_of_a_missions_list_are_those_it_states(real):
    rows = text_rows(real, "missions")
    stated = rows["category"].where(rows["category"].isin(STAGES)).to_numpy(dtype=object)
    stage = ProductTable.from_rows(rows).files["stage"]
    guide = rows["category"] == "GUIDESTAR"
    assert plain(stage[~guide].to_frame()) == plain(pd.DataFrame({"stage": stated})[~guide])
    # The names alone say the same.
    unstated = ProductTable.from_rows(rows.assign(category="--")).files["stage"]
    assert plain(unstated.to_frame()) == plain(stage.to_frame())


@pytest.mark.parametrize(
    ("filename", "stated", "role"),
    [
        ("jw02733002001_02103_00001_mirimage_cal.fits", "SCIENCE", "science"),
        ("jw02733002001_02103_00001_mirimage_cal.pdf", "PREVIEW", "preview"),
        ("jw02733002001_02103_00001_mirimage_cal_thumb.jpg", "--", "preview"),
        ("jw02733002001_gs-id_1_stream.fits", "--", "guide-star"),
        ("jw02733002001_gs-id_1_stream.jpg", "AUXILIARY", "preview"),
        ("jw02733-o002_t001_miri_f1130w_segm.fits", "--", "auxiliary"),
        ("jw02733-o002_t001_miri_f1130w_segm.fits", "AUXILIARY", "auxiliary"),
        ("jw05224004001_01_msa.fits", "--", "auxiliary"),
        ("jw02733-o002_20220712t201523_image3_003_asn.json", "INFO", "association"),
        ("jw02733_20220712t201523_pool.csv", "--", "pool"),
        ("jwst_miri_dark_0059.fits", "--", "reference"),
        ("jwst_1364.pmap", "INFO", "reference"),
        ("something new.fits", "SCIENCE", "science"),
        ("something new.fits", "--", "auxiliary"),
        ("readme.txt", "INFO", "auxiliary"),
    ],
)
def test_where_the_archive_is_silent_the_name_decides_the_role(filename, stated, role):
    cells = row(filename, productType=stated, productSubGroupDescription="--")
    assert ProductTable.from_rows([cells]).files["role"].tolist() == [role]


@pytest.mark.parametrize("which", CAOM_LISTS)
def test_stages_agree_with_the_archive_s_calibration_level(real, which):
    table = ProductTable.from_rows(typed_rows(real, which))
    files = table.files[(table.files["role"] == "science") | (table.files["role"] == "preview")]
    level = files["stage"].astype(object).str[0].astype(int)
    assert files["stage"].notna().all()
    assert (level == files["calib_level"]).all()


@pytest.mark.parametrize(
    ("suffix", "stage"),
    [("uncal", "1b"), ("rate", "2a"), ("cal", "2b"), ("o002_crf", "2c"), ("i2d", "2b")],
)
def test_the_stage_of_an_exposure_follows_its_suffix(suffix, stage):
    files = ProductTable.from_rows([row(f"jw02733002001_02103_00001_mirimage_{suffix}.fits")]).files
    assert files["stage"].tolist() == [stage]


@pytest.mark.parametrize("which", LISTS)
def test_rights_and_sizes_are_those_stated(real, which):
    rows = text_rows(real, which)
    dialect = MISSIONS if which == "missions" else CAOM
    rows = rows.drop_duplicates(dialect.key)
    files = ProductTable.from_rows(rows).files
    assert files["rights"].astype(object).tolist() == rows[dialect.rights].tolist()
    assert files["size"].tolist() == [int(size) for size in rows["size"]]
    assert ProductTable.from_rows(rows).total_bytes() == rows["size"].astype(int).sum()


def test_instrument_and_detector_come_from_the_name_or_the_row(real):
    files = ProductTable.from_rows(typed_rows(real, "missions")).files
    assert set(files.loc[files["role"] == "science", "instrument"]) == {"nircam"}
    expected = {f"nrc{module}{number}" for module in "ab" for number in "1234"}
    assert set(files.loc[files["role"] == "science", "detector"]) == expected | {
        "nrcalong",
        "nrcblong",
    }
    # References carry none in their names; their rows do. NRCA5 is what names call nrcalong.
    references = files[files["role"] == "reference"]
    assert references["detector"].notna().all()
    assert "nrcalong" in set(references["detector"])


def test_references_keep_the_uri_that_missions_gives_and_products_have_that_of_caom(real):
    files = ProductTable.from_rows(typed_rows(real, "missions")).files.set_index("filename")
    assert files.loc["jwst_1364.pmap", "uri"] == "jw01895001001_02101_00001/jwst_1364.pmap"
    product = "jw01895001001_02101_00001_nrca1_cal.fits"
    assert files.loc[product, "uri"] == f"mast:JWST/product/{product}"


# --- what is missing ------------------------------------------------------------------------------

NOTHING = ["--", "", None, np.nan, float("nan"), pd.NA, np.ma.masked, "nan", "None", "<NA>"]
STATED_AS = {
    "dataRights": "rights",
    "productType": "product_type",
    "productSubGroupDescription": "subgroup",
    "calib_level": "calib_level",
    "size": "size",
}


@pytest.mark.parametrize("nothing", NOTHING, ids=repr)
@pytest.mark.parametrize("column", STATED_AS)
def test_dashes_empty_masked_and_nan_are_the_same_thing(column, nothing):
    files = ProductTable.from_rows([row(), row("b.fits", **{column: nothing})]).files
    assert files[STATED_AS[column]].isna().tolist() == [False, True]


@pytest.mark.parametrize("nothing", NOTHING, ids=repr)
def test_a_row_without_owner_parent_or_group_is_still_a_file(nothing):
    bare = row("b.fits", obs_id=nothing, parent_obsid=nothing, productGroupDescription=nothing)
    table = ProductTable.from_rows([row(), bare])
    assert table.files["filename"].tolist() == [I2D, "b.fits"]
    assert table.files["mrp"].tolist() == [True, False]
    assert table.owners("b.fits") == []


@pytest.mark.parametrize("nothing", NOTHING, ids=repr)
def test_a_file_without_uri_is_the_one_that_its_name_stands_for(nothing):
    table = ProductTable.from_rows(
        [
            row(dataURI=nothing),
            row(),
            row("b.fits", dataURI=nothing),
            row("b.fits", dataURI=nothing),
        ]
    )
    assert table.files["filename"].tolist() == [I2D, "b.fits"]
    assert table.files["uri"].tolist() == [
        f"mast:JWST/product/{I2D}",
        "mast:JWST/product/b.fits",
    ]


@pytest.mark.parametrize("nothing", NOTHING, ids=repr)
def test_a_row_that_names_no_file_is_left_out(nothing):
    rows = [row(dataURI=nothing, productFilename=nothing), row()]
    assert ProductTable.from_rows(rows).files["filename"].tolist() == [I2D]


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        ("--", None),
        ("", None),
        ("many", None),
        (-1, None),
        ("-56692800", None),
        (3.5, None),
        (float("inf"), None),
        (1e30, None),
        (0, 0),
        ("56692800", 56692800),
        (56692800.0, 56692800),
        ("56692800.0", 56692800),
        (np.int64(10**12), 10**12),
    ],
)
@pytest.mark.parametrize("together_with", [1, 1.0, "1", None])
def test_a_size_is_a_whole_number_of_bytes_or_missing(size, expected, together_with):
    files = ProductTable.from_rows([row(size=size), row("b.fits", size=together_with)]).files
    assert plain(files[["size"]])[0] == (expected,)
    assert str(files["size"].dtype) == "Int64"


@pytest.mark.parametrize(
    ("level", "expected"),
    [(3, 3), ("3", 3), (3.0, 3), (-1, -1), ("--", None), (999, None), (1e30, None), ("x", None),
     (float("inf"), None), (None, None)],
)  # fmt: skip
def test_a_calibration_level_is_a_small_number_or_missing(level, expected):
    files = ProductTable.from_rows([row(calib_level=level)]).files
    assert plain(files[["calib_level"]]) == [(expected,)]


def test_files_of_unknown_size_count_as_nothing():
    table = ProductTable.from_rows([row(size="--"), row("b.fits", size=5), row("c.fits", size=-9)])
    assert table.total_bytes() == 5
    assert table.total_bytes(np.array([0, 2])) == 0
    assert table.total_bytes(np.array([False, True, False])) == 5


# --- columns --------------------------------------------------------------------------------------


@pytest.mark.parametrize("column", CAOM.needed)
def test_a_missing_column_is_named_with_those_found(real, column):
    rows = typed_rows(real, "miri").drop(columns=column)
    with pytest.raises(ProductTableError) as caught:
        ProductTable.from_rows(rows)
    found = "obsID, obs_collection, dataproduct_type, obs_id".replace(f", {column}", "")
    assert re.search(rf"lack the column {column}; columns found: {found}", str(caught.value))
    for other in rows.columns:
        assert other in str(caught.value)
    assert "get_product_list" in caught.value.hint


@pytest.mark.parametrize("column", MISSIONS.needed)
def test_a_missing_column_of_a_missions_list_is_named(real, column):
    rows = typed_rows(real, "missions").drop(columns=column)
    with pytest.raises(ProductTableError, match=rf"lack the column {column}; columns found: pro"):
        ProductTable.from_rows(rows)


def test_all_missing_columns_are_named_at_once():
    with pytest.raises(ValueError, match=r"lack the columns productFilename, obs_id.*found: size"):
        ProductTable.from_rows([{"size": 1, "dataURI": "x", "productGroupDescription": ""}])


@pytest.mark.parametrize(
    "column", ["obsID", "parent_obsid", "productType", "productSubGroupDescription",
               "dataRights", "calib_level", "description"],
)  # fmt: skip
def test_columns_that_are_not_needed_may_be_missing(real, column):
    rows = typed_rows(real, "miri")
    table = ProductTable.from_rows(rows.drop(columns=column))
    assert len(table) == 605
    whole = ProductTable.from_rows(rows)
    if column not in ("productType", "productSubGroupDescription"):
        assert table.files["role"].tolist() == whole.files["role"].tolist()
        assert table.files["mrp"].tolist() == whole.files["mrp"].tolist()


@pytest.mark.parametrize("which", LISTS)
def test_extra_columns_are_kept_as_they_came(real, which):
    rows = text_rows(real, which)
    dialect = MISSIONS if which == "missions" else CAOM
    rows["number"] = np.arange(len(rows))
    rows["Länge <b>"] = "é"
    files = ProductTable.from_rows(rows).files
    unique = rows.drop_duplicates(dialect.key).reset_index(drop=True)
    extra = [column for column in rows.columns if column not in dialect.known]
    assert {"number", "Länge <b>"} < set(extra)
    for column in extra:
        assert files[column].tolist() == unique[column].tolist()


@pytest.mark.parametrize("column", sorted({*OURS, "owners"} - CAOM.known))
def test_an_extra_column_with_a_name_of_ours_is_kept_beside_it(column):
    plain_table = ProductTable.from_rows([row()])
    table = ProductTable.from_rows([row() | {column: "from the archive"}])
    assert plain(table.files[OURS]) == plain(plain_table.files[OURS])
    assert table.files[f"archive_{column}"].tolist() == ["from the archive"]
    assert table.files.columns.is_unique
    assert table.rows_for([0])["owners"].tolist() == [("jw02733-o002_t001_miri_f1130w",)]


def test_two_columns_of_one_name_are_refused_by_name(real):
    rows = typed_rows(real, "miri").head(3)
    with pytest.raises(ProductTableError, match="more than one column called size"):
        ProductTable.from_rows(pd.concat([rows, rows[["size"]]], axis=1))


@pytest.mark.parametrize("rows", [None, 3, "rows", {"size": 1}, [1, 2], np.zeros(3)], ids=repr)
def test_what_is_no_table_is_refused(rows):
    with pytest.raises(JwstWidgetsError, match=f"from a {type(rows).__name__}"):
        ProductTable.from_rows(rows)


# --- rows that are few, odd or hostile ------------------------------------------------------------


@pytest.mark.parametrize("which", LISTS)
@pytest.mark.parametrize("form", ["text", "typed", "categories", "nullable", "arrow"])
def test_no_rows_make_an_empty_table(real, which, form):
    table = ProductTable.from_rows(FORMS[form](real, which).head(0))
    assert (len(table), len(table.ownership), len(table.observations)) == (0, 0, 0)
    assert table.files.columns[:5].tolist() == OURS[:5]
    assert table.total_bytes() == 0
    assert len(build_linkage(table).edges) == 0


def test_an_empty_list_is_an_empty_table():
    assert len(ProductTable.from_rows([])) == 0
    assert len(ProductTable.from_rows(pd.DataFrame())) == 0


@pytest.mark.parametrize(
    "numbers",
    [
        [87602450, None, "--"],
        [87602450.0, None, "--"],
        ["87602450", 87602450, 87602450.0],
        [np.int64(87602450), np.ma.masked, float("nan")],
        [b"87602450", "87602450", None],
    ],
    ids=repr,
)
def test_mixed_types_in_a_column_are_one_observation(numbers):
    files = [I2D, "b.fits", "c.fits"]
    table = ProductTable.from_rows([row(f, obsID=n) for f, n in zip(files, numbers, strict=True)])
    assert table.observations["obsid"].tolist() == ["87602450"]
    assert table.ownership["parent"].tolist() == [0, 0, 0]


def test_two_uris_with_one_file_name_are_two_files():
    other = f"mast:HLSP/elsewhere/{I2D}"
    table = ProductTable.from_rows([row(), row(dataURI=other, size=1)])
    assert table.files["filename"].tolist() == [I2D, I2D]
    assert table.code(f"mast:JWST/product/{I2D}") == 0
    assert table.code(other) == 1
    assert table.code(I2D) == 0  # of two files with one name, the first keeps it
    assert len(table.ownership) == 2


def test_missions_repeats_a_file_under_another_uri_for_each_dataset(real):
    rows = text_rows(real, "missions")
    second = rows.copy()
    for column in ("dataset", "uri"):
        second[column] = second[column].str.replace("_02101_00001", "_02101_00002")
    table = ProductTable.from_rows(pd.concat([rows, second]))
    assert len(table) == len(rows)
    assert table.owners("jwst_1364.pmap") == [
        "jw01895001001_02101_00001",
        "jw01895001001_02101_00002",
    ]


HOSTILE = [
    "<img src=x onerror=alert(1)>.fits",
    "'; DROP TABLE files; --",
    "$(rm -rf ~)`id`.fits",
    "../../../etc/passwd",
    "a\nb\rc\td.fits",
    "a\x00b.fits",
    "\u202etxt.stif",
    "x" * 100_000,
    "\ud800.fits",
    "=cmd|' /C calc'!A1",
    "{{7*7}} %s %(x)s {0}",
]


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: ascii(text[:20]))
def test_hostile_text_is_kept_as_text(text):
    cells = row(obs_id=text, dataRights=text, productType=text, description=text, comment=text)
    table = ProductTable.from_rows([cells | {"productFilename": text, "dataURI": text}])
    readable = text.replace("\ud800", "?")  # no table can hold a lone surrogate
    assert table.files["filename"].tolist() == [readable]
    assert table.files["rights"].tolist() == [readable]
    assert table.owners(0) == [readable]
    assert table.names["kind"].tolist() == ["unknown"]
    assert table.files["comment"].tolist() in ([readable], [text])  # pandas 2 can hold it
    assert len(build_linkage(table).edges) == 0


def test_a_list_in_a_cell_is_text():
    table = ProductTable.from_rows([row(dataRights=["PUBLIC"]), row("b.fits", dataRights=None)])
    assert plain(table.files[["rights"]]) == [("['PUBLIC']",), (None,)]


cells = st.one_of(
    st.none(),
    st.integers(),
    st.floats(),
    st.booleans(),
    st.text(max_size=5),
    st.sampled_from(["--", "", I2D, "PUBLIC", MRP, "GS-FG", "ASN", 87602450, 3]),
)


@settings(deadline=None, max_examples=50)
@given(st.lists(st.fixed_dictionaries(dict.fromkeys(row(), cells)), max_size=6))
def test_no_cell_makes_a_table_fail(rows):
    table = ProductTable.from_rows(rows)
    assert set(table.files["role"]) <= set(ROLES)
    assert table.files["uri"].is_unique
    assert (table.files["size"].dropna() >= 0).all()
    build_linkage(table)


# --- looking up -----------------------------------------------------------------------------------


def test_a_file_is_found_by_name_uri_and_code(real):
    table = ProductTable.from_rows(typed_rows(real, "miri"))
    code = table.files["filename"].tolist().index(I2D)
    assert table.code(I2D) == table.code(f"mast:JWST/product/{I2D}") == table.code(code) == code
    assert table.code(np.int32(code)) == code


@pytest.mark.parametrize("file", ["no.fits", "", -1, 605, 10**9])
def test_a_file_that_is_not_there_is_named(real, file):
    table = ProductTable.from_rows(typed_rows(real, "miri"))
    with pytest.raises(UnknownFile, match=re.escape(f"{file!r} is none of the 605 files")):
        table.code(file)


def test_rows_for_codes_carry_their_owners(real):
    table = ProductTable.from_rows(typed_rows(real, "miri"))
    rows = table.rows_for([3, 0, 604])
    assert rows["filename"].tolist() == table.files["filename"].iloc[[3, 0, 604]].tolist()
    assert rows["owners"].tolist() == [tuple(table.owners(code)) for code in (3, 0, 604)]
    assert "owners" not in table.files
    assert len(table.rows_for([])) == 0


# --- columns as codes -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "column",
    [
        ["CAL", "--", "CAL", None],
        pd.Series(["CAL", "", "CAL", None], dtype="category"),
        pd.Series(["CAL", None, "CAL", "nan"], dtype="string"),
        pd.Series(["CAL", None, "CAL", "nan"], dtype=pd.ArrowDtype(pa.large_string())),
        pd.Series(["CAL", None, "CAL", "--"], dtype=pd.ArrowDtype(pa.string())),
        np.ma.array(["CAL", "x", "CAL", "y"], mask=[0, 1, 0, 1]),
        pa.chunked_array([["CAL", "--"], ["CAL", None]]),
    ],
    ids=lambda column: f"{type(column).__name__} {getattr(column, 'dtype', '')}",
)
def test_a_coded_column_knows_what_is_missing(column):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        coded = Coded.of(column)
    assert coded.to_text().tolist() == ["CAL", "", "CAL", ""]
    assert coded.codes.tolist() == [0, -1, 0, -1]
    assert coded.equals("CAL").tolist() == [True, False, True, False]
    assert coded.equals("").tolist() == [False] * 4
    assert coded.translate({"CAL": "calibrated"}).to_text().tolist()[0] == "calibrated"
    assert coded.to_categorical().isna().tolist() == [False, True, False, True]


def test_numbers_become_their_text():
    assert Coded.of(pd.Series([1, 2])).to_text().tolist() == ["1", "2"]
    assert Coded.of(pd.Series([87602450.0, np.nan])).to_text().tolist() == ["87602450", ""]
    assert Coded.of(pd.Series([1.5, np.nan])).to_text().tolist() == ["1.5", ""]
    assert Coded.of(pd.Series([], dtype=object)).to_text().tolist() == []
