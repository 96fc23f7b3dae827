"""Both examples compile, and their agreements hold the truths the READMEs name."""

import gzip
import json
import os
from pathlib import Path

import pandas as pd
import pytest
import yaml

from settings.errors import ProjectError
from settings.project import load_project
from tests.unit.examples.conftest import ACME, PUBLIC_RECORD, Compiled, compiled


@pytest.fixture(scope="module")
def public_agreements(tmp_path_factory: pytest.TempPathFactory) -> Compiled:
    return compiled(PUBLIC_RECORD, tmp_path_factory.mktemp("compiled") / "public", "2026-08-22T00:00:00Z")


def options(source: str) -> dict[str, object]:
    config = load_project(PUBLIC_RECORD, {"SLM_PUBLIC_DATA": "/data"})
    return next(one.options for one in config.sources if one.name == source)


def test_bank_agreement_changes_version_in_the_middle_of_the_history(acme_agreements: Compiled) -> None:
    versions = acme_agreements.table("agreement").query("agreement_id == 'sla-north-west-bank'")
    versions = versions.sort_values("agreement_version")
    assert versions["agreement_version"].tolist() == [1, 2]
    changed = int(pd.Timestamp("2026-07-01T00:00:00+01:00").timestamp())
    assert versions["valid_to_epoch"].iloc[0] == versions["valid_from_epoch"].iloc[1] == changed
    thresholds = [acme_agreements.threshold("sla-north-west-bank", "p2-resolve", version) for version in (1, 2)]
    assert thresholds == [16 * 3600, 8 * 3600]


def test_chain_under_the_bank_cannot_hold(acme_agreements: Compiled) -> None:
    promised = acme_agreements.threshold("sla-north-west-bank", "p1-resolve")
    assert acme_agreements.threshold("ola-dba", "p1-diagnose") > promised


def test_signatures_that_are_late_or_missing_are_the_only_findings_about_signing(acme_agreements: Compiled) -> None:
    found = acme_agreements.table("finding")
    signing = found[found["reason"].str.contains("sign")]
    assert sorted(signing["file"]) == ["agreements/sla-city-hospitals.yaml", "agreements/sla-north-west-bank.yaml"]


def test_night_target_beats_the_priority_targets(acme_agreements: Compiled) -> None:
    targets = acme_agreements.table("target").query("agreement_id == 'sla-harbour-logistics'")
    keys = targets.set_index("target_id")["scope_key_count"]
    assert keys["night-resolve"] > keys["p1-resolve"]


def test_us_calendar_has_longer_saturdays_from_september(acme_agreements: Compiled) -> None:
    clock = acme_agreements.clock("us-east-extended")
    saturdays = [pd.Timestamp(f"{day}T00:00:00-04:00") for day in ("2026-08-29", "2026-09-05")]
    hours = [clock(int(day.timestamp()), int(day.timestamp()) + 86_400) / 3600 for day in saturdays]
    assert hours == [4, 8]


def test_made_company_needs_no_environment() -> None:
    assert load_project(ACME, {}).name == "acme"


def test_public_record_names_the_variable_that_is_missing() -> None:
    with pytest.raises(ProjectError, match="SLM_PUBLIC_DATA"):
        load_project(PUBLIC_RECORD, {})


def test_two_readers_of_one_status_page_differ_in_weights_alone(public_agreements: Compiled) -> None:
    rows = public_agreements.table("agreement").query("provider_id == 'github'").set_index("consumer_id")
    one, other = rows.loc["github-all-impacts"], rows.loc["github-major-critical"]
    differing = {name for name in rows.columns if one[name] != other[name] and pd.notna(one[name])}
    assert differing == {"agreement_id", "display_name", "weight_partial_ppm", "weight_degraded_ppm"}
    services = public_agreements.table("agreement_service").groupby("agreement_id")["service_id"].apply(set)
    assert services["sla-github-all-impacts"] == services["sla-github-major-critical"]


def test_status_page_agreements_are_measured_by_quarter(public_agreements: Compiled) -> None:
    rows = public_agreements.table("agreement").set_index("agreement_id")
    assert rows["period_type"]["sla-github-all-impacts"] == "quarter"
    assert rows["period_type"]["sla-university-sites"] == "month"


@pytest.mark.parametrize("source", ["github-status", "university-status"])
def test_every_mapped_service_is_defined(public_agreements: Compiled, source: str) -> None:
    services = set(public_agreements.table("service")["service_id"])
    mapped = options(source)["serviceMap"]
    assert isinstance(mapped, dict)
    assert set(mapped.values()) <= services


def test_every_surveyed_item_is_in_the_instrument(public_agreements: Compiled) -> None:
    items = options("airport-survey")["items"]
    assert isinstance(items, dict)
    instrument = public_agreements.table("survey_item").query("instrument_id == 'sfo-2017'").set_index("item")
    assert {spec["item"] for spec in items.values()} == set(instrument.index)
    for spec in items.values():
        scale = instrument.loc[spec["item"], ["scale_min", "scale_max"]].tolist()
        assert scale == [float(bound) for bound in spec["scale"]]


@pytest.fixture(scope="module")
def public_data() -> Path:
    folder = os.environ.get("SLM_PUBLIC_DATA")
    if not folder:
        pytest.skip("SLM_PUBLIC_DATA does not name the folder of the public data")
    return Path(folder)


def test_every_component_of_the_status_page_is_mapped(public_data: Path) -> None:
    with gzip.open(public_data / "github-status" / "incidents.jsonl.gz", "rt") as lines:
        components = {component for line in lines for component in json.loads(line).get("components", [])}
    assert components == set(options("github-status")["serviceMap"])  # type: ignore[call-overload]


def test_every_site_of_the_status_page_is_a_service(public_data: Path) -> None:
    """By the slug that the page gives it, or by the name that the example's map gives the site."""
    log = set(pd.read_csv(public_data / "university-status" / "check_commits.csv.gz")["site"])
    renamed = options("university-status")["serviceMap"]
    assert isinstance(renamed, dict)
    assert set(renamed) <= log
    page = json.loads((public_data / "university-status" / "summary.json").read_text())
    slugs = {site["slug"] for site in page}
    documents = yaml.safe_load_all((PUBLIC_RECORD / "agreements" / "university.yaml").read_text())
    services = {document["metadata"]["name"] for document in documents if document["kind"] == "Service"}
    assert slugs - {site.lower() for site in renamed} <= services
    assert set(renamed.values()) <= services


def test_target_and_credits_are_those_published(public_data: Path) -> None:
    terms = json.loads((public_data / "sla-terms" / "github_enterprise_sla.json").read_text())
    documents = yaml.safe_load_all((PUBLIC_RECORD / "agreements" / "github.yaml").read_text())
    targets = [document["spec"]["targets"][0] for document in documents if document["kind"] == "Agreement"]
    assert len(targets) == 2
    for target in targets:
        assert target["objective"]["targetPercent"] == terms["target_uptime_pct"]
        assert [band["percent"] for band in target["credit"]["bands"]] == [
            row["credit_pct"] for row in terms["credits"]
        ]
