"""The run's environment variables, and whose home it is."""

import json
import os
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from settings.errors import SlmError
from settings.run import RunSettings, claim_home

NOW = datetime(2026, 4, 1, 12, 0, 0, 999_999, tzinfo=timezone(timedelta(hours=2)))


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    (tmp_path / "p").mkdir()
    (tmp_path / "p" / "slm.yaml").write_text("apiVersion: slm/v1\nname: desk\n", encoding="utf-8")
    return {"SLM_PROJECT": str(tmp_path / "p")}


def test_defaults_are_the_documented_ones(env: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    settings = RunSettings.from_environment(env, NOW)
    assert settings.as_of == datetime(2026, 4, 1, 10, tzinfo=UTC)
    assert settings.as_of.microsecond == 0
    assert settings.home == tmp_path / "var" / "desk"
    assert (settings.allow_older, settings.target, settings.postgres_dsn) == (False, "duckdb", None)


def test_as_of_is_turned_to_utc_and_its_fraction_cut_off(env: dict[str, str]) -> None:
    settings = RunSettings.from_environment({**env, "SLM_AS_OF": "2026-03-01T00:00:00.9+01:00"}, NOW)
    assert settings.as_of == datetime(2026, 2, 28, 23, tzinfo=UTC)
    assert settings.as_of_epoch == 1772319600


def test_every_unusable_variable_is_named_at_once(env: dict[str, str]) -> None:
    bad = {"SLM_AS_OF": "2026-03-01T00:00:00", "SLM_ALLOW_OLDER": "maybe", "SLM_TARGET": "oracle", "SLM_PROJECT": "/no"}
    with pytest.raises(SlmError) as caught:
        RunSettings.from_environment({**env, **bad}, NOW)
    for name in bad:
        assert name in str(caught.value)


@pytest.mark.parametrize(("written", "expected"), [("1", True), ("TRUE", True), ("0", False), ("", False)])
def test_allow_older_is_a_yes_or_no(env: dict[str, str], written: str, expected: bool) -> None:
    assert RunSettings.from_environment({**env, "SLM_ALLOW_OLDER": written}, NOW).allow_older is expected


def test_password_of_the_serving_database_does_not_show_in_logs(env: dict[str, str]) -> None:
    settings = RunSettings.from_environment({**env, "SLM_POSTGRES_DSN": "postgresql://u:pw@h/d"}, NOW)
    assert settings.postgres_dsn == "postgresql://u:pw@h/d"
    assert "pw" not in repr(settings)


def test_home_is_claimed_once_and_again_by_the_same_project(tmp_path: Path) -> None:
    home = tmp_path / "a" / "home"
    claim_home(home, "desk")
    before = (home / "home.json").stat().st_ino
    claim_home(home, "desk")
    assert json.loads((home / "home.json").read_text(encoding="utf-8")) == {"project": "desk"}
    assert (home / "home.json").stat().st_ino == before
    assert [path.name for path in home.iterdir()] == ["home.json"]


def test_home_of_another_project_is_refused_and_stays_its_own(tmp_path: Path) -> None:
    claim_home(tmp_path, "desk")
    with pytest.raises(SlmError, match='belongs to the project "desk", not to "other"'):
        claim_home(tmp_path, "other")
    claim_home(tmp_path, "desk")


def test_home_without_hard_links_is_claimed_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", refuse)
    claim_home(tmp_path, "desk")
    with pytest.raises(SlmError, match="belongs to"):
        claim_home(tmp_path, "other")
    assert [path.name for path in tmp_path.iterdir()] == ["home.json"]


def test_damaged_home_record_is_an_error_not_a_new_claim(tmp_path: Path) -> None:
    (tmp_path / "home.json").write_text("{", encoding="utf-8")
    with pytest.raises(SlmError, match="restore or remove it"):
        claim_home(tmp_path, "desk")


def test_home_that_is_a_file_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("", encoding="utf-8")
    with pytest.raises(SlmError, match="cannot be written"):
        claim_home(tmp_path / "home", "desk")
