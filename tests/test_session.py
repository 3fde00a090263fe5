"""The session: its verbs, its code, and what many threads and slow archives do to it."""

from __future__ import annotations

import random
import threading
import time
from itertools import pairwise

import numpy as np
import pytest
from test_loading import MIRI, PATIENCE, Gate, ScriptedArchive, all_rows, no_rows, pieces

from jwstwidgets import Basket, Filters, MastArchive, ProductTable, Query, SampleArchive, Session
from jwstwidgets.archive import CachedArchive, ReplicaServer
from jwstwidgets.archive.replica import Fault
from jwstwidgets.errors import (
    ArchiveUnavailable,
    ExportError,
    FilterError,
    JwstWidgetsError,
    NotInArchive,
    ProductTableError,
    QueryError,
    UnknownFile,
)
from jwstwidgets.jobs import Inline, Runner
from jwstwidgets.vocabulary import STAGES

I2D = f"{MIRI}_i2d.fits"
NIRCAM = "jw02736-o001_t001_nircam_clear-f200w"
LEVEL2 = "jw01091002001_03101_00001-seg001_nis"
PLANNED = "jw09331001001_xx101_00001_nircam"
CAL = "main/2b/cal"


@pytest.fixture
def session():
    session = Session()
    session.open(MIRI)
    return session


def replayed(session, **names):
    """A fresh session after the code of this one."""
    scope = dict(names)
    exec(session.code(), scope)
    return scope["session"]


def seen(session):
    """What a user sees of a state."""
    state = session.state
    files = sorted(state.table.files["uri"])
    selected = state.selection and (state.selection.name, sorted(state.selection.codes))
    return files, state.filters, state.unfolded, selected, state.basket, state.obs_id


# --- opening ---


def test_opens_the_sample_at_once(session):
    assert session.state.obs_id == MIRI
    assert len(session.state.table) == 605
    assert session.state.job.status == "done"
    assert session.wait(0)


def test_a_new_observation_starts_afresh_but_keeps_filters_and_basket(session):
    session.set_filters(previews=True)
    session.unfold(CAL)
    session.select(I2D)
    session.add_shown()
    session.note_problem("Something.")
    session.open(NIRCAM)
    state = session.state
    assert (state.obs_id, state.unfolded, state.selection, state.problems) == (NIRCAM, (), None, ())
    assert state.filters == Filters(previews=True)
    assert len(state.basket) == 86


def test_what_cannot_be_opened_raises_says_so_once_and_changes_nothing(session):
    before = session.state.loaded
    for wrong, error in (("nothing at all", NotInArchive), ("", QueryError), (0, QueryError)):
        with pytest.raises(error):
            session.open(wrong)
        assert session.state.loaded is before
    assert len(session.state.problems) == 1
    assert "nothing at all" in session.state.problems[0]


def test_several_are_found_and_one_is_chosen():
    session = Session()
    session.open(2736)
    found = session.state.loaded.found["obs_id"].tolist()
    assert len(found) == 4
    assert session.state.obs_id == found[0]
    session.choose(found[2])
    assert session.state.obs_id == found[2]
    assert session.state.loaded.found["obs_id"].tolist() == found
    session.open(2736, prefer=found[3])
    assert session.state.obs_id == found[3]
    with pytest.raises(NotInArchive):
        session.choose("jw99999")


def test_rows_at_hand(session):
    session.open_rows(all_rows())
    assert session.state.obs_id == ""
    assert len(session.state.table) == 605
    with pytest.raises(ProductTableError):
        session.open_rows([{"x": 1}])
    assert len(session.state.table) == 605


def test_the_reason_for_a_missing_level_3():
    session = Session()
    for obs_id, words in ((PLANNED, "Planned"), (LEVEL2, "observation of its own")):
        session.open(obs_id)
        assert words in session.diagram().node("missing/3").detail


# --- looking ---


def test_filters_change_one_by_one_or_all_at_once(session):
    session.set_filters(guide_stars=True)
    session.set_filters(mrp=False)
    assert session.state.filters == Filters(guide_stars=True, mrp=False)
    session.set_filters(Filters(previews=True), mrp=False)
    assert session.state.filters == Filters(previews=True, mrp=False)
    with pytest.raises(FilterError):
        session.set_filters(guide_star=True)
    assert session.state.filters == Filters(previews=True, mrp=False)


