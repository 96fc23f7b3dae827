"""Settings of one run, from environment variables, and the home directory it writes to.

Belongs here: the SLM_* variables of the run and the claim of a home by a project.
Does not belong here: settings of the project (`project`); reading the clock (the caller passes `now`).
Read once at the start of a run; everything later receives `RunSettings`.
"""

import json
import os
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from settings.errors import SlmError
from settings.instants import parse_instant
from settings.project import read_project_name

DEFAULT_PROJECT = "examples/acme"
HOME_FILE = "home.json"
TARGETS = ("duckdb",)

_YES = frozenset({"1", "true", "yes", "on"})
_NO = frozenset({"", "0", "false", "no", "off"})


class RunError(SlmError):
    """A variable of the run that cannot be used."""


@dataclass(frozen=True)
class RunSettings:
    """What one run was told: absolute directories, the instant it speaks for (aware UTC, whole seconds)."""

    project_dir: Path
    home: Path
    as_of: datetime
    allow_older: bool
    landed_only: bool
    target: str
    postgres_dsn: str | None = field(repr=False)  # may hold a password

    @property
    def as_of_epoch(self) -> int:
        """`as_of` in UTC epoch seconds."""
        return int(self.as_of.timestamp())

    @classmethod
    def from_environment(cls, env: Mapping[str, str], now: datetime) -> "RunSettings":
        """The settings in `env` (unset and empty are the same), with `now` (aware) where SLM_AS_OF is not set.

        Relative directories are relative to the working directory.
        Raises RunError with every unusable variable at once; ProjectError if slm.yaml cannot be read.
        """
        problems: list[str] = []
        as_of = now.astimezone(UTC).replace(microsecond=0)
        if env.get("SLM_AS_OF"):
            try:
                as_of = parse_instant(env["SLM_AS_OF"])
            except ValueError as error:
                problems.append(f"SLM_AS_OF: {error}")
        switches = {}
        for name in ("SLM_ALLOW_OLDER", "SLM_LANDED_ONLY"):
            switches[name] = env.get(name, "").strip().lower()
            if switches[name] not in _YES | _NO:
                problems.append(f'{name}: "{switches[name]}" is neither yes nor no; write 1, or leave it unset')
        target = env.get("SLM_TARGET") or "duckdb"
        if target not in TARGETS:
            problems.append(f'SLM_TARGET: "{target}" is not known; use one of {", ".join(TARGETS)}')
        project_dir = Path(env.get("SLM_PROJECT") or DEFAULT_PROJECT).expanduser().absolute()
        if not project_dir.is_dir():
            problems.append(f"SLM_PROJECT: there is no directory {project_dir}; name the one that holds slm.yaml")
        if problems:
            raise RunError("\n".join(problems))
        home = env.get("SLM_HOME")
        return cls(
            project_dir=project_dir,
            home=(Path(home).expanduser() if home else Path("var") / read_project_name(project_dir)).absolute(),
            as_of=as_of,
            allow_older=switches["SLM_ALLOW_OLDER"] in _YES,
            landed_only=switches["SLM_LANDED_ONLY"] in _YES,
            target=target,
            postgres_dsn=env.get("SLM_POSTGRES_DSN") or None,
        )


def claim_home(home: Path, project_name: str) -> None:
    """Afterwards `home` exists, is writable and belongs to the project: its home.json names it.

    The first claim writes home.json in one step, so that of two runs that start together one owns the home.
    Raises RunError if it belongs to another project, cannot be written, or holds an unreadable home.json.
    """
    path = home / HOME_FILE
    try:
        home.mkdir(parents=True, exist_ok=True)
        descriptor, scratch = tempfile.mkstemp(prefix=f".{HOME_FILE}.", dir=home)
    except OSError as error:
        raise RunError(
            f"SLM_HOME: {home} cannot be written: {error.strerror}; mend that, or choose another directory"
        ) from error
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump({"project": project_name}, file)
            file.write("\n")
            file.flush()
            os.fsync(file.fileno())
        _keep_first(Path(scratch), path)
    except OSError as error:
        raise RunError(
            f"SLM_HOME: {home} cannot be written: {error.strerror}; mend that, or choose another directory"
        ) from error
    finally:
        os.unlink(scratch)
    owner = _owner(path)
    if owner != project_name:
        raise RunError(
            f'SLM_HOME: {home} belongs to the project "{owner}", not to "{project_name}"; '
            "choose another directory, one per project"
        )


def _keep_first(scratch: Path, path: Path) -> None:
    """Afterwards `path` exists: with the content of `scratch`, unless it existed before."""
    try:
        os.link(scratch, path)  # fails if it exists, unlike a rename: the first claim stays
    except FileExistsError:
        return
    except OSError:
        if not path.exists():  # a file system without hard links
            shutil.copyfile(scratch, scratch.with_suffix(".copy"))
            os.replace(scratch.with_suffix(".copy"), path)


def _owner(path: Path) -> str:
    try:
        owner = json.loads(path.read_text(encoding="utf-8"))["project"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise RunError(f"SLM_HOME: {path} cannot be read as a home's record ({error}); restore or remove it") from error
    return str(owner)
