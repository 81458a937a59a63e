"""Row 1, 领导留言板 (People's Daily, 2021-11-02): what the board asks for and shows, from the chat.

"Must be able to show": file one of each type from chat; every required field present or the case is not filed; 投诉 gets its
own shorter 诉求 block; private fields never appear in any public or staff-list view without permission; rating stored as
three numbers and a total; state visible on request. Its limit: the bot must say where the case went and who owns it.
"""

from __future__ import annotations

import re
import uuid

import pytest
import requests
from bs4 import BeautifulSoup

from desk.office.office import DeskOffice
from simulator.driver import Citizen
from tests.e2e.desk import Desk
from tests.e2e.server import ProductServer
from tests.e2e.talk import file_case, read_back, receipt_in
from tests.e2e.test_acceptance import Matter, office

__all__ = ["office"]
PHONE = "13655550123"


@pytest.mark.parametrize(
    ("nature", "words"),
    [
        ("complaint", "西湖区文三路{n}号楼下饭店每天半夜还在排油烟，投诉过店家不理"),
        ("help", "上城区望江路{n}号老小区楼道灯坏了，家里老人上下楼看不见，请帮忙解决"),
        ("inquiry", "想咨询一下拱墅区湖墅南路{n}号附近的公租房怎么申请，要哪些条件"),
        ("suggestion", "建议在滨江区江南大道{n}号公交站加装遮阳棚，夏天等车太晒了"),
        ("praise", "表扬萧山区市心路{n}号派出所的王警官，帮我找回了走丢的老人，非常感谢"),
    ],
)
def test_one_of_each_type_is_filed_from_the_chat(
    citizen: Citizen, desk: Desk, nature: str, words: str
) -> None:
    receipt = file_case(citizen, words.format(n=uuid.uuid4().int % 100_000))
    assert desk.wait_for(receipt)["extended_attributes"]["nature"] == nature


@pytest.mark.parametrize(
    "lacking", ["路灯坏了半个多月，晚上一片漆黑", "西湖区文二路391号", "我要投诉", "确认"]
)
def test_without_what_is_required_nothing_is_filed(
    citizen: Citizen, desk: Desk, lacking: str
) -> None:
    citizen.say(lacking)
    answer = "\n".join(citizen.say("确认"))
    assert "已提交" not in answer
    assert "没有记录到" not in answer
    assert re.search("地点|位置|具体情况|哪一类|反映", answer), answer


def test_what_a_complaint_asks_for_stands_by_itself(citizen: Citizen, desk: Desk) -> None:
    number = uuid.uuid4().int % 100_000
    words = f"西湖区文二路{number}号楼下烧烤店油烟很大，呛得没法开窗，希望尽快让他们装净化器"
    row = desk.wait_for(file_case(citizen, words))
    wish = row["extended_attributes"]["wish"]
    assert "净化器" in wish
    assert len(wish) <= 200
    assert words in row["description"]


def test_private_fields_stand_in_no_public_and_no_staff_list(
    citizen: Citizen, desk: Desk, server: ProductServer
) -> None:
    place = f"上城区解放路{uuid.uuid4().int % 100_000}号"
    read_back(citizen, f"{place}门口垃圾堆了一周没人清，臭得很")
    citizen.say(f"我的电话{PHONE}")
    receipt = receipt_in(citizen.say("确认"))
    number = desk.wait_for(receipt)["service_request_id"]
    public = server.get("/open311/v2/requests.json").text
    public += server.get(f"/open311/v2/requests/{number}.json").text
    assert number in public
    for private in (PHONE, place, "臭得很", receipt):
        assert private not in public
    with requests.Session() as staff:
        staff.trust_env = False
        _sign_in(staff, server)
        for path in ("/", "/cases", "/desk", "/desk/search", f"/desk/cases/{number}", "/desk/due"):
            page = staff.get(f"{server.url}/console{path}", timeout=20)
            assert page.status_code == 200, path
            assert PHONE not in page.text, path
        assert (
            number in staff.get(f"{server.url}/console/desk/search?words={number}", timeout=20).text
        )


def test_the_rating_is_three_numbers_and_a_total_and_the_owner_is_named(
    citizen: Citizen, desk: Desk, office: DeskOffice
) -> None:
    words = f"余杭区文一西路{uuid.uuid4().int % 100_000}号小区物业不清理楼道垃圾，反映了也没人管"
    receipt = file_case(citizen, words)
    number = desk.wait_for(receipt)["service_request_id"]
    matter = Matter(citizen, office, number, "")
    case = matter.case()
    matter.unit = office.rules.suggest(service=case.service, division=case.division)[0].code
    matter.taken_up()
    progress = "\n".join(citizen.say(f"查进度 {receipt}"))
    assert "办理中" in progress
    assert office.rules.units.name(matter.unit) in progress
    matter.answered("物业已清理楼道并承诺每天两次保洁，社区下周复查。")
    assert "满意" in matter.judged("联系过", "解决了", "4 3 5")
    verdict = matter.archived().verdict
    assert verdict is not None
    assert verdict.scores == (4, 3, 5)
    assert verdict.total == 4.0


def _sign_in(staff: requests.Session, server: ProductServer) -> None:
    url = f"{server.url}/console/sign-in"
    soup = BeautifulSoup(staff.get(url, timeout=20).text, "html.parser")
    (form,) = soup.select("form[action$='/sign-in']")
    given = {str(i["name"]): str(i.get("value", "")) for i in form.select("input[name]")}
    secret = (server.folder / "data" / "admin.password").read_text().strip()
    answer = staff.post(url, data={**given, "account": "0001", "password": secret}, timeout=20)
    assert not answer.url.endswith("/sign-in"), answer.text[:500]
