"""The replica: MAST's protocol as real clients see it, files to the last byte, and faults."""

from __future__ import annotations

import http.client
import json
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote, urlsplit

import pytest
import requests
from archive_fakes import ASN, I2D, MIRI, TablesArchive, real_archive
from hypothesis import given
from hypothesis import strategies as st

from jwstwidgets.archive import MastArchive
from jwstwidgets.archive.protocol import Query
from jwstwidgets.archive.replica import Fault, Faults, ReplicaServer
from jwstwidgets.archive.replica.files import BLOCK, made_up
from jwstwidgets.errors import ArchiveUnavailable, NotInArchive

TOKEN = "3f1c9aa0secret"
EXCLUSIVE = "mast:JWST/product/jw02221001001_05101_00001_nrcalong_uncal.fits"
UNCAL = "mast:JWST/product/jw02733002001_02103_00001_mirimage_uncal.fits"


@pytest.fixture(scope="module")
def archive(real: Path) -> TablesArchive:
    return real_archive(real)


@pytest.fixture(scope="module")
def server(archive: TablesArchive) -> Iterator[ReplicaServer]:
    with ReplicaServer(archive, body_scale=0.01, tokens=[TOKEN]) as running:
        yield running
    assert running.failures == []


@pytest.fixture
def web(server: ReplicaServer) -> Iterator[requests.Session]:
    with requests.Session() as session:
        session.trust_env = False
        yield session


def address(server: ReplicaServer, uri: str) -> str:
    return f"{server.url}/api/v0.1/Download/file?uri={quote(uri, safe=':/')}"


# --- as astroquery sees it ------------------------------------------------------------------------


