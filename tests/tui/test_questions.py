"""What people come to ask, each answered in a terminal by the keys that docs/questions.md says it takes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.terminal import LAYERVIEW, Terminal
from tests.tui.asked import after, asked

DOCUMENT = Path(__file__).parents[2] / "docs" / "questions.md"
SIZE = (120, 40)
BYTES = {"⏎": b"\r", "⇥": b"\t"}


@dataclass(frozen=True)
class Question:
    """Something that is asked about images, the keys that lead to the answer, and what of that has to stand there."""

    text: str
    keys: Sequence[str]
    """Each once, or so many times: ``7×]``. What is longer is typed."""
    answer: Sequence[str]
    """Expressions, each of which a line of the screen holds."""
    dive: str
    """How many keys dive takes, and which."""
    images: int = 1

    @property
    def pressed(self) -> str:
        """The keys one by one."""
        repeated = [(key, re.fullmatch(r"(\d+)×(.)", key)) for key in self.keys]
        return "".join(found[2] * int(found[1]) if found else key for key, found in repeated)

    @property
    def row(self) -> str:
        """As it stands in the document."""
        keys = " ".join(f"`{key}`" for key in self.keys) or "it is there at once"
        return f"| {self.text} | {keys} | {len(self.pressed)} | {self.dive} |"


NONE = "no answer"
QUESTIONS = (
    Question(
        "Why is it so large?",
        (),
        (r"4  16 MB .* COPY \. /app", r"7  16 MB .* RUN chown -R 1000:1000 /app"),
        "0: sizes and commands",
    ),
    Question("Which instruction wastes most?", (), (r"4  16 MB ██ +16 MB  COPY \. /app",), NONE),
    Question(
        "Why, and who is to blame?",
        ("2",),
        (r"16 MB  76 % .* metadata only: COPY --chown", r"stored by 4  COPY \. /app", r"hidden by 7  RUN chown -R"),
        NONE,
    ),
    Question(
        "Which files are they?",
        ("2",),
        (r"12 MB  58 % .* libmodel\.so", r"2\.5 MB  12 % .* main_Packages"),
        "0: paths that are stored twice, with both; none that was removed",
    ),
    Question(
        "What did layer 8 do?",
        ("7×]",),
        (
            r"Files at layer 8 · what this layer changed",
            r"· .*var/lib/apt",
            r"3 removed",
            r"5\.0 MB of layer 2: removed",
        ),
        "9: 7×`↓` `⇥` `^u`",
    ),
    Question(
        "Where is `.netrc`, and is it still stored?",
        ("/", ".netrc"),
        (r"1 in layer 5,", r"removed by layer 9\."),
        "16: `^f` `.netrc` `⇥` 8×`↓`, layer by layer until it is there, and gone",
    ),
    Question(
        "Which are the ten largest files?",
        ("T",),
        (r"12 MB +4 +7 app/lib/libmodel\.so", r"7\.3 MB +6 .*numpy\.so", r"720 kB +7 .*8\.png"),
        NONE,
    ),
    Question(
        "Which `*.so` are over 10 MB, and owned by 1000?",
        ("G", "/", r"\.so$ size>10M owner:1000"),
        (r"1 match", r"12 MB .*libmodel\.so"),
        NONE,
    ),
    Question(
        "What grew between layers 3 and 7?",
        ("2×]", "f", "4×]"),
        (r"from layer 3 to 7", r"16 MB +\+16 MB .*app", r"15 MB +\+7\.3 MB .*usr/lib", r"16 added, 1 modified"),
        NONE,
    ),
    Question(
        "What does image B add to A?",
        (),
        (
            r"52 → 61 MB  \+9\.0 MB",
            r"1 added \(9\.0 MB\)",
            r"\+ +11 +9\.0 MB \+9\.0 MB  RUN pip install torch",
            r"· +24 MB +\+9\.0 MB",
        ),
        NONE,
        images=2,
    ),
)


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("asked")
    return asked(folder / "old.tar"), after(folder / "new.tar")


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question.text)
def test_the_answer_stands_there_after_these_keys(images: tuple[Path, Path], question: Question) -> None:
    with Terminal(*LAYERVIEW, *map(str, images[: question.images]), size=SIZE) as terminal:
        terminal.shows("wasted 21 MB")
        terminal.settles()
        for key in question.pressed:
            terminal.press(BYTES.get(key, key.encode()))
            terminal.settles(0.06)
        terminal.until(lambda: all(re.search(expression, terminal.screen) for expression in question.answer))


def test_the_document_says_which_keys() -> None:
    table = [line for line in DOCUMENT.read_text().splitlines() if line.startswith("| ")]
    assert table[2:] == [question.row for question in QUESTIONS]
