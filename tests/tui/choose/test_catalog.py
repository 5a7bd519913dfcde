"""Which images are shown, in which order, and what is known of them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from msgspec.structs import replace

from layerview.errors import ServiceError, UsageError
from layerview.inquiry import Completed, Detailed, Failed
from layerview.tui.choose.catalog import Catalog, Order
from layerview.tui.choose.describe import age, describe_listed
from tests.tui.choose.listed import ARM, DANGLING, DEBIAN, DOCKER, LONG, MB, NOW, OLDER, PODMAN, SHOP, listed, told


def catalog(*engines: str) -> Catalog:
    """Of these engines, none of which has answered yet."""
    return Catalog(engines)


@pytest.fixture
def full() -> Catalog:
    """Docker and Podman have told all."""
    made = catalog("docker", "podman")
    for event in (*told("docker", DOCKER), *told("podman", PODMAN)):
        made.take(event)
    return made


def names(catalog: Catalog) -> list[str]:
    return [row.name for row in catalog.rows]


def test_the_newest_comes_first_and_what_has_no_date_last(full: Catalog) -> None:
    assert names(full) == [
        "shop:1", "shop:latest", "shop:1-arm64", LONG.names[0], "debian:12", "shop:0.9", "localhost/tools:latest",
        "localhost/empty:1",
    ]  # fmt: skip


def test_an_image_has_a_row_for_each_name_which_opens_it_by_that_name(full: Catalog) -> None:
    assert [row.reference for row in full.rows if row.image.id == SHOP.id] == ["docker:shop:1", "docker:shop:latest"]


def test_an_image_without_a_name_is_shown_when_asked_for_and_opened_by_its_id(full: Catalog) -> None:
    assert full.unnamed == 1 and "" not in names(full)
    full.show_dangling(True)
    row = full.rows[names(full).index("")]
    assert row.reference == f"docker:{DANGLING.id}"
    full.show_dangling(False)
    assert "" not in names(full)


@pytest.mark.parametrize(
    ("order", "first", "last"),
    [
        (Order.NAME, "debian:12", "shop:latest"),
        (Order.SIZE, "localhost/tools:latest", "localhost/empty:1"),
        (Order.ALONE, "localhost/tools:latest", "localhost/empty:1"),
        (Order.SHARED, "shop:0.9", "shop:1-arm64"),
    ],
)
def test_each_order_has_its_first_and_its_last(full: Catalog, order: Order, first: str, last: str) -> None:
    full.sort(order)
    assert (names(full)[0], names(full)[-1]) == (first, last)


def test_removing_an_image_frees_what_no_other_has(full: Catalog) -> None:
    """Those without a name count, whether they are shown or not."""
    share = full.share_of(SHOP)
    assert share and (share.shared, share.alone) == (192 * MB, 12 * MB)
    debian = full.share_of(DEBIAN)
    assert debian and (debian.shared, debian.alone) == (74 * MB, 0)


def test_nothing_is_said_of_what_is_shared_before_all_layers_are_known() -> None:
    made = catalog("docker")
    made.take(listed("docker", DOCKER))
    made.take(Detailed("docker", DOCKER[:4]))
    assert made.share_of(SHOP) is None and made.stored is None and made.detailed == 4
    made.take(Detailed("docker", DOCKER[4:]))
    made.take(Completed.of("docker", DOCKER))
    assert made.share_of(SHOP) is not None


def test_every_layer_is_counted_once(full: Catalog) -> None:
    full.show_engine("docker")
    assert full.stored == (74 + 118 + 12 + 11 + 300 + 31 + 190) * MB


def test_only_the_engine_that_is_asked_for_is_shown(full: Catalog) -> None:
    full.show_engine("podman")
    assert names(full) == ["localhost/tools:latest", "localhost/empty:1"] and full.count == 2
    full.show_engine("")
    assert full.count == 8


def test_a_filter_finds_names_and_ids(full: Catalog) -> None:
    full.filter("shop:.*1")
    assert names(full) == ["shop:1", "shop:1-arm64"]
    assert full.matches == 2
    full.filter(ARM.id[7:19])
    assert names(full) == ["shop:1-arm64"]
    with pytest.raises(UsageError, match="not a regular expression"):
        full.filter("(")
    assert names(full) == ["shop:1-arm64"]


def test_two_images_can_be_marked_and_a_third_takes_the_place_of_the_first(full: Catalog) -> None:
    for row in full.rows[:3]:
        full.mark(row)
    assert list(full.marks) == [row.key for row in full.rows[1:3]]
    full.mark(full.rows[1])
    assert list(full.marks) == [full.rows[2].key]


def test_what_is_gone_when_asked_again_is_marked_no_more_and_counts_no_more(full: Catalog) -> None:
    full.mark(full.rows[full.find(("docker", OLDER.id, "shop:0.9")) or 0])
    full.ask_again()
    assert full.pending == ["docker", "podman"] and len(full.rows) == 8
    for event in told("docker", (SHOP, DEBIAN)):
        full.take(event)
    assert full.marks == () and full.count_of("docker") == 2
    share = full.share_of(SHOP)
    assert share and share.alone == 130 * MB


def test_an_engine_that_fails_leaves_the_others_images() -> None:
    made = catalog("docker", "podman")
    made.take(Failed("podman", ServiceError("Podman cannot be reached")))
    for event in told("docker", DOCKER):
        made.take(event)
    assert len(made.rows) == 6 and made.failure is None and not made.pending


def test_where_no_engine_answers_what_each_said_is_the_error() -> None:
    made = catalog("docker", "podman")
    made.take(Failed("docker", ServiceError("The Docker Engine cannot be reached")))
    assert made.failure is None
    made.take(Failed("podman", ServiceError("Podman cannot be reached")))
    assert made.failure and made.failure.exit_status == 3
    assert "The Docker Engine cannot be reached; Podman cannot be reached" in made.failure.message
    assert "layerview FILE" in made.failure.hint


def test_where_there_is_no_engine_that_is_the_error() -> None:
    failure = catalog().failure
    assert failure and "no engine is here" in failure.message and failure.exit_status == 3


def test_what_nobody_counts_is_not_said_to_be_nothing() -> None:
    """Of an image without history the Docker Engine tells no sizes of layers."""
    bare = replace(SHOP, layers=tuple(replace(layer, size=None) for layer in SHOP.layers or ()))
    made = catalog("docker")
    for event in told("docker", (bare,)):
        made.take(event)
    described = describe_listed(made.rows[0], made.share_of(bare), NOW)
    assert [line.text for line in described if line.label in ("alone", "shared")] == [
        "an unknown number of bytes, which removing it with all its names would free",
        "an unknown number of bytes in layers that other images have, too",
    ]


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(-5, "just now"), (59, "just now"), (90, "2 minutes ago"), (86_400, "a day ago"), (370 * 86_400, "1 year ago")],
)
def test_an_age_is_told_in_its_largest_unit(seconds: int, said: str) -> None:
    assert age(NOW - timedelta(seconds=seconds), NOW) == said
