"""Image archives built from layers, to be read as anyone's would be."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any


def docker_archive(
    path: Path,
    *layers: bytes,
    tag: str = "test:1",
    history: Sequence[Mapping[str, Any]] = (),
    config: Mapping[str, Any] | None = None,
) -> Path:
    """What ``docker save`` writes of an image with these layers, the lowest first; with an empty tag, of one without a name."""
    diff_ids = [hashlib.sha256(layer).hexdigest() for layer in layers]
    image = {
        "architecture": "amd64",
        "os": "linux",
        "config": config or {},
        "rootfs": {"type": "layers", "diff_ids": [f"sha256:{digest}" for digest in diff_ids]},
        "history": list(history),
    }
    encoded = json.dumps(image).encode()
    name = f"{hashlib.sha256(encoded).hexdigest()}.json"
    members = {f"{digest}/layer.tar": layer for digest, layer in zip(diff_ids, layers, strict=True)}
    manifest = [
        {"Config": name, "RepoTags": [tag] if tag else None, "Layers": [f"{digest}/layer.tar" for digest in diff_ids]}
    ]
    with tarfile.open(path, "w") as archive:
        for member, content in {**members, name: encoded, "manifest.json": json.dumps(manifest).encode()}.items():
            info = tarfile.TarInfo(member)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return path
