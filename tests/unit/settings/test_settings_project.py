"""slm.yaml: substitution, secrets, and everything wrong at once."""

from datetime import date
from pathlib import Path

import pytest

from settings.errors import ProjectError
from settings.project import Covers, load_project, read_project_name, resolve_secrets

HEAD = "apiVersion: slm/v1\nname: desk\n"


def project(tmp_path: Path, text: str) -> Path:
    (tmp_path / "slm.yaml").write_text(text, encoding="utf-8")
    return tmp_path


def problems(tmp_path: Path, text: str, env: dict[str, str] | None = None) -> list[str]:
    with pytest.raises(ProjectError) as caught:
        load_project(project(tmp_path, text), env or {})
    return [str(problem) for problem in caught.value.problems]


def test_smallest_project_has_the_documented_defaults(tmp_path: Path) -> None:
    config = load_project(project(tmp_path, HEAD), {})
    assert (config.name, config.reporting.time_zone, config.reporting.period) == ("desk", "UTC", "month")
    assert (config.reporting.due_working_days, config.reporting.close_after_working_days) == (5, 5)
    assert (config.reports.periods, config.reports.formats, config.reports.customers) == (12, ["html", "pdf"], None)
    assert (config.governance, config.max_affected_ticket_ratio) == ("findings", 0.005)


def test_variables_are_substituted_inside_strings_at_any_depth(tmp_path: Path) -> None:
    text = HEAD + 'sources: [{name: a, type: files, feeds: {tickets: ["${ROOT}/x-${DAY}.csv"]}}]\n'
    config = load_project(project(tmp_path, text), {"ROOT": "/data", "DAY": "1"})
    assert config.sources[0].options == {"feeds": {"tickets": ["/data/x-1.csv"]}}


def test_all_missing_variables_and_secrets_are_named_at_once_with_the_errors_of_form(tmp_path: Path) -> None:
    text = HEAD + (
        "reports: {periods: -1}\n"
        "sources:\n"
        '  - {name: a, type: files, path: "${ONE}/${TWO}"}\n'
        "  - {name: b, type: x, token: {env: THREE}, nested: {deep: [{env: FOUR}]}}\n"
    )
    found = problems(tmp_path, text, {"TWO": ""})
    assert len(found) == 5
    assert any("reports.periods" in problem for problem in found)
    for name in ("ONE", "TWO", "THREE", "FOUR"):
        assert sum(name in problem for problem in found) == 1


def test_secret_stays_a_reference_until_it_is_resolved(tmp_path: Path) -> None:
    env = {"DESK_TOKEN": "s3cret"}
    config = load_project(project(tmp_path, HEAD + "sources: [{name: a, type: x, token: {env: DESK_TOKEN}}]\n"), env)
    assert config.sources[0].options == {"token": {"env": "DESK_TOKEN"}}
    assert "s3cret" not in repr(config)
    assert resolve_secrets(config.sources[0].options, env) == {"token": "s3cret"}


@pytest.mark.parametrize("value", ["abc", '"${TOKEN}"'])
def test_secret_written_into_the_file_is_refused(tmp_path: Path, value: str) -> None:
    found = problems(tmp_path, HEAD + f"sources: [{{name: a, type: x, token: {value}}}]\n", {"TOKEN": "x"})
    assert found == [
        (
            "slm.yaml: line 3: sources[0].token: holds a secret in the file itself; "
            "name an environment variable instead: token: {env: NAME}"
        )
    ]


def test_without_environment_missing_variables_stay_as_written(tmp_path: Path) -> None:
    text = HEAD + 'sources: [{name: a, type: files, path: "${ROOT}/x"}]\n'
    config = load_project(project(tmp_path, text), {}, require_environment=False)
    assert config.sources[0].options == {"path": "${ROOT}/x"}


@pytest.mark.parametrize("key", ["periods", "reporting.zone", "reports.format"])
def test_unknown_key_is_an_error_at_every_known_level(tmp_path: Path, key: str) -> None:
    outer, _, inner = key.partition(".")
    line = f"{outer}: {{{inner}: 1}}\n" if inner else f"{outer}: 1\n"
    found = problems(tmp_path, HEAD + line)
    assert [f"line 3: {key}: is not a known key" in problem for problem in found] == [True]


def test_options_of_a_source_are_kept_raw(tmp_path: Path) -> None:
    text = HEAD + "sources: [{name: a, type: files, maxGap: PT2H, statusMap: {Open: new}}]\n"
    config = load_project(project(tmp_path, text), {})
    assert config.sources[0].options == {"maxGap": "PT2H", "statusMap": {"Open": "new"}}


def test_two_sources_of_one_name_are_refused(tmp_path: Path) -> None:
    found = problems(tmp_path, HEAD + "sources:\n  - {name: a, type: x}\n  - {name: a, type: y}\n")
    assert len(found) == 1
    assert "line 5: sources[1].name" in found[0]


