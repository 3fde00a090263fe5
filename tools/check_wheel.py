"""Build sdist and wheel, install the wheel alone into a fresh environment, and use it there.

What this catches and no test in the source tree can: a file left out of the wheel or one too many,
a dependency that is not declared, an import that pulls in more than it should.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

import make_env

ROOT = Path(__file__).resolve().parent.parent

#: Run by the fresh environment's Python, which sees the wheel and its dependencies only.
SMOKE = """
import importlib, importlib.metadata, importlib.resources, pkgutil, sys
import jwstwidgets

heavy = {"astropy", "astroquery", "ipycytoscape", "ipywidgets", "pandas", "pyarrow", "scipy"}
assert not heavy & set(sys.modules), f"import jwstwidgets pulls in {heavy & set(sys.modules)}"
assert jwstwidgets.__version__ == importlib.metadata.version("jwstwidgets")
assert importlib.resources.files(jwstwidgets).joinpath("py.typed").is_file(), "no py.typed"

name = "jw02733-o002_t001_miri_f1130w_i2d.fits"
parsed = jwstwidgets.parse(name)
assert (parsed.kind, str(parsed)) == ("level3", name), parsed
jwstwidgets.SampleArchive()

modules = [m.name for m in pkgutil.walk_packages(jwstwidgets.__path__, "jwstwidgets.")]
for module in modules:
    importlib.import_module(module)
print(f"jwstwidgets {jwstwidgets.__version__}: {len(modules)} modules import.")
"""


def run(*command: str | Path, cwd: Path = ROOT) -> None:
    """Run a command that must work."""
    done = subprocess.run([str(part) for part in command], cwd=cwd)
    if done.returncode:
        sys.exit(f"check_wheel: {Path(command[0]).name} ended with {done.returncode}")


def strangers(wheel: Path) -> list[str]:
    """What is in a wheel and should not be: anything but the package and its metadata."""
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    return [name for name in names if not name.startswith(("jwstwidgets/", "jwstwidgets-"))]


def main() -> None:
    """Build, look inside, install, use."""
    with tempfile.TemporaryDirectory(prefix="jwstwidgets-wheel-") as folder:
        here = Path(folder)
        # Without --wheel the wheel is built from the sdist, which so is checked as well.
        run(sys.executable, "-m", "build", "--outdir", here)
        (wheel,) = here.glob("*.whl")
        if found := strangers(wheel):
            sys.exit(f"check_wheel: {wheel.name} also holds {', '.join(found)}")
        print(f"{wheel.name}: {wheel.stat().st_size / 1e3:.0f} kB", flush=True)

        make_env.create(here / "env")
        python = make_env.interpreter(here / "env")
        run(python, "-m", "pip", "install", "-qq", "--disable-pip-version-check", wheel)
        # -I: neither this folder nor PYTHONPATH nor the user's packages.
        run(python, "-I", "-c", SMOKE, cwd=here)


if __name__ == "__main__":
    main()
