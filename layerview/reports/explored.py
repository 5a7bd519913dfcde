"""What is known of an image once its exploration has come to an end."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from layerview.analysis import Account
from layerview.errors import LayerviewError
from layerview.filesystem import Stack
from layerview.image import Image


class ExploredImage(msgspec.Struct, frozen=True):
    """An image and all that its layers say."""

    image: Image
    stack: Stack
    account: Account
    failures: Mapping[int, LayerviewError]
    """Layers that cannot be read, by number: everything else is without them."""
