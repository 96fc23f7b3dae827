"""Publishes in child processes that are killed: before a step of the work on the file system, or at a random moment.

A publication here does all that one can do: it restates a closed figure, writes pages, shares files with the release
before, and throws old releases away.

    python -m tests.integration.killed_publish PLAN.json

Belongs here: the dying, the reading meanwhile, and the looking at what it left. Does not belong here: making the
builds, and what is expected (test_killed_while_publishing). A process of its own, because it forks: nothing in it may
have started threads; the reader is another process.
Prints one JSON object per kill, and last one of the reader.
"""

import json
import os
import random
import select
import shutil
import signal
import subprocess
import sys
import time
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb

from publishing import certificate as certificates
from publishing.ledger import Restated
from publishing.release import ReleaseInput, current_release, publish, read_manifest, verify
from publishing.restatement import Restating, Step
from publishing.retention import Retention
from publishing.star import Star

STEPS = {"open", "os.rename", "os.symlink", "os.link", "os.mkdir", "os.remove", "os.rmdir", "shutil.rmtree"}
# Steps at which a kill could tell; each of these is one, however few kills there are.
TELLING = {"os.rename", "os.symlink"}
# Reads what is in force over and over, and counts the answers in which a release and its figure do not fit.
READER = """
import json, os, signal, sys
import duckdb
found = {"reads": 0, "wrong": [], "errors": []}
def end(*_):
    print(json.dumps(found), flush=True)
    os._exit(0)  # an exit that is raised may be lost in a callback
signal.signal(signal.SIGTERM, end)
link, expected = sys.argv[1], json.loads(sys.argv[2])
print("reading", flush=True)
while True:
    try:
        with duckdb.connect(link + "/published/current/slm.duckdb", read_only=True) as release:
            (row,) = release.execute(
                "select build_id, numerator from marts.release, marts.rpt_sla_scorecard where service_id = 'mail'"
            ).fetchall()
        found["reads"] += 1
        if expected[row[0]] != row[1]:
            found["wrong"].append(row)
    except Exception as error:
        found["errors"].append(repr(error))
"""


def is_change(event: str, arguments: tuple[Any, ...]) -> bool:
    return event != "open" or bool(int(arguments[2] or 0) & (os.O_WRONLY | os.O_RDWR | os.O_CREAT))


def path_of(event: str, arguments: tuple[Any, ...]) -> str:
    """What a step is about: of a link its own name, of what is removed with its folder the whole path."""
    path = str(arguments[1 if event in ("os.symlink", "os.link") else 0])
    if event in ("os.remove", "os.rmdir") and arguments[1] >= 0:
        path = os.path.join(os.readlink(f"/proc/self/fd/{arguments[1]}"), path)
    return path


def kind_of(step: list[Any]) -> tuple[str, str]:
    """Changes of one kind do the same to the same kind of thing; what only reads is one kind."""
    _, event, path, is_a_change = step
    folders = ("/.removed-", "/report", "/parquet", "/project", "/published")
    return (event, next((name for name in folders if name in path), "")) if is_a_change else ("read", "")


def publish_build(home: Path, build: dict[str, Any]) -> None:
    """Publish one of the plan's builds, with pages, and with a reason for every figure that moves."""
    made_of = {
        **build["made_of"],
        **{name: datetime.fromisoformat(build["made_of"][name]) for name in ("as_of", "built_at")},
        "star": Star(**build["made_of"]["star"]),
        "retention": Retention(timedelta(0), daily=1, monthly=0, yearly=0),
        "project_files": {"slm.yaml": Path(build["certificate"])},
    }

    def write_pages(database: Path, directory: Path) -> None:
        with duckdb.connect(str(database), read_only=True) as release:
            customers = release.execute("select distinct customer_id from marts.rpt_sla_scorecard").fetchall()
        for name in ("index", "quality", *(f"{customer}/2026-03" for (customer,) in customers)):
            page = directory / f"{name}.html"
            page.parent.mkdir(parents=True, exist_ok=True)
            page.write_text(f"{name}\n" * 1000)

    def restate(base: Path, figures: list[Restated]) -> Restating:
        return Restating(base, [Step("late_data", "records came", {item.figure_key: item.now for item in figures})])

    publish(
        home,
        Path(build["database"]),
        certificates.load(Path(build["certificate"]).parent),
        ReleaseInput(**made_of),
        write_pages,
        restate,
    )


