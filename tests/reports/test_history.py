import json

from layerview.image import Dockerfile, located
from layerview.reports import history
from tests.builders import file
from tests.reports.explored import explored

_IMAGE = explored(
    (file("a", b"x" * 1500),),
    (file("b"),),
    instructions=["/bin/sh -c #(nop) ADD file:0 in / ", "RUN /bin/sh -c set -e;\n  make \x1b[2J install # buildkit"],
).image


def test_text_shows_instructions_as_they_were_written_one_line_each() -> None:
    assert list(history.text(_IMAGE, {1: 1500, 2: 0}, 70)) == [
        "Layer  created              size  instruction",
        "    1  2025-03-10T10:00   1.5 kB  ADD file:0 in /",
        r"    2  2025-03-10T10:00      0 B  RUN set -e; make \x1b[2J install",
    ]


def test_times_are_told_in_utc_and_recorded_as_they_were() -> None:
    image = explored((file("a"),), instructions=["RUN x"], created="2025-03-10T15:35:00+01:00").image
    assert list(history.text(image, {}, 50))[1].split()[1] == "2025-03-10T14:35"
    (step,) = map(json.loads, history.json(image, {}))
    assert step["created"] == "2025-03-10T15:35:00+01:00"


def test_text_is_cut_to_a_width() -> None:
    assert list(history.text(_IMAGE, {}, 50))[2] == "    2  2025-03-10T10:00           RUN set -e; mak…"


def test_text_without_a_width_is_what_the_builder_recorded() -> None:
    assert list(history.text(_IMAGE, {1: 1500, 2: 0}, None))[2].endswith(
        r"RUN /bin/sh -c set -e;\x0a  make \x1b[2J install # buildkit"
    )


def test_json_has_one_object_for_each_step() -> None:
    steps = [json.loads(line) for line in history.json(_IMAGE, {1: 1500})]
    assert [(step["layer"], step["size"]) for step in steps] == [(1, 1500), (2, None)]
    assert steps[0] == {
        "layer": 1,
        "diff_id": f"sha256:{1:064x}",
        "size": 1500,
        "created": "2025-03-10T10:00:00Z",
        "created_by": "/bin/sh -c #(nop) ADD file:0 in / ",
        "instruction": "ADD file:0 in /",
        "lines": None,
        "author": None,
        "comment": None,
    }


_LOCATED = located(_IMAGE, Dockerfile.parse("FROM x\nRUN set -e;\\\n  make \x1b[2J install\n", "a/Dockerfile"))


def test_text_has_a_column_for_the_lines_where_they_are_known() -> None:
    assert list(history.text(_LOCATED, {1: 1500, 2: 0}, 80)) == [
        "Layer  created              size  lines  instruction",
        "    1  2025-03-10T10:00   1.5 kB  1      ADD file:0 in /",
        r"    2  2025-03-10T10:00      0 B  2-3    RUN set -e; make \x1b[2J install",
    ]


def test_json_has_the_lines_where_they_are_known() -> None:
    lines = [json.loads(line)["lines"] for line in history.json(_LOCATED, {})]
    assert lines == [{"file": "a/Dockerfile", "first": n, "last": n + n // 2} for n in (1, 2)]
