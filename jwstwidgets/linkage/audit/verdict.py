"""From the table of an audit to its state, the evidence for it, and one line that says both."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal

import pandas as pd

from jwstwidgets.linkage.audit.reasons import Reason, listed
from jwstwidgets.linkage.audit.table import ABSENT

if TYPE_CHECKING:
    from jwstwidgets.linkage.audit.holdings import Holdings
    from jwstwidgets.linkage.audit.scope import Scope

State = Literal["complete", "incomplete", "empty", "unknown"]


def state_of(table: pd.DataFrame, scope: Scope, observation: Mapping[str, Any]) -> State:
    """The state that a table shows."""
    absent = table["state"].isin(ABSENT)
    if not len(table):
        # The archive knows the observation and lists nothing of it: that it says.
        return "empty" if observation and not len(scope.files) else "unknown"
    if not absent.any():
        return "complete"
    something = len(scope.files) > 0 or not absent.all()
    return "incomplete" if something else "empty"


def evidence_for(table: pd.DataFrame, scope: Scope, holdings: Holdings) -> tuple[str, ...]:
    """What a state rests on, in sentences; and what it lacks."""
    found = []
    for kind, verb in (("association", "name"), ("pool", "lists"), ("name", "")):
        rows = table[table["evidence"] == kind]
        if not len(rows):
            continue
        there = int((~rows["state"].isin(ABSENT)).sum())
        if kind == "name":
            found.append(
                f"By comparison: {listed(rows['filename'].tolist())} "
                f"{'is' if len(rows) == 1 else 'are'} not archived, though "
                f"{rows['source'].iloc[0]}."
            )
            continue
        sources = rows["source"].unique().tolist()
        who = sources[0] if len(sources) == 1 else f"{len(sources):,} {kind} documents"
        verb = "names" if kind == "association" and len(sources) == 1 else verb
        found.append(f"{who} {verb} {_files(len(rows))}, of which {there:,} are archived.")
    planned = int((table["state"] == "planned").sum())
    if planned:
        found.append(f"{_count(planned, 'exposure is', 'exposures are')} planned, not executed.")
    unread = holdings.unread(scope)
    if unread:
        found.append(f"{_count(unread, 'association', 'associations')} listed, but not read.")
    return tuple(found)


def sentence_for(
    label: str, state: State, table: pd.DataFrame, scope: Scope, reason: Reason
) -> str:
    """Everything in one line."""
    parts = [_opening(label, state, table, scope)]
    exclusive = table[table["state"] == "exclusive"]
    if len(exclusive):
        until = exclusive["release"].max()
        when = "" if pd.isna(until) else f" until {until:%Y-%m-%d}"
        are = _count(len(exclusive), "file is", "files are")
        parts.append(f"{are} under exclusive access{when}.")
    if reason.sentence and state != "empty":
        parts.append(f"There is no level-3 product. {reason.sentence}")
    return " ".join(parts)


def _opening(label: str, state: State, table: pd.DataFrame, scope: Scope) -> str:
    by = _sources(table)
    if state == "unknown":
        there = f"; {_count(len(scope.files), 'of its files is', 'of its files are')} archived."
        lacking = "neither its association nor its pool has been read"
        return f"Whether {label} is complete is not known: {lacking}{there}"
    if state == "complete":
        return f"{label} is complete: all {_files(len(table))} that {by} are archived."
    absent = table[table["state"].isin(ABSENT)]
    planned = int((absent["state"] == "planned").sum())
    if state == "empty" and planned == len(absent):
        what = _count(planned, "exposure is", "exposures are")
        return (
            f"{label} is empty: {what} planned, not executed."
            if planned
            else (f"{label} is empty: the archive lists no file of it.")
        )
    if state == "empty":
        return f"{label} is empty: of {_files(len(table))} expected, none is archived."
    lost = absent[absent["state"] != "planned"]
    said = []
    if len(lost):
        are = "is" if len(lost) == 1 else "are"
        names = listed(lost["filename"].tolist())
        said.append(f"{len(lost):,} of {len(table):,} expected files {are} not archived ({names})")
    if planned:
        said.append(f"{_count(planned, 'exposure is', 'exposures are')} planned, not executed")
    return f"{label} is incomplete: {'; '.join(said)}."


def _sources(table: pd.DataFrame) -> str:
    """Who names the files, with the verb."""
    associations = table.loc[table["evidence"] == "association", "source"].nunique()
    who = [_count(associations, "association", "associations")] if associations else []
    if (table["evidence"] == "pool").any():
        who.append("the pool")
    return f"{' and '.join(who)} {'name' if associations > 1 or len(who) > 1 else 'names'}"


def _files(number: int) -> str:
    return _count(number, "file", "files")


def _count(number: int, one: str, many: str) -> str:
    return f"{number:,} {one if number == 1 else many}"
