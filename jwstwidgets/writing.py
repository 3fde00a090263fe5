"""Files are written whole or not at all.

>>> import pathlib, tempfile
>>> target = pathlib.Path(tempfile.mkdtemp()) / "note.txt"
>>> write_text(target, "all of it").read_text()
'all of it'
"""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from jwstwidgets.errors import ExportError


def write_text(path: str | Path, text: str, *, executable: bool = False) -> Path:
    """Write a text file; a reader or a full disk never sees half of it.

    Parameters
    ----------
    path : str or Path
        The file; one of that name is replaced.
    text : str
        What it is to hold; lone surrogates become escapes.
    executable : bool
        Whether the file is a program.

    Returns
    -------
    Path
        The file written.

    Raises
    ------
    ExportError
        It cannot be written: there is no such folder, no room, or no permission.
    """
    target = Path(path).expanduser()
    if not target.parent.is_dir():
        raise ExportError(
            f"{str(target)!r} cannot be written: there is no folder {str(target.parent)!r}.",
            "Make the folder, or give another path.",
        )
    # Complete beside the target, then renamed.
    draft = target.with_name(f".{target.name[:100]}.{secrets.token_hex(4)}")
    mode = 0o777 if executable else 0o666  # less the user's umask
    try:
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        with os.fdopen(handle, "w", encoding="utf-8", errors="backslashreplace", newline="") as out:
            out.write(text)
        draft.replace(target)
    except OSError as error:
        draft.unlink(missing_ok=True)
        raise ExportError(
            f"{str(target)!r} cannot be written: {error.strerror}.", "Give another path."
        ) from error
    return target