def in_child(
    home: Path, build: dict[str, Any], die_at: int | None = None, die_after: float | None = None
) -> tuple[int, list[list[Any]]]:
    """Publish in a child that dies before step `die_at` or `die_after` so many seconds, if either is given.

    Returns its wait status and the steps it came to.
    """
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            seen = 0

            def hook(event: str, arguments: tuple[Any, ...]) -> None:
                nonlocal seen
                if event not in STEPS:
                    return
                path = path_of(event, arguments)
                if not path.startswith(str(home)):
                    return
                step = [seen, event, path[len(str(home)) :], is_change(event, arguments)]
                os.write(writer, (json.dumps(step) + "\n").encode())
                if seen == die_at:
                    os.kill(os.getpid(), signal.SIGKILL)
                seen += 1

            sys.addaudithook(hook)
            publish_build(home, build)
            os._exit(0)
        except BaseException as error:
            os.write(2, f"{error!r}\n".encode())
            os._exit(1)
    os.close(writer)
    told = b""
    deadline = time.monotonic() + die_after if die_after is not None else None
    while True:  # all the time: a child whose steps nobody reads would stand still
        wait = None if deadline is None else max(0.0, deadline - time.monotonic())
        if not select.select([reader], [], [], wait)[0]:
            os.kill(child, signal.SIGKILL)
            deadline = None
        elif chunk := os.read(reader, 65536):
            told += chunk
        else:
            break
    os.close(reader)
    return os.waitpid(child, 0)[1], [json.loads(line) for line in told.splitlines()]


def state(home: Path) -> dict[str, Any]:
    """What a reader finds: the build in force, after every byte of every release was compared with its manifest.

    `disagreeing`: figures whose last row in the ledger in force is another than the report; releases that an edition
    of the ledger names and the home does not have.
    """
    directory = current_release(home)
    assert directory is not None
    releases = sorted(path.name for path in (home / "releases").iterdir())
    whole = [name for name in releases if not name.startswith(".")]
    for name in whole:
        verify(home / "releases" / name)
    with duckdb.connect(str(directory / "slm.duckdb"), read_only=True) as release:
        disagreeing = release.execute(
            "select report.service_id from marts.rpt_sla_scorecard as report left join ("
            " select service_id, max_by(numerator, sequence_number) as numerator from marts.figure group by all"
            ") as known using (service_id) where known.numerator is distinct from report.numerator"
            " union all select distinct release_id from marts.figure where edition is not null"
            f" and release_id not in (select unnest({whole}))"
        ).fetchall()
    return {
        "in_force": read_manifest(directory)["build_id"],
        "disagreeing": [name for (name,) in disagreeing],
        "releases": releases,
        "links": sorted(path.name for path in (home / "published").iterdir()),
    }


def show(link: Path, home: Path) -> None:
    """The reader reads this home from now on."""
    os.symlink(home, link.with_suffix(".next"))
    os.replace(link.with_suffix(".next"), link)


def main() -> int:
    plan = json.loads(Path(sys.argv[1]).read_text())
    work = Path(plan["work"])
    work.mkdir()

    def home_copy(name: str) -> Path:
        shutil.copytree(plan["home"], work / name, symlinks=True)
        return work / name

    started = time.monotonic()
    status, steps = in_child(home_copy("whole"), plan["second"])
    whole_seconds = time.monotonic() - started
    if status != 0:
        return 1
    chance = random.Random(plan["seed"])
    # Where a kill could tell, and one step of each kind; then others. A third of the kills come at random moments.
    kinds = {kind_of(step): step[0] for step in chance.sample(steps, len(steps))}
    chosen = {step[0] for step in steps if step[1] in TELLING} | set(kinds.values())
    others = [step[0] for step in steps if step[0] not in chosen]
    chosen |= set(chance.sample(others, min(len(others), max(0, plan["kills"] * 2 // 3 - len(chosen)))))
    places: list[dict[str, Any]] = [{"die_at": number} for number in sorted(chosen)]
    places += [{"die_after": chance.uniform(0, whole_seconds)} for _ in range(max(plan["kills"] - len(places), 5))]
    link = work / "shown"
    show(link, Path(plan["home"]))
    reader = subprocess.Popen(
        [sys.executable, "-c", READER, link, json.dumps(plan["numerators"])], stdout=subprocess.PIPE
    )
    assert reader.stdout is not None
    select.select([reader.stdout], [], [])
    reader.stdout.readline()
    for number, place in enumerate(places):
        home = home_copy(f"killed-{number}")
        show(link, home)
        status, seen = in_child(home, plan["second"], **place)
        found = {**place, "step": seen[-1][1:3] if seen else None, "status": status, "after": state(home)}
        status, _ = in_child(home, plan["third"])
        found["next"] = {"exit": os.waitstatus_to_exitcode(status), "home": str(home), **state(home)}
        print(json.dumps(found), flush=True)
    reader.send_signal(signal.SIGTERM)
    print(reader.communicate()[0].decode().strip())
    return 0


if __name__ == "__main__":
    sys.exit(main())
