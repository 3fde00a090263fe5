from __future__ import annotations

import csv
import io

import pandas as pd
import pytest
from script_runs import basket_of, uri_of

from jwstwidgets.export import ExportInfo, download_url
from jwstwidgets.export.table import COLUMNS

HOSTILE = [
    "=1+1.fits", "+1.fits", "-1.fits", "@x.fits", "\tx.fits", "\rx.fits", "\n=x", 'a "b", c.fits',
    "$(touch x)", "a\r\nb.fits", "été;=1.fits", "\uff1d1.fits", "nul\0.fits",
]  # fmt: skip


def test_it_comes_back_as_it_went() -> None:
    basket = basket_of(
        {uri_of("a_cal.fits"): b"123", uri_of("b c.fits"): b""},
        size=[3, None],
        rights=["PUBLIC", None],
        owners=[("o1", "o2"), ()],
    ).add(basket_of({uri_of("a_cal.fits"): b"123"}).to_frame(), "MRP of o1, o2")
    text = basket.to_text("csv")
    back = pd.read_csv(io.StringIO(text), dtype={"size": "Int64"})
    assert tuple(back.columns) == COLUMNS
    assert back["uri"].tolist() == list(basket)
    assert back["size"].tolist() == [3, pd.NA]
    assert back["owners"].fillna("").tolist() == ["o1;o2;jw02733-o002", ""]
    assert back["reasons"].tolist() == ["picked;MRP of o1, o2", "picked"]
    assert back["download_url"].tolist() == [download_url(uri) for uri in basket]
    assert text.count("\r\n") == 3  # a header and two rows, ended as RFC 4180 says
    assert text.replace("\r\n", "").count("\n") == 0


def test_no_cell_can_start_a_formula() -> None:
    basket = basket_of(
        {uri_of(name): b"" for name in HOSTILE},
        filename=HOSTILE,
        stage="=1",
        owners=[("=cmd|' /C calc'!A0",)] * len(HOSTILE),
    )
    table = list(csv.reader(io.StringIO(basket.to_text("csv"), newline="")))
    assert len(table) == len(HOSTILE) + 1
    assert all(len(row) == len(COLUMNS) for row in table)
    assert not any(cell.startswith(tuple("=+-@\t\r\n\uff1d")) for row in table for cell in row)
    names = [row[1].removeprefix("'") for row in table[1:]]
    assert names == [name.replace("\0", "") for name in HOSTILE]


def test_the_server_is_in_the_urls() -> None:
    text = basket_of({uri_of("a"): b""}).to_text("csv", ExportInfo(server="http://127.0.0.1:80"))
    assert '"http://127.0.0.1:80/api/v0.1/Download/file?uri=mast:JWST/product/a"' in text


@pytest.mark.parametrize("uri", ["mast:JWST/product/a&b=c#d?e f+g%20é\n.fits"])
def test_urls_are_encoded(uri: str) -> None:
    assert download_url(uri).endswith("/a%26b%3Dc%23d%3Fe%20f%2Bg%2520%C3%A9%0A.fits")
