"""`CachedArchive`: what it keeps, for how long, what it does offline, and with a second kernel."""

from __future__ import annotations

import json
import multiprocessing
import threading
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest
from archive_fakes import ASN, I2D, MIRI, TablesArchive, real_archive

from jwstwidgets.archive import CachedArchive, MastArchive, ReplicaServer
from jwstwidgets.archive.protocol import Archive, Call, ProductBatch, Progress, Query
from jwstwidgets.archive.replica import Fault
from jwstwidgets.archive.store import Store
from jwstwidgets.errors import (
    ArchiveAnswerError,
    ArchiveError,
    ArchiveTimeout,
    ArchiveUnavailable,
    Cancelled,
    NotInArchive,
    QueryError,
)

NIRISS = ["84343025", "84343085", "84343158"]
PROGRAM = Query(program=1541)
DOWN = ArchiveUnavailable("The archive is down.", "Wait.")
START = datetime(2026, 1, 1, 12, tzinfo=UTC)


class Clock:
    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def inner(real: Path) -> TablesArchive:
    return real_archive(real, TablesArchive)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def cached(inner: TablesArchive, clock: Clock, tmp_path: Path) -> CachedArchive:
    return CachedArchive(inner, tmp_path, clock=clock)


def assert_same(first, second):
    """Equal, whether "not stated" is None or NaN: parquet keeps no difference."""
    first, second = (rows.astype(object).where(rows.notna(), None) for rows in (first, second))
    pd.testing.assert_frame_equal(first, second)


def rows_of(batches: Sequence[ProductBatch]) -> pd.DataFrame:
    return pd.concat([batch.rows for batch in batches], ignore_index=True)


# --- what is kept ---------------------------------------------------------------------------------


def test_it_is_an_archive(cached: CachedArchive) -> None:
    assert isinstance(cached, Archive)
    assert cached.label == "tables"


def test_observations_are_asked_once(cached: CachedArchive, inner: TablesArchive) -> None:
    first, again = cached.observations(PROGRAM), cached.observations(PROGRAM)
    assert inner.asked == [PROGRAM]
    assert_same(first, again)
    assert "cached_at" not in first.attrs
    assert again.attrs["cached_at"] == START.isoformat()


def test_products_are_kept_per_observation(cached: CachedArchive, inner: TablesArchive) -> None:
    list(cached.products(NIRISS[:2]))
    inner.asked.clear()
    batches = list(cached.products(NIRISS))
    assert inner.asked == [NIRISS[2]]
    assert [batch.obsids for batch in batches] == [(obsid,) for obsid in NIRISS]
    expected = rows_of(list(inner.products(NIRISS)))
    assert_same(rows_of(batches), expected)
    assert ["cached_at" in batch.rows.attrs for batch in batches] == [True, True, False]


def test_an_interrupted_listing_goes_on_where_it_stopped(
    cached: CachedArchive, inner: TablesArchive
) -> None:
    arriving = cached.products([*NIRISS, MIRI])
    next(arriving)
    next(arriving)
    arriving.close()  # type: ignore[attr-defined]
    inner.asked.clear()
    assert len(list(cached.products([*NIRISS, MIRI]))) == 4
    assert inner.asked == [NIRISS[2], MIRI]


def test_batches_of_several_observations_are_taken_apart(real: Path, tmp_path: Path) -> None:
    with ReplicaServer(real_archive(real)) as server:
        cached = CachedArchive(MastArchive(server.url, batch=3), tmp_path)
        first = list(cached.products([*NIRISS, "1"]))
        asked = len(server.log)
        again = list(cached.products([*NIRISS, "1"]))
        assert len(server.log) == asked == 2
    assert sum(len(b.rows) for b in first) == sum(len(b.rows) for b in again) == 36
    assert [len(batch.rows) for batch in again] == [12, 12, 12, 0]


def test_failures_are_never_kept(cached: CachedArchive, inner: TablesArchive) -> None:
    inner.bad = {NIRISS[1]: DOWN}
    batches = list(cached.products(NIRISS))
    assert [batch.error for batch in batches] == [None, DOWN, None]
    inner.bad = {}
    inner.asked.clear()
    assert all(batch.error is None for batch in cached.products(NIRISS))
    assert inner.asked == [NIRISS[1]]


