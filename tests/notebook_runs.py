"""Runs notebooks offline, and saves them as they look: ``python tests/notebook_runs.py``.

They are kept executed, so that GitHub and nbviewer show something; a widget is kept as its picture
alone. Its model lives in a kernel: saved, it would be a page of "model not found".
"""

from __future__ import annotations

import os
import re
import shutil
import socket
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import nbclient
import nbformat

import jwstwidgets

ROOT = Path(__file__).resolve().parent.parent
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
WIDGET = "application/vnd.jupyter.widget-view+json"
#: What a picture says.
_LABELS = re.compile(r">([^<>]+)</text>")
#: What no two runs agree on.
_PASSING = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d UTC by jwstwidgets \S+| at 0x[0-9a-f]+")


def paths_for_kernels() -> dict[str, str]:
    """A kernel imports the package that the tests import, installed or not."""
    package = str(Path(jwstwidgets.__file__).parent.parent)
    before = os.environ.get("PYTHONPATH")
    return {"PYTHONPATH": os.pathsep.join([package, before] if before else [package])}


@contextmanager
def no_way_out() -> Iterator[tuple[dict[str, str], list[str]]]:
    """Settings that send every request beyond this machine to a proxy, and what it was asked."""
    asked: list[str] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def refuse() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                with connection:
                    asked.append(connection.recv(1000).decode("latin-1").partition("\r\n")[0])

        threading.Thread(target=refuse, daemon=True).start()
        proxy = f"http://127.0.0.1:{listener.getsockname()[1]}"
        names = ("http_proxy", "https_proxy", "all_proxy")
        settings = {key: proxy for name in names for key in (name, name.upper())}
        local = dict.fromkeys(("no_proxy", "NO_PROXY"), "127.0.0.1,localhost")
        try:
            yield {**settings, **local}, asked
        finally:
            listener.shutdown(socket.SHUT_RDWR)


def run(notebook: Path, folder: Path, settings: dict[str, str]) -> Any:
    """Run a copy in `folder`; returns it, with outputs."""
    copy = folder / notebook.name
    shutil.copy(notebook, copy)
    made = nbformat.read(copy, as_version=4)
    client = nbclient.NotebookClient(
        made, timeout=120, kernel_name="python3", store_widget_state=False, record_timing=False
    )
    env = {**os.environ, **paths_for_kernels(), **settings}
    client.execute(cwd=str(folder), env=env)
    return made


def to_be_saved(notebook: Any) -> Any:
    """The notebook without what lives in a kernel only."""
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            if "image/svg+xml" in output.get("data", {}):
                output.data.pop(WIDGET, None)
    notebook.metadata.pop("widgets", None)
    notebook.metadata.language_info = {"name": "python"}
    return notebook


def shown(notebook: Any) -> list[tuple[str, list[str]]]:
    """What each cell says, in words and pictures, as far as any two runs must agree.

    Not how it is set: looks may change, and pandas writes tables a little differently each year.
    """
    found = []
    for cell in notebook.cells:
        texts = []
        for output in cell.get("outputs", []):
            data = output.get("data", {})
            texts += _LABELS.findall(data.get("image/svg+xml", ""))
            texts += _lasting(output.get("text", "") or data.get("text/plain", ""))
        found.append((cell.id, texts))
    return found


def _lasting(text: str) -> list[str]:
    # Files arrive in any order.
    return sorted(" ".join(line.split()) for line in _PASSING.sub("", text).splitlines())


def main() -> None:
    """Run every notebook and save what it shows."""
    for notebook in NOTEBOOKS:
        with tempfile.TemporaryDirectory() as folder, no_way_out() as (settings, asked):
            made = run(notebook, Path(folder), settings)
        if asked:
            sys.exit(f"{notebook.name} wanted to go out: {asked}")
        nbformat.write(to_be_saved(made), notebook)
        print(f"{notebook.relative_to(ROOT)}: saved")


if __name__ == "__main__":
    main()
