"""A session's state, written as the Python that makes it: what one clicks reads back as code."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jwstwidgets.archive import Archive
from jwstwidgets.filters import Filters

if TYPE_CHECKING:
    from jwstwidgets.state import State

#: How to make an archive that needs no more than its name; others have to be filled in.
_KNOWN = ("SampleArchive", "MastArchive")


_READ = "session.read_associations()"


def opening_of(state: State) -> tuple[str, ...]:
    """The lines that open what `state` shows, documents and all; none if it shows nothing."""
    read = (_READ,) if state.linkage.associations else ()
    if state.obs_id:
        return (f"session.open({state.obs_id!r})", *read)
    return ("session.open_rows(rows)  # the rows you gave", *read) if len(state.table) else ()


def code_of(archive: Archive, state: State) -> str:
    """Python that brings a fresh session into `state`.

    Consecutive lines that say the same are said once. What came from rows at hand, not from an
    archive, has to be given again: a comment says so.
    """
    kind = type(archive).__name__
    known = kind in _KNOWN and "replica" not in archive.label
    made = f"{kind}()" if known else "archive"
    ours = [kind] if type(archive).__module__.startswith("jwstwidgets.") else []
    lines = [f"from jwstwidgets import {', '.join(['Filters', *ours, 'Session'])}"]
    if not known:
        lines.append(f"# archive = ...  # {kind}: {_comment(archive.label)}")
    lines += ["", f"session = Session({made})"]
    steps = [*state.basket_verbs, *opening_of(state)]
    if state.filters != Filters() or state.basket_verbs:
        steps.append(f"session.set_filters({state.filters!r})")
    steps += [f"session.unfold({group!r})" for group in state.unfolded]
    if state.selection is not None:
        steps.append(f"session.select({state.selection.name!r})")
    # Any archive but the sample is asked in the background.
    waits = kind != "SampleArchive"
    said: dict[str, str] = {}
    for step in steps:
        verb = step.partition("(")[0].removesuffix("_rows")
        if verb in ("session.open", "session.set_filters", "session.read_associations"):
            if said.get(verb) == step:
                continue
            said[verb] = step
        if verb == "session.open":
            said.pop("session.read_associations", None)
        lines.append(step)
        if waits and verb in ("session.open", "session.read_associations"):
            lines.append("session.wait()")
    return "\n".join(lines) + "\n"


def _comment(text: str) -> str:
    return "".join(c if c.isprintable() else "?" for c in text)
