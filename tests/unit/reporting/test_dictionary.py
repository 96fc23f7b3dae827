"""The data dictionary: what it takes from the models and from publishing, and that the one in docs/ is current."""

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from reporting.dictionary import Table, dictionary_page, main, read_tables, star_of
from reporting.errors import ReportError

ROOT = Path(__file__).resolve().parents[3]
DICTIONARY = ROOT / "docs" / "data-dictionary.md"


@pytest.fixture(scope="module")
def real_manifest(parsed_models: Path) -> dict[str, Any]:
    manifest: dict[str, Any] = json.loads(parsed_models.read_text(encoding="utf-8"))
    return manifest


def test_the_dictionary_in_docs_is_current(real_manifest: dict[str, Any]) -> None:
    page = dictionary_page(read_tables(real_manifest))
    assert DICTIONARY.read_text(encoding="utf-8") == page, "run `make dictionary` and commit the result"


@pytest.fixture
def manifest(real_manifest: dict[str, Any]) -> dict[str, Any]:
    """The real models, one of them with words of our own, and the tests and exposure that speak of it."""
    manifest = copy.deepcopy(real_manifest)
    name, model = next((key, node) for key, node in manifest["nodes"].items() if node["name"] == "rpt_unmatched_ticket")
    model["description"] = "One row per ticket that isn't measured."
    model["raw_code"] = "-- Grain: ticket. The remedy says\n-- what to do.\nselect 1\n-- not a header"
    model["columns"]["remedy"]["description"] = "What to do: this | that."
    manifest["exposures"] = {
        "exposure.x": {"name": "wall", "label": "Wall screen", "depends_on": {"nodes": [name]}},
    }
    return manifest


def the_table(tables: list[Table], name: str) -> Table:
    return next(table for table in tables if table.name == name)


def test_a_table_has_the_words_of_its_model_and_the_key_of_its_tests(manifest: dict[str, Any]) -> None:
    table = the_table(read_tables(manifest), "rpt_unmatched_ticket")
    assert table.comment == "One row per ticket that isn't measured."
    assert table.note == "The remedy says what to do."
    assert table.key == ("ticket_key",)
    assert table.read_by == ("Wall screen",)
    columns = {column.name: column for column in table.columns}
    assert (columns["ticket_key"].type_name, columns["ticket_key"].is_filled) == ("VARCHAR", True)
    assert (columns["opened_at"].type_name, columns["opened_at"].is_filled) == ("TIMESTAMP", False)


def test_a_key_of_several_columns_keeps_their_order(manifest: dict[str, Any]) -> None:
    assert the_table(read_tables(manifest), "dim_target").key == ("agreement_id", "agreement_version", "target_id")


def test_control_tables_are_read_off_a_release(manifest: dict[str, Any]) -> None:
    tables = read_tables(manifest)
    for name, column in (("release", "as_of_at"), ("certificate_check", "severity"), ("figure", "sequence_number")):
        found = {column.name: column for column in the_table(tables, name).columns}[column]
        assert found.is_filled
        assert found.comment


def test_every_table_and_column_of_a_release_has_a_comment(manifest: dict[str, Any]) -> None:
    silent = [
        f"{table.name}.{column.name}"
        for table in read_tables(manifest)
        for column in table.columns
        if not column.comment
    ]
    assert silent == []
    assert [table.name for table in read_tables(manifest) if not table.comment] == []


def test_a_bar_in_a_description_does_not_split_the_row(manifest: dict[str, Any]) -> None:
    page = dictionary_page(read_tables(manifest))
    assert "| `remedy` | VARCHAR | What to do: this \\| that. |" in page


def test_a_column_without_a_description_is_named(manifest: dict[str, Any]) -> None:
    model = next(node for node in manifest["nodes"].values() if node["name"] == "dim_team")
    model["columns"]["display_name"]["description"] = " "
    with pytest.raises(ReportError, match=r"dim_team\.display_name"):
        read_tables(manifest)


def test_a_missing_manifest_is_told_with_the_remedy(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main([str(tmp_path / "manifest.json"), str(tmp_path / "out.md")])
    assert stopped.value.code == 1
    assert "make setup" in capsys.readouterr().err
    assert not (tmp_path / "out.md").exists()


def test_the_command_writes_the_page(manifest: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    assert main([str(tmp_path / "manifest.json"), str(tmp_path / "docs" / "out.md")]) == 0
    assert "One row per ticket that isn't measured." in (tmp_path / "docs" / "out.md").read_text(encoding="utf-8")


# ------------------------------------------------------------------------------------------------------------ the star


def columns_of(manifest: dict[str, Any]) -> dict[str, set[str]]:
    return {
        node["name"]: set(node["columns"])
        for node in manifest["nodes"].values()
        if node["resource_type"] == "model" and node["schema"] == "marts"
    }


def test_every_dimension_is_named_by_one_column(real_manifest: dict[str, Any]) -> None:
    star = star_of(real_manifest)
    assert star.tables == {
        "agreement_key": "dim_agreement",
        "calendar_id": "dim_calendar",
        "customer_id": "dim_customer",
        "date": "dim_date",
        "decision_id": "dim_decision",
        "metric": "dim_metric",
        "outage_key": "fct_outage",
        "service_id": "dim_service",
        "target_key": "dim_target",
        "team_id": "dim_team",
        "ticket_key": "fct_ticket",
    }
    # A local day is looked up by zone and day; its day is one of dim_date.
    dimensions = {name for name in columns_of(real_manifest) if name.startswith("dim_")}
    assert dimensions - set(star.tables.values()) == {"dim_local_day"}


def test_every_fact_and_report_leads_to_its_target_and_its_day_by_one_column(real_manifest: dict[str, Any]) -> None:
    star = star_of(real_manifest)
    lost = []
    for name, columns in columns_of(real_manifest).items():
        if not name.startswith(("fct_", "rpt_", "brg_")):
            continue
        references = star.references(name, columns)
        if "agreement_id" in columns and not {"target_key", "agreement_key"} & references.keys():
            lost.append(f"{name}: agreement")
        if "target_id" in columns and "target_key" not in references:
            lost.append(f"{name}: target")
        if not {"date", "ticket_key"} & references.keys():
            lost.append(f"{name}: day")
    # It is about all time.
    assert lost == ["rpt_reconciliation: day"]


def test_only_columns_that_refer_may_be_unknown(real_manifest: dict[str, Any]) -> None:
    columns = columns_of(real_manifest)
    star = star_of(real_manifest)
    assert ("fct_ticket", "service_id") in star.unknown
    assert [pair for pair in star.unknown if pair[1] not in star.references(pair[0], columns[pair[0]])] == []


def test_section_says_what_the_table_refers_to(real_manifest: dict[str, Any]) -> None:
    page = dictionary_page([the_table(read_tables(real_manifest), "rpt_unmatched_ticket")])
    assert "- Refers to: `customer_id` → [`dim_customer`](#dim_customer) *or unknown*, " in page
    assert "`ticket_key` → [`fct_ticket`](#fct_ticket)" in page
