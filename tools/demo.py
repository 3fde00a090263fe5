"""Open JupyterLab on the first notebook, with the embedded sample and without the network.

Everything after the script's name goes to JupyterLab: ``--no-browser``, ``--port=9000``. Settings,
trust and layouts are kept inside the environment, so the demo neither reads nor changes the user's
own Jupyter. If port 8888 is taken the server takes another; the URL is printed here.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
NOTEBOOK = ROOT / "notebooks" / "01_explore.ipynb"
HOME = Path(sys.prefix) / "demo"
STARTS_WITHIN = 60  # seconds

#: What JupyterLab would fetch by itself, turned off.
OFFLINE = (
    "--LabApp.news_url=None",
    "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
    "--LabApp.extension_manager=readonly",
)

#: The same in the browser, where JupyterLab would first ask whether to fetch news.
NOTIFICATIONS = {"fetchNews": "false", "checkForUpdates": False}


def environment() -> dict[str, str]:
    """The server's environment: this Python's kernel and no settings from elsewhere."""
    return {
        **os.environ,
        "JUPYTER_CONFIG_DIR": str(HOME / "config"),
        "JUPYTER_DATA_DIR": str(HOME / "data"),
        "JUPYTER_RUNTIME_DIR": str(HOME / "runtime"),
        "JUPYTERLAB_SETTINGS_DIR": str(HOME / "settings"),
        "JUPYTERLAB_WORKSPACES_DIR": str(HOME / "workspaces"),
        "JUPYTER_PREFER_ENV_PATH": "1",
        "IPYTHONDIR": str(HOME / "ipython"),
        "PYTHONNOUSERSITE": "1",
    }


def command(arguments: list[str]) -> list[str]:
    """The call of JupyterLab."""
    as_root = ["--allow-root"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    return [
        *(sys.executable, "-m", "jupyterlab", str(NOTEBOOK)),
        f"--ServerApp.root_dir={ROOT}",  # else the notebook's folder, and its URL another
        *OFFLINE,
        "--log-level=WARN",
        *as_root,
        *arguments,
    ]


def url_of(server: subprocess.Popen[bytes]) -> str | None:
    """The URL a server wrote down for itself once it listened; None if it ended before that."""
    written = HOME / "runtime" / f"jpserver-{server.pid}.json"
    give_up = time.monotonic() + STARTS_WITHIN
    while server.poll() is None and time.monotonic() < give_up:
        try:
            said = json.loads(written.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            time.sleep(0.1)
            continue
        query = f"?token={said['token']}" if said["token"] else ""
        return f"{said['url']}lab/tree/{NOTEBOOK.relative_to(ROOT).as_posix()}{query}"
    return None


def main() -> int:
    """Run the server until it is stopped."""
    if not NOTEBOOK.exists():
        sys.exit(f"{NOTEBOOK} is missing. Is this a complete clone of jwstwidgets?")
    settings = environment()
    asked = HOME / "settings" / "@jupyterlab/apputils-extension/notification.jupyterlab-settings"
    asked.parent.mkdir(parents=True, exist_ok=True)
    asked.write_text(json.dumps(NOTIFICATIONS), encoding="utf-8")
    # Outputs of an untrusted notebook are not drawn; this one comes with the package.
    trust = [sys.executable, "-m", "nbformat.sign", str(NOTEBOOK)]
    subprocess.run(trust, env=settings, stdout=subprocess.DEVNULL, check=True)

    # In a session of its own, so that a Ctrl-C reaches this script alone. The server ends properly,
    # with its kernels, on SIGTERM; on SIGINT only where it can ask back on a terminal.
    server = subprocess.Popen(command(sys.argv[1:]), cwd=ROOT, env=settings, start_new_session=True)
    for end in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(end, lambda *_: server.terminate())
    if url := url_of(server):
        print(f"\n  The demo is at\n\n      {url}\n\n  Ctrl-C stops it.\n", flush=True)
    return server.wait()


if __name__ == "__main__":
    sys.exit(main())
