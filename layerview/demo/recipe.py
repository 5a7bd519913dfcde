"""The sample image's Dockerfile, so to speak: what each step writes, and the instruction that stands for it."""

from __future__ import annotations

import hashlib
import tarfile
from collections.abc import Iterator
from importlib import resources
from typing import IO, Any

from msgspec.structs import replace

from layerview.demo.building import Act, Build, File, Step, folder

TAG = "demo/app:1"

_STARTED = 1_741_600_800  # 2025-03-10 10:00 UTC
_WRITTEN = 1_741_270_500  # 2025-03-06 14:15 UTC, the time of all files that the shop's author copies in
_BUILDKIT = "buildkit.dockerfile.v0"

_TEXTS = {
    "app/.dockerignore": "*.pyc\n__pycache__/\n",
    "app/.env": "DATABASE_URL=postgresql://shop:correct-horse@db.example/shop\nSECRET_KEY=not-a-real-key\n",
    "app/requirements.txt": "flask==3.0.2\ngunicorn==21.2.0\npillow==10.2.0\n",
    "app/shop/app.py": 'from flask import Flask\n\napp = Flask("shop")\n\n\n@app.get("/")\ndef home():\n    return "Hello"\n',
    "root/.ssh/id_rsa": "-----BEGIN OPENSSH PRIVATE KEY-----\nnot a key, but it could have been one\n"
    "-----END OPENSSH PRIVATE KEY-----\n",
}


_CONFIG: dict[str, Any] = {
    "User": "1000:1000",
    "ExposedPorts": {"8000/tcp": {}},
    "Env": ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "PYTHONUNBUFFERED=1"],
    "Entrypoint": ["bin/shop"],
    "Cmd": ["serve", "--port", "8000"],
    "Healthcheck": {
        "Test": ["CMD-SHELL", "bin/shop health || exit 1"],
        "Interval": 30_000_000_000,
        "Timeout": 3_000_000_000,
        "Retries": 3,
    },
    "WorkingDir": "/app",
    "Labels": {"org.opencontainers.image.title": "shop", "org.opencontainers.image.version": "1.4.2"},
    "StopSignal": "SIGTERM",
}


def write_demo(output: IO[bytes]) -> None:
    """Write the sample image, a Docker archive of some 150 MB: the same bytes every time."""
    build = Build(_STARTED)
    build.layer("/bin/sh -c #(nop) ADD file:9f1a0d4b6c7e2f38 in / ", lambda layer: layer.add(_listed("base")))
    build.configure('/bin/sh -c #(nop)  CMD ["bash"]')
    _config(build, "LABEL org.opencontainers.image.title=shop org.opencontainers.image.version=1.4.2")
    _config(build, "ENV PYTHONUNBUFFERED=1")
    _run(build, "apt-get update && apt-get install -y python3 python3-pip iputils-ping", _install_packages)
    _layer(build, "WORKDIR /app", lambda layer: layer.add([folder("app")]))
    _layer(build, "COPY requirements.txt ./ # buildkit", _copy_requirements)
    _layer(build, "COPY id_rsa /root/.ssh/id_rsa # buildkit", _copy_key)
    _run(build, "pip install -r requirements.txt", lambda layer: layer.add(_listed("pip")))
    _layer(build, "COPY . . # buildkit", lambda layer: layer.add(_copied("app")))
    _config(build, "ARG RELEASE=1.4.2")
    _run(build, "useradd --uid 1000 shop && chown -R 1000:1000 /app && chmod 600 /app/data/*", _give_away, arguments=1)
    _run(build, "bin/shop collect /tmp/static && rm -r static && mv /tmp/static static", _collect, arguments=1)
    _run(build, "setcap cap_net_raw+ep /usr/bin/ping", _let_ping, arguments=1)
    _run(build, "rm -rf /root/.ssh /root/.cache /var/lib/apt/lists /app/.env /app/tests", _clean_up, arguments=1)
    _config(build, "USER 1000:1000")
    _config(build, "EXPOSE map[8000/tcp:{}]")
    _config(build, 'HEALTHCHECK &{["CMD-SHELL" "bin/shop health || exit 1"] "30s" "3s" "0s" "0s" \'\\x03\'}')
    _config(build, 'ENTRYPOINT ["bin/shop"]')
    _config(build, 'CMD ["serve" "--port" "8000"]')
    build.write(output, TAG, _CONFIG)


