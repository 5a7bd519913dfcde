"""Headers of every format, whole and damaged. The numbers are those of docs/semantics.md."""

from __future__ import annotations

import tarfile

import pytest
from fastcrc.crc64 import go_iso
from hypothesis import given, settings
from hypothesis import strategies as st

from layerview.errors import DamagedError
from layerview.layers import EARLIEST, LATEST, Kind
from tests.builders import Entry, device, directory, file, hardlink, index_bytes, layer, symlink
from tests.layers.headers import END, header, only, padded, pax, skipping
from tests.layers.rows import Row, kinds_of, paths_of, rows_of, warnings_of


class TestFormats:
    """31"""

    def test_ustar_prefix_comes_before_the_name(self) -> None:
        assert only(header(b"name", rest=b"\0" * 16 + b"long/prefix")).path == b"long/prefix/name"

    def test_prefix_of_stars_ustar_is_shorter(self) -> None:
        rest = bytes(16) + b"prefix".ljust(131, b"\0") + b"00000000000\0" * 2 + bytes(8) + b"tar\0"
        assert only(header(b"name", rest=rest)).path == b"prefix/name"

    def test_prefix_of_stars_ustar_ends_where_its_times_begin(self) -> None:
        prefix = b"p" * 65 + b"/" + b"q" * 65
        rest = bytes(16) + prefix + b"00000000000\0" * 2 + bytes(8) + b"tar\0"
        assert only(header(b"name", rest=rest)).path == prefix + b"/name"
        prefix += b"/" + b"r" * 23
        assert only(header(b"name", rest=bytes(16) + prefix)).path == prefix + b"/name"

    def test_gnu_headers_have_times_where_ustar_has_its_prefix(self) -> None:
        assert only(header(b"name", magic=b"ustar  \0", rest=bytes(16) + b"13123456701\0")).path == b"name"

    def test_v7_header_has_no_prefix(self) -> None:
        assert only(header(b"name", flag=b"\0", magic=b"", rest=bytes(16) + b"rubbish")).path == b"name"

    def test_name_of_a_hundred_bytes_needs_no_nul(self) -> None:
        assert only(header(b"n" * 100)).path == b"n" * 100

    def test_what_follows_the_nul_of_a_name_is_ignored(self) -> None:
        assert only(header(b"a\0rubbish")).path == b"a"

    def test_pax_records_replace_header_fields(self) -> None:
        row = only(
            pax((b"path", b"p" * 300), (b"uid", b"3000000"), (b"gid", b"7"), (b"size", b"3"), (b"mtime", b"1.5"))
            + header(b"short")
            + padded(b"abc")
        )
        assert (row.path, row.uid, row.gid, row.size, row.mtime) == (b"p" * 300, 3000000, 7, 3, 1_500_000_000)
        assert row.crc == go_iso(b"abc")

    def test_pax_link_target(self) -> None:
        assert only(pax((b"linkpath", b"t" * 300)) + header(flag=b"2", link=b"short")).link == b"t" * 300

    def test_pax_xattrs_keep_their_bytes(self) -> None:
        value = b"\x01\0\0\x02\xff=\n" + b"\0" * 13
        row = only(pax((b"SCHILY.xattr.security.capability", value), (b"SCHILY.xattr.user.a", b"1")) + header())
        assert row.xattrs == {b"security.capability": value, b"user.a": b"1"}

    def test_pax_xattr_without_a_value_is_none(self) -> None:
        assert only(pax((b"SCHILY.xattr.user.a", b"")) + header()).xattrs == {}

    def test_pax_records_hold_for_one_entry(self) -> None:
        rows = rows_of(index_bytes(pax((b"uid", b"9")) + header(b"a") + header(b"b") + END))
        assert [row.uid for row in rows] == [9, 0]

    def test_of_two_pax_headers_the_second_alone_holds(self) -> None:
        """47"""
        two = pax((b"path", b"one"), (b"uid", b"7"), (b"SCHILY.xattr.user.a", b"1")) + pax((b"gid", b"8"))
        row = only(two + header())
        assert (row.path, row.uid, row.gid, row.xattrs) == (b"a", 0, 8, {})
        assert only(pax((b"path", b"one")) + pax() + header()).path == b"a"

    def test_of_two_maps_of_a_sparse_file_the_second_alone_holds(self) -> None:
        """47"""
        keys = (b"GNU.sparse.offset", b"GNU.sparse.numbytes")
        first, second = (pax((b"GNU.sparse.size", b"9"), *zip(keys, (at, b"4"), strict=True)) for at in (b"0", b"5"))
        row = only(first + second + header(size=4) + padded(b"1234"))
        assert (row.size, row.sparse, row.crc) == (9, ((5, 4),), go_iso(bytes(5) + b"1234"))

    def test_other_headers_stay_beside_the_second(self) -> None:
        """47"""
        long = header(b"././@LongLink", flag=b"L", size=5) + padded(b"long\0")
        row = only(pax((b"uid", b"7")) + long + pax((b"gid", b"8")) + header())
        assert (row.path, row.uid, row.gid) == (b"long", 0, 8)

    @pytest.mark.parametrize(
        "before",
        [pax((b"path", b"one")), *(header(b"@", flag=flag, size=4) + padded(b"one\0") for flag in (b"L", b"K"))],
        ids=["PAX", "name", "link"],
    )
    def test_a_global_header_takes_those_before_it_with_a_warning(self, before: bytes) -> None:
        """47: as for Go, to which it is an entry of its own."""
        index = index_bytes(before + pax((b"comment", b"x"), flag=b"g") + header(flag=b"1", link=b"b") + END)
        assert paths_of(index) == [b"a"] and index.links == {0: b"b"}
        (warning,) = warnings_of(index)
        assert warning.startswith("a: a PAX global header stands between")

    def test_pax_global_records_are_passed_over_with_a_warning(self) -> None:
        """Statement 31."""
        tar = header(b"a") + pax((b"uid", b"9"), (b"size", b"3"), flag=b"g") + header(b"b") + header(b"c")
        found = index_bytes(tar + END)
        assert [(row.uid, row.size) for row in rows_of(found)] == [(0, 0)] * 3
        assert warnings_of(found) == ["b: a PAX global header sets size, uid: passed over, as engines do"]

    def test_pax_global_comment_changes_nothing(self) -> None:
        found = index_bytes(pax((b"comment", b"c0ffee"), flag=b"g") + header(b"a") + END)
        assert (paths_of(found), warnings_of(found)) == ([b"a"], [])

    def test_pax_name_in_binary_stays_bytes(self) -> None:
        assert only(pax((b"hdrcharset", b"BINARY"), (b"path", b"\xff\xfe")) + header()).path == b"\xff\xfe"

    def test_pax_name_with_a_nul_is_cut_off_there_with_a_warning(self) -> None:
        found = index_bytes(pax((b"path", b"ab\0cd")) + header() + END)
        assert paths_of(found) == [b"ab"]
        assert "NUL" in warnings_of(found)[0]

    def test_gnu_long_name_and_long_link(self) -> None:
        tar = b"".join(
            header(b"././@LongLink", flag=flag, size=301, magic=b"ustar  \0") + padded(value * 300 + b"\0")
            for flag, value in ((b"L", b"n"), (b"K", b"t"))
        )
        row = only(tar + header(b"short", flag=b"2", link=b"short", magic=b"ustar  \0"))
        assert (row.path, row.link) == (b"n" * 300, b"t" * 300)

    @pytest.mark.parametrize("number", [0, 1, 2**32, 2**55, -1, -(2**40)])
    def test_base_256_numbers(self, number: int) -> None:
        seconds = bytes([0x80 if number >= 0 else 0xFF]) + (number % (1 << 88)).to_bytes(11)
        assert only(header(mtime=seconds)).mtime == max(min(number * 10**9, 2**63 - 1), -(2**63))

    def test_base_256_owner_and_size(self) -> None:
        tar = header(uid=b"\x80\0\0\0\x12\x34\x56\x78", size=b"\x80" + bytes(10) + b"\x05") + padded(b"abcde")
        assert (only(tar).uid, only(tar).size) == (0x12345678, 5)

    @pytest.mark.parametrize("field", [b"      5 \0   ", b"5\0rubbish...", b"000000000005", b"5           "])
    def test_octal_numbers_as_old_writers_pad_them(self, field: bytes) -> None:
        assert only(header(size=field) + padded(b"abcde")).size == 5

    def test_numbers_end_with_their_fields(self) -> None:
        """Though what a NUL ends reads on in the next one, where the field's last digits stand behind a NUL of its own."""
        row = only(header(size=b"0000000005\x007", mtime=b"00000000011\0") + padded(b"12345"))
        assert (row.size, row.mtime) == (5, 9_000_000_000)

    def test_empty_number_is_zero(self) -> None:
        assert only(header(mode=bytes(8))).mode == 0

    def test_mode_keeps_permission_and_set_id_bits_only(self) -> None:
        assert only(header(mode=b"0104755\0")).mode == 0o4755

    def test_checksum_over_signed_bytes_is_accepted(self) -> None:
        block = header(b"caf\xe9")
        signed = int(block[148:154], 8) - 256
        assert only(block[:148] + b"%06o\0 " % signed + block[156:]).path == b"caf\xe9"

    @pytest.mark.parametrize("flag", [b"0", b"\0", b"7"])
    def test_regular_files(self, flag: bytes) -> None:
        row = only(header(flag=flag, size=3) + padded(b"abc"))
        assert (row.kind, row.size, row.crc) == (Kind.FILE, 3, go_iso(b"abc"))

    @pytest.mark.parametrize("flag", [b"0", b"\0"])
    def test_name_with_a_trailing_slash_is_a_directory(self, flag: bytes) -> None:
        """30"""
        assert (only(header(b"a/", flag=flag)).path, only(header(b"a/", flag=flag)).kind) == (b"a", Kind.DIRECTORY)

    def test_unknown_type_flag_is_a_regular_file_with_a_warning(self) -> None:
        """33"""
        found = index_bytes(header(flag=b"Z", size=3) + padded(b"abc") + header(b"b") + END)
        assert [(row.kind, row.size) for row in rows_of(found)] == [(Kind.FILE, 3), (Kind.FILE, 0)]
        assert warnings_of(found) == ["a: unknown type flag 'Z': taken for a regular file"]

    def test_size_in_the_header_of_a_hard_link_is_ignored(self) -> None:
        """20"""
        found = index_bytes(header(b"l", flag=b"1", link=b"a", size=700) + header(b"b") + END)
        assert [row.size for row in rows_of(found)] == [0, 0]

    @pytest.mark.parametrize(
        ("tar", "kept", "written"),
        [
            (pax((b"mtime", b"99999999999999999999.5")) + header(), LATEST, "99999999999999999999.5"),
            (pax((b"mtime", b"9223372037")) + header(), LATEST, "9223372037"),
            (pax((b"mtime", b"-1E+40")) + header(), EARLIEST, "-1E+40"),
            (header(mtime=b"\x80" + bytes(3) + (1 << 40).to_bytes(8)), LATEST, "1099511627776"),
            (header(mtime=b"\xff" * 4 + (-62_135_596_800).to_bytes(8, signed=True)), EARLIEST, "-62135596800"),
        ],
    )
    def test_time_out_of_reach_is_told_by_a_warning(self, tar: bytes, kept: int, written: str) -> None:
        index = index_bytes(tar + END)
        assert [row.mtime for row in rows_of(index)] == [kept]
        (warning,) = warnings_of(index)
        assert warning.startswith(f"a: a time of {written} s after 1970")

    def test_times_at_the_edge_are_kept(self) -> None:
        for time in (b"9223372036.854775806", b"-9223372036.854775807"):
            index = index_bytes(pax((b"mtime", time)) + header() + END)
            assert rows_of(index)[0].mtime == int(time.replace(b".", b""))
            assert index.warnings == ()


