"""Association pools: the real ones, the old form, and what the archive should not send."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jwstwidgets.errors import AssociationError, NotInArchive
from jwstwidgets.exposure_types import EXPOSURE_TYPES, KINDS, no_level3
from jwstwidgets.names import parse_many
from jwstwidgets.pool_cells import read_candidates
from jwstwidgets.pools import Pool, fetch_pool, read_pool

NAME = "jw09999_20240101t000000_pool.csv"
HEADER = (
    "FILENAME|PROGRAM|OBS_NUM|VISIT|EXP_TYPE|INSTRUME|DETECTOR|FILTER|TARGNAME|IS_PSF|BKGDTARG|"
    "EXPOSERR|NINTS|ASN_CANDIDATE"
)
FILE = "jw09999001001_02101_00001_nrca1_uncal.fits"
LINE = f"{FILE}|9999|1|1|NRC_IMAGE|NIRCAM|NRCA1|F200W|NGC 1|NULL|F|NULL|2|[('o001', 'OBSERVATION')]"
#: Exposures in each real pool.
REAL = {
    "pools/jw09505_20251216t202003_pool.csv": 8,
    "prelaunch/jw00711_20181027T043250/jw00711_20181027T043250_pool.csv": 50,
    "prelaunch/jw84600_20180824T212338_valid_msametfl/"
    "jw84600_20180824T212338_valid_msametfl_pool.csv": 87,
    "prelaunch/jw86600_20171108T043532/jw86600_20171108T043532_pool.csv": 41,
    "prelaunch/jw94015_20171108T041516/jw94015_20171108T041516_pool.csv": 278,
}


def read(*lines: str, header: str = HEADER) -> Pool:
    return read_pool("\n".join((header, *lines)), NAME)


def row(*lines: str, header: str = HEADER) -> dict:
    (found,) = read(*lines, header=header).exposures.to_dict("records")
    return found


@pytest.mark.parametrize(("path", "number"), REAL.items())
def test_real_pools(real, path, number):
    pool = read_pool(real / path)
    exposures = pool.exposures
    named = parse_many(exposures["filename"])

    assert (pool.name, len(pool), pool.warnings) == (path.rpartition("/")[2], number, ())
    for column in ("program", "observation", "visit", "detector", "root"):
        assert (exposures[column] == named[column].astype("string")).all()
    assert set(exposures["instrument"]) <= {"nircam", "nirspec", "niriss", "miri", "fgs"}
    assert set(exposures["exp_type"]) <= set(EXPOSURE_TYPES)
    for observation, candidates in zip(
        exposures["observation"], exposures["candidates"], strict=True
    ):
        assert (f"o{observation}", "observation") in candidates
    assert exposures["target"].notna().all()
    assert exposures["bkgdtarg"].isin([False]).all()
    assert exposures["is_psf"].dtype == "boolean"
    assert exposures["nexposur"].dtype == "Int64"


def test_a_real_pool_in_words(real):
    pool = read_pool(real / next(iter(REAL)))

    assert repr(pool) == "<Pool jw09505_20251216t202003_pool.csv: 8 exposures>"
    assert pool.exposures["exp_type"].value_counts().to_dict() == {"MIR_IMAGE": 4, "MIR_WFSS": 4}
    assert len(pool.of_candidate("o001")) == 8
    assert len(pool.of_candidate("o002")) == 0


def test_the_same_from_a_file_its_text_and_its_bytes(tmp_path):
    path = tmp_path / NAME
    text = f"{HEADER}\n{LINE}\n"
    path.write_text(text)
    pools = [read_pool(path), read_pool(text, NAME), read_pool(text.encode(), NAME)]

    for pool in pools:
        pd.testing.assert_frame_equal(pool.exposures, pools[0].exposures)
        assert pool.name == NAME


def test_cells_are_typed_and_null_is_missing():
    found = row(LINE)

    assert (found["program"], found["observation"], found["visit"]) == ("09999", "001", "001")
    assert (found["instrument"], found["detector"], found["filter"]) == ("nircam", "nrca1", "F200W")
    assert (found["nints"], found["bkgdtarg"]) == (2, False)
    assert found["candidates"] == (("o001", "observation"),)
    for column in ("is_psf", "exposerr", "dms_note", "tsovisit", "grating", "pupil"):
        assert pd.isna(found[column]), column


def test_a_lower_case_pool_reads_the_same():
    upper, lower = row(LINE), row(LINE.lower(), header=HEADER.lower())
    differs = {key for key in upper if str(upper[key]) != str(lower[key])}

    assert differs == {"target"}  # the name that the proposer gave


@pytest.mark.parametrize(
    ("written", "expected"),
    [("T", True), ("t", True), ("true", True), ("F", False), ("false", False), ("NULL", None)],
)
def test_flags(written, expected):
    found = row(LINE.replace("|NULL|F|", f"|{written}|F|"))["is_psf"]

    assert pd.isna(found) if expected is None else found is expected


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("[]", ()),
        ("", ()),
        ("[('o001', 'OBSERVATION')]", (("o001", "observation"),)),
        (
            "[('o001', 'OBSERVATION'), ('c1000', 'BACKGROUND')]",
            (("o001", "observation"), ("c1000", "background")),
        ),
        ('[("o001", "DIRECT_IMAGE"),]', (("o001", "direct_image"),)),
    ],
)
def test_candidates(written, expected):
    assert read_candidates(written) == expected


@pytest.mark.parametrize(
    "hostile",
    [
        "__import__('os').system('touch /tmp/pwned')",
        "[('o001', 'OBSERVATION'), open('/etc/passwd')]",
        "[('o001', 'OBSERVATION'",
        "(" * 100_000,
        "[('o001', 'OBSERVATION', 'x')]",
        "[o001]",
    ],
)
def test_candidates_are_not_evaluated(hostile):
    with pytest.raises(ValueError, match=r"."):
        read_candidates(hostile)
    pool = read(LINE.rpartition("|")[0] + f"|{hostile}")

    assert pool.exposures["candidates"].tolist() == [()]
    assert pool.warnings == (f"{NAME}, line 2: candidates not understood.",)


@given(st.text())
def test_no_text_in_a_cell_breaks_the_reader(text):
    cell = text.replace("|", "").replace("\n", "")
    pool = read(LINE.replace("NGC 1", cell) if '"' not in cell else LINE)

    assert len(pool) == 1


# --- the old form, and what is no pool ------------------------------------------------------------


def test_the_old_header_without_candidates_is_an_error_that_says_so():
    header, line = HEADER.rpartition("|")[0], LINE.rpartition("|")[0]
    with pytest.raises(AssociationError, match="has no column ASN_CANDIDATE") as caught:
        read_pool(f"{header}\n{line}", NAME)

    assert str(caught.value).startswith(NAME)
    assert "newest pool" in caught.value.hint


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "is no association pool"),
        ("<html>503</html>", "is no association pool"),
        ("a,b,c\n1,2,3", "is no association pool"),
        ("ASN_CANDIDATE|EXP_TYPE", "lacks the column FILENAME"),
        ("ASN_CANDIDATE|VISIT", "lacks the columns FILENAME, EXP_TYPE"),
        (f"{HEADER}|VISIT", "more than one column visit"),
        (f"{HEADER}\n{LINE[:50]}", "has no line that fits its 14 columns"),
    ],
)
def test_what_is_no_pool_is_an_error_that_names_it(text, says):
    with pytest.raises(AssociationError, match=NAME) as caught:
        read_pool(text, NAME)
    assert says in str(caught.value)


def test_a_file_that_is_not_there_is_an_error_that_names_it(tmp_path):
    with pytest.raises(AssociationError, match=r"no_pool\.csv cannot be read"):
        read_pool(tmp_path / "no_pool.csv")


def test_a_truncated_line_is_left_out_with_its_number():
    pool = read(LINE, LINE[:60], LINE, LINE + "|more")

    assert len(pool) == 2
    assert pool.warnings == (
        f"{NAME}, lines 3, 5: not 14 cells as in the header, left out; it may be truncated.",
    )


def test_of_many_odd_lines_the_first_are_named():
    pool = read(*[LINE.replace("|F|", "|maybe|")] * 1_000)

    assert pool.warnings == (f"{NAME}, lines 2, 3, 4 and 997 more: bkgdtarg is neither T nor F.",)


def test_comments_blank_lines_line_ends_and_quotes():
    quoted = LINE.replace("NGC 1", '"a|b ""c"""')
    pool = read_pool(f"\ufeff# made by hand\r\n{HEADER}\r\n\r\n{quoted}\r\n".encode(), NAME)

    assert pool.exposures["target"].tolist() == ['a|b "c"']
    assert pool.warnings == ()


