"""`MastArchive`, with the real astroquery client, against a replica with every fault it knows."""

from __future__ import annotations

import gc
import logging
import os
import pickle
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pandas as pd
import pytest
from archive_fakes import ASN, I2D, MIRI, TablesArchive, real_archive

from jwstwidgets.archive import MastArchive, wire
from jwstwidgets.archive import mast as mast_module
from jwstwidgets.archive.protocol import Archive, Call, ProductBatch, Progress, Query
from jwstwidgets.archive.replica import Fault, ReplicaServer
from jwstwidgets.errors import (
    ArchiveAnswerError,
    ArchiveError,
    ArchiveTimeout,
    ArchiveUnavailable,
    Cancelled,
    NotAuthorized,
    NotInArchive,
    QueryError,
)

NIRISS = ["84343025", "84343085", "84343158", "84343207", "84343217", "84416565"]
PROGRAM = Query(program=1541)
DEADLINE = 1.0  # s; what must end by itself ends sooner
SLACK = 0.7  # s for a loaded machine


@pytest.fixture(scope="module")
def archive(real: Path) -> TablesArchive:
    return real_archive(real)


@pytest.fixture
def serve(archive: TablesArchive) -> Iterator[Callable[..., ReplicaServer]]:
    """Starts replicas, stops them, and expects no failure of their own."""
    servers: list[ReplicaServer] = []

    def start(*faults: Fault, **kwargs: object) -> ReplicaServer:
        servers.append(ReplicaServer(archive, faults=faults, **kwargs).start())  # type: ignore[arg-type]
        return servers[-1]

    yield start
    for server in servers:
        server.stop()
        assert server.failures == []


def open_sockets() -> int:
    folder = Path("/proc/self/fd")
    count = 0
    for entry in folder.iterdir() if folder.is_dir() else ():
        try:
            count += "socket:" in os.readlink(entry)  # noqa: PTH115 - no such file to resolve
        except OSError:
            continue
    return count


@pytest.fixture(autouse=True)
def nothing_leaks() -> Iterator[None]:
    """Every thread and socket of a test ends with it."""
    threads, sockets = set(threading.enumerate()), open_sockets()
    yield
    for _ in range(60):
        left = set(threading.enumerate()) - threads
        if not left and open_sockets() <= sockets:
            return
        time.sleep(0.05)
        gc.collect()  # what only the collector closes is no leak, if slow
    assert not left
    assert open_sockets() <= sockets


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "PAUSES", (0.05, 0.1))


@pytest.fixture(autouse=True)
def no_token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MAST_API_TOKEN", raising=False)


@pytest.fixture(scope="module", autouse=True)
def astroquery_imported() -> None:
    """Importing it takes a second that no deadline here should pay for."""
    import astroquery.mast  # noqa: F401


# --- what it finds --------------------------------------------------------------------------------


def test_it_is_an_archive_and_says_which() -> None:
    assert isinstance(MastArchive(), Archive)
    assert MastArchive().label == "MAST"
    assert (
        MastArchive("http://127.0.0.1:8000").label
        == "MAST replica (reconstruction) at 127.0.0.1:8000"
    )


@pytest.mark.parametrize(
    "query",
    [
        PROGRAM,
        Query(obs_id="jw06565-o003_t001_nircam_clear-f200w"),
        Query(obs_id="JW06565-o00*"),
        Query(target="hat-p-1*"),
        Query(instrument="NIRISS"),
        Query(instrument="niriss/soss"),
        Query(instrument="NIRCAM", program=6565),
    ],
    ids=repr,
)
def test_queries_find_what_the_rows_say(
    serve: Callable[..., ReplicaServer], archive: TablesArchive, query: Query
) -> None:
    rows = MastArchive(serve().url).observations(query)
    expected = archive.observations(query)
    assert len(rows) > 0
    assert rows["obsid"].tolist() == expected["obsid"].tolist()
    assert set(rows["obs_collection"]) == {"JWST"}


