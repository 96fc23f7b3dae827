"""What a publication costs beside writing the same bytes once, on examples/acme (small)."""

import dataclasses
import os
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from benchmarks.measure import Cost, in_turn, machine
from benchmarks.nightly import acme_night
from publishing import certificate as certificates
from publishing.release import MANIFEST_FILE, ReleaseInput, publish, read_manifest
from reporting.pack import write_pack
from settings.instants import parse_instant
from settings.project import ReportPack

TIMES = 5


def publication_against_writing() -> None:
    """Print the costs and their ratio: tables, ledger, seal, swap, on the night's release with and without pages."""
    with acme_night() as (layout, _):
        certificate = certificates.load(layout.warehouse)
        in_force = layout.home / "published" / "current"
        manifest = read_manifest(in_force)
        made_of = ReleaseInput(
            project=manifest["project"],
            build_id=certificate.build_id,
            run_id=certificate.run_id,
            as_of=parse_instant(manifest["as_of"]),
            built_at=parse_instant(manifest["built_at"]),
            code_revision=manifest["code_revision"],
            lock_hash=manifest["lock_hash"],
            agreements_hash=manifest["agreements_hash"],
            load_ids=manifest["load_ids"],
            allow_older=False,
            keys=manifest["keys"],
        )
        night = 0

        def published(*, with_pages: bool) -> None:
            nonlocal night
            night += 1
            later = dataclasses.replace(made_of, as_of=made_of.as_of + timedelta(days=night))
            publish(layout.home, layout.build_database, certificate, later, pages if with_pages else None)

        def written(files: dict[Path, bytes]) -> None:
            target = layout.home / "written" / str(night)
            for path, content in files.items():
                (target / path).parent.mkdir(parents=True, exist_ok=True)
                with (target / path).open("wb") as file:
                    file.write(content)
                    os.fsync(file.fileno())

        def cost_of_writing() -> Cost:
            files = contents(in_force.resolve())  # reading them is no part of it
            return cost_of(lambda: written(files))

        bare, publication, writing = in_turn(
            TIMES,
            lambda: cost_of(lambda: published(with_pages=False)),
            lambda: cost_of(lambda: published(with_pages=True)),
            cost_of_writing,
        )
        sizes = {path: len(content) for path, content in contents(in_force.resolve()).items()}
    parquet = [size for path, size in sizes.items() if path.suffix == ".parquet"]
    print(
        f"A publication beside writing its {sum(sizes.values()) / 1e6:.1f} MB once ({len(parquet)} tables,"
        f" {sum(parquet) / 1e6:.1f} MB of Parquet), medians of {TIMES} in turn ({machine()})\n"
    )
    print("| | wall s | CPU s |\n|---|---|---|")
    print(f"| writing | {writing.wall_seconds:.3f} | {writing.cpu_seconds:.3f} |")
    print(f"| publication without pages | {bare.wall_seconds:.2f} | {bare.cpu_seconds:.2f} |")
    print(f"| publication | {publication.wall_seconds:.2f} | {publication.cpu_seconds:.2f} |")
    print(
        f"| **ratio** | **{publication.wall_seconds / writing.wall_seconds:.0f}** |"
        f" **{publication.cpu_seconds / writing.cpu_seconds:.0f}** |"
    )


def pages(database: Path, directory: Path) -> None:
    """The report pack as a project has it by default."""
    write_pack(database, directory, ReportPack())


def contents(release: Path) -> dict[Path, bytes]:
    """Every file of the release but its manifest, by its path within."""
    files = [path for path in sorted(release.rglob("*")) if path.is_file() and path.name != MANIFEST_FILE]
    return {path.relative_to(release): path.read_bytes() for path in files}


def cost_of(work: Callable[[], None]) -> Cost:
    """Wall and CPU seconds of work in this process; its memory is not told apart from the rest."""
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    return Cost(time.perf_counter() - wall, time.process_time() - cpu, 0)
