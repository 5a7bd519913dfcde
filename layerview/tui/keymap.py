"""Every key, once: where it counts, what it does, how the footer and the help call it.

Each has an id, so that ``App.set_keymap`` can give it other keys, as it does for those who want dive's. Where dive has a key
for something, that key does it here too, as far as it means one thing in all panes; a plain letter stands beside it. A terminal sends the same byte for Ctrl+M and Enter, so Ctrl+M reaches a
program only from terminals that speak the Kitty keyboard protocol; ``m`` always does.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import cache

import msgspec
from msgspec.structs import replace
from textual.binding import Binding, BindingType
from textual.keys import key_to_character

from layerview.wording.changes import THIS_LAYER, UP_TO_IT


class Key(msgspec.Struct, frozen=True):
    """One thing that keys can ask for."""

    id: str
    """``PLACE.NAME``; the place is the pane or the screen whose keys these are, or "screen" for all screens."""
    keys: str
    """Keys, comma-separated, in Textual's names; empty where only another style of keys has some."""
    action: str
    help: str
    """A short sentence for the list of keys."""
    label: str = ""
    """A word for the footer; empty where it stays out of it."""
    shown: str = ""
    """How the footer and the list of keys write the keys; empty for as they are called."""
    unable: str = ""
    """What is said where it cannot be done now, in a sentence."""

    @property
    def place(self) -> str:
        return self.id.split(".")[0]


PLACES = {
    "choose": "Everywhere",
    "panes": "Everywhere",
    "explore": "Everywhere",
    "compare": "Everywhere",
    "screen": "Everywhere",
    "mode": "Everywhere",
    "list": "Moving, in any pane",
    "images": "Images",
    "layers": "Layers",
    "pair": "Layers",
    "files": "Files",
    "tabs": "Tabs",
    "details": "Details",
    "wasted": "Wasted",
    "stored": "Stored",
    "filter": "Filter",
    "pick": "Images",
    "name": "A name to pull",
    "question": "Question",
    "pull": "Pulling",
}
"""The groups of the list of keys, by the place that ids begin with."""

BACK, QUIT = "screen.back", "screen.quit"
"""The keys whose meaning is the screen's to say."""

