"""Files and folders are the old ones or the new ones, never something between."""

import stat

import pytest

from kg.atomic import open_atomically, replace_folder, write_atomically


def test_a_file_is_replaced_and_keeps_its_permissions(tmp_path):
    path = tmp_path / "a.json"
    path.write_text("old", encoding="utf-8")
    path.chmod(0o600)
    write_atomically(path, "new ✓\r\n")
    assert path.read_bytes() == "new ✓\r\n".encode()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.json"]


def write_half(stream):
    stream.write(b"half of the n")
    raise OSError("disk full")


def test_a_fault_while_writing_leaves_the_old_file_alone(tmp_path):
    path = tmp_path / "a.bin"
    path.write_bytes(b"old")
    with pytest.raises(OSError, match="disk full"), open_atomically(path) as stream:
        write_half(stream)
    assert path.read_bytes() == b"old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.bin"]


def test_a_folder_takes_the_place_of_another(tmp_path):
    target, staged = tmp_path / "model", tmp_path / "staged"
    for folder, content in ((target, "old"), (staged, "new")):
        (folder / "inner").mkdir(parents=True)
        (folder / "inner" / "file").write_text(content, encoding="utf-8")
    (target / "only-in-the-old").touch()
    replace_folder(staged, target)
    assert (target / "inner" / "file").read_text(encoding="utf-8") == "new"
    assert not (target / "only-in-the-old").exists()
    assert [entry.name for entry in tmp_path.iterdir()] == ["model"]


def test_a_folder_takes_a_free_name(tmp_path):
    (tmp_path / "staged").mkdir()
    replace_folder(tmp_path / "staged", tmp_path / "model")
    assert [entry.name for entry in tmp_path.iterdir()] == ["model"]


def test_where_no_exchange_is_possible_two_renames_do(tmp_path, monkeypatch):
    monkeypatch.setattr("kg.atomic._exchange", lambda first, second: False)
    test_a_folder_takes_the_place_of_another(tmp_path)
