"""What is going on: loading with progress and cancel, notes, problems, whose data these are."""

from __future__ import annotations

from html import escape

import ipywidgets as widgets

from jwstwidgets.jobs import JobState
from jwstwidgets.session import Session
from jwstwidgets.state import State
from jwstwidgets.widgets.view import View, button, html

#: What the sample, and a replica that serves it, say of themselves.
_RECONSTRUCTION = "(reconstruction)"
_NOTES_SHOWN = 3


class StatusLine(View):
    """Progress, notes on the drawing, the archive's label; problems below.

    Examples
    --------
    >>> from jwstwidgets import Session
    >>> line = StatusLine(Session())
    >>> "sample archive (reconstruction)" in line.text.value
    True
    """

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self.bar = widgets.IntProgress(min=0, max=1, layout={"width": "160px", "display": "none"})
        self.cancel_button = button("Cancel", self._cancel, "Stop loading; what was there stays")
        self.text = html()
        self.problems = html()
        self.dismiss_button = button("Dismiss", self._dismiss, "Forget these problems")
        self.dismiss_button.layout.align_self = "flex-start"
        row = widgets.HBox([self.bar, self.cancel_button, self.text])
        row.add_class("jwstwidgets-top")
        self.children = [row, self.problems, self.dismiss_button]
        self.start()

    def _cancel(self) -> None:
        self.act(self.session.cancel)

    def _dismiss(self) -> None:
        self.act(self.session.forget_problems)

    def render(self, old: State | None, new: State) -> None:
        """Show what is going on."""
        job = new.reading if new.reading.status == "running" else new.job
        running = job.status == "running"
        self.bar.layout.display = self.cancel_button.layout.display = None if running else "none"
        if running and job.progress is not None:
            self.bar.max = max(job.progress.total, 1)
            self.bar.value = job.progress.done
        notes = [_job_text(job), _stated(new), *_few(self.session.diagram().notes)]
        label = f"Data: {escape(self.session.source)}"
        if _RECONSTRUCTION in self.session.source:
            label = f"<span class='jwstwidgets-sample'>{label}</span>"
        texts = [escape(note) for note in notes if note]
        self.text.value = f"<span class='jwstwidgets-muted'>{' · '.join([*texts, label])}</span>"
        self.problems.value = "".join(
            f"<div class='jwstwidgets-problem' role='alert'>{escape(p)}</div>" for p in new.problems
        )
        self.dismiss_button.layout.display = None if new.problems else "none"


def _stated(state: State) -> str:
    read = len(state.linkage.associations)
    return f"{read:,} association{'s' * (read != 1)} read" if read else ""


def _few(notes: tuple[str, ...]) -> list[str]:
    more = len(notes) - _NOTES_SHOWN
    return [*notes[:_NOTES_SHOWN], *([f"and {more} more notes"] if more > 0 else [])]


def _job_text(job: JobState) -> str:
    if job.status == "cancelled":
        return "Cancelled; showing what was there before"
    if job.status != "running":
        return ""
    if job.progress is None:
        return "Asking the archive …"
    total = f" of {job.progress.total:,}" if job.progress.total else ""
    return f"{job.progress.done:,}{total} {job.progress.unit}s read"