def test_select_by_name_uri_or_id(session):
    uri = f"mast:JWST/product/{I2D}"
    for what in (I2D, uri, "main/3/i2d"):
        session.select(what)
        assert session.state.selection.name == I2D
        assert not session.state.selection.is_group
    session.select(CAL)
    assert session.state.selection.is_group
    assert len(session.state.selection.codes) == 16
    for wrong in ("", "main", "missing/3", "main/2b/cal/file=x", "jw.fits"):
        with pytest.raises(UnknownFile):
            session.select(wrong)
    assert session.state.selection.name == CAL
    session.select(None)
    assert session.state.selection is None


def test_taps_and_their_undoing(session):
    session.tap(CAL)
    assert session.state.unfolded == (CAL,)
    assert session.state.selection.name == CAL
    file = next(node.id for node in session.diagram().nodes if node.parent == CAL)
    session.tap(file)
    assert not session.state.selection.is_group
    assert session.state.selection.name.endswith("_cal.fits")
    session.tap(file)
    assert session.state.selection is None
    session.tap(CAL)
    assert session.state.unfolded == ()
    session.tap("main/3/i2d")
    assert session.state.selection.name == I2D
    session.tap("main/3/i2d")
    assert session.state.selection is None
    before = session.state
    session.tap("nonsense")
    session.tap("missing/3")
    assert session.state is before


def test_folding_folds_what_is_inside(session):
    session.unfold("guide-star/2c/tracking")
    inside = next(n.id for n in session.diagram().nodes if n.parent and n.kind == "group")
    session.unfold(inside)
    session.unfold(inside)
    session.unfold(CAL)
    assert session.state.unfolded == ("guide-star/2c/tracking", inside, CAL)
    session.fold("guide-star/2c/tracking")
    assert session.state.unfolded == (CAL,)
    session.fold_all()
    assert session.state.unfolded == ()


def test_a_selected_file_lights_up_its_lineage(session):
    assert len(session.lit()) == 0
    session.select(I2D)
    names = session.state.table.names.iloc[session.lit()]
    assert names["suffix"].value_counts()[["uncal", "rate", "cal"]].tolist() == [16, 16, 16]
    assert len(session.lit()) == 85
    session.select(CAL)
    assert len(session.lit()) == 0


def test_a_diagram_is_made_once_for_all_views(session):
    assert session.diagram() is session.diagram()
    before = session.diagram()
    session.note_problem("Something.")
    assert session.diagram() is before
    session.set_filters(mrp=False)
    assert session.diagram() is not before


# --- taking home ---


def test_every_way_into_the_basket(session):
    session.add(I2D, f"mast:JWST/product/{I2D}")
    assert len(session.state.basket) == 1
    session.add_shown()
    assert len(session.state.basket) == 5
    session.set_filters(mrp=False)
    session.add_group(CAL)
    assert len(session.state.basket) == 5 + 16
    session.select(I2D)
    session.add_lineage()
    assert len(session.state.basket) == 85
    session.remove(I2D)
    assert len(session.state.basket) == 84
    session.clear_basket()
    assert session.state.basket == Basket()
    session.add_lineage(I2D)
    assert len(session.state.basket) == 85
    reasons = session.state.basket.to_frame()["reasons"].explode().unique().tolist()
    assert reasons == [f"lineage of {I2D}"]


def test_nothing_to_add(session):
    with pytest.raises(JwstWidgetsError, match="no file is shown"):
        session.add_group(CAL)  # hidden by MRP
    with pytest.raises(UnknownFile, match="Nothing is selected"):
        session.add_lineage()
    with pytest.raises(UnknownFile):
        session.add("x.fits")
    session.set_filters(stages=[], associations=False)
    with pytest.raises(JwstWidgetsError, match="no file is shown"):
        session.add_shown()
    assert len(session.state.basket) == 0


def test_a_group_that_is_not_drawn_can_be_added(session):
    session.unfold("guide-star/3/fine guiding")
    nested = next(n for n in session.diagram().nodes if n.parent and n.kind == "group")
    session.fold_all()
    session.set_filters(guide_stars=True)
    session.add_group(nested.id)
    assert len(session.state.basket) == nested.total


