"""How an image's containers run, setting by setting, and which settings two images have otherwise."""

from __future__ import annotations

import msgspec

from layerview.image.config import Healthcheck
from layerview.image.model import Image

Setting = str | tuple[str, ...] | dict[str, str] | Healthcheck | None
"""Its value; empty or None where it is not set."""


class ChangedSetting(msgspec.Struct, frozen=True):
    """A setting that two images have otherwise."""

    name: str
    """Such as "env"."""
    before: Setting
    after: Setting


def changed_settings(before: Image, after: Image) -> tuple[ChangedSetting, ...]:
    """What the configuration of the second image has otherwise than that of the first.

    When the images were made is none of it, nor is the order of variables, which nothing depends on.
    """
    old, new = _settings(before), _settings(after)
    return tuple(ChangedSetting(name, old[name], new[name]) for name in old if old[name] != new[name])


def _settings(image: Image) -> dict[str, Setting]:
    config = image.config
    variables = {name: value for name, _, value in (each.partition("=") for each in config.env)}
    return {
        "platform": str(image.platform.normalised),
        "author": config.author,
        "user": config.user,
        "exposed_ports": tuple(sorted(config.exposed_ports)),
        "env": variables,
        "entrypoint": config.entrypoint,
        "cmd": config.cmd,
        "shell": config.shell,
        "volumes": tuple(sorted(config.volumes)),
        "working_dir": config.working_dir,
        "labels": config.labels,
        "stop_signal": config.stop_signal,
        "healthcheck": config.healthcheck,
        "on_build": config.on_build,
    }
