"""A comm that goes nowhere and records all that was said, to count messages and to look for leaks.

It is as strict as a kernel: what could not be sent to a browser raises here as well.

>>> import ipywidgets
>>> with recording() as record:
...     slider = ipywidgets.IntSlider()
...     with record.counting() as said:
...         slider.value = 5
...         tell(slider, method="update", state={"value": 6})
>>> [message.kind for message in said], slider.value
(['update', 'echo_update'], 6)
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from unittest import mock

import comm
from comm.base_comm import BaseComm
from ipywidgets import Widget
from ipywidgets.widgets import widget as widget_module


@dataclass(frozen=True)
class Message:
    """What a kernel would have sent to the browser."""

    kind: str  # open, close, or the method of a message: update, custom, echo_update
    comm_id: str
    data: dict[str, Any]

    @property
    def model(self) -> str:
        """Of an `open`: what is made."""
        return self.data.get("state", {}).get("_model_name", "")


@dataclass
class Record:
    """All messages, in order."""

    messages: list[Message] = field(default_factory=list)

    @contextmanager
    def counting(self) -> Iterator[list[Message]]:
        """The messages of a block; complete when it ends."""
        start, said = len(self.messages), []
        yield said
        said += self.messages[start:]

    @property
    def text(self) -> str:
        """Everything that was said."""
        return json.dumps([message.data for message in self.messages], default=str)


class RecordingComm(BaseComm):
    """Records instead of sending."""

    def __init__(self, record: Record, **kwargs: Any) -> None:
        self._record = record
        super().__init__(**kwargs)

    def publish_msg(
        self, msg_type: str, data: Any = None, metadata: Any = None, buffers: Any = None, **_: Any
    ) -> None:
        # As jupyter_client packs a message.
        packed = json.dumps(data, ensure_ascii=False, allow_nan=False)
        packed.encode("utf8", errors="surrogateescape")
        said = json.loads(packed) or {}
        kind = said.get("method", "") if msg_type == "comm_msg" else msg_type[len("comm_") :]
        self._record.messages.append(Message(kind, self.comm_id, said))


@contextmanager
def recording() -> Iterator[Record]:
    """Every widget made in this block records; those left at its end are closed."""
    record, before = Record(), set(widget_module._instances)
    with mock.patch.object(comm, "create_comm", lambda **kwargs: RecordingComm(record, **kwargs)):
        try:
            yield record
        finally:
            for left in widgets_left(before):
                left.close()


def widgets_left(before: set[str]) -> list[Widget]:
    """Widgets that are open now and were not before (`set(_instances)`)."""
    return [w for id, w in list(widget_module._instances.items()) if id not in before]


def open_widgets() -> set[str]:
    """Ids of all widgets that are open."""
    return set(widget_module._instances)


def kinds(messages: list[Message]) -> Counter[str]:
    """How many messages of each kind."""
    return Counter(message.kind for message in messages)


def tell(widget: Widget, **data: Any) -> None:
    """Send a widget what the browser would.

    Raises
    ------
    AssertionError
        A handler raised: ipywidgets would have printed that where nobody looks.
    """
    lost: list[str] = []
    with mock.patch.object(
        widget.log, "warning", lambda text, *args, **_: lost.append(text % args)
    ):
        widget.comm.handle_msg({"content": {"data": data}, "buffers": []})
    assert not lost, lost


def type_into(widget: Widget, **state: Any) -> None:
    """Change a widget's state from the browser's side."""
    tell(widget, method="update", state=state)


def click(button: Widget) -> None:
    """Click a button in the browser."""
    tell(button, method="custom", content={"event": "click"})


def tap(cytoscape: Widget, element: str) -> None:
    """Tap a node in the browser, as ipycytoscape tells of it."""
    event = {"event": "tap", "widget": "node", "data": {"data": {"id": element}}}
    tell(cytoscape, method="custom", content=event)


def all_widgets(widget: Widget) -> Iterator[Widget]:
    """A widget and all that it holds."""
    yield widget
    for child in getattr(widget, "children", ()):
        yield from all_widgets(child)
