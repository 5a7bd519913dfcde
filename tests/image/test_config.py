"""Configs, and the layers and the history that they are joined to (statement 34)."""

from __future__ import annotations

import json
from typing import Any

import pytest

from layerview.errors import DamagedError
from layerview.image import Config, Healthcheck, HistoryEntry, Image, Platform, join, parse_config

_A, _B = f"sha256:{'a' * 64}", f"sha256:{'b' * 64}"


def config(**more: Any) -> Config:
    """A config of JSON."""
    return parse_config(json.dumps(more).encode())


def test_all_that_a_config_says_is_read() -> None:
    found = config(
        architecture="arm64",
        os="linux",
        variant="v8",
        created="2024-01-01T00:00:00.5Z",
        author="me",
        rootfs={"type": "layers", "diff_ids": [_A]},
        history=[{"created_by": "RUN x", "created": "2024-01-01T00:00:00Z", "author": "me", "comment": "buildkit"}],
        config={
            "User": "1000:1000",
            "ExposedPorts": {"80/tcp": {}, "443/tcp": {}},
            "Env": ["PATH=/bin", "A="],
            "Entrypoint": ["/init", "--"],
            "Cmd": ["sh"],
            "Volumes": {"/data": {}},
            "WorkingDir": "/app",
            "Labels": {"a": "b", "c": ""},
            "StopSignal": "SIGINT",
            "Healthcheck": {"Test": ["CMD-SHELL", "true || false"], "Interval": 5_000_000_000, "Retries": 3},
            "Hostname": "ignored",
        },
    )
    assert found == Config(
        platform=Platform("linux", "arm64", "v8"),
        created="2024-01-01T00:00:00.5Z",
        author="me",
        diff_ids=(_A,),
        history=(HistoryEntry("2024-01-01T00:00:00Z", "RUN x", "me", "buildkit"),),
        user="1000:1000",
        exposed_ports=("80/tcp", "443/tcp"),
        env=("PATH=/bin", "A="),
        entrypoint=("/init", "--"),
        cmd=("sh",),
        volumes=("/data",),
        working_dir="/app",
        labels={"a": "b", "c": ""},
        stop_signal="SIGINT",
        healthcheck=Healthcheck(("CMD-SHELL", "true || false"), interval=5_000_000_000, retries=3),
    )


def test_what_is_null_or_absent_is_empty() -> None:
    nothing = {"Env": None, "Cmd": None, "Labels": None, "Volumes": None, "Healthcheck": None, "User": None}
    assert config(config=nothing, history=None, created=None) == config() == config(config=None) == Config()


def test_windows_version_is_read() -> None:
    assert config(**{"os": "windows", "os.version": "10.0.17763.1"}).platform.os_version == "10.0.17763.1"


@pytest.mark.parametrize(
    ("check", "written"),
    [
        (Healthcheck(("CMD-SHELL", "true || false")), "CMD true || false"),
        (Healthcheck(("CMD", "a", "b"), interval=1_500_000_000, retries=2), "--interval=1.5s --retries=2 CMD a b"),
        (Healthcheck(("NONE",)), "NONE"),
        (Healthcheck(), "inherited"),
    ],
)
def test_health_check_is_shown_as_a_dockerfile_has_it(check: Healthcheck, written: str) -> None:
    assert str(check) == written


@pytest.mark.parametrize("damaged", [b"", b"x", b"[]", b'{"os": []}', b'{"history": [1]}', b"\xff", b"[" * 1_000_000])
def test_what_is_no_config_is_damaged(damaged: bytes) -> None:
    with pytest.raises(DamagedError):
        parse_config(damaged)


def steps(diff_ids: list[str], *history: tuple[str, bool]) -> tuple[list[tuple[str, int | None]], int]:
    """Instruction and layer of each step, and how many warnings there are."""
    entries = [{"created_by": made_by, "empty_layer": empty} for made_by, empty in history]
    found = config(rootfs={"diff_ids": diff_ids}, history=entries)
    layers, warnings = join(found)
    for layer in layers:
        assert layer.history is None or not layer.history.empty_layer
    image = Image("x", "", found.platform, found, layers)
    return [(entry.instruction, layer.number if layer else None) for entry, layer in image.steps], len(warnings)


def test_history_entries_stand_for_the_layers_in_order() -> None:
    assert steps([_A, _B], ("FROM", False), ("ENV A=1", True), ("RUN x", False)) == (
        [("FROM", 1), ("ENV A=1", None), ("RUN x", 2)],
        0,
    )


def test_layers_beyond_the_history_are_not_recorded() -> None:
    assert steps([_A, _B], ("FROM", False)) == ([("FROM", 1), ("", 2)], 0)
    assert steps([_A]) == ([("", 1)], 0)


def test_history_beyond_the_layers_is_a_warning() -> None:
    assert steps([_A], ("FROM", False), ("RUN x", False)) == ([("FROM", 1), ("RUN x", None)], 1)


def test_image_without_layers_keeps_its_history() -> None:
    assert steps([], ("ENV A=1", True)) == ([("ENV A=1", None)], 0)
