"""From the citizen's words to the desk: a text through the callback, the form, the confirmation, the filing."""

from __future__ import annotations

from simulator.driver import Citizen
from tests.e2e.desk import Desk
from tests.e2e.talk import a_complaint, file_case


def test_a_complaint_reaches_the_desk_in_the_citizens_own_words(
    citizen: Citizen, desk: Desk
) -> None:
    words = a_complaint()
    receipt = file_case(citizen, words)
    row = desk.wait_for(words)
    assert words in row["description"]
    assert row["description"].splitlines()[-1].endswith(receipt)
    assert "文二路" in row["address"]
    assert desk.group_of(row["service_code"]) == "环保"
    assert row["status"] == "open"
