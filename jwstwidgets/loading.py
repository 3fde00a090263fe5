"""From what a user typed to a linkage: the query it means, the observations, their files.

Pure steps between an archive and a session: no state, no widgets. Whoever calls decides on which
thread.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field, replace
from typing import Any

import pandas as pd

from jwstwidgets.archive import Archive, Call, Progress, Query
from jwstwidgets.associations import Association, fetch_association
from jwstwidgets.errors import ArchiveError, JwstWidgetsError, NotInArchive, QueryError
from jwstwidgets.linkage import Linkage, build_linkage
from jwstwidgets.names import parse
from jwstwidgets.products import ProductTable, concat_rows

#: Documents read at a time.
_READERS = 4


@dataclass(frozen=True, eq=False)
class Loaded:
    """An observation with its files.

    Attributes
    ----------
    observation : dict
        Its row, as the archive gave it; empty if the files came without one.
    found : DataFrame
        All observations that the query matched, this one among them.
    linkage : Linkage
        Its files and their links.
    problems : tuple of str
        What could not be had, in sentences.
    source : str
        Where the files come from, for captions.
    """

    observation: Mapping[str, Any]
    found: pd.DataFrame
    linkage: Linkage
    problems: tuple[str, ...] = field(default_factory=tuple)
    source: str = ""


def query_of(text: str | int | Query) -> Query:
    """What a user means by what they typed.

    A program number, an `obs_id` (``*`` as a wildcard), any JWST file name, else a target name.

    Raises
    ------
    QueryError
        Nothing was typed.

    Examples
    --------
    >>> query_of("jw02733-o002_t001_miri_f1130w_i2d.fits")
    Query(obs_id='jw02733-o002_t001_miri_f1130w')
    >>> query_of("2733"), query_of("NGC 3132")
    (Query(program=2733), Query(target='NGC 3132'))
    """
    if isinstance(text, Query):
        return text
    words = str(text).strip()
    if not words:
        raise QueryError(
            "There is nothing to look for.",
            "Type an observation id, a file name, a program number or a target name.",
        )
    if words.isdecimal():
        return Query(program=int(words))
    if words.lower().startswith("jw") and " " not in words:
        name = parse(words)
        return Query(obs_id=name.root if name.suffix and name.root else words)
    return Query(target=words)


def load(
    archive: Archive,
    query: Query,
    call: Call,
    *,
    prefer: str = "",
    arrived: Callable[[Loaded], None] = lambda _: None,
) -> Loaded:
    """Ask an archive for the observations of a query and the files of one of them.

    Parameters
    ----------
    archive, query, call
        Whom to ask for what, and until when.
    prefer : str
        `obs_id` of the observation to take; the first by default.
    arrived : callable
        Called with what there is so far, if it comes in several pieces.

    Raises
    ------
    NotInArchive
        Nothing matches.
    ArchiveError
        The archive did not answer.
    """
    found = archive.observations(query, call=call)
    if not len(found):
        raise NotInArchive(
            f"{archive.label} has no observation with {query}.",
            "Check the spelling; an asterisk stands for any text. An exposure that is part of a "
            "level-3 observation is found under that one.",
        )
    wanted = found[found["obs_id"] == prefer] if prefer else found
    row = (wanted if len(wanted) else found).iloc[0].to_dict()
    batches: list[pd.DataFrame] = []
    failed: list[ArchiveError] = []
    try:
        for batch in archive.products([str(row["obsid"])], call=call):
            if batch.error is not None:
                failed.append(batch.error)
                continue
            if batches:
                arrived(_loaded(row, found, batches, failed))
            batches.append(batch.rows)
    except ArchiveError as error:
        # It ended early: what has arrived is shown, and what is missing said.
        failed.append(error)
    if failed and not batches:
        raise failed[0]
    return _loaded(row, found, batches, failed)


def _loaded(
    row: Mapping[str, Any],
    found: pd.DataFrame,
    batches: list[pd.DataFrame],
    failed: list[ArchiveError],
) -> Loaded:
    table = ProductTable.from_rows(concat_rows(batches))
    return Loaded(row, found, build_linkage(table), tuple(str(error) for error in failed))


def with_associations(archive: Archive, loaded: Loaded, call: Call) -> Loaded:
    """Read the association documents that a list names, and let them strengthen its links.

    A few at a time; one that cannot be read becomes a problem, and the rest counts.

    Raises
    ------
    ArchiveError
        The archive gave none of them.
    Cancelled
        It was asked to stop.
    """
    table = loaded.linkage.table
    uris = table.files.loc[table.files["role"] == "association", "uri"].tolist()
    documents: list[Association] = []
    failed: list[JwstWidgetsError] = []

    def fetch(uri: str) -> Association:
        # A call is never shared: each request has one of its own, which ends with this.
        return fetch_association(archive, uri, call=Call(call.remaining, call.cancelled))

    with ThreadPoolExecutor(_READERS, thread_name_prefix="jwstwidgets-read") as pool:
        for done, future in enumerate(as_completed([pool.submit(fetch, uri) for uri in uris]), 1):
            try:
                documents.append(future.result())
            except JwstWidgetsError as error:
                failed.append(error)
            if call.cancelled.is_set() or call.remaining == 0.0:
                pool.shutdown(cancel_futures=True)
            call.check("Reading the associations")
            call.progress(Progress(done, len(uris), "association"))
    if failed and not documents:
        raise failed[0]
    odd = [warning for document in documents for warning in document.warnings]
    problems = (*loaded.problems, *map(str, failed), *odd)
    return replace(loaded, linkage=build_linkage(table, associations=documents), problems=problems)


def from_rows(rows: Any) -> Loaded:
    """The files of rows that are already at hand (see `ProductTable.from_rows`)."""
    table = rows if isinstance(rows, ProductTable) else ProductTable.from_rows(rows)
    return Loaded({}, pd.DataFrame(), build_linkage(table), source="the rows you gave")


def nothing() -> Loaded:
    """What is loaded before anything is."""
    return Loaded({}, pd.DataFrame(), build_linkage(ProductTable.from_rows([])))


def describe_observation(row: Mapping[str, Any]) -> str:
    """One line on an observation: mode, target, filters, rights.

    >>> describe_observation({"instrument_name": "MIRI/IMAGE", "target_name": "NGC 3132",
    ...                       "filters": "F1130W", "dataRights": "PUBLIC"})
    'MIRI/IMAGE · NGC 3132 · F1130W · public'
    """
    rights = {"PUBLIC": "public", "EXCLUSIVE_ACCESS": "exclusive access"}
    parts = [_stated(row, name) for name in ("instrument_name", "target_name", "filters")]
    stated = _stated(row, "dataRights")
    return " · ".join(part for part in (*parts, rights.get(stated, stated)) if part)


def why_no_level3(row: Mapping[str, Any]) -> str:
    """Why an observation has no level-3 product, as far as its row tells; never a guess."""
    level = pd.to_numeric(row.get("calib_level"), errors="coerce")
    if level == -1:
        return "Planned: not executed yet, so that the archive has no files."
    if level in (1, 2):
        return "The archive keeps this exposure as an observation of its own; why, it does not say."
    if level == 3:
        return "The observation is of level 3, but its list names no level-3 product."
    return ""


def _stated(row: Mapping[str, Any], column: str) -> str:
    value = row.get(column)
    return "" if value is None or pd.isna(value) or value == "--" else str(value)
