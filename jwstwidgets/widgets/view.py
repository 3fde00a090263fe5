"""What every view has in common: it shows a session, calls its verbs, and can be closed.

- A view is told of every state and renders it; it keeps none of its own.
- What a user does goes through :meth:`View.act`, which shows a failure in the session's problem
  list instead of losing it in a log: ipywidgets prints exceptions of callbacks where nobody looks.
- :meth:`View.close` ends listening and closes the widgets.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import ipywidgets as widgets

from jwstwidgets.errors import JwstWidgetsError
from jwstwidgets.session import Session
from jwstwidgets.state import State


class View(widgets.VBox):
    """A view of a session; subclasses build their children and define `render`.

    Parameters
    ----------
    session : Session
        What to show.
    """

    def __init__(self, session: Session, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.session = session
        self.add_class("jwstwidgets")
        self._silence: Callable[[], None] = lambda: None
        self._noting = False

    def start(self) -> None:
        """Show the present state, and every one that follows."""
        self._silence = self.session.listen(self._told)

    def _told(self, old: State | None, new: State) -> None:
        # A failure is noted in the session, which is a change to render, which may fail again.
        if not self._noting:
            self.act(self.render, old, new)

    def render(self, old: State | None, new: State) -> None:
        """Show `new`; `old` is what was shown before, None the first time."""
        raise NotImplementedError

    def act(self, verb: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
        """Call a verb of the session; what goes wrong is noted there and shown, never raised."""
        try:
            return verb(*arguments, **named)
        except JwstWidgetsError as error:
            # That of a job was noted when the job ended.
            if error is not self.session.state.job.error:
                self._note(str(error))
        except Exception as error:  # noqa: BLE001
            # A callback's exception would vanish: shown as what it is, a defect.
            self._note(f"This did not work ({error!r}). Please report it.", error)
        return None

    def _note(self, problem: str, error: Exception | None = None) -> None:
        self._noting = True
        try:
            self.session.note_problem(problem, error)
        finally:
            self._noting = False

    def close(self) -> None:
        """End listening and close this widget with all it holds."""
        self._silence()
        for child in self.children:
            close_whole(child)
        close_looks(self)
        super().close()


def close_whole(widget: widgets.Widget) -> None:
    """Close a widget, what it holds and how they look: ipywidgets closes just the one named."""
    if not isinstance(widget, View):
        for child in getattr(widget, "children", ()):
            close_whole(child)
        close_looks(widget)
    widget.close()


def close_looks(widget: widgets.Widget) -> None:
    """Close the layout and the style of a widget, which are widgets as well."""
    for name in ("layout", "style"):
        look = getattr(widget, name, None)
        if isinstance(look, widgets.Widget):
            look.close()


def button(
    label: str, action: Callable[[], Any], tooltip: str = "", **kwargs: Any
) -> widgets.Button:
    """A button that calls `action` without arguments."""
    made = widgets.Button(
        description=label, tooltip=tooltip or label, layout={"width": "auto"}, **kwargs
    )
    made.on_click(lambda _: action())
    return made


def html(text: str = "", *classes: str) -> widgets.HTML:
    """An HTML widget; `text` must be escaped already."""
    made = widgets.HTML(text)
    for name in classes:
        made.add_class(name)
    return made
