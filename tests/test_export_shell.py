"""What is in a download script, and what it does before it asks the server for anything."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest
from http_faults import FaultyServer
from hypothesis import given
from hypothesis import strategies as st
from script_runs import SHELLS, TOOLS, ScriptRuns, basket_of, uri_of

from jwstwidgets.basket import Basket
from jwstwidgets.errors import ExportError
from jwstwidgets.export import FORMATS, ExportInfo, default_filename, get_format, safe_filename
from jwstwidgets.export.listing import safe_filenames

posix = pytest.mark.skipif(os.name != "posix", reason="sh scripts are for POSIX systems")
needs_curl = pytest.mark.skipif("curl" not in TOOLS, reason="curl is not installed")

HOSTILE = [
    "$(touch pwned)", "`touch pwned`", "';touch pwned;'", '"; touch pwned; "', "a\ntouch pwned\n",
    "END_OF_LIST", "\nEND_OF_LIST\ntouch pwned\n", "-rf", "--output", "../../pwned", "/tmp/pwned",
    "..", ".", "", ".jwst-download.lock", "x" * 300 + ".fits", "é" * 200, "a.fits", "A.FITS",
    "a.fits.part", "a.fits.part.head", "a b\tc.fits", "*", "?", "[a]", "a\\b", "a\0b", "\ud800",
    "@LIST@", "%00", "a&b=c#d.fits", "nul", "\x1b[31mred\x07", "\u202efdp.fits",
]  # fmt: skip


@pytest.fixture
def server() -> Iterator[FaultyServer]:
    with FaultyServer({}) as running:
        yield running


@pytest.fixture
def runs(tmp_path: Path, server: FaultyServer) -> ScriptRuns:
    return ScriptRuns(tmp_path, server)


def serve(server: FaultyServer, runs: ScriptRuns, number: int = 3) -> Basket:
    """This many files on the server, and a script for them."""
    server.bodies |= {uri_of(f"f{i}_cal.fits"): b"x" * (1000 * i) for i in range(1, number + 1)}
    basket = basket_of(server.bodies, owners=[(f"o{i % 2}",) for i in range(number)])
    runs.write(basket)
    return basket


def test_it_says_what_it_is() -> None:
    info = ExportInfo(
        archive="sample archive (reconstruction)\nrm -rf /",
        created=datetime(2026, 7, 31, 12, tzinfo=UTC) + timedelta(hours=1),
        version="1.2.3",
    )
    basket = basket_of({uri_of("a b.fits"): b"12", uri_of("c.fits"): b""})
    text = basket.to_text("shell", info)
    assert (
        "# 2 files, 2 B; from sample archive (reconstruction)?rm -rf /; "
        "written 2026-07-31 13:00 UTC by jwstwidgets 1.2.3\n" in text
    )
    assert "#   'a b.fits' -> a_b.fits\n" in text
    assert "\n2 public jw02733-o002 a_b.fits mast:JWST/product/a%20b.fits\n" in text
    assert "@" not in text.replace('"$@"', "").replace("._+,=@-", "")


@pytest.mark.skipif(shutil.which("shellcheck") is None, reason="shellcheck is not installed")
@pytest.mark.parametrize("dialect", ["sh", "bash", "dash"])
def test_shellcheck_has_nothing_to_say(tmp_path: Path, dialect: str) -> None:
    path = basket_of({uri_of("a.fits"): b"12"}).export("shell", tmp_path / "get.sh")
    found = subprocess.run(
        ["shellcheck", "-s", dialect, str(path)], capture_output=True, text=True, check=False
    )
    assert (found.returncode, found.stdout) == (0, "")


# --- names ---------------------------------------------------------------------------------------


@given(st.text(max_size=400))
def test_a_safe_name_is_safe(name: str) -> None:
    safe = safe_filename(name)
    assert safe == safe_filename(safe)
    assert safe.isascii()
    assert safe.isprintable()
    assert 0 < len(safe) <= 200
    assert not set(safe) & set("/\\ $`'\"*?[]<>|&;(){}!~#%:")
    assert safe[0] not in "-.+"
    assert not safe.lower().endswith((".part", ".part.head", ".part.more"))


@given(st.lists(st.sampled_from([*HOSTILE, "b.fits", "B.fits"]), max_size=30))
def test_names_never_collide_and_do_not_depend_on_order(names: list[str]) -> None:
    uris = [f"mast:{i}" for i in range(len(names))]
    safe = safe_filenames(names, uris)
    assert len({name.lower() for name in safe}) == len(names)
    assert safe_filenames(names[::-1], uris[::-1]) == safe[::-1]


def test_ordinary_names_are_kept() -> None:
    names = ["jw02733-o002_t001_miri_f1130w_i2d.fits", "jwst_1364.pmap"]
    assert safe_filenames(names, names) == names


@posix
@needs_curl
@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize("layout", ["flat", "observation"])
def test_hostile_names_do_nothing(
    runs: ScriptRuns, server: FaultyServer, shell: str, layout: str, tmp_path: Path
) -> None:
    uris = [
        f"mast:{i}/{name}".encode("utf-8", "replace").decode() for i, name in enumerate(HOSTILE)
    ]
    server.bodies |= {uri: f"body of {i}".encode() for i, uri in enumerate(uris)}
    basket = basket_of(
        server.bodies,
        filename=pd.Series(HOSTILE, dtype="object"),
        owners=[(name,) for name in HOSTILE],
    )
    runs.write(basket)
    run = runs.run("--layout", layout, "--jobs", "8", shell=shell)
    assert run.status == 0, run.out
    files = runs.files()
    assert sorted(files.values()) == sorted(server.bodies.values())
    assert all(path.count("/") == (layout == "observation") for path in files)
    # "../../pwned" may lie in the destination as "pwned", but nothing else made one.
    assert not (set(tmp_path.rglob("pwned")) - set(runs.dest.rglob("pwned")))
    assert {p.name for p in tmp_path.iterdir()} == {
        runs.dest.name, "bin", "tmp", "get_it.sh", "output"
    }  # fmt: skip


# --- options -------------------------------------------------------------------------------------


@posix
@needs_curl
@pytest.mark.parametrize("shell", SHELLS)
def test_dry_run_only_layout_and_verify(runs: ScriptRuns, server: FaultyServer, shell: str) -> None:
    serve(server, runs)
    dry = runs.run("--dry-run", shell=shell)
    assert (dry.status, runs.dest.exists(), server.log) == (0, False, [])
    assert "3 files, 6 kB: 0 whole already, 3 (6 kB) to fetch into" in dry.out
    assert runs.run("--verify-only", shell=shell).status == 1
    only = runs.run("--only=f[12]_*", "--layout", "observation", shell=shell)
    assert only.status == 0
    assert "2 of 2 files whole, 3 kB" in only.out
    assert set(runs.files()) == {"o0/f1_cal.fits", "o1/f2_cal.fits"}
    (runs.dest / "o1/f2_cal.fits").write_bytes(b"short")
    verify = runs.run("--verify-only", "--layout", "observation", shell=shell)
    assert verify.status == 1
    assert [line.split("  ")[0] for line in verify.out.splitlines()[1:4]] == [
        "whole", "wrong size", "missing",
    ]  # fmt: skip
    assert "1 of 3 files whole, 1 kB" in verify.out
    assert len(server.log) == 2
    assert runs.leftovers() == []


@posix
@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--jobs", "0"], "--jobs takes 1 to 32"),
        (["--jobs", "x"], "--jobs takes a whole number"),
        (["--jobs"], "--jobs needs a value"),
        (["--layout", "tree"], "flat or observation"),
        (["--only", "nothing*"], "No file name matches 'nothing*'"),
        (["--sizes"], "no option '--sizes'"),
        (["--server", "http://127.0.0.1@evil.example"], "no server"),
        (["--server", "file:///etc/passwd"], "no server"),
        (["--server", 'https://x" -o "y'], "no server"),
    ],
)
def test_wrong_options_are_explained(
    runs: ScriptRuns, server: FaultyServer, options: list[str], said: str
) -> None:
    serve(server, runs)
    run = runs.run(*options)
    assert (run.status, server.log) == (2, [])
    assert said in run.out
    assert runs.leftovers() == []


@posix
@needs_curl
def test_the_server_can_be_named_in_three_ways(runs: ScriptRuns, server: FaultyServer) -> None:
    basket = serve(server, runs)
    basket.export("shell", runs.path, ExportInfo(server="https://mast.invalid"))
    assert runs.run("--server", server.url, "--only", "f1*").status == 0
    assert runs.run(MAST_SERVER=f"{server.url}/api/v0.1/Download/file").status == 0
    assert len(runs.files()) == 3
    assert runs.run("--help").status == 0


@posix
@needs_curl
def test_a_link_does_not_lead_out_of_the_folder(runs: ScriptRuns, server: FaultyServer) -> None:
    serve(server, runs, 1)
    runs.dest.mkdir()
    outside = runs.dest.parent / "bin" / "outside"
    for name in ("f1_cal.fits.part", "f1_cal.fits.part.head", "f1_cal.fits"):
        (runs.dest / name).symlink_to(outside)
    assert runs.run().status == 0
    assert not outside.exists()
    assert runs.files() == {"f1_cal.fits": b"x" * 1000}


@posix
def test_without_a_loader_it_says_so(runs: ScriptRuns, server: FaultyServer) -> None:
    serve(server, runs)
    (Path(runs.env["PATH"]) / "curl").unlink()
    run = runs.run()
    assert run.status == 2
    assert "Neither curl nor GNU wget is installed" in run.out


# --- writing -------------------------------------------------------------------------------------


def test_the_script_is_executable_and_named_for_its_files(tmp_path: Path) -> None:
    basket = basket_of({uri_of("a.fits"): b""})
    path = basket.export("shell", tmp_path, ExportInfo(name="jw02733"))
    assert path == tmp_path / "get_jw02733.sh"
    assert os.name != "posix" or path.stat().st_mode & stat.S_IXUSR
    assert basket.export("csv", tmp_path, ExportInfo(name="../x")) == tmp_path / "x.csv"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["get_jw02733.sh", "x.csv"]


def test_what_cannot_be_exported(tmp_path: Path) -> None:
    basket = basket_of({uri_of("a.fits"): b""})
    with pytest.raises(
        ExportError, match=r"no export format 'xlsx'\. Choose one of 'shell', 'csv'"
    ):
        basket.to_text("xlsx")
    with pytest.raises(ExportError, match="empty"):
        Basket().to_text("shell")
    with pytest.raises(ExportError, match="no folder"):
        basket.export("csv", tmp_path / "not" / "there.csv")
    with pytest.raises(ExportError, match="no server"):
        ExportInfo(server="https://user@host/")
    assert list(tmp_path.iterdir()) == []


def test_every_format_is_complete() -> None:
    basket = basket_of({uri_of("a.fits"): b""})
    for kind in FORMATS:
        assert get_format(kind.name) is kind
        assert default_filename(kind.name).endswith(kind.suffix)
        assert basket.to_text(kind.name)
        assert kind.command("a b") != kind.command("ab")
