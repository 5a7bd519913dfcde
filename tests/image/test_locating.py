"""Which lines each step of a history comes from, in what each builder records."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from layerview.image import Config, Dockerfile, HistoryEntry, Image, Layer, Platform, located

_DIGEST = "0123456789ab" + "0" * 52


def image(*steps: str) -> Image:
    """One with this history; a step that begins with ``-`` made no layer."""
    history = tuple(
        HistoryEntry(created_by=step.removeprefix("- "), empty_layer=step.startswith("- ")) for step in steps
    )
    made = (entry for entry in history if not entry.empty_layer)
    layers = tuple(Layer(number, f"sha256:{number:064x}", entry) for number, entry in enumerate(made, 1))
    return Image("test", "sha256:0", Platform("linux", "amd64"), Config(history=history), layers)


def numbers(found: Image) -> list[str]:
    """The line numbers of each step."""
    return [entry.lines.numbers if entry.lines else "" for entry in found.config.history]


def lines(dockerfile: str, *steps: str, target: str = "", **arguments: str) -> list[str]:
    """The line numbers of each step."""
    return numbers(located(image(*steps), Dockerfile.parse(dockerfile, "Dockerfile"), target, arguments))


@pytest.mark.parametrize(
    ("builder", "written", "recorded"),
    [
        ("classic RUN", "RUN a &&  b", "/bin/sh -c a &&  b"),
        ("classic RUN with arguments", "RUN echo $A", "|2 A=1 B=two words /bin/sh -c echo $A"),
        ("classic RUN, exec form", 'RUN ["/bin/a", "-b"]', "|1 A=1 /bin/a -b"),
        ("classic RUN of a shell, exec form", 'RUN ["/bin/bash", "-c", "a"]', "/bin/bash -c a"),
        ("classic COPY", "COPY --chown=1:1 a b /c/", f"/bin/sh -c #(nop) COPY --chown=1:1multi:{_DIGEST} in /c/ "),
        ("classic COPY, a variable", "COPY a $B/c", f"/bin/sh -c #(nop) COPY file:{_DIGEST} in /b/c "),
        ("classic COPY, exec form", 'COPY ["a", "/c d/"]', f"/bin/sh -c #(nop) COPY dir:{_DIGEST} in /c d/ "),
        ("classic ADD", "ADD a.tar /", f"/bin/sh -c #(nop) ADD file:{_DIGEST} in / "),
        ("classic ENV", "ENV A=1 B=\"two words\" C=x\\ y", "- /bin/sh -c #(nop)  ENV A=1 B=two words C=x y"),
        ("classic ENV, a variable", "ENV A=${B:-1}/$C D=2", "- /bin/sh -c #(nop)  ENV A=x/y D=2"),
        ("classic ENV, old form", "env a b c", "- /bin/sh -c #(nop)  ENV a=b c"),
        ("classic LABEL", 'LABEL a=b "c d"=\'e f\'', "- /bin/sh -c #(nop)  LABEL a=b c d=e f"),
        ("classic ARG", "ARG A=1", "- /bin/sh -c #(nop)  ARG A=1"),
        ("classic CMD", 'CMD ["a","b c"]', '- /bin/sh -c #(nop)  CMD ["a" "b c"]'),
        ("classic CMD, shell form", 'CMD echo "$A"', '- /bin/sh -c #(nop)  CMD ["/bin/sh" "-c" "echo \\"$A\\""]'),
        ("classic EXPOSE", "EXPOSE 80 443/udp $A 7000-7002", "- /bin/sh -c #(nop)  EXPOSE 1 443/udp 7000-7002 80"),
        ("classic VOLUME", "VOLUME /a /b", "- /bin/sh -c #(nop)  VOLUME [/a /b]"),
        ("classic WORKDIR", "WORKDIR b/./c/", "/bin/sh -c #(nop) WORKDIR /a/b/c"),
        ("classic HEALTHCHECK", "HEALTHCHECK --interval=5m CMD a || b",
         """- /bin/sh -c #(nop)  HEALTHCHECK &{["CMD-SHELL" "a || b"] "5m0s" "0s" "0s" '\\x00'}"""),
        ("classic ONBUILD", "ONBUILD RUN a", "- /bin/sh -c #(nop)  ONBUILD RUN a"),
        ("BuildKit RUN", "RUN --mount=type=cache,target=/a b", "RUN /bin/sh -c b # buildkit"),
        ("BuildKit RUN with arguments", "RUN b", "RUN |3 X=1 A= B=2 /bin/sh -c b # buildkit"),
        ("BuildKit COPY", "COPY --link --from=x --chmod=644 a $B/c", "COPY --chmod=644 a /b/c # buildkit"),
        ("BuildKit ADD", "ADD --checksum=sha256:0 a b /c/", "ADD a b /c/ # buildkit"),
        ("BuildKit ENV", "ENV A=1 B='two words'", "- ENV A=1 B=two words"),
        ("BuildKit ARG given", "ARG V=1 W", "- ARG V=3 W=4"),
        ("BuildKit EXPOSE", "EXPOSE 80 7000-7001", "- EXPOSE [7000/tcp 7001/tcp 80/tcp]"),
        ("BuildKit EXPOSE, older", "EXPOSE 80", "- EXPOSE map[80/tcp:{}]"),
        ("BuildKit ENTRYPOINT", "ENTRYPOINT exec a", '- ENTRYPOINT ["/bin/sh" "-c" "exec a"]'),
        ("BuildKit WORKDIR", "WORKDIR $A", "WORKDIR /a/1"),
        ("BuildKit MAINTAINER", "MAINTAINER me <me@x>", "- MAINTAINER me <me@x>"),
        ("BuildKit STOPSIGNAL", "STOPSIGNAL $S", "- STOPSIGNAL SIGTERM"),
        ("Buildah RUN", "RUN --network=none   a", "/bin/sh -c --network=none   a"),
        ("Buildah RUN, exec form", 'RUN ["a", "b"]', '|2 V=1 W=2 /bin/sh -c ["a", "b"]'),
        ("Buildah COPY", "COPY --from=0 a /", f"/bin/sh -c #(nop) COPY dir:{_DIGEST} in /      "),
        ("Buildah ENV", 'env A=1  B="two $C"', '- /bin/sh -c #(nop) env A=1  B="two $C"'),
        ("Buildah ARG", "ARG V=1", "- /bin/sh -c #(nop) ARG W V"),
        ("Buildah WORKDIR", "WORKDIR b/./c/", "- /bin/sh -c #(nop) WORKDIR b/./c/"),
        ("Buildah HEALTHCHECK", "HEALTHCHECK --interval=5m CMD a", "- /bin/sh -c #(nop) HEALTHCHECK --interval=5m CMD a"),
    ],
)  # fmt: skip
def test_an_instruction_is_known_by_what_the_builder_records(builder: str, written: str, recorded: str) -> None:
    steps = ("/bin/sh -c one", recorded, "/bin/sh -c two")
    assert lines(f"FROM x\nRUN one\n# a\n{written}\nRUN two", "base", *steps) == ["1", "2", "4", "5"], builder


