"""A few threads at work for one call, and one that waits for them and never longer than it may.

:func:`each` hands out results as they come. The waiting side owns the deadline and the cancel
switch, so that no worker, however it is blocked, can hold the caller; when the waiting side
leaves, it closes the workers' tools, which ends what they are blocked in.

>>> from threading import Event
>>> class Nothing(Event):
...     closed = property(Event.is_set)
...     close = Event.set
>>> shout = each("ab", lambda tool: str.upper, call=Call(5), doing="Shouting", workers=1,
...              make=lambda call: Nothing())
>>> list(shout)
['A', 'B']
"""

from __future__ import annotations

import queue
import threading
import time
from collections import deque
from collections.abc import Callable, Generator, Sequence
from typing import Any, Protocol, TypeVar

from jwstwidgets.archive.protocol import Call

Task = TypeVar("Task")
Result = TypeVar("Result")

_GLANCE = 0.05  # s between two looks at the deadline and the cancel switch
_FAREWELL = 0.5  # s to wait for workers whose tools are closed


class Closeable(Protocol):
    """What a worker works with: closing it, from any thread, ends what the worker waits for."""

    @property
    def closed(self) -> bool:
        """Whether it is closed."""
        ...

    def close(self) -> None:
        """Close it."""
        ...


Tool = TypeVar("Tool", bound=Closeable)


def each(
    tasks: Sequence[Task],
    work: Callable[[Tool], Callable[[Task], Result]],
    *,
    call: Call,
    doing: str,
    workers: int,
    make: Callable[[Call], Tool],
) -> Generator[Result, None, None]:
    """Results of `work` on each task, as they arrive, a few at a time.

    Parameters
    ----------
    work : callable
        Called once on each worker thread with its tool; gives what is called with each task.
        What it raises is raised here and ends everything.
    doing : str
        What this is, as the start of the sentence that is raised when it ends early.

    Raises
    ------
    Cancelled, ArchiveTimeout
        From `call`, within 0.1 s of its time whatever the workers wait for. Closing the generator
        ends the workers as well.
    """
    todo = deque(tasks)
    inbox: queue.Queue[Any] = queue.Queue(maxsize=workers)  # a slow reader holds the workers back
    tools = [make(call) for _ in range(min(workers, len(todo)))]
    threads = [
        threading.Thread(
            target=_labour, args=(tool, work, todo, inbox), daemon=True, name="archive"
        )
        for tool in tools
    ]
    try:
        for thread in threads:
            thread.start()
        for _ in range(len(tasks)):
            yield _next(inbox, call, doing)
    finally:
        for tool in tools:
            tool.close()
        patience = time.monotonic() + _FAREWELL
        for thread in threads:
            if thread.ident is not None:
                thread.join(max(0.0, patience - time.monotonic()))


class _Raised:
    """An exception on its way from a worker to the thread that waits."""

    def __init__(self, error: BaseException) -> None:
        self.error = error


def _next(inbox: queue.Queue[Any], call: Call, doing: str) -> Any:
    while True:
        try:
            item = inbox.get(timeout=_GLANCE)
        except queue.Empty:
            call.check(doing)
            continue
        if isinstance(item, _Raised):
            call.check(doing)  # a request that failed because the time was up says so
            raise item.error
        return item


def _labour(
    tool: Tool,
    work: Callable[[Tool], Callable[[Task], Result]],
    todo: deque[Task],
    inbox: queue.Queue[Any],
) -> None:
    """One worker: take tasks until none is left or the tool is closed."""
    try:
        do = work(tool)
        while not tool.closed:
            try:
                task = todo.popleft()
            except IndexError:
                return
            _put(inbox, do(task), tool)
    except BaseException as error:  # noqa: BLE001 - raised again by the thread that waits
        _put(inbox, _Raised(error), tool)


def _put(inbox: queue.Queue[Any], item: object, tool: Tool) -> None:
    while not tool.closed:
        try:
            inbox.put(item, timeout=_GLANCE)
            return
        except queue.Full:
            continue
