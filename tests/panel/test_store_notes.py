"""What befell a station's store is on the patient's page, by the moment at which the clinic heard of it."""

import pytest
from panel_seed import ANA, ANA_STATION, DAY, NOW, PER

from edge.records import StoreTold, StoreTrouble
from sync.messages import Up, encode
from sync.store import writing
from sync.store.ingest import Arrival, ingest
from sync.topics import up

SAID = {
    StoreTrouble.NOT_SAVED: "disk took no records; they wait in its memory",
    StoreTrouble.SALVAGED: "file was broken. 412 records were saved from it",
    StoreTrouble.UNSENDABLE: "can be read no more. It will not come.",
    StoreTrouble.TRACES_DROPPED: "",
}


def tell(clinic, what, at=NOW):
    record = StoreTold("told-0001", what, 412, at, "journal.broken")
    told = Up(1, "store/told-0001", ANA_STATION, "boot", 1.0, at, record)
    with writing(clinic.engine) as db:
        ingest(db, [Arrival(up(ANA_STATION, "store"), told, encode(told))], NOW)


@pytest.mark.parametrize("what", StoreTrouble)
@pytest.mark.parametrize("at", [NOW, 0.0], ids=["right clock", "clock of 1970"])
def test_f27_the_patients_page_tells_what_befell_the_store_and_forgets_it_after_two_weeks(clinic, what, at):
    client = clinic.logged_in()
    assert "file was broken" not in client.get(f"/patients/{ANA}").text
    tell(clinic, what, at)
    page = client.get(f"/patients/{ANA}").text.replace("&#39;", "'")
    assert SAID[what] in page
    assert {other for other, said in SAID.items() if said and said in page} == {what} - {StoreTrouble.TRACES_DROPPED}
    assert "file was broken" not in client.get(f"/patients/{PER}").text
    clinic.time[0] += 15 * DAY
    later = clinic.logged_in().get(f"/patients/{ANA}").text
    assert "disk took no records" not in later
    assert "file was broken" not in later
