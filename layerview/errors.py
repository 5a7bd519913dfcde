"""What can go wrong, said to a person.

LayerviewError
├── InputError          the command line or the input is at fault (exit status 2)
│   ├── UsageError      the command line makes no sense
│   ├── NotFoundError   no such image, path or layer
│   ├── AmbiguousError  several candidates and nothing to choose by
│   ├── NotAnImageError the file or folder is no image
│   └── DamagedError    an image, but truncated, corrupt, or not what its digest says
└── ServiceError        an engine, a registry or the network is at fault (exit status 3)
"""

_LONGEST = 2_000
"""Characters of a message. It may quote a name of megabytes."""


class LayerviewError(Exception):
    """What happened, in one line, and what the reader can do about it, in another.

    Both are plain text that may quote names from an image; whoever prints them escapes them.
    """

    exit_status = 2

    def __init__(self, message: str, hint: str = "", *, image: str = "") -> None:
        """``image`` is the one that was looked for, where no engine that was asked has it."""
        super().__init__(message, hint)
        self.message = message[:_LONGEST]
        self.hint = hint[:_LONGEST]
        self.image = image

    def __str__(self) -> str:
        return f"{self.message}\n{self.hint}" if self.hint else self.message


class InputError(LayerviewError):
    """The command line or the input is at fault."""


class UsageError(InputError):
    """The command line makes no sense."""


class NotFoundError(InputError):
    """There is no such image, path or layer."""


class AmbiguousError(InputError):
    """Several candidates fit, and nothing says which is meant."""


class NotAnImageError(InputError):
    """The file or folder is no image, or of a kind that is not understood."""


class DamagedError(InputError):
    """An image that is truncated, corrupt, or not what its digest says."""

    def __init__(self, message: str, hint: str = "Save or pull the image again.") -> None:
        super().__init__(message, hint)


class ServiceError(LayerviewError):
    """An engine, a registry or the network is at fault."""

    exit_status = 3


def unexpected(error: Exception) -> LayerviewError:
    """What to say of an exception that nobody foresaw."""
    if isinstance(error, MemoryError):
        return LayerviewError("the memory does not suffice", "End other programs, or allow this one more.")
    return LayerviewError(f"unexpected: {type(error).__name__}: {error}", "Run it with --verbose, and report it.")
