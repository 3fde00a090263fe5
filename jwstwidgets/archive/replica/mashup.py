"""MAST's question-and-answer protocol, as far as its JWST clients use it: a pure translation.

A question is a JSON document with `service`, `params`, `page` and `pagesize`; an answer has
`status`, `fields`, `data` and `paging`. Knows no HTTP. Filters mean what the real archive makes of
them: exact values or one pattern in which ``%`` and, a trap, ``_`` are wildcards; text compares
without regard to case.

>>> like("jw02733-o002%")("JW02733_O002_t001_miri_f1130w")
False
>>> like("jw02733_o002%")("jw02733-o002_t001_miri_f1130w")
True
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from jwstwidgets.archive.answers import IDENTIFIERS, OBSERVATION_COLUMNS, PRODUCT_COLUMNS
from jwstwidgets.archive.protocol import Query
from jwstwidgets.errors import JwstWidgetsError

OBSERVATIONS = "Mast.Caom.Filtered"
CONE = "Mast.Caom.Filtered.Position"
PRODUCTS = "Mast.Caom.Products"
NAMES = "Mast.Name.Lookup"

_NUMBERS = frozenset(
    {"s_ra", "s_dec", "t_min", "t_max", "t_exptime", "em_min", "em_max", "t_obs_release"}
    | {"srcDen", "distance"}
)
_INTEGERS = frozenset({"calib_level", "sequence_number", "size"})
_LISTS = frozenset({"filters", "target_classification", "obs_collection", "project"})  # a;b;c


def columns_config(config_id: str) -> dict[str, dict[str, Any]]:
    """What the archive says of the columns of a service: name -> properties."""
    names = PRODUCT_COLUMNS if config_id == PRODUCTS else (*OBSERVATION_COLUMNS, "distance")
    return {name: _properties(name) for name in ("_selected_", *names)}


def _properties(name: str) -> dict[str, Any]:
    properties: dict[str, Any] = {"text": name}
    if name in _NUMBERS:
        properties["vot.datatype"] = "double"
    elif name in _INTEGERS:
        properties["vot.datatype"] = "int"
    else:
        properties["type"] = "boolean" if name in ("_selected_", "mtFlag") else "string"
    if name in _LISTS:
        properties["separator"] = ";"
    return properties


def like(pattern: str) -> Callable[[object], bool]:
    """SQL's LIKE, on text."""
    parts = {"%": ".*", "_": "."}
    source = "".join(parts.get(char, re.escape(char)) for char in pattern)
    found = re.compile(source, re.IGNORECASE | re.DOTALL).fullmatch
    return lambda value: isinstance(value, str) and found(value) is not None


