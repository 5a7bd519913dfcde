from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from layerview import __version__
from layerview.cli import main
from layerview.cli.commands import NAMES
from tests.archives import docker_archive
from tests.builders import directory, file, layer, whiteout
from tests.waiting import PATIENCE

Output = pytest.CaptureFixture[str]

_COMMAND = [sys.executable, "-m", "layerview"]


@pytest.fixture
def archive(tmp_path: Path) -> str:
    """An image of two layers: ``etc/passwd``, then the same changed and ``etc/hosts`` added."""
    return str(
        docker_archive(
            tmp_path / "image.tar",
            layer(directory("etc"), file("etc/passwd", b"old")),
            layer(file("etc/passwd", b"newer"), file("etc/hosts")),
            history=[
                {"created_by": "/bin/sh -c #(nop) COPY dir:0 in /", "created": "2025-03-10T10:00:00Z"},
                {"created_by": "ENV A=b", "empty_layer": True},
                {"created_by": "RUN /bin/sh -c true # buildkit"},
            ],
        )
    )


@pytest.fixture
def damaged(tmp_path: Path) -> str:
    """An image whose second layer ends in the middle of a file."""
    return str(docker_archive(tmp_path / "damaged.tar", layer(file("a", b"x")), layer(file("b", b"x" * 5_000))[:1_000]))


def test_ls_lists_a_folder(archive: str, capsys: Output) -> None:
    assert main(["ls", archive, "etc"]) == 0
    assert [line.split("  ")[-1] for line in capsys.readouterr().out.splitlines()] == ["etc/hosts", "etc/passwd"]


def test_ls_lists_the_largest_files_of_the_image_and_of_all_that_layers_store(archive: str, capsys: Output) -> None:
    assert main(["ls", archive, "--largest", "1", "--json"]) == 0
    (largest,) = map(json.loads, capsys.readouterr().out.splitlines())
    assert main(["ls", archive, "--stored", "--json"]) == 0
    stored = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert largest["size"] == max(row["size"] for row in stored if row["hidden_by"] is None)


def test_ls_lists_a_layer_s_tree_and_its_changes(archive: str, capsys: Output) -> None:
    assert main(["ls", archive, "-r", "--layer", "1", "--json"]) == 0
    assert [json.loads(line)["path"] for line in capsys.readouterr().out.splitlines()] == [".", "etc", "etc/passwd"]
    assert main(["ls", archive, "-r", "--changes", "2", "--json"]) == 0
    rows = map(json.loads, capsys.readouterr().out.splitlines())
    assert [(row["path"], row["change"]) for row in rows] == [("etc/hosts", "added"), ("etc/passwd", "modified")]


def test_history_lists_every_step(archive: str, capsys: Output) -> None:
    assert main(["history", archive]) == 0
    lines = capsys.readouterr().out.splitlines()[1:]
    assert [line.split("  ")[-1] for line in lines] == ["COPY dir:0 in /", "ENV A=b", "RUN true"]
    assert main(["history", archive, "--json"]) == 0
    steps = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(step["layer"], step["size"], step["instruction"]) for step in steps] == [
        (1, 3, "COPY dir:0 in /"),
        (None, 0, "ENV A=b"),
        (2, 5, "RUN true"),
    ]


def test_report_writes_several_formats_to_several_places(archive: str, tmp_path: Path, capsys: Output) -> None:
    assert main(["report", archive, "-o", f"json={tmp_path / 'report.json'}", "-o", "text"]) == 0
    assert json.loads((tmp_path / "report.json").read_text())["wasted_bytes"] == 3
    assert "wasted bytes" in capsys.readouterr().out


def test_report_goes_to_standard_output_by_any_of_its_names(archive: str, tmp_path: Path, capsys: Output) -> None:
    """A minus is a file where it is named as one."""
    assert main(["report", archive, "-o", "json"]) == 0
    told = capsys.readouterr().out
    for words in (["--json"], ["-o", "json=-"], ["--json", "-o", f"text={tmp_path / 'text'}"]):
        assert main(["report", archive, *words]) == 0
        assert capsys.readouterr().out == told
    assert main(["report", archive, "-o", f"json={tmp_path}/-"]) == 0
    assert ((tmp_path / "-").read_text(), capsys.readouterr().out) == (told, "")


