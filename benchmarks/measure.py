"""Timing side by side, and what a measurement is.

The contestants take turns, so that what else the machine does hits all of them, and the best round
of each counts: noise only ever adds time. The garbage collector is run before and off during each
call, as `timeit` does; the naive ways, which make more objects, gain most by that.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Line:
    """One line of the table.

    Attributes
    ----------
    what : str
        What was measured.
    ours, other : str
        Both numbers with their units; `other` says what it is.
    ratio : str
        How they compare.
    aim : str
        What was aimed at; empty if the line is there for information.
    met : bool or None
        Whether the aim was met; None without an aim.
    """

    what: str
    ours: str
    other: str = ""
    ratio: str = ""
    aim: str = ""
    met: bool | None = None


def best(
    contestants: Mapping[str, Callable[[], Any]],
    rounds: int | Mapping[str, int] = 5,
    number: int = 1,
) -> dict[str, float]:
    """Seconds of the best round of each contestant; they take turns.

    Parameters
    ----------
    contestants : mapping of str to callable
        What to time.
    rounds : int or mapping
        How often, all or each.
    number : int
        Calls in a row in each round, for what takes less than a few milliseconds.
    """
    each = dict.fromkeys(contestants, rounds) if isinstance(rounds, int) else rounds
    taken: dict[str, list[float]] = {name: [] for name in contestants}
    for turn in range(max(each.values())):
        for name, call in contestants.items():
            if turn < each[name]:
                taken[name].append(seconds(call, number))
    return {name: min(times) for name, times in taken.items()}


def seconds(call: Callable[[], Any], number: int = 1) -> float:
    """Seconds that one of `number` calls takes, without garbage collection."""
    gc.collect()
    enabled = gc.isenabled()
    gc.disable()
    try:
        start = time.perf_counter()
        for _ in range(number):
            result = call()
        taken = time.perf_counter() - start
    finally:
        if enabled:
            gc.enable()
    # What came out is freed out of the clock.
    del result
    return taken / number


def duration(value: float) -> str:
    """A time for people, three digits.

    >>> duration(0.25), duration(0.00123), duration(12.34)
    ('250 ms', '1.23 ms', '12.3 s')
    """
    scaled, unit = (value, "s") if value >= 1 else (value * 1e3, "ms")
    if scaled < 0.1:
        scaled, unit = value * 1e6, "µs"
    digits = 2 if scaled < 10 else 1 if scaled < 100 else 0
    return f"{scaled:.{digits}f} {unit}"


def times(value: float) -> str:
    """A ratio for people.

    >>> times(2.345), times(123.4)
    ('2.3 ×', '123 ×')
    """
    return f"{value:.1f} ×" if value < 100 else f"{value:,.0f} ×"


def compared(ours: float, other: float) -> str:
    """How much faster or slower `ours` is.

    >>> compared(0.1, 1.0), compared(1.0, 0.5)
    ('10.0 × faster', '2.0 × slower')
    """
    return f"{times(other / ours)} faster" if ours <= other else f"{times(ours / other)} slower"