def test_files_of_one_name_are_told_apart():
    rows = all_rows().head(1)
    name = rows["productFilename"].iloc[0]
    twins = [rows.assign(dataURI=f"mast:{n}", size=n) for n in (1, 2)]
    session = Session()
    session.open_rows(ProductTable.from_rows([t.iloc[0].to_dict() for t in twins]))
    session.set_filters(Filters.everything())
    boxes = [node for node in session.diagram().nodes if node.kind == "file"]
    assert len({node.id for node in boxes}) == 2
    for node, uri in zip(boxes, ("mast:1", "mast:2"), strict=True):
        session.select(None)
        session.clear_basket()
        session.tap(node.id)
        assert session.state.selection.codes.tolist() == node.codes.tolist()
        session.add(session.state.selection.name)
        assert list(session.state.basket) == [uri]
        assert session.state.selection.name in (name, uri)


def test_export(session, tmp_path):
    session.add_shown()
    script = session.export("shell", tmp_path / "get.sh")
    assert "reconstruction" in script.read_text()
    assert session.export("csv", tmp_path).name == "jw02733.csv"
    with pytest.raises(ExportError):
        session.export("nonsense", tmp_path)


@pytest.mark.parametrize(
    "obs_id", ["../../x", "/etc/passwd", "-rf", "$(reboot)", "", "\x00a", ".."]
)
def test_a_hostile_observation_names_no_other_folder(obs_id, tmp_path):
    observations = [{"obs_id": obs_id, "obsid": "1"}]
    session = Session(ScriptedArchive(all_rows(), observations=observations), executor=Inline())
    session.open(MIRI)
    session.add_shown()
    written = session.export("shell", tmp_path)
    assert written.parent == tmp_path
    assert "/" not in session.export_info().name
    assert session.export_info().name not in ("", ".", "..")


def test_picture(session, tmp_path):
    session.select(I2D)
    written = session.save_picture(tmp_path / "a.svg")
    text = written.read_text()
    assert text == session.picture()
    assert text.startswith("<svg ")
    assert "jw-lit" in text
    assert "MIRI/IMAGE · NGC" in text


# --- told of every change ---


def test_listeners_see_every_state_in_order(session):
    told = []
    silence = session.listen(lambda old, new: told.append((old, new)))
    session.set_filters(mrp=False)
    session.unfold(CAL)
    session.select(I2D)
    assert told[0][0] is None
    assert all(one[1] is other[0] for one, other in pairwise(told))
    assert told[-1][1] is session.state
    count = len(told)
    silence()
    silence()
    session.fold_all()
    assert len(told) == count


def test_a_listener_may_use_verbs(session):
    def answer(old, new):
        if new.filters.previews and not new.filters.guide_stars:
            session.set_filters(guide_stars=True)

    last = []
    session.listen(answer)
    session.listen(lambda old, new: last.append(new))
    session.set_filters(previews=True)
    assert session.state.filters == Filters(previews=True, guide_stars=True)
    assert last[-1] is session.state


def test_states_are_never_changed_in_place(session):
    states = [session.state]
    session.listen(lambda old, new: states.append(new))
    kept = [(s.filters, s.unfolded, s.selection, len(s.basket), s.problems) for s in states]
    session.tap(CAL)
    session.add_shown()
    session.set_filters(mrp=False)
    session.note_problem("x")
    now = [(s.filters, s.unfolded, s.selection, len(s.basket), s.problems) for s in states]
    assert now[: len(kept)] == kept


# --- code ---


def test_code_of_an_untouched_session():
    assert replayed(Session()).state.obs_id == ""


def test_code_reads_like_what_one_would_write(session):
    session.set_filters(mrp=False)
    session.tap(CAL)
    session.select(I2D)
    session.add_lineage()
    assert session.code() == (
        "from jwstwidgets import Filters, SampleArchive, Session\n\n"
        "session = Session(SampleArchive())\n"
        f"session.open('{MIRI}')\n"
        "session.set_filters(Filters(mrp=False))\n"
        f"session.add_lineage('{I2D}')\n"
        f"session.unfold('{CAL}')\n"
        f"session.select('{I2D}')\n"
    )


def test_code_of_what_was_added_from_deep_inside(session):
    session.set_filters(guide_stars=True)
    session.unfold("guide-star/3/fine guiding")
    nested = next(n for n in session.diagram().nodes if n.parent and n.kind == "group")
    session.tap(nested.id)
    session.add_group(nested.id)
    session.add_lineage()
    session.fold_all()
    assert seen(replayed(session)) == seen(session)


