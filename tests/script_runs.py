"""Runs download scripts for real: shells, tools, a folder, a server, and what came of it.

>>> basket_of({"mast:JWST/product/a_cal.fits": b"abc"}).totals.bytes
3
"""

from __future__ import annotations

import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
from http_faults import FaultyServer

from jwstwidgets.basket import Basket
from jwstwidgets.export import ExportInfo

# busybox and ksh are not promised, but where they are, they too must manage.
SHELLS = [s for s in ("bash", "dash", "busybox sh", "ksh") if shutil.which(s.split()[0])]
TOOLS = [t for t in ("curl", "wget") if shutil.which(t)]
POSIX_TOOLS = [
    "awk", "cat", "ls", "mkdir", "mkfifo", "mv", "rm", "sleep", "sort", "tail", "tr", "uname", "wc",
]  # fmt: skip
TOKEN = "0123456789abcdefSECRET"


def uri_of(name: str) -> str:
    return f"mast:JWST/product/{name}"


def basket_of(bodies: dict[str, bytes], **columns: Any) -> Basket:
    """A basket of these files with their true sizes, unless `columns` says otherwise."""
    plain = {
        "uri": list(bodies),
        "filename": [uri.rsplit("/", 1)[-1] for uri in bodies],
        "size": [len(body) for body in bodies.values()],
        "rights": "PUBLIC",
        "stage": "2b",
        "role": "science",
        "owners": [("jw02733-o002",)] * len(bodies),
    }
    return Basket().add(pd.DataFrame(plain | columns), "picked")


@contextmanager
def interruptible() -> Iterator[None]:
    """Programs started here can be interrupted, even where this process ignores SIGINT."""
    before = signal.getsignal(signal.SIGINT)
    if before == signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


@dataclass(frozen=True)
class Run:
    status: int
    out: str

    @property
    def failed(self) -> set[str]:
        """Names under "Not whole:"."""
        _, _, tail = self.out.partition("Not whole:\n")
        return {line.strip().split(":")[0] for line in tail.splitlines() if line.startswith("  ")}


class ScriptRuns:
    """A written script and a folder to run it in, with nothing but POSIX tools and one loader."""

    def __init__(self, folder: Path, server: FaultyServer, tool: str = "curl") -> None:
        self.server = server
        self.dest = folder / "out put's"  # a name that must be quoted
        self.path = folder / "get_it.sh"
        self.output = folder / "output"
        bin_ = folder / "bin"
        bin_.mkdir()
        for name in [*POSIX_TOOLS, tool]:
            (bin_ / name).symlink_to(str(shutil.which(name)))
        (folder / "tmp").mkdir()
        self.env = {
            "PATH": str(bin_),
            "TMPDIR": str(folder / "tmp"),
            "MAST_BACKOFF": "0",
            "MAST_STALL_TIMEOUT": "1",
        }

    def write(self, basket: Basket) -> Path:
        return basket.export("shell", self.path, ExportInfo(server=self.server.url))

    @contextmanager
    def start(
        self, *options: str, shell: str = "sh", **env: str
    ) -> Iterator[subprocess.Popen[bytes]]:
        """The script, running; its output goes to `output`, so no full pipe can stop it."""
        program, *rest = shell.split()
        command = [str(shutil.which(program)), *rest, str(self.path), "--dest", str(self.dest)]
        with (
            interruptible(),
            self.output.open("wb") as out,
            subprocess.Popen(
                [*command, *options],
                env=self.env | env,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            ) as process,
        ):
            try:
                yield process
            except BaseException:
                process.kill()
                raise

    def run(self, *options: str, shell: str = "sh", **env: str) -> Run:
        with self.start(*options, shell=shell, **env) as process:
            process.wait(timeout=60)
        return Run(process.returncode, self.output.read_text())

    def files(self) -> dict[str, bytes]:
        """Everything in the destination, by path."""
        paths = (p for p in self.dest.rglob("*") if p.is_file())
        return {str(p.relative_to(self.dest)): p.read_bytes() for p in paths}

    def named(self) -> dict[str, bytes]:
        """Files under their final names."""
        return {name: body for name, body in self.files().items() if ".part" not in name}

    def leftovers(self) -> list[str]:
        return [path.name for path in Path(self.env["TMPDIR"]).iterdir()]
