"""Make the project's own environment, and install the package with one of its extras into it.

``python3 tools/make_env.py .venv lab`` does nothing if that is done already: a stamp in the
environment remembers what was installed for which state of ``pyproject.toml``, so that the second
``make demo`` needs no network. Needs nothing but the standard library of Python 3.11.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib.util
import json
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path

import apt

ROOT = Path(__file__).resolve().parent.parent
#: An environment made for the first also serves the second.
INCLUDES = {"dev": {"dev", "lab"}, "lab": {"lab"}}

HELP = f"""
Could not make a Python environment with {sys.executable}: it has no working `venv`, and neither
`virtualenv` nor `pip` to make up for it. Install one of them and run make again, e.g.

    Debian, Ubuntu:  sudo apt-get install python{sys.version_info[0]}.{sys.version_info[1]}-venv
    or choose another Python:  make PYTHON=/path/to/python3.13 ...
"""


def interpreter(venv: Path) -> Path:
    """The Python of an environment."""
    return venv / "bin" / "python"


def run(*command: str | Path) -> bool:
    """Run a command that may fail; whether it worked. Its output is for the developer."""
    return subprocess.run([str(part) for part in command], stdout=sys.stderr).returncode == 0


def with_venv(venv: Path) -> bool:
    """The ordinary way. Debian's bare python3 lacks ``ensurepip`` and fails here."""
    if importlib.util.find_spec("ensurepip") is None:
        return False
    return run(sys.executable, "-m", "venv", "--clear", venv)


def with_virtualenv(venv: Path) -> bool:
    """With virtualenv, which brings pip itself."""
    if importlib.util.find_spec("virtualenv") is None:
        return False
    return run(sys.executable, "-m", "virtualenv", "--clear", venv)


def with_outer_pip(venv: Path) -> bool:
    """With a pip from outside, which can install a pip into an environment that has none."""
    if importlib.util.find_spec("pip") is None or importlib.util.find_spec("venv") is None:
        return False
    return run(sys.executable, "-m", "venv", "--clear", "--without-pip", venv) and run(
        sys.executable, "-m", "pip", "--python", interpreter(venv), "install", "pip"
    )


def with_apt(venv: Path) -> bool:
    """With Debian's package of ``venv`` and ``ensurepip``, as root."""
    package = f"python{sys.version_info[0]}.{sys.version_info[1]}-venv"
    return apt.available() and apt.install(package) and with_venv(venv)


WAYS: tuple[Callable[[Path], bool], ...] = (with_venv, with_virtualenv, with_outer_pip, with_apt)


def create(venv: Path) -> None:
    """Make an empty environment with pip, by the first way that works here."""
    if not any(way(venv) for way in WAYS):
        shutil.rmtree(venv, ignore_errors=True)
        sys.exit(HELP)


def wanted_state() -> dict[str, str]:
    """What an environment is made from: if any of it changes, it is made or filled again."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    installed_from = [project["build-system"], project["project"]]
    return {
        "folder": str(ROOT),  # an editable install points here; a moved project needs a new one
        "pyproject": hashlib.sha256(json.dumps(installed_from).encode()).hexdigest(),
    }


def read_stamp(stamp: Path) -> dict[str, str]:
    """What an environment was made from; nothing where there is none."""
    try:
        found: dict[str, str] = json.loads(stamp.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found


def works(venv: Path) -> bool:
    """Whether an environment's Python still starts: the one below it may have been removed."""
    python = interpreter(venv)
    return python.exists() and run(python, "-c", "import pip")


def ensure(venv: Path, extra: str, *, this_python: bool = False) -> None:
    """Make the environment hold the package, editable, with an extra.

    Parameters
    ----------
    venv : Path
        Folder of the environment.
    extra : str
        ``"lab"`` for the demo or ``"dev"`` for everything.
    this_python : bool
        Remake an environment of another Python version. Without it, any is good.
    """
    stamp = venv / "jwstwidgets.json"
    found, wanted = read_stamp(stamp), wanted_state()
    python = sys.version.split()[0]
    other_python = this_python and found.get("python") != python
    same = not other_python and all(found.get(key) == value for key, value in wanted.items())
    if same and extra in INCLUDES.get(found.get("extra", ""), set()):
        return

    if other_python or not found or found["folder"] != wanted["folder"] or not works(venv):
        print(f"Making {venv} with {sys.executable} (Python {python}) ...", file=sys.stderr)
        create(venv)
    else:
        python = found["python"]
        if found["extra"] == "dev":
            extra = "dev"
        stamp.unlink()  # so that an interrupted installation is not taken for a finished one
    print(f"Installing jwstwidgets[{extra}] into {venv} ...", file=sys.stderr, flush=True)
    pip = (interpreter(venv), "-m", "pip", "install", "-qq", "--disable-pip-version-check")
    if not run(*pip, "--editable", f"{ROOT}[{extra}]"):
        sys.exit(f"pip could not install jwstwidgets[{extra}]; its message above says why.")
    stamp.write_text(json.dumps({**wanted, "python": python, "extra": extra}), encoding="utf-8")


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("venv", type=Path)
    parser.add_argument("extra", choices=INCLUDES)
    parser.add_argument("--this-python", action="store_true")
    arguments = parser.parse_args()
    ensure(arguments.venv, arguments.extra, this_python=arguments.this_python)


if __name__ == "__main__":
    main()
