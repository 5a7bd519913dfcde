"""Dockerfiles: which lines each instruction stands in, whatever stands between them."""

from __future__ import annotations

import pytest

from layerview.image import Dockerfile
from layerview.image.dockerfile import expanded


def read(text: str) -> list[tuple[str, str, str]]:
    """Keyword, text and line numbers of each instruction, FROM included."""
    found = Dockerfile.parse(text, "Dockerfile")
    stages = ([stage.start, *stage.instructions] for stage in found.stages)
    instructions = (*found.arguments, *(each for stage in stages for each in stage))
    return [(each.keyword, each.text, each.lines.numbers) for each in instructions]


@pytest.mark.parametrize(
    ("what", "text", "expected"),
    [
        ("nothing", "", []),
        ("comments and empty lines between", "# a\n\nFROM x\n  # b\n\nRUN y\n",
         [("FROM", "x", "3"), ("RUN", "y", "6")]),
        ("an instruction of several lines", "FROM x\nRUN a && \\\n  b \\\n  c\nRUN d",
         [("FROM", "x", "1"), ("RUN", "a &&   b   c", "2-4"), ("RUN", "d", "5")]),
        ("comments and empty lines within", "FROM x\nRUN a \\\n# no\n\n  # no\n  b\nRUN d",
         [("FROM", "x", "1"), ("RUN", "a   b", "2-6"), ("RUN", "d", "7")]),
        ("blanks behind the backslash", "FROM x\nRUN a \\ \t\n  b", [("FROM", "x", "1"), ("RUN", "a   b", "2-3")]),
        ("two backslashes", "FROM x\nRUN a \\\\\nRUN b", [("FROM", "x", "1"), ("RUN", "a \\\\", "2"), ("RUN", "b", "3")]),
        ("a backslash at the end", "FROM x\nRUN a \\\n# no", [("FROM", "x", "1"), ("RUN", "a", "2")]),
        ("small letters", "from x\nrun y", [("FROM", "x", "1"), ("RUN", "y", "2")]),
        ("lines of Windows", "FROM x\r\nRUN a \\\r\n  b\r\n", [("FROM", "x", "1"), ("RUN", "a   b", "2-3")]),
        ("a byte order mark", "\ufeffFROM x", [("FROM", "x", "1")]),
        ("another escape", "# syntax=a/b:1\n# escape=`\nFROM x\nRUN dir C:\\\nRUN a `\n b",
         [("FROM", "x", "3"), ("RUN", "dir C:\\", "4"), ("RUN", "a  b", "5-6")]),
        ("an escape that comes too late", "# hello\n# escape=`\nFROM x\nRUN a `\nRUN b",
         [("FROM", "x", "3"), ("RUN", "a `", "4"), ("RUN", "b", "5")]),
        ("flags", "FROM --platform=$P x\nCOPY --from=a --chown=1:1 a b\nRUN --mount=type=cache,target=/x y --z",
         [("FROM", "x", "1"), ("COPY", "a b", "2"), ("RUN", "y --z", "3")]),
        ("a heredoc", "FROM x\nRUN <<EOF\na\n# kept\n\nEOF\nRUN b",
         [("FROM", "x", "1"), ("RUN", "<<EOF", "2-6"), ("RUN", "b", "7")]),
        ("two heredocs, quoted", "FROM x\nCOPY <<'A' <<-\"B\" /d/\nB\nA\n\tb\n\tB\nRUN b",
         [("FROM", "x", "1"), ("COPY", "<<'A' <<-\"B\" /d/", "2-6"), ("RUN", "b", "7")]),
        ("a heredoc after several lines", "FROM x\nRUN cat \\\n <<E > f\nE\nRUN b",
         [("FROM", "x", "1"), ("RUN", "cat  <<E > f", "2-4"), ("RUN", "b", "5")]),
        ("no heredoc: in quotes", "FROM x\nRUN echo \"a <<EOF b\"\nRUN b",
         [("FROM", "x", "1"), ("RUN", 'echo "a <<EOF b"', "2"), ("RUN", "b", "3")]),
        ("no heredoc: a shift", "FROM x\nRUN echo $((1<<2)) <<<x\nRUN b",
         [("FROM", "x", "1"), ("RUN", "echo $((1<<2)) <<<x", "2"), ("RUN", "b", "3")]),
        ("no heredoc: without an end", "FROM x\nRUN cat <<EOF\nRUN b",
         [("FROM", "x", "1"), ("RUN", "cat <<EOF", "2"), ("RUN", "b", "3")]),
        ("no heredoc: not where one may be", "FROM x\nENV A <<EOF\nRUN b\nEOF",
         [("FROM", "x", "1"), ("ENV", "A <<EOF", "2"), ("RUN", "b", "3"), ("EOF", "", "4")]),
        ("no Dockerfile", "\0\x1b]\nhello \\\n\n", [("\0\x1b]".upper(), "", "1"), ("HELLO", "", "2")]),
    ],
)  # fmt: skip
def test_an_instruction_has_the_lines_it_stands_in(what: str, text: str, expected: list[tuple[str, str, str]]) -> None:
    assert read(text) == expected, what


