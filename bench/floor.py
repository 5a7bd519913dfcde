"""What any program has to do that shows an image of a registry and verifies it: fetch, unpack and hash, and nothing else.

``python -m bench.floor HOST/NAME`` does so, with a process for each processor, the largest blobs first. Digests are made in
a thread beside the unpacking. It starts no screen and reads no tar, so that it is faster than a program can be that does
so with the same libraries, the fastest that Python has for either.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
from concurrent.futures import Future, ThreadPoolExecutor
from http.client import HTTPResponse
from multiprocessing import Pool
from urllib.request import Request, urlopen

from isal.igzip_lib import DECOMP_GZIP, IgzipDecompressor

_CHUNK = 1 << 20
_AHEAD = 8
"""Chunks that wait for the hashing thread at most."""
_MANIFESTS = "application/vnd.oci.image.manifest.v1+json, application/vnd.docker.distribution.manifest.v2+json"


def verify(name: str) -> None:
    """Verify the layers of an image: the blobs by the manifest, what they unpack to by the config."""
    manifest = json.load(_get(name, "manifests/latest"))
    diff_ids = json.load(_get(name, f"blobs/{manifest['config']['digest']}"))["rootfs"]["diff_ids"]
    layers = sorted(zip(manifest["layers"], diff_ids, strict=True), key=lambda layer: -layer[0]["size"])
    with Pool(os.cpu_count()) as pool:
        pool.starmap(_verify, [(name, layer["digest"], diff_id) for layer, diff_id in layers], chunksize=1)


def _verify(name: str, digest: str, diff_id: str) -> None:
    blob, tar = hashlib.sha256(), hashlib.sha256()
    unpacker = IgzipDecompressor(flag=DECOMP_GZIP)
    pending: list[Future[None]] = []
    with _get(name, f"blobs/{digest}") as response, ThreadPoolExecutor(1) as hasher:
        while data := response.read(_CHUNK):
            pending.append(hasher.submit(blob.update, data))
            while not unpacker.eof:
                pending.append(hasher.submit(tar.update, unpacker.decompress(data, _CHUNK)))
                data = b""
                while len(pending) > _AHEAD:
                    pending.pop(0).result()
                if unpacker.needs_input:
                    break
    if (f"sha256:{blob.hexdigest()}", f"sha256:{tar.hexdigest()}") != (digest, diff_id):
        raise ValueError(f"{digest} is not what its digests say")


def _get(name: str, path: str) -> HTTPResponse:
    host, _, repository = name.partition("/")
    response: HTTPResponse = urlopen(Request(f"http://{host}/v2/{repository}/{path}", headers={"Accept": _MANIFESTS}))
    return response


if __name__ == "__main__":
    verify(sys.argv[1])
