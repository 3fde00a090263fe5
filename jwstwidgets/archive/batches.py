"""Product requests in batches: which observations together, what they may answer, what to do if
they fail.

>>> in_batches(["87602450", "87602451", "87602450"], 2)
[('87602450', '87602451')]
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from contextlib import closing

import pandas as pd

from jwstwidgets.archive.protocol import Call, ProductBatch, Progress
from jwstwidgets.errors import ArchiveAnswerError, ArchiveUnavailable, QueryError


def in_batches(obsids: Sequence[str], size: int) -> list[tuple[str, ...]]:
    """Each observation once, `size` of them at a time.

    Raises
    ------
    QueryError
        Something in the list is no CAOM `obsid`.
    """
    if isinstance(obsids, str):
        raise QueryError(f"{obsids!r} is one text, not a list.", f"Write [{obsids!r}].")
    unique = list(dict.fromkeys(str(obsid).strip() for obsid in obsids))
    for obsid in unique:
        if not (obsid.isascii() and obsid.isdecimal()):
            raise QueryError(
                f"{obsid!r} is no CAOM obsid.",
                "It is the number in column 'obsid'; the name is in 'obs_id'.",
            )
    return [tuple(unique[start : start + size]) for start in range(0, len(unique), size)]


def naming(obsids: Sequence[str]) -> str:
    """These observations, in words.

    >>> naming(["1", "2", "3", "4", "5"])
    'the products of obsid 1, 2, 3 and 2 more'
    """
    more = f" and {len(obsids) - 3} more" if len(obsids) > 3 else ""
    return f"the products of obsid {', '.join(obsids[:3])}{more}"


def refuse_foreign(rows: pd.DataFrame, obsids: Sequence[str], who: str) -> None:
    """Raise if rows belong to observations that were not asked for.

    Raises
    ------
    ArchiveAnswerError
        Naming one of them.
    """
    if "parent_obsid" not in rows or rows.empty:
        return
    foreign = rows.loc[~rows["parent_obsid"].isin(obsids), "parent_obsid"]
    if not foreign.empty:
        raise ArchiveAnswerError(
            f"{who} answered {naming(obsids)} with those of obsid {foreign.iloc[0]}.",
            "Try again; if it stays so, the archive has changed or is broken.",
        )


def delivered(
    batches: Generator[ProductBatch, None, None],
    *,
    requests: int,
    total: int,
    first: int,
    call: Call,
) -> Iterator[ProductBatch]:
    """Hand batches on, with progress, unless the archive turns out to be unavailable.

    Parameters
    ----------
    batches : generator of ProductBatch
        As they arrive; closed with this one.
    requests, total : int
        How many batches and observations there are in all.
    first : int
        If the first so many batches all failed because the archive is unavailable, no other
        will fare better.

    Raises
    ------
    ArchiveUnavailable
        That happened.
    """
    done = 0
    call.progress(Progress(0, total, "observation"))
    held: list[ProductBatch] | None = []  # failures so far, while nothing else has arrived
    with closing(batches):
        for batch in batches:
            done += len(batch.obsids)
            call.progress(Progress(done, total, "observation"))
            if held is None:
                yield batch
                continue
            held.append(batch)
            if isinstance(batch.error, ArchiveUnavailable):
                if len(held) < min(requests, first):
                    continue
                raise batch.error
            yield from held
            held = None
