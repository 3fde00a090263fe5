"""The download script against a server that fails: no wrong file ever gets its name."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from http_faults import Fault, FaultyServer
from script_runs import SHELLS, TOKEN, TOOLS, ScriptRuns, basket_of, uri_of

pytestmark = [
    pytest.mark.skipif(os.name != "posix", reason="sh scripts are for POSIX systems"),
    pytest.mark.skipif("curl" not in TOOLS, reason="curl is not installed"),
]

SIZE = 200_000
NAMES = [f"jw02733002001_02103_{i:05d}_mirimage_cal.fits" for i in range(1, 13)]
BODIES = {uri_of(name): bytes([65 + i]) * SIZE for i, name in enumerate(NAMES)}
URIS = list(BODIES)
EXPECTED = dict(zip(NAMES, BODIES.values(), strict=True))


@pytest.fixture
def server() -> Iterator[FaultyServer]:
    with FaultyServer(dict(BODIES), token=TOKEN) as running:
        yield running


@pytest.fixture(params=TOOLS)
def runs(tmp_path: Path, server: FaultyServer, request: pytest.FixtureRequest) -> ScriptRuns:
    return ScriptRuns(tmp_path, server, request.param)


@pytest.fixture
def curl(tmp_path: Path, server: FaultyServer) -> ScriptRuns:
    return ScriptRuns(tmp_path, server)


def wait_until(condition: Callable[[], object], seconds: float = 10) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.02)


def alive(group: int) -> bool:
    """Whether any process of this session is left (zombies apart: they are reaped by then)."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(group, 0)
        return True
    return False


@pytest.mark.parametrize("shell", SHELLS)
def test_many_faults_then_a_second_run_fetches_only_the_rest(
    runs: ScriptRuns, server: FaultyServer, shell: str
) -> None:
    recovered = {
        0: Fault("drop", times=2, keep=50_000),
        1: Fault("status", times=2, status=500),
        2: Fault("status", times=1, status=429, headers={"Retry-After": "1"}),
        3: Fault("html-drop", times=1),
        4: Fault("silent", times=1),
    }
    lost = {
        5: Fault("status", status=404),
        6: Fault("short", keep=1000),
        7: Fault("long"),
        8: Fault("html"),
        9: Fault("drop", keep=0),
        10: Fault("status", status=503, headers={"Retry-After": "9999"}),
    }
    for i, fault in (recovered | lost).items():
        server.fail(URIS[i], fault)
    runs.write(basket_of(BODIES))
    first = runs.run("--jobs", "4", shell=shell)
    assert first.status == 1
    assert first.failed == {NAMES[i] for i in lost}
    assert "6 of 12 files whole, 1.2 MB" in first.out
    assert all(EXPECTED[name] == body for name, body in runs.named().items())
    assert len(runs.named()) == 6

    server.faults.clear()
    server.log.clear()
    second = runs.run("--jobs", "4", shell=shell)
    assert second.status == 0, second.out
    assert "12 of 12 files whole, 2.4 MB" in second.out
    assert runs.files() == EXPECTED  # no .part, no lock, nothing else
    assert server.sent() == 6 * SIZE
    assert runs.leftovers() == []

    server.log.clear()
    assert runs.run(shell=shell).status == 0
    assert server.log == []  # all whole: the server is not even asked


def test_a_dropped_file_goes_on_where_it_stopped(runs: ScriptRuns, server: FaultyServer) -> None:
    server.fail(URIS[0], Fault("drop", times=3, keep=50_000))
    runs.write(basket_of({URIS[0]: BODIES[URIS[0]]}))
    assert runs.run().status == 0
    assert runs.files() == {NAMES[0]: EXPECTED[NAMES[0]]}
    assert server.sent() == SIZE


def test_a_lying_length_is_never_believed(runs: ScriptRuns, server: FaultyServer) -> None:
    server.fail(URIS[0], Fault("drop", keep=SIZE - 1))  # promises all, sends one byte less
    runs.write(basket_of({URIS[0]: BODIES[URIS[0]]}))
    run = runs.run(MAST_TRIES="1")
    assert (run.status, runs.named()) == (1, {})
    server.faults.clear()
    assert runs.run().status == 0
    assert runs.files() == {NAMES[0]: EXPECTED[NAMES[0]]}
    assert server.sent() == SIZE


@pytest.mark.parametrize("kind", ["ignore-range", "wrong-range"])
def test_a_server_without_ranges_cannot_spoil_a_file(
    runs: ScriptRuns, server: FaultyServer, kind: str
) -> None:
    server.fail(URIS[0], Fault("drop", times=1, keep=50_000))
    runs.write(basket_of({URIS[0]: BODIES[URIS[0]]}))
    assert runs.run(MAST_TRIES="1").status == 1
    server.fail(URIS[0], Fault(kind))
    run = runs.run()
    assert runs.named() in ({}, {NAMES[0]: EXPECTED[NAMES[0]]})
    assert (run.status == 0) == bool(runs.named())
    server.faults.clear()
    assert runs.run().status == 0
    assert runs.files() == {NAMES[0]: EXPECTED[NAMES[0]]}


