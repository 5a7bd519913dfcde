"""``layerview build`` with the real builders: what it hands over, what it opens, and which lines the layers come from."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import tarfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.engines.conftest import NewerSystem, containerd_host, docker_host, require
from tests.terminal import LAYERVIEW, Terminal

DOCKERFILE = """\
# What every builder knows
ARG WHO=world
FROM scratch AS base
COPY system /
ENV PATH=/bin \\
    MODE=x
ONBUILD ENV TRIGGERED=1

FROM base AS other
LABEL layerview-test=other

FROM base
ARG WHO
RUN echo $WHO > /who && \\
    # within
    touch /x
WORKDIR /work
COPY --chown=1:2 a.txt ${MODE:-y}/
USER 1000
CMD ["sh"]
"""
LINES = ["4", "5-6", "13", "14-16", "17", "18", "19", "20"]
"""Of the steps, but for what ONBUILD makes of line 7, which depends on the builder."""

HEREDOCS = """\
FROM scratch AS base
COPY system /
ENV PATH=/bin
RUN <<EOF
echo one > /one
# kept
echo two > /two
EOF
COPY --link <<A a.txt /dir/
$PATH
A
FROM base AS final
RUN --network=none cat <<B > /three
three
B
FROM base
RUN touch /not-this
"""
FAILING = "FROM scratch\nCOPY nothing /\n"

_NAME = f"layerview-test/built-here:{os.getpid()}"


@dataclass(frozen=True)
class Builder:
    """A builder, and what it takes to have it chosen."""

    scheme: str
    environment: Mapping[str, str]
    direct: tuple[str, ...]
    """What layerview is to run."""

    def layerview(
        self, *arguments: str | Path, piped: bytes = b"", cwd: Path | None = None
    ) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            [*LAYERVIEW, *arguments], env=self.environment, input=piped, capture_output=True, check=False, cwd=cwd
        )

    def run(self, *command: str | Path) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(command, env=self.environment, stdin=subprocess.DEVNULL, capture_output=True, check=False)


@pytest.fixture(scope="module")
def context() -> Iterator[Path]:
    """A folder to build from. Podman refuses the long paths of pytest's own folders."""
    require("busybox")
    with TemporaryDirectory(prefix="layerview-", dir="/tmp") as folder:
        place = Path(folder)
        (place / "system/bin").mkdir(parents=True)
        shutil.copy("/bin/busybox", place / "system/bin")
        for command in ("cat", "sh", "sleep", "touch"):
            (place / "system/bin" / command).symlink_to("busybox")
        (place / "a.txt").write_text("a")
        for name, text in (("Dockerfile", DOCKERFILE), ("heredocs", HEREDOCS), ("failing", FAILING)):
            (place / name).write_text(text)
        yield place


def docker() -> Builder:
    """The Docker Engine's own builder."""
    environment = {**os.environ, "DOCKER_HOST": docker_host(), "DOCKER_BUILDKIT": "0"}
    return Builder("docker", environment, ("docker", "build"))


def buildx(newer: NewerSystem, folder: Path) -> Builder:
    """BuildKit, by a plugin, in an engine with containerd's image store."""
    (folder / "docker/cli-plugins").mkdir(parents=True, exist_ok=True)
    plugin = folder / "docker/cli-plugins/docker-buildx"
    plugin.unlink(missing_ok=True)
    plugin.symlink_to(newer.root / "usr/libexec/docker/cli-plugins/docker-buildx")
    environment = {name: value for name, value in os.environ.items() if name != "DOCKER_BUILDKIT"}
    own = {"DOCKER_HOST": containerd_host(), "DOCKER_CONFIG": str(folder / "docker")}
    return Builder("docker", {**environment, **own}, ("docker", "buildx", "build"))


def podman(folder: Path, program: str) -> Builder:
    """Podman or Buildah with a store of its own, where no other builder is found."""
    require(program)
    settings = folder / "storage.conf"
    settings.write_text(f'[storage]\ndriver = "vfs"\ngraphroot = "{folder}/store"\nrunroot = "{folder}/run"\n')
    programs = folder / f"only-{program}"
    programs.mkdir(exist_ok=True)
    for place in ("/usr/bin", "/usr/sbin", "/usr/local/bin"):
        for path in Path(place).iterdir():
            if path.name not in {"docker", "podman", "buildah"} - {program} and not (programs / path.name).exists():
                (programs / path.name).symlink_to(path)
    environment = {**os.environ, "PATH": str(programs), "CONTAINERS_STORAGE_CONF": str(settings)}
    return Builder("podman", environment, (program, "build"))


Builders = Callable[[str], Builder]
"""Gives the builder of a name, or skips a test that lacks it."""


