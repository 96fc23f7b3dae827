"""What the conformance tests share: random tickets and worked cases in one project, built once."""

import os
from pathlib import Path

import pytest

from tests.conformance.published import Built, build
from tests.conformance.random_project import random_project, with_cases
from tests.conformance.worked_cases import worked_project

# Read before the tests' clean environment takes them away.
COUNT = int(os.environ.get("SLM_CONFORMANCE_TICKETS", "600"))
SEED = int(os.environ.get("SLM_CONFORMANCE_SEED", "1"))


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory, parsed_models: Path) -> Built:
    drawn = with_cases(random_project(SEED, COUNT), worked_project())
    return Built(drawn, build(tmp_path_factory.mktemp("conformance"), drawn), SEED)
