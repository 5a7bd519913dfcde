"""Images as Docker saved them before 1.10, and for those versions later: a folder for each layer, by ``repositories``."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

import msgspec

from layerview.errors import DamagedError
from layerview.image import HistoryEntry, Image, Layer, Words, parse, parse_config, time_of, words
from layerview.sources.archives.candidate import MAX_LAYERS, Candidate, with_blob
from layerview.sources.archives.members import Members


class _Process(msgspec.Struct, rename="pascal"):
    cmd: Words = ()


class _Ancestor(msgspec.Struct):
    """The ``json`` of one layer as Docker wrote it before 1.10: an image of its own, above its parent."""

    parent: str = ""
    created: str = ""
    author: str = ""
    comment: str = ""
    throwaway: bool = False
    container_config: _Process = msgspec.field(default_factory=_Process)


def repositories(members: Members) -> Iterator[Candidate]:
    """What ``repositories`` names, in archives without a ``manifest.json`` (statement 37)."""
    data = members.read("repositories")
    if data is None:
        return
    named: dict[str, list[str]] = {}
    for repository, tags in parse(data, dict[str, dict[str, str]], "repositories").items():
        for tag, id in tags.items():
            named.setdefault(id, []).append(f"{repository}:{tag}")
    for id, names in named.items():
        yield _ancient(members, id, tuple(names))


def _ancient(members: Members, top: str, names: tuple[str, ...]) -> Candidate:
    history: list[HistoryEntry] = []
    paths: list[str] = []
    id, raw = top, members.read(f"{top}/json")
    if raw is None:
        raise DamagedError(f"The archive lacks the layer {top}, which {names[0]} names")
    config = parse_config(raw)
    while id:
        if raw is None:
            raise DamagedError(f"The archive lacks the layer {id}, which another builds on")
        if len(history) == MAX_LAYERS:
            raise DamagedError(f"The image {names[0]} has more than {MAX_LAYERS:,} layers, or they go in a circle")
        step = parse(raw, _Ancestor, f"The json of the layer {id}")
        made_by = " ".join(words(step.container_config.cmd))
        history.append(HistoryEntry(time_of(step.created), made_by, step.author, step.comment, step.throwaway))
        if not step.throwaway:
            paths.append(posixpath.join(id, "layer.tar"))
        id = step.parent
        raw = members.read(f"{id}/json") if id else None
    history.reverse()
    paths.reverse()
    made = (entry for entry in history if not entry.empty_layer)
    layers = tuple(Layer(number, "", entry) for number, entry in enumerate(made, 1))
    located = tuple(with_blob(layer, None, members.size(path)) for layer, path in zip(layers, paths, strict=True))
    config = msgspec.structs.replace(config, history=tuple(history))
    image = Image(names[0], top, config.platform, config, located, names, warnings=config.odd)
    return Candidate(names, image, tuple(paths))
