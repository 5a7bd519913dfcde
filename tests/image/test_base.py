"""Where an image's base ends, and where nothing tells."""

from __future__ import annotations

from layerview.image import Base, Config, Dockerfile, HistoryEntry, Image, Layer, Platform, base_of, located

HEX = "76b8d0c2448f"


def image(*steps: str, comments: dict[int, str] | None = None, layers: int | None = None) -> Image:
    """One with this history; a step that begins with ``-`` made no layer."""
    history = tuple(
        HistoryEntry(
            created_by=step.removeprefix("- "), empty_layer=step[:1] == "-", comment=(comments or {}).get(at, "")
        )
        for at, step in enumerate(steps)
    )
    made = [entry for entry in history if not entry.empty_layer][:layers]
    numbered = tuple(Layer(number, "", entry) for number, entry in enumerate(made, 1))
    return Image("test", "", Platform("linux", "amd64"), Config(history=history), numbered)


def test_a_dockerfile_tells_which_steps_are_its_own() -> None:
    built = image("ADD rootfs.tar /", '- CMD ["sh"]', "RUN /bin/sh -c a # buildkit")
    dockerfile = Dockerfile.parse("ARG TAG=12\nFROM --platform=linux/amd64 debian:$TAG AS base\nRUN a\n", "Dockerfile")
    assert base_of(located(built, dockerfile)) == Base("debian:$TAG", 2)


def test_nothing_is_told_where_the_dockerfile_is_not_the_image_s_or_names_no_base() -> None:
    built = image("ADD rootfs.tar /", "RUN /bin/sh -c a # buildkit")
    assert base_of(located(built, Dockerfile.parse("FROM debian\nRUN b\n", "Dockerfile"))) is None
    assert base_of(located(built, Dockerfile.parse("FROM scratch\nADD rootfs.tar /\nRUN a\n", "Dockerfile"))) is None


def test_buildah_tells_at_the_first_step_after_a_base() -> None:
    """As Buildah 1.28 records a build in layers, of which each comes from the one before, on a base that it built itself."""
    comments = {1: f"FROM {HEX}", 2: "FROM localhost/base:1", 3: f"FROM {HEX}"}
    assert base_of(image("COPY a /", "- ENV X=1", "- ENV Y=1", "COPY b /", comments=comments)) == Base(
        "localhost/base:1", 2
    )
    assert base_of(image("COPY a /", "COPY b /", comments={1: f"FROM {HEX}"})) is None


def test_of_a_build_in_one_layer_steps_that_made_none_may_be_whosever() -> None:
    """As ``buildah build --layers=false`` records it: only the last step has the comment."""
    comments = {2: "FROM localhost/base:1"}
    assert base_of(image("COPY a /", "- ENV Y=1", "COPY b /", comments=comments)) is None
    assert base_of(image("COPY a /", "ADD c /", "COPY b /", comments=comments)) == Base("localhost/base:1", 2)


def test_nothing_is_told_where_layers_and_steps_are_not_the_same() -> None:
    comments = {1: "FROM localhost/base:1"}
    assert base_of(image("COPY a /", "COPY b /", "COPY c /", comments=comments)) == Base("localhost/base:1", 1)
    assert base_of(image("COPY a /", "COPY b /", "COPY c /", comments=comments, layers=2)) is None