@pytest.mark.parametrize(
    ("written", "recorded"),
    [
        ("RUN <<EOF\na\n# b\nEOF", "RUN /bin/sh -c a\n# b\n # buildkit"),
        ("RUN <<EOF\n#!/bin/a\nb\nEOF", "RUN /bin/sh -c /dev/pipes/EOF # buildkit"),
        ("RUN <<-E cat > a\n\tb\n\tE", "RUN /bin/sh -c <<-E cat > a\n\tb\nE # buildkit"),
        ("RUN cat <<A <<'B' > c\na\nA\nb\nB", "RUN /bin/sh -c cat <<A <<'B' > c\na\nA\nb\nB # buildkit"),
        ('COPY <<A <<"B" c /d/\n$a\nA\nB', "COPY c <<A <<B /d/ # buildkit"),
        ("RUN <<EOF\na\nb\nEOF", "/bin/sh -c <<EOF\na\nb"),
    ],
)
def test_a_heredoc_belongs_to_its_instruction(written: str, recorded: str) -> None:
    last = 2 + written.count("\n")
    assert lines(f"FROM scratch\n{written}\nRUN c", recorded, "/bin/sh -c c") == [f"2-{last}", str(last + 1)]


def test_a_shell_is_the_one_that_was_set_before() -> None:
    dockerfile = 'FROM x\nSHELL ["/bin/own", "-e"]\nRUN a\nCMD b\nRUN c'
    steps = ("- SHELL [/bin/own -e]", "RUN /bin/own -e a # buildkit", '- CMD ["/bin/own" "-e" "b"]', "/bin/own -e c")
    assert lines(dockerfile, "base", *steps) == ["1", "2", "3", "4", "5"]


