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


def test_year_1_is_not_recorded() -> None:
    """So Go writes a time that there is none of."""
    found = config(created="0001-01-01T00:00:00Z", history=[{"created": "0001-01-01T00:00:00Z"}])
    assert (found.created, found.history) == ("", (HistoryEntry(),))


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


@pytest.mark.parametrize(
    "damaged",
    [
        *(b"", b"x", b"[]", b"null", b"\xff", b"[" * 1_000_000, b'{"rootfs": []}', b'{"rootfs": {"diff_ids": {}}}'),
        *(b'{"rootfs": {"diff_ids": ["x"]}}', b'{"RootFS": {"Diff_IDs": [null]}}'),
    ],
)
def test_what_is_no_config_is_damaged(damaged: bytes) -> None:
    with pytest.raises(DamagedError):
        parse_config(damaged)


@pytest.mark.parametrize(
    ("odd", "path"),
    [
        ('"os": 1', "os"),
        ('"history": {}', "history"),
        ('"history": [1]', "history[0]"),
        ('"history": [{"created": 5}]', "history[0].created"),
        ('"created": []', "created"),
        ('"config": []', "config"),
        ('"config": {"Env": [1], "User": "u"}', "config.Env"),
        ('"config": {"Labels": {"a": 1}}', "config.Labels.a"),
        ('"config": {"Healthcheck": {"Interval": 1e300}}', "config.Healthcheck.Interval"),
    ],
)
def test_what_makes_no_sense_is_a_warning_where_the_layers_do_not_depend_on_it(odd: str, path: str) -> None:
    """Statement 50."""
    found = parse_config(f'{{"author": "me", "rootfs": {{"diff_ids": ["{_A}"]}}, {odd}}}'.encode())
    assert (found.author, found.diff_ids) == ("me", (_A,))
    layers, warnings = join(found)
    assert len(layers) == 1
    assert [each for each in warnings if each.startswith(f"The image's config is read without {path}: ")] == [*warnings]
    assert len(warnings) == 1


def test_members_are_known_in_any_case() -> None:
    """Statement 50."""
    found = config(
        OS="linux",
        Created="2024-01-01T00:00:00Z",
        CONFIG={"env": ["A=1"], "CMD": ["x"], "exposedports": {"80/tcp": {}}, "healthcheck": {"TEST": ["NONE"]}},
        RootFS={"Diff_IDs": [_A]},
        History=[{"Created_By": "RUN x", "EMPTY_LAYER": False}],
    )
    assert found.diff_ids == (_A,)
    assert (found.platform.os, found.created) == ("linux", "2024-01-01T00:00:00Z")
    assert (found.env, found.cmd, found.exposed_ports) == (("A=1",), ("x",), ("80/tcp",))
    assert found.healthcheck == Healthcheck(("NONE",))
    assert found.history == (HistoryEntry(created_by="RUN x"),)


def test_command_of_one_text_is_a_list_of_one() -> None:
    """Statement 50."""
    found = config(config={"Cmd": "sh -c x", "Entrypoint": "", "Env": "A=1"})
    assert (found.cmd, found.entrypoint, found.env) == (("sh -c x",), ("",), ("A=1",))


def test_keys_whose_values_are_null_are_kept() -> None:
    """Statement 50."""
    found = config(config={"ExposedPorts": {"80/tcp": None}, "Volumes": {"/v": None}, "Labels": {"a": None}})
    assert (found.exposed_ports, found.volumes, found.labels) == (("80/tcp",), ("/v",), {"a": ""})


def test_null_in_the_history_is_a_step_where_a_layer_has_none_else() -> None:
    """Statement 50."""
    told = {"created_by": "RUN a"}
    none = {"created_by": "ENV A=1", "empty_layer": True}

    def instructions(diff_ids: list[str], *history: object) -> list[str]:
        return [each.instruction for each in config(rootfs={"diff_ids": diff_ids}, history=history).history]

    assert instructions([_A, _B], None, told) == ["", "RUN a"]
    assert instructions([_A], None, told, None) == ["RUN a"]
    assert instructions([_A], None, none) == ["", "ENV A=1"]
    assert instructions([], None) == []


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
