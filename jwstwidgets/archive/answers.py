"""MAST's JSON answers, read: one page of an answer -> checked rows with plain columns.

Knows the envelope of MAST's ``invoke`` protocol (status, fields, data, paging) and nothing of HTTP.

- Text is text, also ids: the archive declares `obsid` a string and sends a number.
- What the archive marks as missing (null, an empty string, -999 for a whole number) is missing.

>>> page = read_page(
...     {"status": "COMPLETE", "fields": [{"name": "obsid", "type": "string"}],
...      "data": [{"obsid": 87602450}], "paging": None}, 1, "MAST", "an example")
>>> page.rows["obsid"].tolist(), page.last
(['87602450'], True)
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeGuard

import pandas as pd

from jwstwidgets.errors import ArchiveAnswerError

OBSERVATION_COLUMNS: tuple[str, ...] = (
    "intentType", "obs_collection", "provenance_name", "instrument_name", "project", "filters",
    "wavelength_region", "target_name", "target_classification", "obs_id", "s_ra", "s_dec",
    "dataproduct_type", "proposal_pi", "calib_level", "t_min", "t_max", "t_exptime", "em_min",
    "em_max", "obs_title", "t_obs_release", "proposal_id", "proposal_type", "sequence_number",
    "s_region", "jpegURL", "dataURL", "dataRights", "mtFlag", "srcDen", "obsid",
)  # fmt: skip
"""Columns of CAOM observations, as MAST returns them."""

PRODUCT_COLUMNS: tuple[str, ...] = (
    "obsID", "obs_collection", "dataproduct_type", "obs_id", "description", "type", "dataURI",
    "productType", "productGroupDescription", "productSubGroupDescription",
    "productDocumentationURL", "project", "prvversion", "proposal_id", "productFilename", "size",
    "parent_obsid", "dataRights", "calib_level", "filters",
)  # fmt: skip
"""Columns of CAOM products, as MAST returns them."""

IDENTIFIERS = frozenset({"obsid", "obsID", "parent_obsid", "proposal_id", "objID"})
"""Columns of ids: text, whatever type they are declared as."""

_MISSING_INTEGER = -999  # astroquery reads it the same way
_TEXT = "str" if int(pd.__version__.split(".")[0]) >= 3 else "object"
_TEXT_TYPES = ("string", "char", "datetime", "date")
_INTEGER_TYPES = ("int", "integer", "short", "long", "number", "unsignedbyte")
_FLOAT_TYPES = ("float", "double", "decimal")
_BOOLEAN_TYPES = ("boolean", "binary")


@dataclass(frozen=True)
class Page:
    """One page of an answer: its rows, whether it is the last, and the rows of all pages."""

    rows: pd.DataFrame
    last: bool
    total: int


def no_rows(columns: Sequence[str]) -> pd.DataFrame:
    """A table of text columns without rows."""
    return pd.DataFrame({name: pd.Series([], dtype=_TEXT) for name in columns})


def read_page(answer: object, page: int, who: str, what: str) -> Page:
    """Read page number `page` of an answer.

    Parameters
    ----------
    answer : object
        The JSON document.
    who, what : str
        The archive and the question, for messages.

    Raises
    ------
    ArchiveAnswerError
        The archive reports an error, or the document breaks the protocol.
    """

    def wrong(fault: str) -> ArchiveAnswerError:
        return ArchiveAnswerError(
            f"{who} answered {what} with {fault}.",
            "Try again; if it stays so, the archive has changed or is broken.",
        )

    if not isinstance(answer, Mapping) or "status" not in answer:
        raise wrong("a document without 'status'")
    status = answer["status"]
    if status == "ERROR":
        raise wrong(f"an error: {str(answer.get('msg') or 'no reason given').strip()[:200]!r}")
    if status != "COMPLETE":
        raise wrong(f"the status {str(status)[:40]!r}")
    data, fields = answer.get("data"), answer.get("fields")
    if not _are_mappings(data) or not _are_mappings(fields):
        raise wrong("a document without 'data' or 'fields'")
    rows = _table(data, fields, wrong)
    last, total = _paging(answer.get("paging"), page, len(rows), wrong)
    return Page(rows, last, total)


def all_pages(
    page: Callable[[int], Page],
    needed: str,
    who: str,
    what: str,
    tell: Callable[[int, int], None] = lambda rows, total: None,
) -> pd.DataFrame:
    """The rows of every page of an answer.

    Parameters
    ----------
    page : callable
        Gives page 1, 2, ...
    needed : str
        A column that rows must have.
    tell : callable
        Told, after each page, how many rows have arrived and how many there are.

    Raises
    ------
    ArchiveAnswerError
        Fewer rows arrived than were announced, or without the needed column.
    """
    latest = page(1)
    pages, rows = [latest.rows], len(latest.rows)
    tell(rows, latest.total)
    while not latest.last and not latest.rows.empty:
        latest = page(len(pages) + 1)
        pages.append(latest.rows)
        rows += len(latest.rows)
        tell(rows, latest.total)
    if rows < latest.total:
        raise ArchiveAnswerError(
            f"{who} announced {latest.total:,} rows for {what} and sent {rows:,}.",
            "Try again; if it stays so, ask for less at once.",
        )
    filled = [table for table in pages if not table.empty]
    if not filled:
        columns = OBSERVATION_COLUMNS if needed in OBSERVATION_COLUMNS else PRODUCT_COLUMNS
        return pages[0] if needed in pages[0] else no_rows(columns)
    table = filled[0] if len(filled) == 1 else pd.concat(filled, ignore_index=True)
    if needed not in table:
        raise ArchiveAnswerError(
            f"{who} answered {what} without the column {needed!r}.",
            f"It sent {', '.join(map(str, table.columns[:8]))}.",
        )
    return table


def _are_mappings(value: object) -> TypeGuard[list[Mapping[str, Any]]]:
    return isinstance(value, list) and all(isinstance(item, Mapping) for item in value)


def _paging(
    paging: object, page: int, rows: int, wrong: Callable[[str], ArchiveAnswerError]
) -> tuple[bool, int]:
    """Whether this page is the last one, and how many rows there are in all."""
    if paging is None:
        return True, rows
    if not isinstance(paging, Mapping) or not isinstance(paging.get("pagesFiltered"), int):
        raise wrong("paging that says no number of pages")
    if rows and paging.get("page", page) != page:
        raise wrong(f"page {paging['page']!r} when asked for page {page}")
    pages, total = paging["pagesFiltered"], paging.get("rowsFiltered")
    return page >= pages, total if isinstance(total, int) else 0


def _table(
    data: list[Mapping[str, Any]],
    fields: list[Mapping[str, Any]],
    wrong: Callable[[str], ArchiveAnswerError],
) -> pd.DataFrame:
    columns: dict[str, pd.Series] = {}
    for field in fields:
        name, kind = field.get("name"), str(field.get("type", "string")).lower()
        if not isinstance(name, str):
            raise wrong("a field without a name")
        if name == "_selected_":
            continue  # the portal's own tick box
        values = [row.get(name) for row in data]
        try:
            columns[name] = _column(values, "string" if name in IDENTIFIERS else kind)
        except (ValueError, TypeError) as error:
            raise wrong(f"values of {name!r} that are no {kind} ({str(error)[:80]})") from error
    return pd.DataFrame(columns)


def _column(values: list[Any], kind: str) -> pd.Series:
    if kind in _FLOAT_TYPES:
        return pd.to_numeric(pd.Series(values, dtype=object)).astype("float64")
    if kind in _INTEGER_TYPES:
        whole = pd.to_numeric(pd.Series(values, dtype=object)).astype("Int64")
        whole = whole.mask(whole == _MISSING_INTEGER)
        return whole if whole.hasnans else whole.astype("int64")
    if kind in _BOOLEAN_TYPES:
        flags = pd.Series([_flag(value) for value in values], dtype="boolean")
        return flags if flags.hasnans else flags.astype("bool")
    return _text_column(values)


def _flag(value: object) -> bool | None:
    """A truth value; the archive also writes it as text, "False" included."""
    if isinstance(value, str):
        return {"true": True, "false": False}.get(value.strip().lower())
    return None if value is None else bool(value)


def _text_column(values: list[Any]) -> pd.Series:
    if pd.api.types.infer_dtype(values, skipna=True) not in ("string", "empty"):
        values = [_text(value) for value in values]
    text = pd.Series(values, dtype=object)
    return text.mask(text == "").astype(_TEXT)


def _text(value: object) -> str | None:
    if value is None or value != value:
        return None
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)
