"""Publishes in child processes that are killed: before a step of the work on the file system, or at a random moment.

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
from datetime import datetime
from pathlib import Path
from typing import Any

from publishing import certificate as certificates
from publishing.release import ReleaseInput, current_release, publish, read_manifest, verify

STEPS = {"open", "os.rename", "os.symlink", "os.mkdir", "os.remove", "os.rmdir", "shutil.rmtree"}
# Reads what is in force over and over, and counts the answers in which a release and its figure do not fit.
READER = """
import json, signal, sys
import duckdb
found = {"reads": 0, "wrong": [], "errors": []}
def end(*_):
    print(json.dumps(found)); sys.stdout.flush(); sys.exit(0)
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


def publish_build(home: Path, build: dict[str, Any]) -> None:
    """Publish one of the plan's builds."""
    made_of = {
        **build["made_of"],
        **{name: datetime.fromisoformat(build["made_of"][name]) for name in ("as_of", "built_at")},
    }
    publish(
        home, Path(build["database"]), certificates.load(Path(build["certificate"]).parent), ReleaseInput(**made_of)
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
                path = str(arguments[1 if event == "os.symlink" else 0])
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
    if die_after is not None:
        time.sleep(die_after)
        os.kill(child, signal.SIGKILL)
    with os.fdopen(reader) as lines:
        steps = [json.loads(line) for line in lines]
    return os.waitpid(child, 0)[1], steps


def state(home: Path) -> dict[str, Any]:
    """What a reader finds: the build in force, after every byte of its release was compared with its manifest."""
    directory = current_release(home)
    if directory is None:
        return {"in_force": None, "releases": []}
    verify(directory)
    return {
        "in_force": read_manifest(directory)["build_id"],
        "releases": sorted(path.name for path in (home / "releases").iterdir()),
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
    places: list[dict[str, Any]] = [{"die_at": step[0]} for step in steps]
    if plan["kills"] < len(places):
        # The changes of the tree itself, where a kill could tell, before files that are only written or read.
        telling = [place for place, step in zip(places, steps, strict=True) if step[1] in ("os.rename", "os.symlink")]
        others = [place for place in places if place not in telling]
        places = telling + chance.sample(others, plan["kills"] * 2 // 3 - len(telling))
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
