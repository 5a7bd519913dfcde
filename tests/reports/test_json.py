import base64
import json
from typing import Any

from msgspec.structs import replace

from layerview.image import Dockerfile, located
from layerview.reports import FORMATS, ExploredImage
from layerview.text import UNLIMITED
from tests.builders import file, symlink, whiteout
from tests.reports.explored import explored, partial


def _report(known: ExploredImage) -> dict[str, Any]:
    report: dict[str, Any] = json.loads(FORMATS["json"](known, UNLIMITED))
    return report


def test_it_has_all_fields_that_the_documentation_describes() -> None:
    known = explored((file("a", b"xyz"),), (file("a", b"xyz", mode=0o600), symlink("b", "a")), instructions=["RUN x"])
    report = _report(known)
    assert report == {
        "schema_version": 1,
        "image": {
            "name": "test:1",
            "id": "sha256:" + "0" * 64,
            "platform": "linux/amd64",
            "tags": ["test:1"],
            "digests": [],
            "source": "a test",
            "warnings": [],
        },
        "complete": True,
        "total_bytes": 6,
        "final_bytes": 3,
        "wasted_bytes": 3,
        "efficiency": 0.5,
        "layers": [
            {
                "number": 1,
                "diff_id": f"sha256:{1:064x}",
                "digest": None,
                "media_type": None,
                "blob_bytes": None,
                "created": "2025-03-10T10:00:00Z",
                "created_by": "RUN x",
                "instruction": "RUN x",
                "lines": None,
                "error": None,
                "stored_bytes": 3,
                "wasted_bytes": 3,
                "entries": 1,
                "added": 1,
                "modified": 0,
                "removed": 0,
                "warnings": [],
            },
            {
                "number": 2,
                "diff_id": f"sha256:{2:064x}",
                "digest": None,
                "media_type": None,
                "blob_bytes": None,
                "created": None,
                "created_by": None,
                "instruction": None,
                "lines": None,
                "error": None,
                "stored_bytes": 3,
                "wasted_bytes": 0,
                "entries": 2,
                "added": 1,
                "modified": 1,
                "removed": 0,
                "warnings": [],
            },
        ],
        "matrix": [{"stored_by": 1, "hidden_by": 2, "reason": "metadata only", "bytes": 3}],
        "wasted": [{"path": "a", "bytes": 3, "stored_by": 1, "hidden_by": 2, "reason": "metadata only"}],
    }


def test_statement_24_the_matrix_and_the_paths_add_up_to_the_waste() -> None:
    report = _report(
        explored(
            (file("a", b"x" * 10), file("b", b"x" * 20), file("c", b"x" * 30), file("d", b"x" * 40)),
            (file("a", b"y" * 5), whiteout("b"), file("c", b"x" * 30, uid=1), file("d", b"x" * 40)),
            (whiteout("a"), file("c", b"x" * 30, uid=1)),
        )
    )
    assert report["total_bytes"] - report["final_bytes"] == report["wasted_bytes"] == 135
    assert sum(charge["bytes"] for charge in report["matrix"]) == 135
    assert sum(waste["bytes"] for waste in report["wasted"]) == 135
    assert sum(layer["wasted_bytes"] for layer in report["layers"]) == 135
    assert {waste["reason"] for waste in report["wasted"]} == {"removed", "replaced", "metadata only", "identical"}


def test_statement_34_an_instruction_that_is_recorded_as_empty_is_not_recorded() -> None:
    (layer,) = _report(explored((file("a"),), instructions=[""]))["layers"]
    assert (layer["created_by"], layer["instruction"]) == (None, None)


def test_the_lines_that_a_layer_comes_from_are_reported_where_they_are_known() -> None:
    known = explored((file("a"),), instructions=["RUN a && b"])
    known = replace(known, image=located(known.image, Dockerfile.parse("FROM scratch\nRUN a \\\n  && b", "Dockerfile")))
    assert _report(known)["layers"][0]["lines"] == {"file": "Dockerfile", "first": 2, "last": 3}


def test_what_was_odd_in_a_layer_is_reported() -> None:
    assert _report(explored((file(".wh."), file("a"))))["layers"][0]["warnings"]


def test_statement_32_a_wasted_path_that_is_not_utf8_comes_through_unchanged() -> None:
    first, second = (file(b"caf\xe9", b"x"),), (file(b"caf\xe9", b"y"),)
    (waste,) = _report(explored(first, second))["wasted"]
    assert waste["path"].encode("utf-8", "surrogateescape") == base64.b64decode(waste["path_bytes"]) == b"caf\xe9"


def test_it_is_plain_ascii_on_one_line() -> None:
    text = FORMATS["json"](explored((file("カメラ\n", b"x"),), (file("カメラ\n", b"y"),)), UNLIMITED)
    assert text.isascii()
    assert text.endswith("\n")
    assert text.count("\n") == 1


def test_a_layer_that_cannot_be_read_is_reported_with_its_error() -> None:
    known = partial()
    report = _report(known)
    assert not report["complete"]
    assert report["layers"][1]["error"] == "layer 2 is truncated"
    assert report["layers"][1]["stored_bytes"] is None