def test_code_of_a_basket_from_several_observations():
    session = Session()
    session.open(MIRI)
    session.add(I2D)
    session.open(NIRCAM)
    session.set_filters(mrp=False, stages={"3", "2b"})
    session.add_shown()
    session.set_filters(mrp=True)
    session.add_shown()
    session.open(MIRI)
    session.remove(I2D)
    session.open(LEVEL2)
    assert seen(replayed(session)) == seen(session)


def test_code_with_rows_at_hand():
    rows = all_rows()
    session = Session()
    session.open_rows(rows)
    session.add(I2D)
    session.open(NIRCAM)
    session.add_shown()
    assert seen(replayed(session, rows=rows)) == seen(session)
    session.open_rows(rows)
    session.select(I2D)
    assert "# the rows you gave" in session.code()
    assert seen(replayed(session, rows=rows)) == seen(session)


def test_code_for_an_archive_of_ones_own():
    archive = ScriptedArchive(all_rows())
    archive.label = "mine\nimport os; os.abort()"
    session = Session(archive, executor=Inline())
    session.open(MIRI)
    code = session.code()
    assert "ScriptedArchive" not in code.splitlines()[0]
    assert "\nimport os" not in code
    scope = {"archive": archive}
    exec(code, scope)
    assert scope["session"].wait(PATIENCE)
    assert scope["session"].state.obs_id == MIRI


def test_code_for_archives_of_ours(tmp_path):
    assert "Session(MastArchive())" in Session(MastArchive()).code()
    cached = CachedArchive(SampleArchive(), folder=tmp_path)
    compile(Session(cached).code(), "code", "exec")
    assert "import Filters, CachedArchive, Session" in Session(cached).code()


@pytest.mark.parametrize("seed", range(6))
def test_any_sequence_of_verbs_reads_back_as_code(seed):
    rng, session = random.Random(seed), Session()
    observations = SampleArchive().catalogue()[0]["obs_id"].tolist()
    session.open(rng.choice(observations))

    def drawn(*kinds):
        ids = [node.id for node in session.diagram().nodes if node.kind in kinds]
        return rng.choice(ids or [""])

    def file():
        names = session.state.table.files["filename"].tolist()
        return rng.choice(names or [""])

    def filters():
        changes = {
            "mrp": rng.random() < 0.5,
            "guide_stars": rng.random() < 0.5,
            "previews": rng.random() < 0.5,
            "stages": rng.choice([None, set(rng.sample(STAGES, 2))]),
        }
        name = rng.choice(list(changes))
        session.set_filters(**{name: changes[name]})

    verbs = [
        lambda: session.open(rng.choice(observations)),
        filters,
        filters,
        lambda: session.tap(drawn("group", "file", "box")),
        lambda: session.tap(drawn("group", "file", "box")),
        lambda: session.unfold(drawn("group")),
        lambda: session.fold(drawn("box")),
        lambda: session.select(file()),
        lambda: session.select(None),
        lambda: session.add(file(), file()),
        lambda: session.add_group(drawn("group", "box", "file")),
        lambda: session.add_lineage(),
        lambda: session.add_lineage(file()),
        lambda: session.add_shown(),
        lambda: session.remove(file()),
        session.fold_all,
        session.clear_basket,
    ]
    for _ in range(25):
        try:
            rng.choices(verbs, [2] * (len(verbs) - 2) + [1, 0.3])[0]()
        except JwstWidgetsError:
            continue
    assert seen(replayed(session)) == seen(session)
    assert replayed(session).code() == session.code()


# --- an archive that takes its time ---


def opened(archive):
    """A session in the background that shows the MIRI image, of an archive played anew."""
    session = Session(archive, executor=Runner())
    session.open_rows(all_rows())
    return session


def test_the_session_stays_usable_while_it_loads():
    gate = Gate()
    session = opened(ScriptedArchive(gate, all_rows("87602450")))
    session.open(MIRI)
    assert gate.reached.wait(PATIENCE)
    assert session.state.job.status == "running"
    session.set_filters(mrp=False)
    session.unfold(CAL)
    session.add_shown()
    assert not session.wait(0.01)
    gate.go.set()
    assert session.wait(PATIENCE)
    assert session.state.obs_id == MIRI
    assert session.state.filters == Filters(mrp=False)
    assert len(session.state.basket) == 117


