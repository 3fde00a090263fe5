"""The audit: on real sets of documents and pools, with any file taken away, and with no documents.

Made-up names follow the naming rules; their programs are not real ones.
"""

from __future__ import annotations

import pandas as pd
import pytest
from association_sets import SETS, read_set, table_of

from jwstwidgets import ProductTable, SampleArchive, build_linkage
from jwstwidgets.archive import Query
from jwstwidgets.associations import read_association, read_associations
from jwstwidgets.errors import QueryError
from jwstwidgets.linkage.audit import Audit, audit, audit_program
from jwstwidgets.names import parse
from jwstwidgets.pools import Pool, read_pool

POOLS = {
    **{which: f"{which}/{which.rpartition('/')[2]}_pool.csv" for which in SETS[:4]},
    SETS[4]: "pools/jw09505_20251216t202003_pool.csv",
}
#: Taken away one at a time, of each set.
TRIED = 6
MOSAIC = "jw02733-o002_t001_miri_f1130w"
PRODUCT = "jw09999-o001_t001_nircam_clear-f200w"
COLUMNS = ["filename", "what", "state", "release", "product", "evidence", "source", "note"]


def pool_of(real, which) -> Pool | None:
    return read_pool(real / POOLS[which]) if which in POOLS else None


# --- real sets ------------------------------------------------------------------------------------


@pytest.mark.parametrize("which", SETS)
def test_a_whole_set_is_complete(real, which):
    documents = read_set(real, which)
    found = audit_program(documents.linkage())

    assert (found.state, found.missing) == ("complete", ())
    assert set(found.table["state"]) == {"archived"}
    assert set(found.table["filename"]) <= set(documents.files)
    assert f"all {len(found.table):,} files" in found.sentence


@pytest.mark.parametrize("which", SETS)
def test_every_level3_product_of_a_set_is_complete(real, which):
    documents = read_set(real, which)
    linkage, pool = documents.linkage(), pool_of(real, which)
    for association in documents.associations:
        for product in association.products if association.stage == 3 else ():
            found = audit(linkage, product.name.replace("{suffix}", "wfscmb"), pool=pool)
            named = {member.expname for member in product.members}

            assert (found.state, found.missing) == ("complete", ()), found.sentence
            assert named | {association.name} <= set(found.table["filename"])


