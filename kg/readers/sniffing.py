"""What the bytes of a file are: opened, decompressed and recognised, whatever it is called."""

import bz2
import codecs
import gzip
import io
import json
import lzma
import re
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import zstandard

from kg.errors import FileFaultError, SyntaxFaultError
from kg.readers.limits import refuse_long_texts
from kg.readers.plain_signs import SIGNS

READ = (
    "Turtle, N-Triples, N-Quads, TriG, RDF/XML, JSON-LD, OBO, .rules, triple, name, Babelon, SSSOM "
    "and Neo4j's CSV files are read; other CSV and TSV by a column map, see docs/formats.md."
)
LINK = "Load an ontology first, then link them: `ontograft link KB --input FILE`."
_SUFFIXES = {
    ".ttl": "turtle",
    ".nt": "n-triples",
    ".nq": "n-quads",
    ".trig": "trig",
    ".rules": "rules",
}
COMPRESSED = (".gz", ".bz2", ".xz", ".zst", ".zip")
_MIB = 1 << 20
_ZSTD_WINDOW = 128 * _MIB  # what `zstd --ultra -22` asks for
_DAMAGE = (
    OSError,
    EOFError,
    RuntimeError,  # a zip with a password
    NotImplementedError,  # a zip with an unusual compression
    zipfile.BadZipFile,
    lzma.LZMAError,
    zlib.error,
    zstandard.ZstdError,
)
# What is not read, by how it begins.
_FOREIGN = (
    (b"%PDF", "a PDF document"),
    (b"SQLite format 3\0", "an SQLite database"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive: decompress it first"),
    (b"\x7fELF", "a program"),
    (b"PK\x03\x04", "an archive within an archive: unpack it first"),
    (b"\x1f\x8b", "a compressed file within an archive: unpack it first"),
    (b"\x28\xb5\x2f\xfd", "a compressed file within an archive: unpack it first"),
)
_HTML = re.compile(rb"<(!doctype\s+html|html)[\s>]", re.I)
_DOCTYPE = b"<!DOCTYPE"
# UTF-32 first: its mark begins with that of UTF-16.
_WIDE = {
    "utf-32": (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE),
    "utf-16": (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE),
}
_DECLARED = re.compile(rb"\A(<\?xml[^>]*?)\s+encoding\s*=\s*[\"']([^\"'>]*)[\"']")
_ENCODINGS = re.compile(
    r"(?i)iso-8859-\d+|latin1|us-ascii|windows-125\d|gb2312|gbk|gb18030|big5|shift_jis|euc-(jp|kr)"
)
_OBO = re.compile(rb"^(format-version:|\[(Term|Typedef|Instance)\][ \t\r]*$)", re.M)
_PUBTATOR = re.compile(rb"[^|\s]{1,40}\|[ta]\|[^|]")
_XML_ROOT = re.compile(rb"\s*<([A-Za-z_][\w.-]*:)?[A-Za-z_][\w.-]*\s[^>]*\bxmlns\b")
_TRIG_GRAPH = re.compile(rb"^[ \t]*(GRAPH\s+)?(<[^>\s]*>|[\w.-]*:[\w.-]*)?[ \t]*\{", re.M)
_QUAD_LINE = re.compile(
    rb"^(<[^>]*>|_:\S+)\s+<[^>]*>\s+(<[^>]*>|_:\S+|\".*\"\S*)\s+(<[^>]*>|_:\S+)\s*\.", re.M
)
_TURTLE = re.compile(
    rb"^[ \t]*(@prefix|@base|prefix\s|base\s|<[^>\s]*>\s|_:|\[\s*\]\s|\[\s+a\s|[\w.-]*:[\w.-]+\s)",
    re.I | re.M,
)
_OTHER_SYNTAXES = (
    (re.compile(rb"\s*(Prefix|Ontology)\s*\("), "OWL functional syntax"),
    (re.compile(rb"\s*(Prefix|Ontology):\s"), "OWL Manchester syntax"),
    (re.compile(rb"<Ontology\s"), "OWL/XML"),
)


@dataclass(frozen=True)
class SniffedFile:
    """The text of a file as UTF-8 bytes without a byte order mark, and its format."""

    path: str
    name: str
    format: str
    content: bytes


def sniff(path: str | Path, *, may_be_empty: bool = False) -> SniffedFile:
    """Open a file, decompress it if need be, and say what it is.

    Args:
        path: of the file.
        may_be_empty: whether a file without a byte but blanks is one, of the format of its name.

    Raises:
        FileFaultError: missing, a folder, not readable, empty, or of no known format.
        SyntaxFaultError: a byte that is not UTF-8, with line and column.
    """
    content, name = read_text(path, may_be_empty=may_be_empty)
    format_ = _format(content, name, str(path))
    refuse_long_texts(content, format_, str(path))
    return SniffedFile(str(path), name, format_, content)


def read_text(path: str | Path, *, may_be_empty: bool = False) -> tuple[bytes, str]:
    """The text of a file as UTF-8 without a mark, and its name without a compression's suffix.

    Raises:
        FileFaultError, SyntaxFaultError: as in `sniff`, but for the format.
    """
    shown = str(path)
    raw = _bytes_of(Path(path))
    content, name = _decompressed(raw, Path(path).name, shown)
    content = _without_mark(content)
    if b"\r" in content and b"\n" not in content:  # lines as on a Macintosh of old
        content = content.replace(b"\r", b"\n")
    if not may_be_empty and (not content or content.isspace()):
        raise FileFaultError(
            "The file is empty.", where=shown, mend="Look whether the download was complete."
        )
    _refuse_foreign(content, shown)
    _check_utf8(content, shown)
    return content, name


def read_head(path: Path) -> str:
    """The first 64 KiB of a plain, gzip, bz2 or xz file, without what is not UTF-8."""
    openers: dict[bytes, Callable[..., Any]] = {
        b"\x1f\x8b": gzip.open, b"BZh": bz2.open, b"\xfd7zXZ\0": lzma.open,
    }  # fmt: skip
    try:
        with path.open("rb") as file:
            start = file.read(65536)
        for magic, opener in openers.items():
            if start.startswith(magic):
                with opener(path, "rb") as unpacked:
                    start = unpacked.read(65536)
    except _DAMAGE:
        return ""
    return _without_mark(start).decode("utf-8", errors="ignore")


def _bytes_of(path: Path) -> bytes:
    where = str(path)
    try:
        if path.is_dir():
            raise FileFaultError("This is a folder.", where=where, mend="Name a file.")
        if path.exists() and not path.is_file():  # /dev/zero never ends, a pipe may never begin
            raise FileFaultError(
                "This is no file, but a device or a pipe.",
                where=where,
                mend="Write what comes from it into a file, and name that.",
            )
        return path.read_bytes()
    except FileNotFoundError:
        raise FileFaultError(
            "There is no such file.", where=where, mend="Check the path."
        ) from None
    except OSError as error:
        raise FileFaultError(
            f"The file cannot be read ({error.strerror}).",
            where=where,
            mend="Check its permissions.",
        ) from error


def _decompressed(raw: bytes, name: str, where: str) -> tuple[bytes, str]:
    """The content and the name it has inside; at most 64 MiB or 100 times the compressed size."""
    limit = max(64 * _MIB, 100 * len(raw))
    content = raw
    try:
        if raw.startswith(b"\x1f\x8b"):
            with gzip.GzipFile(fileobj=io.BytesIO(raw)) as unpacked:
                content = unpacked.read(limit + 1)
        elif raw.startswith(b"BZh"):
            with bz2.BZ2File(io.BytesIO(raw)) as unbzipped:
                content = unbzipped.read(limit + 1)
        elif raw.startswith(b"\xfd7zXZ\0"):
            with lzma.LZMAFile(io.BytesIO(raw)) as unxzipped:
                content = unxzipped.read(limit + 1)
        elif raw.startswith(b"\x28\xb5\x2f\xfd"):
            content = _unzstd(raw, limit)
        elif raw.startswith(b"PK\x03\x04"):
            archive = zipfile.ZipFile(io.BytesIO(raw))
            member = _only_member(archive, where)
            name = Path(member.filename).name
            with archive.open(member) as unzipped:
                content = unzipped.read(limit + 1)
        else:
            return raw, name
    except _DAMAGE as error:
        raise FileFaultError(
            f"The compressed file is damaged ({error}).", where=where, mend="Download it again."
        ) from error
    if len(content) > limit:
        raise FileFaultError(
            f"The file grows to more than {limit // _MIB:,} MiB when decompressed.",
            where=where,
            mend="If it is to be trusted, decompress it by hand and load the result.",
        )
    for suffix in COMPRESSED:
        name = name.removesuffix(suffix)
    return content, name


def _unzstd(raw: bytes, limit: int) -> bytes:
    """At most one byte more than the limit. The stream reader does not tell a cut-off end."""
    unpacker = zstandard.ZstdDecompressor(max_window_size=_ZSTD_WINDOW)
    content = unpacker.stream_reader(raw, read_across_frames=True).read(limit + 1)
    rest = raw if len(content) <= limit else b""
    while rest:
        frame = unpacker.decompressobj()
        frame.decompress(rest)
        if not frame.eof:
            raise EOFError("it ends too early")
        rest = frame.unused_data
    return content


def _only_member(archive: zipfile.ZipFile, where: str) -> zipfile.ZipInfo:
    members = [
        member
        for member in archive.infolist()
        if not member.is_dir() and not member.filename.startswith("__MACOSX/")
    ]
    if len(members) != 1:
        raise FileFaultError(
            f"The archive holds {len(members)} files, not one.",
            where=where,
            mend="Unpack it and name the ontology files.",
        )
    return members[0]


def _without_mark(content: bytes) -> bytes:
    if content.startswith(codecs.BOM_UTF8):
        return content[len(codecs.BOM_UTF8) :]
    for encoding, marks in _WIDE.items():
        if content.startswith(marks):
            return _undeclared(content.decode(encoding, errors="replace").encode())
    declared = _DECLARED.match(content[:256])
    encoding = declared[2].decode("ascii", errors="ignore") if declared else ""
    if _ENCODINGS.fullmatch(encoding):
        try:
            return _undeclared(content.decode(encoding).encode())
        except (LookupError, UnicodeDecodeError):
            return content  # the check of UTF-8 tells the fault
    return content


def _undeclared(content: bytes) -> bytes:
    """UTF-8, in which XML no longer declares another encoding."""
    return _DECLARED.sub(rb"\1", content, count=1)


def _refuse_foreign(content: bytes, where: str) -> None:
    for start, what in _FOREIGN:
        if content.startswith(start):
            raise FileFaultError(f"This is {what}.", where=where, mend=READ)
    if _HTML.match(_after_prolog(content[:65536])):
        raise FileFaultError(
            "This is a web page, not an ontology; often it is the error page of a failed download.",
            where=where,
            mend="Open it in a browser to see, and download the ontology file itself.",
        )
    if _is_binary(content[:4096]):
        raise FileFaultError("This is binary, not text.", where=where, mend=READ)


def _is_binary(head: bytes) -> bool:
    """Control characters may stand in literals; not many zeros, and not beside broken UTF-8."""
    if not any(byte < 32 and byte not in b"\t\n\r\f" for byte in head):
        return False
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head)  # the last character may be cut
    except UnicodeDecodeError:
        return True
    return head.count(0) * 8 > len(head)


