"""The MAST API token: read when it is needed, shown nowhere.

A token opens files under exclusive access to whoever holds it. So it is read from the environment
each time, goes into one header, and has no way into a repr, a message, a pickle or a log.

>>> Token("abc123", may_travel=True)
<Token: not shown>
"""

from __future__ import annotations

import os
from typing import NoReturn

from jwstwidgets.errors import NotAuthorized

TOKEN_VARIABLE = "MAST_API_TOKEN"
TOKEN_PAGE = "https://auth.mast.stsci.edu/tokens"


class Token:
    """Where the token comes from, and whether it may go onto the network.

    Parameters
    ----------
    given : str, optional
        A token; that in ``MAST_API_TOKEN`` by default.
    may_travel : bool
        Whether the way to the server is private: https, or loopback.
    """

    def __init__(self, given: str | None = None, *, may_travel: bool) -> None:
        def read_given() -> str | None:
            return given

        self._given = read_given  # a closure: vars() shows no value
        self._may_travel = may_travel

    def __repr__(self) -> str:
        return "<Token: not shown>"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a token is never written to disk or sent to another process")

    def read(self) -> str:
        """The token; empty if there is none, or if it must not travel.

        Raises
        ------
        NotAuthorized
            It has characters no token has. Checked here, since an HTTP library that refuses a
            header shows its value.
        """
        token = (self._given() or os.environ.get(TOKEN_VARIABLE) or "").strip()
        if not (token.isascii() and token.isprintable()) or " " in token:
            raise NotAuthorized(
                "The MAST API token has characters that no token has.",
                f"Copy it anew from {TOKEN_PAGE} into {TOKEN_VARIABLE}.",
            )
        return token if self._may_travel else ""

    def needed(self) -> str:
        """The token; raises `NotAuthorized` if there is none. Never asks for one."""
        if token := self.read():
            return token
        raise NotAuthorized("There is no MAST API token.", HOW_TO_GET_ONE)


HOW_TO_GET_ONE = (
    f"Make one at {TOKEN_PAGE} and set the environment variable {TOKEN_VARIABLE} to it."
)
