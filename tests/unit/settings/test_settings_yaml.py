"""The one YAML reader: what it refuses and what it leaves as text."""

from pathlib import Path

import pytest

from settings.errors import Problem
from settings.yaml import YamlDocument, load_documents


def read(tmp_path: Path, text: str) -> tuple[list[YamlDocument], list[Problem]]:
    path = tmp_path / "x.yaml"
    path.write_text(text, encoding="utf-8")
    return load_documents(path, "x.yaml")


def test_duplicate_key_is_a_problem_that_names_both_lines(tmp_path: Path) -> None:
    (document,), _ = read(tmp_path, "a: 1\nb:\n  c: 1\n  c: 2\n")
    assert document.problems == ((4, 'the key "c" is given twice (first on line 3)', "keep one"),)


@pytest.mark.parametrize("text", ["17:00", "9:30", "22:00:30", "1:30.5"])
def test_bare_time_is_a_problem_not_a_number(tmp_path: Path, text: str) -> None:
    (document,), _ = read(tmp_path, f"at: {text}\n")
    assert [(line, remedy) for line, _, remedy in document.problems] == [(1, f'quote the time: "{text}"')]


@pytest.mark.parametrize("text", ['"17:00"', "22:00-06:00", "2026-03-01", "2026-03-01T09:00:00Z", "NO", "off", "yes"])
def test_what_yaml_1_1_would_convert_stays_text(tmp_path: Path, text: str) -> None:
    (document,), _ = read(tmp_path, f"value: {text}\n")
    assert document.data == {"value": text.strip('"')}
    assert document.problems == ()


def test_plain_numbers_and_booleans_are_converted(tmp_path: Path) -> None:
    (document,), _ = read(tmp_path, "{a: 5, b: 99.5, c: true, d: False, e: -3}")
    assert document.data == {"a": 5, "b": 99.5, "c": True, "d": False, "e": -3}


def test_documents_know_their_lines_and_empty_ones_are_left_out(tmp_path: Path) -> None:
    documents, problems = read(tmp_path, "---\n---\na: 1\n---\n# note\nb:\n  - x\n  - c: 2\n")
    assert [(document.index, document.line) for document in documents] == [(2, 3), (3, 6)]
    assert documents[1].line_of(["b", 1, "c"]) == 8
    assert documents[1].line_of(["b", 1, "absent"]) == 8
    assert problems == []


def test_syntax_error_keeps_the_documents_before_it(tmp_path: Path) -> None:
    documents, problems = read(tmp_path, "a: 1\n---\nb: {c: 2\n---\nd: 1\n")
    assert [document.data for document in documents] == [{"a": 1}]
    assert len(problems) == 1
    assert "not valid YAML" in problems[0].reason


def test_file_that_is_not_utf_8_is_a_problem(tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    path.write_bytes("name: é".encode("latin-1"))
    _, problems = load_documents(path, "x.yaml")
    assert [str(problem) for problem in problems] == ["x.yaml: is not UTF-8 (byte 6); save the file as UTF-8"]


def test_python_objects_are_not_constructed(tmp_path: Path) -> None:
    documents, problems = read(tmp_path, "a: !!python/object/apply:os.system ['true']\n")
    assert documents == []
    assert len(problems) == 1


def test_byte_order_mark_is_tolerated(tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    path.write_bytes(b"\xef\xbb\xbfa: 1\n")
    (document,), problems = load_documents(path, "x.yaml")
    assert document.data == {"a": 1}
    assert problems == []