def _check_utf8(content: bytes, where: str) -> None:
    if _is_utf8(content):
        return
    try:
        content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        column = error.start - content.rfind(b"\n", 0, error.start)
        raise SyntaxFaultError(
            f"Byte 0x{content[error.start]:02x} is not UTF-8.",
            where=f"{where}:{line}:{column}",
            mend="Convert the file: `iconv -f LATIN1 -t UTF-8 FILE > NEW`.",
        ) from None


def _is_utf8(content: bytes) -> bool:
    """In blocks: the text of a large file would take several times its bytes in memory."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        for start in range(0, len(content), _MIB):
            decoder.decode(content[start : start + _MIB])
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _format(content: bytes, name: str, where: str) -> str:
    suffix = Path(name).suffix.lower()
    if suffix in (".rules", ".toml"):
        return "rules" if suffix == ".rules" else "table"
    head = content[: 256 * 1024]
    start = head.lstrip()
    root = _after_prolog(head)
    for pattern, syntax in _OTHER_SYNTAXES:
        if pattern.match(root):
            raise FileFaultError(
                f"This is {syntax}, which is not read.",
                where=where,
                mend="Save it as RDF/XML or Turtle, with Protégé or `robot convert`.",
            )
    if _is_xml(start):
        return "rdf/xml"
    if _PUBTATOR.match(start):
        raise FileFaultError(
            "These are texts in PubTator, not an ontology.", where=where, mend=LINK
        )
    if _OBO.search(head):
        return "obo"
    if re.match(rb"[{]\s*[\"}]|\[\s*[{]", start):
        _refuse_json_lines(content, where)
        return "json-ld"
    return _SUFFIXES.get(suffix) or _plain_format(head) or _line_format(head, where)


def _refuse_json_lines(content: bytes, where: str) -> None:
    """JSON values a line are no JSON-LD; often they are the texts that are to be linked."""
    first, _, rest = content[:_MIB].lstrip().partition(b"\n")
    try:
        value = json.loads(first)
    except (ValueError, RecursionError):
        return
    if not isinstance(value, dict) or any(key.startswith("@") for key in value):
        return
    if isinstance(value.get("text"), str):
        raise FileFaultError(
            "These are texts, not an ontology: each line is JSON with a text.",
            where=where,
            mend=LINK,
        )
    if rest.lstrip().startswith(b"{"):
        raise FileFaultError(
            "Each line is JSON of its own, which is no JSON-LD.",
            where=where,
            mend="Write a table of it and load that by a column map, see docs/formats.md.",
        )


def _after_prolog(text: bytes) -> bytes:
    """The text from its first element on: without XML declaration, comments and DOCTYPE."""
    ends = {b"<?": b"?>", b"<!--": b"-->", _DOCTYPE: b">"}
    text = text.lstrip()
    while not _HTML.match(text):
        start = next((s for s in ends if text.startswith(s)), None)
        if start is None:
            break
        end = ends[start]
        opened = text.find(b"[", 0, text.find(b">") + 1)
        if start == _DOCTYPE and opened >= 0:
            end = b"]"
        found = text.find(end, len(start))
        if found < 0:
            return b""
        text = text[found + len(end) :].lstrip().removeprefix(b">" if end == b"]" else b"").lstrip()
    return text


def _is_xml(start: bytes) -> bool:
    declared = start.startswith((b"<?xml", b"<!--", b"<!DOCTYPE"))
    return declared or bool(re.match(rb"<([\w.-]+:)?RDF[\s>]", start) or _XML_ROOT.match(start))


def _plain_format(head: bytes) -> str | None:
    text = head.decode("utf-8", errors="ignore")
    return next((name for name, looks_like in SIGNS.items() if looks_like(text)), None)


def _line_format(head: bytes, where: str) -> str:
    if _QUAD_LINE.search(head):
        return "n-quads"
    without_comments = re.sub(rb"^[ \t]*#.*$", b"", head, flags=re.M)
    if not _TURTLE.search(without_comments):
        raise FileFaultError("The file is of no known format.", where=where, mend=READ)
    return "trig" if _TRIG_GRAPH.search(without_comments) else "turtle"