@pytest.mark.parametrize("heeds", [True, False])
@pytest.mark.parametrize("after_a_part", [True, False])
def test_cancel_keeps_what_was_there(heeds, after_a_part):
    gate = Gate(heeds_cancel=heeds)
    first, second, third = pieces(3)
    script = [first, second, gate, third] if after_a_part else [gate, first, second, third]
    session = opened(ScriptedArchive(*script))
    session.unfold(CAL)
    session.select(I2D)
    before = session.state
    session.open(MIRI)
    assert gate.reached.wait(PATIENCE)
    assert (session.state.loaded is not before.loaded) == after_a_part
    session.cancel()
    gate.go.set()
    assert session.wait(PATIENCE)
    now = session.state
    assert now.job.status == "cancelled"
    assert now.linkage is before.linkage
    assert (now.unfolded, now.selection) == (before.unfolded, before.selection)
    assert now.problems == ()


def test_parts_are_shown_as_they_come_and_the_whole_replaces_them():
    gate = Gate()
    first, second, third = pieces(3)
    session = opened(ScriptedArchive(first, second, gate, third))
    session.open(MIRI)
    assert gate.reached.wait(PATIENCE)
    assert session.state.obs_id == MIRI
    assert session.state.table.row_count == len(first)
    gate.go.set()
    assert session.wait(PATIENCE)
    assert len(session.state.table) == 605


def test_what_fails_after_a_part_keeps_the_part_and_says_so():
    first, second = pieces(2)
    down = ArchiveUnavailable("MAST broke off.", "Try again.")
    session = opened(ScriptedArchive(first, second, down))
    session.open(MIRI)
    assert session.wait(PATIENCE)
    assert len(session.state.table) == 605
    assert session.state.problems == ("MAST broke off. Try again.",)


def test_a_defect_after_a_part_brings_back_what_was_there():
    first, second = pieces(2)
    session = opened(ScriptedArchive(first, second, ZeroDivisionError("oops")))
    before = session.state.loaded
    session.open(MIRI)
    with pytest.raises(JwstWidgetsError, match="oops"):
        session.wait(PATIENCE)
    assert session.state.loaded is before
    assert session.state.problems == (
        "Loading failed: ZeroDivisionError('oops'). Please report it.",
    )


def test_a_failure_in_the_background_is_told_and_not_raised():
    session = opened(ScriptedArchive(ArchiveUnavailable("MAST is down.", "Try again.")))
    before = session.state.loaded
    session.open(MIRI)
    with pytest.raises(ArchiveUnavailable):
        session.wait(PATIENCE)
    assert session.state.job.status == "failed"
    assert session.state.problems == ("MAST is down. Try again.",)
    assert session.state.loaded is before


class TwoArchives:
    """Answers with one archive for the first question and with another for the second."""

    label = "two archives"

    def __init__(self, *archives):
        self.archives, self.turn, self.lock = archives, -1, threading.Lock()
        self.local = threading.local()

    def observations(self, query, *, call=None):
        with self.lock:
            self.turn += 1
            self.local.archive = self.archives[self.turn]
        return self.local.archive.observations(query, call=call)

    def products(self, obsids, *, call=None):
        return self.local.archive.products(obsids, call=call)

    def read(self, uri, *, call=None):
        raise NotInArchive(uri)


@pytest.mark.parametrize("with_parts", [True, False])
def test_a_stale_result_never_overwrites_a_newer_one(with_parts):
    gate = Gate()
    old = [{"obs_id": "old", "obsid": "1"}]
    new = [{"obs_id": "new", "obsid": "2"}]
    script = [*pieces(3)[:2], gate, *pieces(3)] if with_parts else [gate, all_rows()]
    archive = TwoArchives(
        ScriptedArchive(*script, observations=old), ScriptedArchive(no_rows(), observations=new)
    )
    session = Session(archive)
    told = []
    session.listen(lambda _, state: told.append(state.obs_id))
    session.open("first")
    assert gate.reached.wait(PATIENCE)
    session.open("second")
    assert session.wait(PATIENCE)
    assert session.state.obs_id == "new"
    position = len(told)
    before = set(threading.enumerate())
    gate.go.set()
    deadline = time.monotonic() + PATIENCE
    while any(t.name == "jwstwidgets-job" for t in before & set(threading.enumerate())):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    assert session.state.obs_id == "new"
    assert session.state.job.status == "done"
    assert "old" not in told[position:]


