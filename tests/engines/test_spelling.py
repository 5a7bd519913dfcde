"""JSON that nobody writes and every engine reads: what layerview says of it is what Docker says (statement 50)."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from layerview.image import Image, parse_config
from layerview.sources import open_source
from tests.builders import file, layer
from tests.commands import told
from tests.engines.conftest import require, run
from tests.sources.images import Built, digest, encode, sha256, simple, tar

NAME = f"layerview-test/spelling:{os.getpid()}"
LOWER, UPPER = layer(file("a", b"1")), layer(file("b", b"22"))
SPELLINGS = {
    "capitals": """{
        "OS": "linux", "ARCHITECTURE": "amd64", "AUTHOR": "me", "ROOTFS": {"DIFF_IDS": DIFFIDS},
        "CONFIG": {"ENV": ["A=1"], "CMD": ["x"], "USER": "u", "LABELS": {"a": "1", "A": "2"}},
        "HISTORY": [{"CREATED_BY": "a"}, {"Created_By": "ENV A=1", "EMPTY_LAYER": true}, {"created_BY": "b"}]
    }""",
    "as Docker inspects": '{"Os": "linux", "Architecture": "amd64", "Config": {}, "RootFS": {"Diff_IDs": DIFFIDS}}',
    "another s": '{"o\u017f": "linux", "architecture": "amd64", "rootf\u017f": {"diff_id\u017f": DIFFIDS}}',
    "twice": """{
        "os": "windows", "OS": "linux", "architecture": "amd64", "rootfs": {"diff_ids": DIFFIDS},
        "config": {"Cmd": ["hidden"], "User": "u"}, "Config": {"Env": ["A=1"]},
        "config": {"env": ["B=1"], "CMD": null, "Cmd": ["y"]}
    }""",
    "taken back": """{
        "os": "linux", "OS": null, "architecture": "amd64", "rootfs": {"diff_ids": DIFFIDS},
        "config": {"Cmd": ["x"]}, "Config": null
    }""",
    "one text": """{
        "os": "linux", "architecture": "amd64", "rootfs": {"diff_ids": DIFFIDS},
        "config": {"Cmd": "sh -c x", "Entrypoint": "/init"}
    }""",
    "null": """{
        "os": "linux", "architecture": "amd64", "rootfs": {"diff_ids": DIFFIDS},
        "config": {
            "ExposedPorts": {"80/tcp": null}, "Volumes": {"/v": null}, "Labels": {"a": null}, "Cmd": [null, "x"], "Env": null
        },
        "history": [null, {"created_by": "RUN b"}]
    }""",
    "no text": """{
        "os": "linux", "architecture": "amd64", "rootfs": {"diff_ids": DIFFIDS},
        "author": "\\ud800", "config": {"User": "\\udc00x"}
    }""",
}
"""Configs."""


@pytest.fixture(params=SPELLINGS)
def archive(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Path]:
    """One that the engine has loaded."""
    require("docker")
    config = SPELLINGS[request.param].replace("DIFFIDS", json.dumps([digest(LOWER), digest(UPPER)])).encode()
    name = f"{sha256(config)}.json"
    manifest = [{"CONFIG": name, "repoTags": [NAME], "layers": ["1/layer.tar", "2/layer.tar"]}]
    members = {"1/layer.tar": LOWER, "2/layer.tar": UPPER, name: config, "manifest.json": encode(manifest)}
    path = tmp_path / "archive.tar"
    path.write_bytes(tar(members))
    run("docker", "load", "--quiet", "--input", path)
    yield path
    run("docker", "rmi", "--force", NAME)


def test_archive_and_engine_say_what_docker_says(archive: Path) -> None:
    (inspected,) = json.loads(run("docker", "inspect", NAME))
    history = run("docker", "history", "--no-trunc", "--format", "{{json .CreatedBy}}", NAME).decode().splitlines()
    for reference in (str(archive), f"docker:{NAME}"):
        assert _said(reference) == (_inspected(inspected), [json.loads(step) for step in reversed(history)])
    assert told(str(archive)) == told(f"docker:{NAME}") == told(f"docker:{NAME}", "--export")


def _said(reference: str) -> tuple[dict[str, Any], list[str]]:
    image = open_source(reference).describe()
    assert isinstance(image, Image) and not image.warnings
    config = image.config
    said: dict[str, Any] = {
        "platform": str(image.platform),
        "author": config.author,
        "user": config.user,
        "env": list(config.env),
        "cmd": list(config.cmd),
        "entrypoint": list(config.entrypoint),
        "labels": config.labels,
        "ports": list(config.exposed_ports),
        "volumes": list(config.volumes),
        "layers": list(config.diff_ids),
    }
    return said, [step.created_by for step in config.history]


def _inspected(told: dict[str, Any]) -> dict[str, Any]:
    config = told["Config"] or {}
    return {
        "platform": f"{told['Os']}/{told['Architecture']}",
        "author": told["Author"],
        "user": config.get("User", ""),
        "env": config.get("Env") or [],
        "cmd": config.get("Cmd") or [],
        "entrypoint": config.get("Entrypoint") or [],
        "labels": config.get("Labels") or {},
        "ports": list(config.get("ExposedPorts") or {}),
        "volumes": list(config.get("Volumes") or {}),
        "layers": told["RootFS"]["Layers"],
    }


def test_index_and_manifest_are_known_in_any_case_as_skopeo_knows_them(tmp_path: Path) -> None:
    require("skopeo")
    built = simple("a")
    layout = _layout(tmp_path / "layout", built)
    run("skopeo", "--insecure-policy", "copy", "--quiet", f"oci:{layout}:v1", f"dir:{tmp_path / 'copied'}")
    assert told(f"oci:{layout}:v1") == told(str(tmp_path / "copied"))
    image = open_source(f"oci:{layout}:v1").describe()
    assert image is not None and image.config == parse_config(built.config)


def _layout(path: Path, built: Built) -> Path:
    """An OCI layout that was written without a care for case."""
    (path / "blobs/sha256").mkdir(parents=True)

    def blob(content: bytes, kind: str, **more: object) -> dict[str, object]:
        (path / "blobs/sha256" / sha256(content)).write_bytes(content)
        media_type = f"application/vnd.oci.image.{kind}"
        return {"MediaType": media_type, "DIGEST": f"sha256:{sha256(content)}", "Size": len(content), **more}

    manifest = encode({
        "SchemaVersion": 2,
        "MediaType": "application/vnd.oci.image.manifest.v1+json",
        "Config": blob(built.config, "config.v1+json"),
        "LAYERS": [blob(each, "layer.v1.tar") for each in built.blobs],
    })  # fmt: skip
    named = {"Annotations": {"org.opencontainers.image.ref.name": "v1"}}
    index = {"SCHEMAVERSION": 2, "Manifests": [blob(manifest, "manifest.v1+json", **named)]}
    (path / "oci-layout").write_bytes(b'{"imageLayoutVersion": "1.0.0"}')
    (path / "index.json").write_bytes(encode(index))
    return path
