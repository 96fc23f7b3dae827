"""The one reader of YAML in the project.

Belongs here: turning a file of one or more YAML documents into plain values, with the line of every value, and
refusing the forms that YAML 1.1 reads differently from what their writer meant.
Does not belong here: what the values mean.
Sits before `project` and before the agreements, both of which read their files through `load_documents`.

Differences from plain PyYAML: a key given twice is a problem; a bare 17:00 is a problem (YAML 1.1 reads it as the
number 1020); bare dates and times of day in ISO form stay text; only true and false are booleans, so that a bare NO,
yes or on stays text (a country code, a word).
"""

import re
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from settings.errors import Problem

_Base: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

_SEXAGESIMAL = re.compile(r"^[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?$")

PathStep = str | int


class _Loader(_Base):  # type: ignore[misc]
    """Safe loader that collects problems instead of stopping at the first."""

    def __init__(self, stream: str) -> None:
        super().__init__(stream)
        self.found: list[tuple[int, str, str | None]] = []

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen: dict[str, int] = {}
        for key_node, _ in node.value:
            if not isinstance(key_node, yaml.ScalarNode) or key_node.value == "<<":
                continue
            line = key_node.start_mark.line + 1
            if key_node.value in seen:
                self.found.append(
                    (
                        line,
                        f'the key "{key_node.value}" is given twice (first on line {seen[key_node.value]})',
                        "keep one",
                    )
                )
            seen.setdefault(key_node.value, line)
        mapping: dict[Hashable, Any] = super().construct_mapping(node, deep=deep)
        return mapping

    def construct_number(self, node: yaml.ScalarNode) -> Any:
        """A number, unless it is a time of day that YAML 1.1 takes for a base-60 number."""
        if _SEXAGESIMAL.match(node.value):
            self.found.append(
                (
                    node.start_mark.line + 1,
                    f"a bare {node.value} is read as a number in base 60",
                    f'quote the time: "{node.value}"',
                )
            )
            return node.value
        if node.tag.endswith(":int"):
            return self.construct_yaml_int(node)
        return self.construct_yaml_float(node)


def _without_implicit(loader: Any, *tags: str) -> None:
    """Give the loader its own resolver table, without the named implicit tags."""
    loader.yaml_implicit_resolvers = {
        first: [(tag, pattern) for tag, pattern in pairs if tag not in tags]
        for first, pairs in loader.yaml_implicit_resolvers.items()
    }


_without_implicit(_Loader, "tag:yaml.org,2002:timestamp", "tag:yaml.org,2002:bool")
_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:bool", re.compile(r"^(?:true|True|TRUE|false|False|FALSE)$"), list("tTfF")
)
_Loader.add_constructor("tag:yaml.org,2002:int", _Loader.construct_number)
_Loader.add_constructor("tag:yaml.org,2002:float", _Loader.construct_number)


@dataclass(frozen=True)
class YamlDocument:
    """One document of a YAML file.

    `index` counts from 1 within the file, `line` is where the document's first key stands (1-based).
    `problems` are those of form (duplicate keys, bare times) as (line, reason, remedy).
    """

    file: str
    index: int
    line: int
    data: Any
    problems: tuple[tuple[int, str, str | None], ...] = ()
    _node: yaml.Node | None = field(default=None, repr=False, compare=False)

    def line_of(self, path: Sequence[PathStep]) -> int:
        """Line (1-based) of the value at `path`, or of its nearest ancestor that exists."""
        node, line = self._node, self.line
        for step in path:
            following: yaml.Node | None = None
            if isinstance(node, yaml.MappingNode):
                for key_node, value_node in node.value:
                    if isinstance(key_node, yaml.ScalarNode) and key_node.value == str(step):
                        following, line = value_node, key_node.start_mark.line + 1
            elif isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
                following = node.value[step]
                line = following.start_mark.line + 1
            if following is None:
                break
            node = following
        return line


def load_documents(path: Path, shown_as: str) -> tuple[list[YamlDocument], list[Problem]]:
    """All documents of the YAML file at `path`, and the problems that kept any of it from being read.

    `shown_as` is the file's name in messages. Empty documents are left out. A syntax error ends the reading of that
    file: the documents before it are returned with the problem.
    """
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        return [], [Problem(shown_as, "", "", f"cannot be read: {error.strerror or error}")]
    except UnicodeDecodeError as error:
        return [], [Problem(shown_as, "", "", f"is not UTF-8 (byte {error.start})", "save the file as UTF-8")]
    documents: list[YamlDocument] = []
    problems: list[Problem] = []
    try:
        documents.extend(_read(text, shown_as))
    except _SyntaxProblem as error:
        documents.extend(error.before)
        problems.append(Problem(shown_as, f"line {error.line}", "", f"is not valid YAML: {error.reason}"))
    return documents, problems


class _SyntaxProblem(Exception):
    """YAML that cannot be parsed, with the documents that came before it."""

    def __init__(self, line: int, reason: str, before: list[YamlDocument]) -> None:
        super().__init__(reason)
        self.line, self.reason, self.before = line, reason, before


def _read(text: str, shown_as: str) -> Iterator[YamlDocument]:
    done: list[YamlDocument] = []
    loader = _Loader(text)
    try:
        index = 0
        while loader.check_node():
            node = loader.get_node()
            index += 1
            loader.found = []
            data = loader.construct_document(node)
            if data is None:
                continue
            line = node.start_mark.line + 1
            done.append(YamlDocument(shown_as, index, line, data, tuple(loader.found), node))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        reason = " ".join(part for part in (error.context, error.problem) if part)
        raise _SyntaxProblem(mark.line + 1 if mark else 1, reason or "cannot be parsed", done) from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise _SyntaxProblem(1, " ".join(str(error).split()), done) from error
    finally:
        loader.dispose()
    yield from done