def _install_packages(layer: Step) -> None:
    layer.add(_listed("python"))


def _copy_requirements(layer: Step) -> None:
    layer.add(file for file in _copied("app") if file.path == "app/requirements.txt")


def _copy_key(layer: Step) -> None:
    layer.add(
        [folder("root/.ssh", 0o700), File("root/.ssh/id_rsa", content=_content("root/.ssh/id_rsa", 0), mode=0o600)]
    )


def _give_away(layer: Step) -> None:
    layer.add(
        [_file("etc/passwd", 968), _file("etc/group", 461), replace(_file("etc/shadow", 522), mode=0o640, gid=42)]
    )
    layer.change("app", uid=1000, gid=1000)
    for path in ("app/data/catalogue.sqlite", "app/data/recommendations.bin"):
        layer.change(path, mode=0o600)


def _collect(layer: Step) -> None:
    layer.renew("app/static")
    layer.add(folder(f"app/static/{name}", uid=1000, gid=1000) for name in ("img", "vendor"))
    for path, size in (("app.5d41402a.js", 612_345), ("app.7d793037.css", 98_204), ("vendor/chart.min.js", 205_399)):
        layer.add([replace(_file(f"app/static/{path}", size), uid=1000, gid=1000)])
    images = (file for file in _copied("app") if file.path.startswith("app/static/img/"))
    layer.add(replace(file, uid=1000, gid=1000) for file in images)


def _let_ping(layer: Step) -> None:
    layer.label("usr/bin/ping", security_capability="\1\0\0\2\0\x20\0\0\0\0\0\0\0\0\0\0\0\0\0\0")


def _clean_up(layer: Step) -> None:
    layer.remove("root/.ssh", "root/.cache", "var/lib/apt/lists", "app/.env", "app/tests")


def _config(build: Build, created_by: str) -> None:
    build.configure(created_by, comment=_BUILDKIT)


def _layer(build: Build, created_by: str, change: Act) -> None:
    build.layer(created_by, change, comment=_BUILDKIT)


def _run(build: Build, command: str, change: Act, arguments: int = 0) -> None:
    """A RUN step, written as BuildKit writes one with that many build arguments."""
    prefix = f"|{arguments} RELEASE=1.4.2 " if arguments else ""
    _layer(build, f"RUN {prefix}/bin/sh -c {command} # buildkit", change)


def _copied(listing: str) -> Iterator[File]:
    """What a listing names, with the times of its author's disk, which COPY keeps."""
    return (replace(file, mtime=_WRITTEN) for file in _listed(listing))


def _listed(listing: str) -> Iterator[File]:
    """The files of a listing: a line each, as ``mode uid:gid size path``, `` -> target`` or `` = hard link``."""
    text = resources.files("layerview.demo").joinpath(f"{listing}.txt").read_text("utf-8")
    for line in text.splitlines():
        mode, owner, size, path = line.split(" ", 3)
        uid, gid = map(int, owner.split(":"))
        if path.endswith("/"):
            yield folder(path[:-1], int(mode, 8), uid, gid)
        elif " -> " in path:
            path, target = path.split(" -> ")
            yield File(path, tarfile.SYMTYPE, b"", 0o777, uid, gid, target=target)
        elif " = " in path:
            path, target = path.split(" = ")
            yield File(path, tarfile.LNKTYPE, b"", int(mode, 8), uid, gid, target=target)
        else:
            yield replace(_file(path, int(size)), mode=int(mode, 8), uid=uid, gid=gid)


def _file(path: str, size: int) -> File:
    return File(path, content=_content(path, size))


def _content(path: str, size: int) -> bytes:
    """A text where someone may want to read it, else bytes that only this path and size have."""
    if path in _TEXTS:
        return _TEXTS[path].encode()
    seed = hashlib.sha256(f"{path} {size}".encode()).digest()
    return (seed * (size // len(seed) + 1))[:size]
