"""An image that Docker built, in every form that tools keep it in: the same listing, the same report."""

from __future__ import annotations

import json
import subprocess
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from docker import APIClient

from tests.commands import figures, listing, told
from tests.engines.conftest import docker_host, require, run
from tests.engines.judges import MADE_BY_CREATE, export, exported
from tests.engines.listings import in_tar
from tests.sources.test_sparse_members import sparse_folder

SPARSE = {
    "gnu": ["--format=gnu"],
    **{name: ["--format=posix", f"--sparse-version={name}"] for name in ("0.0", "0.1", "1.0")},
}
"""How GNU tar writes files with holes."""


def test_every_byte_is_accounted_for(packages: str) -> None:
    found = figures(packages)
    assert found["complete"]
    assert found["total_bytes"] - found["final_bytes"] == found["wasted_bytes"] > 0
    assert sum(charge["bytes"] for charge in found["matrix"]) == found["wasted_bytes"]
    assert sum(waste["bytes"] for waste in found["wasted"]) == found["wasted_bytes"]


def test_final_bytes_are_those_of_the_files_of_a_container(packages: str) -> None:
    with closing(APIClient(base_url=docker_host(), version="auto")) as client:
        container = exported(in_tar(export(client, packages)))
    rows = map(json.loads, listing(packages))
    made = sum(row["size"] for row in rows if row["path"] in MADE_BY_CREATE and row["type"] == "file")
    found = sum(row.size for row in container.values() if row.type == "file")
    assert figures(packages)["final_bytes"] == found + made


@pytest.fixture(scope="module")
def expected(packages: str) -> tuple[list[str], dict[str, Any]]:
    """Listing and figures of the image in the engine."""
    return told(packages)


@pytest.fixture(scope="module")
def forms(packages: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The image as other tools keep it."""
    require("docker", "skopeo", "podman", "gzip", "zstd", "xz", "bzip2", "tar")
    folder = tmp_path_factory.mktemp("forms")
    saved = folder / "docker.tar"
    run("docker", "save", "--output", saved, packages)
    skopeo = ("skopeo", "--insecure-policy", "copy", "--quiet")
    run(*skopeo, f"docker-archive:{saved}", f"oci:{folder}/oci-gzip:test")
    run(*skopeo, "--dest-compress-format", "zstd", f"docker-archive:{saved}", f"oci:{folder}/oci-zstd:test")
    run("tar", "-C", folder / "oci-gzip", "-cf", folder / "oci-gzip.tar", ".")
    run("tar", "-C", folder / "oci-zstd", "-cf", folder / "oci-zstd.tar", ".")
    holes = sparse_folder(saved, folder / "holes")
    for name, options in SPARSE.items():
        run("tar", "-S", *options, "-C", holes, "-cf", folder / f"sparse-{name}.tar", ".")
    podman = run("podman", "load", "--quiet", "--input", saved).decode().split()[-1]
    try:
        run("podman", "save", "--quiet", "--format", "docker-archive", "--output", folder / "podman.tar", podman)
        run("podman", "save", "--quiet", "--format", "oci-archive", "--output", folder / "podman-oci.tar", podman)
    finally:
        run("podman", "rmi", "--force", podman)
    for form, suffix, command in (
        ("docker", "gz", "gzip -1"),
        ("docker", "zst", "zstd -1"),
        ("podman", "xz", "xz -0"),
        ("podman", "gz", "gzip -1"),
        ("oci-gzip", "bz2", "bzip2 -1"),
        ("oci-gzip", "zst", "zstd -1"),
        ("oci-zstd", "gz", "gzip -1"),
        ("podman-oci", "zst", "zstd -1"),
        ("sparse-gnu", "gz", "gzip -1"),
    ):
        with (folder / f"{form}.tar.{suffix}").open("wb") as output:
            subprocess.run([*command.split(), "-c", folder / f"{form}.tar"], stdout=output, check=True)
    return {path.name: path for path in folder.iterdir()}


@pytest.mark.parametrize(
    "form",
    [
        "docker.tar",
        "docker.tar.gz",
        "docker.tar.zst",
        "oci-gzip",
        "oci-gzip.tar",
        "oci-gzip.tar.bz2",
        "oci-gzip.tar.zst",
        "oci-zstd",
        "oci-zstd.tar",
        "oci-zstd.tar.gz",
        "podman.tar",
        "podman.tar.xz",
        "podman.tar.gz",
        "podman-oci.tar",
        "podman-oci.tar.zst",
        "holes",
        *(f"sparse-{name}.tar" for name in SPARSE),
        "sparse-gnu.tar.gz",
    ],
)
def test_every_form_has_the_same_listing_and_report(
    form: str, forms: dict[str, Path], expected: tuple[list[str], dict[str, Any]]
) -> None:
    assert told(str(forms[form])) == expected
