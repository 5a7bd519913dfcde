"""When garbage is collected: a collection at the wrong time is felt as a key that hangs, or as a start that takes longer."""

from __future__ import annotations

import gc


def put_off() -> None:
    """Until there is a screen, or the program ends: hardly anything is garbage so far, and looking for some takes 10 to 30 ms."""
    gc.disable()


def collect() -> None:
    """What comes from now on may be garbage some day."""
    gc.enable()


def collect_what_comes() -> None:
    """The same, and what made the screen of an image is none: to look through it takes 70 ms, while keys come already."""
    gc.freeze()
    gc.enable()


def leave_alone_what_is_there() -> None:
    """All of an image is there: it is no garbage, and a collection over all that it is made of takes long.

    Keys leave little behind, which is looked through once they rest, or where there are many of them.
    """
    gc.freeze()
    gc.set_threshold(10_000, 10, 100)


def collect_what_keys_left() -> None:
    """No key has come for a moment. A millisecond after each, where one after fifty would wait for 20."""
    gc.collect(1)


def collect_what_was_there() -> None:
    """Whatever was left alone is garbage by now, if anything was."""
    if gc.get_freeze_count():
        gc.unfreeze()
        gc.collect()
