"""From what was typed to a linkage: the query it means, batches as they come, what goes wrong."""

from __future__ import annotations

import threading
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from jwstwidgets import ProductTable, Query, SampleArchive
from jwstwidgets.archive import Archive, Call
from jwstwidgets.archive.protocol import ProductBatch, Progress
from jwstwidgets.errors import (
    ArchiveTimeout,
    ArchiveUnavailable,
    Cancelled,
    NotInArchive,
    ProductTableError,
    QueryError,
)
from jwstwidgets.loading import (
    describe_observation,
    from_rows,
    load,
    query_of,
    why_no_level3,
)

MIRI = "jw02733-o002_t001_miri_f1130w"
PATIENCE = 10.0


class ScriptedArchive:
    """Plays batches one after the other: rows, an error in their place, or what is to be done.

    Parameters
    ----------
    script : sequence
        Of a DataFrame (a batch), an Exception class instance in a tuple (a failed batch), an
        Exception (raised), a callable (called with the `Call`), in this order.
    """

    label = "scripted archive"

    def __init__(self, *script, observations=None):
        self.script, self.asked = script, []
        rows = [{"obs_id": MIRI, "obsid": "87602450", "calib_level": 3}]
        self.rows = pd.DataFrame(rows if observations is None else observations)

    def observations(self, query, *, call=None):
        self.asked.append(query)
        return self.rows

    def products(self, obsids, *, call=None):
        for step in self.script:
            self.asked.append(list(obsids))
            if isinstance(step, Exception):
                raise step
            if isinstance(step, tuple):
                yield ProductBatch(tuple(obsids), no_rows(), step[0])
            elif isinstance(step, Callable):
                step(call)
            else:
                call.progress(Progress(len(self.asked), 0, "page"))
                yield ProductBatch(tuple(obsids), step)

    def read(self, uri, *, call=None):
        raise NotInArchive(f"No {uri!r}.")


class Gate:
    """Holds an archive up until it is told to go on; by default deaf to a cancel."""

    def __init__(self, heeds_cancel=False):
        self.reached, self.go = threading.Event(), threading.Event()
        self.heeds_cancel = heeds_cancel

    def __call__(self, call):
        self.reached.set()
        for _ in range(1000):
            if self.go.wait(PATIENCE / 1000):
                return
            if self.heeds_cancel:
                call.check("Listing")
        raise AssertionError("nobody opened the gate")


def no_rows():
    return all_rows().iloc[:0]


def all_rows(obsid="87602450"):
    return next(SampleArchive().products([obsid])).rows


def pieces(n, obsid="87602450"):
    rows = all_rows(obsid)
    return [rows.iloc[part] for part in np.array_split(np.arange(len(rows)), n)]


DOWN = ArchiveUnavailable("MAST cannot be reached.", "Try again later.")


def test_the_scripted_archive_is_one():
    assert isinstance(ScriptedArchive(), Archive)


# --- what a user means ---


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        (2733, Query(program=2733)),
        (" 02733 ", Query(program=2733)),
        (MIRI, Query(obs_id=MIRI)),
        (f"  {MIRI}\n", Query(obs_id=MIRI)),
        ("jw02733*", Query(obs_id="jw02733*")),
        ("jw02733-o002_t001_miri*", Query(obs_id="jw02733-o002_t001_miri*")),
        (f"{MIRI}_i2d.fits", Query(obs_id=MIRI)),
        (f"{MIRI}_i2d.jpg", Query(obs_id=MIRI)),
        (
            "jw02733002001_02103_00001_mirimage_o002_crf.fits",
            Query(obs_id="jw02733002001_02103_00001_mirimage"),
        ),
        (
            "jw01091002001_03101_00001-seg002_nis_calints.fits",
            Query(obs_id="jw01091002001_03101_00001-seg002_nis"),
        ),
        (
            "jw01091002001_03101_00001-seg002_nis",
            Query(obs_id="jw01091002001_03101_00001-seg002_nis"),
        ),
        ("jw09331001001_xx101_00001_nircam", Query(obs_id="jw09331001001_xx101_00001_nircam")),
        ("NGC 3132", Query(target="NGC 3132")),
        ("M*", Query(target="M*")),
        ("jw telescope", Query(target="jw telescope")),
        ("2733a", Query(target="2733a")),
        (Query(instrument="MIRI"), Query(instrument="MIRI")),
        ("<script>", Query(target="<script>")),
    ],
)
def test_query_of(typed, meant):
    assert query_of(typed) == meant


@pytest.mark.parametrize("nothing", ["", "   ", "\n"])
def test_nothing_typed(nothing):
    with pytest.raises(QueryError, match="Type an observation id"):
        query_of(nothing)


@pytest.mark.parametrize("number", [0, 100_000, "0"])
def test_no_program_number(number):
    with pytest.raises(QueryError, match="program"):
        query_of(number)


