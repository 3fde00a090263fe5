"""What docs/architecture.md says of the code: who imports whom, how long, what is caught where."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "jwstwidgets"

#: From the bottom to the top: a module imports from its own layer and from those below.
LAYERS = (
    ("errors", "units", "writing", "vocabulary", "exposure_types", "forms"),
    ("names", "columns", "schema"),
    ("roles", "products"),
    ("archive", "associations", "pools", "pool_cells", "references"),
    ("linkage",),
    ("filters", "basket", "basket_rows", "export", "diagram", "svg", "jobs"),
    ("loading", "state", "outputs", "reproduce", "basket_verbs", "session"),
    ("widgets",),
    ("app",),
)
LONGEST = 350
NAME_READERS = ("jwstwidgets.names", "jwstwidgets.forms")


@cache
def modules():
    """Every module of the package, by its dotted name."""
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(ROOT).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


@cache
def tree(name):
    return ast.parse(modules()[name].read_text(encoding="utf-8"))


def is_type_checking(node):
    return isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)


def walk(node, *, late):
    """All nodes but those for the type checker; without `late`, only what runs on import."""
    for child in ast.iter_child_nodes(node):
        function = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        if is_type_checking(child) or (function and not late):
            continue
        yield child
        yield from walk(child, late=late)


@cache
def imports(name, late=True):
    """Dotted names of the modules that a module imports."""
    package = name if modules()[name].name == "__init__.py" else name.rpartition(".")[0]
    found = set()
    for node in walk(tree(name), late=late):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                above = package.split(".")[: len(package.split(".")) - node.level + 1]
                base = ".".join([*above, *filter(None, [base])])
            found |= {f"{base}.{a.name}" if f"{base}.{a.name}" in modules() else base
                      for a in node.names}  # fmt: skip
    return found


def layer(name):
    part = name.split(".")[1]
    return next((i for i, names in enumerate(LAYERS) if part in names), None)


def ours(name, late=True):
    return {m for m in imports(name, late) if m.startswith("jwstwidgets.")}


def users_of(package):
    return {n for n in modules() if any(m.partition(".")[0] == package for m in imports(n))}


# --- who imports whom ---


def test_every_module_has_its_layer():
    homeless = [name for name in modules() if name != "jwstwidgets" and layer(name) is None]
    assert homeless == []


def test_imports_point_one_way():
    wrong = [
        f"{name} imports {imported}"
        for name in modules()
        if name != "jwstwidgets"
        for imported in ours(name)
        if (layer(imported) or 0) > (layer(name) or 0)
    ]
    assert wrong == []


def test_no_circles():
    below = {name: ours(name, late=False) & modules().keys() for name in modules()}
    # A package imports its modules, and they may import each other, not the package.
    while below:
        bottom = {name for name, needs in below.items() if not needs & below.keys() - {name}}
        assert bottom, f"in a circle: {below}"
        below = {name: needs for name, needs in below.items() if name not in bottom}


def test_only_widgets_know_ipywidgets():
    assert all(layer(name) >= layer("jwstwidgets.widgets") for name in users_of("ipywidgets"))
    assert users_of("IPython") == users_of("ipykernel") == set()


@pytest.mark.parametrize(
    ("package", "only"),
    [
        ("astroquery", "jwstwidgets.archive.mast"),
        ("ipycytoscape", "jwstwidgets.widgets.graph_view"),
        ("networkx", "jwstwidgets.linkage.graph"),
    ],
)
def test_one_importer(package, only):
    assert users_of(package) == {only}


def test_widgets_do_not_know_each_other():
    shared = {"jwstwidgets.widgets", "jwstwidgets.widgets.view", "jwstwidgets.widgets.graph_style"}
    for name in modules():
        if name.startswith("jwstwidgets.widgets."):
            others = {m for m in ours(name) if m.startswith("jwstwidgets.widgets")} - {name}
            assert others <= shared, name


@pytest.mark.parametrize("name", ["filters", "basket", "diagram.groups", "linkage.graph", "svg"])
def test_what_is_pure_asks_no_archive_and_holds_no_state(name):
    reached, waiting = set(), [f"jwstwidgets.{name}"]
    while waiting:
        module = waiting.pop()
        if module not in reached and module in modules():
            reached.add(module)
            waiting += ours(module, late=False)
    assert not {m for m in reached if m.startswith(("jwstwidgets.archive", "jwstwidgets.session"))}


def loaded_after(code):
    """Which modules are loaded by this code, in a Python of its own."""
    script = f"{code}\nimport sys\nprint(*sys.modules)"
    run = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return {name.partition(".")[0] for name in run.stdout.splitlines()[-1].split()}


def test_import_is_lazy():
    heavy = {"pandas", "numpy", "ipywidgets", "astroquery", "ipycytoscape", "scipy", "pyarrow",
             "requests", "IPython", "astropy", "networkx"}  # fmt: skip
    assert not heavy & loaded_after("import jwstwidgets; dir(jwstwidgets)")
    assert not {"ipywidgets", "ipycytoscape", "astroquery", "networkx"} & loaded_after(
        "import jwstwidgets; s = jwstwidgets.Session(); s.open('jw02733-o002_t001_miri_f1130w');"
        "s.diagram(); s.picture(); s.add_shown(); s.code(); jwstwidgets.MastArchive()"
    )


def test_every_public_name_is_there():
    import jwstwidgets

    for name in jwstwidgets.__all__:
        assert getattr(jwstwidgets, name) is not None
    assert set(jwstwidgets.__all__) <= set(dir(jwstwidgets))
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        _ = jwstwidgets.nonsense


# --- how it is written ---


def test_no_module_is_too_long():
    lengths = {n: len(p.read_text(encoding="utf-8").splitlines()) for n, p in modules().items()}
    assert {name: length for name, length in lengths.items() if length > LONGEST} == {}


def test_every_module_begins_with_what_it_is():
    for name in modules():
        assert ast.get_docstring(tree(name)), name


def test_names_are_taken_apart_in_one_place():
    """`names` does that; an underscore elsewhere would be a second grammar."""
    methods = {"split", "rsplit", "partition", "rpartition"}
    allowed = {("jwstwidgets.vocabulary", "aperture")}  # that of Missions is no file name
    wrong = []
    for name in modules():
        for node in ast.walk(tree(name)):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and node.func.attr in methods
                and any(isinstance(a, ast.Constant) and a.value == "_" for a in node.args)
                and name not in NAME_READERS
                and (name, ast.unparse(node.func.value)) not in allowed
            ):
                wrong.append(f"{name}:{node.lineno}: {ast.unparse(node)}")
    assert wrong == []


def test_everything_is_caught_in_the_two_guards_only():
    """`except Exception` hides defects: in the guards they are shown, elsewhere raised again."""
    guards = {"jwstwidgets.jobs", "jwstwidgets.widgets.view"}
    wrong = []
    for name, path in modules().items():
        lines = path.read_text(encoding="utf-8").splitlines()
        for node in ast.walk(tree(name)):
            if not isinstance(node, ast.ExceptHandler):
                continue
            caught = ast.unparse(node.type) if node.type else "BaseException"
            blind = re.search(r"\b(Base)?Exception\b", caught)
            raised_again = any(isinstance(n, ast.Raise) and n.exc is None for n in ast.walk(node))
            excused = "noqa: BLE001" in lines[node.lineno - 1]
            if blind and not raised_again and not (excused or name in guards):
                wrong.append(f"{name}:{node.lineno}: except {caught}")
    assert wrong == []


def test_the_architecture_names_every_module():
    document = ROOT / "docs" / "architecture.md"
    if not document.exists():
        pytest.skip("docs/architecture.md is not written")
    words = set(re.findall(r"\w+", document.read_text(encoding="utf-8")))
    # What is in a package of a package is named there, in its own docstring.
    outer = [name for name in modules() if name.count(".") < 3]
    missing = [name for name in outer if name.rpartition(".")[2] not in words]
    assert missing == []
