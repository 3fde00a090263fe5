"""Background work: the latest wins, every end is told, nothing is left running."""

from __future__ import annotations

import threading
import time

import pytest

from jwstwidgets.archive import Progress
from jwstwidgets.errors import Cancelled, JwstWidgetsError, NotInArchive
from jwstwidgets.jobs import Inline, JobState, Runner, Slot, atomic

PATIENCE = 10.0


@pytest.fixture(autouse=True)
def no_thread_is_left():
    before = set(threading.enumerate())
    yield
    deadline = time.monotonic() + PATIENCE
    while set(threading.enumerate()) - before and time.monotonic() < deadline:
        time.sleep(0.01)
    assert set(threading.enumerate()) <= before


class Gate:
    """Work that waits until it is told to go on, and does not look whether it is cancelled."""

    def __init__(self, result=None):
        self.started, self.go, self.result = threading.Event(), threading.Event(), result

    def __call__(self, call):
        self.started.set()
        assert self.go.wait(PATIENCE)
        return self.result


def statuses(states):
    return [state.status for state in states]


def never(result):
    raise AssertionError(f"{result!r} was delivered")


# --- one after the other ---


def test_inline_runs_at_once_on_the_same_thread():
    states, got = [], []
    slot = Slot("Loading", Inline(), states.append)
    assert slot.state == JobState("Loading")
    slot.start(lambda call: threading.get_ident(), done=got.append)
    assert got == [threading.get_ident()]
    assert statuses(states) == ["running", "done"]
    assert slot.wait(0)
    slot.raise_error()


def test_progress_is_told_while_it_runs():
    states = []
    slot = Slot("Loading", Inline(), states.append)

    def work(call):
        call.progress(Progress(1, 3, "page"))
        call.progress(Progress(2, 3, "page"))

    slot.start(work, done=lambda _: None)
    assert [(s.status, s.progress and s.progress.done) for s in states] == [
        ("running", None),
        ("running", 1),
        ("running", 2),
        ("done", 2),
    ]
    slot.start(lambda call: None, done=lambda _: None)
    assert slot.state.progress is None


def test_failure_is_kept_and_raised_on_demand():
    states = []
    slot = Slot("Loading", Inline(), states.append)
    error = NotInArchive("No such observation.")

    def work(call):
        raise error

    slot.start(work, done=never)
    assert statuses(states) == ["running", "failed"]
    assert slot.state.error is error
    assert slot.state.problem is error
    with pytest.raises(NotInArchive, match="No such"):
        slot.raise_error()
    slot.start(lambda call: None, done=lambda _: None)
    slot.raise_error()
    assert slot.state.problem is None


def test_an_unexpected_failure_is_said_as_a_defect():
    slot = Slot("Loading", Inline())
    slot.start(lambda call: {}["obsid"], done=never)
    with pytest.raises(JwstWidgetsError, match=r"Loading failed: KeyError\('obsid'\)") as caught:
        slot.raise_error()
    assert isinstance(caught.value.__cause__, KeyError)


def test_a_failure_to_take_the_result_is_a_failure():
    slot = Slot("Loading", Inline())
    slot.start(lambda call: 1, done=lambda result: result / 0)
    assert slot.state.status == "failed"
    assert isinstance(slot.state.error, ZeroDivisionError)


def test_cancelled_from_within():
    states = []
    slot = Slot("Loading", Inline(), states.append)

    def work(call):
        slot.cancel()
        call.check("It")

    slot.start(work, done=never)
    assert statuses(states) == ["running", "cancelled"]
    slot.raise_error()


def test_deadline_of_a_call():
    slot = Slot("Loading", Inline(), deadline=12.5)
    slot.start(lambda call: call.deadline, done=lambda deadline: None)
    seen = []
    slot.start(lambda call: seen.append(call.deadline), done=lambda _: None)
    assert seen == [12.5]


# --- at the same time ---


def test_a_runner_does_not_hold_the_caller():
    slot, gate, got = Slot("Loading", Runner()), Gate("result"), []
    slot.start(gate, done=got.append)
    assert slot.state.status == "running"
    assert not slot.wait(0.01)
    assert not got
    gate.go.set()
    assert slot.wait(PATIENCE)
    assert got == ["result"]
    assert slot.state.status == "done"