class TestSparse:
    """26"""

    CONTENT = b"A" * 512 + bytes(1536) + b"B" * 100 + bytes(924)
    PIECES = ((0, 512), (2048, 100))
    STORED = padded(b"A" * 512 + b"B" * 100)

    def check(self, row: Row, offset: int) -> None:
        assert (row.path, row.size, row.sparse, row.offset) == (b"real", 3072, self.PIECES, offset)
        assert row.crc == go_iso(self.CONTENT)

    def test_old_gnu(self) -> None:
        table = b"".join(b"%011o\0%011o\0" % piece for piece in self.PIECES)
        rest = bytes(41 + 16) + table.ljust(96, b"\0") + b"\0" + b"%011o\0" % 3072
        tar = header(b"real", flag=b"S", size=612, magic=b"ustar  \0", rest=rest)
        self.check(only(tar + self.STORED), 512)

    def test_old_gnu_with_extension_blocks(self) -> None:
        pieces = [(at * 1024, 1) for at in range(40)]
        table = [b"%011o\0%011o\0" % piece for piece in pieces]
        rest = bytes(57) + b"".join(table[:4]) + b"\1" + b"%011o\0" % 40960
        tar = header(b"real", flag=b"S", size=40, magic=b"ustar  \0", rest=rest)
        tar += b"".join(table[4:25]).ljust(504, b"\0") + b"\1".ljust(8, b"\0")
        tar += b"".join(table[25:]).ljust(504, b"\0") + bytes(8)
        row = only(tar + padded(b"x" * 40))
        assert (row.size, row.sparse, row.offset) == (40960, tuple(pieces), 1536)

    def test_old_gnu_with_numbers_that_octal_digits_do_not_hold(self) -> None:
        """As GNU tar writes them of files beyond 8 GiB."""
        numbers = (1 << 34, 5, (1 << 35) + 3, 7)
        table = b"".join(b"\x80" + number.to_bytes(11) for number in numbers)
        size = b"\x80" + (1 << 36).to_bytes(11)
        rest = bytes(57) + table.ljust(96, b"\0") + b"\0" + size
        row = only(header(b"real", flag=b"S", size=12, magic=b"ustar  \0", rest=rest) + padded(b"x" * 12))
        assert (row.size, row.sparse) == (1 << 36, ((1 << 34, 5), ((1 << 35) + 3, 7)))

    def test_old_gnu_map_has_an_end(self) -> None:
        rest = bytes(57) + b"00000000000\x00" * 8 + b"\1" + b"%011o\0" % 1
        block = (b"00000000000\x00" * 42 + b"\1").ljust(512, b"\0")
        tar = header(b"real", flag=b"S", size=0, magic=b"ustar  \0", rest=rest) + block * 2_100
        with pytest.raises(DamagedError, match="too long a map"):
            index_bytes(tar + END)

    def test_pax_0_0(self) -> None:
        records = [(b"GNU.sparse.size", b"3072"), (b"GNU.sparse.numblocks", b"2")]
        for offset, length in self.PIECES:
            records += [(b"GNU.sparse.offset", b"%d" % offset), (b"GNU.sparse.numbytes", b"%d" % length)]
        self.check(only(pax(*records) + header(b"real", size=612) + self.STORED), 1536)

    def test_pax_0_1(self) -> None:
        records = [(b"GNU.sparse.size", b"3072"), (b"GNU.sparse.map", b"0,512,2048,100"), (b"GNU.sparse.name", b"real")]
        self.check(only(pax(*records) + header(b"GNUSparseFile.0/real", size=612) + self.STORED), 1536)

    def test_pax_1_0(self) -> None:
        records = [(b"GNU.sparse.major", b"1"), (b"GNU.sparse.minor", b"0"), (b"GNU.sparse.name", b"real")]
        tar = pax(*records, (b"GNU.sparse.realsize", b"3072")) + header(b"GNUSparseFile.0/real", size=612 + 512)
        self.check(only(tar + padded(b"2\n0\n512\n2048\n100\n") + self.STORED), 2048)

    @pytest.mark.parametrize(
        ("map", "blocks"),
        [
            (b"2\n0\n512\n2048\n", 1),  # which goes on in what is stored, and that has no line
            (b"70000\n" + b"0\n" * 700, 3),
            (b"600000\n" + b"0\n" * 600_000, 2400),
        ],
        ids=["in its lines", "in its file", "in an extension's bounds"],
    )
    def test_pax_1_0_map_has_an_end(self, map: bytes, blocks: int) -> None:
        records = [(b"GNU.sparse.major", b"1"), (b"GNU.sparse.name", b"real"), (b"GNU.sparse.realsize", b"3072")]
        tar = pax(*records) + header(b"real", size=512 * blocks) + map.ljust(512 * blocks, b"x") + END
        with pytest.raises(DamagedError, match="a map that does not end"):
            index_bytes(tar)

    def test_pax_1_0_map_of_many_blocks(self) -> None:
        pieces = tuple((at * 10, 1) for at in range(400))
        map = b"400\n" + b"".join(b"%d\n%d\n" % piece for piece in pieces)
        records = [(b"GNU.sparse.major", b"1"), (b"GNU.sparse.name", b"real"), (b"GNU.sparse.realsize", b"4000")]
        tar = pax(*records) + header(b"real", size=len(padded(map)) + 400) + padded(map) + padded(b"x" * 400)
        assert only(tar).sparse == pieces

    @pytest.mark.parametrize(
        "map", [b"0,512,2048", b"0,100,2048,100", b"2048,512,0,100", b"0,512,3000,100", b"0,a,1,2"]
    )
    def test_map_that_makes_no_sense_is_damage(self, map: bytes) -> None:
        records = [(b"GNU.sparse.size", b"3072"), (b"GNU.sparse.map", map)]
        with pytest.raises(DamagedError):
            index_bytes(pax(*records) + header(b"real", size=612) + self.STORED + END)

    def test_hole_of_hundreds_of_terabytes_is_hashed_at_once(self) -> None:
        records = [(b"GNU.sparse.size", b"500000000000000"), (b"GNU.sparse.map", b"0,3")]
        row = only(pax(*records) + header(b"real", size=3) + padded(b"abc"))
        assert row.size == 5 * 10**14
        assert row.crc is not None


