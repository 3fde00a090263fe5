"""A filter toggle in the kernel, with all of the explorer attached; messages are counted.

Beside it the usual way to hide elements of an ipycytoscape graph: set the classes of each.
"""

from __future__ import annotations

import contextlib
import json
import statistics
from collections import Counter
from collections.abc import Iterator
from typing import Any

import comm
import pandas as pd
from comm.base_comm import BaseComm

from benchmarks.measure import Line, compared, duration, seconds, times

#: What a user does, one after the other, back to the start.
TOGGLES: tuple[dict[str, Any], ...] = (
    {"guide_stars": True},
    {"mrp": False},
    {"previews": True},
    {"references": True},
    {"mrp": True},
    {"guide_stars": False},
    {"previews": False},
    {"references": False},
)
_LIMIT = 0.050  # s


@contextlib.contextmanager
def counted_messages() -> Iterator[Counter[str]]:
    """Count what widgets send; each message is made into JSON, as a kernel has to."""
    sent: Counter[str] = Counter()

    class Recording(BaseComm):
        def publish_msg(self, msg_type: str, data: Any = None, **_: Any) -> None:
            sent[msg_type] += 1
            sent["bytes"] += len(json.dumps(data, default=str))

    usual = comm.create_comm
    comm.create_comm = Recording
    try:
        yield sent
    finally:
        comm.create_comm = usual


def toggle_times(rows: pd.DataFrame, rounds: int = 5) -> tuple[dict[str, float], int]:
    """Median seconds of each toggle, and the most messages that one of them sent."""
    from jwstwidgets import explore

    with counted_messages() as sent:
        explorer = explore(rows=rows)
        taken: dict[str, list[float]] = {}
        most = 0
        for _ in range(rounds):
            for change in TOGGLES:
                before = sent["comm_msg"]
                took = seconds(lambda change=change: explorer.session.set_filters(**change))
                taken.setdefault(str(change), []).append(took)
                most = max(most, sent["comm_msg"] - before)
        if sent["comm_msg"] == 0:
            raise AssertionError("No message was recorded: the explorer did not react.")
        explorer.close()
    return {name: statistics.median(times) for name, times in taken.items()}, most


def class_times(elements: int, rounds: int = 5) -> tuple[float, int]:
    """Median seconds, and messages, of hiding the nodes of a graph by the class of each."""
    from ipycytoscape import CytoscapeWidget, Node

    with counted_messages() as sent:
        widget = CytoscapeWidget()
        widget.graph.add_nodes([Node(data={"id": str(i)}) for i in range(elements)])
        taken = []
        before = sent["comm_msg"]

        def hide(classes: str) -> None:
            for node in widget.graph.nodes:
                node.classes = classes

        for turn in range(rounds):
            taken.append(seconds(lambda turn=turn: hide("hidden" if turn % 2 == 0 else "")))
        messages = (sent["comm_msg"] - before) // rounds
        widget.close()
    return statistics.median(taken), messages


def measure(rows: pd.DataFrame, label: str) -> Iterator[Line]:
    """The slowest toggle on a long list, beside 1,000 elements hidden one by one."""
    peer, peer_messages = class_times(1_000)
    taken, messages = toggle_times(rows)
    slowest = max(taken.values())
    yield Line(
        f"Slowest of {len(TOGGLES)} toggles in the kernel, all views attached: "
        f"{len(rows):,} rows {label}",
        f"{duration(slowest)}; {messages} messages",
        f"hiding 1,000 nodes by the class of each, {duration(peer)}; {peer_messages:,} messages",
        f"{compared(slowest, peer)}, {times(peer_messages / messages)} fewer messages",
        "≤ 50 ms",
        slowest <= _LIMIT,
    )
