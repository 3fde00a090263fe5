"""The one place where state lives, and its verbs.

A :class:`Session` holds one immutable :class:`State`; every gesture in the interface is one verb
here, and the whole state reads back as Python (:meth:`Session.code`). Views are told of every new
state and never keep one of their own. Works without a notebook:

>>> from jwstwidgets import Session
>>> session = Session()
>>> session.open("jw02733-o002_t001_miri_f1130w")
>>> session.set_filters(mrp=False)
>>> session.select("jw02733-o002_t001_miri_f1130w_i2d.fits")
>>> session.add_lineage()
>>> session.state.basket
Basket(85 files, 4.3 GB)
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from jwstwidgets import outputs
from jwstwidgets.archive import Archive, Call, Query, SampleArchive
from jwstwidgets.basket_verbs import BasketVerbs
from jwstwidgets.diagram import Diagram, Stage
from jwstwidgets.errors import JwstWidgetsError
from jwstwidgets.export import ExportInfo
from jwstwidgets.filters import Filters
from jwstwidgets.jobs import Executor, Inline, JobState, Runner, Slot, atomic
from jwstwidgets.loading import (
    Loaded,
    from_rows,
    load,
    nothing,
    query_of,
    why_no_level3,
    with_associations,
)
from jwstwidgets.reproduce import code_of
from jwstwidgets.state import Selection, State
from jwstwidgets.writing import write_text

Codes = npt.NDArray[np.int32]
Listener = Callable[[State | None, State], None]

_log = logging.getLogger(__name__)


class Session(BasketVerbs):
    """An exploration of one archive.

    Parameters
    ----------
    archive : Archive, optional
        Where files come from; the embedded sample by default.
    executor : Executor, optional
        Where work that waits is run: at once for the sample, which never waits, in the background
        for any other archive.
    """

    def __init__(self, archive: Archive | None = None, *, executor: Executor | None = None) -> None:
        self.archive: Archive = SampleArchive() if archive is None else archive
        immediate = isinstance(self.archive, SampleArchive)
        self._lock = threading.RLock()
        self._listeners: list[Listener] = []
        self._state = State(nothing())
        self._before: State | None = None  # while only a part of an observation has arrived
        self._stage = Stage()
        executor = executor or (Inline() if immediate else Runner())
        self._waits = not isinstance(executor, Inline)
        self._opening = Slot("Loading", executor, self._job_changed, lock=self._lock)
        self._reading = Slot(
            "Reading associations", executor, self._reading_changed, lock=self._lock
        )

    @property
    def state(self) -> State:
        """The present state."""
        return self._state

    @atomic
    def listen(self, listener: Listener) -> Callable[[], None]:
        """Call `listener(None, state)` now, and `listener(old, new)` on every change.

        Returns what ends that.
        """
        listener(None, self._state)
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener) if listener in self._listeners else None

    def _change(self, **changes: Any) -> None:
        # Callbacks may come from any thread: one change at a time, and listeners see them in order.
        with self._lock:
            old = self._state
            self._state = replace(old, **changes)
            for listener in tuple(self._listeners):
                listener(old, self._state)

    def _job_changed(self, job: JobState) -> None:
        before = self._before if job.status in ("cancelled", "failed") else None
        if before is None:
            self._change(job=job)
        else:
            self._show(before.loaded)
            self._change(job=job, unfolded=before.unfolded, selection=before.selection)
        if job.problem is not None:
            self.note_problem(str(job.problem), job.error)

    def _reading_changed(self, reading: JobState) -> None:
        self._change(reading=reading)
        if reading.problem is not None:
            self.note_problem(str(reading.problem), reading.error)

    @atomic
    def note_problem(self, text: str, error: BaseException | None = None) -> None:
        """Show the user that something went wrong; an unexpected `error` also goes to the log."""
        if error is not None and not isinstance(error, JwstWidgetsError):
            _log.error("in jwstwidgets", exc_info=error)
        self._change(problems=(*self.state.problems, text))

    def forget_problems(self) -> None:
        """Empty the list of problems."""
        self._change(problems=())

    # --- what to look at ---

    def open(self, what: str | int | Query, *, prefer: str = "") -> None:
        """Look up observations and load the files of the first, or of the one preferred.

        Parameters
        ----------
        what : str, int or Query
            Observation id (``*`` as a wildcard), file name, program number, target name, or a
            query.
        prefer : str
            `obs_id` of the observation to load, if the query matches several.

        Raises
        ------
        JwstWidgetsError
            At once if the question means nothing; from the archive only where nothing waits (the
            sample), otherwise it is in ``state.job.error``.
        """
        query = query_of(what)

        def work(call: Call) -> Loaded:
            def arrived(part: Loaded) -> None:
                self._opening.deliver(call, self._show_part, part)

            return load(self.archive, query, call, prefer=prefer, arrived=arrived)

        self._open(work, self._show)

    def _open(self, work: Callable[[Call], Loaded], done: Callable[[Loaded], None]) -> None:
        self._opening.start(work, done=done)
        if not self._waits:
            self._opening.raise_error()

    def open_rows(self, rows: Any) -> None:
        """Look at product rows already at hand; see `ProductTable.from_rows`."""
        self._opening.cancel()
        self._show(from_rows(rows))

    def choose(self, obs_id: str) -> None:
        """Open another of the observations that were found; the list of them stays."""
        found = self.state.loaded.found

        def shown(loaded: Loaded) -> None:
            self._show(replace(loaded, found=found) if len(found) else loaded)

        self._open(
            lambda call: load(self.archive, Query(obs_id=obs_id), call, prefer=obs_id), shown
        )

    def _show_part(self, loaded: Loaded) -> None:
        before = self._before or self._state
        self._show(loaded)
        self._before = before

    def _show(self, loaded: Loaded) -> None:
        self._before = None
        self._reading.cancel()
        self._change(loaded=loaded, unfolded=(), selection=None, problems=loaded.problems)

    def read_associations(self) -> None:
        """Read the association documents that are listed: what they state is the best evidence.

        In the background, but for the sample; documents that cannot be read are told, and the rest
        counts. What is unfolded and selected stays.
        """
        loaded = self.state.loaded

        def stated(better: Loaded) -> None:  # `_show` cancels it when something else is shown
            problems = (*self.state.problems, *better.problems[len(loaded.problems) :])
            self._change(loaded=better, problems=problems)

        self._reading.start(lambda call: with_associations(self.archive, loaded, call), done=stated)

    def cancel(self) -> None:
        """Stop loading and reading; what was there before stays."""
        self._opening.cancel()
        self._reading.cancel()

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until nothing is loading or being read; raise what went wrong."""
        finished = self._opening.wait(timeout) and self._reading.wait(timeout)
        self._opening.raise_error()
        self._reading.raise_error()
        return finished

    # --- how to look at it ---

    @atomic
    def set_filters(self, filters: Filters | None = None, **changes: Any) -> None:
        """Replace the filters, or change some of their parameters."""
        self._change(filters=(filters or self.state.filters).with_(**changes))

    @atomic
    def select(self, what: str | None) -> None:
        """Select a file by name or URI, or a group by id; None: nothing.

        Raises
        ------
        UnknownFile
            There is neither such a file nor such a group.
        """
        self._change(selection=None if what is None else self._selection(what))

    def _selection(self, what: str) -> Selection:
        group = self._stage.group(self.state.linkage, what)
        if group is not None and len(group.codes) > 1:
            return Selection(what, group.codes, is_group=True)
        return Selection.of_file(self.state.table, what if group is None else int(group.codes[0]))

    @atomic
    def unfold(self, group: str) -> None:
        """Unfold a group of the diagram, as far as its budget goes."""
        if group not in self.state.unfolded:
            self._change(unfolded=(*self.state.unfolded, group))

    @atomic
    def fold(self, group: str) -> None:
        """Fold a group again, with all that was unfolded in it."""
        left = (g for g in self.state.unfolded if g != group and not g.startswith(f"{group}/"))
        self._change(unfolded=tuple(left))

    @atomic
    def tap(self, id: str) -> None:
        """What tapping a node of the diagram does.

        A file is selected, or let go if it was; a group is selected and unfolds, the box of an
        unfolded one is selected and folds.
        """
        node = self.diagram().node(id)
        if node is None or node.kind == "place":
            return
        held = self.state.selection
        tapped: Selection | None = self._selection(id)
        if node.kind == "box":
            self.fold(id)
        elif node.kind == "group":
            self.unfold(id)
        elif held is not None and tapped is not None and held.name == tapped.name:
            tapped = None
        self._change(selection=tapped)

    def fold_all(self) -> None:
        """Back to the overview."""
        self._change(unfolded=())

    def diagram(self) -> Diagram:
        """What is to be drawn now."""
        state = self.state
        reason = why_no_level3(state.loaded.observation)
        return self._stage.diagram(state.linkage, state.unfolded, state.filters, reason)

    def lit(self) -> Codes:
        """The files that stand out: the selected one, all that made it, all that it made."""
        selection = self.state.selection
        if selection is None or selection.is_group:
            return np.empty(0, np.int32)
        return self.state.linkage.lineage(selection.codes)

    # --- what leaves it ---

    def export_info(self) -> ExportInfo:
        """What an export says of itself: the archive, its server, what the files are of."""
        return outputs.export_info(self.archive, self.state, self.source)

    @property
    def source(self) -> str:
        """Where the files that are shown come from."""
        return self.state.loaded.source or self.archive.label

    def picture(self) -> str:
        """What is drawn now, as an SVG document."""
        return outputs.picture(self.state, self.diagram(), self.lit(), self.source)

    def save_picture(self, path: str | Path) -> Path:
        """Write what is drawn now to an SVG file; returns the file."""
        return write_text(path, self.picture())

    def code(self) -> str:
        """Python that brings a fresh session into the present state."""
        return code_of(self.archive, self.state)
