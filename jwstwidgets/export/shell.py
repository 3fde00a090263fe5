"""A download script in POSIX sh that checks, resumes and goes on: for a basket of any size.

The script itself is in the folder ``download`` beside this module, in parts, and is tested by
running it; here the parts are joined and get their list of files. A line of the list is
``size rights folder name uri``: safe ASCII names without white space, a percent-encoded URI, ``-``
for an unknown size. Nothing from the archive reaches the shell in any other form, except in
comments of one printable line.
"""

from __future__ import annotations

import re
import shlex
from functools import cache
from importlib.resources import files

from jwstwidgets.basket import Basket
from jwstwidgets.export.listing import ExportInfo, Listing, one_line
from jwstwidgets.units import format_bytes

_PARTS = ("start", "options", "plan", "lock", "server", "file", "run")
_MOST_SHOWN = 20


def command(path: str) -> str:
    """How to run the script.

    >>> command("my scripts/get_jw02733.sh")
    "sh 'my scripts/get_jw02733.sh' --jobs 4"
    """
    # `sh -x.sh` would be read as an option.
    named = f"./{path}" if path.startswith(("-", "+")) else path
    return f"sh {shlex.quote(named)} --jobs 4"


def script(basket: Basket, info: ExportInfo) -> str:
    """The script for these files; see ``sh script --help`` for what it does."""
    listing = Listing(basket)
    parts = {
        "HEADER": "\n".join(f"# {line}".rstrip() for line in _header(basket, listing, info)),
        "SERVER": shlex.quote(info.base_url),
        "SUMMARY": shlex.quote(info.statement(basket)),
        "VERSION": re.sub(r"[^A-Za-z0-9.+-]", "_", info.version),
        "LIST": "\n".join(_lines(listing)),
    }
    # One pass: what is filled in is never searched again for placeholders.
    return re.sub(r"@([A-Z]+)@", lambda found: parts[found[1]], _template())


@cache
def _template() -> str:
    folder = files("jwstwidgets.export").joinpath("download")
    return "".join(folder.joinpath(f"{part}.sh").read_text(encoding="utf-8") for part in _PARTS)


def _lines(listing: Listing) -> list[str]:
    rights = ["exclusive" if held else "public" for held in listing.restricted]
    rows = zip(
        listing.sizes, rights, listing.folders, listing.names, listing.quoted_uris, strict=True
    )
    return [" ".join(row) for row in rows]


def _header(basket: Basket, listing: Listing, info: ExportInfo) -> list[str]:
    """Comment lines: what this is, from where, when, and what the user must know."""
    totals = basket.totals
    said = [
        "Downloads JWST files, resumes where it stopped, and checks the size of every file.",
        info.statement(basket),
        f"Server: {info.base_url}",
    ]
    if totals.exclusive.files:
        said.append(
            f"Under exclusive access: {totals.exclusive.files}, "
            f"{format_bytes(totals.exclusive.bytes)}; for these put your token in MAST_API_TOKEN."
        )
    if listing.renamed:
        said.append(f"Names that are not safe on a disk were changed ({len(listing.renamed)}):")
        said += [f"  {one_line(old, 80)!a} -> {new}" for old, new in listing.renamed[:_MOST_SHOWN]]
        if len(listing.renamed) > _MOST_SHOWN:
            said.append(f"  and {len(listing.renamed) - _MOST_SHOWN} more")
    return said