def test_a_position_and_another_condition(
    serve: Callable[..., ReplicaServer], archive: TablesArchive
) -> None:
    here = archive.rows.iloc[0]
    query = Query(ra=here["s_ra"] + 0.05, dec=here["s_dec"], radius=0.1, instrument="NIRCAM")
    rows = MastArchive(serve().url).observations(query)
    assert here["obsid"] in rows["obsid"].tolist()
    assert all(rows["target_name"].str.startswith("Lenticular_Galaxy"))
    far = Query(ra=(here["s_ra"] + 180) % 360, dec=-here["s_dec"], radius=0.01)
    assert MastArchive(serve().url).observations(far).empty


def test_an_underscore_is_no_wildcard(serve: Callable[..., ReplicaServer]) -> None:
    rows = MastArchive(serve().url).observations(Query(obs_id="jw06565_o003*"))
    assert rows.empty  # SQL's LIKE finds jw06565-o003
    assert "obsid" in rows


def test_nothing_found_is_no_error_and_no_warning(serve: Callable[..., ReplicaServer]) -> None:
    rows = MastArchive(serve().url).observations(Query(program=99999))
    assert len(rows) == 0
    assert {"obsid", "obs_id", "instrument_name", "proposal_id"} <= set(rows)


def test_columns_are_plain(serve: Callable[..., ReplicaServer]) -> None:
    server = serve()
    rows = MastArchive(server.url).observations(Query(instrument="NIRISS"))
    (batch,) = MastArchive(server.url).products([MIRI])
    for table, column in [(rows, "obsid"), (rows, "proposal_id"), (batch.rows, "obsID"),
                          (batch.rows, "parent_obsid")]:  # fmt: skip
        assert all(isinstance(value, str) and value.isdecimal() for value in table[column])
    assert rows["calib_level"].dtype == "int64"
    assert rows["s_ra"].dtype == "float64"
    assert batch.rows["size"].dtype == "int64"
    assert batch.rows["productDocumentationURL"].isna().all()
    assert not (batch.rows.astype(object) == "--").any(axis=None)


def test_pages_are_fetched_to_the_end_with_progress(
    serve: Callable[..., ReplicaServer], archive: TablesArchive
) -> None:
    server, seen = serve(page_size=40), list[Progress]()
    query = Query(instrument="NIRCAM")
    rows = MastArchive(server.url).observations(query, call=Call(10, progress=seen.append))
    assert rows["obsid"].tolist() == archive.observations(query)["obsid"].tolist()
    assert [(p.done, p.total) for p in seen] == [(40, 113), (80, 113), (113, 113)]
    (batch,) = MastArchive(server.url, page_size=1000).products([MIRI])
    assert len(batch.rows) == 3470
    assert batch.rows["dataURI"].nunique() == 605


def test_an_executing_server_is_polled_but_not_hammered(
    serve: Callable[..., ReplicaServer],
) -> None:
    server = serve(executing=3)
    assert len(MastArchive(server.url).observations(PROGRAM)) > 0
    assert [r.endpoint for r in server.log] == ["columnsconfig"] + ["invoke"] * 4
    busy = serve(executing=10**9)
    with pytest.raises(ArchiveTimeout):
        MastArchive(busy.url).observations(PROGRAM, call=Call(DEADLINE))
    assert len(busy.log) < 12


def test_a_column_configuration_is_asked_once_and_never_shared(
    serve: Callable[..., ReplicaServer],
) -> None:
    from astroquery.mast.discovery_portal import PortalAPI

    server = serve()
    mast = MastArchive(server.url)
    mast.observations(PROGRAM)
    mast.observations(Query(program=6565))
    assert [r.endpoint for r in server.log].count("columnsconfig") == 1
    assert "Mast.Caom.Filtered" not in PortalAPI._column_configs


def test_a_wrong_column_configuration_is_forgotten(serve: Callable[..., ReplicaServer]) -> None:
    server = serve(Fault("without", "columnsconfig", key="obs_collection", times=1))
    mast = MastArchive(server.url)
    with pytest.raises(ArchiveAnswerError, match="obs_collection"):
        mast.observations(PROGRAM)
    assert len(mast.observations(PROGRAM)) > 0


def test_global_settings_of_astroquery_are_left_alone(serve: Callable[..., ReplicaServer]) -> None:
    from astroquery import cache_conf
    from astroquery.mast import Observations

    address = Observations._portal_api_connection.MAST_REQUEST_URL
    list(MastArchive(serve().url, workers=6).products(NIRISS))
    assert cache_conf.cache_active is True
    assert address == Observations._portal_api_connection.MAST_REQUEST_URL
    assert address.startswith("https://mast.stsci.edu")