class TestDamage:
    """Cut off, corrupt or lying, a tar raises DamagedError, whichever way it is read."""

    @pytest.mark.parametrize(
        ("tar", "message"),
        [
            (b"no tar at all".ljust(1024), "This is no tar"),
            (header()[:300], "cut off in a header at offset 0"),
            (header() + header()[:511], "cut off in a header at offset 512"),
            (header() + b"\1" + header()[1:], "damaged at offset 512"),
            (header(size=1000) + bytes(999), "cut off"),
            (header(size=0o77777777777) + bytes(512), "cut off"),
            (header(size=b"\x80" + b"\x7f" * 11), "beyond 64 bits"),
            (header(size=b"\xff" * 12), "claims -1 bytes"),
            (header(size=b"-0000000001\0"), "claims -1 bytes"),
            (header(size=b"abcdefghijk\0"), "malformed number"),
            (pax((b"size", b"-5")) + header(), "claims -5 bytes"),
            (pax((b"size", b"1e9")) + header(), "malformed number"),
            (pax((b"uid", b"9" * 40)) + header(), "malformed number"),
            (pax((b"mtime", b"NaN")) + header(), "malformed time"),
            (pax((b"mtime", b"soon")) + header(), "malformed time"),
            (pax((b"uid", b"1")), "without its entry"),
            (header(flag=b"x", size=1 << 30), "claims 1073741824 bytes"),
            (header(flag=b"L", size=b"\xff" * 12), "claims -1 bytes"),
            (header(flag=b"L", size=600) + bytes(512), "cut off"),
            (header(flag=b"x", size=9) + padded(b"12 path=ab"), "malformed record"),
            (header(flag=b"x", size=9) + padded(b"0 path=a\n"), "malformed record"),
            (header(flag=b"x", size=9) + padded(b"x path=a\n"), "malformed record"),
        ],
    )
    def test_damage_is_named(self, tar: bytes, message: str) -> None:
        with pytest.raises(DamagedError, match=message):
            index_bytes(tar)
        with pytest.raises(DamagedError, match=message):
            skipping(tar)

    @pytest.mark.parametrize("end", [b"", bytes(512), bytes(1024), bytes(10240), bytes(512) + header(b"b")])
    def test_end_may_be_missing_short_or_long(self, end: bytes) -> None:
        tar = header(size=3) + padded(b"abc") + end
        assert paths_of(index_bytes(tar)) == paths_of(skipping(tar)) == [b"a"]
        assert index_bytes(tar).tar_size == skipping(tar).tar_size == len(tar)

    def test_entries_behind_a_single_block_of_zeros_are_left_out_with_a_warning(self) -> None:
        """47"""
        tar = header() + bytes(512) + header(b"b") + END
        for index in (index_bytes(tar), skipping(tar)):
            assert paths_of(index) == [b"a"]
            assert index.tar_size == len(tar)
            (warning,) = warnings_of(index)
            assert "behind a single block of zeros" in warning

    @pytest.mark.parametrize("behind", [b"", b"x", b"noise" * 200, bytes(512) + header(b"b"), bytes(10_000)])
    def test_what_else_may_stand_behind_a_block_of_zeros_is_passed(self, behind: bytes) -> None:
        index = index_bytes(header() + bytes(512) + behind)
        assert (paths_of(index), index.warnings) == ([b"a"], ())

    def test_padding_of_the_last_file_may_be_missing(self) -> None:
        tar = header(size=3) + b"abc"
        assert paths_of(index_bytes(tar)) == paths_of(skipping(tar)) == [b"a"]