def test_lines_are_as_they_stand_there() -> None:
    (stage,) = Dockerfile.parse("FROM x\nRUN a \\\n\t# b\n  c\n", "docker/Dockerfile").stages
    lines = stage.instructions[0].lines
    assert lines.text == ("RUN a \\", "\t# b", "  c")
    assert str(lines) == "docker/Dockerfile:2-4"


STAGES = """
ARG BASE=bottom
ARG OTHER=${BASE}-$TARGETARCH
FROM scratch AS bottom
RUN a
ONBUILD RUN b
FROM --platform=linux/amd64 ${BASE} AS Middle
RUN c
FROM middle
RUN d
FROM $OTHER as top
RUN e
FROM image:1
RUN f
"""


@pytest.mark.parametrize(
    ("target", "values", "start", "instructions"),
    [
        ("bottom", {}, 4, "RUN a ONBUILD RUN b"),
        ("middle", {}, 4, "RUN a ONBUILD RUN b RUN b RUN c"),
        ("middle", {"BASE": "debian"}, 7, "RUN c"),
        ("2", {}, 4, "RUN a ONBUILD RUN b RUN b RUN c RUN d"),
        ("TOP", {}, 11, "RUN e"),
        ("top", {"OTHER": "bottom"}, 4, "RUN a ONBUILD RUN b RUN b RUN e"),
        ("4", {}, 13, "RUN f"),
    ],
)
def test_a_stage_goes_on_from_the_stages_it_starts_from(
    target: str, values: dict[str, str], start: int, instructions: str
) -> None:
    """Triggers of a stage fire in those that start from it, and not in those that start from these."""
    found = Dockerfile.parse(STAGES, "Dockerfile")
    (stage,) = found.stages_called(target)
    chain = found.chain(stage, values)
    assert chain.start.lines.first == start
    assert " ".join(f"{each.keyword} {each.text}" for each in chain.instructions) == instructions


def test_there_is_no_stage_that_is_not_named() -> None:
    assert not Dockerfile.parse(STAGES, "Dockerfile").stages_called("none")
    assert not Dockerfile.parse(STAGES, "Dockerfile").stages_called("5")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("$A-${A}", "1-1"), ("$B", ""), (r"\$A", "$A"), ("${B:-x}", "x"), ("${E:-x}${E-y}", "x"), ("${A:+x}${B:+y}", "x"),
        ("${E+x}${E:+y}", "x"), ("${B:-${A}2}", "12"), ("${A", "${A"), ("$", "$"),
    ],
)  # fmt: skip
def test_variables_are_as_in_a_shell(text: str, expected: str) -> None:
    assert expanded(text, {"A": "1", "E": ""}) == expected


@pytest.mark.parametrize(
    "hostile",
    [
        "FROM x\nRUN <<A " + "\"'" * 50_000,
        "FROM x\nRUN " + "<<A " * 20_000 + "\nA" * 10,
        "FROM x\nRUN " + "--a=b " * 50_000,
        "FROM " + "${A:-" * 50_000,
        "FROM x\n" + "RUN \\\n#\n" * 50_000,
    ],
)
def test_what_is_made_to_be_slow_is_read_all_the_same(hostile: str) -> None:
    found = Dockerfile.parse(hostile, "Dockerfile")
    assert found.chain(found.stages[0], {}).start.lines.first == 1