# --- products -------------------------------------------------------------------------------------


def test_products_arrive_one_observation_at_a_time(
    serve: Callable[..., ReplicaServer], archive: TablesArchive
) -> None:
    server, seen = serve(), list[Progress]()
    call = Call(20, progress=seen.append)
    batches = list(MastArchive(server.url).products([*NIRISS, MIRI, MIRI], call=call))
    assert sorted(batch.obsids[0] for batch in batches) == sorted([*NIRISS, MIRI])
    for batch in batches:
        assert batch.error is None
        expected = archive.files[archive.files["parent_obsid"] == batch.obsids[0]]
        assert batch.rows["dataURI"].tolist() == expected["dataURI"].tolist()
    assert [(p.done, p.total) for p in seen] == [(n, 7) for n in range(8)]
    assert [r.endpoint for r in server.log] == ["invoke"] * 7


def test_products_in_batches(serve: Callable[..., ReplicaServer]) -> None:
    server = serve()
    batches = list(MastArchive(server.url, batch=4).products(NIRISS))
    assert sorted(len(batch.obsids) for batch in batches) == [2, 4]
    assert sum(len(batch.rows) for batch in batches) == 5 * 12 + 107
    assert len(server.log) == 2


def test_no_observations_and_no_products(serve: Callable[..., ReplicaServer]) -> None:
    assert list(MastArchive(serve().url).products([])) == []
    (batch,) = MastArchive(serve().url).products(["1"])
    assert batch.error is None
    assert len(batch.rows) == 0
    assert "dataURI" in batch.rows


@pytest.mark.parametrize("obsids", ["87602450", ["jw02733-o002_t001_miri_f1130w"], ["1,2"], [""]])
def test_only_obsids_are_asked_for(obsids: object) -> None:
    with pytest.raises(QueryError):
        MastArchive("http://127.0.0.1:9").products(obsids)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (Fault("status", match="*84343158*", status=500), ArchiveUnavailable),
        (Fault("html", match="*84343158*"), ArchiveAnswerError),
        (Fault("error", match="*84343158*"), ArchiveAnswerError),
        (Fault("foreign", match="*84343158*"), ArchiveAnswerError),
        (Fault("silent", match="*84343158*"), ArchiveTimeout),
    ],
    ids=lambda value: getattr(value, "kind", ""),
)
def test_one_failure_costs_one_observation(
    serve: Callable[..., ReplicaServer], fault: Fault, error: type[ArchiveError]
) -> None:
    mast = MastArchive(serve(fault).url, read_timeout=0.5)
    batches = {batch.obsids[0]: batch for batch in mast.products(NIRISS, call=Call(10))}
    assert len(batches) == len(NIRISS)
    failed = batches.pop("84343158")
    assert isinstance(failed.error, error)
    assert len(failed.rows) == 0
    assert all(batch.error is None and len(batch.rows) for batch in batches.values())


def test_a_passing_failure_costs_nothing(serve: Callable[..., ReplicaServer]) -> None:
    server = serve(Fault("status", "invoke", times=1, status=503, retry_after=0),
                   Fault("reset", "invoke", times=1), Fault("drop", "invoke", times=1))  # fmt: skip
    batches = list(MastArchive(server.url).products(NIRISS))
    assert all(batch.error is None for batch in batches)
    assert len(server.log) == len(NIRISS) + 3


def test_a_server_that_is_down_for_all_is_an_error_of_the_call(
    serve: Callable[..., ReplicaServer],
) -> None:
    server = serve()
    url = server.url
    server.stop()
    with pytest.raises(ArchiveUnavailable, match="accepts no connection"):
        list(MastArchive(url).products([str(n) for n in range(1, 500)], call=Call(10)))


def test_a_server_that_goes_down_leaves_what_has_arrived(
    serve: Callable[..., ReplicaServer],
) -> None:
    server = serve(Fault("delay", "invoke", seconds=0.1))
    arriving = MastArchive(server.url, workers=1).products(NIRISS, call=Call(10))
    first = next(arriving)
    server.stop()
    rest = list(arriving)
    assert first.error is None
    assert len(rest) == 5
    assert isinstance(rest[-1].error, ArchiveUnavailable)


