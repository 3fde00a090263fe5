"""A table of the files for spreadsheets and programs: CSV by RFC 4180, with download URLs.

RFC 4180 has no comments, so the file says nothing of itself; `ExportInfo.statement` is what the
panel shows beside it. Archive text is not trusted: no cell can start a formula.

>>> formula_safe("=cmd()"), formula_safe("jw02733")
("'=cmd()", 'jw02733')
"""

from __future__ import annotations

import csv

from jwstwidgets.basket import Basket
from jwstwidgets.export.listing import ExportInfo, download_url

COLUMNS = (
    "uri", "filename", "size", "rights", "stage", "role", "owners", "reasons", "download_url",
)  # fmt: skip

# What spreadsheets take for the start of a formula, in ASCII and in full width.
_FORMULA = tuple("=+-@\t\r\n\uff1d\uff0b\uff0d\uff20")


def formula_safe(cell: str) -> str:
    """A cell that a spreadsheet reads as text: a quote in front of what could be a formula."""
    return f"'{cell}" if cell.startswith(_FORMULA) else cell


def csv_text(basket: Basket, info: ExportInfo) -> str:
    """All files as CSV: a header, one row per file, CRLF; `size` in bytes, empty if unknown.

    `owners` and `reasons` are joined by ``;``. Text is always quoted: where ``;`` separates
    columns, a joined cell must not fall apart into cells of its own.
    """
    rows = basket.to_frame()
    rows["owners"] = rows["owners"].map(";".join)
    rows["reasons"] = rows["reasons"].map(";".join)
    rows["download_url"] = [download_url(uri, info.base_url) for uri in rows["uri"]]
    for name in COLUMNS:
        if name != "size":
            # pandas' reader ends a cell at NUL, so it must not be there.
            cells = rows[name].astype("object").fillna("")
            rows[name] = [formula_safe(cell.replace("\0", "")) for cell in cells]
    text: str = rows[list(COLUMNS)].to_csv(
        index=False, quoting=csv.QUOTE_NONNUMERIC, lineterminator="\r\n"
    )
    return text


def csv_command(path: str) -> str:
    """How to read the table back, in Python.

    >>> csv_command("jw02733.csv")
    "pandas.read_csv('jw02733.csv', keep_default_na=False)"
    """
    return f"pandas.read_csv({path!r}, keep_default_na=False)"
