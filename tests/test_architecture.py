"""The house: each room knows only the rooms before it, and none works when it is merely imported.

Reads the code's syntax trees and dbt's manifest; runs nothing but an import.
"""

import ast
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.integration.small_project import ROOT

# The rooms in the order of the flow: each knows only the rooms before it.
ROOMS = ["settings", "agreements", "ingestion", "expectations", "publishing", "reporting", "orchestration"]
# Beyond that: tools and rooms that are none of its business.
BANNED = {
    "settings": {"dagster", "dbt", "duckdb", "great_expectations", "pandas", "pyarrow"},
    "agreements": {"dagster", "dbt", "duckdb", "great_expectations"},
    "ingestion": {"dagster", "dbt", "great_expectations", "agreements"},
    "expectations": {"dagster", "dbt", "ingestion"},
    "publishing": {"dagster", "dbt", "great_expectations"},
    "reporting": {"dagster", "dbt", "great_expectations", "ingestion"},
    "orchestration": set(),
}
FORBIDDEN = {room: BANNED[room] | set(ROOMS[ROOMS.index(room) + 1 :]) | {"tests"} for room in ROOMS}
# Packages that come with a tool under names of their own.
FAMILIES = {"dagster": ("dagster",), "dbt": ("dbt", "dagster_dbt"), "great_expectations": ("great_expectations",)}

CLOCK_AND_ENVIRONMENT = re.compile(
    r"os\.(environ|getenv|listdir|getcwd|makedirs|mkdir|system)|subprocess\.\w+"
    r"|(datetime\.)*(datetime|date)\.(now|utcnow|today)|time\.(time|time_ns|monotonic|perf_counter)"
    r"|Path\.(cwd|home)|open|duckdb\.connect"
)
READS_OR_WRITES_FILES = re.compile(
    r".*\.(read_text|read_bytes|write_text|write_bytes|open|mkdir|exists|is_file|glob|rglob|iterdir)"
)


def modules(room: str) -> list[Path]:
    return sorted((ROOT / room).rglob("*.py"))


def imported(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Line and dotted name of everything imported anywhere in a module, inside functions too."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, name.name) for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"line {node.lineno}: relative imports hide which room is meant"
            yield node.lineno, node.module or ""


def is_of(name: str, package: str) -> bool:
    first = name.split(".")[0]
    return any(first == root or first.startswith(f"{root}_") for root in FAMILIES.get(package, ())) or first == package


def evaluated_on_import(body: list[ast.stmt]) -> Iterator[ast.AST]:
    """Every node that is evaluated when the module is imported: no bodies of functions, no `if __name__ ...`."""
    for statement in body:
        if isinstance(statement, ast.If) and "__name__" in ast.unparse(statement.test):
            continue
        yield from _evaluated(statement)


def _evaluated(node: ast.AST) -> Iterator[ast.AST]:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        now: list[ast.AST] = [*node.decorator_list, *node.args.defaults, *(d for d in node.args.kw_defaults if d)]
    elif isinstance(node, ast.Lambda):
        now = []
    else:
        yield node
        now = list(ast.iter_child_nodes(node))
    for child in now:
        yield from _evaluated(child)


@pytest.mark.parametrize("room", FORBIDDEN)
def test_room_imports_only_what_it_may(room: str) -> None:
    wrong = [
        f"{path.relative_to(ROOT)}:{line} imports {name}"
        for path in modules(room)
        for line, name in imported(ast.parse(path.read_text(encoding="utf-8")))
        for package in FORBIDDEN[room]
        if is_of(name, package)
    ]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("room", ["settings", "agreements", "ingestion", "expectations", "publishing", "reporting"])
def test_only_orchestration_and_tests_know_the_examples(room: str) -> None:
    wrong = [
        f"{path.relative_to(ROOT)}:{line} imports {name}"
        for path in modules(room)
        for line, name in imported(ast.parse(path.read_text(encoding="utf-8")))
        if is_of(name, "examples")
    ]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("room", FORBIDDEN)
def test_no_room_hides_an_import(room: str) -> None:
    """The test above sees import statements only: there must be no other kind."""
    wrong = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in modules(room)
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and re.search(r"(^|\.)(__import__|import_module)$", ast.unparse(node.func))
    ]
    assert not wrong, wrong


