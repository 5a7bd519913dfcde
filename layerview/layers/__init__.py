"""What is in a layer: compression, tar headers, and the index of a layer's entries."""

from layerview.layers.beginning import Show, beginning_of
from layerview.layers.cache import Cache
from layerview.layers.columns import ColumnRecord
from layerview.layers.compression import MAX_SIZE, open_decompressed, unpack
from layerview.layers.contents import content_checksum, file_checksum
from layerview.layers.hardlinks import hardlink_targets
from layerview.layers.index import EARLIEST, IS_FILE, IS_SHOWN, LATEST, SYMLINK_MODE, Kind, LayerIndex, Warning
from layerview.layers.indexing import MAX_ENTRIES, index_entries, index_tar
from layerview.layers.reading import index_records, index_region, index_stream
from layerview.layers.tables import TABLE_NAME, index_table

__all__ = [
    "EARLIEST",
    "IS_FILE",
    "IS_SHOWN",
    "LATEST",
    "MAX_ENTRIES",
    "MAX_SIZE",
    "SYMLINK_MODE",
    "TABLE_NAME",
    "Cache",
    "ColumnRecord",
    "Kind",
    "LayerIndex",
    "Show",
    "Warning",
    "beginning_of",
    "content_checksum",
    "file_checksum",
    "hardlink_targets",
    "index_entries",
    "index_records",
    "index_region",
    "index_stream",
    "index_table",
    "index_tar",
    "open_decompressed",
    "unpack",
]
