"""How many files the process may have open at once."""

from __future__ import annotations

from contextlib import suppress

_MANY = 4096


def allow() -> None:
    """Have as many as the images with the most layers need: each layer's table is one."""
    with suppress(ImportError, ValueError, OSError):
        import resource

        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        wanted = _MANY if hard == resource.RLIM_INFINITY else min(_MANY, hard)
        if soft != resource.RLIM_INFINITY and soft < wanted:
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
