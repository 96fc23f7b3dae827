"""Reading the YAML documents of a project.

Belongs here: which files are read, the envelope of a document, and the place of a problem inside it.
Does not belong here: the form of each kind (`models`), rules across documents (`validate`).
Sits between the models and `validate`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from agreements.models import API_VERSION, KINDS, Agreement, Calendar, Metadata
from settings.errors import Problem
from settings.validation import StrictModel, document_problems, model_problems, path_text, place_text
from settings.yaml import PathStep, YamlDocument, load_documents

FOLDER = "agreements"


@dataclass(frozen=True)
class Document:
    """One document that passed its model."""

    kind: str
    name: str
    metadata: Metadata
    spec: StrictModel
    source: YamlDocument

    @property
    def display_name(self) -> str:
        """What people call it."""
        return self.metadata.display_name or getattr(self.spec, "display_name", None) or self.name

    def problem(self, path: Sequence[PathStep], reason: str, remedy: str | None = None) -> Problem:
        """A problem at a path below `spec`."""
        full = ("spec", *path)
        place = place_text(_label(self.source), self.source.line_of(full))
        return Problem(self.source.file, place, path_text(full), reason, remedy)


def agreement_files(project_dir: Path) -> list[Path]:
    """The YAML files below agreements/, sorted by their path; hidden ones left out."""
    folder = project_dir / FOLDER
    found = (path for pattern in ("**/*.yaml", "**/*.yml") for path in folder.glob(pattern))
    visible = (p for p in found if not any(part.startswith(".") for part in p.relative_to(folder).parts))
    return sorted(path for path in visible if path.is_file())


def read_documents(project_dir: Path) -> tuple[list[Document], list[Problem], set[tuple[str, str]]]:
    """(documents sorted by kind and name, problems of form, (kind, name) of documents that have one)."""
    documents: list[Document] = []
    problems: list[Problem] = []
    broken: set[tuple[str, str]] = set()
    for path in agreement_files(project_dir):
        shown_as = path.relative_to(project_dir).as_posix()
        if path.suffix == ".yml":
            problems.append(Problem(shown_as, "", "", "is not read: its name ends in .yml", "rename it to .yaml"))
            continue
        sources, unreadable = load_documents(path, shown_as)
        problems += unreadable
        for source in sources:
            document, found = _read_document(source)
            problems += found
            if document is not None and not found:
                documents.append(document)
            else:
                broken.add(_declared(source))
    return sorted(documents, key=_document_order), problems, broken


def _read_document(source: YamlDocument) -> tuple[Document | None, list[Problem]]:
    data, label = source.data, _label(source)
    if not isinstance(data, dict):
        return None, [Problem(source.file, f"document {source.index} (line {source.line})", "", "should be a mapping")]
    problems = document_problems(source, label)

    def complain(path: Sequence[PathStep], reason: str, remedy: str | None = None) -> None:
        place = place_text(label, source.line_of(path))
        problems.append(Problem(source.file, place, path_text(path), reason, remedy))

    if data.get("apiVersion") != API_VERSION:
        complain(["apiVersion"], f'should be "{API_VERSION}"')
    for key in data:
        if key not in ("apiVersion", "kind", "metadata", "spec"):
            complain([str(key)], "is not a known key", "known here: apiVersion, kind, metadata, spec")
    model = KINDS.get(data["kind"]) if isinstance(data.get("kind"), str) else None
    if model is None:
        complain(["kind"], f"is not one of {', '.join(KINDS)}")
    metadata = _parsed(Metadata, data.get("metadata"), source, label, "metadata", problems)
    # a kind that requires nothing may leave out its spec
    spec = _parsed(model, data.get("spec", {}), source, label, "spec", problems) if model else None
    if metadata is None or spec is None:
        return None, problems
    return Document(data["kind"], metadata.name, metadata, spec, source), problems


def _parsed(model: type[Any], data: Any, source: YamlDocument, label: str, under: str, problems: list[Problem]) -> Any:
    if data is None:
        problems.append(Problem(source.file, place_text(label, source.line), under, "is required"))
        return None
    try:
        return model.model_validate(data)
    except ValidationError as error:
        problems += model_problems(error, model, source, label, (under,))
        return None


def _declared(source: YamlDocument) -> tuple[str, str]:
    """(kind, name) as the document declares them, "" where it does not."""
    data = source.data if isinstance(source.data, dict) else {}
    metadata = data.get("metadata")
    name = metadata.get("name") if isinstance(metadata, dict) else None
    return str(data.get("kind") or ""), str(name or "")


def _label(source: YamlDocument) -> str:
    kind, name = _declared(source)
    label = " ".join(part for part in (kind, name) if part) or f"document {source.index}"
    spec = source.data.get("spec") if isinstance(source.data, dict) else None
    version = spec.get("version") if isinstance(spec, dict) and kind == "Agreement" else None
    return f"{label} version {version}" if version is not None else label


def _document_order(document: Document) -> tuple[str, str, int, str]:
    version = document.spec.version if isinstance(document.spec, Agreement) else 0
    valid_from = document.spec.valid_from if isinstance(document.spec, Calendar) else None
    return document.kind, document.name, version, str(valid_from or "")
