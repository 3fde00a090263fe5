"""Files and the owner of a token, fetched over a :class:`.wire.Wire` with a token in the header.

Not through astroquery's session: that writes the headers of every request into its debug log.
"""

from __future__ import annotations

import requests

from jwstwidgets.archive.failures import web_page
from jwstwidgets.archive.mast_token import HOW_TO_GET_ONE, TOKEN_PAGE, TOKEN_VARIABLE
from jwstwidgets.archive.wire import Wire
from jwstwidgets.errors import ArchiveAnswerError, NotAuthorized, NotInArchive

READ_LIMIT = 64_000_000
"""Bytes a file may have to be read whole: documents and previews are far below, images above."""


def fetch(wire: Wire, url: str, token: str, *, uri: str, who: str) -> bytes:
    """The whole of one small file.

    Raises
    ------
    NotAuthorized, NotInArchive, ArchiveAnswerError
        The server says no, or what it sent is not the file.
    requests.RequestException
        For :func:`.wire.persist`, which asks again or puts it into words.
    """
    response = _get(wire, url, token)
    status = response.status_code
    if status in (401, 403):
        given = "The token was not accepted" if token else "No token was sent"
        raise NotAuthorized(
            f"{uri!r} is under exclusive access (HTTP {status}). {given}.",
            f"Set {TOKEN_VARIABLE} to a token of the program's team, from {TOKEN_PAGE}.",
        )
    if status == 404:
        raise NotInArchive(f"{who} holds no file {uri!r}.", "It may be replaced: list it anew.")
    response.raise_for_status()
    if status != 200:
        hint = "Try again in a few minutes."
        raise ArchiveAnswerError(f"{who} answered {uri!r} with HTTP {status}.", hint)
    start = response.content[:2000].lstrip().lower()
    if start.startswith((b"<!doctype html", b"<html")) and not uri.endswith((".html", ".htm")):
        raise web_page(start.decode("utf-8", "replace"), who, repr(uri))
    return bytes(response.content)


def owner(wire: Wire, url: str, token: str, *, who: str) -> str:
    """Name of the owner of a token.

    Raises
    ------
    NotAuthorized
        The server does not accept the token.
    """
    response = _get(wire, url, token)
    response.raise_for_status()
    answer = response.json()
    if answer.get("anon", True):
        raise NotAuthorized(f"{who} does not accept the MAST API token.", HOW_TO_GET_ONE)
    return str((answer.get("attrib") or {}).get("display_name", ""))


def _get(wire: Wire, url: str, token: str) -> requests.Response:
    def authorize(request: requests.PreparedRequest) -> requests.PreparedRequest:
        # As `auth`, not among `headers`: a .netrc entry for the host would replace it there.
        if token:
            request.headers["Authorization"] = f"token {token}"
        return request

    # identity: the length that is announced is then that of the file.
    headers = {"Accept-Encoding": "identity"}
    return wire.request("GET", url, limit=READ_LIMIT, headers=headers, auth=authorize)
