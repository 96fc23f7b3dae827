"""Other code and another formula at once: which of the two moved a figure, told by walking the commits between.

A formula stands in the code, beside what calculates it, and changes with it in one commit. So the way from the code of
the former release to today's is cut where a commit changes the formula of a metric whose figures moved: what the figure
gains there is `definition_change`, on the stretches between it is `code`. Each stretch ends with the former inputs in
the hands of the code at that commit.

Belongs here: cutting the way, the steps that follow from it. Does not belong here: running other code (reproduction),
the steps of other causes (recomputation).
"""

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby, pairwise
from pathlib import Path

from publishing.errors import RevisionGone
from publishing.ledger import Restated, Value
from publishing.restatement import Step
from publishing.revision import commits_between, is_same_code, versions_of

METRICS = "dbt_project/seeds/metrics.csv"


@dataclass(frozen=True)
class Change:
    """From one revision of the code to another, with other formulas of these metrics."""

    former: str
    now: str
    redefined: frozenset[str] = frozenset()

    def __str__(self) -> str:
        return f"{self.former} → {self.now}"


def steps_of_code(
    root: Path,
    whole: Change,
    figures: Sequence[Restated],
    final: Mapping[str, Value],
    values_at: Callable[[str], Mapping[str, Value]],
) -> list[Step]:
    """The steps of code and of definition, in the order of the commits; the last one ends at `final`.

    `values_at(commit)`: what the code at that commit makes of the former inputs; it may raise RevisionGone. If the way
    cannot be walked, what the redefined metrics gained is one step of its own cause, with the reason.
    """
    steps: list[Step] = []
    published = {figure.figure_key: figure.former for figure in figures}
    try:
        way = stretches(root, whole)
        before: Mapping[str, Value] = published
        for stretch in way:
            after = final if stretch is way[-1] else values_at(stretch.now)
            formulas = f"{stretch}: another formula of {', '.join(sorted(stretch.redefined))}"
            steps += _apart(figures, before, stretch, Step("definition_change", formulas, after))
            before = after
    except RevisionGone as gone:
        both = Step("code_and_definition", f"{whole}, not separable: {gone}", final)
        return _apart(figures, published, whole, both)
    return steps


def stretches(root: Path, whole: Change) -> list[Change]:
    """The way, cut where the formula of one of the redefined metrics changes.

    Parts without any change of code are left out. Raises RevisionGone if there is no way.
    """
    way = commits_between(root, whole.former, whole.now)
    formulas = [_formulas(text) for text in versions_of(root, METRICS, way)]
    single = [
        Change(*commits, frozenset(name for name in whole.redefined if before.get(name) != after.get(name)))
        for commits, (before, after) in zip(pairwise(way), pairwise(formulas), strict=True)
    ]
    joined = [list(group) for _, group in groupby(single, key=lambda change: change.redefined)]
    changes = [replace(group[0], now=group[-1].now) for group in joined]
    return [change for change in changes if change.redefined or not is_same_code(root, change.former, change.now)]


def _apart(figures: Sequence[Restated], before: Mapping[str, Value], change: Change, of_redefined: Step) -> list[Step]:
    """A step of code, in which figures of the redefined metrics stay as they were before; then one that moves them."""
    of_them = {figure.figure_key for figure in figures if figure.metric in change.redefined}
    if not of_them:
        return [Step("code", str(change), of_redefined.values)]
    others = {key: value for key, value in of_redefined.values.items() if key not in of_them}
    kept = {key: value for key, value in before.items() if key in of_them}
    return [Step("code", str(change), {**others, **kept}), of_redefined]


def _formulas(text: str) -> dict[str, tuple[str, str]]:
    """Unit and formula by metric, from the text of metrics.csv."""
    return {row["metric"]: (row["unit"], row["formula"]) for row in csv.DictReader(io.StringIO(text))}
