"""References, as Docker reads them."""

from __future__ import annotations

import pytest

from layerview.errors import UsageError
from layerview.image import Reference, is_image_id, same_name

_DIGEST = "sha256:" + "0123456789abcdef" * 4


@pytest.mark.parametrize(
    ("text", "canonical", "familiar"),
    [
        ("ubuntu", "docker.io/library/ubuntu:latest", "ubuntu:latest"),
        ("ubuntu:22.04", "docker.io/library/ubuntu:22.04", "ubuntu:22.04"),
        ("library/ubuntu:22.04", "docker.io/library/ubuntu:22.04", "ubuntu:22.04"),
        ("docker.io/ubuntu", "docker.io/library/ubuntu:latest", "ubuntu:latest"),
        ("index.docker.io/a/b", "docker.io/a/b:latest", "a/b:latest"),
        ("a/b:1", "docker.io/a/b:1", "a/b:1"),
        ("ghcr.io/a/b/c", "ghcr.io/a/b/c:latest", "ghcr.io/a/b/c:latest"),
        ("localhost/a", "localhost/a:latest", "localhost/a:latest"),
        ("localhost:5000/a:1", "localhost:5000/a:1", "localhost:5000/a:1"),
        ("host:5000/a", "host:5000/a:latest", "host:5000/a:latest"),
        ("[::1]:5000/a", "[::1]:5000/a:latest", "[::1]:5000/a:latest"),
        ("HOST/a", "HOST/a:latest", "HOST/a:latest"),
        (f"ubuntu@{_DIGEST}", f"docker.io/library/ubuntu@{_DIGEST}", f"ubuntu@{_DIGEST}"),
        (
            f"localhost:5000/a/b:1@{_DIGEST}",
            f"localhost:5000/a/b:1@{_DIGEST}",
            f"localhost:5000/a/b:1@{_DIGEST}",
        ),
        ("a--b/c__d.e_f", "docker.io/a--b/c__d.e_f:latest", "a--b/c__d.e_f:latest"),
        ("a:" + "x" * 128, "docker.io/library/a:" + "x" * 128, "a:" + "x" * 128),
    ],
)
def test_reference_is_completed_as_docker_does(text: str, canonical: str, familiar: str) -> None:
    reference = Reference.parse(text)
    assert str(reference) == canonical
    assert reference.familiar == familiar
    assert Reference.parse(canonical) == Reference.parse(familiar) == reference


@pytest.mark.parametrize(
    "text",
    ["", "Ubuntu", "a/B", "a b", "a:", ":1", "a:-1", "a:" + "x" * 129, "a//b", "/a", "a/", "a@", "a@sha256:12", "-a",
     "a___b", "a..b", "http://a/b", "a\n", "a:1:2", "@" + _DIGEST, "é", "x" * 256, "host:port/a"],
)  # fmt: skip
def test_what_is_no_reference_is_refused(text: str) -> None:
    with pytest.raises(UsageError) as raised:
        Reference.parse(text)
    assert raised.value.hint


@pytest.mark.parametrize(
    ("text", "can_be"),
    [("0123456789ab", True), (_DIGEST, True), ("sha256:0123", True), ("ab", True), ("xyz", False), ("a" * 65, False)],
)
def test_image_id_or_its_beginning_is_recognised(text: str, can_be: bool) -> None:
    assert is_image_id(text) is can_be


def test_names_are_the_same_however_much_is_left_out() -> None:
    assert same_name("ubuntu", "docker.io/library/ubuntu:latest")
    assert same_name("v1/ Odd", "v1/ Odd")
    assert not same_name("ubuntu:1", "ubuntu:2")
    assert same_name(f"ubuntu:1@{_DIGEST}", f"ubuntu@{_DIGEST}")
    assert not same_name("Odd", "odd")
