"""Archives and layouts whose members can be sought: contents of files, and what indexes are kept under."""

from __future__ import annotations

import gzip
import os
import pickle
from collections.abc import Callable
from pathlib import Path

import pytest

from layerview.errors import DamagedError, InputError
from layerview.layers import LayerIndex
from layerview.layers.zstd import zstd
from layerview.sources import Reading, open_source
from layerview.sources.archives.placed import PlacedContents
from tests.builders import file, layer, whiteout
from tests.sources.images import Layout, Saved, digest, docker_archive, folder, image, read, tar

LOWER = layer(file("a", b"lower"), file("b"))
UPPER = layer(whiteout("b"), file("c", b"upper"))


class TestRandomAccess:
    """Contents of files, where they can be sought."""

    def test_uncompressed_layer_gives_contents_by_offset(self, tmp_path: Path) -> None:
        path = tmp_path / "x.tar"
        path.write_bytes(tar(docker_archive(Saved(image(LOWER)))))
        source = open_source(str(path))
        index = read(source).layers[1]
        contents = pickle.loads(pickle.dumps(source.contents(1)))
        assert isinstance(index, LayerIndex)
        assert contents.read(index.offset[0], 5) == b"lower"
        assert contents.read(len(LOWER) - 2, 100) == b"\0\0"
        assert contents.read(len(LOWER) + 5, 100) == b""

    def test_contents_of_a_file_that_was_written_to_are_refused_however_often(self, tmp_path: Path) -> None:
        path = tmp_path / "x.tar"
        path.write_bytes(tar(docker_archive(Saved(image(LOWER)))))
        contents = open_source(str(path)).contents(1)
        assert isinstance(contents, PlacedContents)
        os.utime(path, (1, 1))
        for _ in range(2):
            with pytest.raises(DamagedError, match="changed while it was read"):
                contents.read(0, 5)

    def test_contents_of_a_file_that_is_gone_cannot_be_read(self, tmp_path: Path) -> None:
        path = tmp_path / "x.tar"
        path.write_bytes(tar(docker_archive(Saved(image(LOWER)))))
        contents = open_source(str(path)).contents(1)
        assert isinstance(contents, PlacedContents)
        path.unlink()
        with pytest.raises(InputError, match="No such file"):
            contents.read(0, 5)

    def test_compressed_layer_gives_none(self, tmp_path: Path) -> None:
        layout = Layout()
        path = folder(tmp_path / "x", layout.of(layout.image(image(LOWER, blobs=[gzip.compress(LOWER)]))))
        assert open_source(str(path)).contents(1) is None

    @pytest.mark.parametrize("way", [bytes, gzip.compress, zstd.compress])
    def test_jobs_can_be_sent_to_another_process(self, tmp_path: Path, way: Callable[[bytes], bytes]) -> None:
        path = tmp_path / "x"
        path.write_bytes(way(tar(docker_archive(Saved(image(LOWER, UPPER))))))
        source = open_source(str(path))
        source.describe()
        jobs = source.jobs()
        there = pickle.loads(pickle.dumps(jobs))
        assert [list(job.run(Reading(lambda *_: None))) for job in there] == [
            list(job.run(Reading(lambda *_: None))) for job in jobs
        ]
        assert [(job.layers, job.cost) for job in there] == [(job.layers, job.cost) for job in jobs]
        assert sum(job.cost for job in jobs) > 0


class TestCacheKey:
    """What an index may be kept under."""

    def test_compressed_layer_s_is_its_diff_id(self, tmp_path: Path) -> None:
        layout = Layout()
        path = folder(tmp_path / "x", layout.of(layout.image(image(LOWER, blobs=[gzip.compress(LOWER)]))))
        assert open_source(str(path)).cache_key(1) == digest(LOWER)

    def test_uncompressed_layer_s_changes_with_the_file(self, tmp_path: Path) -> None:
        path = tmp_path / "x.tar"
        path.write_bytes(tar(docker_archive(Saved(image(LOWER)))))
        key = open_source(str(path)).cache_key(1)
        assert key == open_source(str(path)).cache_key(1) != digest(LOWER)
        path.write_bytes(tar(docker_archive(Saved(image(LOWER)))) + bytes(512))
        assert open_source(str(path)).cache_key(1) != key
