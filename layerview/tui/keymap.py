"""Every key, once: where it counts, what it does, how the footer and the help call it.

Each has an id, so that ``App.set_keymap`` can give it other keys. Where dive has a key for something, that key does it
here too; a plain letter stands beside it. A terminal sends the same byte for Ctrl+M and Enter, so Ctrl+M reaches a
program only from terminals that speak the Kitty keyboard protocol; ``m`` always does.
"""

from __future__ import annotations

import msgspec
from textual.binding import Binding, BindingType


class Key(msgspec.Struct, frozen=True):
    """One thing that keys can ask for."""

    id: str
    """``PLACE.NAME``; the place is the pane or the screen whose keys these are, or "screen" for all screens."""
    keys: str
    """Keys, comma-separated, in Textual's names."""
    action: str
    help: str
    """A short sentence for the list of keys."""
    label: str = ""
    """A word for the footer; empty where it stays out of it."""
    shown: str = ""
    """How the footer and the list of keys write the keys; empty for as they are called."""

    @property
    def place(self) -> str:
        return self.id.split(".")[0]


PLACES = {
    "choose": "Everywhere",
    "panes": "Everywhere",
    "explore": "Everywhere",
    "compare": "Everywhere",
    "screen": "Everywhere",
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

KEYS = (
    Key("panes.pane", "tab", "pane(1)", "next pane", "pane", "⇥"),
    Key("panes.pane-back", "shift+tab", "pane(-1)", "pane before", "", "⇧⇥"),
    Key("explore.others", "p", "others", "another image or platform of the same place, if there is one", "others"),
    Key("panes.filter", "slash,ctrl+f,ctrl+underscore,ctrl+slash", "filter", "filter the files, or what is wasted, by a regular expression, case where a capital is typed, and by words: size>10M type:file "
        "owner:1000 mode:set-uid change:added layer:3 mtime>2026-01-31",
        "filter", "/  ^f  ^/"),
    Key("panes.layer-up", "left_square_bracket", "layer(-1)", "layer before", "", "["),
    Key("panes.layer-down", "right_square_bracket", "layer(1)", "next layer", "", "]"),
    Key("panes.details", "1", "tab('details')", "tab Details"),

    Key("explore.return", "escape", "return", "from a wasted file back to what is wasted", "back to wasted", "Esc"),
    Key("explore.mode", "c", "mode('')", "what this layer changed, or all changes up to it", "compare"),
    Key("explore.wasted", "2", "tab('wasted')", "tab Wasted"),
    Key("explore.stored", "T", "tab('stored')", "tab Stored: all files that layers store, the largest first"),
    Key("explore.image", "3", "tab('image')", "tab Image"),

    Key("choose.filter", "slash,ctrl+f,ctrl+underscore,ctrl+slash", "filter", "filter by a regular expression, or by an ID; case counts where a capital is typed",
        "filter", "/  ^f  ^/"),
    Key("choose.pull", "p", "pull", "pull another image", "pull"),
    Key("choose.engine", "e", "next_engine", "images of all engines, or of one", "engine"),
    Key("choose.shared", "t", "shared", "show what these images share, as a tree", "tree"),
    Key("choose.refresh", "r,f5", "refresh_list", "ask the engines again", "refresh", "r  F5"),
    Key("choose.pane", "tab,shift+tab", "pane", "the other pane", "", "⇥"),

    Key("compare.mode", "c", "mode", "what the images differ in, or what a layer changed", "compare"),
    Key("compare.times", "t", "times", "count paths that differ in their time alone, or not", "times"),
    Key("compare.swap", "x", "swap", "swap the old image and the new one", "swap"),
    Key("compare.config", "2", "tab('config')", "tab Configuration"),

    Key("panes.zoom", "z", "zoom", "have this pane take all of the screen, or share it again", "zoom"),
    Key("panes.border-left", "ctrl+left,left_curly_bracket", "border(-2, 0)", "the border beside the files to the left", "", "^←  {"),
    Key("panes.border-right", "ctrl+right,right_curly_bracket", "border(2, 0)", "and to the right; the mouse drags borders, too", "", "^→  }"),
    Key("panes.border-up", "ctrl+up,minus", "border(0, -1)", "the border below the layers up", "", "^↑  -"),
    Key("panes.border-down", "ctrl+down,plus", "border(0, 1)", "and down", "", "^↓  +"),

    Key("screen.palette", "colon", "palette", "find a command by its name", "", ":  f1"),
    Key("screen.keys", "question_mark", "keys", "show all keys", "all keys", "?"),
    Key("screen.quit", "q", "quit", "quit", "quit", "q  ^c"),
    Key("screen.suspend", "ctrl+z", "app.suspend_process", "back to the shell for a while; fg comes back", "", "^z"),
    Key("panes.back", "q,escape", "back", "back to the list, where this was chosen from one", "list", "q  Esc"),

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
    Key("layers.changes", "ctrl+l", "screen.mode('layer')", "what this layer changed"),
    Key("layers.aggregated", "ctrl+a", "screen.mode('all')", "all changes up to this layer"),
    Key("layers.empty", "e", "toggle_empty", "show or hide the steps that made no layer", "empty steps"),

    Key("pair.files", "enter", "choose", "go to the files", "files", "⏎"),

    Key("files.fold", "space,enter", "fold", "open or close a folder", "fold", "␣"),
    Key("files.fold-all", "ctrl+space,ctrl+@,ctrl+at", "fold_all", "open all folders, or close them", "fold all", "^␣"),
    Key("files.inside", "right,l", "inside", "open a folder, go into it", "", "→  l"),
    Key("files.outside", "left,h", "outside", "close a folder, go to the one around it", "", "←  h"),
    Key("files.parent", "backspace,ctrl+h", "parent", "go to the folder around", "", "⌫"),
    Key("files.next", "n", "change(1)", "next change", "next change", "n"),
    Key("files.previous", "N", "change(-1)", "change before", "", "N"),
    Key("files.flat", "t", "flat", "as a list of all files, the largest first; as a tree again", "list", "t"),
    Key("files.sort", "s,ctrl+o", "sort", "sort by name, size or changes", "sort", "s  ^o"),
    Key("files.measure", "v", "measure", "which bytes are shown, next: what the layer stores, what is there, by how much it differs", "bytes"),
    Key("files.added", "a,ctrl+a", "show('added')", "show or hide what was added", "added", "a  ^a"),
    Key("files.removed", "r,ctrl+r", "show('removed')", "show or hide what was removed", "removed", "r  ^r"),
    Key("files.modified", "m,ctrl+m", "show('modified')", "show or hide what was modified", "modified", "m  ^m"),
    Key("files.unmodified", "u,ctrl+u", "show('unmodified')", "show or hide what is unmodified", "unmodified", "u  ^u"),
    Key("files.attributes", "b,ctrl+b", "attributes", "show or hide permission and owner", "attributes", "b  ^b"),
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
    Key("filter.close", "escape", "close", "close the filter, show all again", "close", "Esc"),

    Key("name.pull", "enter", "pull", "pull this image", "pull", "⏎"),
    Key("name.close", "escape", "close", "close the line", "close", "Esc"),

    Key("question.choose", "enter", "choose", "take this answer", "take", "⏎"),
    Key("question.leave", "escape", "screen.quit", "neither pull nor look", "leave", "Esc"),

    Key("pull.stop", "escape", "quit", "stop the pull, or leave where it has failed", "cancel", "Esc"),
    Key("pull.again", "r", "again", "pull again where it has failed", "pull again", "r"),

    Key("pick.open", "enter", "choose", "open this one", "open", "⏎"),
    Key("pick.back", "escape", "back", "back, with nothing chosen", "back", "Esc"),
    Key("pick.copy", "y", "copy", "copy the digest to the clipboard", "copy digest"),
)  # fmt: skip


def bindings(*places: str) -> list[BindingType]:
    """The bindings of these places, for a widget's BINDINGS.

    All come first: else a key finds its binding only after it has been passed up from the focused widget, when one that
    was typed after it, such as the Tab in "down Tab down", may have moved the focus.
    """
    return [
        Binding(
            key.keys,
            key.action,
            key.label or key.help,
            show=bool(key.label),
            key_display=written(key).split("  ")[0],
            tooltip=key.help,
            priority=True,
            id=key.id,
        )
        for key in KEYS
        if key.place in places
    ]


def written(key: Key) -> str:
    """How keys are written for people: the first that most terminals send, then the others."""
    return key.shown or "  ".join(name.replace("ctrl+", "^") for name in key.keys.split(","))