def test_cancel_keeps_the_result_out():
    states = []
    slot, gate = Slot("Loading", Runner(), states.append), Gate("late")
    slot.start(gate, done=never)
    assert gate.started.wait(PATIENCE)
    slot.cancel()
    gate.go.set()
    assert slot.wait(PATIENCE)
    assert statuses(states) == ["running", "cancelled"]
    slot.cancel()  # nothing runs: nothing happens
    assert slot.state.status == "cancelled"


def test_the_latest_wins_whoever_ends_first():
    for first_ends_first in (True, False):
        states, got = [], []
        slot = Slot("Loading", Runner(), states.append)
        old, new = Gate("old"), Gate("new")
        slot.start(old, done=got.append)
        assert old.started.wait(PATIENCE)
        slot.start(new, done=got.append)
        assert new.started.wait(PATIENCE)
        for gate in (old, new) if first_ends_first else (new, old):
            gate.go.set()
            time.sleep(0.02)
        assert slot.wait(PATIENCE)
        assert got == ["new"]
        assert statuses(states) == ["running", "running", "done"]


def test_what_was_superseded_reports_no_progress_and_no_failure():
    states, calls = [], []
    slot = Slot("Loading", Runner(), states.append)
    ended = threading.Event()
    gate = Gate()

    def old(call):
        calls.append(call)
        gate(call)
        call.progress(Progress(1, 2, "page"))
        ended.set()
        raise RuntimeError("too late")

    slot.start(old, done=never)
    assert gate.started.wait(PATIENCE)
    slot.start(lambda call: "new", done=lambda _: None)
    assert slot.wait(PATIENCE)
    gate.go.set()
    assert ended.wait(PATIENCE)
    assert statuses(states) == ["running", "running", "done"]
    assert all(state.progress is None for state in states)
    with pytest.raises(Cancelled):
        slot.deliver(calls[0], never, "a part")


def test_a_result_that_is_being_delivered_is_not_overtaken():
    """Between "is it still the latest?" and the delivery, no newer one may come and go."""
    got = []
    slot = Slot("Loading", Runner())
    inside, go = threading.Event(), threading.Event()

    def slow_take(result):
        inside.set()
        go.wait(0.3)
        got.append(result)

    slot.start(lambda call: "old", done=slow_take)
    assert inside.wait(PATIENCE)
    slot.start(lambda call: "new", done=got.append)
    go.set()
    assert slot.wait(PATIENCE)
    assert got == ["old", "new"]


def test_wait_waits_for_the_newest():
    slot = Slot("Loading", Runner())
    old, new = Gate(), Gate()
    slot.start(old, done=never)
    threading.Timer(0.05, lambda: (slot.start(new, done=lambda _: None), old.go.set())).start()
    threading.Timer(0.15, new.go.set).start()
    assert slot.wait(PATIENCE)
    assert new.go.is_set()
    assert slot.state.status == "done"


def test_many_threads_start_and_one_result_is_last():
    got, lock = [], threading.Lock()
    slot = Slot("Loading", Runner())

    def take(result):
        with lock:
            got.append(result)

    def start(n):
        for i in range(20):
            slot.start(lambda call, i=i: (time.sleep(0.001), (n, i))[1], done=take)

    threads = [threading.Thread(target=start, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    assert slot.wait(PATIENCE)
    assert slot.state.status == "done"
    assert got
    assert len(set(got)) == len(got)


def test_a_listener_that_fails_leaves_nobody_waiting():
    def fail(state):
        raise RuntimeError("a broken listener")

    slot = Slot("Loading", Runner(), fail)
    with pytest.raises(RuntimeError, match="broken"):
        slot.start(lambda call: None, done=never)
    assert slot.wait(0)


def test_atomic_methods_do_not_interleave():
    class Counter:
        def __init__(self):
            self._lock, self.count = threading.RLock(), 0

        @atomic
        def add(self, n=1):
            """Add."""
            seen = self.count
            time.sleep(0.0005)
            self.count = seen + n
            return self.count

    assert Counter.add.__doc__ == "Add."
    counter = Counter()
    threads = [
        threading.Thread(target=lambda: [counter.add() for _ in range(10)]) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert counter.count == 80
