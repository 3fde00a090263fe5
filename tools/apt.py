"""Debian's packages, for the two things pip cannot bring: ``venv`` itself and a browser."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys


def available() -> bool:
    """Whether packages can be installed without asking anyone for a password."""
    return hasattr(os, "geteuid") and os.geteuid() == 0 and shutil.which("apt-get") is not None


def install(*packages: str) -> bool:
    """Install packages; whether that worked. Never asks, and sends what apt says to stderr."""
    print(f"Installing {' '.join(packages)} with apt ...", file=sys.stderr, flush=True)
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    commands = (
        ["apt-get", "update", "-q"],
        ["apt-get", "install", "-q", "-y", "--no-install-recommends", *packages],
    )
    return all(
        subprocess.run(
            command, env=environment, stdin=subprocess.DEVNULL, stdout=sys.stderr
        ).returncode
        == 0
        for command in commands
    )