BASE = "FROM scratch AS base\nCOPY a /\nONBUILD RUN b\n"


def test_a_stage_s_steps_come_from_all_the_stages_it_starts_from() -> None:
    """A trigger's lines are where it is written; BuildKit records no ONBUILD, Buildah may ignore it."""
    dockerfile = f"{BASE}FROM debian AS other\nRUN no\nFROM base\nRUN c"
    copy = f"/bin/sh -c #(nop) COPY file:{_DIGEST} in / "
    classic = (copy, "- /bin/sh -c #(nop)  ONBUILD RUN b", "/bin/sh -c b", "/bin/sh -c c")
    assert lines(dockerfile, *classic) == ["2", "3", "3", "7"]
    assert lines(dockerfile, "COPY a / # buildkit", "RUN /bin/sh -c b # buildkit", "RUN /bin/sh -c c") == [
        "2",
        "3",
        "7",
    ]
    assert lines(dockerfile, copy, "- /bin/sh -c #(nop) ONBUILD RUN b", "/bin/sh -c c") == ["2", "3", "7"]


def test_the_stage_is_the_one_that_is_named_or_the_last_that_has_all_the_steps() -> None:
    dockerfile = f"{BASE}FROM base AS one\nRUN c\nFROM debian AS two\nRUN d\nFROM debian AS three\nRUN c"
    assert lines(dockerfile, "base", "RUN d", target="two") == ["6", "7"]
    assert lines(dockerfile, "base", "RUN d") == ["6", "7"]
    assert lines(dockerfile, "base", "RUN c") == ["8", "9"]
    assert lines(dockerfile, "COPY a /", "RUN b", "RUN c", target="one") == ["2", "3", "5"]
    assert lines(dockerfile, "base", "RUN c", target="two") == ["", ""]


def test_a_variable_may_name_the_stage_another_starts_from() -> None:
    dockerfile = "ARG B=one\nFROM x AS one\nRUN a\nFROM x AS amd64\nRUN b\nFROM $B AS c\nRUN c\nFROM $TARGETARCH\nRUN d"
    assert lines(dockerfile, "base", "RUN a", "RUN c", target="c") == ["2", "3", "7"]
    assert lines(dockerfile, "base", "RUN b", "RUN c", target="c", B="amd64") == ["4", "5", "7"]
    assert lines(dockerfile, "base", "RUN b", "RUN d") == ["4", "5", "9"]


def test_what_was_done_to_an_image_later_has_no_lines() -> None:
    """Labels by an option, a commit, and what a container has changed."""
    for later in ("- /bin/sh -c #(nop)  LABEL a=b", "bash", "changed by the container x, running"):
        assert lines("FROM x\nRUN a\nCMD b", "base", "RUN a", "- CMD b", later) == ["1", "2", "3", ""]


def test_from_where_the_two_part_nothing_is_named() -> None:
    found = located(
        image("base", "RUN a", "RUN b", "RUN c", "- CMD d"), Dockerfile.parse("FROM x\nRUN a\nRUN B\nRUN c\nCMD d", "f")
    )
    assert numbers(found) == ["", "", "", "4", "5"]
    assert found.warnings == ("f:3 is not how the image was built: only the last 2 steps name their lines",)
    assert [layer.history and layer.history.lines for layer in found.layers[:3]] == [None] * 3
    assert found.layers[3].history == found.config.history[3]


@pytest.mark.parametrize(
    "dockerfile", ["", "RUN a", "FROM x", "FROM x\nRUN other", "FROM scratch\nRUN a\nRUN a\nRUN a"]
)
def test_another_image_s_dockerfile_names_nothing(dockerfile: str) -> None:
    found = numbers(located(image("base", "RUN b"), Dockerfile.parse(dockerfile, "Dockerfile")))
    assert found == ["", ""]


def test_a_layer_that_a_builder_makes_of_a_whole_stage_has_all_its_lines() -> None:
    """As Buildah does unless it is told --layers."""
    copy, nop = f"/bin/sh -c #(nop) COPY file:{_DIGEST} in / ", "/bin/sh -c #(nop)"
    dockerfile = "FROM base\nCOPY a /\n# b\nRUN c \\\n d\nENV E=1"
    assert lines(dockerfile, "base", f"- {copy}", "- /bin/sh -c c  d", f"{nop} ENV E=1") == ["1", "2", "4-5", "2-6"]
    dockerfile = "FROM base\nCOPY a /\nRUN c"
    assert lines(dockerfile, "base", f"- {nop} CMD x", f"- {copy}", "/bin/sh -c c") == ["1", "1", "2", "2-3"]
    dockerfile = "FROM base\nCOPY b /other\nRUN c\nENV E=1"
    assert lines(dockerfile, "base", f"- {copy}", "- /bin/sh -c c", f"{nop} ENV E=1") == ["", "", "3", ""]