@pytest.fixture
def observations(server: ReplicaServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[object]:
    """Astroquery's own client, untouched but for the addresses."""
    from astroquery.mast import ObservationsClass

    client = ObservationsClass()
    portal = client._portal_api_connection
    portal._column_configs = {}
    portal.MAST_REQUEST_URL = f"{server.url}/api/v0/invoke"
    portal.COLUMNS_CONFIG_URL = f"{server.url}/portal/Mashup/Mashup.asmx/columnsconfig"
    portal.MAST_DOWNLOAD_URL = f"{server.url}/api/v0.1/Download/file"
    client._auth_obj.SESSION_INFO_URL = f"{server.url}/whoami"
    client._session.trust_env = False
    yield client
    client._session.close()


def test_astroquery_finds_observations_and_products(observations, archive: TablesArchive) -> None:
    rows = observations.query_criteria(obs_collection="JWST", proposal_id="1541")
    assert sorted(rows["obsid"]) == sorted(archive.observations(Query(program=1541))["obsid"])
    assert observations.query_criteria_count(obs_collection="JWST", proposal_id="1541") == len(rows)
    products = observations.get_product_list(MIRI)
    assert len(products) == 3470
    assert set(products["parent_obsid"]) == {MIRI}
    recommended = observations.filter_products(products, mrp_only=True)
    assert len(recommended) == 5


def test_astroquery_pages_and_ranges(observations, archive: TablesArchive) -> None:
    pages = observations.query_criteria(
        obs_collection="JWST", instrument_name="NIRCAM*", t_exptime=[1000, 2000], pagesize=7
    )
    expected = archive.rows[
        archive.rows["instrument_name"].str.startswith("NIRCAM")
        & archive.rows["t_exptime"].between(1000, 2000)
    ]
    assert sorted(pages["obsid"]) == sorted(expected["obsid"])
    assert len(pages) > 7


def test_astroquery_searches_a_position(observations, archive: TablesArchive) -> None:
    from astropy.coordinates import SkyCoord

    row = archive.rows.iloc[0]
    here = SkyCoord(row["s_ra"], row["s_dec"], unit="deg")
    found = observations.query_criteria(obs_collection="JWST", coordinates=here, radius="0.01 deg")
    assert row["obsid"] in list(found["obsid"])
    assert max(found["distance"]) <= 36  # arcsec


def test_astroquery_shows_the_columns(observations) -> None:
    names = list(observations.get_metadata("observations")["Column Name"])
    assert {"obs_id", "s_ra", "proposal_id", "instrument_name"} <= set(names)
    assert "parent_obsid" in list(observations.get_metadata("products")["Column Name"])


def test_astroquery_downloads(observations, server: ReplicaServer, tmp_path: Path) -> None:
    status, _, _ = observations.download_file(I2D, local_path=str(tmp_path / "a.fits"))
    assert status == "COMPLETE"
    assert (tmp_path / "a.fits").read_bytes() == server.body(I2D)


def test_astroquery_logs_in(observations) -> None:
    observations.login(TOKEN)
    assert observations.session_info(verbose=False)["anon"] is False


def test_astroquery_is_told_of_errors(observations) -> None:
    from astroquery.exceptions import RemoteServiceError

    with pytest.raises(RemoteServiceError, match="Unable to locate service"):
        observations._portal_api_connection.service_request("Mast.No.Such", {})


def test_names_are_resolved_from_the_targets(server: ReplicaServer, web: requests.Session) -> None:
    question = {"service": "Mast.Name.Lookup", "params": {"input": "HAT-P-14", "format": "json"}}
    body = "request=" + quote(json.dumps(question))
    answer = web.post(f"{server.url}/api/v0/invoke", data=body).json()
    assert answer["resolvedCoordinate"][0]["ra"] == pytest.approx(260.116, abs=0.01)
    question["params"] = {"input": "no such target"}
    body = "request=" + quote(json.dumps(question))
    assert web.post(f"{server.url}/api/v0/invoke", data=body).json()["resolvedCoordinate"] == []


@pytest.mark.parametrize(
    "question",
    [
        "", "{", "[]", '{"service": "Mast.Caom.Products"}', '{"service": "Mast.Caom.Filtered"}x',
        '{"service": "Mast.Caom.Filtered", "params": {"filters": [{"paramName": "no_column"}]}}',
        '{"service": "Mast.Caom.Filtered", "params": {"filters": [1]}}',
        '{"service": "Mast.Caom.Filtered.Position", "params": {"position": "1,2"}}',
    ],
)  # fmt: skip
def test_nonsense_is_answered_with_an_error(
    server: ReplicaServer, web: requests.Session, question: str
) -> None:
    answer = web.post(f"{server.url}/api/v0/invoke", data=f"request={quote(question)}")
    assert answer.status_code == 200
    assert answer.json()["status"] == "ERROR"


# --- files ----------------------------------------------------------------------------------------


@given(st.integers(0, 3 * BLOCK), st.integers(0, 3 * BLOCK), st.integers(0, 3 * BLOCK))
def test_any_part_is_that_of_the_whole(size: int, start: int, stop: int) -> None:
    whole = b"".join(made_up("mast:a", size))
    assert len(whole) == size
    assert b"".join(made_up("mast:a", size, start, stop)) == whole[start:stop]


def test_files_and_blocks_differ() -> None:
    whole = b"".join(made_up("mast:a", 3 * BLOCK))
    assert len({whole[:BLOCK], whole[BLOCK : 2 * BLOCK], whole[2 * BLOCK :]}) == 3
    assert whole != b"".join(made_up("mast:b", 3 * BLOCK))


def test_sizes_are_those_the_list_states(server: ReplicaServer, web: requests.Session) -> None:
    (batch,) = MastArchive(server.url).products([MIRI])
    listed = batch.rows.drop_duplicates("dataURI").set_index("dataURI")["size"]
    for uri in [ASN, *listed.index[::60]]:
        head = web.head(address(server, uri))
        assert int(head.headers["Content-Length"]) == listed[uri]
        assert head.content == b""
        assert len(web.get(address(server, uri)).content) == listed[uri]


def test_documents_are_the_archives_own(server: ReplicaServer, archive: TablesArchive) -> None:
    assert MastArchive(server.url).read(ASN) == archive.documents[ASN]


def test_bodies_are_of_the_stated_size_unless_scaled(archive: TablesArchive) -> None:
    with ReplicaServer(archive) as full:
        (batch,) = MastArchive(full.url).products([MIRI])
        head = requests.head(address(full, UNCAL))
    sizes = batch.rows.set_index("dataURI")["size"]
    stated = archive.files.set_index("dataURI")["size"]
    assert sizes[UNCAL] == stated[UNCAL] == int(head.headers["Content-Length"]) > 1e8


@pytest.mark.parametrize(
    ("asked", "part"),
    [
        ("bytes=0-0", slice(0, 1)),
        ("bytes=10-", slice(10, None)),
        ("bytes=100-65540", slice(100, 65541)),
        ("bytes=-7", slice(-7, None)),
        ("bytes=5-999999999999", slice(5, None)),
        ("bytes=-999999999999", slice(0, None)),
    ],
)
def test_ranges(
    server: ReplicaServer, web: requests.Session, asked: str, part: slice[int, int, None]
) -> None:
    whole = server.body(UNCAL)
    answer = web.get(address(server, UNCAL), headers={"Range": asked})
    assert answer.status_code == 206
    assert answer.content == whole[part]
    start, stop, _ = part.indices(len(whole))
    assert answer.headers["Content-Range"] == f"bytes {start}-{stop - 1}/{len(whole)}"


@pytest.mark.parametrize("asked", ["bytes=5-2", "bytes=-", "bytes=0-1,4-5", "lines=1-2", "bytes=x"])
def test_odd_ranges_get_the_whole(server: ReplicaServer, web: requests.Session, asked: str) -> None:
    answer = web.get(address(server, UNCAL), headers={"Range": asked})
    assert (answer.status_code, answer.content) == (200, server.body(UNCAL))


@pytest.mark.parametrize("asked", ["bytes={size}-", "bytes=99999999999-", "bytes=-0"])
def test_ranges_beyond_the_end(server: ReplicaServer, web: requests.Session, asked: str) -> None:
    size = len(server.body(UNCAL))
    answer = web.get(address(server, UNCAL), headers={"Range": asked.format(size=size)})
    assert (answer.status_code, answer.content) == (416, b"")
    assert answer.headers["Content-Range"] == f"bytes */{size}"


def test_if_range(server: ReplicaServer, web: requests.Session) -> None:
    tag = web.head(address(server, UNCAL)).headers["ETag"]
    for given_tag, status in [(tag, 206), ('"another"', 200)]:
        headers = {"Range": "bytes=5-9", "If-Range": given_tag}
        assert web.get(address(server, UNCAL), headers=headers).status_code == status


def test_only_listed_files_are_there(
    server: ReplicaServer, web: requests.Session, tmp_path: Path
) -> None:
    (tmp_path / "secret").write_text("secret")
    for uri in ["", "mast:JWST/product/no_such.fits", "../../etc/passwd", "/etc/passwd",
                f"file://{tmp_path}/secret", str(tmp_path / "secret")]:  # fmt: skip
        assert web.get(address(server, uri)).status_code == 404
    assert web.get(f"{server.url}/etc/passwd").status_code == 404
    assert web.get(f"{server.url}/").status_code == 404
    with pytest.raises(NotInArchive):
        server.body("mast:JWST/product/no_such.fits")


def test_tokens(server: ReplicaServer, web: requests.Session) -> None:
    def status(**kwargs: dict[str, str]) -> int:
        return web.get(address(server, EXCLUSIVE), **kwargs).status_code  # type: ignore[arg-type]

    assert status() == 401
    assert status(headers={"Authorization": "token wrong"}) == 401
    assert status(headers={"Authorization": f"token {TOKEN}"}) == 200
    assert status(cookies={"mast_token": TOKEN}) == 200
    assert status(headers={"Authorization": f"Bearer {TOKEN}"}) == 401
    assert TOKEN not in repr(server.log)


# --- the server -----------------------------------------------------------------------------------


def test_only_this_machine_can_reach_it(server: ReplicaServer) -> None:
    assert urlsplit(server.url).hostname == "127.0.0.1"
    assert server._http is not None
    assert server._http.server_address[0] == "127.0.0.1"


def test_any_archive_can_be_served(real: Path) -> None:
    remote = real_archive(real, TablesArchive)
    with ReplicaServer(remote) as first, ReplicaServer(MastArchive(first.url)) as second:
        mast = MastArchive(second.url)
        rows = mast.observations(Query(program=1541, instrument="NIRISS"))
        assert rows["obsid"].tolist() == remote.observations(Query(program=1541))["obsid"].tolist()
        with pytest.raises(NotInArchive):
            mast.read(ASN)  # not listed yet, and a remote archive has no catalogue
        (batch,) = mast.products([MIRI])
        assert len(batch.rows) == 3470
        assert mast.read(ASN) == remote.documents[ASN]
        assert first.failures == second.failures == []


def test_an_error_of_the_archive_is_told(real: Path) -> None:
    remote = real_archive(real, TablesArchive)
    remote.bad = {MIRI: ArchiveUnavailable("The tables are down.", "")}
    with ReplicaServer(remote) as server:
        (batch,) = MastArchive(server.url).products([MIRI])
    assert "The tables are down." in str(batch.error)


def test_it_can_be_stopped_and_started_again(archive: TablesArchive) -> None:
    before = threading.active_count()
    server = ReplicaServer(archive, faults=[Fault("silent", "whoami", times=1)])
    with pytest.raises(RuntimeError, match="not running"):
        _ = server.url
    server.start()
    silent = socket.create_connection(("127.0.0.1", urlsplit(server.url).port or 0))
    silent.sendall(b"GET /whoami HTTP/1.1\r\nHost: x\r\n\r\n")
    idle = socket.create_connection(("127.0.0.1", urlsplit(server.url).port or 0))
    time.sleep(0.2)
    started = time.monotonic()
    server.stop()
    assert time.monotonic() - started < 2
    for connection in (silent, idle):
        assert connection.recv(10) == b""
        connection.close()
    for _ in range(40):
        if threading.active_count() <= before:
            break
        time.sleep(0.05)
    assert threading.active_count() <= before
    with server:
        assert requests.get(f"{server.url}/whoami").json()["anon"] is True
    server.stop()  # twice is fine


def test_a_request_that_is_no_http(server: ReplicaServer) -> None:
    port = urlsplit(server.url).port or 0
    for nonsense in (
        b"\x00\x01\x02\r\n\r\n",
        b"POST /api/v0/invoke HTTP/1.1\r\nContent-Length: -5\r\n\r\n",
    ):
        with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
            connection.sendall(nonsense)
            assert connection.recv(20).startswith((b"HTTP/1.1", b"<!DOCTYPE"))
    assert MastArchive(server.url).read(ASN)


# --- faults ---------------------------------------------------------------------------------------


def test_faults_are_a_script() -> None:
    faults = Faults([Fault("html", times=1, after=1), Fault("drop", "download", times=2)])
    kinds = [getattr(faults.take("download", "mast:a"), "kind", None) for _ in range(5)]
    assert kinds == ["drop", "html", "drop", None, None]
    assert faults.take("invoke", "x") is None
    faults.add(Fault("reset", match="*_i2d.fits"))
    assert faults.take("download", I2D).kind == "reset"  # type: ignore[union-attr]
    faults.clear()
    assert faults.take("download", I2D) is None


def test_faults_are_counted_once_by_many_threads() -> None:
    faults = Faults([Fault("html", times=100)])
    taken: list[object] = []

    def take() -> None:
        taken.extend(faults.take("invoke", "") for _ in range(50))

    threads = [threading.Thread(target=take) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(fault is not None for fault in taken) == 100


def test_the_log_counts_bytes(archive: TablesArchive) -> None:
    fault = Fault("drop", "download", match="*_i2d.fits", bytes=1000, times=1)
    with ReplicaServer(archive, faults=[fault], body_scale=0.001) as server:
        with pytest.raises(requests.exceptions.ChunkedEncodingError):
            requests.get(address(server, I2D))
        rest = requests.get(address(server, I2D), headers={"Range": "bytes=1000-"})
        whole = server.body(I2D)
        assert rest.content == whole[1000:]
        log = [
            (r.method, r.endpoint, r.subject, r.range, r.status, r.sent, r.fault)
            for r in server.log
        ]
    assert log == [
        ("GET", "download", I2D, "", 200, 1000, "drop"),
        ("GET", "download", I2D, "bytes=1000-", 206, len(whole) - 1000, ""),
    ]


@pytest.mark.parametrize("kind", ["ignore-range", "wrong-bytes", "truncated", "redirect"])
def test_faults_of_files(archive: TablesArchive, kind: str) -> None:
    with ReplicaServer(archive, faults=[Fault(kind, times=1)], body_scale=0.001) as server:  # type: ignore[arg-type]
        whole = server.body(I2D)
        answer = requests.get(address(server, I2D), headers={"Range": "bytes=10-"})
        again = requests.get(address(server, I2D), headers={"Range": "bytes=10-"})
    assert again.content == whole[10:]
    part = whole[10:]
    expected = {
        "ignore-range": (200, whole),
        "wrong-bytes": (206, bytes(255 - byte for byte in part)),
        "truncated": (206, part[: len(part) // 2]),
        "redirect": (206, part),
    }
    assert (answer.status_code, answer.content) == expected[kind]


def test_a_reset_is_a_reset(archive: TablesArchive) -> None:
    with ReplicaServer(archive, faults=[Fault("reset")]) as server:
        connection = http.client.HTTPConnection("127.0.0.1", urlsplit(server.url).port)
        with pytest.raises(ConnectionResetError):
            connection.request("GET", "/whoami") or connection.getresponse()
        connection.close()


def test_retry_after_is_sent(archive: TablesArchive) -> None:
    fault = Fault("status", status=429, retry_after=7)
    with ReplicaServer(archive, faults=[fault]) as server:
        answer = requests.get(f"{server.url}/whoami")
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "7")