@pytest.mark.parametrize("room", FORBIDDEN)
def test_importing_a_module_reads_no_environment_clock_or_file(room: str) -> None:
    wrong = []
    for path in modules(room):
        for node in evaluated_on_import(ast.parse(path.read_text(encoding="utf-8")).body):
            used = None
            if isinstance(node, ast.Call):
                used = ast.unparse(node.func)
                used = used if CLOCK_AND_ENVIRONMENT.fullmatch(used) or READS_OR_WRITES_FILES.fullmatch(used) else None
            elif isinstance(node, ast.Attribute) and ast.unparse(node) == "os.environ":
                used = "os.environ"
            if used:
                wrong.append(f"{path.relative_to(ROOT)}:{node.lineno} uses {used} when it is imported")
    assert not wrong, "\n".join(wrong)


def test_importing_everything_writes_nothing_and_leaves_great_expectations_alone(tmp_path: Path) -> None:
    """Its import costs seconds, so it waits for an audit; and what is imported may not leave a trace on disk."""
    names = [
        ".".join(path.relative_to(ROOT).with_suffix("").parts)
        for room in FORBIDDEN
        for path in modules(room)
        if path.name not in {"__init__.py", "__main__.py"}
    ]
    program = f"""
import builtins, importlib, sys
written = []
def watch(event, arguments):
    if event == "open" and isinstance(arguments[1], str) and set(arguments[1]) & set("wax+"):
        written.append(arguments[0])
sys.addaudithook(watch)
for name in {names}:
    importlib.import_module(name)
# Other people's libraries may keep caches; nothing of ours may be written.
print([path for path in written if str(path).startswith({str(ROOT)!r}) or str(path).startswith({str(tmp_path)!r})])
print("great_expectations" in sys.modules)
"""
    done = subprocess.run(
        [sys.executable, "-B", "-c", program],
        cwd=ROOT,
        env={"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "SLM_PROJECT": str(tmp_path / "nowhere")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split("\n")[:2] == ["[]", "False"]


@pytest.mark.parametrize("room", FORBIDDEN)
def test_every_module_says_what_belongs_in_it(room: str) -> None:
    silent = [
        str(path.relative_to(ROOT))
        for path in modules(room)
        if not ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
    ]
    assert not silent, silent


# ------------------------------------------------------------------------------------------------------------ dbt


@pytest.fixture(scope="module")
def models(parsed_models: Path) -> dict[str, dict[str, Any]]:
    """Every model of the dbt project, by name."""
    nodes = json.loads(parsed_models.read_text(encoding="utf-8"))["nodes"].values()
    found = {node["name"]: node for node in nodes if node["resource_type"] == "model"}
    assert found
    return found


def layer(model: dict[str, Any]) -> str:
    folder: str = model["fqn"][1]
    return folder


def code(text: str) -> str:
    """SQL without comments, in lower case."""
    return re.sub(r"--[^\n]*|/\*.*?\*/|\{#.*?#\}", " ", text, flags=re.DOTALL).lower()


def parents(model: dict[str, Any], models: dict[str, dict[str, Any]]) -> list[dict[str, Any]]:
    by_id = {parent["unique_id"]: parent for parent in models.values()}
    return [by_id[node] for node in model["depends_on"]["nodes"] if node in by_id]


def test_only_staging_reads_sources(models: dict[str, dict[str, Any]]) -> None:
    wrong = [
        name
        for name, model in models.items()
        if layer(model) != "staging" and any(node.startswith("source.") for node in model["depends_on"]["nodes"])
    ]
    assert not wrong, wrong
    readers = [
        name for name, model in models.items() if any(n.startswith("source.") for n in model["depends_on"]["nodes"])
    ]
    assert readers, "no model reads a source: this test looks at the wrong thing"


BEHIND_FACTS = {
    **dict.fromkeys(("forecast", "scorecard", "sensitivity", "steering"), "counts"),
    "reconciliation": "marts",
}


def test_layers_only_look_back(models: dict[str, dict[str, Any]]) -> None:
    order = ["staging", "intermediate", "marts", "counts", "reports", "audits"]

    def position(model: dict[str, Any]) -> int:
        # What reports share (counts over the facts) stands between facts and reports; what makes facts of facts stands
        # beside these.
        folder = model["fqn"][2] if layer(model) == "intermediate" else ""
        return order.index(BEHIND_FACTS.get(folder, layer(model)))

    wrong = [
        f"{name} reads {parent['name']}"
        for name, model in models.items()
        for parent in parents(model, models)
        if position(parent) > position(model)
    ]
    assert not wrong, wrong


def test_reports_do_not_read_feeds(models: dict[str, dict[str, Any]]) -> None:
    wrong = [
        f"{name} reads {parent['name']}"
        for name, model in models.items()
        if layer(model) == "reports"
        for parent in parents(model, models)
        if parent["name"].startswith(("stg_feeds__", "stg_control__"))
    ]
    assert not wrong, wrong


# Each form, with the reason why it has no place in a model.
NOT_IN_MODELS = {
    r"\bcurrent_(timestamp|date|time)\b": "the clock: a build speaks for SLM_AS_OF",
    r"\b(now|today|getdate|sysdate|transaction_timestamp|get_current_timestamp)\s*\(": "the clock",
    r"\bat\s+time\s+zone\b": "zone conversion happens when agreements are compiled",
    r"\b(timezone|to_utc_timestamp|from_utc_timestamp|convert_timezone)\s*\(": "zone conversion",
    r"\btimestamptz\b|\btimestamp\s+with\s+time\s+zone\b": "zone conversion",
    r"\basof\b": "the equality join on the UTC day is faster and runs on every engine",
    r"\bqualify\b": "not every engine has it",
    r"\b(avg|stddev\w*|var_\w+|corr|regr_\w+)\s*\((?![^()]*\border\s+by\b)": "the last digit of a sum of fractions"
    " follows its order: give it one, or the same build publishes other bytes",
}


@pytest.mark.parametrize("form", NOT_IN_MODELS)
def test_no_model_or_macro_uses(form: str, models: dict[str, dict[str, Any]]) -> None:
    texts = {name: model["raw_code"] for name, model in models.items()}
    texts |= {path.name: path.read_text(encoding="utf-8") for path in (ROOT / "dbt_project" / "macros").rglob("*.sql")}
    texts |= {path.name: path.read_text(encoding="utf-8") for path in (ROOT / "dbt_project" / "tests").rglob("*.sql")}
    wrong = [name for name, text in texts.items() if re.search(form, code(text))]
    assert not wrong, f"{wrong}: {NOT_IN_MODELS[form]}"


# Copies of what ingestion says of its loads, whose grain is ingestion's to keep.
CONTROL_TABLES = {"load_audit", "quarantine"}


def test_published_models_have_contract_key_and_described_columns(
    models: dict[str, dict[str, Any]], parsed_models: Path
) -> None:
    manifest = json.loads(parsed_models.read_text(encoding="utf-8"))
    with_key = {
        test.get("attached_node")
        for test in manifest["nodes"].values()
        if test["resource_type"] == "test"
        and (test.get("test_metadata") or {}).get("name") in ("unique", "unique_combination")
    }
    wrong = []
    for name, model in models.items():
        if layer(model) not in ("marts", "reports"):
            continue
        if not model["contract"]["enforced"]:
            wrong.append(f"{name}: no enforced contract")
        if not model["description"].strip().startswith("One row"):
            wrong.append(f"{name}: the description does not begin with its grain (One row per ...)")
        if not model["columns"]:
            wrong.append(f"{name}: no columns")
        wrong += [
            f"{name}.{column}: no description" for column, said in model["columns"].items() if not said["description"]
        ]
        if model["unique_id"] not in with_key and name not in CONTROL_TABLES:
            wrong.append(f"{name}: no test that its grain is unique")
    assert not wrong, "\n".join(wrong)


def test_published_columns_keep_their_units(models: dict[str, dict[str, Any]]) -> None:
    """A name ends in its unit, and the unit has one type; nothing is a HUGEINT or nested."""
    types = {
        "_at": {"timestamp"},
        "_seconds": {"bigint"},
        "_count": {"bigint", "integer"},
        "_ratio": {"double"},
        "_date": {"date"},
        "_start": {"date"},
        "_end": {"date"},
        "_id": {"varchar"},
        "_key": {"varchar"},
    }
    wrong = []
    for name, model in models.items():
        if layer(model) not in ("marts", "reports"):
            continue
        for column, said in model["columns"].items():
            kind = (said["data_type"] or "").lower()
            if re.search(r"hugeint|\[\]|struct|map|timestamptz|with time zone", kind):
                wrong.append(f"{name}.{column}: {kind}")
            if column.startswith(("is_", "has_")) and kind != "boolean":
                wrong.append(f"{name}.{column}: {kind}, not boolean")
            if column == "clock_start":  # the word of the agreement that starts the clock, not a day
                continue
            for ending, admitted in types.items():
                if column.endswith(ending) and not column.startswith(("is_", "has_")) and kind not in admitted:
                    wrong.append(f"{name}.{column}: {kind}, not {' or '.join(sorted(admitted))}")
    assert not wrong, "\n".join(wrong)