@dataclass(frozen=True)
class Made:
    """An instruction as it is written, in as many lines, and as builders record it."""

    written: str
    recorded: dict[str, str]


WORDS = st.lists(
    st.text("abc/-.=1", min_size=1, max_size=6).filter(lambda word: word[0] in "abc"), min_size=1, max_size=5
)
BREAKS = st.sampled_from([" ", "  ", " \\\n", " \\\n    ", " \\\n# a comment\n  ", " \\\n\n  "])


@st.composite
def runs(draw: st.DrawFn) -> Made:
    parts = draw(WORDS)
    breaks = [draw(BREAKS) for _ in parts[1:]]
    written = "RUN " + parts[0] + "".join(gap + part for gap, part in zip(breaks, parts[1:], strict=True))
    command = "   ".join(parts)
    arguments = draw(st.sampled_from(["", "|1 A=1 ", "|2 A=x y B=2 "]))
    plain = f"{arguments}/bin/sh -c {command}"
    return Made(written, {"classic": plain, "BuildKit": f"RUN {plain} # buildkit", "Buildah": plain})


@st.composite
def others(draw: st.DrawFn) -> Made:
    keyword = draw(st.sampled_from(["COPY", "ENV", "USER", "CMD"]))
    word = draw(st.sampled_from(["/a", "/b", "/c"]))
    if keyword == "COPY":
        classic = f"/bin/sh -c #(nop) COPY file:{_DIGEST} in {word} "
        return Made(f"COPY x {word}", {"classic": classic, "BuildKit": f"COPY x {word} # buildkit", "Buildah": classic})
    text = f"K={word}" if keyword == "ENV" else word
    told = f'CMD ["/bin/sh" "-c" "{word}"]' if keyword == "CMD" else f"{keyword} {text}"
    nop = "- /bin/sh -c #(nop) "
    return Made(
        f"{keyword} {text}", {"classic": f"{nop} {told}", "BuildKit": f"- {told}", "Buildah": f"{nop}{keyword} {text}"}
    )


BETWEEN = st.sampled_from(["", "\n", "# a comment\n", "\n   # RUN a\n\n"])
DOCKERFILES = st.lists(st.tuples(BETWEEN, runs() | others()), min_size=1, max_size=8)
BUILDERS = st.sampled_from(["classic", "BuildKit", "Buildah"])


def written(made: Sequence[tuple[str, Made]]) -> tuple[str, list[str]]:
    """A Dockerfile, and the line numbers of each of its instructions."""
    text, known = "FROM x\n", []
    for between, each in made:
        text += between
        first = text.count("\n") + 1
        text += each.written + "\n"
        last = text.count("\n")
        known.append(str(first) if first == last else f"{first}-{last}")
    return text, known


@given(DOCKERFILES, BUILDERS, st.lists(st.sampled_from(["base", "- base", "/bin/sh -c a"]), max_size=3))
def test_every_step_of_a_build_names_its_own_lines(made: list[tuple[str, Made]], builder: str, base: list[str]) -> None:
    text, known = written(made)
    assert lines(text, *base, *(each.recorded[builder] for _, each in made)) == ["1"] * len(base) + known


@given(DOCKERFILES, BUILDERS, st.integers(0, 7))
def test_an_instruction_that_changed_since_is_not_named_nor_any_before(
    made: list[tuple[str, Made]], builder: str, at: int
) -> None:
    at %= len(made)
    text, known = written(made)
    steps = [each.recorded[builder] for _, each in made]
    steps[at] = "RUN /bin/sh -c what nothing else is # buildkit"
    assert lines(text, "base", *steps) == [""] * (at + 2) + known[at + 1 :]


@given(st.text(max_size=200), st.lists(st.text(max_size=60), max_size=5))
def test_whatever_is_written_and_recorded_is_borne(dockerfile: str, steps: list[str]) -> None:
    assert len(lines(f"FROM x\n{dockerfile}", *steps)) == len(steps)
