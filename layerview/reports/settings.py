"""What of the configuration of two images differs, as ``layerview diff`` tells it."""

from __future__ import annotations

import json as standard
from collections.abc import Iterator, Sequence

from layerview.image import ChangedSetting, Healthcheck, Setting
from layerview.reports.json import dumps
from layerview.text import escape
from layerview.trees import Change
from layerview.wording.changes import SIGNS

_WORDS = {
    "exposed_ports": "EXPOSE",
    "volumes": "VOLUME",
    "working_dir": "WORKDIR",
    "labels": "LABEL",
    "stop_signal": "STOPSIGNAL",
    "on_build": "ONBUILD",
    "platform": "platform",
    "author": "author",
}
"""What a setting is called; all others are called as they are in a Dockerfile."""
_SETS = ("exposed_ports", "volumes")


def text(changed: Sequence[ChangedSetting]) -> Iterator[str]:
    """Lines for people; one for each variable, label, port and volume, and one for each other setting."""
    for setting in changed:
        word = _WORDS.get(setting.name, setting.name.upper())
        old, new = _parts(setting.name, setting.before), _parts(setting.name, setting.after)
        for name in {**old, **new}:
            before, after = old.get(name), new.get(name)
            if before == after:
                continue
            change = Change.ADDED if before is None else Change.REMOVED if after is None else Change.MODIFIED
            told = " → ".join(value for value in (before, after) if value is not None)
            yield escape(f"{SIGNS[change]} {word} {name}{told}".rstrip())


def json(changed: Sequence[ChangedSetting]) -> Iterator[str]:
    """One JSON object a line for each setting."""
    for each in changed:
        yield dumps({"setting": each.name, "before": _value(each.before), "after": _value(each.after)})


def _value(value: Setting) -> object:
    """As JSON has it: null where it is not set."""
    return str(value) if isinstance(value, Healthcheck) else value or None


def _parts(name: str, value: Setting) -> dict[str, str]:
    """The value as what of it can differ by itself, by what stands before that."""
    match value:
        case dict():
            return {f"{key}=": text for key, text in value.items()}
        case tuple() if name in _SETS:
            return dict.fromkeys(value, "")
        case tuple():
            return {"": standard.dumps(value, ensure_ascii=False)} if value else {}
        case Healthcheck():
            return {"": str(value)}
        case _:
            return {"": value} if value else {}