def filtered(rows: pd.DataFrame, filters: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """Rows that meet every filter.

    Raises
    ------
    ValueError
        A filter names no column, or is not of the form the archive takes.
    """
    keep = pd.Series(True, index=rows.index)
    for condition in filters:
        name, values = str(condition["paramName"]), list(condition.get("values", []))
        if name not in rows and name not in OBSERVATION_COLUMNS:
            raise ValueError(f"Invalid column name '{name}'.")
        column = rows.get(name, pd.Series(index=rows.index, dtype=object))
        if values and isinstance(values[0], Mapping):
            number = pd.to_numeric(column, errors="coerce")
            keep &= number.between(float(values[0]["min"]), float(values[0]["max"]))
            continue
        exact = {str(value).lower() for value in values}
        text = condition.get("freeText")
        fits = like(str(text)) if text else _never
        separator = condition.get("separator")
        keep &= column.map(lambda v, e=exact, f=fits, s=separator: _meets(v, e, f, s)).astype(bool)
    return rows[keep]


def _never(value: object) -> bool:
    return False


def _meets(
    value: object, exact: set[str], fits: Callable[[object], bool], separator: str | None
) -> bool:
    if value is None or value != value:
        return False
    text = as_text(value) or ""
    parts = text.split(separator) if separator else [text]
    return fits(text) or any(part.lower() in exact for part in parts)


def within(rows: pd.DataFrame, position: str) -> pd.DataFrame:
    """Rows whose position is within ``"ra, dec, radius"`` (deg), with `distance` in arcsec."""
    ra, dec, radius = (float(number) for number in position.split(","))
    lon = np.radians(pd.to_numeric(rows["s_ra"], errors="coerce").to_numpy(float) - ra)
    lat = np.radians(pd.to_numeric(rows["s_dec"], errors="coerce").to_numpy(float))
    here = math.radians(dec)
    # Haversines: exact for small angles, where the cosine formula loses its digits.
    half = np.sin((lat - here) / 2) ** 2 + np.cos(lat) * math.cos(here) * np.sin(lon / 2) ** 2
    distance = np.degrees(2 * np.arcsin(np.sqrt(np.clip(half, 0, 1))))
    return rows.assign(distance=distance * 3600)[distance <= radius]


def query_of(filters: Sequence[Mapping[str, Any]], position: str | None) -> Query:
    """The question of an archive's own that finds (at least) what these filters ask for."""
    asked: dict[str, str] = {}
    for condition in filters:
        values = [str(value) for value in condition.get("values", [])]
        text = str(condition.get("freeText") or (values[0] if len(values) == 1 else ""))
        asked[str(condition["paramName"])] = text.replace("%", "*")
    program = asked.get("proposal_id", "")
    where = [float(number) for number in position.split(",")] if position else [None, None, 0.2]
    return Query(
        obs_id=asked.get("obs_id") or None,
        program=int(program) if program.isdecimal() else None,
        target=asked.get("target_name") or None,
        instrument=(asked.get("instrument_name") or "").rstrip("*/") or None,
        ra=where[0],
        dec=where[1],
        radius=where[2] or 0.2,
    )


def answer(rows: pd.DataFrame, question: Mapping[str, Any], page_size: int) -> dict[str, Any]:
    """One page of rows as the archive sends it; `page_size` is the server's own limit."""
    size = max(1, min(int(question.get("pagesize") or page_size), page_size))
    page = max(1, int(question.get("page") or 1))
    part = rows.iloc[(page - 1) * size : page * size]
    return {
        "status": "COMPLETE",
        "msg": "",
        "fields": [{"name": name, "type": _type(name, rows[name])} for name in rows.columns],
        "data": _records(part),
        "paging": {
            "page": page,
            "pageSize": size,
            "pagesFiltered": math.ceil(len(rows) / size),
            "rows": len(part),
            "rowsFiltered": len(rows),
            "rowsTotal": len(rows),
        },
    }


def without_rows(status: str, msg: str = "") -> dict[str, Any]:
    """An answer that says only how things stand: ``"EXECUTING"``, ``"ERROR"``."""
    return {"status": status, "msg": msg, "fields": [], "data": [], "paging": None}


def resolved(rows: pd.DataFrame, name: str) -> dict[str, Any]:
    """Answer of the name service: the mean position of the target of that name, if there is one."""
    found = rows[rows["target_name"].map(like(name.strip())).astype(bool)].dropna(
        subset=["s_ra", "s_dec"]
    )
    coordinates = [
        {
            "searchString": name.strip().lower(),
            "canonicalName": str(found["target_name"].iloc[0]),
            "ra": float(found["s_ra"].iloc[0]),
            "decl": float(found["s_dec"].iloc[0]),
            "resolver": "replica",
            "searchRadius": -1.0,
        }
    ] if len(found) else []  # fmt: skip
    return {"resolvedCoordinate": coordinates, "status": ""}


def as_text(value: object) -> str | None:
    """A value of a text column; whole numbers without a decimal point."""
    if value is None or value is pd.NA or value != value:
        return None
    if isinstance(value, float | np.floating) and float(value).is_integer():
        return str(int(value))
    return str(value)


def explain(error: Exception) -> dict[str, Any]:
    """The answer in place of one that an error prevented."""
    what = error.what if isinstance(error, JwstWidgetsError) else str(error)
    return without_rows("ERROR", what)


def _type(name: str, column: pd.Series) -> str:
    if name in IDENTIFIERS or (name not in (*_NUMBERS, *_INTEGERS) and column.isna().all()):
        return "string"
    if pd.api.types.is_bool_dtype(column):
        return "boolean"
    if pd.api.types.is_integer_dtype(column) or name in _INTEGERS:
        return "int"
    return "float" if pd.api.types.is_float_dtype(column) else "string"


def _records(rows: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows as JSON objects, null where a value is missing."""
    columns: dict[str, list[Any]] = {}
    for name in rows.columns:
        column, kind = rows[name], _type(name, rows[name])
        if kind == "string":
            columns[name] = [as_text(value) for value in column.tolist()]
        elif kind == "int":
            numbers = pd.to_numeric(column, errors="coerce").astype("Int64").astype(object)
            columns[name] = numbers.where(column.notna(), None).tolist()
        else:
            columns[name] = column.astype(object).where(column.notna(), None).tolist()
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
