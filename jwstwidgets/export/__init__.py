"""Ways out of a basket: one registry that the panel and Python share.

A format turns a basket into text and says which command to run afterwards. Writing the text to a
file, atomically, is the same for all and is here.

>>> [f.name for f in FORMATS]
['shell', 'csv']
>>> get_format("shell").command("get_jw02733.sh")
'sh get_jw02733.sh --jobs 4'
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from jwstwidgets.basket import Basket
from jwstwidgets.errors import ExportError
from jwstwidgets.export import shell, table
from jwstwidgets.export.listing import (
    MAST_SERVER,
    ExportInfo,
    download_url,
    safe_filename,
)
from jwstwidgets.writing import write_text

__all__ = [
    "FORMATS",
    "MAST_SERVER",
    "ExportInfo",
    "Format",
    "default_filename",
    "download_url",
    "get_format",
    "safe_filename",
    "to_text",
    "write",
]


@dataclass(frozen=True)
class Format:
    """One kind of export.

    Attributes
    ----------
    name : str
        What Python and the panel call it, e.g. ``"shell"``.
    label : str
        For menus.
    prefix, suffix : str
        Of the default file name, around `ExportInfo.name`.
    write : callable
        ``(basket, info) -> text``; the basket is not empty.
    command : callable
        ``path -> command`` to use what was written.
    executable : bool
        Whether the file is a program.
    """

    name: str
    label: str
    prefix: str
    suffix: str
    write: Callable[[Basket, ExportInfo], str]
    command: Callable[[str], str]
    executable: bool = False


FORMATS: tuple[Format, ...] = (
    Format("shell", "Download script (sh)", "get_", ".sh", shell.script, shell.command, True),
    Format("csv", "Table of files and URIs (CSV)", "", ".csv", table.csv_text, table.csv_command),
)


def get_format(name: str) -> Format:
    """The format of this name.

    Raises
    ------
    ExportError
        There is none; the message lists those there are.
    """
    for known in FORMATS:
        if known.name == name:
            return known
    names = ", ".join(repr(known.name) for known in FORMATS)
    raise ExportError(f"There is no export format {name!r}.", f"Choose one of {names}.")


def default_filename(format: str, info: ExportInfo | None = None) -> str:
    """The file name used when only a folder is given.

    >>> default_filename("shell", ExportInfo(name="jw02733"))
    'get_jw02733.sh'
    """
    kind, info = get_format(format), info or ExportInfo()
    return f"{kind.prefix}{safe_filename(info.name)}{kind.suffix}"


def to_text(basket: Basket, format: str, info: ExportInfo | None = None) -> str:
    """The text of an export.

    Raises
    ------
    ExportError
        The format is unknown, or the basket is empty.
    """
    kind = get_format(format)
    if not len(basket):
        raise ExportError("The basket is empty: there is nothing to export.", "Add files first.")
    return kind.write(basket, info or ExportInfo())


def write(basket: Basket, format: str, path: str | Path, info: ExportInfo | None = None) -> Path:
    """Write an export, whole or not at all; a file of that name is replaced.

    Parameters
    ----------
    basket : Basket
        Not empty.
    format : str
        A name in `FORMATS`.
    path : str or Path
        The file to write, or an existing folder to put `default_filename` in.
    info : ExportInfo, optional
        Where the files are from; MAST, now, by default.

    Returns
    -------
    Path
        The file written.

    Raises
    ------
    ExportError
        The format is unknown, the basket is empty, or the file cannot be written.
    """
    text = to_text(basket, format, info)
    path = Path(path).expanduser()
    target = path / default_filename(format, info) if path.is_dir() else path
    return write_text(target, text, executable=get_format(format).executable)
