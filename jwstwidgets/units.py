"""Bytes as people read them: SI units, at most three significant digits.

Knows nothing of files or archives. The same rule, in awk, is in the download script, so that a
size reads the same in the explorer and in the terminal.

>>> format_bytes(475_000_000)
'475 MB'
"""

from __future__ import annotations

UNITS = ("B", "kB", "MB", "GB", "TB", "PB", "EB")


def format_bytes(size: int) -> str:
    """Write a number of bytes with an SI unit (1 kB is 1000 bytes).

    Parameters
    ----------
    size : int
        Bytes, zero or more.

    Returns
    -------
    str
        At most three significant digits, no trailing zeros.

    Raises
    ------
    ValueError
        A negative size.

    Examples
    --------
    >>> [format_bytes(n) for n in (0, 999, 126_900, 999_999, 5_400_000_000)]
    ['0 B', '999 B', '127 kB', '1 MB', '5.4 GB']
    """
    if size < 0:
        raise ValueError(f"{size!r} is no size in bytes: it is negative.")
    value, unit = float(size), 0
    # 999.5 would be written "1e+03" by three digits: it is 1 of the next unit.
    while value >= 999.5 and unit < len(UNITS) - 1:
        value /= 1000
        unit += 1
    digits = f"{value:.3g}" if value < 999.5 else f"{value:.0f}"
    return f"{digits} {UNITS[unit]}"
