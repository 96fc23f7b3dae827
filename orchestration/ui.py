"""`make ui`: the Dagster web server on the home of the project in the environment, with its runs and schedule."""

import os
import signal
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import NoReturn

from orchestration.layout import ROOT
from orchestration.nightly import prepare_instance
from settings.errors import SlmError
from settings.project import load_project
from settings.run import RunSettings, claim_home


def main() -> int:
    """Serve until told to end; returns the exit status of a refusal, or not at all."""
    try:
        settings = RunSettings.from_environment(os.environ, datetime.now(UTC))
        claim_home(settings.home, load_project(settings.project_dir, os.environ, require_environment=False).name)
        prepare_instance(settings.home)
    except SlmError as error:
        print(error, file=sys.stderr)
        return 1
    return _become_server()


def _become_server() -> NoReturn:
    """Dagster's own server in the place of this process, so that whoever ends it ends the server and not its parent.

    SLM_UI_PORT and SLM_UI_HOST choose where; empty is the same as unset.
    """
    command = [
        str(Path(sys.executable).parent / "dagster"), "dev", "-w", str(ROOT / "workspace.yaml"),
        "-h", os.environ.get("SLM_UI_HOST") or "127.0.0.1", "-p", os.environ.get("SLM_UI_PORT") or "3000",
    ]  # fmt: skip
    # Dagster ends at SIGTERM as it does at SIGINT, which a shell lets what it starts in the background ignore.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    os.chdir(ROOT)
    os.execv(command[0], command)  # noqa: S606


if __name__ == "__main__":
    sys.exit(main())