@pytest.mark.parametrize(
    ("written", "start"),
    [('"2016-02"', date(2016, 2, 1)), ("2016-Q3", date(2016, 7, 1)), ("2016", date(2016, 1, 1))],
)
def test_first_period_is_the_first_day_of_a_period(tmp_path: Path, written: str, start: date) -> None:
    config = load_project(project(tmp_path, HEAD + f"reporting: {{firstPeriod: {written}}}\n"), {})
    assert config.reporting.first_period_start == start


@pytest.mark.parametrize("written", ['"2016-13"', '"2016-Q5"', '"Feb 2016"', "2016-02-01"])
def test_first_period_that_is_none_is_refused(tmp_path: Path, written: str) -> None:
    assert "reporting.firstPeriod" in problems(tmp_path, HEAD + f"reporting: {{firstPeriod: {written}}}\n")[0]


def test_directory_without_slm_yaml_says_where_it_looked(tmp_path: Path) -> None:
    with pytest.raises(ProjectError, match="set SLM_PROJECT"):
        load_project(tmp_path, {})


def test_name_is_read_without_the_environment(tmp_path: Path) -> None:
    assert read_project_name(project(tmp_path, HEAD + 'sources: [{name: a, type: x, p: "${UNSET}"}]\n')) == "desk"


def test_name_that_could_leave_the_directory_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ProjectError, match="is not a name"):
        read_project_name(project(tmp_path, "apiVersion: slm/v1\nname: ../x\n"))


def test_freshness_is_the_sources_promise_and_no_option_of_its_type(tmp_path: Path) -> None:
    config = load_project(project(tmp_path, HEAD + "sources: [{name: a, type: files, freshness: PT26H}]\n"), {})
    assert (config.sources[0].freshness_seconds, config.sources[0].options) == (26 * 3600, {})


@pytest.mark.parametrize("value", ["P1D", "26", "soon"])
def test_freshness_that_is_no_duration_is_refused(tmp_path: Path, value: str) -> None:
    (found,) = problems(tmp_path, HEAD + f"sources: [{{name: a, type: files, freshness: {value}}}]\n")
    assert "sources[0].freshness" in found


def test_what_a_source_covers_is_no_option_of_its_type(tmp_path: Path) -> None:
    text = HEAD + "sources: [{name: a, type: files, covers: {customers: [north], services: [mail, web]}}]\n"
    (source,) = load_project(project(tmp_path, text), {}).sources
    assert (source.covers, source.options) == (Covers(customers=["north"], services=["mail", "web"]), {})


@pytest.mark.parametrize(
    ("covers", "said"),
    [
        ("{}", "sources[0].covers: names neither customers nor services"),
        ("north", 'sources[0].covers: should be a mapping of keys, not "north"'),
        ("{customers: []}", "sources[0].covers.customers: should not be empty"),
        ("{customers: north}", 'sources[0].covers.customers: should be a list, not "north"'),
        ("{services: [mail, web, mail]}", 'sources[0].covers.services: "mail" is given twice'),
        ("{services: [7]}", "sources[0].covers.services[0]: should be text, not 7"),
        ("{customer: [north]}", "sources[0].covers.customer: is not a known key; did you mean customers"),
    ],
)
def test_covers_that_says_nothing_clear_is_refused(tmp_path: Path, covers: str, said: str) -> None:
    found = problems(tmp_path, HEAD + f"sources: [{{name: a, type: files, covers: {covers}}}]\n")
    assert any(said in problem for problem in found)


@pytest.mark.parametrize(("text", "expected"), [("", "release"), ("withhold: agreement\n", "agreement")])
def test_release_is_withheld_as_a_whole_unless_agreements_are_to_be(tmp_path: Path, text: str, expected: str) -> None:
    assert load_project(project(tmp_path, HEAD + text), {}).withhold == expected


def test_releases_stay_by_the_defaults_unless_slm_yaml_says_otherwise(tmp_path: Path) -> None:
    write = (tmp_path / "slm.yaml").write_text
    write("apiVersion: slm/v1\nname: acme\n")
    rule = load_project(tmp_path, {}).retention
    assert (rule.keep_within_days, rule.keep_daily, rule.keep_monthly, rule.keep_yearly) == (30, 90, 36, 10)
    write("apiVersion: slm/v1\nname: acme\nretention: {keepDaily: 7, keepWeekly: 3}\n")
    with pytest.raises(ProjectError, match=r"retention\.keepWeekly: is not a known key"):
        load_project(tmp_path, {})


def test_key_of_pseudonyms_is_named_and_never_shown(tmp_path: Path) -> None:
    write = (tmp_path / "slm.yaml").write_text
    write("apiVersion: slm/v1\nname: acme\nprivacy: {pseudonymKey: {env: PERSON_KEY}}\n")
    with pytest.raises(ProjectError, match="the secret PERSON_KEY is not set"):
        load_project(tmp_path, {})
    key = load_project(tmp_path, {"PERSON_KEY": "x"}).privacy.pseudonym_key
    assert key is not None
    assert key.env == "PERSON_KEY"
    write("apiVersion: slm/v1\nname: acme\nprivacy: {pseudonymKey: a-secret-in-the-file}\n")
    with pytest.raises(ProjectError, match="name the environment variable") as error:
        load_project(tmp_path, {})
    assert "a-secret-in-the-file" not in str(error.value)