KEYS = (
    Key("panes.pane", "tab", "pane(1)", "next pane", "pane", "⇥"),
    Key("panes.pane-back", "shift+tab", "pane(-1)", "pane before", "", "⇧⇥"),
    Key("explore.others", "p", "others", "another image or platform of the same place, if there is one", "others",
        unable="This is the only image of its place."),
    Key("panes.view", "", "view", "from the layers to the files, or back to the layers"),
    Key("panes.filter", "slash,ctrl+f,ctrl+underscore,ctrl+slash", "filter", "filter the files, or what is wasted, by a regular expression, case where a capital is typed, and by words: size>10M type:file "
        "owner:1000 mode:set-uid change:added layer:3 mtime>2026-01-31",
        "filter", "/  ^f  ^/"),
    Key("panes.layer-up", "left_square_bracket", "layer(-1)", "layer before", "", "["),
    Key("panes.layer-down", "right_square_bracket", "layer(1)", "next layer", "", "]"),
    Key("panes.details", "1", "tab('details')", "tab Details"),

    Key("explore.mode", "c", "mode('')", f"compare: {THIS_LAYER}, {UP_TO_IT}, or from the marked layer", "compare"),
    Key("explore.from", "f", "from", "compare from this layer, which marks it; again, and no layer is marked", "from"),
    Key("explore.wasted", "2", "tab('wasted')", "tab Wasted"),
    Key("explore.stored", "T", "tab('stored')", "tab Stored: all files that layers store, the largest first"),
    Key("explore.image", "3", "tab('image')", "tab Image"),

    Key("choose.filter", "slash,ctrl+f,ctrl+underscore,ctrl+slash", "filter", "filter by a regular expression, or by an ID; case counts where a capital is typed",
        "filter", "/  ^f  ^/"),
    Key("choose.pull", "p", "pull", "pull another image", "pull"),
    Key("choose.engine", "e", "next_engine", "images of all engines, or of one", "engine",
        unable="There is one engine, all of whose images these are."),
    Key("choose.shared", "t", "shared", "show what these images share, as a tree", "tree"),
    Key("choose.refresh", "r,f5", "refresh_list", "ask the engines again", "refresh", "r  F5"),
    Key("choose.pane", "tab,shift+tab", "pane", "the other pane", "", "⇥"),

    Key("compare.mode", "c", "mode('')", "what the images differ in, or what a layer changed", "compare"),
    Key("compare.times", "i", "times", "count paths that differ in their time alone, or not", "times"),
    Key("compare.swap", "x", "swap", "swap the old image and the new one", "swap"),
    Key("compare.wasted", "2", "tab('wasted')", "tab Wasted, of one image alone",
        unable="What is wasted is told of one image alone; 3 is Configuration, 1 Details."),
    Key("compare.config", "3", "tab('config')", "tab Configuration"),

    Key("mode.layer", "ctrl+l", "screen.mode('layer')", THIS_LAYER),
    Key("mode.all", "ctrl+a", "screen.mode('all')", f"{UP_TO_IT}; of two images what they differ in"),

    Key("panes.zoom", "z", "zoom", "have this pane take all of the screen, or share it again", "zoom"),
    Key("panes.border-left", "ctrl+left,left_curly_bracket", "border(-2, 0)", "the border beside the files to the left", "", "^←  {"),
    Key("panes.border-right", "ctrl+right,right_curly_bracket", "border(2, 0)", "and to the right; the mouse drags borders, too", "", "^→  }"),
    Key("panes.border-up", "ctrl+up,minus", "border(0, -1)", "the border below the layers up", "", "^↑  -"),
    Key("panes.border-down", "ctrl+down,plus", "border(0, 1)", "and down", "", "^↓  +"),

    Key("screen.palette", "colon", "palette", "find a command by its name", "", ":  f1"),
    Key("screen.keys", "question_mark", "keys", "show all keys, and what signs mean", "all keys", "?"),
    Key(BACK, "escape", "back", "one step back: from a list or a question, a filter, what is wasted, one pane alone, to the list of images", "", "Esc"),
    Key(QUIT, "q", "quit", "end the image, back to the list where it was chosen from one; ^c ends the program", "quit", "q  ^c"),
    Key("screen.suspend", "ctrl+z", "app.suspend_process", "back to the shell for a while; fg comes back", "", "^z"),

    Key("list.up", "up,k", "move(-1)", "up", "", "↑  k"),
    Key("list.down", "down,j", "move(1)", "down", "", "↓  j"),
    Key("list.page-up", "pageup,u", "page(-1)", "page up", "", "PgUp  u"),
    Key("list.page-down", "pagedown,d", "page(1)", "page down", "", "PgDn  d"),
    Key("list.first", "home,g", "first", "first row", "", "Home  g"),
    Key("list.last", "end,G", "last", "last row", "", "End  G"),
    Key("list.wrap", "ctrl+p,w", "wrap", "wrap long rows, or cut them", "", "^p  w"),
    Key("list.sideways-right", "shift+right,greater_than_sign", "sideways(8)", "move cut rows into view", "", "⇧→  >"),
    Key("list.sideways-left", "shift+left,less_than_sign", "sideways(-8)", "and back", "", "⇧←  <"),

    Key("images.open", "enter", "choose", "open the image", "open", "⏎"),
    Key("images.mark", "space", "mark", "mark the image, or take the mark away; two can be compared", "mark", "␣"),
    Key("images.compare", "c", "screen.compare", "compare the two that are marked, or the marked one with this", "compare"),
    Key("images.sort", "s", "sort", "sort by age, name, size, size alone, size shared", "sort"),
    Key("images.dangling", "a", "dangling", "show or hide images without a name"),
    Key("images.copy", "y", "copy", "copy what opens the image to the clipboard"),

    Key("layers.files", "enter", "choose", "go to the files of this layer", "files", "⏎"),
    Key("layers.empty", "e", "toggle_empty", "show or hide the steps that made no layer", "empty steps"),

    Key("pair.files", "enter", "choose", "go to the files", "files", "⏎"),

    Key("files.fold", "space,enter", "fold", "open or close a folder", "fold", "␣"),
    Key("files.fold-all", "ctrl+space,ctrl+@,ctrl+at", "fold_all", "open all folders, or close them", "fold all", "^␣"),
    Key("files.inside", "right,l", "inside", "open a folder, go into it", "", "→  l"),
    Key("files.outside", "left,h", "outside", "close a folder, go to the one around it", "", "←  h"),
    Key("files.into", "", "into", "open a folder and go into it"),
    Key("files.parent", "backspace,ctrl+h", "parent", "go to the folder around", "", "⌫"),
    Key("files.next", "n", "change(1)", "next change", "next change", "n"),
    Key("files.previous", "N", "change(-1)", "change before", "", "N"),
    Key("files.flat", "t", "flat", "as a list of all files, the largest first; as a tree again", "list", "t"),
    Key("files.sort", "s,ctrl+o", "sort", "sort by name, size or changes", "sort", "s  ^o"),
    Key("files.measure", "v", "measure", "which bytes are shown, next: what the layer stores, what is there, by how much it differs", "bytes"),
    Key("files.added", "a", "show('added')", "show or hide what was added", "added"),
    Key("files.removed", "r,ctrl+r", "show('removed')", "show or hide what was removed", "removed", "r  ^r"),
    Key("files.modified", "m,ctrl+m", "show('modified')", "show or hide what was modified", "modified", "m  ^m"),
    Key("files.unmodified", "equals_sign,ctrl+u", "show('unmodified')", "show or hide what is unmodified", "unmodified", "=  ^u"),
    Key("files.attributes", "b,ctrl+b", "attributes", "show or hide permission and owner", "attributes", "b  ^b"),
    Key("files.extract", "ctrl+e", "not_yet", "extract the file: not there yet", unable="Extracting files is not there yet."),
    Key("files.copy", "y", "copy", "copy the path to the clipboard"),

    Key("tabs.right", "right,l", "screen.next_tab(1)", "next tab", "next tab", "→  l"),
    Key("tabs.left", "left,h", "screen.next_tab(-1)", "tab before", "", "←  h"),
    Key("details.copy", "y", "copy", "copy the value to the clipboard", "copy"),

    Key("wasted.files", "enter", "choose", "go to the file at the layer that stores it; open or close all else", "go to file", "⏎"),
    Key("wasted.fold", "space", "fold", "open or close a group or a folder", "fold", "␣"),
    Key("wasted.fold-all", "ctrl+space,ctrl+@,ctrl+at", "fold_all", "open all, or close all", "fold all", "^␣"),
    Key("wasted.inside", "right,l", "inside", "open a group or a folder, go into it", "", "→  l"),
    Key("wasted.outside", "left,h", "outside", "close a group or a folder, go to the one around it", "", "←  h"),
    Key("wasted.parent", "backspace,ctrl+h", "parent", "go to the folder or group around", "", "⌫"),
    Key("wasted.next", "n", "change(1)", "next removed file that looks like a secret", "next secret", "n"),
    Key("wasted.previous", "N", "change(-1)", "the one before", "", "N"),
    Key("wasted.sort", "s,ctrl+o", "sort", "sort by size or name", "sort", "s  ^o"),
    Key("wasted.copy", "y", "copy", "copy the path to the clipboard"),

    Key("stored.files", "enter", "choose", "go to the file at the layer that stores it", "go to file", "⏎"),
    Key("stored.copy", "y", "copy", "copy the path to the clipboard"),

    Key("filter.keep", "enter", "keep(True)", "keep the filter, back to the list; or to the layer that holds what is not here",
        "list", "⏎"),
    Key("filter.list", "down", "keep(False)", "keep the filter, back to the list", "", "↓"),

    Key("name.pull", "enter", "pull", "pull this image", "pull", "⏎"),

    Key("question.choose", "enter", "choose", "take this answer", "take", "⏎"),

    Key("pull.again", "r", "again", "pull again where it has failed", "pull again", "r", "It has not failed."),

    Key("pick.open", "enter", "choose", "open this one", "open", "⏎"),
    Key("pick.copy", "y", "copy", "copy the digest to the clipboard", "copy digest"),
)  # fmt: skip


