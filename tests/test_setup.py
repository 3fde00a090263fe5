"""The set-up itself: what is declared, what is left out loudly, what `make` does."""

from __future__ import annotations

import ast
import importlib.metadata
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import sysconfig
import tomllib
import urllib.request
from pathlib import Path

import pytest

import demo
import find_browser
import jwstwidgets
import make_env

ROOT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
#: Imported, and never installed but as a part of the other.
COMES_WITH = {
    "IPython": "ipywidgets",
    "astropy": "astroquery",
    "traitlets": "ipywidgets",
    "urllib3": "requests",
}


def names_of(requirements: list[str]) -> set[str]:
    return {re.match(r"[A-Za-z0-9_-]+", text).group() for text in requirements}


def imported_by(folder: Path) -> set[str]:
    """Distributions that the modules below a folder import, at any level."""
    found = set()
    for path in folder.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                found |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.level == 0:
                found.add(node.module.split(".")[0])
    foreign = found - set(sys.stdlib_module_names) - {"jwstwidgets", "__future__"}
    return {COMES_WITH.get(name, name) for name in foreign}


def test_what_the_package_imports_is_what_it_declares():
    optional = names_of(PROJECT["optional-dependencies"]["networkx"])
    declared = names_of(PROJECT["dependencies"])

    assert imported_by(ROOT / "jwstwidgets") - optional == declared


def test_version_is_that_of_the_project():
    installed = importlib.metadata.version("jwstwidgets")

    assert jwstwidgets.__version__ == installed == PROJECT["version"]
    assert f"{installed}" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


# --- what a machine lacks -------------------------------------------------------------------------

NEEDY = """
def test_rows(real): pass
def test_page(chromium): pass
def test_other(): pass
"""


@pytest.fixture
def bare_machine(tmp_path):
    """Run a small suite with our conftest where there is neither a browser nor real rows."""
    shutil.copy(ROOT / "tests" / "conftest.py", tmp_path)
    (tmp_path / "test_needy.py").write_text(NEEDY, encoding="utf-8")
    lacking = {
        "JWSTWIDGETS_REAL_DATA": str(tmp_path / "nowhere"),
        find_browser.BY_HAND: str(tmp_path / "no-browser"),
    }

    def run(ci: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "pytest", "-c", ROOT / "pyproject.toml", "--rootdir", "."]
        environment = {**os.environ, **lacking, "CI": ci}
        environment.pop("PYTEST_ADDOPTS", None)
        return subprocess.run(
            [*command, *arguments, "."],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
        )

    return run


@pytest.mark.parametrize("workers", ["0", "1"])
def test_what_is_missing_is_left_out_loudly(bare_machine, workers):
    done = bare_machine("", "-n", workers)

    assert done.returncode == 0, done.stdout
    assert "LEFT OUT" in done.stdout
    assert "1 tests against real archive rows: no real archive rows in" in done.stdout
    assert "1 tests of the interface in a real browser: no Chrome or Chromium" in done.stdout
    assert "1 passed, 2 skipped" in done.stdout.splitlines()[-1]


def test_what_is_missing_fails_under_ci(bare_machine):
    done = bare_machine("true")

    assert done.returncode == 1
    assert "1 passed, 2 errors" in done.stdout.splitlines()[-1]


@pytest.mark.parametrize("workers", ["0", "1"])
def test_a_browser_test_that_skips_itself_fails_under_ci(bare_machine, tmp_path, workers):
    (tmp_path / "test_needy.py").write_text(
        "import pytest\n@pytest.mark.browser\ndef test_page(): pytest.skip('no luck')\n",
        encoding="utf-8",
    )

    done = bare_machine("true", "-n", workers)

    assert done.returncode == 1
    assert "LEFT OUT: a failure, because CI is set" in done.stdout