SAMPLE = layer(
    directory("a"), file("a/b", b"x" * 700, xattrs={"user.a": b"1"}), symlink("c", "a"), file("n" * 300, b"y"),
    hardlink("e", "a/b"),
) + TestSparse.STORED  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(st.integers(0, len(SAMPLE) - 1), st.integers(0, 255)), max_size=4), st.integers(0, 12000))
def test_mutated_tar_raises_nothing_but_damage(changes: list[tuple[int, int]], cut: int) -> None:
    tar = bytearray(SAMPLE)
    for at, value in changes:
        tar[at] = value
    _index_or_damage(bytes(tar)[: len(tar) - cut // 3] if cut % 3 == 0 else bytes(tar))


@settings(max_examples=300, deadline=None)
@given(
    st.lists(
        st.one_of(
            st.builds(
                header,
                st.binary(max_size=100),
                flag=st.sampled_from([bytes([flag]) for flag in b"\x000123456xgLKSZ"]),
                size=st.one_of(st.integers(0, 1500), st.binary(max_size=12)),
                mode=st.binary(max_size=8),
                mtime=st.binary(max_size=12),
                rest=st.binary(max_size=183),
                magic=st.sampled_from([b"ustar\x0000", b"ustar  \0", b""]),
            ),
            st.builds(
                lambda records: pax(*records),
                st.lists(
                    st.tuples(
                        st.sampled_from(
                            [
                                b"path",
                                b"size",
                                b"mtime",
                                b"uid",
                                b"GNU.sparse.map",
                                b"GNU.sparse.size",
                                b"GNU.sparse.major",
                                b"GNU.sparse.realsize",
                                b"SCHILY.xattr.a",
                            ]
                        ),
                        st.one_of(st.binary(max_size=20), st.integers(-5, 2000).map(lambda n: b"%d" % n)),
                    ),
                    max_size=3,
                ),
            ),
            st.binary(min_size=512, max_size=512),
            st.just(padded(b"1\n0\n5\n")),
        ),
        max_size=6,
    )
)
def test_well_formed_nonsense_raises_nothing_but_damage(blocks: list[bytes]) -> None:
    _index_or_damage(b"".join(blocks))


def _index_or_damage(tar: bytes) -> None:
    try:
        found = index_bytes(tar)
    except DamagedError as error:
        assert error.message and "\n" not in error.message
    else:
        assert len(paths_of(found)) == len(found.kind)


def test_a_name_in_two_parts_may_begin_with_one_letter() -> None:
    """In the header of a file and in that of a device, which is read another way."""
    paths = [f"d/{letter * 100}" for letter in "ab"]
    tar = layer(file(paths[0]), device(paths[1], 1, 3), format=tarfile.USTAR_FORMAT)
    assert paths_of(index_bytes(tar)) == [path.encode() for path in paths]


def test_a_file_whose_name_ends_in_a_slash_is_a_folder_however_long_it_is() -> None:
    named = index_bytes(layer(*(Entry(name, tarfile.REGTYPE) for name in ("a/", "folder/", "folder/with/")), format=0))
    assert set(kinds_of(named)) == {("a", Kind.DIRECTORY), ("folder", Kind.DIRECTORY), ("folder/with", Kind.DIRECTORY)}
