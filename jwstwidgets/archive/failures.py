"""What can go wrong between us and a server, put into the words of the error family.

Every exception of requests, urllib3, the socket layer and a client library that stumbles over an
answer becomes one :class:`Failure`: the error a user reads, whether asking again may help, and
how long the server asked to wait.

>>> failure = failure_of(ConnectionResetError("reset"), who="MAST", what="products of 87602450")
>>> failure.passing
True
>>> raise failure.error
Traceback (most recent call last):
    ...
jwstwidgets.errors.ArchiveUnavailable: The connection to MAST broke while asking for products of
87602450 (reset). Check the network and try again.
"""

from __future__ import annotations

import http.client
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from email.utils import parsedate_to_datetime

import requests
import urllib3.exceptions

from jwstwidgets.errors import (
    ArchiveAnswerError,
    ArchiveError,
    ArchiveTimeout,
    ArchiveUnavailable,
    NotAuthorized,
)

FAILURES: tuple[type[BaseException], ...] = (
    OSError,  # sockets, and every exception of requests
    http.client.HTTPException,
    urllib3.exceptions.HTTPError,
    # What a client raises when an answer is not of the form it expects.
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    RecursionError,
)
"""What may come out of a request. Astroquery's own exceptions are added by the caller."""

_PASSING_STATUS = (408, 425, 429, 502, 503, 504)
_TRY_LATER = "Try again in a few minutes."
_CHECK_NETWORK = "Check the network and try again."
_REPORT = "Try again; if it stays so, the archive has changed or is broken."


@dataclass(frozen=True)
class Failure:
    """An error to raise, and whether and when to ask again instead."""

    error: ArchiveError
    passing: bool = False
    retry_after: float | None = None


def failure_of(error: BaseException, *, who: str, what: str) -> Failure:
    """The failure an exception stands for.

    Parameters
    ----------
    who : str
        The server, e.g. ``"MAST"``.
    what : str
        What it was asked for, e.g. ``"products of 87602450"``.
    """
    if isinstance(error, ArchiveError):
        return Failure(error)
    if isinstance(error, requests.HTTPError) and error.response is not None:
        return _of_status(error.response, who, what)
    causes = tuple(_causes(error))
    # urllib3 counts a refused connection among the time-outs, so it is looked for first.
    if _any(causes, ConnectionRefusedError, urllib3.exceptions.NewConnectionError):
        return _unreachable(causes, who)
    if _any(causes, TimeoutError, requests.Timeout, urllib3.exceptions.TimeoutError):
        return Failure(ArchiveTimeout(f"{who} fell silent when asked for {what}.", _TRY_LATER))
    if _any(causes, requests.exceptions.ChunkedEncodingError, http.client.IncompleteRead):
        return _of_broken_body(causes, who, what)
    if _any(causes, requests.JSONDecodeError):
        return Failure(_not_json(error, who, what))
    if _any(causes, OSError, http.client.HTTPException, urllib3.exceptions.HTTPError):
        return _of_connection(causes, who, what)
    return Failure(
        ArchiveAnswerError(
            f"{who} answered {what} in a form that cannot be read ({_brief(error)}).", _REPORT
        )
    )


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The exception and those it wraps: requests wraps urllib3's, which wrap the socket's."""
    waiting: list[object] = [error]
    for _ in range(20):
        if not waiting:
            return
        item = waiting.pop(0)
        if isinstance(item, BaseException):
            yield item
            waiting += [*item.args, getattr(item, "reason", None), item.__cause__]


def _any(causes: tuple[BaseException, ...], *kinds: type[BaseException]) -> bool:
    return any(isinstance(cause, kinds) for cause in causes)


def _brief(error: BaseException) -> str:
    """The exception's own words in one short line, without addresses of objects."""
    words = re.sub(r"<[^>]* at 0x[0-9a-f]+>:? ?|\s+", " ", str(error)).strip()
    return words[:160] or type(error).__name__


def _of_status(response: requests.Response, who: str, what: str) -> Failure:
    status = response.status_code
    said = f"{who} answered HTTP {status} ({response.reason or 'no reason given'}) to {what}."
    if status in (401, 403):
        return Failure(NotAuthorized(said, "Set MAST_API_TOKEN to a valid token."))
    if status in _PASSING_STATUS or status >= 500:
        wait = _seconds(response.headers.get("Retry-After"))
        hint = f"It asks to try again in {wait:g} s." if wait else _TRY_LATER
        return Failure(ArchiveUnavailable(said, hint), status in _PASSING_STATUS, wait)
    return Failure(ArchiveAnswerError(said, f"The address was {response.url}. {_REPORT}"))


