"""``layerview shared``, of archives and without engines; ``tests/engines`` has it with them."""

from __future__ import annotations

import gzip
import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from layerview.cli import main
from layerview.image import digest_of
from tests.archives import docker_archive
from tests.builders import file, layer
from tests.sources.images import Layout, Saved, image, tar
from tests.sources.images import docker_archive as saved_as

Output = pytest.CaptureFixture[str]

_BASE, _APP, _OTHER = (layer(file(name, bytes(size))) for name, size in (("a", 90_000), ("b", 19_000), ("c", 900)))


@pytest.fixture(autouse=True)
def archives(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of two images with a layer in common."""
    monkeypatch.chdir(tmp_path)
    docker_archive(tmp_path / "app.tar", _BASE, _APP)
    docker_archive(tmp_path / "other.tar", _BASE, _OTHER)
    return tmp_path


def test_archives_have_layers_in_common_and_share_nothing(capsys: Output) -> None:
    """Sizes are those of the layers' tars."""
    assert main(["shared", "app.tar", "other.tar"]) == 0
    assert (
        capsys.readouterr().out
        == """\
   size   shared    alone   common     layers  image
 113 kB      0 B   113 kB    92 kB     1 of 2  app.tar
  94 kB      0 B    94 kB    92 kB     1 of 2  other.tar
 207 kB  in all

  bytes  layers  images, upwards from what they have in common
  92 kB       1  █████████████  in 2 images
  21 kB       1  ███            ├─ app.tar
 2.6 kB       1  ▍              └─ other.tar
"""
    )


def test_a_layer_that_cannot_be_read_is_named(archives: Path, capsys: Output) -> None:
    docker_archive(archives / "damaged.tar", _BASE, b"no tar" * 500)
    (archives / "damaged.tar.gz").write_bytes(gzip.compress((archives / "damaged.tar").read_bytes()))
    assert main(["shared", "--json", "damaged.tar.gz", "app.tar"]) == 2
    told = capsys.readouterr()
    assert "damaged.tar.gz: layer 2 cannot be read: " in told.err
    document = json.loads(told.out)
    assert document["complete"] is False
    assert [error["message"] for error in document["errors"]] == [told.err.splitlines()[0].removeprefix("layerview: ")]


@pytest.mark.parametrize("foreign", [False, True])
def test_a_layer_that_is_not_there_is_named(foreign: bool, archives: Path, capsys: Output) -> None:
    built, layout = image(_BASE, _APP), Layout()
    if foreign:
        listed = layout.image(built, "application/vnd.oci.image.layer.nondistributable.v1.tar")
        members, why = layout.of(listed), "not distributable"
    else:
        members, why = saved_as(Saved(built)), "missing"
    whole = {name: content for name, content in members.items() if content != _APP}
    (archives / "without.tar").write_bytes(tar(whole))
    assert main(["shared", "--json", "without.tar", "app.tar"]) == 2
    out, err = capsys.readouterr()
    assert err == f"layerview: without.tar: layer 2 cannot be read: the layer is {why}\n"
    document = json.loads(out)
    assert document["complete"] is False
    assert [error["message"] for error in document["errors"]] == [err.strip().removeprefix("layerview: ")]
    assert main(["ls", "without.tar"]) == 2
    assert capsys.readouterr().err == f"layerview: without layer 2: the layer is {why}\n"


def test_a_platform_that_nothing_tells_is_null(archives: Path, capsys: Output) -> None:
    (archives / "root.tar").write_bytes(_BASE)
    assert main(["shared", "--json", "root.tar"]) == 0
    assert [image["platform"] for image in json.loads(capsys.readouterr().out)["images"]] == [None]


def test_json_has_every_figure(capsys: Output) -> None:
    assert main(["shared", "--json", "app.tar", "other.tar"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["schema_version"], told["complete"], told["errors"]) == (1, True, [])
    assert told["stored_bytes"] == sum(map(len, (_BASE, _APP, _BASE, _OTHER)))
    base, app, other = ({"diff_id": digest_of(each), "size": len(each)} for each in (_BASE, _APP, _OTHER))
    first = told["images"][0]
    assert first.pop("id").startswith("sha256:")
    assert first == {
        "reference": "app.tar",
        "names": ["app.tar"],
        "place": "Docker archive app.tar",
        "platform": "linux/amd64",
        "created": None,
        "size": len(_BASE) + len(_APP),
        "shared": 0,
        "alone": len(_BASE) + len(_APP),
        "common": len(_BASE),
        "common_layers": 1,
        "unknown_sizes": 0,
        "layers": [base, app],
    }
    assert told["groups"] == [
        {"images": [0, 1], "bytes": len(_BASE), "layers": [base]},
        {"images": [0], "bytes": len(_APP), "layers": [app]},
        {"images": [1], "bytes": len(_OTHER), "layers": [other]},
    ]
    assert told["pairs"] == [{"images": [0, 1], "layers": 1, "bytes": len(_BASE)}]


def test_images_of_one_archive_share_what_is_on_the_same_layers(archives: Path, capsys: Output) -> None:
    """And two names of one image are one image, also where an option tells the place."""
    layout = Layout()
    manifests = [
        layout.image(image(*layers), annotations={"org.opencontainers.image.ref.name": f"example.com/{name}:1"})
        for name, layers in {"x": (_BASE, _APP), "y": (_BASE, _APP, _OTHER), "z": (_OTHER, _APP)}.items()
    ]
    (archives / "all.tar").write_bytes(tar(layout.of(*manifests)))
    names = [f"all.tar:example.com/{name}:1" for name in "xyz"]
    assert main(["shared", *names, names[0], "--source", "oci-archive"]) == 0
    assert (
        capsys.readouterr().out
        == """\
   size   shared    alone   common     layers  image
 115 kB   113 kB   2.6 kB   115 kB     3 of 3  all.tar:example.com/y:1
 113 kB   113 kB      0 B   113 kB     2 of 2  all.tar:example.com/x:1
  24 kB      0 B    24 kB    24 kB     2 of 2  all.tar:example.com/z:1
 139 kB  in all, 113 kB less than if nothing were shared

  bytes  layers  images, upwards from what they have in common
 113 kB       2  █████████████  in 2 images · all.tar:example.com/x:1
 2.6 kB       1  ▎              └─ all.tar:example.com/y:1
  24 kB       2  ██▊            all.tar:example.com/z:1

  bytes  layers  in common on top of different ones
  21 kB       1  all.tar:example.com/x:1 · all.tar:example.com/y:1 · all.tar:example.com/z:1
 2.6 kB       1  all.tar:example.com/y:1 · all.tar:example.com/z:1
"""
    )


def test_an_image_that_only_a_pass_through_its_archive_tells_is_read(archives: Path, capsys: Output) -> None:
    (archives / "app.tar.gz").write_bytes(gzip.compress((archives / "app.tar").read_bytes()))
    assert main(["shared", "--json", "app.tar.gz", "other.tar", "--no-cache"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["images"][0]["layers"] == [
        {"diff_id": digest_of(_BASE), "size": 90_000},
        {"diff_id": digest_of(_APP), "size": 19_000},
    ]
    assert told["pairs"] == [{"images": [0, 1], "layers": 1, "bytes": len(_BASE)}]


def test_an_image_that_is_not_there_is_an_error(capsys: Output) -> None:
    assert main(["shared", "app.tar", "absent.tar"]) == 2
    out, err = capsys.readouterr()
    assert (out, "absent.tar" in err) == ("", True)


def test_an_engine_that_does_not_answer_is_one_of_the_network(capsys: Output, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere/docker.sock")
    assert main(["shared", "--source", "docker"]) == 3
    out, err = capsys.readouterr()
    assert out == ""
    assert err == (
        "layerview: No Docker Engine is running at unix:///nowhere/docker.sock\n"
        "Start it (sudo systemctl start docker, or Docker Desktop), or name one by DOCKER_HOST or a context.\n"
    )
    monkeypatch.setenv("CONTAINER_HOST", "unix:///nowhere/podman.sock")
    monkeypatch.setenv("CONTAINERD_ADDRESS", "/nowhere/containerd.sock")
    assert main(["shared"]) == 3
    assert capsys.readouterr().err.startswith(
        "layerview: No engine has listed its images: No Docker Engine is running at unix:///nowhere/docker.sock; "
        "No Podman service is running at unix:///nowhere/podman.sock\n"
    )


def test_where_one_engine_has_none_and_another_cannot_be_asked_nothing_is_said_to_be_there(
    archives: Path, capsys: Output, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Podman's store is empty."""
    for what in ("images", "layers"):
        (archives / f"overlay-{what}").mkdir()
        (archives / f"overlay-{what}/{what}.json").write_text("[]")
    (archives / "storage.conf").write_text(
        f'[storage]\ndriver = "overlay"\ngraphroot = "{archives}"\nrunroot = "{archives}"\n'
    )
    monkeypatch.setenv("CONTAINERS_STORAGE_CONF", str(archives / "storage.conf"))
    monkeypatch.setenv("CONTAINERD_ADDRESS", "/nowhere/containerd.sock")
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere/docker.sock")
    assert main(["shared", "--source", "podman"]) == 0
    assert capsys.readouterr().out == "There are no images.\n"
    assert main(["shared"]) == 3
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("layerview: No Docker Engine is running at unix:///nowhere/docker.sock\n")


def test_ctrl_c_does_not_wait_for_an_engine_that_hangs() -> None:
    with TemporaryDirectory(dir="/tmp") as folder, socket.socket(socket.AF_UNIX) as engine:
        engine.bind(f"{folder}/silent.sock")
        engine.listen()
        environment = {**os.environ, "DOCKER_HOST": f"unix://{folder}/silent.sock"}
        program = [sys.executable, "-m", "layerview", "shared", "--source", "docker"]
        with subprocess.Popen(program, env=environment, stderr=subprocess.PIPE) as process:
            connection, _ = engine.accept()
            process.send_signal(signal.SIGINT)
            assert (process.wait(19), process.communicate()[1]) == (130, b"")  # an engine is given 20 s
            connection.close()


@pytest.mark.parametrize("source", ["containerd", "registry"])
def test_where_there_is_nothing_to_list_that_is_said(
    source: str, capsys: Output, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CONTAINERD_ADDRESS", "/nowhere/containerd.sock")
    assert main(["shared", "--source", source]) == 3
    assert capsys.readouterr().err.startswith(f"layerview: There is no {source} here whose images could be listed\n")


def test_no_screen_is_imported() -> None:
    program = (
        "import sys; from layerview.cli import main\n"
        "status = main(['shared', 'app.tar', 'other.tar'])\n"
        "sys.exit(status or 'textual' in sys.modules or 'docker' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