def test_the_deadline_of_the_whole_hands_out_what_came_before(
    serve: Callable[..., ReplicaServer],
) -> None:
    mast = MastArchive(serve(Fault("silent", match="*84416565*")).url)
    arrived: list[ProductBatch] = []
    started = time.monotonic()
    with pytest.raises(ArchiveTimeout, match="6 observations"):
        arrived.extend(mast.products(NIRISS, call=Call(DEADLINE)))
    assert time.monotonic() - started < DEADLINE + SLACK
    assert len(arrived) == 5


def test_products_can_be_cancelled(serve: Callable[..., ReplicaServer]) -> None:
    call = Call(30)
    arriving = MastArchive(serve(Fault("silent", match="*84416565*")).url).products(
        NIRISS, call=call
    )
    next(arriving)
    threading.Timer(0.2, call.cancelled.set).start()
    started = time.monotonic()
    with pytest.raises(Cancelled):
        list(arriving)
    assert time.monotonic() - started < 1.5


def test_closing_the_generator_stops_the_workers(serve: Callable[..., ReplicaServer]) -> None:
    server = serve(Fault("delay", "invoke", seconds=0.05))
    before = threading.active_count()
    arriving = MastArchive(server.url).products([str(n) for n in range(1, 300)])
    next(arriving)
    arriving.close()  # type: ignore[attr-defined]
    asked = len(server.log)
    time.sleep(0.3)
    assert len(server.log) <= asked + 2
    assert threading.active_count() <= before + 2  # the replica's, until the connections end


# --- every fault ends in a result or a clear error, in time ---------------------------------------

OUTCOMES: list[tuple[Fault, type[ArchiveError] | None, str]] = [
    (Fault("silent"), ArchiveTimeout, "within 1 s|fell silent"),
    (Fault("silent", "invoke"), ArchiveTimeout, "within 1 s|fell silent"),
    (Fault("trickle", "invoke", seconds=0.05), ArchiveTimeout, "within 1 s"),
    (Fault("trickle", "*", seconds=0.3), ArchiveTimeout, "within 1 s"),
    (Fault("delay", "invoke", seconds=0.3), None, ""),
    (Fault("reset", times=1), None, ""),
    (Fault("reset"), ArchiveUnavailable, "broke"),
    (Fault("status", times=1, status=502), None, ""),
    (Fault("status", times=1, status=503, retry_after=0.1), None, ""),
    (Fault("status", times=1, status=503, retry_after="Wed, 21 Oct 2015 07:28:00 GMT"), None, ""),
    (Fault("status", status=503, retry_after=3600), ArchiveUnavailable, "3600 s"),
    (Fault("status", status=504), ArchiveUnavailable, "HTTP 504"),
    (Fault("status", status=500), ArchiveUnavailable, "HTTP 500"),
    (Fault("status", status=400), ArchiveAnswerError, "HTTP 400"),
    (Fault("status", status=404), ArchiveAnswerError, "HTTP 404"),
    (Fault("status", status=403), NotAuthorized, "HTTP 403"),
    (Fault("html"), ArchiveAnswerError, "web page .*temporarily unavailable"),
    (Fault("blank"), ArchiveAnswerError, "nothing at all"),
    (Fault("flood", "invoke"), ArchiveAnswerError, "more than 2 MB"),
    (Fault("redirect"), None, ""),
    (Fault("loop"), ArchiveAnswerError, "circle|HTTP|JSON|web page|nothing"),
    (Fault("drop", times=1), None, ""),
    (Fault("drop", "invoke"), ArchiveAnswerError, "ended early after"),
    (Fault("lying-length", "invoke"), ArchiveAnswerError, "ended early after"),
    (Fault("lying-length", "invoke", bytes=-50), ArchiveAnswerError, "broken JSON"),
    (Fault("truncated", "invoke"), ArchiveAnswerError, "broken JSON"),
    (Fault("wrong-bytes", "invoke"), ArchiveAnswerError, "JSON|form"),
    (Fault("invalid-json"), ArchiveAnswerError, "broken JSON"),
    (Fault("invalid-json", "invoke"), ArchiveAnswerError, "broken JSON"),
    (Fault("error", "invoke"), ArchiveAnswerError, "Timeout expired"),
    (Fault("empty", "invoke"), None, ""),
    (Fault("without", "invoke", key="status"), ArchiveAnswerError, "'status'"),
    (Fault("without", "invoke", key="data"), ArchiveAnswerError, "'data'"),
    (Fault("without", "invoke", key="fields"), ArchiveAnswerError, "'fields'"),
    (Fault("without", "invoke", key="paging"), None, ""),
    (Fault("short", "invoke"), ArchiveAnswerError, "announced"),
    (Fault("repeat-page", "invoke"), ArchiveAnswerError, "page 1 when asked for page 2"),
]


