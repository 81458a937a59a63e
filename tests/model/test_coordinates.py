"""From the datum of Chinese maps to the backend's, within two metres of an independent reckoning."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.model.coordinates import to_wgs84
from bot.model.message import Datum, Point

A, EE = 6378245.0, 0.00669342162296594323

#: Places on WGS84 (OpenStreetMap), all over China.
PLACES = {
    "杭州西湖": (30.2489, 120.1430),
    "北京天安门": (39.9055, 116.3976),
    "上海人民广场": (31.2304, 121.4737),
    "深圳市民中心": (22.5431, 114.0579),
    "成都天府广场": (30.6574, 104.0657),
    "乌鲁木齐": (43.8256, 87.6168),
    "哈尔滨": (45.8038, 126.5350),
    "三亚": (18.2528, 109.5119),
    "拉萨": (29.6520, 91.1721),
}


def gcj02(lat: float, lon: float) -> tuple[float, float]:
    """The published forward formula, written down here a second time as its authors did (eviltransform)."""
    x, y = lon - 105.0, lat - 35.0
    xy, root, px, py = x * y, math.sqrt(abs(x)), x * math.pi, y * math.pi
    d = 20.0 * math.sin(6.0 * px) + 20.0 * math.sin(2.0 * px)
    d_lat = d + 20.0 * math.sin(py) + 40.0 * math.sin(py / 3.0)
    d_lat += 160.0 * math.sin(py / 12.0) + 320.0 * math.sin(py / 30.0)
    d_lat = d_lat * 2.0 / 3.0 - 100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * xy + 0.2 * root
    d_lon = d + 20.0 * math.sin(px) + 40.0 * math.sin(px / 3.0)
    d_lon += 150.0 * math.sin(px / 12.0) + 300.0 * math.sin(px / 30.0)
    d_lon = d_lon * 2.0 / 3.0 + 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * xy + 0.1 * root
    rad = math.radians(lat)
    magic = 1 - EE * math.sin(rad) ** 2
    d_lat = math.degrees(d_lat * magic * math.sqrt(magic) / (A * (1 - EE)))
    d_lon = math.degrees(d_lon * math.sqrt(magic) / (A * math.cos(rad)))
    return lat + d_lat, lon + d_lon


def metres(a: tuple[float, float], b: tuple[float, float]) -> float:
    lat, lon = math.radians(a[0] - b[0]), math.radians(a[1] - b[1])
    return 6371008.8 * math.hypot(lat, lon * math.cos(math.radians(a[0])))


def test_the_reckoning_of_this_test_agrees_with_a_published_pair() -> None:
    """Eviltransform's own test: Shanghai, WGS84 31.1774276, 121.5272106."""
    assert metres(gcj02(31.1774276, 121.5272106), (31.17530398364597, 121.531541859215)) < 0.01


@pytest.mark.parametrize("place", PLACES)
def test_a_shared_pin_lands_where_it_is(place: str) -> None:
    true = PLACES[place]
    shown = gcj02(*true)
    assert 100 < metres(true, shown) < 800  # what would be wrong without converting
    assert metres(to_wgs84(Point(*shown)), true) < 2


@given(st.floats(18.3, 53.0), st.floats(74.0, 134.0))
def test_anywhere_in_china(lat: float, lon: float) -> None:
    assert metres(to_wgs84(Point(*gcj02(lat, lon))), (lat, lon)) < 2


@pytest.mark.parametrize(
    "point",
    [
        Point(30.25, 120.16, Datum.WGS84),
        Point(48.8566, 2.3522),  # Paris
        Point(-33.8688, 151.2093),  # Sydney
        Point(0.0, 0.0),
    ],
)
def test_what_is_on_the_datum_or_abroad_is_not_moved(point: Point) -> None:
    assert to_wgs84(point) == (point.latitude, point.longitude)
