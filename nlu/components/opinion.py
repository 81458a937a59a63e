"""A second opinion on a group of services, and how it moves weight between the groups."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

_LEAST = 1e-6


def shift(
    shares: Mapping[str, float],
    said: Mapping[str, float],
    groups: Mapping[str, Sequence[str]],
    weight: float,
) -> dict[str, float]:
    """Move weight between groups of services towards an opinion, geometrically.

    `shares` is the probability of each service, `said` that of each group, `groups` the services of
    each group, `weight` 0 (nothing moves) to 1 (the opinion alone decides between groups). The order
    inside a group stays, and what no group holds keeps its share.
    """
    own = {name: sum(shares.get(c, 0.0) for c in codes) for name, codes in groups.items()}
    total = sum(own.values())
    if not total or not weight:
        return dict(shares)
    mixed = {
        name: max(said.get(name, 0.0), _LEAST) ** weight
        * max(share / total, _LEAST) ** (1 - weight)
        for name, share in own.items()
    }
    whole = sum(mixed.values())
    moved = dict(shares)
    for name, codes in groups.items():
        for code in codes:
            part = shares.get(code, 0.0) / own[name] if own[name] else 1 / len(codes)
            moved[code] = total * mixed[name] / whole * part
    return moved
