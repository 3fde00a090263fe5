"""A session's state, written as the Python that makes it: what one clicks reads back as code."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jwstwidgets.archive import Archive
from jwstwidgets.filters import Filters

if TYPE_CHECKING:
    from jwstwidgets.state import State

#: How to make an archive that needs no more than its name; others have to be filled in.
_KNOWN = ("SampleArchive", "MastArchive")


def code_of(archive: Archive, state: State) -> str:
    """Python that brings a fresh session into `state`.

    Consecutive lines that say the same are said once. What came from rows at hand, not from an
    archive, has to be given again: a comment says so.
    """
    kind = type(archive).__name__
    known = kind in _KNOWN and "replica" not in archive.label
    made = f"{kind}()" if known else "archive"
    lines = [f"from jwstwidgets import Filters, {kind}, Session"]
    if not known:
        lines.append(f"# archive = ...  # {kind}: {_comment(archive.label)}")
    lines += ["", f"session = Session({made})"]
    steps = list(state.basket_verbs)
    if state.obs_id:
        steps.append(f"session.open({state.obs_id!r})")
    elif len(state.table):
        steps.append("session.open_rows(rows)  # the rows you gave")
    if state.filters != Filters() or state.basket_verbs:
        steps.append(f"session.set_filters({state.filters!r})")
    steps += [f"session.unfold({group!r})" for group in state.unfolded]
    if state.selection is not None:
        steps.append(f"session.select({state.selection.name!r})")
    said: dict[str, str] = {}
    for step in steps:
        verb = step.partition("(")[0]
        if verb in ("session.open", "session.set_filters"):
            if said.get(verb) == step:
                continue
            said[verb] = step
            if verb == "session.open":
                said.pop("session.set_filters", None)
        lines.append(step)
    return "\n".join(lines) + "\n"


def _comment(text: str) -> str:
    return "".join(c if c.isprintable() else "?" for c in text)
