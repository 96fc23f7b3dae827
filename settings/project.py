"""The project's own settings: slm.yaml.

Belongs here: the model of slm.yaml, substitution of `${NAME}`, and the report of everything missing at once.
Does not belong here: what a source's options mean (ingestion reads them from `SourceConfig.options`), and settings
that belong to the run (`run`).
Sits after `yaml` and before everything that needs to know what the project consists of.
"""

import os
import re
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from settings.errors import Problem, ProjectError
from settings.instants import check_zone, parse_clock_duration
from settings.validation import StrictModel, document_problems, model_problems, path_text, place_text
from settings.yaml import YamlDocument, load_documents

PROJECT_FILE = "slm.yaml"
API_VERSION = "slm/v1"

# Keys of a source that no adapter has a say in.
_SOURCE_KEYS = ("name", "type", "freshness", "covers")

PeriodType = Literal["month", "quarter", "year"]
ReportFormat = Literal["html", "pdf"]
REPORT_FORMATS: tuple[ReportFormat, ...] = ("html", "pdf")

_NAME = re.compile(r"^[a-z0-9]([a-z0-9_-]{0,61}[a-z0-9])?$")
_HOST = re.compile(r"^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$")
_VARIABLE = re.compile(r"\$\{([^{}]*)\}")
_LEADING_DIRECTORY = re.compile(r"^\$\{[^{}]*\}/")
_VARIABLE_NAME = re.compile(r"^[A-Za-z_][A-Za-z0-9_]*$")
_PERIOD = re.compile(r"^(\d{4})(?:-(?:(0[1-9]|1[0-2])|Q([1-4])))?$")
# Keys that hold a secret in every system we know; a value written into slm.yaml would end up in the history of git.
_SECRET_KEYS = frozenset(
    {"token", "apitoken", "password", "secret", "apikey", "accesstoken", "clientsecret", "privatekey"}
)


def _name(value: Any) -> Any:
    if isinstance(value, str) and not _NAME.match(value):
        raise ValueError(f'"{value}" is not a name; use lower-case letters, digits and hyphens (at most 63)')
    return value


def _zone(value: Any) -> Any:
    return check_zone(value) if isinstance(value, str) else value


def _duration(value: Any) -> int:
    if not isinstance(value, str):
        raise ValueError(f'"{value}" is not a duration; write it like PT26H')
    return parse_clock_duration(value)


def _first_period(value: Any) -> Any:
    text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    if isinstance(text, str) and period_first_day(text) is None:
        raise ValueError(f'"{text}" is not a period; write "2026-02", "2026-Q1" or "2026"')
    return text


def period_first_day(text: str) -> date | None:
    """First day of the period that `text` names: "2026-02", "2026-Q1" or "2026". None if it names none."""
    match = _PERIOD.match(text)
    if match is None:
        return None
    year, month, quarter = match.groups()
    return date(int(year), int(month) if month else (int(quarter) - 1) * 3 + 1 if quarter else 1, 1)


def _customers(value: Any) -> Any:
    """`all` is kept as None: no restriction."""
    if value == "all":
        return None
    if isinstance(value, str) or value is None:
        raise ValueError('should be "all" or a list of customer ids')
    return value


def _host(value: Any) -> Any:
    if isinstance(value, str) and not _HOST.match(value):
        raise ValueError(f'"{value}" is not a host; write the name alone, such as desk.example.com')
    return value


def _no_repeats(values: list[str]) -> list[str]:
    for index, value in enumerate(values):
        if value in values[:index]:
            raise ValueError(f'"{value}" is given twice')
    return values


Name = Annotated[str, BeforeValidator(_name)]
HostName = Annotated[str, BeforeValidator(_host)]
Zone = Annotated[str, BeforeValidator(_zone)]
Ids = Annotated[list[str], Field(min_length=1), AfterValidator(_no_repeats)]


class ReportingDefaults(StrictModel):
    """What holds for every agreement that does not say otherwise. Days are working days of the agreement."""

    time_zone: Zone = "UTC"
    first_period: Annotated[str | None, BeforeValidator(_first_period)] = None
    period: PeriodType = "month"
    due_working_days: int = Field(default=5, ge=0, le=366)
    close_after_working_days: int = Field(default=5, ge=0, le=366)

    @property
    def first_period_start(self) -> date | None:
        """First day of the first period that is published; None = every period is."""
        return period_first_day(self.first_period) if self.first_period else None


class ReportPack(StrictModel):
    """Which pages of the report pack are written. `customers` None = all."""

    periods: int = Field(default=12, ge=0)
    formats: list[ReportFormat] = Field(default_factory=lambda: list(REPORT_FORMATS))
    customers: Annotated[list[str] | None, BeforeValidator(_customers)] = None


def _secret_name(value: Any) -> Any:
    """What is written is never shown: it may be the secret itself."""
    if not isinstance(value, dict) or set(value) != {"env"} or not isinstance(value["env"], str):
        raise ValueError("name the environment variable that holds the secret: {env: NAME}")
    return value