@pytest.mark.parametrize("which", SETS)
def test_any_one_file_taken_away_is_named(real, which):
    documents = read_set(real, which)
    pool = pool_of(real, which)
    whole = set(audit_program(documents.linkage(), pool=pool).missing)
    told = set(documents.files) & set(
        audit_program(documents.linkage(), pool=pool).table["filename"]
    )
    step = max(1, len(told) // TRIED)
    for lost in sorted(told)[::step]:
        found = audit_program(documents.linkage(without=[lost]), pool=pool)

        assert set(found.missing) - whole == {lost}
        assert found.state == "incomplete"


@pytest.mark.parametrize("suffix", ["uncal", "i2d", "cat"])
def test_what_all_alike_have_and_one_has_not_is_named(real, suffix):
    """No document says which files stage 2 makes beside the one that goes on to stage 3."""
    documents = read_set(real, SETS[3])
    stage = "level3" if suffix == "cat" else "exposure"
    files = [n for n in documents.files if (parse(n).suffix, parse(n).kind) == (suffix, stage)]
    if suffix == "cat":
        # Two image3 of one candidate: too few to tell by comparison.
        assert audit_program(documents.linkage(without=files[:1])).state == "complete"
        return
    found = audit_program(documents.linkage(without=files[7:8]))

    assert (found.missing, found.state) == ((files[7],), "incomplete")
    assert found.evidence[-1].startswith(f"By comparison: {files[7]} is not archived, though all ")


def test_of_the_coronagraph_a_missing_psf_is_named_as_one(real):
    documents = read_set(real, SETS[6])
    (association,) = documents.associations
    lost = next(m.expname for m in association.members if m.exptype == "psf")
    linkage = documents.linkage(without=[lost])
    found = audit(linkage, association.products[0].name)

    assert found.missing == (lost,)
    assert found.table.set_index("filename").loc[lost, ["what", "state", "source"]].tolist() == [
        "psf",
        "missing",
        association.name,
    ]
    by_candidate, by_observation = audit(linkage, "c1027"), audit(linkage, "024")
    assert by_candidate.missing == by_observation.missing == (lost,)


def test_observations_of_a_program_are_its_parts(real):
    documents = read_set(real, SETS[1])
    found = audit_program(documents.linkage(), "84600", pool=pool_of(real, SETS[1]))
    parts = {part.subject.removeprefix("jw84600-"): part for part in found.parts}

    assert {"o007", "o008", "o013", "a3001"} <= set(parts)
    assert parts["o007"].state == parts["a3001"].state == "complete"
    assert parts["o013"].state == "empty"
    assert "all target acquisitions" not in parts["o007"].sentence


def test_observations_without_level3_say_so_in_the_terms_of_the_documentation(real):
    documents = read_set(real, SETS[2])
    found = audit_program(documents.linkage(), pool=pool_of(real, SETS[2]))
    reasons = {part.subject: (part.cause, part.reason) for part in found.parts}

    assert reasons["o001"] == (
        "kind",
        "No level-3 product is made of this kind: its 5 exposures are all engineering exposures "
        "(EXP_TYPE in the pool).",
    )
    assert reasons["o006"][0] == "kind"
    assert "internal flats" in reasons["o006"][1]
    science = {
        f"o{row['observation']}"
        for row in pool_of(real, SETS[2]).exposures.to_dict("records")
        if row["exp_type"] == "FGS_IMAGE"
    }
    assert {reasons[subject][0] for subject in science} <= {"unknown"}


# --- the sample, with and without documents -------------------------------------------------------


@pytest.fixture(scope="module")
def miri() -> ProductTable:
    return ProductTable.from_rows(next(SampleArchive().products(["87602450"])).rows)


@pytest.fixture(scope="module")
def miri_documents(miri):
    listed = miri.files[miri.files["role"] == "association"]
    archive = SampleArchive()
    pairs = zip(listed["filename"], listed["uri"], strict=True)
    return read_associations((name, archive.read(uri)) for name, uri in pairs)[0]


def test_with_no_documents_it_is_unknown_and_says_so(miri):
    found = audit(build_linkage(miri))

    assert (found.state, found.missing, found.cause, found.reason) == ("unknown", (), "present", "")
    assert found.table.columns.tolist() == COLUMNS
    assert found.sentence.startswith(f"Whether {MOSAIC} is complete is not known: ")
    assert found.evidence == ("17 associations listed, but not read.",)


def test_with_documents_it_is_complete(miri, miri_documents):
    found = audit(build_linkage(miri, associations=miri_documents))

    assert (found.subject, found.state, found.missing) == (MOSAIC, "complete", ())
    assert found.table["what"].value_counts().to_dict() == {
        "science": 32,  # 16 × cal, 16 × rate
        "association": 17,
        "product": 1,
    }
    assert repr(found) == f"<Audit: {found.sentence}>"


def test_documents_read_so_far_are_told_from_those_that_are_not(miri, miri_documents):
    stage3 = [association for association in miri_documents if association.stage == 3]
    found = audit(build_linkage(miri, associations=stage3))

    assert found.state == "complete"
    assert "16 associations listed, but not read." in found.evidence


@pytest.mark.parametrize("suffix", ["cal", "rate", "uncal", "i2d", "image3_003_asn", "o002_crf"])
def test_a_file_missing_of_the_mosaic_is_named(miri, miri_documents, suffix):
    rows = next(SampleArchive().products(["87602450"])).rows
    lost = sorted({n for n in rows["productFilename"] if n.rpartition(".")[0].endswith(suffix)})[0]
    left = ProductTable.from_rows(rows[rows["productFilename"] != lost])
    found = audit(build_linkage(left, associations=miri_documents), MOSAIC)

    assert (found.missing, found.state) == ((lost,), "incomplete")
    assert lost in found.sentence


@pytest.mark.parametrize("obs_id", ["jw01091002001_03101_00001-seg002_nis", "jw02221-o003*"])
def test_every_kind_of_observation_of_the_sample_can_be_audited(obs_id):
    archive = SampleArchive()
    row = archive.observations(Query(obs_id=obs_id)).iloc[0].to_dict()
    table = ProductTable.from_rows(next(archive.products([row["obsid"]])).rows)
    found = audit(build_linkage(table), observation=row)

    assert found.state == "unknown"
    assert found.cause in ("present", "unknown")


# --- rights, planned, failed, empty ---------------------------------------------------------------


def cal(exposure: int) -> str:
    return f"jw09999001001_02101_{exposure:05d}_nrca1_cal.fits"


def asked(*members: str, name=PRODUCT, asn_type="image3", **more):
    entries = [{"expname": m, "exptype": "science", "exposerr": more.pop(m, None)} for m in members]
    document = {
        "asn_type": asn_type,
        "asn_id": "o001",
        "products": [{"name": name, "members": entries}],
    }
    return read_association(document | more, name=f"jw09999-o001_{asn_type}_00001_asn.json")


DOCUMENT = asked(cal(1), cal(2))
FILES = (cal(1), cal(2), f"{PRODUCT}_i2d.fits", DOCUMENT.name)


def audited(files=FILES, documents=(DOCUMENT,), subject=PRODUCT, rights="PUBLIC", **known) -> Audit:
    table = table_of(files, dataRights=rights)
    return audit(build_linkage(table, associations=documents), subject, **known)


def test_exclusive_access_is_archived_and_says_until_when():
    found = audited(rights="EXCLUSIVE_ACCESS", observation={"t_obs_release": 60829.5833333})

    assert (found.state, found.missing) == ("complete", ())
    assert set(found.table["state"]) == {"exclusive"}
    assert found.table["release"].dt.date.astype(str).unique().tolist() == ["2025-06-03"]
    assert found.sentence.endswith("4 files are under exclusive access until 2025-06-03.")


@pytest.mark.parametrize("release", [None, "--", float("nan"), -1, 1e300])
def test_exclusive_access_without_a_date(release):
    found = audited(rights="EXCLUSIVE_ACCESS", observation={"t_obs_release": release})

    assert found.table["release"].isna().all()
    assert found.sentence.endswith("4 files are under exclusive access.")


def planned_rows(*obs_ids: str, filters: str = "F200W;CLEAR") -> pd.DataFrame:
    rows = [{"obs_id": o, "calib_level": -1, "filters": filters} for o in obs_ids]
    executed = {"obs_id": PRODUCT, "calib_level": 3, "filters": filters}
    return pd.DataFrame([*rows, executed])


def test_a_missing_member_that_is_planned_is_planned():
    planned = planned_rows("jw09999001001_xx101_00002_nircam")
    found = audited([FILES[0], DOCUMENT.name], planned=planned)

    assert found.table.set_index("filename").loc[cal(2), "state"] == "planned"
    assert len(found.table) == 4
    assert (found.state, found.cause) == ("incomplete", "not executed")
    assert found.reason == "Not all planned exposures were executed: 1 is still planned."


def test_planned_exposures_of_the_observation_are_expected():
    planned = planned_rows("jw09999001002_xx101_00001_nircam", "jw09999002001_xx101_00001_nircam")
    found = audited(planned=planned)

    assert found.missing == ("jw09999001002_xx101_00001_nircam",)
    assert found.state == "incomplete"
    assert "1 exposure is planned, not executed" in found.sentence
    assert audited(
        planned=planned_rows("jw09999001002_xx101_00001_nircam", filters="F444W")
    ).state == ("complete")


def test_a_planned_exposure_that_was_executed_is_not_planned_any_more():
    found = audited(planned=planned_rows("jw09999001001_xx101_00001_nircam"))

    assert (found.state, found.missing) == ("complete", ())


def test_an_observation_that_is_planned_is_empty():
    obs_id = "jw09331001001_xx101_00001_nircam"
    row = {"obs_id": obs_id, "calib_level": -1}
    linkage = build_linkage(ProductTable.from_rows([]))
    for found in (
        audit(linkage, observation=row),
        audit(linkage, observation=row, planned=pd.DataFrame([row])),
        audit(linkage, "jw09331001", planned=pd.DataFrame([row])),
    ):
        assert (found.state, found.cause) == ("empty", "not executed")
        assert "is empty" in found.sentence


def test_a_list_with_nothing_in_it_is_unknown_unless_the_archive_knows_the_observation():
    linkage = build_linkage(ProductTable.from_rows([]))

    assert audit(linkage, PRODUCT).state == "unknown"
    assert audit(linkage, observation={"obs_id": PRODUCT, "calib_level": 3}).state == "empty"


def pool(*lines: str, columns: str = "FILENAME|EXP_TYPE|ASN_CANDIDATE") -> Pool:
    return read_pool("\n".join((columns, *lines)), "jw09999_20240101t000000_pool.csv")


def uncal(exposure: int) -> str:
    return cal(exposure).replace("_cal", "_uncal")


def test_a_failed_exposure_is_the_reason():
    document = asked(cal(1), cal(2), **{cal(2): "UNSUCCESSFUL"})
    found = audited([cal(1), DOCUMENT.name], [document])

    assert found.table.set_index("filename").loc[cal(2), "state"] == "failed"
    assert found.cause == "failed"
    assert found.reason == (
        f"An exposure failed or was skipped: {cal(2)} (UNSUCCESSFUL; {document.name})."
    )


def test_a_failed_exposure_that_is_archived_is_archived_with_a_note():
    document = asked(cal(1), cal(2), **{cal(2): "UNSUCCESSFUL"})
    found = audited(documents=[document])

    assert (found.state, found.cause) == ("complete", "present")
    assert found.table.set_index("filename").loc[cal(2), ["state", "note"]].tolist() == [
        "archived",
        "UNSUCCESSFUL",
    ]


def test_a_failed_exposure_by_the_pool():
    columns = "FILENAME|EXP_TYPE|EXPOSERR|ASN_CANDIDATE"
    lines = [f"{uncal(1)}|NRC_IMAGE|NULL|[]", f"{uncal(2)}|NRC_IMAGE|UNSUCCESSFUL|[]"]
    found = audited([uncal(1)], [], "001", pool=pool(*lines, columns=columns))

    assert (found.state, found.cause) == ("incomplete", "failed")
    assert found.missing == (uncal(2),)


def test_missing_inputs_are_the_reason():
    found = audited([cal(1), DOCUMENT.name])

    assert found.cause == "inputs missing"
    assert found.missing == (f"{PRODUCT}_i2d.fits", cal(2))
    assert found.reason == (
        f"1 of the 3 files that its association names is not archived: {cal(2)}."
    )


def test_a_product_that_is_not_there_though_everything_is():
    found = audited(FILES[:2] + FILES[3:])

    assert (found.state, found.cause) == ("incomplete", "not there")
    assert found.missing == (f"{PRODUCT}_i2d.fits",)
    assert "why, nothing here says" in found.reason


def test_without_documents_and_pool_the_reason_is_not_known():
    found = audited([cal(1)], [], "jw09999001001_02101_00001_nrca1")

    assert (found.state, found.cause) == ("unknown", "unknown")
    assert found.reason == ("Why is not known: no pool and no level-3 association has been read.")


def test_raw_data_that_are_all_there_do_not_explain_a_missing_level3():
    found = audited([uncal(1)], [], "o001", pool=pool(f"{uncal(1)}|NRC_IMAGE|[]"))

    assert (found.state, found.cause) == ("complete", "unknown")
    assert "the raw data of all exposures are archived" in found.reason


@pytest.mark.parametrize(
    ("exp_type", "says"),
    [
        ("NRC_DARK", "it is a dark"),
        ("NRC_LED", "it is a lamp exposure"),
        ("NRC_FLAT", "it is an internal flat"),
        ("NRC_FOCUS", "it is an engineering exposure"),
        ("NRC_TACQ", "it is a target acquisition"),
    ],
)
def test_a_kind_of_exposure_of_which_none_is_made(exp_type, says):
    subject = "jw09999001001_02101_00001_nrca1"
    by_pool = audited([uncal(1)], [], subject, pool=pool(f"{uncal(1)}|{exp_type}|[]"))
    by_row = audited([uncal(1)], [], subject, observation={"exp_type": exp_type})

    assert by_pool.cause == by_row.cause == "kind"
    assert f"{says} (EXP_TYPE in the pool)" in by_pool.reason
    assert f"{says} (EXP_TYPE of the observation)" in by_row.reason


def test_target_acquisition_only_counts_where_there_is_nothing_else():
    lines = [f"{uncal(1)}|NRC_TACQ|[]", f"{uncal(2)}|NRC_IMAGE|[]"]
    found = audited([uncal(1), uncal(2)], [], "001", pool=pool(*lines))

    assert found.cause == "unknown"


def test_a_dark_is_known_by_what_it_was_processed_into():
    files = [uncal(1), cal(1).replace("_cal", "_dark")]
    found = audited(files, [], "jw09999001001_02101_00001_nrca1")

    assert (found.state, found.cause) == ("unknown", "kind")


def test_the_rule_of_the_association_tells_a_calibration_exposure():
    stem = "jw09999001001_02101_00001_nrca1"
    rule = "candidate_Asn_Lv2ImageNonScience"
    document = asked(f"{stem}_rate.fits", name=stem, asn_type="image2", asn_rule=rule)
    found = audited([f"{stem}_rate.fits", f"{stem}_cal.fits", document.name], [document], stem)

    assert (found.state, found.cause) == ("complete", "kind")


def test_the_pool_alone_says_what_a_product_was_made_from():
    """Candidate and optical elements in its name leave these of the pool's exposures for it."""
    columns = "FILENAME|EXP_TYPE|INSTRUME|FILTER|PUPIL|ASN_CANDIDATE"
    lines = [
        f"{uncal(1)}|NRC_IMAGE|NIRCAM|F200W|CLEAR|[('o001', 'OBSERVATION')]",
        f"{uncal(2)}|NRC_IMAGE|NIRCAM|F200W|CLEAR|[('o001', 'OBSERVATION')]",
        f"{uncal(3)}|NRC_IMAGE|NIRCAM|F150W|CLEAR|[('o001', 'OBSERVATION')]",
        f"{uncal(4)}|NRC_TACQ|NIRCAM|F200W|CLEAR|[('o001', 'OBSERVATION')]",
        f"{uncal(5)}|NRC_IMAGE|NIRCAM|F200W|CLEAR|[('o002', 'OBSERVATION')]",
    ]
    found = audited([FILES[2], uncal(1)], [], pool=pool(*lines, columns=columns))

    assert found.table["filename"].tolist() == [uncal(1), uncal(2)]
    assert found.missing == (uncal(2),)


def test_segments_stand_for_the_exposure_that_the_pool_names():
    stem = "jw09999001001_02101_00001"
    files = [f"{stem}-seg00{i}_nis_uncal.fits" for i in (1, 2)]
    known = pool(f"{stem}_nis_uncal.fits|NIS_SOSS|[]")

    assert audited(files, [], "001", pool=known).state == "complete"
    assert audited([], [], "001", pool=known).state == "empty"


# --- what is asked --------------------------------------------------------------------------------


@pytest.mark.parametrize("subject", ["1", "001", "o001", "jw09999001", "jw09999-o001"])
def test_an_observation_by_any_of_its_names(subject):
    found = audited(FILES[1:], subject=subject)

    assert (found.subject, found.missing) == (subject, (cal(1),))


@pytest.mark.parametrize(
    "subject", [PRODUCT, f"{PRODUCT}_i2d.fits", f"{PRODUCT}_i2d.jpg", DOCUMENT.name]
)
def test_a_product_by_any_of_its_names(subject):
    assert audited(FILES[1:], subject=subject).missing == (cal(1),)


def test_an_exposure_without_its_detector_is_all_its_detectors():
    stems = [f"jw09999001001_02101_00001_nrca{i}" for i in (1, 2)]
    documents = [
        read_association(
            {
                "asn_type": "image2",
                "products": [{"name": stem, "members": [{"expname": f"{stem}_rate.fits"}]}],
            },
            name=f"jw09999-o001_image2_0000{i}_asn.json",
        )
        for i, stem in enumerate(stems)
    ]
    found = audited([f"{stem}_cal.fits" for stem in stems], documents, "jw09999001001_02101_00001")

    assert {f"{stem}_rate.fits" for stem in stems} < set(found.missing)


def test_what_the_list_was_asked_for_is_audited_by_default(miri):
    assert audit(build_linkage(miri)).subject == MOSAIC
    with pytest.raises(QueryError, match="which to audit"):
        audit(build_linkage(table_of([])))


@pytest.mark.parametrize("subject", ["nonsense", "<b>", "jw", "9" * 50, "../../etc", "c9999", " "])
def test_what_is_nothing_is_unknown(subject):
    found = audited(subject=subject)

    assert (found.state, found.missing) == ("unknown", ())


@pytest.mark.parametrize("program", ["", "9999", 9999, "jw09999"])
def test_a_program_by_any_of_its_names(program):
    linkage = build_linkage(table_of(FILES[1:]), associations=[DOCUMENT])
    found = audit_program(linkage, program)

    assert (found.state, found.missing) == ("incomplete", (cal(1),))
    assert [part.missing for part in found.parts] == [(cal(1),)]
    assert audit_program(linkage, "1234").state == "unknown"


def test_the_release_date_of_each_observation_of_a_program():
    rows = pd.DataFrame([{"obs_id": PRODUCT, "calib_level": 3, "t_obs_release": 60829.5833333}])
    table = table_of(FILES, dataRights="EXCLUSIVE_ACCESS")
    found = audit_program(build_linkage(table, associations=[DOCUMENT]), observations=rows)

    assert "until 2025-06-03" in found.parts[0].sentence
    assert found.sentence.endswith("4 files are under exclusive access.")


def test_missing_files_are_named_with_the_product_that_they_belong_to():
    found = audited(FILES[1:])
    row = found.table.set_index("filename").loc[cal(1)]

    assert (row["product"], row["source"], row["evidence"]) == (
        PRODUCT,
        DOCUMENT.name,
        "association",
    )