def name_of(value: object) -> str:
    if isinstance(value, Fault):
        extra = [value.endpoint, value.key if value.kind == "without" else "",
                 str(value.status) if value.kind == "status" else "",
                 "once" if value.times else ""]  # fmt: skip
        return "-".join([value.kind, *filter(None, extra)])
    return ""


@pytest.mark.parametrize(("fault", "error", "says"), OUTCOMES, ids=name_of)
def test_observations_under_every_fault(
    serve: Callable[..., ReplicaServer],
    monkeypatch: pytest.MonkeyPatch,
    fault: Fault,
    error: type[ArchiveError] | None,
    says: str,
) -> None:
    monkeypatch.setattr(mast_module, "_ANSWER_LIMIT", 2_000_000)
    mast = MastArchive(serve(fault).url)
    started = time.monotonic()
    if error is None:
        rows = mast.observations(PROGRAM, call=Call(10))
        assert rows.empty == (fault.kind == "empty")
    else:
        with pytest.raises(error, match=says) as caught:
            mast.observations(PROGRAM, call=Call(DEADLINE))
        message = str(caught.value)
        assert type(caught.value) is error
        assert "127.0.0.1" in message  # who
        assert caught.value.hint  # what to do next
        assert time.monotonic() - started < DEADLINE + SLACK


@pytest.mark.parametrize(
    ("fault", "error", "says"),
    [row for row in OUTCOMES if row[0].kind not in ("flood", "trickle", "delay")],
    ids=name_of,
)
def test_products_under_every_fault(
    serve: Callable[..., ReplicaServer],
    fault: Fault,
    error: type[ArchiveError] | None,
    says: str,
) -> None:
    mast = MastArchive(serve(fault).url)
    started = time.monotonic()
    try:
        (batch,) = mast.products(["84416565"], call=Call(10 if error is None else DEADLINE))
        outcome = batch.error
    except ArchiveError as raised:
        outcome = raised
    assert time.monotonic() - started < DEADLINE + SLACK
    assert type(outcome) is (error or type(None))
    if error is None:
        assert len(batch.rows) == (0 if fault.kind == "empty" else 107)


@pytest.mark.parametrize(
    ("fault", "error", "says"),
    [
        (Fault("silent"), ArchiveTimeout, "within 1 s|fell silent"),
        (Fault("trickle", seconds=0.1), ArchiveTimeout, "within 1 s"),
        (Fault("reset"), ArchiveUnavailable, "broke"),
        (Fault("status", status=503), ArchiveUnavailable, "503"),
        (Fault("status", status=503, times=2, retry_after=0), None, ""),
        (Fault("status", status=401), NotAuthorized, "MAST_API_TOKEN"),
        (Fault("status", status=403), NotAuthorized, "MAST_API_TOKEN"),
        (Fault("status", status=404), NotInArchive, "holds no file"),
        (Fault("status", status=204), ArchiveAnswerError, "HTTP 204"),
        (Fault("html"), ArchiveAnswerError, "web page"),
        (Fault("drop", bytes=10), ArchiveAnswerError, "after 10 of"),
        (Fault("drop", bytes=10, times=1), None, ""),
        (Fault("lying-length"), ArchiveAnswerError, "ended early"),
        (Fault("flood"), ArchiveAnswerError, "more than 64 MB"),
        (Fault("redirect"), None, ""),
        (Fault("loop"), ArchiveAnswerError, "circle"),
    ],
    ids=name_of,
)
def test_reading_under_every_fault(
    serve: Callable[..., ReplicaServer],
    archive: TablesArchive,
    fault: Fault,
    error: type[ArchiveError] | None,
    says: str,
) -> None:
    mast = MastArchive(serve(fault).url)
    started = time.monotonic()
    if error is None:
        assert mast.read(ASN, call=Call(10)) == archive.documents[ASN]
        return
    with pytest.raises(error, match=says) as caught:
        mast.read(ASN, call=Call(DEADLINE))
    assert type(caught.value) is error
    assert caught.value.hint
    assert time.monotonic() - started < DEADLINE + SLACK


