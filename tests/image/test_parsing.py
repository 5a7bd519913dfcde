"""JSON of strangers, read as programs in Go read it (statement 50)."""

from __future__ import annotations

import json

import msgspec
import pytest

from layerview.errors import DamagedError
from layerview.image import Words, convert, convert_leniently, decode, parse, words


class Inner(msgspec.Struct, rename="pascal"):
    user: str = ""
    env: tuple[str, ...] = ()


class Thing(msgspec.Struct):
    size: int = 0
    name: str = ""
    inner: Inner | None = None
    labels: dict[str, str] = {}
    ports: dict[str, object] = {}
    steps: tuple[Inner, ...] = ()


def thing(text: str) -> Thing:
    return parse(text.encode(), Thing, "The thing")


@pytest.mark.parametrize("key", ["size", "Size", "SIZE", "sIzE", "\u017fize", "\u017fIZE"])
def test_members_are_known_in_any_case_that_go_takes_for_the_same(key: str) -> None:
    assert thing(json.dumps({key: 5})).size == 5
    assert thing(json.dumps({key: 5}, ensure_ascii=False)).size == 5


@pytest.mark.parametrize("key", ["size ", "siz", "\ufb06eps", "Inner.user"])
def test_other_members_are_none_of_them(key: str) -> None:
    """Go folds letters one by one, so that a ligature is not two of them."""
    assert thing(json.dumps({key: 5})) == Thing()


def test_kelvin_is_a_k() -> None:
    class Kind(msgspec.Struct):
        kind: str = ""

    assert parse('{"\u212aind": "x"}'.encode(), Kind, "It").kind == "x"


def test_keys_that_are_data_keep_their_case() -> None:
    assert thing('{"Labels": {"a": "1", "A": "2"}}').labels == {"a": "1", "A": "2"}


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ('{"size": 1, "size": 2}', 2),
        ('{"Size": 1, "size": 2}', 2),
        ('{"size": 1, "Size": 2}', 2),
        ('{"Size": 1, "size": 2, "Size": 3}', 3),
        ('{"size": 1, "SIZE": null}', 1),
    ],
)
def test_of_members_with_one_name_the_last_one_holds_whatever_its_case(text: str, size: int) -> None:
    assert thing(text).size == size


def test_what_is_told_of_one_member_twice_adds_up() -> None:
    found = thing(
        '{"inner": {"User": "u", "Env": ["a"]}, "labels": {"a": "1"}, "Inner": {"env": ["b"]}, "Labels": {"b": "2"}}'
    )
    assert found.inner == Inner("u", ("b",))
    assert found.labels == {"a": "1", "b": "2"}


def test_null_takes_back_what_is_more_than_a_value() -> None:
    assert thing('{"inner": {"User": "u"}, "Inner": null, "labels": {"a": "1"}, "LABELS": null}') == Thing()


def test_null_among_values_is_an_empty_one() -> None:
    found = thing(
        '{"labels": {"a": null}, "ports": {"80/tcp": null}, "inner": {"Env": [null, "b"]}, "steps": [null, {}]}'
    )
    assert found.labels == {"a": ""}
    assert list(found.ports) == ["80/tcp"]
    assert found.inner == Inner("", ("", "b"))
    assert found.steps == (Inner(), Inner())


def test_text_that_is_none_is_replaced() -> None:
    """As Go does, so that all of it can be printed."""
    assert parse(b'{"name": "\xff\\ud800x\\ud83d\\ude00", "labels": {"\\udfff": ""}}', Thing, "The thing") == Thing(
        name="\ufffd\ufffdx\U0001f600", labels={"\ufffd": ""}
    )


@pytest.mark.parametrize(
    "text", ["", "{", "[NaN]", '{"size": Infinity}', "[" * 100_000, '{"a":' * 100_000, "9" * 9999, '"\n"', "\ufeff{}"]
)
def test_what_is_no_json_is_damaged(text: str) -> None:
    with pytest.raises(DamagedError, match="The thing cannot be read"):
        thing(text)


@pytest.mark.parametrize("text", ["null", "[]", '{"size": "x"}', '{"inner": []}', '{"labels": {"a": 1}}'])
def test_what_does_not_fit_is_damaged(text: str) -> None:
    with pytest.raises(DamagedError):
        thing(text)


def test_what_was_decoded_elsewhere_is_matched_alike() -> None:
    assert convert({"SIZE": 1, "inner": {"USER": "u"}}, Thing, "The thing") == Thing(1, inner=Inner("u"))


@pytest.mark.parametrize(
    ("odd", "path"),
    [
        ('"size": "x"', "size"),
        ('"inner": {"Env": 5}', "inner.Env"),
        ('"inner": {"Env": ["a", 5]}', "inner.Env"),
        ('"labels": {"a": 5, "b": "2"}', "labels.a"),
        ('"steps": [{"User": 1}]', "steps[0].User"),
        ('"steps": [{}, 1]', "steps[1]"),
        ('"steps": {}', "steps"),
        ('"inner": "x"', "inner"),
    ],
)
def test_one_odd_member_leaves_all_others(odd: str, path: str) -> None:
    value = decode(f'{{"Name": "n", {odd}}}'.encode(), "It")
    found, told = convert_leniently(value, Thing, "The thing")
    assert found.name == "n"
    (warning,) = told
    assert warning.startswith(f"The thing is read without {path}: Expected")
    if path == "labels.a":
        assert found.labels == {"b": "2"}


def test_of_many_odd_members_some_are_told() -> None:
    value = {"labels": {f"{number}" * 1000: number for number in range(1000)}}
    found, told = convert_leniently(value, Thing, "The thing")
    assert found == Thing()
    assert len(told) == 21
    assert told[-1] == "The thing is read without 980 more of its members"
    assert max(map(len, told)) < 250


def test_what_is_no_object_is_damaged_however_lenient() -> None:
    with pytest.raises(DamagedError):
        convert_leniently([], Thing, "The thing")


def test_one_word_is_a_list_of_one() -> None:
    class Run(msgspec.Struct):
        cmd: Words = ()

    assert words(parse(b'{"Cmd": "sh -c x"}', Run, "It").cmd) == ("sh -c x",)
    assert words(parse(b'{"Cmd": ["a", null]}', Run, "It").cmd) == ("a", "")
