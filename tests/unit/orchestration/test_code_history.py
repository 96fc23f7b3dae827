"""What other code and what another formula did to a figure is told by the commits between, or it is said why not."""

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from orchestration.code_history import METRICS, Change, steps_of_code, stretches
from publishing.errors import RevisionGone
from publishing.ledger import Restated, Value
from publishing.restatement import Restating, split
from tests.git_checkout import git

RESOLVE, RESPOND = "time_to_resolve", "time_to_first_response"
MODEL = "dbt_project/models/clock.sql"
Commit = Callable[..., str]


@pytest.fixture
def commit(tmp_path: Path) -> Commit:
    """Commits files of a repository with a model and the formulas of metrics; returns the revision."""
    git(tmp_path, "init", "--quiet")

    def committed(model: str = "", resolve: str = "", document: str = "") -> str:
        metrics = f"metric,unit,formula\n{RESOLVE},seconds,met{resolve}\n{RESPOND},seconds,met\n"
        for name, text in ((MODEL, model), (METRICS, metrics), ("README.md", document), ("requirements.lock", "")):
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_text(text)
        git(tmp_path, "add", "--all")
        git(tmp_path, "commit", "--quiet", "--message", "as it is")
        return git(tmp_path, "rev-parse", "HEAD")

    return committed


def restated(key: str, metric: str, former: int, now: int) -> Restated:
    return Restated(key, "sla", 2, Value(former, 9, "met"), Value(now, 9, "met"), "r1", 0, metric)


def good(**values: int) -> dict[str, Value]:
    return {key: Value(value, 9, "met") for key, value in values.items()}


def never(commit: str) -> Mapping[str, Value]:
    raise AssertionError(f"{commit} was run")


def test_way_is_cut_at_the_formula_and_documents_are_no_stretch(tmp_path: Path, commit: Commit) -> None:
    first = commit("a")
    commit("a", document="hello")
    other = commit("b", document="hello")
    redefined = commit("c", " or late", "hello")
    corrected = commit("d", " or late", "hello")
    last = commit("d", " or late", "goodbye")
    both = frozenset({RESOLVE})
    assert stretches(tmp_path, Change(first, last, both)) == [
        Change(first, other),
        Change(other, redefined, both),
        Change(redefined, last),
    ]
    assert corrected != last
    assert stretches(tmp_path, Change(first, last, frozenset({RESPOND}))) == [Change(first, last)]


def test_each_stretch_gets_what_it_did(tmp_path: Path, commit: Commit) -> None:
    """3 of 9 published; by the first commit 2, by the formula 6, by the last commit 5. The other metric has no formula
    of its own: 4, 3, 2 and at last 8 are all code."""
    way = [commit("a"), commit("b"), commit("c", " or late"), commit("d", " or late")]
    figures = [restated("resolve", RESOLVE, 3, 5), restated("respond", RESPOND, 4, 8)]
    values = {way[1]: good(resolve=2, respond=3), way[2]: good(resolve=6, respond=2)}
    change = Change(way[0], way[3], frozenset({RESOLVE}))
    restating = Restating(
        None, steps_of_code(tmp_path, change, figures, good(resolve=5, respond=8), values.__getitem__)
    )
    resolve, respond = (split(figure, restating) for figure in figures)
    assert [(part.cause, part.after.numerator) for part in resolve] == [
        ("code", 2),
        ("definition_change", 6),
        ("code", 5),
    ]
    assert resolve[1].explanation == f"{way[1]} → {way[2]}: another formula of time_to_resolve"
    assert [(part.cause, part.after.numerator) for part in respond] == [("code", 8)]


def test_commit_of_a_formula_alone_runs_no_other_code(tmp_path: Path, commit: Commit) -> None:
    former, now = commit("a"), commit("b", " or late")
    figures = [restated("resolve", RESOLVE, 3, 5)]
    steps = steps_of_code(tmp_path, Change(former, now, frozenset({RESOLVE})), figures, good(resolve=5), never)
    (part,) = split(figures[0], Restating(None, steps))
    assert (part.cause, part.after.numerator) == ("definition_change", 5)


def test_way_over_a_merged_branch_begins_where_the_release_was_made(tmp_path: Path, commit: Commit) -> None:
    commit("a")
    trunk = git(tmp_path, "branch", "--show-current")
    git(tmp_path, "checkout", "--quiet", "-b", "side")
    former = commit("b")
    redefined = commit("b", " or late")
    git(tmp_path, "checkout", "--quiet", trunk)
    commit("a", document="hello")
    git(tmp_path, "merge", "--quiet", "--no-edit", "side")
    merged = git(tmp_path, "rev-parse", "HEAD")
    both = frozenset({RESOLVE})
    assert stretches(tmp_path, Change(former, merged, both)) == [Change(former, redefined, both)]


@pytest.mark.parametrize(
    ("former", "reason"),
    [
        ("a" * 40, f"commit {'a' * 40} is not at hand"),
        ("content:0123456789abcdef", "the code content:0123456789abcdef was never committed"),
        ("a" * 40 + "+0123456789abcdef", f"the code {'a' * 40}+0123456789abcdef was never committed"),
    ],
)
def test_what_cannot_be_told_apart_is_said_so(tmp_path: Path, commit: Commit, former: str, reason: str) -> None:
    """And only where the formula is another; what the commits cannot say nobody guesses."""
    now = commit("b", " or late")
    figures = [restated("resolve", RESOLVE, 3, 5), restated("respond", RESPOND, 4, 8)]
    change = Change(former, now, frozenset({RESOLVE}))
    restating = Restating(None, steps_of_code(tmp_path, change, figures, good(resolve=5, respond=8), never))
    (resolve,), (respond,) = (split(figure, restating) for figure in figures)
    assert (resolve.cause, resolve.before.numerator, resolve.after.numerator) == ("code_and_definition", 3, 5)
    assert resolve.explanation == f"{former} → {now}, not separable: {reason}"
    assert (respond.cause, respond.explanation) == ("code", f"{former} → {now}")


def test_branches_that_never_met_are_no_way(tmp_path: Path, commit: Commit) -> None:
    commit("a")
    trunk = git(tmp_path, "branch", "--show-current")
    git(tmp_path, "checkout", "--quiet", "-b", "side")
    former = commit("b")
    git(tmp_path, "checkout", "--quiet", trunk)
    now = commit("c", " or late")
    with pytest.raises(RevisionGone, match=f"commit {former} does not lead to {now}"):
        stretches(tmp_path, Change(former, now, frozenset({RESOLVE})))


def test_code_that_does_not_run_any_more_is_said_so(tmp_path: Path, commit: Commit) -> None:
    way = [commit("a"), commit("b"), commit("c", " or late")]

    def gone(commit: str) -> Mapping[str, Value]:
        raise RevisionGone(f"the code of commit {commit} does not make the former release again")

    figures = [restated("resolve", RESOLVE, 3, 5)]
    steps = steps_of_code(tmp_path, Change(way[0], way[2], frozenset({RESOLVE})), figures, good(resolve=5), gone)
    (part,) = split(figures[0], Restating(None, steps))
    assert part.cause == "code_and_definition"
    assert part.explanation.endswith(
        f"not separable: the code of commit {way[1]} does not make the former release again"
    )