@pytest.fixture(scope="module")
def builders(request: pytest.FixtureRequest) -> Iterator[Builders]:
    with TemporaryDirectory(prefix="layerview-", dir="/tmp") as name:
        folder = Path(name)

        def get(name: str) -> Builder:
            if name == "docker":
                return docker()
            return buildx(request.getfixturevalue("newer"), folder) if name == "buildx" else podman(folder, name)

        yield get


@pytest.fixture
def built(tmp_path: Path) -> Iterator[Path]:
    """The file to which the ID of an image is written, which Docker is rid of in the end."""
    file = tmp_path / "id"
    yield file
    for host in {os.environ.get("DOCKER_HOST", ""), os.environ.get("LAYERVIEW_TEST_CONTAINERD_HOST", "")}:
        docker = ("docker", "--host", host) if host else ("docker",)
        if file.exists():
            subprocess.run([*docker, "rmi", "--force", file.read_text()], capture_output=True, check=False)
        # The Docker Engine's own builder builds stages that nothing needs, too.
        prune = ("image", "prune", "--force", "--filter", "label=layerview-test=other")
        subprocess.run([*docker, *prune], capture_output=True, check=False)


ALL = ("docker", "buildx", "podman", "buildah")


@pytest.mark.parametrize("name", ALL)
def test_a_build_is_handed_over_and_its_image_reported(
    builders: Builders, context: Path, built: Path, name: str
) -> None:
    """Each step of its history comes from the lines that are known; where a builder makes one layer of a stage, from all."""
    builder = builders(name)
    done = builder.layerview(
        "--no-cache", "build", "--network", "none", "--iidfile", built, "-t", _NAME, ".", cwd=context
    )
    assert done.returncode == 0, done.stderr.decode()
    said = (done.stdout + done.stderr).decode()
    assert f"{_NAME}  linux/amd64" in said
    assert "  removed  lines  instruction" in said
    reference = f"{builder.scheme}:{built.read_text()}"
    assert said.splitlines()[-1] == f"Explore it: layerview {builder.scheme}:{_NAME}"

    history = builder.layerview("history", reference, "--json", "--dockerfile", context / "Dockerfile", "--no-cache")
    assert (history.returncode, history.stderr) == (0, b"")
    steps = [json.loads(line) for line in history.stdout.splitlines()]
    assert {step["lines"]["file"] for step in steps} == {str(context / "Dockerfile")}
    found = []
    for step in steps:
        first, last = step["lines"]["first"], step["lines"]["last"]
        found.append(str(first) if first == last else f"{first}-{last}")
    own = [numbers for numbers in found if numbers != "7"]
    if name == "buildah":
        assert [numbers for numbers, step in zip(found, steps, strict=True) if step["layer"]] == ["4-7", "13-20"]
        own = [{"4-7": "7", "13-20": "20"}.get(numbers, numbers) for numbers in own]
        own.remove("7")
    assert own == LINES
    triggers = [step["instruction"] for step, numbers in zip(steps, found, strict=True) if numbers == "7"]
    assert all("TRIGGERED" in trigger for trigger in triggers)


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("tag", ["", "built:3"])
def test_what_was_built_goes_by_its_tag_or_by_its_id_as_engines_abbreviate_it(
    builders: Builders, context: Path, built: Path, name: str, tag: str
) -> None:
    builder = builders(name)
    tagged = ("-t", tag) if tag else ()
    done = builder.layerview("--no-cache", "build", "--iidfile", built, *tagged, "--target", "base", ".", cwd=context)
    assert done.returncode == 0, done.stderr.decode()
    called = tag or built.read_text().removeprefix("sha256:")[:12]
    assert f"\n{called}  linux/amd64" in f"\n{done.stdout.decode()}"
    assert done.stderr.decode().splitlines()[-1] == f"Explore it: layerview {builder.scheme}:{called}"
    assert builder.layerview("ls", f"{builder.scheme}:{called}", "--no-cache").stdout


def test_heredocs_belong_to_their_instructions_in_the_stage_that_was_asked_for(
    builders: Builders, context: Path, built: Path
) -> None:
    builder = builders("buildx")
    arguments = ("--network", "none", "-f", "heredocs", "--target", "final", "--iidfile", built, ".")
    assert builder.layerview("--no-cache", "build", *arguments, cwd=context).returncode == 0
    report = builder.layerview(
        "report", f"docker:{built.read_text()}", "-o", "json", "--dockerfile", context / "heredocs", "--no-cache"
    )
    layers = json.loads(report.stdout)["layers"]
    assert [(layer["lines"]["first"], layer["lines"]["last"]) for layer in layers] == [
        (2, 2),
        (4, 8),
        (9, 11),
        (13, 15),
    ]