def test_nothing_found_is_asked_again(cached: CachedArchive, inner: TablesArchive) -> None:
    query = Query(program=99999)
    assert cached.observations(query).empty
    assert cached.observations(query).empty
    assert inner.asked == [query, query]


def test_only_documents_are_kept(cached: CachedArchive, inner: TablesArchive) -> None:
    inner.documents[I2D] = b"an image"
    for uri in (ASN, ASN, I2D, I2D):
        cached.read(uri)
    assert inner.asked == [ASN, I2D, I2D]
    with pytest.raises(NotInArchive):
        cached.read("mast:JWST/product/no_such_asn.json")


def test_values_and_types_come_back(cached: CachedArchive) -> None:
    first, again = cached.observations(PROGRAM), cached.observations(PROGRAM)
    assert first.dtypes.equals(again.dtypes)
    assert first.isna().equals(again.isna())


def test_progress_counts_what_was_there(cached: CachedArchive) -> None:
    list(cached.products(NIRISS[:1]))
    seen: list[Progress] = []
    list(cached.products(NIRISS, call=Call(10, progress=seen.append)))
    assert (seen[-1].done, seen[-1].total) == (1, 3)  # the tables archive tells none of its own
    assert {progress.unit for progress in seen} == {"observation"}


def test_a_cancel_is_obeyed(cached: CachedArchive) -> None:
    list(cached.products(NIRISS))
    call = Call(10)
    call.cancelled.set()
    with pytest.raises(Cancelled):
        list(cached.products(NIRISS, call=call))


def test_one_text_is_no_list(cached: CachedArchive) -> None:
    with pytest.raises(QueryError):
        list(cached.products(MIRI))


# --- for how long ---------------------------------------------------------------------------------


def test_an_explicit_age(cached: CachedArchive, inner: TablesArchive, clock: Clock) -> None:
    cached.observations(PROGRAM)
    clock.now += timedelta(days=7)
    cached.observations(PROGRAM)
    assert len(inner.asked) == 1
    clock.now += timedelta(seconds=1)
    assert "cached_at" not in cached.observations(PROGRAM).attrs
    assert len(inner.asked) == 2
    assert cached.observations(PROGRAM).attrs["cached_at"] == clock.now.isoformat()


@pytest.mark.parametrize(("max_age", "asked"), [(None, 1), (timedelta(0), 2)])
def test_ages_at_the_ends(
    inner: TablesArchive, clock: Clock, tmp_path: Path, max_age: timedelta | None, asked: int
) -> None:
    cached = CachedArchive(inner, tmp_path, max_age=max_age, clock=clock)
    cached.observations(PROGRAM)
    clock.now += timedelta(days=3650)
    cached.observations(PROGRAM)
    assert len(inner.asked) == asked


def test_an_entry_from_the_future_is_asked_anew(
    cached: CachedArchive, inner: TablesArchive, clock: Clock
) -> None:
    cached.observations(PROGRAM)
    clock.now -= timedelta(days=1)
    cached.observations(PROGRAM)
    assert len(inner.asked) == 2


@pytest.mark.parametrize(
    "error", [DOWN, ArchiveTimeout("Too slow."), ArchiveAnswerError("A web page.")]
)
def test_old_answers_are_used_when_the_archive_is_not_there_and_say_so(
    cached: CachedArchive, inner: TablesArchive, clock: Clock, error: ArchiveError
) -> None:
    cached.observations(PROGRAM)
    list(cached.products(NIRISS[:2]))
    cached.read(ASN)
    clock.now += timedelta(days=30)
    inner.error = error
    rows = cached.observations(PROGRAM)
    assert rows.attrs["cached_at"] == START.isoformat()
    assert cached.note == f"As of 2026-01-01 12:00 UTC, from the cache: {error.what}"
    assert cached.read(ASN)
    batches = []
    with pytest.raises(type(error)):
        batches.extend(cached.products(NIRISS))
    batches = list(cached.products(NIRISS[:2]))
    assert [batch.rows.attrs["cached_at"] for batch in batches] == [START.isoformat()] * 2
    with pytest.raises(type(error)):
        cached.observations(Query(program=6565))
    inner.error = None
    cached.observations(PROGRAM)
    assert cached.note == ""


