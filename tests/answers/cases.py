"""Small images that dive is known to answer wrongly about, each with a question and what is right."""

from __future__ import annotations

import gzip
import tarfile
from dataclasses import dataclass
from pathlib import Path

from layerview.layers.zstd import zstd
from tests.answers.asked import Question, attributes, change, files, name, order, row, waste
from tests.builders import Entry, device, directory, file, hardlink, layer, opaque, symlink, whiteout
from tests.sources.images import (
    Layout,
    Link,
    Members,
    Saved,
    docker_archive,
    folder,
    for_platform,
    image,
    sha256,
    simple,
    tar,
)
from tests.sources.writers import docker_build, rules_oci_load, without_history


@dataclass(frozen=True)
class Case:
    """An image and a question."""

    name: str
    image: bytes | Members
    """An archive, or a folder."""
    question: Question
    right: str
    statement: int
    """Of docs/semantics.md, that says so."""
    held_by: str
    """The test that holds layerview to it: its file in tests/, and its name without ``test_``."""

    def write(self, path: Path) -> Path:
        """The archive or folder, there."""
        if isinstance(self.image, bytes):
            path.write_bytes(self.image)
            return path
        return folder(path, self.image)


def _saved(*layers: tuple[Entry, ...]) -> bytes:
    """What docker save writes of these layers, the lowest first."""
    return tar(docker_archive(Saved(image(*(layer(*entries) for entries in layers)))))


KB = b"1" * 1000
A, Z = file("a", KB), file("z", KB)
FOLDER = (directory("d"), file("d/a", KB))
ASPECT = "filesystem/test_changes.py each_aspect_of_a_path_counts"
CHARGED = "analysis/test_waste.py bytes_are_charged_to_who_stores_and_who_hides_them"

TREE = (
    Case(
        "a folder is made opaque, as `COPY --link` does",
        _saved(FOLDER, (directory("d"), opaque("d"), file("d/b"))),
        files(2),
        "d d/b",
        2,
        "filesystem/test_whiteouts.py opaque_marker_removes_lower_children_and_keeps_those_of_its_layer",
    ),
    Case(
        "a whiteout of what is not there",
        _saved((A,), (whiteout("missing"), file("b"))),
        files(2),
        "a b",
        5,
        "filesystem/test_whiteouts.py whiteout_of_a_missing_path_removes_nothing",
    ),
    Case(
        "a whiteout in the lowest layer",
        _saved((whiteout("missing"), A), (file("b"),)),
        files(2),
        "a b",
        4,
        "filesystem/test_whiteouts.py whiteouts_never_appear",
    ),
    Case(
        "one layer removes a file and adds another in its place",
        _saved((A, Z), (whiteout("a"), file("a", b"2"))),
        change("a", 2),
        "modified",
        1,
        "filesystem/test_whiteouts.py whiteout_spares_what_its_own_layer_adds_before_or_after_it",
    ),
    Case(
        "the same with a name that sorts before the dot",
        _saved((file("+a"), Z), (whiteout("+a"), file("+a", b"2")), (file("b"),)),
        files(3),
        "+a b z",
        1,
        "filesystem/test_whiteouts.py whiteout_spares_what_its_own_layer_adds_before_or_after_it",
    ),
    Case(
        "a file is removed by one layer and added again by the next",
        _saved((A, Z), (whiteout("a"),), (A,)),
        files(3, since_the_first=True),
        "a z",
        15,
        "filesystem/test_replacement.py path_removed_and_added_again_has_both_in_its_history",
    ),
    Case(
        "a folder is replaced by a file",
        _saved((*FOLDER, Z), (file("d"),)),
        files(2),
        "d z",
        11,
        "filesystem/test_replacement.py anything_else_over_a_folder_removes_all_below_it",
    ),
    Case(
        "a path lies below a symbolic link of its own layer",
        _saved((directory("usr"), directory("usr/lib"), symlink("lib", "usr/lib"), file("lib/a"))),
        files(1),
        "lib usr usr/lib usr/lib/a",
        14,
        "filesystem/test_replacement.py entry_behind_a_link_of_the_same_layer_lands_where_the_link_points",
    ),
    Case("a file has another time", _saved((A, Z), (file("a", KB, mtime=1),)), change("a", 2), "modified", 16, ASPECT),
    Case(
        "a file has another extended attribute",
        _saved((A, Z), (file("a", KB, xattrs={"security.capability": b"\1\0\0\2" + bytes(16)}),)),
        change("a", 2),
        "modified",
        16,
        ASPECT,
    ),
    Case(
        "a symbolic link has another target",
        _saved((symlink("a", "b"), Z), (symlink("a", "c"),)),
        change("a", 2),
        "modified",
        16,
        ASPECT,
    ),
    Case(
        "a device has another number",
        _saved((device("a", 1, 3), Z), (device("a", 1, 5),)),
        change("a", 2),
        "modified",
        16,
        ASPECT,
    ),
    Case(
        "no layer lists a folder, only what is in it",
        _saved((A,), (file("d/b"),)),
        attributes("d", 2),
        "drwxr-xr-x 0:0",
        12,
        "filesystem/test_replacement.py parent_that_no_layer_lists_exists_as_0755_root",
    ),
    Case(
        "a layer adds to a folder that it does not list",
        _saved((directory("d", mode=0o700, uid=7), file("d/a")), (file("d/b"),)),
        attributes("d", 2),
        "drwx------ 7:0",
        12,
        "filesystem/test_replacement.py parent_that_a_layer_does_not_list_keeps_the_lower_metadata",
    ),
    Case(
        "a name is not UTF-8",
        _saved((file(b"caf\xe9"),)),
        name(),
        r"caf\xe9",
        32,
        "reports/test_listing.py statement_32_a_name_that_is_not_utf8_comes_through_unchanged",
    ),
    Case(
        "a name has an escape sequence",
        _saved((file("a\x1b[31mb"), Z)),
        row(),
        r"a\x1b[31mb",
        32,
        "test_escapes.py text_has_no_control_character_but_the_newline",
    ),
)

