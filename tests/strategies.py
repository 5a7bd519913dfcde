"""Stacks of layers for Hypothesis: few names, so that everything meets everything.

``HYPOTHESIS_PROFILE=fuzz`` tries a hundred times as many examples, other ones in every run.
"""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from tests.builders import Entry, device, directory, fifo, file, hardlink, opaque, symlink, whiteout

settings.register_profile("ci", max_examples=200, deadline=None, derandomize=True, database=None)
settings.register_profile(
    "fuzz", max_examples=20_000, deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))

Layer = tuple[Entry, ...]

NAMES = st.sampled_from(["a", "b", "c"])
PATHS = st.lists(NAMES, min_size=1, max_size=3).map("/".join)
WRITTEN = st.one_of(
    PATHS, PATHS, PATHS, PATHS.map("./{}".format), PATHS.map("/{}".format), PATHS.map("../{}".format),
    st.tuples(PATHS, NAMES).map(lambda two: f"{two[0]}/../{two[1]}"),
)  # fmt: skip
TARGETS = st.one_of(PATHS, PATHS.map("/{}".format), PATHS.map("../{}".format), st.sampled_from(["/", ".", "..", "x"]))
CONTENTS = st.sampled_from([b"", b"1", b"2", b"11", b"22", b"4444"])
MODES = st.sampled_from([0o644, 0o644, 0o4755])
OWNERS = st.sampled_from([0, 0, 7])
TIMES = st.sampled_from([0, 0, 1.5])
XATTRS = st.sampled_from([{}, {}, {"user.a": b"1"}, {"user.a": b"2"}])
PLINKS = st.sampled_from([".wh..wh.plnk/1.2", ".wh..wh.plnk/3.4"])

ENTRIES = st.one_of(
    st.builds(file, WRITTEN, CONTENTS, mode=MODES, uid=OWNERS, gid=OWNERS, mtime=TIMES, xattrs=XATTRS),
    st.builds(file, PATHS, CONTENTS),
    st.builds(directory, WRITTEN.map("{}/".format), mode=MODES, uid=OWNERS, mtime=TIMES, xattrs=XATTRS),
    st.builds(directory, PATHS),
    st.builds(directory, st.sampled_from([".", "./", "/"]), mode=MODES, mtime=TIMES),
    st.builds(symlink, WRITTEN, TARGETS, uid=OWNERS),
    st.builds(hardlink, WRITTEN, st.one_of(WRITTEN, WRITTEN, PLINKS), mode=MODES, uid=OWNERS, mtime=TIMES),
    st.builds(device, PATHS, st.just(1), st.sampled_from([3, 5]), block=st.booleans()),
    st.builds(fifo, PATHS, mode=MODES),
    st.builds(whiteout, PATHS),
    st.builds(whiteout, WRITTEN),
    st.builds(opaque, st.one_of(st.just(""), PATHS)),
    st.builds(file, st.one_of(PLINKS, st.sampled_from(["a/.wh.b/c", ".wh..", "a/.wh."])), CONTENTS),
)
LAYERS = st.lists(ENTRIES, max_size=6).map(tuple)
IMAGES = st.lists(LAYERS, min_size=1, max_size=4)
