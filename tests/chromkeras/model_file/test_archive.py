import io
import struct
import zipfile
from random import Random

import pytest

from chromkeras.errors import InputError
from chromkeras.model_file.archive import FREE_SIZE, check_names, open_archive


@pytest.fixture
def write(tmp_path):
    def make(members, method=zipfile.ZIP_STORED):
        path = tmp_path / "a.zip"
        with zipfile.ZipFile(path, "w", method) as file:
            for name, data in members.items():
                file.writestr(name, data)
        return path

    return make


def contents(path, **options):
    with open_archive(path, "archive", ".keras", **options) as archive:
        return {name: archive.read(name, most=10**9) for name in archive.members}


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_members_are_read(write, method):
    members = {"a": b"x" * 3_000_000, "b": b""}
    assert contents(write(members, method), compressed=True) == members


def test_where_stored_bytes_begin(write):
    path = write({"first": b"123", "second": b"abc"})
    with open_archive(path, "archive", ".keras") as archive:
        start = archive.start("second")
    assert path.read_bytes()[start : start + 3] == b"abc"


def test_a_large_directory_is_refused_before_it_is_read(write, mutations):
    data = mutations.many_members(Random(0), write({"a": b"x"}).read_bytes())
    path = write({})
    path.write_bytes(data)
    with pytest.raises(InputError, match="expected a directory of at most"):
        contents(path)


def set_field(path, offset, form, value):
    """Set a field of the first directory entry."""
    data = bytearray(path.read_bytes())
    struct.pack_into(form, data, data.find(b"PK\x01\x02") + offset, value)
    path.write_bytes(bytes(data))
    return path


@pytest.mark.parametrize(
    ("field", "message"),
    [
        ((8, "<H", 1), "member a is encrypted; expected plain members"),
        ((8, "<H", 1 << 6), "unknown flags"),
        ((10, "<H", 99), "compressed by method 99; expected stored"),
        ((10, "<H", 8), "compressed by method 8; expected stored, as Keras"),
        ((16, "<L", 1), "is damaged: member a: Bad CRC-32"),
        ((24, "<L", 99), "two sizes are given"),
        ((42, "<L", 10**6), "is damaged"),
        ((6, "<H", 99), "is not a .keras file: zip file version 9.9"),
    ],
)
def test_a_bad_directory_is_said_in_one_line(write, field, message):
    path = set_field(write({"a": b"x" * 50}), *field)
    with pytest.raises(InputError, match=message) as caught:
        contents(path)
    assert str(caught.value).isprintable()


def test_what_unpacks_to_too_much_is_refused_before_it_is_unpacked(write):
    path = write({"a": bytes(FREE_SIZE + 1)}, zipfile.ZIP_DEFLATED)
    with pytest.raises(InputError, match="unpack to at most 8 times the file's"):
        contents(path, compressed=True)


def test_a_member_has_no_more_bytes_than_were_declared(write):
    """Of a stream that goes on after them nothing is read, and the checksum is another one."""
    path = write({"a": bytes(10**6)}, zipfile.ZIP_DEFLATED)
    set_field(path, 24, "<L", 10)
    with pytest.raises(InputError, match="Bad CRC-32"):
        contents(path, compressed=True)


def test_names(write):
    with open_archive(write({"a": b"", "b": b""}), "archive", ".keras") as archive:
        check_names(archive, ("b", "a"))
        with pytest.raises(InputError, match="expected members a; received a, b"):
            check_names(archive, ("a",))


def test_a_member_that_stands_twice(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as file:
        file.writestr("a", b"1")
        with pytest.warns(UserWarning, match="Duplicate name"):
            file.writestr("a", b"2")
    with pytest.raises(InputError, match="member a stands twice"):
        contents(tmp_path / "a.zip")


def test_members_that_lie_on_each_other(tmp_path):
    """Ten entries of one and the same bytes."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as file:
        file.writestr("a", b"x" * 1000)
    data = held.getvalue()
    entry = data[data.find(b"PK\x01\x02") : data.find(b"PK\x05\x06")]
    directory = b"".join(entry[:-1] + bytes([letter]) for letter in b"abcdefghij")
    start = data.find(b"PK\x01\x02")
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 10, 10, len(directory), start, 0)
    (tmp_path / "a.zip").write_bytes(data[:start] + directory + end)
    with pytest.raises(InputError, match="its members are larger than the file"):
        contents(tmp_path / "a.zip")


@pytest.mark.parametrize("data", [b"text", b"PK\x03\x04 and no more", b"x" * 1000])
def test_no_archive(data, tmp_path):
    (tmp_path / "m.keras").write_bytes(data)
    with pytest.raises(InputError, match=r"m\.keras is damaged or is not a \.keras file"):
        contents(tmp_path / "m.keras")


def test_an_archive_beyond_two_gigabytes_has_its_directory_elsewhere(tmp_path):
    """As Python writes it then; the file has a hole in the place of the data."""
    path = tmp_path / "large.zip"
    with zipfile.ZipFile(path, "w") as file:
        file.fp.seek(2**31 + 10)
        file.start_dir = file.fp.tell()
        file.writestr("a", b"123")
    assert contents(path) == {"a": b"123"}
