"""Association documents in a session: read in the background, and better evidence for it."""

import threading

import pytest

from jwstwidgets import Filters, MastArchive, ReplicaServer, SampleArchive, Session, explore
from jwstwidgets.archive.replica import Fault
from jwstwidgets.errors import ArchiveError, UnknownFile

MIRI = "jw02733-o002_t001_miri_f1130w"
I2D = f"{MIRI}_i2d.fits"
DOCUMENTS = 17


def evidence(session):
    links = session.state.linkage.links(I2D)
    into = links[(links["target"] == I2D) & links["source"].str.endswith("_cal.fits")]
    return set(into["evidence"])


@pytest.fixture
def session():
    session = Session()
    session.open(MIRI)
    return session


@pytest.fixture
def replica():
    with ReplicaServer(SampleArchive()) as server:
        yield server


def opened(server, **options):
    session = Session(MastArchive(server.url, **options))
    session.open(MIRI)
    assert session.wait(60)
    return session


def test_documents_turn_inferred_links_into_stated_ones(session):
    assert evidence(session) == {"archive"}
    session.unfold("main/2b/cal")
    session.select(I2D)
    places = {node.id: (node.x, node.y) for node in session.diagram().nodes}

    session.read_associations()

    assert evidence(session) == {"association"}
    assert len(session.state.linkage.associations) == DOCUMENTS
    assert session.state.unfolded == ("main/2b/cal",)
    assert session.state.selection.name == I2D
    assert {node.id: (node.x, node.y) for node in session.diagram().nodes} == places
    assert session.state.problems == ()


def test_documents_are_read_over_http(replica):
    session = opened(replica)
    session.read_associations()
    assert session.wait(60)
    assert evidence(session) == {"association"}
    assert session.state.reading.progress.done == DOCUMENTS
    assert replica.failures == []


def test_a_document_that_cannot_be_read_is_told_and_the_rest_counts(replica):
    session = opened(replica)
    replica.faults.add(Fault("status", endpoint="download", match="*image2_025*", status=404))
    replica.faults.add(Fault("wrong-bytes", endpoint="download", match="*image2_006*"))
    session.read_associations()
    session.wait(60)
    assert len(session.state.linkage.associations) == DOCUMENTS - 2
    told = " ".join(session.state.problems)
    assert "image2_025" in told
    assert "image2_006" in told
    assert evidence(session) == {"association"}


def test_without_any_document_links_stay_inferred_and_it_is_said(replica):
    session = opened(replica)
    replica.faults.add(Fault("status", endpoint="download", status=404))
    session.read_associations()
    with pytest.raises(ArchiveError):
        session.wait(60)
    assert evidence(session) == {"archive"}
    assert session.state.reading.status == "failed"
    assert session.state.problems


def test_reading_can_be_cancelled(replica):
    session = opened(replica)
    replica.faults.add(Fault("silent", endpoint="download"))
    session.read_associations()
    session.cancel()
    assert session.wait(30)
    assert session.state.reading.status == "cancelled"
    assert evidence(session) == {"archive"}
    assert not [t for t in threading.enumerate() if t.name.startswith("jwstwidgets-read")]


def test_what_is_read_late_does_not_change_another_observation(replica):
    session = opened(replica)
    replica.faults.add(Fault("delay", endpoint="download", seconds=0.5, times=4))
    session.read_associations()
    session.open("jw02221-o003_t002_miri_f2550w")
    assert session.wait(60)
    assert session.state.obs_id == "jw02221-o003_t002_miri_f2550w"
    assert session.state.linkage.associations == ()


def test_reading_reads_back_as_code(session):
    session.read_associations()
    session.add_needed(I2D, 2)
    session.set_filters(mrp=False)
    scope = {}
    exec(session.code(), scope)
    again = scope["session"]
    assert again.state.basket == session.state.basket
    assert again.state.filters == Filters(mrp=False)
    assert evidence(again) == {"association"}


@pytest.mark.parametrize(("stage", "files"), [(3, 17), (2, 33), (1, 33)])
def test_what_a_stage_needs_goes_into_the_basket(session, stage, files):
    session.read_associations()
    session.add_needed(I2D, stage)
    held = session.state.basket.to_frame()
    assert len(held) == files
    assert held["reasons"].iloc[0] == (f"needed to re-run stage {stage} of {I2D}",)


def test_nothing_selected_needs_nothing(session):
    with pytest.raises(UnknownFile, match="No file is selected"):
        session.add_needed()


def test_the_explorer_reads_and_adds_by_button():
    explorer = explore(MIRI)
    explorer.read_button.click()
    assert "17 associations read" in explorer.status.text.value
    assert "stated by an association" in explorer.graph.legend.value
    explorer.session.select(I2D)
    explorer.details.needed_button.click()
    assert len(explorer.session.state.basket) == DOCUMENTS
    assert explorer.session.state.problems == ()
    explorer.session.select("jw02733002001_02103_00001_mirimage_cal.fits")
    assert explorer.details.needed_button.layout.display == "none"
    explorer.close()