@pytest.mark.parametrize(("ci", "status"), [("", 0), ("false", 0), ("true", 1), ("1", 1)])
def test_find_browser_says_what_is_left_out(tmp_path, ci, status):
    environment = {**os.environ, "CI": ci, find_browser.BY_HAND: str(tmp_path / "none")}
    command = [sys.executable, ROOT / "tools" / "find_browser.py", "--install"]

    done = subprocess.run(command, env=environment, capture_output=True, text=True)

    assert done.returncode == status
    assert done.stdout == ""
    assert "ARE LEFT OUT" in done.stderr


def test_a_browser_that_does_not_start_is_none(tmp_path, monkeypatch):
    stub = tmp_path / "chromium"
    stub.write_text("#!/bin/sh\necho 'requires the chromium snap'; exit 1\n", encoding="utf-8")
    stub.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv(find_browser.BY_HAND, raising=False)
    monkeypatch.setattr(find_browser, "APPLICATIONS", ())
    monkeypatch.setattr(find_browser, "playwrights_own", lambda: None)
    monkeypatch.setattr(find_browser, "driver_runs", lambda: True)
    assert find_browser.find() is None

    stub.write_text("#!/bin/sh\necho Chromium 1.0\n", encoding="utf-8")
    assert find_browser.find() == stub

    monkeypatch.setattr(find_browser, "driver_runs", lambda: False)
    assert find_browser.find() is None


# --- the environment ------------------------------------------------------------------------------


@pytest.fixture
def environment(tmp_path, monkeypatch):
    """`make_env.ensure` with the slow parts replaced by a list of what they were asked."""
    asked = []

    def create(venv):
        asked.append("create")
        venv.mkdir(exist_ok=True)

    def run(*command):
        if "--editable" in command:
            asked.append(str(command[-1]).rpartition("[")[2].rstrip("]"))
        return True

    monkeypatch.setattr(make_env, "create", create)
    monkeypatch.setattr(make_env, "run", run)
    monkeypatch.setattr(make_env, "works", lambda _: True)
    return tmp_path / "venv", asked


def test_environment_is_made_once(environment):
    venv, asked = environment
    make_env.ensure(venv, "lab")
    make_env.ensure(venv, "lab")

    assert asked == ["create", "lab"]


def test_environment_of_the_tests_also_serves_the_demo(environment):
    venv, asked = environment
    make_env.ensure(venv, "lab")
    make_env.ensure(venv, "dev")
    make_env.ensure(venv, "lab")

    assert asked == ["create", "lab", "dev"]


@pytest.mark.parametrize(
    ("changed", "expected"), [("folder", ["create", "dev"]), ("pyproject", ["dev"])]
)
def test_environment_follows_what_it_was_made_from(environment, changed, expected):
    venv, asked = environment
    make_env.ensure(venv, "dev")
    stamp = venv / "jwstwidgets.json"
    stamp.write_text(json.dumps({**json.loads(stamp.read_text()), changed: "other"}))
    asked.clear()

    make_env.ensure(venv, "dev")

    assert asked == expected


def test_environment_of_another_python_is_remade_only_on_request(environment):
    venv, asked = environment
    make_env.ensure(venv, "dev")
    stamp = venv / "jwstwidgets.json"
    stamp.write_text(json.dumps({**json.loads(stamp.read_text()), "python": "3.99.0"}))
    asked.clear()

    make_env.ensure(venv, "dev")
    assert asked == []
    make_env.ensure(venv, "dev", this_python=True)
    assert asked == ["create", "dev"]


def test_interrupted_installation_is_done_again(environment, monkeypatch):
    venv, asked = environment
    with monkeypatch.context() as failing:
        failing.setattr(make_env, "run", lambda *command: False)
        with pytest.raises(SystemExit, match="could not install"):
            make_env.ensure(venv, "dev")

    make_env.ensure(venv, "dev")

    assert asked[-1] == "dev"


