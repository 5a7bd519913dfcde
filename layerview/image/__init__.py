"""What an image is: reference, platform, manifest, config and history, as plain data."""

from layerview.image.base import Base, base_of, starts_from
from layerview.image.config import Config, Healthcheck, HistoryEntry, config_of, parse_config, time_of
from layerview.image.digest import Digest, chain_ids, digest_of, verify
from layerview.image.dockerfile import Dockerfile, Lines
from layerview.image.listed import ListedImage, ListedLayer, listed_layers, moment
from layerview.image.locating import located
from layerview.image.manifest import (
    IMAGE_MANIFEST,
    MANIFEST_TYPES,
    Descriptor,
    Index,
    IndexedImage,
    Manifest,
    images,
    manifests,
    parse_index,
    parse_manifest,
)
from layerview.image.model import Image, Layer, join
from layerview.image.parsing import MAX_JSON, Words, convert, convert_leniently, decode, parse, words
from layerview.image.platform import Platform
from layerview.image.reference import HUB, Reference, is_image_id, plain_name, same_name
from layerview.image.settings import ChangedSetting, Setting, changed_settings

__all__ = [
    "HUB",
    "IMAGE_MANIFEST",
    "MANIFEST_TYPES",
    "MAX_JSON",
    "Base",
    "ChangedSetting",
    "Config",
    "Descriptor",
    "Digest",
    "Dockerfile",
    "Healthcheck",
    "HistoryEntry",
    "Image",
    "Index",
    "IndexedImage",
    "Layer",
    "Lines",
    "ListedImage",
    "ListedLayer",
    "Manifest",
    "Platform",
    "Reference",
    "Setting",
    "Words",
    "base_of",
    "chain_ids",
    "changed_settings",
    "config_of",
    "convert",
    "convert_leniently",
    "decode",
    "digest_of",
    "images",
    "is_image_id",
    "join",
    "listed_layers",
    "located",
    "manifests",
    "moment",
    "parse",
    "parse_config",
    "parse_index",
    "parse_manifest",
    "plain_name",
    "same_name",
    "starts_from",
    "time_of",
    "verify",
    "words",
]
