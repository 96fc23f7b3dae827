"""What the documents say of the code: their YAML is accepted by it, their names exist, their links lead somewhere."""

import os
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml

from agreements.metrics import METRICS
from agreements.models import KINDS, Policies
from agreements.validate import validate
from ingestion.adapters import ADAPTERS
from ingestion.feeds import CANONICAL_FEEDS
from ingestion.pull import check_source
from publishing.ledger import FIGURES
from settings.project import load_project

ROOT = Path(__file__).resolve().parents[3]
DOCUMENTS = sorted(path.relative_to(ROOT).as_posix() for path in (*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")))
AS_OF = int(datetime(2026, 5, 1, tzinfo=UTC).timestamp())


def text_of(document: str) -> str:
    return (ROOT / document).read_text(encoding="utf-8")


def yaml_blocks(document: str) -> list[str]:
    return re.findall(r"^```yaml\n(.*?)^```", text_of(document), re.MULTILINE | re.DOTALL)


def first_cells(document: str, heading: str) -> list[str]:
    """The first cell of each row below a heading, up to the next heading."""
    below = text_of(document).split(f"\n{heading}\n", 1)[1]
    section = re.split(r"^#", below, maxsplit=1, flags=re.MULTILINE)[0]
    return [row.split("|")[1] for row in section.splitlines() if row.startswith("| `")]


def test_the_agreements_guide_is_one_valid_project(tmp_path: Path) -> None:
    (tmp_path / "agreements").mkdir()
    (tmp_path / "slm.yaml").write_text("apiVersion: slm/v1\nname: guide\n", encoding="utf-8")
    blocks = yaml_blocks("docs/agreements.md")
    (tmp_path / "agreements" / "all.yaml").write_text("---\n".join(blocks), encoding="utf-8")
    project = validate(tmp_path, load_project(tmp_path, {}), AS_OF)
    assert {document.kind for document in project.documents} == set(KINDS)


def test_the_agreement_in_the_readme_is_one_of_the_guides_kind() -> None:
    document = next(yaml.safe_load(block) for block in yaml_blocks("README.md") if "kind: Agreement" in block)
    KINDS["Agreement"].model_validate(document["spec"])


@pytest.mark.parametrize("document", ["README.md", "docs/sources.md"])
def test_the_slm_yaml_shown_is_accepted(document: str, tmp_path: Path) -> None:
    block = next(block for block in yaml_blocks(document) if "sources:" in block)
    (tmp_path / "slm.yaml").write_text(block, encoding="utf-8")
    config = load_project(tmp_path, {"SLM_PSEUDONYM_KEY": "named in the guide"})
    assert config.sources
    for source in config.sources:
        check_source(source)


def test_the_guide_lists_every_metric_and_whether_it_has_a_figure() -> None:
    rows = [row for row in text_of("docs/agreements.md").splitlines() if row.startswith("| `")]
    for name, metric in METRICS.items():
        written = "survey_item:<item>" if name == "survey_item" else name
        (row,) = [row for row in rows if f"`{written}`" in row.split("|")[1]]
        assert row.rstrip(" |").endswith("| yes" if metric.is_measured else "| not yet"), name


def test_the_guide_lists_every_policy() -> None:
    listed = " ".join(first_cells("docs/agreements.md", "### Policies"))
    for name, field in Policies.model_fields.items():
        assert f"`{field.alias or name}" in listed, name


def test_the_guide_to_sources_lists_every_feed_with_its_columns() -> None:
    rows = {row.split("`")[1]: row for row in text_of("docs/sources.md").splitlines() if row.startswith("| `")}
    for feed in CANONICAL_FEEDS.values():
        for column in feed.columns:
            mark = r"\*" if column.is_required else r"(?!\*)"
            assert re.search(rf"(?<![a-z_]){column.name}{mark}(?![a-z_])", rows[feed.name]), (feed.name, column.name)


@pytest.mark.parametrize("document", ["README.md", "docs/sources.md"])
def test_every_source_type_is_listed(document: str) -> None:
    assert [name for name in ADAPTERS if f"| `{name}` |" not in text_of(document)] == []


def test_every_setting_of_the_run_is_in_the_readme_and_in_the_example() -> None:
    code = "".join(
        path.read_text(encoding="utf-8")
        for room in ("settings/run.py", "orchestration/ui.py")
        for path in [ROOT / room]
    )
    names = set(re.findall(r'"(SLM_[A-Z_]+)"', code))
    assert len(names) >= 6
    for document in ("README.md", ".env.example"):
        assert sorted(name for name in names if name not in text_of(document)) == [], document


@pytest.mark.parametrize("document", DOCUMENTS)
def test_links_lead_to_files_and_headings_that_exist(document: str) -> None:
    folder = (ROOT / document).parent
    for target in re.findall(r"\]\(([^)\s]+)\)", text_of(document)):
        if target.startswith("https://"):
            continue
        path, _, anchor = target.partition("#")
        linked = Path(os.path.normpath(folder / path)) if path else ROOT / document
        assert linked.exists(), target
        if anchor:
            headings = re.findall(r"^#+ (.*)$", linked.read_text(encoding="utf-8"), re.MULTILINE)
            slugs = {re.sub(r"[^a-z0-9 _-]", "", heading.lower()).replace(" ", "-") for heading in headings}
            assert anchor in slugs, target


@pytest.mark.parametrize("document", [name for name in DOCUMENTS if name != "CHANGELOG.md"])
def test_make_targets_that_are_named_exist(document: str) -> None:
    targets = set(re.findall(r"^([a-z-]+):", text_of("Makefile"), re.MULTILINE))
    named = set(re.findall(r"(?:^|`|\s)make ([a-z][a-z-]*)(?=`|\s+#|\n|$)", text_of(document), re.MULTILINE))
    assert named - targets == set()


def test_every_decision_has_a_reason_and_a_number() -> None:
    entries = re.split(r"^### ", text_of("DECISIONS.md"), flags=re.MULTILINE)[1:]
    assert len(entries) > 40
    incomplete = [entry.splitlines()[0] for entry in entries if "**Why.**" not in entry or "**Number.**" not in entry]
    assert incomplete == []


def test_every_report_is_said_to_hold_figures_or_aids() -> None:
    named = [
        set(re.findall(r"`(rpt_\w+)`", cell))
        for cell in first_cells("docs/releases.md", "### Which numbers are figures")
    ]
    figures, aids = (
        [tables for tables in named if tables & FIGURES.keys()],
        [t for t in named if not t & FIGURES.keys()],
    )
    assert set().union(*figures) == FIGURES.keys()
    reports = {path.stem for path in (ROOT / "dbt_project/models/reports").glob("rpt_*.sql")}
    assert set().union(*aids) == reports - FIGURES.keys()
