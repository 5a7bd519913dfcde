"""layerview is right about all that dive is wrong about."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.answers.cases import SECTIONS, Case
from tests.answers.layerview import Layerview

_TESTS = Path(__file__).parents[1]


@pytest.mark.parametrize("case", [pytest.param(case, id=case.name) for cases in SECTIONS.values() for case in cases])
class TestCase:
    """Each question by the number of the statement that answers it."""

    def test_layerview_s_answer_is_right(self, case: Case, tmp_path: Path) -> None:
        assert case.question.to(Layerview(case.write(tmp_path / "image"))) == case.right

    def test_a_test_of_its_own_holds_it(self, case: Case) -> None:
        file, name = case.held_by.split()
        assert f"def test_{name}(" in (_TESTS / file).read_text()
