"""A second opinion on a group of services, and how it moves weight between the groups."""

from __future__ import annotations

from collections.abc import Mapping, Sequence


def shift(
    shares: Mapping[str, float], said: Mapping[str, float], groups: Mapping[str, Sequence[str]]
) -> dict[str, float]:
    """Give each group of services the weight that an opinion says.

    `shares` is the probability of each service, `said` that of each group, `groups` the services of
    each group. The order inside a group stays, and what no group holds keeps its share.
    """
    own = {name: sum(shares.get(c, 0.0) for c in codes) for name, codes in groups.items()}
    total = sum(own.values())
    moved = dict(shares)
    for name, codes in groups.items():
        for code in codes:
            part = shares.get(code, 0.0) / own[name] if own[name] else 1 / len(codes)
            moved[code] = total * said.get(name, 0.0) * part
    return moved