def test_an_old_listing_stands_in_for_a_failed_one(
    cached: CachedArchive, inner: TablesArchive, clock: Clock
) -> None:
    list(cached.products(NIRISS[:1]))
    clock.now += timedelta(days=30)
    inner.bad = dict.fromkeys(NIRISS[:2], DOWN)
    first, second, third = cached.products(NIRISS)
    assert (first.error, len(first.rows)) == (None, 12)
    assert first.rows.attrs["cached_at"] == START.isoformat()
    assert second.error is DOWN
    assert third.error is None
    assert "The archive is down." in cached.note


# --- offline --------------------------------------------------------------------------------------


def test_offline_never_asks_and_names_what_is_missing(
    cached: CachedArchive, inner: TablesArchive, clock: Clock, tmp_path: Path
) -> None:
    cached.observations(PROGRAM)
    list(cached.products(NIRISS[:1]))
    cached.read(ASN)
    inner.asked.clear()
    clock.now += timedelta(days=3650)
    offline = CachedArchive(inner, tmp_path, offline=True, clock=clock)
    assert offline.label == "tables, offline"
    assert len(offline.observations(PROGRAM)) > 0
    assert offline.read(ASN)
    with pytest.raises(ArchiveUnavailable, match=r"Offline, and Query\(program=6565\) is not in"):
        offline.observations(Query(program=6565))
    with pytest.raises(ArchiveUnavailable, match=r"_pool\.csv"):
        offline.read("mast:JWST/product/jw02733_20220712t201523_pool.csv")
    first, second = offline.products(NIRISS[:2])
    assert (len(first.rows), first.error) == (12, None)
    assert NIRISS[1] in str(second.error)
    with pytest.raises(ArchiveUnavailable, match=MIRI):
        list(offline.products([MIRI]))
    assert inner.asked == []


def test_offline_with_the_real_client_opens_no_connection(tmp_path: Path) -> None:
    cached = CachedArchive(MastArchive(), tmp_path, offline=True)
    with pytest.raises(ArchiveUnavailable, match="not in the cache"):
        cached.observations(PROGRAM)


# --- the folder -----------------------------------------------------------------------------------


def test_entries_size_and_clear(cached: CachedArchive, clock: Clock) -> None:
    assert (cached.entries(), cached.size(), cached.clear()) == ([], 0, 0)
    cached.observations(PROGRAM)
    clock.now += timedelta(hours=1)
    list(cached.products(NIRISS[:1]))
    cached.read(ASN)
    oldest = cached.entries()[0]
    assert (oldest.kind, oldest.question) == ("observations", "Query(program=1541)")
    assert {entry.question for entry in cached.entries()[1:]} == {NIRISS[0], ASN}
    assert cached.entries()[0].cached_at == START
    assert cached.size() == sum(entry.size for entry in cached.entries()) > 0
    assert cached.clear() == 3
    assert (cached.entries(), cached.size()) == ([], 0)


def test_archives_do_not_share_answers(
    cached: CachedArchive, inner: TablesArchive, real: Path, tmp_path: Path
) -> None:
    cached.observations(PROGRAM)
    other = real_archive(real, TablesArchive)
    other.label = "another"
    CachedArchive(other, tmp_path).observations(PROGRAM)
    assert other.asked == [PROGRAM]


def test_damaged_entries_are_asked_anew(cached: CachedArchive, inner: TablesArchive) -> None:
    list(cached.products([MIRI]))
    (path,) = cached.folder.glob("*.entry")
    whole = path.read_bytes()
    middle = len(whole) // 2
    for damaged in (b"", b"\n", b"{}\n", whole[:-1], whole[:50], b"[1]\n" + whole,
                    whole[:middle] + b"?" + whole[middle + 1 :]):  # fmt: skip
        path.write_bytes(damaged)
        inner.asked.clear()
        (batch,) = cached.products([MIRI])
        assert len(batch.rows) == 3470
        assert inner.asked == [MIRI]
        assert path.read_bytes()[:20] == whole[:20]


def test_an_entry_of_another_format_is_asked_anew(
    cached: CachedArchive, inner: TablesArchive
) -> None:
    cached.observations(PROGRAM)
    (path,) = cached.folder.glob("*.entry")
    head, _, payload = path.read_bytes().partition(b"\n")
    path.write_bytes(json.dumps({**json.loads(head), "format": 0}).encode() + b"\n" + payload)
    cached.observations(PROGRAM)
    assert len(inner.asked) == 2


