"""A JupyterLab for all tests, a page for each module, an explorer for each test."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Callable, Generator, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from browser.explorer_page import ExplorerPage
from browser.lab import PATIENCE, Lab, Notebook, running_lab, write_notebook

ROOT = Path(__file__).resolve().parents[2]
PICTURES = ROOT / "artefacts" / "screenshots"
SIZE = {"width": 1500, "height": 950}
#: Nothing but the page: no sandbox (there is none for root), nothing fetched by itself.
_OPTIONS = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync --disable-dev-shm-usage"
)

EXPLORE = "from jwstwidgets import *\nexplorer = explore({})\nexplorer"


@pytest.fixture(scope="session")
def lab(chromium: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    folder = tmp_path_factory.mktemp("notebooks")
    shutil.copy(ROOT / "notebooks" / "01_explore.ipynb", folder)
    shutil.copy(ROOT / "notebooks" / "01_explore.ipynb", folder / "saved.ipynb")
    write_notebook(folder / "stories.ipynb", "")
    with running_lab(folder, tmp_path_factory.mktemp("jupyter")) as running:
        yield running


# Not for the session: while Playwright's synchronous interface is open, nothing else in this
# process can run an event loop of its own, and the tests of the notebooks must.
@pytest.fixture(scope="module")
def browser(chromium: Path) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=_OPTIONS.split())
        yield browser
        browser.close()


@contextlib.contextmanager
def opened(browser: Browser, lab: Lab, name: str) -> Iterator[Notebook]:
    """A notebook in a page of its own."""
    page = browser.new_page(viewport=SIZE)
    page.set_default_timeout(1000 * PATIENCE)
    expect.set_options(timeout=1000 * PATIENCE)
    yield Notebook(page, lab, name)
    page.close()


@pytest.fixture
def open_notebook(browser: Browser, lab: Lab) -> Iterator[Callable[[str], Notebook]]:
    """Open a notebook for one test; nothing may go wrong unseen."""
    with contextlib.ExitStack() as pages:
        seen: list[Notebook] = []

        def open_one(name: str) -> Notebook:
            seen.append(pages.enter_context(opened(browser, lab, name)))
            return seen[-1]

        yield open_one
        for notebook in seen:
            expect(notebook.errors).to_have_count(0)
            assert notebook.traffic.complaints == []


@pytest.fixture(scope="module")
def stories(browser: Browser, lab: Lab) -> Iterator[Notebook]:
    """A notebook of one cell, with all the room for its output."""
    with opened(browser, lab, "stories.ipynb") as notebook:
        notebook.page.keyboard.press("Control+b")
        yield notebook


@pytest.fixture
def open_explorer(stories: Notebook) -> Iterator[Callable[..., ExplorerPage]]:
    """Run a cell that ends in an explorer; afterwards, nothing may have gone wrong unseen."""
    stories.page.set_viewport_size(SIZE)
    stories.traffic.complaints.clear()

    def run(code: str = EXPLORE.format("")) -> ExplorerPage:
        stories.run(code)
        explorer = ExplorerPage(stories)
        explorer.wait_drawn()
        return explorer

    yield run
    expect(stories.errors).to_have_count(0)
    assert stories.traffic.complaints == []


@pytest.fixture
def explorer(open_explorer: Callable[..., ExplorerPage]) -> ExplorerPage:
    """The Southern Ring, just opened."""
    return open_explorer()


@pytest.fixture(scope="session")
def pictures() -> Path:
    """Where screenshots go; not in the repository, kept by CI, looked at by people."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    return PICTURES


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """What a page looked like when a test of it failed."""
    report = yield
    if report.failed and (browser := getattr(item, "funcargs", {}).get("browser")):
        for number, page in enumerate(p for context in browser.contexts for p in context.pages):
            page.screenshot(path=PICTURES / f"failed_{item.name}_{report.when}_{number}.png")
    return report