def test_rows_at_hand_stop_what_is_loading():
    gate = Gate()
    session = opened(ScriptedArchive(gate, no_rows()))
    session.open(MIRI)
    assert gate.reached.wait(PATIENCE)
    session.open_rows(all_rows())
    kept = session.state.loaded
    gate.go.set()
    assert session.wait(PATIENCE)
    assert session.state.loaded is kept


# --- many threads ---


def together(count, work):
    """Run `work(n)` on so many threads at once; raise what any of them raised."""
    errors, start = [], threading.Barrier(count)

    def run(n):
        start.wait(PATIENCE)
        try:
            work(n)
        except Exception as error:  # noqa: BLE001 - raised below
            errors.append(error)

    threads = [threading.Thread(target=run, args=(n,)) for n in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not any(thread.is_alive() for thread in threads)
    if errors:
        raise errors[0]


def test_nothing_is_lost_when_eight_threads_use_the_verbs(session):
    names = session.state.table.files["filename"].tolist()[:48]
    groups = [node.id for node in session.diagram().nodes if node.kind == "group"]

    def work(n):
        for i, name in enumerate(names[n::8]):
            session.add(name)
            if i < 3:
                session.note_problem(f"{n} {i}")
        for group in groups[n::8]:
            session.unfold(group)

    together(8, work)
    assert sorted(session.state.basket.to_frame()["filename"]) == sorted(names)
    assert len(session.state.problems) == 24
    assert sorted(session.state.unfolded) == sorted(groups)
    assert replayed(session).state.basket == session.state.basket


def test_a_selection_is_always_of_the_files_that_are_open():
    session = Session()
    session.open(MIRI)
    wrong = []

    def look(_, state):
        if state.selection is not None:
            name = state.table.files["filename"].iloc[state.selection.codes].tolist()
            if not state.selection.is_group and name != [state.selection.name]:
                wrong.append(state)

    session.listen(look)

    def work(n):
        for _ in range(4):
            if n == 0:
                session.open(random.choice([MIRI, LEVEL2]))
                continue
            try:
                session.tap("main/1b/uncal")
                session.select(random.choice(session.state.table.files["filename"].tolist()))
                session.add_lineage()
            except UnknownFile:
                continue

    together(4, work)
    assert not wrong


# --- the real client ---


def test_over_http_everything_is_as_in_the_sample(session):
    with ReplicaServer(SampleArchive()) as server:
        remote = Session(MastArchive(server.url))
        remote.open(MIRI)
        assert remote.wait(60)
        assert server.failures == []
    assert remote.state.problems == ()
    mine, theirs = session.state, remote.state
    assert sorted(mine.table.files["uri"]) == sorted(theirs.table.files["uri"])
    assert mine.table.row_count == theirs.table.row_count == 3470
    assert int(theirs.table.files["mrp"].sum()) == 5
    columns = ["source", "target", "relation", "evidence"]

    def links(state):
        return set(state.linkage.edges_frame()[columns].astype(str).itertuples(index=False))

    assert links(mine) == links(theirs)
    remote.select(I2D)
    assert len(remote.lit()) == 85
    assert "session.open('jw02733" in remote.code()


def test_over_http_with_a_server_that_fails_and_recovers():
    faults = [Fault("status", "invoke", status=404, times=1)]
    with ReplicaServer(SampleArchive(), faults=faults) as server:
        remote = Session(MastArchive(server.url, deadline=10))
        remote.open(MIRI)
        with pytest.raises(JwstWidgetsError):
            remote.wait(60)
        assert len(remote.state.problems) == 1
        assert len(remote.state.table) == 0
        remote.open(MIRI)
        assert remote.wait(60)
        assert len(remote.state.table) == 605
        assert remote.state.problems == ()


def test_over_http_a_silent_server_can_be_cancelled():
    with ReplicaServer(SampleArchive(), faults=[Fault("silent", "invoke")]) as server:
        remote = Session(MastArchive(server.url))
        remote.open(Query(obs_id=MIRI))
        while not server.log:
            time.sleep(0.01)
        started = time.monotonic()
        remote.cancel()
        assert remote.wait(PATIENCE)
        assert time.monotonic() - started < PATIENCE
        assert remote.state.job.status == "cancelled"
        assert np.array_equal(remote.lit(), [])
