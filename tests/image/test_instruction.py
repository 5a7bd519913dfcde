"""Instructions, as builders record them and as their authors wrote them."""

from __future__ import annotations

import time

import pytest

from layerview.image import HistoryEntry

_DIGEST = "0123456789ab" + "0" * 52
_POWERSHELL = "powershell -Command $ErrorActionPreference = 'Stop'; $ProgressPreference = 'SilentlyContinue';"


@pytest.mark.parametrize(
    ("builder", "recorded", "written"),
    [
        ("nothing", "", ""),
        ("classic RUN", "/bin/sh -c apt-get update", "RUN apt-get update"),
        ("classic RUN of a comment", "/bin/sh -c #(no op) true", "RUN #(no op) true"),
        ("classic RUN, build arguments", "|2 A=1 B=two words /bin/sh -c make  all", "RUN make  all"),
        ("classic RUN, build arguments, no shell", "|2 A=1 B=2 make all", "RUN make all"),
        ("classic RUN, another shell", "/bin/bash -o pipefail -c a | b", "RUN a | b"),
        ("classic RUN, many options", "/bin/bash -euxo pipefail -c a | b", "RUN a | b"),
        ("classic RUN that names a shell", "/bin/sh -c bash -c 'x'", "RUN bash -c 'x'"),
        ("classic CMD", '/bin/sh -c #(nop)  CMD ["bash"]', 'CMD ["bash"]'),
        ("classic CMD, two words", '/bin/sh -c #(nop)  CMD ["a" "-b"]', 'CMD ["a", "-b"]'),
        ("classic CMD, shell form", '/bin/sh -c #(nop)  CMD ["/bin/sh" "-c" "echo \\"x\\""]', 'CMD echo "x"'),
        ("classic ENV", "/bin/sh -c #(nop)  ENV PATH=/bin A=1", "ENV PATH=/bin A=1"),
        ("classic COPY", f"/bin/sh -c #(nop) COPY file:{_DIGEST} in /x ", "COPY file:0123456789ab in /x"),
        ("classic ADD of a base", f"/bin/sh -c #(nop) ADD file:{_DIGEST} in / ", "ADD file:0123456789ab in /"),
        ("classic COPY with an owner", f"/bin/sh -c #(nop) COPY --chown=1:1 dir:{_DIGEST} in /x ",
         "COPY --chown=1:1 dir:0123456789ab in /x"),
        ("classic EXPOSE", "/bin/sh -c #(nop)  EXPOSE 80 443", "EXPOSE 80 443"),
        ("BuildKit RUN", "RUN /bin/sh -c apt-get update # buildkit", "RUN apt-get update"),
        ("BuildKit RUN, build arguments", "RUN |1 X=y z /bin/sh -c make # buildkit", "RUN make"),
        ("BuildKit RUN, exec form", "RUN make all # buildkit", "RUN make all"),
        ("BuildKit RUN, a script", "RUN /bin/sh -c set -e\nmake\n # buildkit", "RUN set -e\nmake"),
        ("BuildKit RUN, a heredoc", "RUN <<EOF (set -e...) # buildkit", "RUN set -e..."),
        ("BuildKit COPY", "COPY a b /app/ # buildkit", "COPY a b /app/"),
        ("BuildKit COPY of a heredoc", "COPY <<EOF /app/x # buildkit", "COPY <<EOF /app/x"),
        ("BuildKit EXPOSE", "EXPOSE map[443/tcp:{} 80/tcp:{}]", "EXPOSE 443/tcp 80/tcp"),
        ("BuildKit EXPOSE, newer", "EXPOSE [443/tcp 80/tcp]", "EXPOSE 443/tcp 80/tcp"),
        ("BuildKit CMD", 'CMD ["nginx" "-g" "daemon off;"]', 'CMD ["nginx", "-g", "daemon off;"]'),
        ("BuildKit SHELL", "SHELL [/bin/bash -o pipefail -c]", "SHELL [/bin/bash -o pipefail -c]"),
        ("BuildKit WORKDIR", "WORKDIR /app", "WORKDIR /app"),
        ("BuildKit HEALTHCHECK", """HEALTHCHECK &{["CMD-SHELL" "curl -f x || exit 1"] "5m0s" "3s" "0s" '\\x00'}""",
         "HEALTHCHECK --interval=5m0s --timeout=3s CMD curl -f x || exit 1"),
        ("BuildKit HEALTHCHECK, exec form", """HEALTHCHECK &{["CMD" "a" "b"] "0s" "0s" "0s" "0s" '\\x03'}""",
         'HEALTHCHECK CMD ["a", "b"]'),
        ("BuildKit HEALTHCHECK, none", """HEALTHCHECK &{["NONE"] "0s" "0s" "0s" '\\x00'}""", "HEALTHCHECK NONE"),
        ("Podman and Buildah RUN", "/bin/sh -c make", "RUN make"),
        ("Podman and Buildah", "/bin/sh -c #(nop) ENTRYPOINT [\"a\"]", 'ENTRYPOINT ["a"]'),
        ("Podman and Buildah, build arguments", "|1 A=1 /bin/sh -c #(nop) USER 1000", "USER 1000"),
        ("Windows", "cmd /S /C dir", "RUN dir"),
        ("Windows, no RUN", "cmd /S /C #(nop)  ENV A=1", "ENV A=1"),
        ("Windows, PowerShell", f"{_POWERSHELL} Get-Item x", "RUN Get-Item x"),
        ("Windows, PowerShell, no RUN", f"{_POWERSHELL} #(nop) COPY a b", "COPY a b"),
        ("Windows base", "Apply image 10.0.17763.1", "Apply image 10.0.17763.1"),
        ("kaniko", "RUN make all", "RUN make all"),
        ("kaniko COPY", "COPY . /app", "COPY . /app"),
        ("Bazel", "bazel build ...", "bazel build ..."),
        ("ko", "ko build ko://example.com/cmd", "ko build ko://example.com/cmd"),
        ("Debian's own base", "# debian.sh --arch 'amd64' out/ 'bookworm'", "# debian.sh --arch 'amd64' out/ 'bookworm'"),
        ("markup, that is left alone", "RUN [bold]x[/bold]", "RUN [bold]x[/bold]"),
    ],
)  # fmt: skip
def test_instruction_is_shown_as_its_author_wrote_it(builder: str, recorded: str, written: str) -> None:
    assert HistoryEntry(created_by=recorded).instruction == written, builder


@pytest.mark.parametrize(
    "hostile",
    [
        "|9" + " A=1" * 100_000,
        "sh" + " -e" * 100_000,
        'CMD ["' + '\\"' * 100_000,
        'HEALTHCHECK &{["' + '" "' * 100_000,
        "/" * 100_000,
        "a" + " " * 100_000 + "b",
    ],
)
def test_instruction_that_is_made_to_be_slow_is_not(hostile: str) -> None:
    start = time.perf_counter()
    HistoryEntry(created_by=hostile).instruction  # noqa: B018
    assert time.perf_counter() - start < 1
