"""``layerview ls IMAGE -r --json --layer N``, for every N, against those who decide what an image holds.

Each of their images is cut after the same layer. Compared are path, type, mode, owner, size, link, time, device number
and attributes, as far as a judge tells them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory, mkdtemp

import pytest

from tests.archives import docker_archive
from tests.engines import built
from tests.engines.conftest import run
from tests.engines.judges import JUDGES, Cuts, cut
from tests.engines.listings import Difference, Listing, by_layerview, differences
from tests.engines.written import WRITTEN

ENGINES = ("docker", "containerd", "podman", "umoci")

TABLE: dict[str, tuple[str, ...]] = {
    "Debian packages": ENGINES,
    "built by Docker": (*ENGINES, "podman-vfs"),
    "built by BuildKit": ENGINES,
    "built by Podman": ENGINES,
    "built by Buildah": ENGINES,
    "built by umoci": ENGINES,
    "every kind over every kind": ENGINES,
    "hard links": ENGINES,
    "symbolic links": ENGINES,
    "whiteouts": ENGINES,
    "names": ENGINES,
    "attributes": ENGINES,
    "sparse files": ENGINES,
    "empty layers": ENGINES,
    "127 layers": ("umoci",),  # Docker Engine takes no more than 125
}
"""By image, who judges it."""

_UNLISTED = "built by umoci"
"""The image whose layers do not list the folders that they change: all but umoci set the time of these anew."""

_BUILT: dict[str, Callable[[Path], Path]] = {
    "built by Docker": built.by_docker,
    "built by Podman": built.by_podman,
    "built by Buildah": built.by_buildah,
    "built by umoci": built.by_umoci,
}


Verdict = list[tuple[int, list[Difference]]]
"""By number of layers, what is different."""


@pytest.fixture(scope="module")
def verdicts(request: pytest.FixtureRequest) -> Iterator[Callable[[str], Mapping[str, Future[Verdict]]]]:
    """Gives what the judges say of the image of a name. It is made once, and all of them judge it at the same time."""
    with TemporaryDirectory(prefix="layerview-", dir="/tmp") as folder, ThreadPoolExecutor() as pool:

        @cache
        def judged(name: str) -> Mapping[str, Future[Verdict]]:
            place = Path(mkdtemp(dir=folder))
            if name == "Debian packages":
                image = place / "packages.tar"
                run("docker", "save", "--output", image, request.getfixturevalue("packages"))
            elif name == "built by BuildKit":
                image = built.by_buildkit(place, request.getfixturevalue("newer"))
            elif name in _BUILT:
                image = _BUILT[name](place)
            else:
                image = docker_archive(place / "written.tar", *WRITTEN[name]())
            listings, cuts = list(by_layerview(image)), cut(image, place / "cuts")
            if name == _UNLISTED:
                listings = [without_times_of_folders(listing) for listing in listings]
            return {judge: pool.submit(_judge, judge, listings, cuts) for judge in TABLE[name]}

        yield judged


def without_times_of_folders(listing: Listing) -> Listing:
    return {path: row._replace(mtime=None) if row.type == "directory" else row for path, row in listing.items()}


def _judge(name: str, listings: list[Listing], cuts: Cuts) -> Verdict:
    judge = JUDGES[name]
    with closing(judge.listings(cuts)) as judged:
        return [
            (layer, differences(judge.tells(listed), found))
            for layer, (listed, found) in enumerate(zip(listings, judged, strict=True), 1)
        ]


@pytest.mark.parametrize(("image", "judge"), [(image, judge) for image, judges in TABLE.items() for judge in judges])
def test_every_layer_is_what_the_judge_makes_of_it(
    image: str, judge: str, verdicts: Callable[[str], Mapping[str, Future[Verdict]]]
) -> None:
    verdict = verdicts(image)[judge].result()
    assert verdict
    assert [(layer, different) for layer, different in verdict if different] == []
