"""Find a Chrome or Chromium for the tests of the interface, or install one where that is possible.

Prints the path of the browser, and what it has to say on stderr. With ``--install`` it tries, in
this order: what is there; apt, as root; Playwright's own download. Where none works, the tests that
need a browser are left out, which is said loudly, and is a failure under ``CI=true``.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
from pathlib import Path

import apt

#: Names on the PATH, the freest first.
COMMANDS = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome", "chrome")
#: Where macOS keeps applications, which are not on the PATH.
APPLICATIONS = (
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
)
#: The browser; a font, without which it draws no text; what Playwright's driver is linked to.
DEBIAN_PACKAGES = ("chromium", "fonts-dejavu-core", "libatomic1")
#: Environment variable that names a browser.
BY_HAND = "JWSTWIDGETS_CHROMIUM"

LEFT_OUT = f"""
************************************************************************
  NO CHROME OR CHROMIUM: the tests of the interface in a real browser
  (marked `browser`) ARE LEFT OUT. Everything else is tested.
  Install one, or name one:  {BY_HAND}=/path/to/chrome make test
************************************************************************
"""


def in_ci() -> bool:
    """Whether what is left out counts as failed."""
    return os.environ.get("CI", "").lower() in {"1", "true"}


def runs(browser: Path) -> bool:
    """Whether a browser starts: Ubuntu's chromium-browser may be a stub that asks for a snap."""
    try:
        answer = subprocess.run([browser, "--version"], capture_output=True, timeout=60)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return answer.returncode == 0


def playwrights_own() -> Path | None:
    """The path where Playwright keeps its Chromium, downloaded or not."""
    # In a process of its own: Playwright's synchronous interface refuses to run in an event loop.
    ask = (
        "from playwright.sync_api import sync_playwright\n"
        "with sync_playwright() as p: print(p.chromium.executable_path)"
    )
    answer = subprocess.run([sys.executable, "-c", ask], capture_output=True, text=True)
    return Path(answer.stdout.strip()) if answer.returncode == 0 else None


def driver_runs() -> bool:
    """Whether Playwright starts: what drives the browser is a program with needs of its own."""
    command = [sys.executable, "-m", "playwright", "--version"]
    return subprocess.run(command, capture_output=True).returncode == 0


def find() -> Path | None:
    """The browser to test with, if there is one that can be driven."""
    if not driver_runs():
        return None
    if named := os.environ.get(BY_HAND):
        return Path(named) if runs(Path(named)) else None
    on_path = (Path(found) for command in COMMANDS if (found := shutil.which(command)))
    for browser in (*on_path, *map(Path, APPLICATIONS)):
        if runs(browser):
            return browser
    own = playwrights_own()
    return own if own is not None and runs(own) else None


def install() -> Path | None:
    """Install a browser by the first way that works here."""
    if apt.available() and apt.install(*DEBIAN_PACKAGES) and (browser := find()):
        return browser
    print("Installing Playwright's own Chromium ...", file=sys.stderr, flush=True)
    command = [sys.executable, "-m", "playwright", "install", "chromium"]
    if apt.available():
        command.append("--with-deps")
    try:
        subprocess.run(command, stdin=subprocess.DEVNULL, stdout=sys.stderr, timeout=900)
    except subprocess.TimeoutExpired:
        print("Gave up after 15 minutes.", file=sys.stderr)
    return find()


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--install", action="store_true", help="install one if none is found")
    arguments = parser.parse_args()
    browser = find()
    if browser is None and arguments.install and BY_HAND not in os.environ:
        browser = install()
    if browser is not None:
        print(browser)
        return
    print(LEFT_OUT, file=sys.stderr)
    if in_ci():
        sys.exit("CI is set, so this is a failure.")


if __name__ == "__main__":
    main()
