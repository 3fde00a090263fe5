"""The sample archive: equal to the real list where it says so, and made of facts only."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path

import pandas as pd
import pytest

from jwstwidgets.archive.protocol import Archive, Call, Query
from jwstwidgets.archive.sample import SampleArchive, associations
from jwstwidgets.archive.sample.columns import OBSERVATION_COLUMNS, PRODUCT_COLUMNS
from jwstwidgets.archive.sample.guide_stars import BLOCK
from jwstwidgets.archive.sample.programs import OBSERVATIONS
from jwstwidgets.errors import ArchiveTimeout, Cancelled, NotInArchive

PACKAGE = Path(associations.__file__).parent
SOUTHERN_RING = "87602450"
MRP = "Minimum Recommended Products"

# The naming rules, each as one expression.
CANDIDATE = r"(o\d{3}|c1\d{3}|a3\d{3})"
EXPOSURE = r"jw\d{11}_\d{4}[0-9a-z]_\d{5}(-seg\d{3})?_[a-z0-9]+"
LEVEL3 = (
    rf"jw\d{{5}}-{CANDIDATE}_(t\d{{3}}|s\d{{5}}|s\d{{9}})_(miri|nircam|nirspec|niriss)_[a-z0-9-]+"
)
NAMES = (
    rf"{EXPOSURE}_({CANDIDATE}_)?[a-z0-9]+\.(fits|jpg)",
    rf"{LEVEL3}_[a-z0-9]+\.(fits|ecsv|jpg)",
    rf"jw\d{{5}}-{CANDIDATE}_\d{{8}}t\d{{6}}_[a-z0-9-]+_(\d{{3}}|\d{{5}})_asn\.json",
    r"jw\d{5}_\d{8}t\d{6}_pool\.csv",
    r"jw\d{11}_\d{2}_msa\.fits",
    r"jw\d{11}_gs-(acq1|acq2|track)_\d{13}_(stream|uncal|cal)\.fits",
    r"jw\d{11}_gs-fg_\d{13}(-seg\d{3})?_(stream|uncal|cal)\.fits",
    r"jw\d{11}_gs-id_1_((image|stacked)_(uncal|cal)|stream)\.fits",
)


@pytest.fixture(scope="module")
def archive() -> SampleArchive:
    return SampleArchive()


@pytest.fixture(scope="module")
def catalogue(archive: SampleArchive) -> tuple[pd.DataFrame, pd.DataFrame]:
    return archive.catalogue()


def rows_of(archive: SampleArchive, *obsids: str) -> pd.DataFrame:
    return pd.concat([batch.rows for batch in archive.products(obsids)], ignore_index=True)


def listed(archive: SampleArchive, pattern: str) -> pd.DataFrame:
    """Product rows of the one observation that matches."""
    (obsid,) = archive.observations(Query(obs_id=pattern))["obsid"]
    return rows_of(archive, obsid)


def real_rows(folder: Path, name: str) -> pd.DataFrame:
    return pd.read_csv(folder / "caom" / name, dtype=str, na_values=["--"])


def as_records(rows: pd.DataFrame, columns: list[str]) -> Counter[tuple[str, ...]]:
    text = rows[columns].astype(object).where(rows[columns].notna(), "")
    return Counter(tuple(map(str, record)) for record in text.itertuples(index=False))


# --- (a) against the real list --------------------------------------------------------------------


@pytest.mark.parametrize(
    "columns",
    [
        pytest.param(["productFilename"], id="file names"),
        pytest.param(["productFilename", "obs_id", "obsID", "parent_obsid"], id="owners"),
        pytest.param(["productFilename", "obs_id", "productGroupDescription"], id="MRP"),
        pytest.param(["productFilename", "obs_id", "dataRights"], id="rights"),
        pytest.param(["productFilename", "obs_id", "calib_level"], id="level"),
        pytest.param(["productFilename", "obs_id", "productType", "type"], id="type"),
        pytest.param(["productFilename", "productSubGroupDescription"], id="sub-group"),
        pytest.param(["productFilename", "size"], id="size"),
    ],
)
def test_the_miri_image_is_that_of_the_archive(
    archive: SampleArchive, real: Path, columns: list[str]
) -> None:
    theirs = real_rows(real, "products_jw02733-o002_miri_f1130w.csv")
    ours = rows_of(archive, SOUTHERN_RING)
    # Counters: a row that is there twice must be here twice.
    assert as_records(ours, columns) == as_records(theirs, columns)


def test_every_column_of_the_miri_image_is_that_of_the_archive(
    archive: SampleArchive, real: Path
) -> None:
    theirs = real_rows(real, "products_jw02733-o002_miri_f1130w.csv")
    ours = rows_of(archive, SOUTHERN_RING)
    assert set(ours) - set(theirs) == {"filters"}  # the archive has had it since 2026
    assert as_records(ours, list(theirs)) == as_records(theirs, list(theirs))
    assert len(ours) == 3470
    assert ours["obs_id"].nunique() == 17
    files = ours.drop_duplicates("productFilename")
    assert len(files) == 605
    real_files = theirs.drop_duplicates("productFilename")
    assert files["size"].sum() == real_files["size"].astype("int64").sum()


def test_guide_stars_repeat_under_each_exposure_of_their_visit(archive: SampleArchive) -> None:
    rows = rows_of(archive, SOUTHERN_RING)
    guide = rows[rows["productSubGroupDescription"].str.startswith("GS-", na=False)]
    assert set(guide.groupby("productFilename")["obs_id"].nunique()) == {8}
    assert guide["productGroupDescription"].isna().all()


# --- the other kinds, against the real lists where there are some


def test_nircam_has_both_channels(archive: SampleArchive) -> None:
    def detectors(filter_: str) -> set[str]:
        rows = listed(archive, f"jw02736-o001_t001_nircam_clear-{filter_}")
        raw = rows[rows["productSubGroupDescription"] == "UNCAL"]
        assert raw["obs_id"].str.contains("_02105_").all()
        return set(raw["obs_id"].str.extract(r"_(nrc\w+)$")[0])

    assert detectors("f200w") == {f"nrc{m}{n}" for m in "ab" for n in range(1, 5)}
    assert detectors("f277w") == {"nrcalong", "nrcblong"}


def test_msa_sources_share_their_exposures(archive: SampleArchive) -> None:
    first, second = (
        listed(archive, f"jw02736-o007_{source}_nirspec*") for source in ("s00001", "s00002")
    )
    of_exposures = [rows[rows["calib_level"] < 3] for rows in (first, second)]
    columns = ["obsID", "obs_id", "productFilename", "size"]
    assert as_records(of_exposures[0], columns) == as_records(of_exposures[1], columns)
    level3 = [
        set(rows.loc[rows["productType"] == "SCIENCE", "productFilename"])
        for rows in (first[first["calib_level"] == 3], second[second["calib_level"] == 3])
    ]
    assert len(level3[0]) == len(level3[1]) == 4
    assert not level3[0] & level3[1]
    msa = first[first["productSubGroupDescription"] == "MSA"]
    assert set(msa["productFilename"]) == {"_".join(("jw02736007001", "01", "msa.fits"))}
    assert len(msa) == 6


def test_soss_has_segments_and_shares_its_acquisitions(archive: SampleArchive) -> None:
    clear = listed(archive, "jw02734-o002*clear-gr700xd*")
    f277w = listed(archive, "jw02734-o002*f277w-gr700xd*")
    segments = clear.loc[clear["productSubGroupDescription"] == "ANNNN_CRFINTS", "obs_id"]
    assert segments.str.extract(r"-(seg\d{3})_")[0].tolist() == ["seg001", "seg002", "seg003"]
    shared = set(clear["obs_id"]) & set(f277w["obs_id"])
    assert len(shared) == 4
    assert all("_02101_" in obs_id for obs_id in shared)
    assert {"WHTLT", "X1DINTS", "RAMP", "CALINTS"} <= set(clear["productSubGroupDescription"])


def test_an_observation_without_level_3_recommends_its_own_products(
    archive: SampleArchive,
) -> None:
    found = archive.observations(Query(program=1091))
    assert found["calib_level"].eq(2).all()
    assert len(found) == 5
    rows = rows_of(archive, *found["obsid"])
    assert (rows["obsID"] == rows["parent_obsid"]).all()
    recommended = rows["productGroupDescription"] == MRP
    assert set(rows.loc[recommended, "productSubGroupDescription"]) == {
        *("UNCAL", "RAMP", "RATE", "RATEINTS", "CALINTS", "X1DINTS", "ASN", "POOL")
    }
    rest = rows[~recommended]
    assert (
        (rest["productType"] == "PREVIEW") | rest["productSubGroupDescription"].str.contains("GS-")
    ).all()


@pytest.mark.parametrize(
    ("name", "pattern"),
    [
        ("products_niriss_soss_14obs_dedup.csv", "jw02734-o002*"),
        ("products_niriss_soss_14obs_dedup.csv", "jw01091002001_03101*"),
        ("products_fragments_nircam_nirspec.csv", "jw02221-o003*"),
    ],
)
def test_no_file_that_the_archive_lists_is_missing(
    archive: SampleArchive, real: Path, name: str, pattern: str
) -> None:
    # The real lists name a file once, or are fragments: each of their rows must be one of ours.
    found = archive.observations(Query(obs_id=pattern))
    theirs = real_rows(real, name)
    theirs = theirs[theirs["parent_obsid"].isin(found["obsid"])]
    columns = "productFilename size obsID obs_id parent_obsid productType description prvversion"
    columns += " productSubGroupDescription productGroupDescription calib_level dataproduct_type"
    missing = as_records(theirs, columns.split()) - as_records(
        rows_of(archive, *found["obsid"]), columns.split()
    )
    assert len(theirs) > 50
    assert not missing


def test_fragments_of_program_2736_are_met(archive: SampleArchive, real: Path) -> None:
    theirs = real_rows(real, "products_fragments_nircam_nirspec.csv")
    theirs = theirs[theirs["obs_id"].str.match("jw02736(001|-o001|-o007|007)", na=False)]
    theirs = theirs.drop_duplicates("productFilename")
    ours = archive.catalogue()[1]
    columns = "productFilename size obsID obs_id productType productSubGroupDescription prvversion"
    columns += " description calib_level dataproduct_type productGroupDescription"
    assert len(theirs) > 40
    assert not as_records(theirs, columns.split()) - as_records(ours, columns.split())


def test_exclusive_access(archive: SampleArchive) -> None:
    (row,) = archive.observations(Query(obs_id="jw02221*")).itertuples()
    assert row.dataRights == "EXCLUSIVE_ACCESS"
    assert row.t_obs_release > 61000  # not before 2026
    assert set(rows_of(archive, row.obsid)["dataRights"]) == {"EXCLUSIVE_ACCESS"}


def test_the_planned_observation_has_columns_and_no_rows(archive: SampleArchive) -> None:
    (row,) = archive.observations(Query(obs_id="jw09331001001_xx101_00001_nircam")).itertuples()
    assert row.calib_level == -1
    assert pd.isna(row.t_min)
    assert pd.isna(row.dataURL)
    (batch,) = archive.products([row.obsid])
    assert batch.error is None
    assert len(batch.rows) == 0
    assert list(batch.rows) == list(PRODUCT_COLUMNS)


# --- rules that hold for all ----------------------------------------------------------------------


def test_names_follow_the_naming_rules(
    catalogue: tuple[pd.DataFrame, pd.DataFrame],
) -> None:
    observations, products = catalogue
    rule = re.compile("|".join(f"(?:{name})" for name in NAMES))
    strange = [n for n in products["productFilename"].unique() if not rule.fullmatch(n)]
    assert strange == []
    obs_ids = set(observations["obs_id"]) | set(products["obs_id"])
    planned = r"jw\d{11}_xx\d{3}_\d{5}_[a-z]+"
    assert [i for i in obs_ids if not re.fullmatch(f"{EXPOSURE}|{LEVEL3}|{planned}", i)] == []


def test_mrp_is_what_was_asked_for_but_previews_and_guide_stars(
    catalogue: tuple[pd.DataFrame, pd.DataFrame],
) -> None:
    rows = catalogue[1]
    expected = (
        (rows["obsID"] == rows["parent_obsid"])
        & (rows["productType"] != "PREVIEW")
        & ~rows["productSubGroupDescription"].str.startswith("GS-", na=False)
    )
    assert ((rows["productGroupDescription"] == MRP) == expected).all()


def test_a_file_is_the_same_wherever_it_is_listed(
    catalogue: tuple[pd.DataFrame, pd.DataFrame],
) -> None:
    rows = catalogue[1]
    assert not rows.duplicated(["productFilename", "obs_id", "parent_obsid"]).any()
    for column in ("size", "dataURI", "productSubGroupDescription", "description"):
        assert rows.groupby("productFilename")[column].nunique(dropna=False).max() == 1
    assert rows.groupby("obs_id")["obsID"].nunique().max() == 1
    assert rows.groupby("obsID")["obs_id"].nunique().max() == 1


def test_columns_types_and_missing_values(
    catalogue: tuple[pd.DataFrame, pd.DataFrame],
) -> None:
    for rows, columns in zip(catalogue, (OBSERVATION_COLUMNS, PRODUCT_COLUMNS), strict=True):
        assert {c: str(t) for c, t in rows.dtypes.items()} == columns
        assert not rows.eq("--").any(axis=None)
    observations, products = catalogue
    assert observations["obsid"].is_unique
    fits = products[products["productFilename"].str.endswith(".fits")]
    assert (fits["size"] % BLOCK == 0).all()


def test_url_of_an_observation_is_one_of_its_files(
    catalogue: tuple[pd.DataFrame, pd.DataFrame],
) -> None:
    observations, products = catalogue
    for column in ("dataURL", "jpegURL"):
        assert set(observations[column].dropna()) <= set(products["dataURI"])
    assert observations.loc[observations["calib_level"] > 0, "dataURL"].notna().all()


# --- asking ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "programs"),
    [
        (Query(obs_id="JW02733-O002_T001_MIRI_F1130W"), {"2733"}),
        (Query(obs_id="jw0273*"), {"2733", "2734", "2736"}),
        (Query(obs_id="*miri*"), {"2733", "2221"}),
        (Query(obs_id="jw02733.o002*"), set()),  # only * is a wildcard
        (Query(obs_id="jw02733"), set()),
        (Query(program=2736), {"2736"}),
        (Query(program=2736, instrument="MIRI"), set()),
        (Query(target="smacs*"), {"2736"}),
        (Query(instrument="nirspec"), {"2736"}),
        (Query(instrument="NIRISS/SOSS"), {"1091", "2734"}),
        (Query(instrument="NIR"), set()),
        (Query(ra=151.76, dec=-40.44, radius=0.01), {"2733"}),
        (Query(ra=151.76, dec=-40.44, radius=0.001), set()),
        (Query(ra=360.5, dec=-47.36, radius=0.6), {"2734"}),  # across 0 h
        (Query(ra=0, dec=0, radius=180), {"2733", "2736", "2734", "1091", "2221", "9331"}),
    ],
    ids=repr,
)
def test_queries(archive: SampleArchive, query: Query, programs: set[str]) -> None:
    found = archive.observations(query)
    assert set(found["proposal_id"]) == programs
    assert list(found) == list(OBSERVATION_COLUMNS)


def test_a_cone_is_a_great_circle_not_a_box(archive: SampleArchive) -> None:
    # 1 deg east of SMACS 0723 at declination -73.5 is 0.28 deg away.
    (target,) = {o.target.ra for o in OBSERVATIONS if o.proposal.program == 2736}
    near = Query(ra=target + 1, dec=-73.454, radius=0.29)
    assert set(archive.observations(near)["proposal_id"]) == {"2736"}
    assert archive.observations(Query(ra=target + 1, dec=-73.454, radius=0.28)).empty


def test_the_miri_image_comes_first(catalogue: tuple[pd.DataFrame, pd.DataFrame]) -> None:
    assert catalogue[0]["obs_id"].iloc[0] == "jw02733-o002_t001_miri_f1130w"


def test_an_absorbed_exposure_is_listed_by_its_obsid_only(archive: SampleArchive) -> None:
    obs_id, obsid = "jw02733002001_02103_00001_mirimage", "87599771"
    assert archive.observations(Query(obs_id=obs_id)).empty
    rows = rows_of(archive, obsid)
    assert set(rows["obs_id"]) == {obs_id}
    assert set(rows["parent_obsid"]) == {obsid}
    assert "UNCAL" in set(
        rows.loc[rows["productGroupDescription"] == MRP, "productSubGroupDescription"]
    )


def test_a_batch_per_observation_with_progress(archive: SampleArchive) -> None:
    seen: list[tuple[int, int]] = []
    call = Call(progress=lambda p: seen.append((p.done, p.total)))
    batches = list(archive.products(["87602450", "1", "90157324"], call=call))
    assert [batch.obsids for batch in batches] == [("87602450",), ("1",), ("90157324",)]
    assert [type(batch.error) for batch in batches] == [type(None), NotInArchive, type(None)]
    assert seen == [(1, 3), (2, 3), (3, 3)]


def test_calls_can_be_cancelled_and_run_out(archive: SampleArchive) -> None:
    call = Call()
    batches = archive.products(["87602450", "90157324"], call=call)
    next(batches)
    call.cancelled.set()
    with pytest.raises(Cancelled):
        next(batches)
    with pytest.raises(ArchiveTimeout):
        archive.observations(Query(program=2733), call=Call(deadline=0))


def test_rows_of_one_answer_are_not_those_of_the_next(archive: SampleArchive) -> None:
    rows_of_first = next(archive.products([SOUTHERN_RING])).rows
    rows_of_first.loc[:, "size"] = 0
    assert next(archive.products([SOUTHERN_RING])).rows["size"].gt(0).all()


def test_it_is_an_archive_and_says_what_it_is(archive: SampleArchive) -> None:
    assert isinstance(archive, Archive)
    assert archive.label == "sample archive (reconstruction)"
    assert "reconstruction" in repr(archive)


# --- associations ---------------------------------------------------------------------------------


def test_every_association_is_served_at_its_size(
    archive: SampleArchive, catalogue: tuple[pd.DataFrame, pd.DataFrame]
) -> None:
    rows = catalogue[1]
    documents = rows[rows["productSubGroupDescription"] == "ASN"].drop_duplicates("dataURI")
    names = set(rows["productFilename"])
    for row in documents.itertuples():
        body = archive.read(row.dataURI)
        assert len(body) == row.size
        document = json.loads(body)
        assert "econstruction" in document["constraints"]
        assert document["asn_pool"] in names
        members = [m for p in document["products"] for m in p["members"]]
        assert {m["expname"] for m in members} <= names
        assert sum(m["exptype"] == "science" for m in members) >= 1


def test_associations_have_the_keys_of_real_ones(archive: SampleArchive, real: Path) -> None:
    folder = real / "associations"
    for theirs, ours in (
        (folder / "jw02288-o003_spec3_asn.json", OBSERVATIONS[3].association),
        (
            folder / "jw09505_asn_generate" / "jw09505-o001_image2_00001_asn.json",
            OBSERVATIONS[0].exposures[0].association,
        ),
    ):
        assert ours is not None
        real_document, document = (
            json.loads(theirs.read_text()),
            json.loads(archive.read(ours.name)),
        )
        assert set(document) == set(real_document)
        assert set(document["products"][0]) == set(real_document["products"][0])
        assert set(document["products"][0]["members"][0]) == set(
            real_document["products"][0]["members"][0]
        )


def test_members_have_the_roles_of_the_pipeline(archive: SampleArchive) -> None:
    def roles(name: str) -> Counter[str]:
        (product,) = json.loads(archive.read(name))["products"]
        return Counter(member["exptype"] for member in product["members"])

    by_id = {o.obs_id: o for o in OBSERVATIONS}
    spec3 = by_id["jw02736-o007_s00001_nirspec_f290lp-g395m"]
    assert spec3.association is not None
    assert roles(spec3.association.name) == {"science": 6, "target_acquisition": 4}
    assert roles(spec3.exposures[0].association.name) == {"science": 1, "background": 2}
    tso3 = by_id["jw02734-o002_t002_niriss_clear-gr700xd-substrip256"]
    assert tso3.association is not None
    assert roles(tso3.association.name) == {"science": 3, "target_acquisition": 4}


def test_other_content_is_not_in_the_sample(archive: SampleArchive) -> None:
    with pytest.raises(NotInArchive, match="reconstruction"):
        archive.read("mast:JWST/product/jw02733-o002_t001_miri_f1130w_i2d.jpg")


# --- made of facts --------------------------------------------------------------------------------


def test_no_row_is_stored_and_the_wheel_stays_small(
    catalogue: tuple[pd.DataFrame, pd.DataFrame],
) -> None:
    sources = [path for path in PACKAGE.rglob("*") if path.suffix not in {".pyc", ""}]
    assert {path.suffix for path in sources} == {".py"}  # no data file
    assert (
        sum(path.stat().st_size for path in (PACKAGE / "programs").iterdir() if path.is_file())
        < 40_000
    )
    assert sum(path.stat().st_size for path in sources) < 70_000
    facts = "".join(path.read_text() for path in (PACKAGE / "programs").glob("*.py"))
    assert [name for name in catalogue[1]["productFilename"].unique() if name in facts] == []
