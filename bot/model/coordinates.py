"""GCJ-02, the datum of Chinese maps, to WGS84, the datum of Open311.

WeChat's location messages are GCJ-02 (wechat-contract section 3.1); the shift is up to 700 m, enough to send
a crew to the wrong street. The published polynomial is inverted by fixed-point iteration to better than 1 m.
"""

from __future__ import annotations

import math

from bot.model.message import Datum, Point

_A = 6378245.0
_EE = 0.00669342162296594323


def to_wgs84(point: Point) -> tuple[float, float]:
    """Return (latitude, longitude) on WGS84, rounded to a tenth of a metre."""
    if point.datum is Datum.WGS84 or _outside_china(point.latitude, point.longitude):
        return point.latitude, point.longitude
    lat, lon = point.latitude, point.longitude
    for _ in range(4):
        d_lat, d_lon = _offset(lat, lon)
        lat, lon = point.latitude - d_lat, point.longitude - d_lon
    return round(lat, 6), round(lon, 6)


def _outside_china(lat: float, lon: float) -> bool:
    return not (72.004 <= lon <= 137.8347 and 0.8293 <= lat <= 55.8271)


def _offset(lat: float, lon: float) -> tuple[float, float]:
    """Return how far GCJ-02 lies from WGS84 at a WGS84 place, in degrees."""
    x, y = lon - 105.0, lat - 35.0
    rad = lat / 180.0 * math.pi
    magic = 1 - _EE * math.sin(rad) ** 2
    d_lat = _wave_lat(x, y) * 180.0 / ((_A * (1 - _EE)) / (magic * math.sqrt(magic)) * math.pi)
    d_lon = _wave_lon(x, y) * 180.0 / (_A / math.sqrt(magic) * math.cos(rad) * math.pi)
    return d_lat, d_lon


def _short_waves(x: float) -> float:
    return (20.0 * math.sin(6.0 * x * math.pi) + 20.0 * math.sin(2.0 * x * math.pi)) * 2.0 / 3.0


def _wave_lat(x: float, y: float) -> float:
    value = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * math.sqrt(abs(x))
    value += _short_waves(x)
    value += (20.0 * math.sin(y * math.pi) + 40.0 * math.sin(y / 3.0 * math.pi)) * 2.0 / 3.0
    value += (160.0 * math.sin(y / 12.0 * math.pi) + 320 * math.sin(y * math.pi / 30.0)) * 2.0 / 3.0
    return value


def _wave_lon(x: float, y: float) -> float:
    value = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * math.sqrt(abs(x))
    value += _short_waves(x)
    value += (20.0 * math.sin(x * math.pi) + 40.0 * math.sin(x / 3.0 * math.pi)) * 2.0 / 3.0
    value += (
        (150.0 * math.sin(x / 12.0 * math.pi) + 300.0 * math.sin(x / 30.0 * math.pi)) * 2.0 / 3.0
    )
    return value