_DIVE = {
    "panes.view": ("tab", "⇥"),
    "panes.pane": ("f6", "f6"),
    "files.into": ("right,l", "→  l"),
    "files.inside": ("", ""),
    "files.parent": ("left,h,backspace,ctrl+h", "←  h  ⌫"),
    "files.outside": ("", ""),
    "files.added": ("a,ctrl+a", "a  ^a"),
}
"""By id, the keys that some have for whoever wants those of dive, and how they are written."""
_UNBOUND = "unbound"
"""A key that no terminal sends."""


@cache
def keys(style: str = "") -> Mapping[str, Key]:
    """All keys by id, for a style of ``wishes.STYLES``, or the program's own."""
    others = _DIVE if style == "dive" else {}
    return {
        key.id: replace(key, keys=others[key.id][0], shown=others[key.id][1]) if key.id in others else key
        for key in KEYS
    }


def keymap(style: str) -> dict[str, str]:
    """What has a style of keys in an app."""
    return {id: key.keys or _UNBOUND for id, key in keys(style).items() if key.keys != keys()[id].keys}


def bindings(*places: str) -> list[BindingType]:
    """The bindings of these places, for a widget's BINDINGS.

    All come first: else a key finds its binding only after it has been passed up from the focused widget, when one that
    was typed after it, such as the Tab in "down Tab down", may have moved the focus.
    """
    return [
        Binding(
            key.keys or _UNBOUND,
            key.action,
            key.label or key.help,
            show=bool(key.label),
            tooltip=key.help,
            priority=True,
            id=key.id,
        )
        for key in KEYS
        if key.place in places
    ]


