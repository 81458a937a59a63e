"""What the desk takes from the filing system besides the citizen's answers: hidden attributes of every service.

They are published in each service definition with `automated: server_set` (mySociety's extension of GeoReport v2),
so that no citizen is asked for them and a client that does not know them may leave them out.
"""

from __future__ import annotations

from desk.services import RESERVED, Attribute, Service

SERVER_SET = "server_set"
_NAMES = {
    "nature": "性质（咨询、求助、投诉等的代码）",
    "division": "行政区划全称",
    "division_code": "行政区划代码",
    "wish": "诉求",
    "repeated": "曾反映过（true）",
}
ATTRIBUTES = tuple(
    Attribute(code, "string", _NAMES[code], order=100 + number, automated=SERVER_SET)
    for number, code in enumerate(RESERVED)
)


def all_of(service: Service) -> tuple[Attribute, ...]:
    """Return what may be given for a service: its own questions first, then what no citizen is asked."""
    return (*service.attributes, *ATTRIBUTES)
