"""A JupyterLab that runs, a notebook open in it, and the messages between the two.

- One server for all tests, with settings, trust and kernels of its own: the demo's, elsewhere.
- Every wait is for something; none is a pause. The machine may be slow: each may last a minute.

>>> named_messages(b"not a kernel message")
''
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
import struct
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import nbformat
from notebook_runs import paths_for_kernels
from playwright.sync_api import ConsoleMessage, Locator, Page, WebSocket

import demo

#: For anything to happen on a machine that has other things to do, s.
PATIENCE = 60.0

#: What the browser says on its console that is not about us.
_NOT_OURS = (
    "favicon.ico",
    "wheel sensitivity",  # cytoscape on ipycytoscape's default
    "Unsatisfied version",  # the widget manager on the version of its own base
)


@dataclass(frozen=True)
class Lab:
    """A server, and the folder it shows."""

    url: str
    token: str
    folder: Path

    def address(self, notebook: str) -> str:
        # A layout of its own: else it would open with what the last page had open.
        layout = notebook.partition(".")[0]
        return f"{self.url}lab/workspaces/{layout}/tree/{notebook}?token={self.token}"


@contextlib.contextmanager
def running_lab(folder: Path, home: Path) -> Iterator[Lab]:
    """Serve `folder`; settings, trust and layouts are kept in `home`."""
    moved = {
        name: value.replace(str(demo.HOME), str(home))
        for name, value in demo.environment().items()
        if value.startswith(str(demo.HOME))
    }
    settings = {**demo.environment(), **moved, **paths_for_kernels()}
    _ask_nothing(Path(settings["JUPYTERLAB_SETTINGS_DIR"]))
    for notebook in folder.glob("*.ipynb"):  # what is saved in an untrusted notebook is not drawn
        trust = [sys.executable, "-m", "nbformat.sign", str(notebook)]
        subprocess.run(trust, env=settings, check=True, stdout=subprocess.DEVNULL)
    command = [
        *(sys.executable, "-m", "jupyterlab", "--no-browser", "--ip=127.0.0.1"),
        f"--port={_free_port()}",
        f"--ServerApp.root_dir={folder}",
        *demo.OFFLINE,
        "--log-level=WARN",
        *(["--allow-root"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []),
    ]
    log = home / "lab.log"
    with (
        log.open("wb") as out,
        subprocess.Popen(
            command, cwd=folder, env=settings, stdout=out, stderr=out, start_new_session=True
        ) as server,
    ):
        try:
            yield _address(server, Path(settings["JUPYTER_RUNTIME_DIR"]), folder, log)
        finally:
            server.terminate()  # ends its kernels, too
            try:
                server.wait(30)
            except subprocess.TimeoutExpired:
                server.kill()


def _ask_nothing(settings: Path) -> None:
    """No question about news over what is to be seen."""
    answered = settings / "@jupyterlab" / "apputils-extension" / "notification.jupyterlab-settings"
    answered.parent.mkdir(parents=True, exist_ok=True)
    answered.write_text('{"fetchNews": "false", "checkForUpdates": false}', encoding="utf-8")


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port


def _address(server: subprocess.Popen[bytes], runtime: Path, folder: Path, log: Path) -> Lab:
    """Where the server listens, once it does."""
    written = runtime / f"jpserver-{server.pid}.json"
    give_up = time.monotonic() + 2 * PATIENCE
    while server.poll() is None and time.monotonic() < give_up:
        with contextlib.suppress(OSError, ValueError):
            said = json.loads(written.read_text(encoding="utf-8"))
            return Lab(said["url"], said["token"], folder)
        time.sleep(0.1)
    raise RuntimeError(f"JupyterLab did not start:\n{log.read_text(encoding='utf-8')[-3000:]}")


@dataclass
class Traffic:
    """What a page heard from its kernel, and what it complained about."""

    messages: Counter[str] = field(default_factory=Counter)
    complaints: list[str] = field(default_factory=list)

    def listen(self, page: Page) -> None:
        page.on("websocket", self._connected)
        page.on("pageerror", lambda error: self.complaints.append(f"uncaught: {error}"))
        page.on("console", self._said)

    def _connected(self, connection: WebSocket) -> None:
        connection.on("framereceived", lambda frame: self.messages.update([named_messages(frame)]))

    def _said(self, message: ConsoleMessage) -> None:
        text = f"{message.text} ({message.location.get('url', '')})"
        if message.type == "error" and not any(known in text for known in _NOT_OURS):
            self.complaints.append(text)

    @property
    def widget_messages(self) -> int:
        """What widgets said: the number that Jupyter limits per second."""
        return sum(self.messages[name] for name in ("comm_open", "comm_msg", "comm_close"))


def named_messages(frame: bytes | str) -> str:
    """Type of the kernel message in a frame; empty if it is none, or not from iopub.

    The layout is that of ``v1.kernel.websocket.jupyter.org``: number of parts, where each begins,
    then channel, header, and more.
    """
    if isinstance(frame, str) or len(frame) < 8:
        return ""
    try:
        (count,) = struct.unpack_from("<Q", frame)
        starts = struct.unpack_from(f"<{count}Q", frame, 8) if 2 < count < 100 else (0, 0, 0)
        channel = frame[starts[0] : starts[1]]
        header = json.loads(frame[starts[1] : starts[2]])
    except (struct.error, ValueError):
        return ""
    return str(header["msg_type"]) if channel == b"iopub" else ""


def write_notebook(path: Path, *cells: str) -> None:
    """A notebook of these code cells."""
    made = [nbformat.v4.new_code_cell(cell) for cell in cells]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}  # not asked for
    notebook = nbformat.v4.new_notebook(cells=made, metadata={"kernelspec": kernel})
    nbformat.write(notebook, path)


class Notebook:
    """A notebook that is open in a page."""

    def __init__(self, page: Page, lab: Lab, name: str) -> None:
        self.page, self.lab, self.name = page, lab, name
        self.traffic = Traffic()
        self.traffic.listen(page)
        page.goto(lab.address(name))
        self.panel.locator(".jp-Cell").first.wait_for()
        # A cell that is run before there is a kernel makes JupyterLab ask for one.
        page.locator("#jp-main-statusbar", has_text="| Idle").wait_for()

    @property
    def panel(self) -> Locator:
        return self.page.locator(".jp-NotebookPanel:visible")

    @property
    def errors(self) -> Locator:
        """What Python complained about."""
        return self.panel.locator(
            "[data-mime-type='application/vnd.jupyter.error'],"
            "[data-mime-type='application/vnd.jupyter.stderr']"
        )

    def wait_idle(self) -> None:
        """Until the kernel has nothing left to do."""
        self.page.wait_for_function(
            "() => document.querySelector('.jp-NotebookPanel:not(.lm-mod-hidden)"
            " .jp-Notebook-ExecutionIndicator')?.dataset.status === 'idle'"
        )

    def wait_until(self, met: Callable[[], bool]) -> None:
        """Until something that this process sees is so."""
        give_up = time.monotonic() + PATIENCE
        while not met():
            assert time.monotonic() < give_up, "waited in vain"
            self.page.wait_for_timeout(20)  # lets events come in

    def run_all(self) -> None:
        """From the menu."""
        self.page.get_by_role("menuitem", name="Run", exact=True).click()
        self.page.get_by_role("menuitem", name="Run All Cells", exact=True).click()

    def run(self, code: str) -> None:
        """Replace what the first cell holds, and run it."""
        # One that is there already is not the one that is waited for.
        self.page.evaluate(
            "() => document.querySelectorAll('.jwstwidgets').forEach(w => w.dataset.before = 1)"
        )
        self.panel.locator(".jp-Cell .cm-content").first.click()
        self.page.keyboard.press("Control+a")
        self.page.keyboard.insert_text(code)
        self.page.keyboard.press("Control+Enter")
