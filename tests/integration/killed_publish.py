"""Publishes in child processes that kill themselves, one at each step of the work on the file system.

    python -m tests.integration.killed_publish PLAN.json

Belongs here: the dying and the looking at what it left. Does not belong here: making the builds, and what is expected
(test_killed_while_publishing). A process of its own, because it forks: nothing in it may have started threads.
Prints one JSON object per kill.
"""

import json
import os
import shutil
import signal
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

from publishing import certificate as certificates
from publishing.release import ReleaseInput, current_release, publish, read_manifest, verify

STEPS = {"open", "os.rename", "os.symlink", "os.mkdir", "os.remove", "os.rmdir", "shutil.rmtree"}
# Of the many files that are only read (to be hashed, to be synced) every so manieth is a place to die.
READS_APART = 15


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


def in_child(home: Path, build: dict[str, Any], die_at: int | None) -> tuple[int, list[list[Any]]]:
    """Publish in a child that dies before step `die_at`, if any; returns its wait status and the steps it came to."""
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


def main() -> int:
    plan = json.loads(Path(sys.argv[1]).read_text())
    work = Path(plan["work"])

    def home_copy(name: str) -> Path:
        shutil.copytree(plan["home"], work / name, symlinks=True)
        return work / name

    status, steps = in_child(home_copy("whole"), plan["second"], None)
    if status != 0:
        return 1
    changes = [number for number, _, _, changes_something in steps if changes_something]
    reads = [number for number, _, _, changes_something in steps if not changes_something][::READS_APART]
    for number in sorted({*changes, *reads}):
        home = home_copy(f"killed-{number}")
        status, seen = in_child(home, plan["second"], number)
        found = {"number": number, "step": seen[-1][1:3], "signal": os.WTERMSIG(status), "after": state(home)}
        status, _ = in_child(home, plan["third"], None)
        found["next"] = {"exit": os.waitstatus_to_exitcode(status), "home": str(home), **state(home)}
        print(json.dumps(found), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