@pytest.mark.parametrize("path", [f"/etc/{FILE}", f"../../{FILE}", f"C:\\{FILE}"])
def test_of_a_path_only_the_file_name_is_used(path):
    pool = read(LINE.replace(FILE, path))

    assert pool.exposures["filename"].tolist() == [FILE]
    assert "path" in pool.warnings[0]


def test_what_the_pool_does_not_state_the_file_name_does():
    found = row(f"{FILE}|NRC_IMAGE|[]", header="FILENAME|EXP_TYPE|ASN_CANDIDATE")

    assert (found["program"], found["observation"], found["detector"]) == ("09999", "001", "nrca1")
    assert row(LINE.replace("|9999|1|", "|@!next|x|"))["observation"] == "001"


def test_a_pool_of_no_exposures():
    for pool in (read(), Pool.empty()):
        assert len(pool) == 0
        assert pool.exposures["is_psf"].dtype == "boolean"
        assert len(pool.of_candidate("o001")) == 0


def test_through_an_archive():
    class OnePool:
        label = "one pool"

        def read(self, uri, *, call=None):
            if not uri.endswith(NAME):
                raise NotInArchive(f"no {uri}")
            return f"{HEADER}\n{LINE}".encode()

    assert fetch_pool(OnePool(), f"mast:JWST/product/{NAME}").name == NAME
    with pytest.raises(NotInArchive):
        fetch_pool(OnePool(), "mast:JWST/product/another_pool.csv")