def test_no_server_at_all(serve: Callable[..., ReplicaServer]) -> None:
    server = serve()
    mast = MastArchive(server.url)
    server.stop()
    for ask in (lambda: mast.observations(PROGRAM), lambda: mast.read(ASN)):
        with pytest.raises(ArchiveUnavailable, match="accepts no connection"):
            ask()


def test_a_host_that_does_not_exist() -> None:
    started = time.monotonic()
    with pytest.raises((ArchiveUnavailable, ArchiveTimeout)):
        MastArchive("http://mast.invalid").observations(PROGRAM, call=Call(3))
    assert time.monotonic() - started < 4


def test_cancel_ends_a_silent_request_at_once(serve: Callable[..., ReplicaServer]) -> None:
    call = Call(60)
    threading.Timer(0.3, call.cancelled.set).start()
    started = time.monotonic()
    with pytest.raises(Cancelled, match="Query"):
        MastArchive(serve(Fault("silent")).url).observations(PROGRAM, call=call)
    assert time.monotonic() - started < 1.0


def test_large_files_are_refused_before_they_are_sent(serve: Callable[..., ReplicaServer]) -> None:
    server = serve()
    big = "mast:JWST/product/jw02733002001_02103_00001_mirimage_uncal.fits"
    with pytest.raises(ArchiveAnswerError, match="more than 64 MB"):
        MastArchive(server.url).read(big)


def test_an_error_of_the_progress_callback_is_not_swallowed(
    serve: Callable[..., ReplicaServer],
) -> None:
    def fail(_: Progress) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        MastArchive(serve().url).observations(PROGRAM, call=Call(10, progress=fail))


# --- tokens ---------------------------------------------------------------------------------------

TOKEN = "3f1c9aa0secret"
EXCLUSIVE = "mast:JWST/product/jw02221001001_05101_00001_nrcalong_uncal.fits"


def test_exclusive_files_need_the_token(
    serve: Callable[..., ReplicaServer], monkeypatch: pytest.MonkeyPatch
) -> None:
    server = serve(tokens=[TOKEN], body_scale=1e-4)
    mast = MastArchive(server.url)
    with pytest.raises(NotAuthorized, match=r"No token was sent.*MAST_API_TOKEN"):
        mast.read(EXCLUSIVE)
    monkeypatch.setenv("MAST_API_TOKEN", "wrong")
    with pytest.raises(NotAuthorized, match="not accepted"):
        mast.read(EXCLUSIVE)
    monkeypatch.setenv("MAST_API_TOKEN", f" {TOKEN}\n")  # read at call time
    assert mast.read(EXCLUSIVE) == server.body(EXCLUSIVE)
    assert [r.authorized for r in server.log] == [False, False, True]
    monkeypatch.delenv("MAST_API_TOKEN")
    assert MastArchive(server.url, token=TOKEN).read(EXCLUSIVE)


def test_a_token_is_sent_for_files_only(serve: Callable[..., ReplicaServer]) -> None:
    server = serve(tokens=[TOKEN])
    mast = MastArchive(server.url, token=TOKEN)
    mast.observations(PROGRAM)
    list(mast.products(["84416565"]))
    mast.read(ASN)
    assert {r.endpoint: r.authorized for r in server.log} == {
        "columnsconfig": False, "invoke": False, "download": True,
    }  # fmt: skip