BYTES = (
    Case("a file is stored twice", _saved((A,), (A,)), waste(), "1,000, 50%", 24, CHARGED),
    Case("a file's mode is changed", _saved((A,), (file("a", KB, mode=0o600),)), waste(), "1,000, 50%", 24, CHARGED),
    Case("a file is replaced", _saved((A,), (file("a", KB * 3),)), waste(), "1,000, 75%", 24, CHARGED),
    Case("a folder is removed", _saved((*FOLDER, Z), (whiteout("d"),)), waste(), "1,000, 50%", 24, CHARGED),
    Case("a folder is made opaque", _saved((*FOLDER, Z), (opaque("d"),)), waste(), "1,000, 50%", 24, CHARGED),
    Case("a folder is replaced by a file", _saved((*FOLDER, Z), (file("d"),)), waste(), "1,000, 50%", 24, CHARGED),
    Case("a file is removed and added again", _saved((A,), (whiteout("a"),), (A,)), waste(), "1,000, 50%", 24, CHARGED),
    Case(
        "one of two hard-linked names is removed",
        _saved((A, hardlink("b", "a")), (whiteout("a"),)),
        waste(),
        "0, 100%",
        22,
        "analysis/test_waste.py a_hard_linked_file_is_wasted_when_its_last_name_goes",
    ),
    Case(
        "one layer holds a file twice",
        _saved((A, file("./a", KB[::-1]))),
        waste(),
        "1,000, 50%",
        24,
        "analysis/test_waste.py a_path_that_one_layer_holds_twice_is_charged_to_it_on_both_sides",
    ),
    Case(
        "a file is stored again behind a whiteout of what is not there",
        _saved((Z,), (whiteout("missing"), Z)),
        waste(),
        "1,000, 50%",
        5,
        "filesystem/test_whiteouts.py whiteout_of_a_missing_path_removes_nothing",
    ),
)


def _archives() -> tuple[Case, ...]:
    one, two = layer(A, file("b")), layer(Z, file("y"))
    saved = docker_archive(Saved(image(one, two)))
    linked = docker_archive(Saved(image(one, two)))
    linked |= {"own.tar": one, f"{sha256(one)}/layer.tar": Link("../own.tar")}
    layout = Layout()
    plain = layout.of(layout.image(image(one, two)))
    ordered = Layout()
    many = ordered.of(ordered.image(image(*(layer(file(f"{number:02}")) for number in range(40)))))
    platforms = Layout()
    both = platforms.index(
        *(
            platforms.image(simple(name, platform=f"linux/{name}"), **for_platform(f"linux/{name}"))
            for name in ("amd64", "arm64")
        )
    )
    comment = tarfile.TarInfo.create_pax_global_header({"comment": "of git archive"})
    return (
        Case("two images", tar(docker_archive(Saved(image(one)), Saved(image(two), ("demo:2",)))), files(),
             "refuses: docker-archive:FILE has 2 images", 40,
             "sources/test_archives.py without_a_name_they_are_listed_as_one_would_write_them"),
        Case("a layer that is a link to another member", tar(linked), files(), "a b y z", 37,
             "sources/test_archives.py layer_may_be_a_link_to_another_member"),
        Case("an archive with `repositories` only", tar(docker_build(without_history(one, two), "demo", "1")), files(),
             "a b y z", 37, "sources/test_archives.py archive_of_an_old_docker_has_only_repositories"),
        Case("an archive that is compressed as a whole", gzip.compress(tar(saved)), files(), "a b y z", 37,
             "sources/test_archives.py image_and_layers_are_read_however_the_archive_is_packed"),
        Case("an OCI layout as a folder", plain, files(), "a b y z", 38,
             "sources/test_archives.py layers_are_read_however_they_are_compressed"),
        Case("an OCI archive of forty layers", tar(many), order(40), "that of the manifest", 38,
             "sources/test_archives.py layers_are_read_however_they_are_compressed"),
        Case("an OCI archive for two platforms", tar(platforms.of(both)), files(), "amd64", 39,
             "sources/test_archives.py nested_index_is_searched_for_the_platform"),
        Case("zstd in a layer named `.tar.gz`, as by rules_oci",
             tar(rules_oci_load(without_history(one, two, blobs=(zstd.compress(one), zstd.compress(two))))), files(),
             "a b y z", 35, "sources/test_writers.py load_names_every_layer_as_gzip"),
        Case("a layer with a PAX global header", tar(docker_archive(Saved(image(comment + one, two)))), files(), "a b y z", 31,
             "layers/test_tar.py pax_global_comment_changes_nothing"),
        Case("a history that tells of more layers than there are",
             tar(docker_archive(Saved(image(one, two, history=[{"created_by": step} for step in "abc"])))), files(),
             "a b y z", 34, "sources/test_archives.py history_that_tells_of_more_layers"),
        Case("an image without a layer", tar(docker_archive(Saved(image()))), files(), "none", 41,
             "sources/test_archives.py image_without_a_layer"),
    )  # fmt: skip


SECTIONS = {"The file tree": TREE, "Bytes": BYTES, "Archives": _archives()}