# --- kinds of exposure ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("exposure", "expected"),
    [
        ({"exp_type": "MIR_IMAGE"}, ""),
        ({"exp_type": "mir_darkimg"}, "a dark"),
        ({"exp_type": "NRC_TACQ"}, "a target acquisition"),
        ({"exp_type": "FGS_INTFLAT"}, "an internal flat"),
        ({"exp_type": "NRS_MIMF"}, "a wavefront-sensing exposure"),
        ({"exp_type": "NIS_SOSS", "filter": "CLEAR"}, ""),
        ({"exp_type": "NRC_TSGRISM", "detector": "nrcalong", "pupil": "GRISMR"}, ""),
        ({"exp_type": "NEW_MODE"}, ""),
        ({"exp_type": None}, ""),
        ({}, ""),
        (
            {"exp_type": "NRC_IMAGE", "visitype": "PRIME_WFSC_ROUTINE", "patttype": pd.NA},
            "a wavefront-sensing exposure",
        ),
        ({"exp_type": "NRC_IMAGE", "visitype": "PRIME_WFSC_ROUTINE", "patttype": "WFSC"}, ""),
    ],
)
def test_kinds_of_exposure_of_which_no_level3_is_made(exposure, expected):
    assert no_level3(exposure) == expected


def test_every_exposure_type_is_of_a_known_kind():
    assert {known.kind for known in EXPOSURE_TYPES.values()} <= set(KINDS)
    assert all(bool(t.stage3) == (t.kind == "science") for t in EXPOSURE_TYPES.values())


def test_exposures_of_real_level3_associations_are_of_kinds_that_make_them(real):
    """What the documents of the ground rehearsals were made from, against the table."""
    for path in REAL:
        pool = read_pool(real / path)
        made = {no_level3(exposure) for exposure in pool.exposures.to_dict("records")}
        if "jw00711" in path or "jw94015" in path or "jw09505" in path:
            assert made == {""}