def _seconds(retry_after: str | None) -> float | None:
    """Retry-After, which is a number of seconds or a date."""
    if not retry_after:
        return None
    try:
        return max(0.0, float(retry_after))
    except ValueError:
        pass
    try:
        return max(0.0, parsedate_to_datetime(retry_after).timestamp() - time.time())
    except (ValueError, OverflowError):
        return None


def _of_broken_body(causes: tuple[BaseException, ...], who: str, what: str) -> Failure:
    if _any(causes, ConnectionResetError, BrokenPipeError):
        return _broken(causes, who, what)
    short = next((c for c in causes if isinstance(c, http.client.IncompleteRead)), None)
    came, missing = getattr(short, "partial", None), getattr(short, "expected", None)
    detail = ""
    if isinstance(came, int) and isinstance(missing, int):
        detail = f" after {came:,} of {came + missing:,} bytes"
    return Failure(
        ArchiveAnswerError(
            f"The answer of {who} to {what} ended early{detail}.", f"{_CHECK_NETWORK}"
        ),
        passing=True,
    )


def _of_connection(causes: tuple[BaseException, ...], who: str, what: str) -> Failure:
    if _any(causes, requests.TooManyRedirects):
        return Failure(ArchiveAnswerError(f"{who} redirects {what} in a circle.", _REPORT))
    if _any(causes, requests.exceptions.SSLError, urllib3.exceptions.SSLError):
        hint = "Check the clock and the certificates of this machine, or its proxy."
        return Failure(
            ArchiveUnavailable(f"No secure connection to {who}: {_brief(causes[-1])}.", hint)
        )
    if _any(causes, requests.exceptions.ProxyError):
        hint = "Check the proxy that HTTPS_PROXY names."
        return Failure(ArchiveUnavailable(f"{who} cannot be reached through the proxy.", hint))
    if _any(causes, requests.exceptions.ContentDecodingError, urllib3.exceptions.DecodeError):
        text = f"{who} answered {what} with bytes that do not decode."
        return Failure(ArchiveAnswerError(text, _REPORT))
    return _broken(causes, who, what)


def _unreachable(causes: tuple[BaseException, ...], who: str) -> Failure:
    if _any(causes, urllib3.exceptions.NameResolutionError):
        hint = "Is this machine offline? The sample archive works without a network."
        return Failure(ArchiveUnavailable(f"The host name of {who} is not known here.", hint))
    if _any(causes, requests.exceptions.ProxyError):
        hint = "Check the proxy that HTTPS_PROXY names."
        return Failure(ArchiveUnavailable(f"{who} cannot be reached through the proxy.", hint))
    hint = f"It may be down, or the network is. {_TRY_LATER}"
    return Failure(ArchiveUnavailable(f"{who} accepts no connection.", hint), passing=True)


def _broken(causes: tuple[BaseException, ...], who: str, what: str) -> Failure:
    text = f"The connection to {who} broke while asking for {what} ({_brief(causes[-1])})."
    return Failure(ArchiveUnavailable(text, _CHECK_NETWORK), passing=True)


def _not_json(error: BaseException, who: str, what: str) -> ArchiveAnswerError:
    """An answer that is no JSON: name what it is, for that is what tells the cause."""
    body = str(getattr(error, "doc", "")).strip()
    if not body:
        return ArchiveAnswerError(f"{who} answered {what} with nothing at all.", _REPORT)
    if body.startswith("<"):
        return web_page(body, who, what)
    position = getattr(error, "pos", 0)
    return ArchiveAnswerError(
        f"{who} answered {what} with broken JSON: character {position:,} of {len(body):,}.",
        _REPORT,
    )


def web_page(body: str, who: str, what: str) -> ArchiveAnswerError:
    """A web page where data were expected: a sign of maintenance, a gateway, or a login wall."""
    title = re.search(r"<(title|h1)[^>]*>([^<]{1,80})", body[:4000], re.IGNORECASE)
    named = f" ({title[2].strip()!r})" if title else ""
    return ArchiveAnswerError(
        f"{who} answered {what} with a web page{named}.",
        "The archive may be under maintenance, or this network asks for a login.",
    )