class SecretName(StrictModel):
    """A secret by the name of its environment variable."""

    env: str = Field(min_length=1)


class Privacy(StrictModel):
    """What becomes of persons. `pseudonym_key` None = they are left out of releases."""

    pseudonym_key: Annotated[SecretName | None, BeforeValidator(_secret_name)] = None


class RetentionRule(StrictModel):
    """Which releases stay beside those that are always needed.

    All that were made in the last `keep_within_days`; and of the last so many days, months and years that have a
    release, the last one of each.
    """

    keep_within_days: int = Field(default=30, ge=0)
    keep_daily: int = Field(default=90, ge=0)
    keep_monthly: int = Field(default=36, ge=0)
    keep_yearly: int = Field(default=10, ge=0)


class Covers(StrictModel):
    """Whom and what the records of a source can be about, by id; None = anybody, or any service."""

    customers: Ids | None = None
    services: Ids | None = None

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if self.customers is None and self.services is None:
            raise ValueError("names neither customers nor services; leave it out for a source that may hold any")
        return self


class SourceConfig(BaseModel):
    """One source. `options` are all its other keys, as written, `${NAME}` substituted and secrets still by name.

    `freshness_seconds`: how old its latest record may be, in seconds; None = it promises nothing.
    `covers`: what its records can be about, a promise that each night holds them to; None = anything.
    `allowed_hosts` are those of the project: no other host is asked for anything.
    """

    model_config = ConfigDict(frozen=True, strict=True)

    name: Name
    type: str = Field(min_length=1)
    freshness_seconds: Annotated[int | None, BeforeValidator(_duration)] = Field(default=None, alias="freshness")
    covers: Covers | None = None
    options: dict[str, Any] = Field(default_factory=dict)
    allowed_hosts: tuple[str, ...] = ()


class ProjectConfig(StrictModel):
    """slm.yaml as read: one per project."""

    api_version: Literal["slm/v1"]
    name: Name
    display_name: str | None = None
    description: str | None = None
    reporting: ReportingDefaults = ReportingDefaults()
    reports: ReportPack = ReportPack()
    allowed_hosts: list[HostName] = Field(default_factory=list)
    sources: list[SourceConfig] = Field(default_factory=list)
    privacy: Privacy = Privacy()
    retention: RetentionRule = RetentionRule()
    governance: Literal["findings", "strict"] = "findings"
    withhold: Literal["release", "agreement"] = "release"
    max_affected_ticket_ratio: float = Field(default=0.005, ge=0, le=1)


def read_project_name(project_dir: Path) -> str:
    """The `name` in slm.yaml, which no environment variable can change.

    Raises ProjectError if the file is missing, unreadable or has no valid name.
    """
    document = _read(project_dir)
    data = document.data
    name = data.get("name") if isinstance(data, dict) else None
    if not isinstance(name, str) or not _NAME.match(name):
        reason = "is required" if name is None else f'"{name}" is not a name'
        remedy = "use lower-case letters, digits and hyphens (at most 63)"
        raise ProjectError([Problem(PROJECT_FILE, place_text("", document.line_of(["name"])), "name", reason, remedy)])
    return name


def load_project(project_dir: Path, env: Mapping[str, str], *, require_environment: bool = True) -> ProjectConfig:
    """slm.yaml of `project_dir`, with every `${NAME}` in a string replaced from `env`.

    Secrets stay references (`{env: NAME}`); each is only checked to be set. With `require_environment=False` missing
    variables are left as they are written: for checks that read no data.
    Raises ProjectError with all missing variables, all missing secrets and all errors of form at once.
    """
    document = _read(project_dir)
    problems = document_problems(document, "")
    if not isinstance(document.data, dict):
        problems.append(Problem(PROJECT_FILE, f"line {document.line}", "", "should be a mapping of keys"))
        raise ProjectError(problems)
    problems += _plain_secrets(document)
    if require_environment:
        problems += _missing_variables(document, env) + _missing_secrets(document, env)
    data = _substituted(document.data, env)
    config: ProjectConfig | None = None
    try:
        config = ProjectConfig.model_validate({**data, "sources": _with_options(data.get("sources", []))})
        hosts = tuple(config.allowed_hosts)
        sources = [source.model_copy(update={"allowed_hosts": hosts}) for source in config.sources]
        config = config.model_copy(update={"sources": sources})
    except ValidationError as error:
        problems += _as_written(model_problems(error, ProjectConfig, document, ""))
    if config is not None:
        problems += _repeated_sources(config, document)
    if problems or config is None:
        raise ProjectError(sorted(problems, key=lambda problem: problem.reading_order))
    return config


def resolve_secrets(options: Any, env: Mapping[str, str]) -> Any:
    """A copy of `options` in which every `{env: NAME}` is the value of NAME: only for the call that needs it.

    Raises KeyError for an unset NAME; `load_project` has reported those before.
    """
    if _is_secret(options):
        return env[options["env"]]
    if isinstance(options, dict):
        return {key: resolve_secrets(value, env) for key, value in options.items()}
    if isinstance(options, list):
        return [resolve_secrets(value, env) for value in options]
    return options