def test_a_part_of_an_older_version_is_not_continued(
    runs: ScriptRuns, server: FaultyServer
) -> None:
    server.fail(URIS[0], Fault("drop", times=1, keep=50_000))
    runs.write(basket_of({URIS[0]: BODIES[URIS[0]]}))
    runs.run(MAST_TRIES="1")
    server.bodies[URIS[0]] = b"new" + b"n" * (SIZE - 3)  # reprocessed: same size, other bytes
    assert runs.run().status == 0
    assert runs.files() == {NAMES[0]: server.bodies[URIS[0]]}


def test_a_part_this_script_did_not_begin_is_not_continued(
    runs: ScriptRuns, server: FaultyServer
) -> None:
    runs.write(basket_of({URIS[0]: BODIES[URIS[0]]}))
    runs.dest.mkdir()
    (runs.dest / f"{NAMES[0]}.part").write_bytes(b"somebody else's")
    (runs.dest / NAMES[0]).write_bytes(b"short")  # and a wrong file under the name is replaced
    assert runs.run().status == 0
    assert runs.files() == {NAMES[0]: EXPECTED[NAMES[0]]}


def test_an_unknown_size_needs_the_servers_word(runs: ScriptRuns, server: FaultyServer) -> None:
    some = dict(list(BODIES.items())[:5])
    server.fail(URIS[1], Fault("drop", times=1, keep=1000))  # goes on
    server.fail(URIS[2], Fault("drop", keep=0))
    server.fail(URIS[3], Fault("no-length"))
    server.fail(URIS[4], Fault("html"))
    runs.write(basket_of(some, size=[None] * 5))
    run = runs.run()
    assert run.failed == set(NAMES[2:5])
    assert runs.named() == {name: EXPECTED[name] for name in NAMES[:2]}


def test_a_trickling_server_is_given_up(curl: ScriptRuns, server: FaultyServer) -> None:
    server.fail(URIS[0], Fault("trickle"))
    curl.write(basket_of(dict(list(BODIES.items())[:2])))
    run = curl.run(MAST_STALL_TIMEOUT="1", MAST_TRIES="2")
    assert run.failed == {NAMES[0]}
    assert curl.named() == {NAMES[1]: EXPECTED[NAMES[1]]}


def test_redirects_are_followed(runs: ScriptRuns, server: FaultyServer) -> None:
    server.fail(
        URIS[0], Fault("redirect", times=1, headers={"Location": f"/elsewhere?uri={URIS[0]}"})
    )
    runs.write(basket_of({URIS[0]: BODIES[URIS[0]]}))
    assert runs.run().status == 0
    assert runs.files() == {NAMES[0]: EXPECTED[NAMES[0]]}


# --- tokens --------------------------------------------------------------------------------------


def test_restricted_files_without_or_with_a_bad_token(
    runs: ScriptRuns, server: FaultyServer
) -> None:
    server.restricted = {URIS[0]}
    some = dict(list(BODIES.items())[:2])
    runs.write(basket_of(some, rights=["EXCLUSIVE_ACCESS", "PUBLIC"]))
    without = runs.run()
    assert (without.status, without.failed) == (1, {NAMES[0]})
    assert "set MAST_API_TOKEN" in without.out
    bad = runs.run(MAST_API_TOKEN="expired")
    assert (bad.status, bad.failed) == (1, {NAMES[0]})
    assert "MAST_API_TOKEN has expired" in bad.out
    assert "expired\n" not in bad.out.replace("has expired", "")
    good = runs.run(MAST_API_TOKEN=TOKEN)
    assert good.status == 0
    assert runs.files() == {name: EXPECTED[name] for name in NAMES[:2]}
    with_token = {r.uri for r in server.log if "Authorization" in r.headers}
    assert with_token == {URIS[0]}  # public files go without


def test_a_token_with_control_characters_is_refused(curl: ScriptRuns) -> None:
    curl.write(basket_of({URIS[0]: BODIES[URIS[0]]}, rights=["EXCLUSIVE_ACCESS"]))
    run = curl.run(MAST_API_TOKEN='x"\nurl = "http://127.0.0.1:1/')
    assert run.status == 2
    assert "127.0.0.1:1/" not in run.out


