from __future__ import annotations

from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jwstwidgets.basket import COLUMNS, Basket, Subtotal
from jwstwidgets.errors import JwstWidgetsError, ProductTableError


def rows(*names: str, **columns: Any) -> pd.DataFrame:
    plain = {
        "uri": [f"mast:JWST/product/{name}" for name in names],
        "filename": list(names),
        "size": 1000,
        "rights": "PUBLIC",
        "stage": "2b",
        "role": "science",
        "owners": [("o1",)] * len(names),
    }
    return pd.DataFrame(plain | columns, index=range(7, 7 + len(names)))


A, B, C = (f"mast:JWST/product/{name}" for name in "abc")


def held(basket: Basket, column: str) -> dict[str, Any]:
    frame = basket.to_frame()
    return dict(zip(frame["filename"], frame[column], strict=True))


def test_an_empty_basket() -> None:
    basket = Basket()
    assert len(basket) == 0
    assert list(basket) == []
    assert basket.totals.files == basket.totals.bytes == 0
    assert tuple(basket.to_frame().columns) == COLUMNS
    assert repr(basket) == "Basket(0 files, 0 B)"
    assert basket == Basket() == basket | basket == basket & basket == basket - basket


def test_adding_again_merges_owners_and_reasons_in_order() -> None:
    basket = (
        Basket()
        .add(rows("a", "b"), "MRP of X")
        .add(rows("b", "c", owners=[("o2", "o1"), ("o3",)]), "picked")
        .add(rows("b"), "MRP of X")
    )
    assert list(basket) == [A, B, C]
    assert held(basket, "owners") == {"a": ("o1",), "b": ("o1", "o2"), "c": ("o3",)}
    assert held(basket, "reasons") == {
        "a": ("MRP of X",),
        "b": ("MRP of X", "picked"),
        "c": ("picked",),
    }


def test_a_uri_that_repeats_in_the_rows_is_one_file() -> None:
    basket = Basket().add(rows("a", "b", "a", owners=["o1", ("o1",), ["o2", "o3"]]), "picked")
    assert len(basket) == 2
    assert held(basket, "owners") == {"a": ("o1", "o2", "o3"), "b": ("o1",)}


def test_verbs_leave_the_basket_as_it_was() -> None:
    before = Basket().add(rows("a", "b"), "picked")
    frame = before.to_frame()
    before.add(rows("a", "c", size=5), "again")
    before.remove([A])
    before.remove([A], reason="picked")
    frame.loc[0, "filename"] = "changed"
    assert before == Basket().add(rows("a", "b"), "picked")


def test_the_newer_statement_stands_but_nothing_is_forgotten() -> None:
    basket = Basket().add(rows("a", "b", size=[10, 20], rights="EXCLUSIVE_ACCESS"), "x")
    basket = basket.add(rows("a", "b", size=[11, None], rights=["PUBLIC", None]), "y")
    assert held(basket, "size") == {"a": 11, "b": 20}
    assert held(basket, "rights") == {"a": "PUBLIC", "b": "EXCLUSIVE_ACCESS"}


def test_removing_one_reason_frees_only_what_no_other_holds() -> None:
    basket = Basket().add(rows("a", "b"), "MRP of X").add(rows("b", "c"), "picked")
    less = basket.remove(basket, reason="MRP of X")
    assert list(less) == [B, C]
    assert held(less, "reasons") == {"b": ("picked",), "c": ("picked",)}
    assert basket.remove(A, reason="picked") == basket
    assert list(basket.remove([B, "mast:unknown"])) == [A, C]
    assert basket.clear() == Basket()


def test_set_algebra() -> None:
    one, two = Basket().add(rows("a", "b"), "x"), Basket().add(rows("b", "c"), "y")
    assert list(one | two) == [A, B, C]
    assert list(one - two) == [A]
    assert list(one & two) == [B]
    assert held(one & two, "reasons") == {"b": ("x", "y")}
    assert A in one
    assert A not in two


uris = st.lists(st.sampled_from("abcdef"), unique=True)


@given(uris, uris)
def test_algebra_agrees_with_sets(some: list[str], others: list[str]) -> None:
    one, two = Basket().add(rows(*some), "x"), Basket().add(rows(*others), "y")
    assert set(one | two) == set(one) | set(two)
    assert set(one & two) == set(one) & set(two)
    assert set(one - two) == set(one) - set(two)
    assert one | two == two | one
    assert hash(one | two) == hash(two | one)
    assert (one | two).remove(one | two, reason="y") == one


def test_equal_means_same_files_owners_and_reasons() -> None:
    basket = Basket().add(rows("a", "b"), "x")
    assert basket == Basket().add(rows("b", "a"), "x")
    assert basket != Basket().add(rows("a", "b"), "y")
    assert basket != Basket().add(rows("a", "c"), "x")
    assert basket != Basket().add(rows("a", "b", size=1), "x")
    assert basket != "basket"


def test_totals() -> None:
    basket = Basket().add(
        rows(
            *"abcd",
            size=[1000, 2000, None, 4000],
            rights=["PUBLIC", "EXCLUSIVE_ACCESS", None, "EXCLUSIVE_ACCESS"],
            stage=["2b", "3", "3", None],
            role=pd.Categorical(["science", "science", "preview", "preview"]),
        ),
        "x",
    )
    totals = basket.totals
    assert (totals.files, totals.bytes, totals.unknown_sizes) == (4, 7000, 1)
    assert totals.exclusive == Subtotal(2, 6000)
    assert totals.by_stage == {
        "2b": Subtotal(1, 1000),
        "3": Subtotal(2, 2000),
        "unknown": Subtotal(1, 4000),
    }
    assert totals.by_role == {"preview": Subtotal(2, 4000), "science": Subtotal(2, 3000)}
    assert str(totals) == "4 files, 7 kB, 1 of unknown size, 2 under exclusive access"


def test_what_a_notebook_shows_is_escaped() -> None:
    shown = Basket().add(rows("a", stage="<script>"), "x")._repr_html_()
    assert "<script>" not in shown
    assert "&lt;script&gt;" in shown


def test_what_cannot_be_added() -> None:
    with pytest.raises(ProductTableError, match="lack the column rights, role; found: uri"):
        Basket().add(rows("a").drop(columns=["rights", "role"]), "x")
    with pytest.raises(ProductTableError, match="1 of 2 files have no URI"):
        Basket().add(rows("a", "b", uri=[A, None]), "x")
    with pytest.raises(ProductTableError, match="'size'"):
        Basket().add(rows("a", size="big"), "x")
    with pytest.raises(ProductTableError, match="-1 bytes"):
        Basket().add(rows("a", size=-1), "x")
    with pytest.raises(JwstWidgetsError, match="no reason"):
        Basket().add(rows("a"), " ")