def _read(project_dir: Path) -> YamlDocument:
    path = project_dir / PROJECT_FILE
    if not path.is_file():
        reason = f"no such file in {project_dir}"
        remedy = "set SLM_PROJECT to the directory of a project, the one that holds slm.yaml"
        raise ProjectError([Problem(PROJECT_FILE, "", "", reason, remedy)])
    documents, problems = load_documents(path, PROJECT_FILE)
    if problems:
        raise ProjectError(problems)
    if len(documents) != 1:
        reason = "is empty" if not documents else f"holds {len(documents)} documents instead of one"
        raise ProjectError([Problem(PROJECT_FILE, "", "", reason)])
    return documents[0]


def _walk(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[str | int, ...], Any]]:
    """Every value below `value` with its path, a secret's reference as one value."""
    yield path, value
    if _is_secret(value):
        return
    if isinstance(value, dict):
        for key, member in value.items():
            yield from _walk(member, (*path, str(key)))
    elif isinstance(value, list):
        for index, member in enumerate(value):
            yield from _walk(member, (*path, index))


def _is_secret(value: Any) -> bool:
    return isinstance(value, dict) and set(value) == {"env"} and isinstance(value["env"], str)


def _missing_variables(document: YamlDocument, env: Mapping[str, str]) -> list[Problem]:
    found = []
    for path, value in _walk(document.data):
        if not isinstance(value, str):
            continue
        for name in _VARIABLE.findall(value):
            place = place_text("", document.line_of(path))
            if not _VARIABLE_NAME.match(name):
                found.append(
                    Problem(PROJECT_FILE, place, path_text(path), f'"${{{name}}}" names no environment variable')
                )
            elif not env.get(name):
                reason = f"the environment variable {name} is not set"
                found.append(Problem(PROJECT_FILE, place, path_text(path), reason, f"set {name} before the run"))
    return found


def _missing_secrets(document: YamlDocument, env: Mapping[str, str]) -> list[Problem]:
    found = []
    for path, value in _walk(document.data):
        if _is_secret(value) and not env.get(value["env"]):
            name = value["env"]
            place = place_text("", document.line_of(path))
            found.append(Problem(PROJECT_FILE, place, path_text(path), f"the secret {name} is not set", f"set {name}"))
    return found


def _plain_secrets(document: YamlDocument) -> list[Problem]:
    """Secrets written into the file instead of being named."""
    return [
        Problem(
            PROJECT_FILE,
            place_text("", document.line_of(path)),
            path_text(path),
            "holds a secret in the file itself",
            f"name an environment variable instead: {path[-1]}: {{env: NAME}}",
        )
        for path, value in _walk(document.data)
        if path
        and isinstance(value, str)
        and str(path[0]) == "sources"
        and len(path) == 3
        and re.sub("[^a-z]", "", str(path[-1]).lower()) in _SECRET_KEYS
    ]


def _substituted(value: Any, env: Mapping[str, str]) -> Any:
    """A copy of `value` with the `${NAME}` in its strings replaced; unset names are left as written."""
    if _is_secret(value):
        return value
    if isinstance(value, str):
        text = _VARIABLE.sub(lambda match: env.get(match.group(1)) or match.group(0), value)
        # A directory named in the environment is relative to the working directory, as it is for every other
        # variable; only what slm.yaml itself writes is relative to the project.
        begins_with_directory = _LEADING_DIRECTORY.match(value) is not None and text != value
        return os.path.abspath(text) if begins_with_directory and "://" not in text else text
    if isinstance(value, dict):
        return {key: _substituted(member, env) for key, member in value.items()}
    if isinstance(value, list):
        return [_substituted(member, env) for member in value]
    return value


def _with_options(sources: Any) -> Any:
    """The sources with every key but their own moved under `options`."""
    if not isinstance(sources, list):
        return sources
    return [
        {
            **{key: source[key] for key in _SOURCE_KEYS if key in source},
            "options": {str(key): value for key, value in source.items() if key not in _SOURCE_KEYS},
        }
        if isinstance(source, dict)
        else source
        for source in sources
    ]


def _as_written(problems: list[Problem]) -> list[Problem]:
    """The problems with the path of a source's options as the file has it."""
    return [Problem(p.file, p.document, p.path.replace("].options.", "]."), p.reason, p.remedy) for p in problems]


def _repeated_sources(config: ProjectConfig, document: YamlDocument) -> list[Problem]:
    found, seen = [], set()
    for index, source in enumerate(config.sources):
        if source.name in seen:
            place = place_text("", document.line_of(["sources", index, "name"]))
            reason = f'a source named "{source.name}" stands above already'
            found.append(
                Problem(PROJECT_FILE, place, f"sources[{index}].name", reason, "give each source its own name")
            )
        seen.add(source.name)
    return found