@pytest.mark.parametrize("name", ALL)
def test_a_build_that_fails_ends_with_the_builder_s_status(builders: Builders, context: Path, name: str) -> None:
    builder = builders(name)
    direct = builder.run(*builder.direct, "-f", context / "failing", context)
    done = builder.layerview("build", "-f", context / "failing", context)
    assert done.returncode == direct.returncode != 0
    assert b"nothing" in done.stderr + done.stdout
    assert b"layerview:" not in done.stderr


def test_a_context_comes_from_standard_input(builders: Builders, built: Path) -> None:
    with BytesIO() as file:
        with tarfile.open(fileobj=file, mode="w") as archive:
            for name, content in (("Dockerfile", b"FROM scratch\nCOPY a /\n"), ("a", b"1")):
                member = tarfile.TarInfo(name)
                member.size = len(content)
                archive.addfile(member, BytesIO(content))
        piped = file.getvalue()
    done = builders("docker").layerview("--no-cache", "build", "--iidfile", str(built), "-", piped=piped)
    assert done.returncode == 0
    assert b"stored 0 times for nothing" in done.stdout


def test_quietly_nothing_but_the_builder_s_own_output_is_printed(
    builders: Builders, context: Path, built: Path
) -> None:
    done = builders("podman").layerview("build", "-q", "--iidfile", built, "--target", "base", context)
    assert done.returncode == 0
    assert done.stdout.decode().strip() == built.read_text().removeprefix("sha256:")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (
            ("--platform", "linux/amd64,linux/s390x"),
            "for 2 platforms.\nExplore one of them: layerview --platform linux/amd64",
        ),
        (("--output", "type=cacheonly"), "--output type=cacheonly leaves no image that can be opened"),
    ],
)
def test_what_cannot_be_opened_is_said(
    builders: Builders, context: Path, built: Path, options: tuple[str, ...], said: str
) -> None:
    written = () if "--output" in options else ("--iidfile", str(built))
    done = builders("buildx").layerview("build", *options, *written, "-t", _NAME, "--target", "base", context)
    assert (done.returncode, done.stdout) == (0, b"")
    assert said in done.stderr.decode()


def test_without_a_builder_it_is_said_what_is_missing(tmp_path: Path) -> None:
    nothing = Builder("", {**os.environ, "PATH": str(tmp_path)}, ())
    done = nothing.layerview("build", ".")
    assert done.returncode == 3
    assert b"docker is not installed, podman is not installed, buildah is not installed" in done.stderr
    assert len(done.stderr.splitlines()) == 2
    assert nothing.layerview("--source", "oci", "build", ".").returncode == 2


@pytest.fixture
def in_terminal(monkeypatch: pytest.MonkeyPatch, context: Path, tmp_path: Path) -> None:
    """The Docker Engine's own builder."""
    monkeypatch.setenv("DOCKER_HOST", docker_host())
    monkeypatch.setenv("DOCKER_BUILDKIT", "0")
    monkeypatch.chdir(tmp_path)


@pytest.mark.usefixtures("in_terminal")
def test_in_a_terminal_the_image_is_explored(context: Path, built: Path) -> None:
    """After the builder's own output; the layers tell their lines, also where the Dockerfile is standard input."""
    line = f"{shlex.join(LAYERVIEW)} build --network none --iidfile {built} -t {_NAME} {context}"
    for options, file in (("", f"{context}/Dockerfile"), (f"-f - < {context}/Dockerfile", "standard input")):
        with Terminal("sh", "-c", f"{line} {options}", controlling=True) as program:
            program.shows("efficiency")
            program.shows(_NAME)
            assert b"Step 1/" in program.output
            program.shows("14-16  RUN echo $WHO > /who")
            program.press(b"\x1b[B1")
            program.shows(f"{file}:14-16")
            program.press(b"q")
            assert program.ended() == 0
            program.assert_as_found()


def test_ctrl_c_is_the_builder_s(
    builders: Builders, context: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name, value in builders("podman").environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    file = context / "slow"
    file.write_text('FROM scratch\nCOPY system /\nENV PATH=/bin\nRUN ["sh", "-c", "echo started; exec sleep 10"]\n')
    with Terminal(
        *LAYERVIEW, "build", "--network", "none", "-f", str(file), "-t", "slow", str(context), controlling=True
    ) as program:
        program.until(lambda: "started" in map(str.strip, program.screen.splitlines()))
        program.press(b"\x03")
        assert program.ended() == 130
        assert b"Traceback" not in program.output
