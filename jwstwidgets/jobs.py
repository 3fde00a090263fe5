"""Background work: visible, cancellable, and the latest wins.

- A :class:`Runner` starts work on a thread; :class:`Inline` runs it at once, for tests and for what
  never waits (the sample archive).
- A :class:`Slot` holds one kind of work at a time: starting a new piece cancels the one before, and
  only the latest may report.
- What a slot knows is a frozen :class:`JobState`; listeners get a new one on every change.

>>> states = []
>>> slot = Slot("open", Inline(), states.append)
>>> slot.start(lambda call: 6 * 7, done=print)
42
>>> [state.status for state in states]
['running', 'done']
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import wraps
from typing import Any, Literal, Protocol, TypeVar, cast

from jwstwidgets.archive.protocol import Call, Progress
from jwstwidgets.errors import Cancelled, JwstWidgetsError

T = TypeVar("T")
Method = TypeVar("Method", bound=Callable[..., Any])
Status = Literal["idle", "running", "done", "failed", "cancelled"]


@dataclass(frozen=True)
class JobState:
    """What is known of a slot's latest piece of work."""

    name: str
    status: Status = "idle"
    progress: Progress | None = None
    error: Exception | None = None

    @property
    def problem(self) -> JwstWidgetsError | None:
        """Why it failed, as an error that a user can read; None if it did not."""
        if self.status != "failed":
            return None
        if isinstance(self.error, JwstWidgetsError):
            return self.error
        return JwstWidgetsError(f"{self.name} failed: {self.error!r}.", "Please report it.")


def atomic(method: Method) -> Method:
    """A method of which only one runs at a time: under the `_lock` of its object."""

    @wraps(method)
    def locked(self: Any, *args: Any, **kwargs: Any) -> Any:
        with self._lock:
            return method(self, *args, **kwargs)

    return cast(Method, locked)


class Executor(Protocol):
    """Runs a piece of work, now or elsewhere."""

    def run(self, work: Callable[[], None]) -> None:
        """Run `work`; it never raises."""
        ...


class Inline:
    """Runs work at once, on the caller's thread."""

    def run(self, work: Callable[[], None]) -> None:
        """Run `work` and return when it is done."""
        work()


class Runner:
    """Runs work on a daemon thread of its own, which ends with it."""

    def run(self, work: Callable[[], None]) -> None:
        """Start `work` and return."""
        threading.Thread(target=work, name="jwstwidgets-job", daemon=True).start()


class Slot:
    """One kind of work, one piece at a time, latest wins.

    Parameters
    ----------
    name : str
        What the work is, for the status line.
    executor : Executor
        Where it runs.
    changed : callable
        Called with a `JobState` on every change, on the thread that caused it.
    lock : threading.RLock, optional
        Held while a state or a result is handed over. Who keeps state under a lock of their own
        gives that one: two locks would be taken in either order, and a stale result could be
        handed over after a newer one.
    deadline : float
        Seconds each piece may take.
    """

    def __init__(
        self,
        name: str,
        executor: Executor,
        changed: Callable[[JobState], None] = lambda _: None,
        *,
        lock: threading.RLock | None = None,
        deadline: float = 300.0,
    ) -> None:
        self._executor = executor
        self._changed = changed
        self._deadline = deadline
        self._lock = lock or threading.RLock()
        self._finished = threading.Event()
        self._finished.set()
        self._call: Call | None = None
        self._state = JobState(name)

    @property
    def state(self) -> JobState:
        """The latest state."""
        return self._state

    def start(self, work: Callable[[Call], T], *, done: Callable[[T], None]) -> None:
        """Cancel what runs, and start `work`; `done` gets its result if it is still the latest."""
        with self._lock:
            self.cancel()
            finished = self._finished = threading.Event()
            call = self._call = Call(deadline=self._deadline)
            call.progress = lambda progress: self._report(call, progress=progress)
            try:
                self._report(call, status="running", progress=None, error=None)
            except BaseException:
                finished.set()  # a listener failed: nothing runs, and nobody may wait for it
                raise
        self._executor.run(lambda: self._run(call, work, done, finished))

    def _run(
        self,
        call: Call,
        work: Callable[[Call], T],
        done: Callable[[T], None],
        finished: threading.Event,
    ) -> None:
        try:
            self.deliver(call, done, work(call))
            self._report(call, status="done")
        except Cancelled:
            self._report(call, status="cancelled")
        except Exception as error:  # noqa: BLE001
            # The one guard of the package: whatever went wrong in the background is shown.
            self._report(call, status="failed", error=error)
        finally:
            finished.set()

    def deliver(self, call: Call, take: Callable[[T], None], result: T) -> None:
        """Hand a result, or a part of one, to `take`, if `call` may still report.

        Raises
        ------
        Cancelled
            It may not: it was cancelled, or a newer one has begun.
        """
        with self._lock:
            call.check_cancelled(self._state.name)
            take(result)

    def _report(self, call: Call, **changes: Any) -> None:
        with self._lock:
            if call is not self._call:
                return
            self._state = replace(self._state, **changes)
            self._changed(self._state)

    def cancel(self) -> None:
        """Ask the running piece, if any, to stop; it reports ``cancelled`` when it has."""
        with self._lock:
            if self._call is not None and not self._finished.is_set():
                self._call.cancelled.set()

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until nothing runs; False if it still does after `timeout` seconds."""
        while True:
            finished = self._finished
            if not finished.wait(timeout):
                return False
            if finished is self._finished:  # else a newer piece was started meanwhile
                return True

    def raise_error(self) -> None:
        """Raise the error of the latest piece, if it failed."""
        state = self._state
        problem = state.problem
        if problem is not None:
            raise problem from (None if problem is state.error else state.error)