def test_no_way_to_make_an_environment_is_said(tmp_path, monkeypatch):
    monkeypatch.setattr(make_env, "WAYS", (lambda _: False,))

    with pytest.raises(SystemExit, match="-venv"):
        make_env.create(tmp_path / "venv")


def test_environment_without_ensurepip(tmp_path, monkeypatch):
    """Debian's bare python3 has no ensurepip; a pip from outside makes up for it."""
    # No network: the pip to install lies on disk, on Debian in a folder of its own.
    bundled = Path(pytest.importorskip("ensurepip").__path__[0]) / "_bundled"
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv(
        "PIP_FIND_LINKS", f"{bundled} {sysconfig.get_config_var('WHEEL_PKG_DIR') or ''}"
    )

    assert make_env.with_outer_pip(tmp_path / "venv")
    assert make_env.works(tmp_path / "venv")


# --- make -----------------------------------------------------------------------------------------


@pytest.fixture
def make():
    if shutil.which("make") is None:
        pytest.skip("make is not installed")

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        environment = {k: v for k, v in os.environ.items() if not k.startswith("MAKE")}
        return subprocess.run(
            ["make", *arguments], cwd=ROOT, env=environment, capture_output=True, text=True
        )

    return run


def test_make_says_what_it_can(make):
    said = make().stdout

    assert all(f"make {target} " in said for target in ("demo", "test", "bench", "clean"))


def test_make_hands_arguments_on(make):
    assert "tools/demo.py --no-browser" in make("-n", "demo", "ARGS=--no-browser").stdout
    assert "loadgroup -k names" in make("-n", "test", "ARGS=-k names").stdout


def test_make_checks_the_wheel_under_ci(make):
    assert "check_wheel" in make("-n", "test", "CI=true").stdout
    assert "check_wheel" not in make("-n", "test", "CI=").stdout


def test_make_refuses_an_old_python(make, tmp_path):
    old = tmp_path / "python"
    old.write_text("#!/bin/sh\nexit 1\n", encoding="utf-8")
    old.chmod(0o755)

    done = make("demo", f"PYTHON={old}", f"VENV={tmp_path / 'venv'}")

    assert done.returncode != 0
    assert f"needs Python 3.11 or newer; {old} is not" in done.stderr


def fetch(url: str) -> str:
    with urllib.request.urlopen(url, timeout=60) as answer:
        return answer.read().decode()


@pytest.mark.slow
def test_demo_answers_when_its_port_is_taken_and_stops_on_ctrl_c():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        command = [sys.executable, "-u", "tools/demo.py", "--no-browser", f"--port={port}"]
        with subprocess.Popen(
            command, cwd=ROOT, stdout=subprocess.PIPE, text=True, start_new_session=True
        ) as server:
            try:
                url = next(line.strip() for line in server.stdout if "http" in line)
                assert f":{port}/" not in url
                assert "/lab/tree/notebooks/01_explore.ipynb" in url
                page = fetch(url)
                notebook = json.loads(fetch(url.replace("/lab/tree/", "/api/contents/")))
            finally:
                os.killpg(server.pid, signal.SIGINT)
            assert server.wait(timeout=30) == 0
    assert not any((demo.HOME / "runtime").glob("jpserver-*")), "it did not end properly"

    assert '"news": {"disabled": true}' in page
    assert notebook["type"] == "notebook"


def test_demo_runs_the_kernel_of_its_own_environment(tmp_path):
    impostor = tmp_path / ".local" / "share" / "jupyter" / "kernels" / "python3"
    impostor.mkdir(parents=True)
    (impostor / "kernel.json").write_text('{"argv": ["false"], "display_name": "not this one"}')
    command = [sys.executable, "-m", "jupyter", "kernelspec", "list", "--json"]

    done = subprocess.run(
        command,
        env={**demo.environment(), "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )

    kernel = json.loads(done.stdout)["kernelspecs"]["python3"]
    assert Path(kernel["resource_dir"]).is_relative_to(sys.prefix)