def test_a_folder_that_cannot_be_written_costs_no_answer(
    inner: TablesArchive, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("in the way")
    cached = CachedArchive(inner, tmp_path / "file")
    assert len(cached.observations(PROGRAM)) > 0
    assert cached.note.startswith("Not cached")
    assert len(list(cached.products(NIRISS))) == 3


def test_no_unfinished_file_stays_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = Store(tmp_path)

    def full(self: Path, target: Path) -> Path:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(OSError, match="No space"):
        store.write("file", "a", b"b", at=START)
    assert list(tmp_path.iterdir()) == []


def test_questions_never_become_paths(tmp_path: Path) -> None:
    store = Store(tmp_path / "store")
    for question in ("../../escape", "/etc/passwd", "a\x00b", "x" * 10_000, "ü\n"):
        store.write("file", question, b"b", at=START)
        assert store.read("file", question) is not None
    assert len(list(store.folder.iterdir())) == 5
    assert [path.name for path in tmp_path.iterdir()] == ["store"]


def test_the_users_cache_folder_is_the_default(
    inner: TablesArchive, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("platformdirs.user_cache_path", lambda name: tmp_path / name)
    assert CachedArchive(inner).folder.parent == tmp_path / "jwstwidgets"


def test_no_token_reaches_the_disk(real: Path, tmp_path: Path) -> None:
    token = "3f1c9aa0secret"
    with ReplicaServer(real_archive(real), tokens=[token]) as server:
        cached = CachedArchive(MastArchive(server.url, token=token), tmp_path)
        cached.observations(PROGRAM)
        list(cached.products(NIRISS))
        cached.read(ASN)
    content = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert content
    assert token.encode() not in content


def test_entries_are_private(cached: CachedArchive) -> None:
    cached.observations(PROGRAM)
    (path,) = cached.folder.glob("*.entry")
    assert path.stat().st_mode & 0o077 == 0
    assert cached.folder.stat().st_mode & 0o077 == 0


def test_a_server_that_goes_away(real: Path, tmp_path: Path, clock: Clock) -> None:
    with ReplicaServer(real_archive(real)) as server:
        cached = CachedArchive(MastArchive(server.url), tmp_path, max_age=timedelta(0), clock=clock)
        fresh = list(cached.products(NIRISS))
        clock.now += timedelta(days=1)
        server.faults.add(Fault("html"))
        old = list(cached.products(NIRISS))
    assert sorted(batch.obsids for batch in old) == sorted(batch.obsids for batch in fresh)
    assert all(batch.rows.attrs["cached_at"] == START.isoformat() for batch in old)
    assert "web page" in cached.note


# --- two kernels ----------------------------------------------------------------------------------


def _kernel(folder: str, number: int, wrong: multiprocessing.Queue[str]) -> None:
    """Writes, reads and clears the same entries as another process, and reports what is torn."""
    store = Store(Path(folder))
    for turn in range(150):
        question = str(turn % 5)
        payload = bytes([number]) * 50_000
        store.write("products", question, payload, at=START)
        stored = store.read("products", question)
        if stored is not None and len(set(stored.payload)) != 1:
            wrong.put(f"torn entry in turn {turn}")
        if stored is not None and len(stored.payload) != 50_000:
            wrong.put(f"short entry in turn {turn}")
        if turn % 40 == 39 and number == 1:
            for entry in Store(Path(folder)).entries():
                assert entry.size > 50_000
    wrong.put("done")


def test_two_kernels_at_once(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    wrong: multiprocessing.Queue[str] = context.Queue()
    kernels = [context.Process(target=_kernel, args=(str(tmp_path), n, wrong)) for n in (1, 2)]
    for kernel in kernels:
        kernel.start()
    said = [wrong.get(timeout=60) for _ in kernels]
    for kernel in kernels:
        kernel.join(30)
        assert kernel.exitcode == 0
    assert said == ["done", "done"]
    assert len(list(Store(tmp_path).entries())) == 5
    assert not list(tmp_path.glob("*.part"))
    wrong.close()
    wrong.join_thread()


def test_two_threads_at_once(cached: CachedArchive) -> None:
    results: list[int] = []

    def list_products() -> None:
        results.extend(len(batch.rows) for batch in cached.products(NIRISS))

    threads = [threading.Thread(target=list_products) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [12] * 18