def test_every_sample_observation_is_found_by_its_id_and_by_a_file_of_it():
    archive = SampleArchive()
    for row in archive.catalogue()[0].itertuples():
        assert load(archive, query_of(row.obs_id), Call()).observation["obs_id"] == row.obs_id
        table = ProductTable.from_rows(next(archive.products([row.obsid])).rows)
        own = table.files["filename"][table.files["mrp"] & (table.files["role"] == "science")]
        for filename in own[:1]:
            found = load(archive, query_of(filename), Call())
            assert found.observation["obs_id"] == row.obs_id


# --- loading ---


def test_batches_add_up_to_the_whole():
    parts, seen = pieces(4), []
    whole = load(ScriptedArchive(all_rows()), Query(obs_id=MIRI), Call())
    loaded = load(ScriptedArchive(*parts), Query(obs_id=MIRI), Call(), arrived=seen.append)
    assert len(loaded.linkage.table) == len(whole.linkage.table) == 605
    assert len(loaded.linkage.edges) == len(whole.linkage.edges)
    assert loaded.problems == ()
    sizes = [part.linkage.table.row_count for part in seen]
    assert sizes == np.cumsum([len(part) for part in parts[:3]]).tolist()


def test_one_batch_is_not_shown_twice():
    seen = []
    load(ScriptedArchive(all_rows()), Query(obs_id=MIRI), Call(), arrived=seen.append)
    assert seen == []


def test_a_batch_that_fails_is_said_and_the_rest_goes_on():
    first, second, third = pieces(3)
    loaded = load(ScriptedArchive(first, (DOWN,), third), Query(obs_id=MIRI), Call())
    assert loaded.linkage.table.row_count == len(first) + len(third)
    assert loaded.problems == ("MAST cannot be reached. Try again later.",)
    loaded = load(ScriptedArchive((DOWN,), second), Query(obs_id=MIRI), Call())
    assert loaded.linkage.table.row_count == len(second)
    assert len(loaded.problems) == 1


@pytest.mark.parametrize("script", [[(DOWN,)], [(DOWN,), (DOWN,)], [DOWN]])
def test_nothing_but_failures_is_a_failure(script):
    with pytest.raises(ArchiveUnavailable, match="cannot be reached"):
        load(ScriptedArchive(*script), Query(obs_id=MIRI), Call())


def test_what_arrived_before_the_end_is_kept():
    late = ArchiveTimeout("Not finished within 120 s.", "Try again.")
    first, second = pieces(2)
    loaded = load(ScriptedArchive(first, late, second), Query(obs_id=MIRI), Call())
    assert loaded.linkage.table.row_count == len(first)
    assert loaded.problems == ("Not finished within 120 s. Try again.",)


def test_a_cancel_is_not_a_partial_result():
    with pytest.raises(Cancelled):
        load(ScriptedArchive(all_rows(), Cancelled("Stopped.")), Query(obs_id=MIRI), Call())


def test_nothing_found():
    with pytest.raises(NotInArchive, match="scripted archive has no observation with program 1"):
        load(ScriptedArchive(observations=[]), Query(program=1), Call())


def test_an_observation_without_files():
    loaded = load(ScriptedArchive(no_rows()), Query(obs_id=MIRI), Call())
    assert len(loaded.linkage.table) == 0
    assert loaded.observation["obs_id"] == MIRI
    assert loaded.problems == ()
    assert len(load(ScriptedArchive(), Query(obs_id=MIRI), Call()).linkage.table) == 0


def test_the_one_that_is_preferred():
    rows = [{"obs_id": "one", "obsid": "1"}, {"obs_id": "two", "obsid": "2"}]
    archive = ScriptedArchive(no_rows(), observations=rows)
    assert load(archive, Query(program=1), Call(), prefer="two").observation["obsid"] == "2"
    assert archive.asked[-1] == ["2"]
    assert load(archive, Query(program=1), Call(), prefer="none").observation["obsid"] == "1"
    loaded = load(archive, Query(program=1), Call())
    assert loaded.observation["obsid"] == "1"
    assert len(loaded.found) == 2


def test_rows_at_hand():
    loaded = from_rows(all_rows())
    assert len(loaded.linkage.table) == 605
    assert loaded.observation == {}
    assert from_rows(loaded.linkage.table).linkage.table is loaded.linkage.table
    with pytest.raises(ProductTableError, match="productFilename"):
        from_rows([{"obs_id": "a"}])


# --- what is said of it ---


def test_description_leaves_out_what_is_not_stated():
    assert describe_observation({}) == ""
    row = {"instrument_name": "MIRI/IMAGE", "target_name": None, "filters": "--"}
    assert describe_observation(row | {"dataRights": np.nan}) == "MIRI/IMAGE"
    assert describe_observation({"dataRights": "EXCLUSIVE_ACCESS"}) == "exclusive access"
    assert describe_observation({"dataRights": "NEW"}) == "NEW"


@pytest.mark.parametrize(
    ("level", "said"),
    [(-1, "Planned"), ("-1", "Planned"), (2, "of its own"), (3, "names no level-3"), (None, ""),
     ("--", ""), (np.nan, "")],
)  # fmt: skip
def test_why_there_is_no_level_3(level, said):
    reason = why_no_level3({"calib_level": level})
    assert said in reason
    assert bool(reason) == bool(said)
