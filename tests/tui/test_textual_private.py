"""What is used of Textual that it does not promise to keep is there, and is used in one place."""

from __future__ import annotations

import ast
import inspect
import pkgutil
import textwrap
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from pathlib import Path

import pytest
from textual.app import App
from textual.drivers.linux_driver import LinuxDriver
from textual.widget import Widget

import layerview.tui
from layerview.tui import textual_private

_PLACE = Path(textual_private.__file__)
_WHAT_TO_DO = "Textual has changed: see “Private parts” in docs/architecture.md, and layerview/tui/textual_private.py"
_OWN = {"_default_focused"}
"""Attributes that Textual's reactive ones make of what a subclass declares."""


@pytest.mark.parametrize("name", ["_file", "_loop", "_app", "_debug", "fileno", "run_input_thread", "disable_input"])
async def test_a_driver_has_what_ours_needs(name: str) -> None:
    assert hasattr(LinuxDriver(App()), name), f"a driver has no {name}. {_WHAT_TO_DO}"


@pytest.mark.parametrize("name", ["_exit", "_handle_exception"])
def test_an_app_has_what_ours_needs(name: str) -> None:
    assert hasattr(App(), name), f"an app has no {name}. {_WHAT_TO_DO}"


def test_a_widget_has_what_ours_need() -> None:
    name = "_size_updated"
    told = list(inspect.signature(getattr(Widget, name, lambda: None)).parameters)
    assert told == ["self", "size", "virtual_size", "container_size", "layout"], f"it has another {name}. {_WHAT_TO_DO}"


def test_the_parser_makes_events_of_what_is_typed_and_of_what_is_overdue() -> None:
    try:
        from textual._xterm_parser import XTermParser
    except ImportError:
        pytest.fail(f"there is no parser. {_WHAT_TO_DO}")
    parser = XTermParser()
    assert [getattr(event, "key", None) for event in parser.feed("a\x1b[A")] == ["a", "up"]
    assert list(parser.feed("\x1b")) == [], "which may be the beginning of a key"
    assert hasattr(parser, "tick"), f"the parser has no tick. {_WHAT_TO_DO}"


def test_nothing_else_uses_private_parts_of_textual() -> None:
    found = [use for path in sorted(Path(layerview.tui.__file__).parent.rglob("*.py")) for use in _imported(path)]
    for info in pkgutil.walk_packages(layerview.tui.__path__, "layerview.tui."):
        module = import_module(info.name)
        for each in vars(module).values():
            if inspect.isclass(each) and each.__module__ == info.name and info.name != textual_private.__name__:
                found += [f"{each.__qualname__}.{name}" for name in sorted(_borrowed(each))]
    assert found == []


def _imported(path: Path) -> Iterator[str]:
    """Modules of Textual and rich that a file imports and that are private, or have private names that it imports."""
    if path == _PLACE:
        return
    for node in ast.walk(ast.parse(path.read_text())):
        names = [each.name for each in node.names] if isinstance(node, ast.Import | ast.ImportFrom) else []
        module = (node.module or "") if isinstance(node, ast.ImportFrom) else ""
        for name in names:
            parts = f"{module}.{name}".strip(".").split(".")
            if parts[0] in ("textual", "rich") and any(part.startswith("_") for part in parts):
                yield f"{path.name}: {'.'.join(parts)}"


def _borrowed(of: type) -> set[str]:
    """Private attributes that a class uses or has, and that are those of a base class in Textual."""
    theirs = {
        name for base in of.__mro__ if base.__module__.startswith("textual.") for name in _private(base, ast.Store)
    }
    ours = _private(of, ast.expr_context) - _OWN
    return {name for name in ours & theirs if not name.startswith("__")}


@cache
def _private(of: type, context: type[ast.expr_context]) -> set[str]:
    """Names that begin with an underscore: what a class defines itself, and attributes that its code uses so."""
    code = ast.walk(ast.parse(textwrap.dedent(inspect.getsource(of))))
    defined = {name for name, each in vars(of).items() if inspect.isroutine(each) or isinstance(each, property)}
    used = {node.attr for node in code if isinstance(node, ast.Attribute) and isinstance(node.ctx, context)}
    return {name for name in defined | used if name.startswith("_") and not name.startswith("__")}
