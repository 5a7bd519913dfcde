import os
from pathlib import Path

import pytest

from layerview.errors import InputError
from layerview.writing import whole_file


def test_a_file_appears_when_it_is_complete(tmp_path: Path) -> None:
    path = tmp_path / "report"
    with whole_file(path) as file:
        file.write(b"half")
        file.flush()
        assert not path.exists()
    assert path.read_bytes() == b"half"
    assert path.stat().st_mode & 0o777 == 0o666 & ~_umask()


def test_a_failure_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "report"
    path.write_text("old")
    with pytest.raises(KeyboardInterrupt), whole_file(path) as file:
        file.write(b"new")
        raise KeyboardInterrupt
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_symbolic_link_stays_one(tmp_path: Path) -> None:
    (tmp_path / "real").write_text("old")
    (tmp_path / "link").symlink_to("real")
    with whole_file(tmp_path / "link") as file:
        file.write(b"new")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real").read_text() == "new"


def test_a_pipe_is_written_to_and_not_replaced(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    reader = os.open(tmp_path / "pipe", os.O_RDONLY | os.O_NONBLOCK)
    with whole_file(tmp_path / "pipe") as file:
        file.write(b"new")
    assert os.read(reader, 10) == b"new"
    os.close(reader)


def test_a_file_keeps_its_mode(tmp_path: Path) -> None:
    path = tmp_path / "report"
    path.touch(0o600)
    with whole_file(path) as file:
        file.write(b"new")
    assert path.stat().st_mode & 0o777 == 0o600


def test_nobody_at_the_other_end_of_a_pipe_is_no_fault_of_the_path(tmp_path: Path) -> None:
    read, write = os.pipe()
    os.close(read)
    with pytest.raises(BrokenPipeError), whole_file(Path(f"/dev/fd/{write}")) as file:
        file.write(b"new")
    os.close(write)


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="absent/report cannot be written"), whole_file(tmp_path / "absent" / "report"):
        pass


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
