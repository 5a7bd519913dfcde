"""What images share, held against a model that knows nothing but sets."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from layerview.analysis.sharing import Group, Holding, groups, largest_sizes, pairs, share, stored_bytes
from layerview.image import ListedImage, ListedLayer
from tests.strategies import NAMES  # noqa: F401  its profile of Hypothesis

_PLACES = ("docker", "podman")
_SIZES = {"a": 1, "b": 20, "c": 300, "d": 4_000, "e": 0, "f": None}
_MORE = {"docker": 1, "podman": 2}
"""Places count each layer differently."""


def _layers(place: str, names: str) -> tuple[ListedLayer, ...]:
    sizes = ((name, _SIZES[name]) for name in names)
    return tuple(ListedLayer(name, None if size is None else size * _MORE[place]) for name, size in sizes)


def _image(place: str, names: str, id: str = "") -> Holding:
    return Holding(place, id or names, _layers(place, names))


_NAMED = st.lists(st.sampled_from("abcdef"), max_size=5).map("".join)
_IMAGES = st.lists(st.builds(_image, st.sampled_from(_PLACES), _NAMED), max_size=7)


def _bytes(place: str, layers: set[str]) -> int:
    """Of layers that are written as all that is below them, and themselves."""
    return sum((_SIZES[each[-1]] or 0) * _MORE[place] for each in layers)


def _stacked(image: Holding) -> set[str]:
    names = "".join(layer.diff_id for layer in image.layers)
    return {names[:end] for end in range(1, len(names) + 1)}


@given(_IMAGES)
def test_bytes_are_shared_or_alone_or_unknown(images: Sequence[Holding]) -> None:
    distinct = {(image.place, image.id): image for image in images}
    for image, told in zip(images, share(images), strict=True):
        others = [other for key, other in distinct.items() if key != (image.place, image.id)]
        here = set[str]().union(*(_stacked(other) for other in others if other.place == image.place))
        anywhere = {layer.diff_id for other in others for layer in other.layers}
        assert told.shared == _bytes(image.place, _stacked(image) & here)
        assert told.alone == _bytes(image.place, _stacked(image) - here)
        assert told.size == sum(layer.size or 0 for layer in image.layers)
        assert told.common == sum(layer.size or 0 for layer in image.layers if layer.diff_id in anywhere)
        assert told.common_layers == sum(layer.diff_id in anywhere for layer in image.layers)
        assert told.unknown == sum(layer.size is None for layer in image.layers)


@given(_IMAGES)
def test_removing_an_image_frees_what_it_has_alone(images: Sequence[Holding]) -> None:
    for image, told in zip(images, share(images), strict=True):
        left = [other for other in images if (other.place, other.id) != (image.place, image.id)]
        assert stored_bytes(images) - stored_bytes(left) == told.alone


@given(_IMAGES)
def test_groups_hold_every_layer_once_with_all_that_have_it(images: Sequence[Holding]) -> None:
    found = groups(images)
    layers = [layer.diff_id for group in found for layer in group.layers]
    assert len(layers) == len(set(layers))
    assert set(layers) == {layer.diff_id for image in images for layer in image.layers}
    first = {(image.place, image.id): number for number, image in reversed(list(enumerate(images)))}
    for group in found:
        for layer in group.layers:
            having = [n for n in sorted(first.values()) if layer.diff_id in {each.diff_id for each in images[n].layers}]
            assert group.members == tuple(having)
            assert layer.size == largest_sizes(images)[layer.diff_id]
    assert found == sorted(found, key=lambda group: (-len(group.members), -group.bytes, group.members))


@given(_IMAGES)
def test_two_images_have_in_common_what_both_hold(images: Sequence[Holding]) -> None:
    distinct = list({(image.place, image.id): image for image in images}.values())
    sizes = largest_sizes(distinct)
    expected = {}
    for (one, first), (other, second) in combinations(enumerate(distinct), 2):
        both = {layer.diff_id for layer in first.layers} & {layer.diff_id for layer in second.layers}
        if both:
            expected[one, other] = (len(both), sum(sizes[diff_id] or 0 for diff_id in both))
    assert pairs(groups(distinct)) == expected


def test_a_layer_on_top_of_different_ones_is_in_common_but_stored_twice() -> None:
    one, other = share([_image("docker", "ad"), _image("docker", "bd")])
    assert (one.shared, one.alone, one.common, one.common_layers) == (0, 4_001, 4_000, 1)
    assert (other.shared, other.alone, other.common) == (0, 4_020, 4_000)


def test_two_engines_share_nothing_but_have_layers_in_common() -> None:
    for told in share([_image("docker", "ab"), _image("podman", "ab")]):
        assert (told.shared, told.common_layers) == (0, 2)
        assert told.alone == told.common == told.size > 0


def test_an_image_under_two_names_is_not_shared_with_itself() -> None:
    image = _image("docker", "ab")
    assert share([image, image]) == share([image]) * 2
    assert groups([image, image]) == [Group((0,), image.layers)]


def test_a_size_that_one_image_does_not_tell_is_taken_from_another_of_its_place() -> None:
    silent = Holding("docker", "silent", (ListedLayer("a", None), ListedLayer("b", None)))
    told = share([silent, _image("docker", "a"), _image("podman", "ab")])[0]
    assert (told.shared, told.alone, told.unknown) == (1, 0, 1)


@given(_IMAGES)
def test_what_all_take_does_not_depend_on_their_order(images: Sequence[Holding]) -> None:
    silent = [Holding(image.place, f"silent {image.id}", _untold(image)) for image in images]
    told = stored_bytes(images)
    assert stored_bytes([*images, *silent]) == stored_bytes([*silent, *images]) == told


def _untold(image: Holding) -> tuple[ListedLayer, ...]:
    """Its layers, as an engine has them that tells no sizes."""
    return tuple(ListedLayer(layer.diff_id, None) for layer in image.layers)


def test_layers_without_a_digest_are_nobody_elses() -> None:
    """As in archives of before Docker 1.10."""
    ancient = [Holding("an archive", id, (ListedLayer("", 1), ListedLayer("", 2))) for id in ("x", "y")]
    assert [(told.shared, told.alone, told.common_layers) for told in share(ancient)] == [(0, 3, 0), (0, 3, 0)]
    assert groups(ancient) == []
    assert stored_bytes(ancient) == 6


def test_an_image_of_a_list_is_held_by_its_engine() -> None:
    listed = ListedImage("podman", ("a:1",), "sha256:1", None, None, 7, (ListedLayer("a", 7),))
    assert Holding.of(listed) == Holding("podman", "sha256:1", (ListedLayer("a", 7),))