def test_a_token_shows_nowhere(
    serve: Callable[..., ReplicaServer], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    logging.getLogger("astroquery").setLevel(logging.DEBUG)
    server = serve(Fault("status", "download", status=403))
    mast = MastArchive(server.url, token=TOKEN)
    with pytest.raises(NotAuthorized) as caught:
        mast.read(ASN)
    mast.observations(PROGRAM)
    chain: list[BaseException | None] = [caught.value]
    while chain[-1] is not None:
        chain.append(chain[-1].__cause__ or chain[-1].__context__)
    shown = [repr(mast), repr(vars(mast)), caplog.text, repr(server.log), *map(repr, chain)]
    assert not [text for text in shown if TOKEN in text]
    with pytest.raises(TypeError, match="never written"):
        pickle.dumps(mast._token)


@pytest.mark.parametrize("bad", ["two words", "line\nbreak", "ünï", "a\x00b"])
def test_a_malformed_token_is_refused_without_being_shown(bad: str) -> None:
    with pytest.raises(NotAuthorized) as caught:
        MastArchive("http://127.0.0.1:9", token=bad).read(ASN)
    assert bad not in str(caught.value)


def test_a_token_does_not_travel_in_the_open(monkeypatch: pytest.MonkeyPatch) -> None:
    assert MastArchive("http://archive.example", token=TOKEN)._token.read() == ""
    assert MastArchive("https://archive.example", token=TOKEN)._token.read() == TOKEN


def test_login_never_asks(
    serve: Callable[..., ReplicaServer], monkeypatch: pytest.MonkeyPatch
) -> None:
    import getpass

    monkeypatch.setattr(getpass, "getpass", lambda *_: pytest.fail("asked for a token"))
    server = serve(tokens=[TOKEN])
    with pytest.raises(NotAuthorized, match="no MAST API token"):
        MastArchive(server.url).login()
    with pytest.raises(NotAuthorized, match="does not accept"):
        MastArchive(server.url, token="wrong").login()
    assert MastArchive(server.url, token=TOKEN).login() == "Replica User"


# --- the rest -------------------------------------------------------------------------------------


def test_importing_is_cheap() -> None:
    code = (
        "import sys, jwstwidgets.archive.mast; "
        "sys.exit(any(m in sys.modules for m in ('astroquery', 'astropy', 'requests')))"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


@pytest.mark.parametrize("server", ["127.0.0.1:80", "ftp://a", "http://", "http://u:p@host"])
def test_only_addresses_of_servers(server: str) -> None:
    with pytest.raises(QueryError):
        MastArchive(server)


@pytest.mark.parametrize("name", ["batch", "workers", "page_size"])
def test_parameters_are_checked(name: str) -> None:
    with pytest.raises(QueryError, match=name):
        MastArchive(**{name: 0})


@pytest.mark.parametrize("uri", ["", " mast:a", "a.fits"])
def test_only_uris_are_read(uri: str) -> None:
    with pytest.raises(QueryError, match="data URI"):
        MastArchive().read(uri)


def test_a_uri_is_quoted_in_its_address() -> None:
    url = MastArchive().download_url("mast:JWST/product/a b&c=#.fits")
    assert (
        url
        == "https://mast.stsci.edu/api/v0.1/Download/file?uri=mast:JWST/product/a%20b%26c%3D%23.fits"
    )


def test_a_wire_that_is_closed_refuses_new_connections(
    serve: Callable[..., ReplicaServer],
) -> None:
    line = wire.Wire(Call(5))
    line.close()
    with pytest.raises(Cancelled):
        line.request("GET", serve().url, limit=100)


def test_wide_lists_do_not_lose_a_row(
    serve: Callable[..., ReplicaServer], archive: TablesArchive
) -> None:
    (batch,) = MastArchive(serve().url).products([MIRI])
    mine = batch.rows.drop_duplicates(["dataURI", "obsID"])
    theirs = archive.files[archive.files["parent_obsid"] == MIRI]
    theirs = theirs.drop_duplicates(["dataURI", "obsID"])
    pd.testing.assert_series_equal(
        mine["size"].reset_index(drop=True).where(mine["dataURI"].ne(ASN).to_numpy()),
        theirs["size"].reset_index(drop=True).where(theirs["dataURI"].ne(ASN).to_numpy()),
        check_dtype=False,
    )
    assert I2D in set(mine["dataURI"])
