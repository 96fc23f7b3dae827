"""Time a command as a whole process: wall seconds, CPU seconds of it and its children, peak memory."""

import os
import platform
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Cost:
    """Cost of one run of a command; `peak_bytes` is the largest resident size of one of its processes."""

    wall_seconds: float
    cpu_seconds: float
    peak_bytes: int


def run(command: Sequence[str], env: Mapping[str, str], cwd: Path) -> Cost:
    """Run the command to its end. Raises RuntimeError with the end of its output if it fails."""
    with tempfile.TemporaryFile("w+") as output:
        started = time.perf_counter()
        process = subprocess.Popen(command, env=dict(env), cwd=cwd, stdout=output, stderr=subprocess.STDOUT)
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            output.seek(0)
            said = output.read()[-2000:]
            raise RuntimeError(f"{' '.join(command)} ended with {process.returncode}:\n{said}")
    return Cost(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024)


def in_turn(count: int, *commands: Callable[[], Cost]) -> list[Cost]:
    """The median cost of each command, all of them run in turn `count` times."""
    costs: list[list[Cost]] = [[] for _ in commands]
    for _ in range(count):
        for measured, command in zip(costs, commands, strict=True):
            measured.append(command())
    return [medians(measured) for measured in costs]


def medians(costs: Sequence[Cost]) -> Cost:
    """The median of each figure."""
    return Cost(
        statistics.median(cost.wall_seconds for cost in costs),
        statistics.median(cost.cpu_seconds for cost in costs),
        int(statistics.median(cost.peak_bytes for cost in costs)),
    )


def machine() -> str:
    """The machine in a few words."""
    model = next(
        (
            line.split(":", 1)[1].strip()
            for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
            if line.startswith("model name")
        )
        if Path("/proc/cpuinfo").exists()
        else iter(()),
        platform.processor(),
    )
    return f"{os.cpu_count()} cores, {model}, Python {platform.python_version()}"
