"""What must fail for a service to fail: the dependencies of services, resolved once.

Belongs here: circles among services, and the smallest sets of other services whose joint failure takes one down.
Does not belong here: whether they failed (dbt models), support between agreements (`validate`).
Sits between `models` and `validate`, `compile` and `staleness`.

A serial dependency is needed always, so its failure alone is enough. Of the parallel dependencies of one service any
one suffices, so all of them must fail at once. Both hold along the whole chain: these are the minimal cut sets of
fault tree analysis.
"""

from collections.abc import Iterable, Mapping, Sequence
from itertools import product

from agreements.models import Service

FailureSet = frozenset[str]

# A service with more ways to fail than this is a mistake in the catalogue (or one that a model of single links fits
# better): ten parallel services with two dependencies each already have 3^10.
MAX_FAILURE_SETS = 1_000


class TooManyFailureSets(ValueError):
    """The dependencies of a service multiply beyond what can be followed."""


def circles(services: Mapping[str, Service]) -> list[str]:
    """The services that depend on themselves, directly or through others, in order."""
    needs = {name: [dependency.service for dependency in service.depends_on] for name, service in services.items()}
    return sorted(name for name in needs if name in reached(needs, name))


def reached(needs: Mapping[str, Sequence[str]], name: str) -> set[str]:
    """The services on which a service depends over any number of steps; itself only in a circle."""
    found: set[str] = set()
    pending = list(needs.get(name, []))
    while pending:
        current = pending.pop()
        if current not in found:
            found.add(current)
            pending += needs.get(current, [])
    return found


def failure_sets(services: Mapping[str, Service]) -> dict[str, list[FailureSet]]:
    """For each service that depends on others the minimal sets of them whose joint failure takes it down, in order.

    The services must be free of circles. Raises TooManyFailureSets naming the service.
    """
    known: dict[str, list[FailureSet]] = {}
    for name in services:
        _inherited(name, services, known)
    return {name: sets for name, sets in known.items() if sets}


def _inherited(name: str, services: Mapping[str, Service], known: dict[str, list[FailureSet]]) -> list[FailureSet]:
    if name not in known:
        dependencies = services[name].depends_on if name in services else []
        alternatives = [
            [frozenset({dependency.service}), *_inherited(dependency.service, services, known)]
            for dependency in dependencies
        ]
        found: set[FailureSet] = set()
        parallel = []
        for dependency, sets in zip(dependencies, alternatives, strict=True):
            if dependency.mode == "serial":
                found.update(sets)
            else:
                parallel.append(sets)
        if parallel:
            size = 1
            for sets in parallel:
                size *= len(sets)
            if size > MAX_FAILURE_SETS:
                raise TooManyFailureSets(name)
            found.update(frozenset().union(*combination) for combination in product(*parallel))
        known[name] = _minimal(found)
        if len(known[name]) > MAX_FAILURE_SETS:
            raise TooManyFailureSets(name)
    return known[name]


def _minimal(sets: Iterable[FailureSet]) -> list[FailureSet]:
    """The sets that contain no other, the small ones first."""
    kept: list[FailureSet] = []
    for candidate in sorted(sets, key=lambda members: (len(members), sorted(members))):
        if not any(smaller <= candidate for smaller in kept):
            kept.append(candidate)
    return kept
