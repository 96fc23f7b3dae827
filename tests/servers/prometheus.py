"""Prometheus from Debian's package, in a folder of its own, with samples written before it starts.

Belongs here: backfilling, starting and stopping the server. Does not belong here: what any test expects.
"""

import contextlib
import shutil
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import httpx

from tests.servers.installed import NotInstalled, free_port

# A sample: seconds of the epoch, and its value.
Samples = Sequence[tuple[float, int]]


@contextlib.contextmanager
def prometheus(folder: Path, metric: str, samples: Mapping[str, Samples]) -> Iterator[str]:
    """Within the block the server runs and has the samples per service; gives its address. Raises NotInstalled."""
    server, tool = shutil.which("prometheus"), shutil.which("promtool")
    if server is None or tool is None:
        raise NotInstalled("Prometheus is not on PATH: apt-get download prometheus, dpkg -x it, add its usr/bin")
    lines = [f"# TYPE {metric} gauge"]
    for service, values in samples.items():
        lines += [f'{metric}{{job="blackbox",service="{service}"}} {value} {at:.3f}' for at, value in values]
    (folder / "samples.txt").write_text("\n".join([*lines, "# EOF", ""]))
    # Without the longer block the tool writes thousands of small ones.
    command = [tool, "tsdb", "create-blocks-from", "openmetrics", "--max-block-duration=744h"]
    subprocess.run([*command, str(folder / "samples.txt"), str(folder / "data")], check=True, capture_output=True)
    (folder / "prometheus.yml").write_text("scrape_configs: []\n")
    port = free_port()
    with (folder / "server.log").open("w") as log:
        process = subprocess.Popen(
            [
                server,
                f"--config.file={folder / 'prometheus.yml'}",
                f"--storage.tsdb.path={folder / 'data'}",
                "--storage.tsdb.retention.time=10y",
                f"--web.listen-address=127.0.0.1:{port}",
            ],
            stdout=log,
            stderr=log,
        )
        try:
            url = f"http://127.0.0.1:{port}"
            _await(url, process, folder / "server.log")
            yield url
        finally:
            process.terminate()
            process.wait(timeout=30)


def _await(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    """Afterwards the server answers. Raises RuntimeError with its log if it does not within a minute."""
    for _ in range(600):
        if process.poll() is not None:
            break
        with contextlib.suppress(httpx.TransportError):
            if httpx.get(f"{url}/-/ready", trust_env=False).status_code == 200:
                return
        time.sleep(0.1)
    raise RuntimeError(f"Prometheus did not start:\n{log.read_text()[-3000:]}")