@pytest.mark.parametrize("words", ["-o json -o text", "-o text --json", "-o text=- -o json", "-o json=- -o text=-"])
def test_report_puts_no_two_formats_into_one_stream(words: str, archive: str, capsys: Output) -> None:
    assert main(["report", archive, *words.split()]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("layerview: json and text cannot both go to standard output\n")


@pytest.mark.parametrize("words", ["--json --json", "-o json --json", "-o json=- -o json"])
def test_report_that_is_told_twice_is_one_document(words: str, archive: str, capsys: Output) -> None:
    assert main(["report", archive, *words.split()]) == 0
    json.loads(capsys.readouterr().out)


def test_report_is_text_unless_told(archive: str, capsys: Output) -> None:
    assert main(["report", archive]) == 0
    assert "wasted bytes" in capsys.readouterr().out


def test_demo_writes_an_archive_that_every_command_reads(tmp_path: Path, capsys: Output) -> None:
    path = str(tmp_path / "demo.tar")
    assert main(["demo", "--archive", path]) == 0
    assert path in capsys.readouterr().out
    assert main(["report", path, "-o", "json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["image"]["tags"] == ["demo/app:1"]
    assert report["wasted_bytes"] > 0


def test_common_options_stand_before_or_behind_the_command(archive: str, capsys: Output) -> None:
    for arguments in (["--platform", "linux/amd64", "ls", archive], ["ls", archive, "--platform", "linux/amd64"]):
        assert main(arguments) == 0
        assert "etc" in capsys.readouterr().out


def test_a_platform_is_heeded(archive: str, capsys: Output) -> None:
    assert main(["ls", archive, "--platform", "linux/riscv64"]) == 2
    assert capsys.readouterr().err


def test_help_tells_every_command(capsys: Output) -> None:
    assert main([]) == main(["--help"]) == main(["-h"]) == 0
    out = capsys.readouterr().out
    for command in (
        "layerview IMAGE",
        "layerview ls IMAGE",
        "layerview history IMAGE",
        "layerview report IMAGE",
        "layerview demo [",
    ):
        assert out.count(command) == 3


def test_version(capsys: Output) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"layerview {__version__}\n"


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["ls", "--help"], ["report", "-h"]])
def test_help_and_version_import_neither_textual_nor_docker(arguments: list[str]) -> None:
    program = (
        "import sys; from layerview.cli import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "sys.exit('textual' in sys.modules or 'docker' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program, *arguments], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr


def test_the_version_is_told_without_what_commands_need() -> None:
    program = (
        "import sys; from layerview.cli import main; main(['--version'])\n"
        "sys.exit(', '.join({'argparse', 'dataclasses', 'humanize', 'tempfile', 'layerview.image'} & sys.modules.keys()) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("name", [name for name in NAMES if name != "help"])
def test_a_command_imports_no_other(name: str) -> None:
    program = (
        "import sys; from layerview.cli import main; main(sys.argv[1:])\n"
        f"others = {{f'layerview.cli.{{name}}' for name in {NAMES} if name not in ('help', {name!r})}}\n"
        "sys.exit(', '.join(others & sys.modules.keys()) or 0)"
    )
    absent = {"PATH": "/nowhere"}  # so that there is no builder
    done = subprocess.run(
        [sys.executable, "-c", program, name, "--bogus"], env={**os.environ, **absent}, capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["ls"], "IMAGE"),
        (["ls", "IMAGE", "--layer", "0"], "counted from 1"),
        (["ls", "IMAGE", "--layer", "two"], "counted from 1"),
        (["ls", "IMAGE", "--layer", "1", "--changes", "1"], "not allowed with"),
        (["ls", "IMAGE", "--stored", "--changes", "1"], "not allowed with"),
        (["ls", "IMAGE", "--largest", "0"], "no number of files"),
        (["ls", "IMAGE", "--colour"], "--colour"),
        (["report", "IMAGE", "-o", "yaml"], "no format 'yaml'"),
        (["report", "IMAGE", "-o", "json="], "names no file"),
        (["one", "two", "three"], "three"),
        (["cache", "--pull"], "--pull"),
        (["--pull", "demo"], "--pull"),
        (["--pull", "build", "."], "--pull"),
        (["shared", "--pull"], "--pull"),
        (["--platform"], "--platform"),
        (["ls", "ARCHIVE", "--layer", "3"], "there is no layer 3"),
        (["ls", "ARCHIVE", "nothing"], "there is no nothing"),
        (["ls", "ARCHIVE", "--platform", "a/b/c/d"], "no platform"),
        (["ls", "/absent.tar"], "/absent.tar"),
        (["ls", __file__], "test_cli.py"),
        (["report", "ARCHIVE", "-o", "json=/absent/report"], "/absent/report cannot be written"),
    ],
)
def test_a_fault_is_one_or_two_lines_and_status_2(
    arguments: list[str], message: str, archive: str, capsys: Output
) -> None:
    assert main([archive if argument == "ARCHIVE" else argument for argument in arguments]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert message in err
    assert 1 <= len(err.splitlines()) <= 2
    assert "Traceback" not in err


def test_an_engine_that_does_not_answer_is_status_3(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Output
) -> None:
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/absent.sock")
    assert main(["ls", "docker:image"]) == 3
    assert 1 <= len(capsys.readouterr().err.splitlines()) <= 2


def test_verbose_prints_where_an_error_came_from(capsys: Output) -> None:
    assert main(["--verbose", "ls", "/absent.tar"]) == 2
    assert "Traceback" in capsys.readouterr().err


def test_a_damaged_layer_is_named_and_the_rest_is_listed(damaged: str, capsys: Output) -> None:
    assert main(["ls", damaged]) == 2
    out, err = capsys.readouterr()
    assert out.split()[-1] == "a"
    assert "layer 2" in err
    assert len(err.splitlines()) <= 2


def test_a_damaged_layer_is_named_in_the_report(damaged: str, capsys: Output) -> None:
    assert main(["report", damaged, "-o", "json"]) == 2
    report = json.loads(capsys.readouterr().out)
    assert not report["complete"]
    assert report["layers"][1]["error"]
    assert report["total_bytes"] == 1


def test_statement_32_an_error_that_quotes_the_image_is_harmless(archive: str, capsys: Output) -> None:
    assert main(["ls", archive, "\x1b[2J"]) == 2
    assert r"\x1b[2J" in capsys.readouterr().err


def test_odd_things_in_layers_are_told_with_verbose(tmp_path: Path, capsys: Output) -> None:
    odd = str(docker_archive(tmp_path / "odd.tar", layer(file("../a"), whiteout("b"))))
    assert main(["ls", odd]) == 0
    assert capsys.readouterr().err == ""
    assert main(["ls", odd, "--verbose"]) == 0
    assert "layer 1: ../a: " in capsys.readouterr().err


def test_what_is_odd_about_a_whole_layer_is_told_without_a_path(tmp_path: Path, capsys: Output) -> None:
    (tmp_path / "odd.tar").write_bytes(layer(file("a"))[:512] + bytes(512) + layer(file("b")))
    assert main(["ls", str(tmp_path / "odd.tar"), "--verbose"]) == 0
    assert "layer 1: entries behind a single block of zeros" in capsys.readouterr().err


def test_without_a_terminal_exploring_says_what_serves_instead(archive: str) -> None:
    for arguments in ([archive], ["demo"]):
        done = subprocess.run(
            [*_COMMAND, *arguments], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
        )
        assert done.returncode == 2
        assert "layerview report" in done.stderr
        assert len(done.stderr.splitlines()) == 2


def test_a_reader_that_goes_away_is_no_error(tmp_path: Path) -> None:
    many = docker_archive(tmp_path / "many.tar", layer(*(file(f"file-{number}") for number in range(5_000))))
    process = subprocess.Popen([*_COMMAND, "ls", str(many)], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout
    process.stdout.readline()
    process.stdout.close()
    assert process.wait(PATIENCE) == 141
    assert process.stderr
    assert process.stderr.read() == b""
    process.stderr.close()


def test_ctrl_c_ends_with_status_130_and_without_a_word(tmp_path: Path) -> None:
    archive = docker_archive(tmp_path / "image.tar", layer(file("a", bytes(4 << 20))))
    process = subprocess.Popen(
        [*_COMMAND, "report", "-"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert process.stdin
    process.stdin.write(
        archive.read_bytes()[: 2 << 20]
    )  # more than a pipe holds: it reads, and then waits for the rest
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=PATIENCE)
    assert (process.returncode, out, err) == (130, b"", b"")


def test_names_are_printed_where_the_terminal_s_encoding_does_not_know_them(archive: str, tmp_path: Path) -> None:
    japanese = docker_archive(tmp_path / "japanese.tar", layer(file("カメラ")))
    done = subprocess.run(
        [*_COMMAND, "ls", str(japanese)],
        env={**os.environ, "PYTHONIOENCODING": "ascii"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert r"\u30ab" in done.stdout


def test_commands_that_are_shown_are_quoted_for_a_shell(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """So that a name with a blank, or with what a shell would run, is one word."""
    name = str(tmp_path / "my image; reboot.tar")
    assert main(["demo", "--archive", name]) == 0
    assert f"layerview '{name}' opens it." in capsys.readouterr().out
    assert main([name]) == 2
    assert f"layerview report '{name}'" in capsys.readouterr().err
    assert main([name, name]) == 2
    assert f"layerview diff '{name}' '{name}'" in capsys.readouterr().err