def _character(name: str) -> str:
    """What a key writes; empty for nothing."""
    character = _UNTOLD.get(name) or key_to_character(name) or ""
    return character if character.isprintable() else ""


_UNTOLD = {"slash": "/", "minus": "-", "plus": "+"}
"""Keys of whose character Textual tells nothing."""
ASKED_BY_LETTERS = frozenset(key.action.partition("(")[0] for key in KEYS if any(map(_character, key.keys.split(","))))
"""What is not to be done while something is typed, by whichever key: there letters are letters, ^← a word to the left."""


def places_of(kind: type) -> list[str]:
    """The places whose keys a class of widgets has, its own before those of the classes that it derives from."""
    bound = (each for base in kind.__mro__ for each in vars(base).get("BINDINGS", ()))
    return list(dict.fromkeys(each.id.split(".")[0] for each in bound if isinstance(each, Binding) and each.id))


def why_not(name: str, here: Collection[str], elsewhere: Collection[str], style: str = "") -> str:
    """Why a key does nothing now, in a sentence: ``here`` are the places whose keys count, ``elsewhere`` those of the screen."""
    meant = [key for key in keys(style).values() if name in key.keys.split(",")]
    now = next((key for key in meant if key.place in here), None)
    if now:
        return now.unable or f"Not now: {now.help}."
    others = [key for key in meant if key.place in elsewhere and key.place != "list"]
    if others:
        panes = dict.fromkeys(PLACES[key.place] for key in others)
        return f"{written(others[0]).split('  ')[0]} is for {' and '.join(panes)}: {others[0].help}."
    return f"{_character(name) or name.replace('ctrl+', '^')} has no meaning here; ? shows all keys."


def written(key: Key) -> str:
    """How keys are written for people: the first that most terminals send, then the others."""
    return key.shown or "  ".join(name.replace("ctrl+", "^") for name in key.keys.split(","))
