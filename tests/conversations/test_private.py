"""Personal numbers: masked on the screen and in the record, sealed beside it, whole only in the filing."""

from __future__ import annotations

from tests.conversations.harness import City

PHONE = "13867411234"
IDENTITY = "330106197608120036"
STORY = f"西湖区骆家庄西苑二区电梯坏了一星期，我叫陈桂芳，手机{PHONE}，身份证{IDENTITY}"


def _filed(city: City) -> None:
    citizen = city.citizen()
    citizen.say(STORY)
    if citizen.last.options:
        citizen.tap("电梯")
    assert "确认" in str(citizen.last)
    citizen.say("确认")


def test_numbers_are_masked_wherever_the_record_keeps_words(city: City) -> None:
    """Transcript, complaint and snapshot hold no number in clear."""
    _filed(city)
    citizen = city.citizen()
    (case,) = citizen.cases()
    kept = [line.text for line in citizen.transcript()]
    kept += [case.description, case.summary, case.place, str(case.answers)]
    kept += [str(case.sealed), case.contact_phone, str(citizen.conversation().snapshot)]

    assert len(kept) > 5
    assert not [text for text in kept if PHONE in text or IDENTITY in text]
    assert "138****1234" in case.description


def test_the_read_back_names_what_will_be_handed_on(city: City) -> None:
    """Consent is only worth something if phone, name and identity number stand there, masked."""
    citizen = city.citizen()
    answer = citizen.say(STORY)
    if citizen.last.options:
        answer = citizen.tap("电梯")

    assert "【电话】138****1234" in answer
    assert "【姓名】陈桂芳" in answer
    assert "证件号" in answer
    assert "同意" in answer
    assert PHONE not in answer
    assert IDENTITY not in answer


def test_the_office_gets_the_words_as_they_were_said(city: City) -> None:
    """Verbatim, numbers whole, with contact, place and receipt number."""
    _filed(city)
    (case,) = city.citizen().cases()

    (filing,) = city.file_due()

    assert STORY in filing.description
    assert filing.description.rstrip().endswith(case.receipt)
    assert filing.phone == PHONE
    assert "陈桂芳" in filing.first_name
    assert "骆家庄西苑二区" in filing.address_string


def test_consent_is_stored_with_the_notice_version(city: City) -> None:
    """确认 under the read-back is the consent."""
    _filed(city)
    (case,) = city.citizen().cases()
    assert case.consent == city.catalog.office.notice_version


def test_nobody_who_left_can_be_called_any_more(city: City) -> None:
    """After unsubscribing the case stays, phone, name and sealed numbers go, and nothing is found in clear."""
    _filed(city)
    citizen = city.citizen()
    citizen.unfollow()
    (case,) = citizen.cases()

    assert (case.contact_phone, case.contact_name, case.sealed) == ("", "", {})
    assert citizen.conversation().citizen is None
    assert not any(line.text for line in citizen.transcript())


def test_all_messages_of_a_matter_reach_the_office_in_order(city: City) -> None:
    """Told in drips, with a question in between that is no part of it."""
    citizen = city.citizen()
    drips = ["我们这边的健身步道塌了一截", "已经绊倒两个老人了", "康桥街道蓝钻天成北门对面"]
    citizen.say(drips[0])
    citizen.say("多久会有人来")
    citizen.say(drips[1])
    citizen.say(drips[2])
    if citizen.last.options:
        citizen.say("1")
    citizen.say("确认")

    (filing,) = city.file_due()

    places = [filing.description.find(words) for words in drips]
    assert -1 not in places
    assert places == sorted(places)
    assert "多久会有人来" not in filing.description


def test_a_pin_reaches_the_office_in_wgs84(city: City) -> None:
    """GCJ-02 near Hangzhou is some 500 m off: the office must not be sent to the next street."""
    citizen = city.citizen()
    citizen.say("路中间一个大坑，电瓶车掉进去过")
    citizen.send_location(30.2795, 120.1360, "文三路")
    if citizen.last.options:
        citizen.say("1")
    citizen.say("确认")
    (case,) = citizen.cases()

    (filing,) = city.file_due()

    assert case.datum == "gcj02"
    assert (round(filing.lat or 0, 3), round(filing.long or 0, 3)) == (30.282, 120.131)