@pytest.mark.parametrize("keeps_origin", [True, False])
def test_the_token_stays_with_the_archive(
    runs: ScriptRuns, server: FaultyServer, keeps_origin: bool
) -> None:
    server.restricted = {URIS[0]}
    with FaultyServer(dict(BODIES)) as other:
        origin = server.url if keeps_origin else other.url
        place = f"{origin}/elsewhere?uri={URIS[0]}"
        server.fail(URIS[0], Fault("redirect", times=1, headers={"Location": place}))
        runs.write(basket_of({URIS[0]: BODIES[URIS[0]]}, rights=["EXCLUSIVE_ACCESS"]))
        run = runs.run(MAST_API_TOKEN=TOKEN)
        assert run.status == 0, run.out
        assert runs.files() == {NAMES[0]: EXPECTED[NAMES[0]]}
        assert all("Authorization" not in r.headers for r in other.log)


def test_the_token_is_not_sent_in_the_clear(curl: ScriptRuns) -> None:
    curl.write(basket_of({URIS[0]: BODIES[URIS[0]]}, rights=["EXCLUSIVE_ACCESS"]))
    # .invalid is never resolved: nothing leaves the machine.
    run = curl.run("--server", "http://mast.invalid", MAST_TRIES="1", MAST_API_TOKEN=TOKEN)
    assert run.status == 1
    assert "The token stays here: http://mast.invalid is not https." in run.out


@pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="reads /proc")
@pytest.mark.parametrize("shell", SHELLS[:2])
def test_the_token_is_seen_nowhere(runs: ScriptRuns, server: FaultyServer, shell: str) -> None:
    server.restricted = set(URIS[:2])
    for uri in URIS[:2]:
        server.fail(uri, Fault("slow"))
    some = dict(list(BODIES.items())[:2])
    runs.write(basket_of(some, rights="EXCLUSIVE_ACCESS"))
    # Exported names of the script's own variables must not carry it on either.
    env = {"MAST_API_TOKEN": TOKEN, "token": "a", "auth": "b", "options": "c"}
    seen, loaders = b"", 0
    with runs.start(shell=shell, **env) as process:
        while process.poll() is None:
            for folder in Path("/proc").glob("[0-9]*"):
                with contextlib.suppress(OSError):
                    command = (folder / "cmdline").read_bytes()
                    seen += command
                    if command.split(b"\0")[0] in (b"curl", b"wget"):
                        loaders += 1
                        seen += (folder / "environ").read_bytes()
            time.sleep(0.03)
    out = runs.output.read_text()
    assert process.returncode == 0, out
    assert loaders > 0
    assert TOKEN not in out
    assert TOKEN.encode() not in seen
    assert TOKEN not in runs.path.read_text()


# --- stopped in the middle -----------------------------------------------------------------------


@pytest.mark.parametrize("shell", SHELLS[:2])
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_a_stopped_run_goes_on(
    curl: ScriptRuns, server: FaultyServer, shell: str, how: signal.Signals
) -> None:
    for uri in URIS[:3]:
        server.fail(uri, Fault("slow", times=1))
    curl.write(basket_of(BODIES))
    with curl.start("--jobs", "3", shell=shell) as process:
        wait_until(lambda: len(list(curl.dest.glob("*.part"))) == 3)
        time.sleep(0.15)
        if how == signal.SIGKILL:
            os.killpg(process.pid, how)
        else:
            process.send_signal(how)  # to the script alone: it must stop its own workers
        process.wait(timeout=10)
    out = curl.output.read_text()
    if how != signal.SIGKILL:
        assert process.returncode == 128 + how, out
        assert "Interrupted" in out
        assert not alive(process.pid)
        assert curl.leftovers() == []
    parts = sum(p.stat().st_size for p in curl.dest.glob("*.part"))
    assert 0 < parts < 3 * SIZE
    wait_until(lambda: len(server.log) >= 3)  # the server has noticed
    server.log.clear()
    run = curl.run(shell=shell)
    assert run.status == 0, run.out
    assert curl.files() == EXPECTED
    assert server.sent() == 12 * SIZE - parts


def test_what_a_killed_script_left_running_is_waited_for(
    curl: ScriptRuns, server: FaultyServer
) -> None:
    server.fail(URIS[0], Fault("slow", times=1))
    curl.write(basket_of({URIS[0]: BODIES[URIS[0]]}))
    with curl.start("--jobs", "1") as process:
        wait_until(lambda: list(curl.dest.glob("*.part")))
        process.kill()  # its worker and curl live on, and write
    run = curl.run()
    assert run.status == 0, run.out
    assert curl.files() == {NAMES[0]: EXPECTED[NAMES[0]]}
    assert server.sent() == SIZE


def test_two_runs_in_one_folder(curl: ScriptRuns, server: FaultyServer) -> None:
    server.fail(URIS[0], Fault("slow", times=1))
    curl.write(basket_of({URIS[0]: BODIES[URIS[0]]}))
    with curl.start() as process:
        wait_until(lambda: list(curl.dest.glob("*.part")))
        second = curl.run()
        assert second.status == 2
        assert "Another run writes to" in second.out
        process.wait(timeout=20)
    assert process.returncode == 0
    assert curl.files() == {NAMES[0]: EXPECTED[NAMES[0]]}
