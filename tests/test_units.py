from __future__ import annotations

import shutil
import subprocess
from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jwstwidgets.units import UNITS, format_bytes


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (0, "0 B"),
        (1, "1 B"),
        (999, "999 B"),
        (1000, "1 kB"),
        (126_900, "127 kB"),
        (999_499, "999 kB"),
        (999_500, "1 MB"),
        (475_000_000, "475 MB"),
        (5_400_000_000, "5.4 GB"),
        (5_420_000_000, "5.42 GB"),
        (10**21, "1000 EB"),
    ],
)
def test_sizes_read_well(size: int, text: str) -> None:
    assert format_bytes(size) == text


def test_a_negative_size_is_an_error() -> None:
    with pytest.raises(ValueError, match="-1"):
        format_bytes(-1)


@given(st.integers(0, 10**20))
def test_three_digits_tell_the_size(size: int) -> None:
    number, unit = format_bytes(size).split()
    assert len(number.replace(".", "").lstrip("0")) <= 3
    assert float(number) * 1000 ** UNITS.index(unit) == pytest.approx(size, rel=0.005)


@pytest.mark.skipif(shutil.which("awk") is None, reason="awk is not installed")
def test_the_download_script_writes_sizes_the_same_way() -> None:
    plan = files("jwstwidgets.export").joinpath("download/plan.sh").read_text()
    rule = plan.split("human='")[1].split("'\n")[0]
    sizes = [int(m * 10**e) for e in range(18) for m in (1, 1.5, 4.75, 9.99, 9.994, 9.996)]
    answer = subprocess.run(
        ["awk", rule + "{ print human($1) }"],
        input="\n".join(map(str, sizes)),
        capture_output=True,
        text=True,
        check=True,
    )
    assert answer.stdout.splitlines() == [format_bytes(size) for size in sizes]
