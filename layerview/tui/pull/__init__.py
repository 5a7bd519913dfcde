"""Having an engine pull an image: whether to, how far it is, and what to open then."""

from __future__ import annotations

from collections.abc import Sequence

from layerview.errors import LayerviewError, ServiceError
from layerview.process.interrupts import INTERRUPTED
from layerview.process.screen import prepare
from layerview.sources.pullers import first_that_answers, reading_of
from layerview.sources.pulling import Puller


def pull(
    pullers: Sequence[Puller], *, ask: bool = False, registry: bool = False, why: str = "", chosen: bool = False
) -> str | None:
    """Have the first engine that answers pull an image, on the terminal; what to open then, None where that is nothing.

    ``pullers`` come from ``layerview.sources.pullers``. ``ask`` asks first, and says ``why`` it does; with
    ``registry`` the registry itself is among the answers, and the answer where no engine is here. The reader may stop the
    pull, and may leave, for the list where the image was ``chosen`` from one. Raises LayerviewError, where no engine answers or
    where one has failed, which the screen has told; KeyboardInterrupt where Ctrl+C has ended it.
    """
    try:
        puller = first_that_answers(pullers)
    except ServiceError:
        if ask and registry:
            return reading_of(pullers[0].reference)
        raise
    prepare()
    from layerview.tui.pull.app import PullApp

    app = PullApp(puller, ask=ask, registry=registry, why=why, chosen=chosen)
    try:
        result = app.run()
    finally:
        app.stop()
    if app.return_code == INTERRUPTED:
        raise KeyboardInterrupt
    if app.return_code:
        raise SystemExit(app.return_code)
    if isinstance(result, LayerviewError):
        raise result
    return result
