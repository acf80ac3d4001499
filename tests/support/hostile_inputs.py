"""Hostile and broken inputs, each with the commands that meet it and what these are to say.

A command is given as words; KB stands for a fresh knowledge base. Its last command has to end with
`code`, and to say something that fits `says`; nothing may be said that fits `never`.
"""

import bz2
import gzip
import io
import json
import lzma
import os
import sqlite3
import struct
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import zstandard

Build = Callable[[Path], object]

CLASS = "<http://e.org/A> a <http://www.w3.org/2002/07/owl#Class> "
HEAD = (
    "@prefix e: <http://e.org/> . @prefix owl: <http://www.w3.org/2002/07/owl#> .\n"
    "@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .\n"
)
RDF = 'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"'
MEGABYTE = 1 << 20


@dataclass(frozen=True)
class Hostile:
    """One input.

    Args:
        name: unique.
        build: lays it out in a folder.
        commands: what is run there, one after another.
        says: a pattern for what the last one prints, stdout and stderr together.
        code: its exit code.
        never: a pattern for what no command may print.
    """

    name: str
    build: Build
    commands: Sequence[Sequence[str]]
    says: str
    code: int = 2
    never: str = "Traceback|should not happen"


def text(name: str, content: str | bytes) -> Build:
    """A file with this content."""
    raw = content.encode() if isinstance(content, str) else content
    return lambda folder: (folder / name).write_bytes(raw)


def file(
    name: str, content: str | bytes | Build, says: str, *, as_: str = "x.ttl", code: int = 2
) -> Hostile:
    """An input that is one file to load."""
    build = content if callable(content) else text(as_, content)
    return Hostile(name, build, [["load", "KB", as_]], says, code)


def loaded(name: str, content: str | Build, *, as_: str = "x.ttl", says: str = "loaded") -> Hostile:
    """A file that looks bad and can be loaded."""
    return file(name, content, says, as_=as_, code=0)


def asked(name: str, query: str, says: str, *, code: int = 2, data: str = "") -> Hostile:
    """A query over a small knowledge base."""
    content = data or HEAD + 'e:A a owl:Class ; rdfs:label "cat" . e:B a owl:Class .'

    def build(folder: Path) -> None:
        text("x.ttl", content)(folder)
        text("query.rq", query)(folder)

    ask = ["sparql", "KB", "--file", "query.rq", "--timeout", "0.5", "--limit", "50"]
    return Hostile(name, build, [["load", "KB", "x.ttl"], ask], says, code)


def labelled(label: str) -> str:
    """A class with a label, as Turtle."""
    return f"{HEAD}e:A a owl:Class ; rdfs:label {json.dumps(label)} ."


def zipped(*members: tuple[str, bytes]) -> bytes:
    """A zip archive."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return packed.getvalue()


def doctype(inside: str, body: str = "") -> str:
    """RDF/XML with a DOCTYPE."""
    return f'<?xml version="1.0"?>\n<!DOCTYPE r [{inside}]>\n<rdf:RDF {RDF}>{body}</rdf:RDF>'


def long_literal(folder: Path) -> None:
    """100 MB in one literal, written without holding it."""
    with (folder / "x.ttl").open("w", encoding="ascii") as out:
        out.write(HEAD + 'e:A a owl:Class ; rdfs:label "')
        for _ in range(100):
            out.write("x" * MEGABYTE)
        out.write('" .')


def long_xml_text(folder: Path) -> None:
    """The same in RDF/XML."""
    with (folder / "x.owl").open("w", encoding="ascii") as out:
        out.write(f'<rdf:RDF {RDF} xmlns:e="http://e.org/"><rdf:Description><e:p>')
        for _ in range(100):
            out.write("x" * MEGABYTE)
        out.write("</e:p></rdf:Description></rdf:RDF>")


def long_obo_line(folder: Path) -> None:
    """The same in an OBO definition."""
    with (folder / "x.obo").open("w", encoding="ascii") as out:
        out.write('format-version: 1.2\n\n[Term]\nid: A:1\nname: a\ndef: "')
        for _ in range(100):
            out.write("x" * MEGABYTE)
        out.write('" []\n')


def zip_bomb(folder: Path) -> None:
    """A gigabyte of blanks, compressed twice."""
    packer = zstandard.ZstdCompressor()
    inner = io.BytesIO()
    with (
        zipfile.ZipFile(inner, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("x.ttl", "w") as o,
    ):
        for _ in range(300):
            o.write(b" " * MEGABYTE)
    (folder / "x.zip").write_bytes(inner.getvalue())
    (folder / "x.zst").write_bytes(packer.compress(inner.getvalue()))


def lying_zip(folder: Path) -> None:
    """An archive that says that its member is small."""
    raw = bytearray(zipped(("x.ttl", b" " * (70 * MEGABYTE))))
    directory = raw.rfind(b"PK\x01\x02")
    for start, at in ((0, 22), (directory, 24)):
        raw[start + at : start + at + 4] = struct.pack("<I", 10)
    (folder / "x.zip").write_bytes(bytes(raw))


def zstd_window(folder: Path) -> None:
    """A frame that asks for a window of 2 GiB."""
    parameters = zstandard.ZstdCompressionParameters(window_log=31, enable_ldm=False)
    packer = zstandard.ZstdCompressor(compression_params=parameters)
    stream = packer.compressobj()
    (folder / "x.ttl.zst").write_bytes(stream.compress(CLASS.encode()) + stream.flush())


def other_database(folder: Path) -> None:
    """An SQLite file of somebody else, and an ontology."""
    with sqlite3.connect(folder / "other.db") as connection:
        connection.execute("CREATE TABLE meta (key TEXT, value TEXT)")
    connection.close()
    text("x.ttl", CLASS + ".")(folder)


def corrupted(folder: Path) -> None:
    """A knowledge base with noise in its middle."""
    from kg import KnowledgeBase

    text("x.ttl", HEAD + "".join(f'e:C{n} a owl:Class ; rdfs:label "c {n}" .' for n in range(300)))(
        folder
    )
    with KnowledgeBase.open(folder / "kb.db", create=True) as kb:
        kb.load(folder / "x.ttl")
    raw = bytearray((folder / "kb.db").read_bytes())
    raw[4096:-4096] = JUMBLE * (len(raw) // len(JUMBLE) + 1)
    (folder / "kb.db").write_bytes(bytes(raw[: len(raw) // 4096 * 4096]))


def catalog(target: str, extra: str = "") -> Build:
    """A folder with a catalog that leads to `target`."""

    def build(folder: Path) -> None:
        (folder / "onto").mkdir()
        place = folder / "onto"
        text("a.ttl", f"{HEAD}e:a a owl:Ontology ; owl:imports e:b . e:A a owl:Class .")(place)
        text(
            "catalog-v001.xml",
            f'<?xml version="1.0"?>{extra}\n'
            '<catalog xmlns="urn:oasis:names:tc:entity:xmlns:xml:catalog">'
            f'<uri name="http://e.org/b" uri="{target}"/></catalog>',
        )(place)

    return build


def loops(folder: Path) -> None:
    """A folder that holds itself, by symbolic links."""
    (folder / "onto" / "deep").mkdir(parents=True)
    text("onto/a.ttl", CLASS + ".")(folder)
    (folder / "onto" / "deep" / "up").symlink_to(folder / "onto")
    (folder / "onto" / "self.ttl").symlink_to("self.ttl")
    os.mkfifo(folder / "onto" / "pipe.csv")


def table(map_text: str, csv_text: str | bytes = "id,name\n1,cat\n") -> Build:
    """A column map and its table."""

    def build(folder: Path) -> None:
        text("map.toml", map_text)(folder)
        text("t.csv", csv_text)(folder)

    return build


MAP = 'table = "t.csv"\n[columns]\nid = "id"\nname = "label"\n'
OBO = "format-version: 1.2\n\n[Term]\nid: A:1\nname: a\n"
JUMBLE = bytes(range(1, 256)) * 40

INPUTS = (
    # -- XML: entities --------------------------------------------------------------------------
    file(
        "entity bomb",
        doctype('<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;">'),
        r"x\.owl:2: The DOCTYPE has an entity within an entity",
        as_="x.owl",
    ),
    file(
        "entity used without measure",
        doctype(f'<!ENTITY a "{"a" * 60_000}">', "&a;" * 5_000),
        r"x\.owl:2: The DOCTYPE's entities grow too large",
        as_="x.owl",
    ),
    file(
        "external entity",
        doctype('<!ENTITY a SYSTEM "file:///etc/passwd">', "&a;"),
        r"x\.owl:2: .*external",
        as_="x.owl",
    ),
    file(
        "public external entity",
        doctype('<!ENTITY a PUBLIC "x" "http://127.0.0.1/">', "&a;"),
        r"x\.owl:2: .*external",
        as_="x.owl",
    ),
    file(
        "parameter entity",
        doctype('<!ENTITY % a SYSTEM "http://127.0.0.1/x.dtd"> %a;'),
        r"x\.owl:2: .*parameter entity",
        as_="x.owl",
    ),
    file(
        "external document type",
        f'<?xml version="1.0"?>\n<!DOCTYPE r SYSTEM "http://127.0.0.1/x.dtd">\n<rdf:RDF {RDF}/>',
        "no ontology|x.owl",
        as_="x.owl",
    ),
    file("unknown entity", doctype("", "&nosuch;"), r"x\.owl:3:\d+: ", as_="x.owl"),
    file(
        "deep XML",
        f"<rdf:RDF {RDF} xmlns:e='http://e.org/'>"
        + "<e:A><e:p>" * 20_000
        + "</e:p></e:A>" * 20_000
        + "</rdf:RDF>",
        r"x\.owl:1:\d+: More than 1,000 nested",
        as_="x.owl",
    ),
    file("cut RDF/XML", f"<rdf:RDF {RDF}>\n<rdf:Description>\n", r"x\.owl:3:1: ", as_="x.owl"),
    # -- archives -------------------------------------------------------------------------------
    Hostile(
        "zip bomb", zip_bomb, [["load", "KB", "x.zip"]], r"x\.zip: .*grows to more than 64 MiB"
    ),
    Hostile("nested zip bomb", zip_bomb, [["load", "KB", "x.zst"]], r"x\.zst: .*within an archive"),
    Hostile("zip that lies", lying_zip, [["load", "KB", "x.zip"]], r"x\.zip: "),
    file(
        "zip in zip in zip",
        zipped(("b.zip", zipped(("c.zip", zipped(("d.ttl", b"x" * 999)))))),
        r"x\.zip: .*within an archive",
        as_="x.zip",
    ),
    file(
        "zip of 20,000 members",
        lambda folder: (folder / "x.zip").write_bytes(
            zipped(*((f"{n}.ttl", b"x") for n in range(20_000)))
        ),
        r"x\.zip: The archive holds 20000 files",
        as_="x.zip",
    ),
    loaded("zip member outside", zipped(("../../x.ttl", (CLASS + ".").encode())), as_="x.zip"),
    file("empty zip", b"PK\x05\x06" + bytes(18), r"x\.zip: ", as_="x.zip"),
    file("cut gzip", gzip.compress(CLASS.encode() * 99)[:-30], r"x\.ttl: .*damaged"),
    file(
        "gzip bomb", lambda f: (f / "x.ttl").write_bytes(gzip.compress(b" " * 70_000_000)), "64 MiB"
    ),
    file(
        "bz2 bomb", lambda f: (f / "x.ttl").write_bytes(bz2.compress(b" " * 70_000_000)), "64 MiB"
    ),
    file(
        "xz bomb", lambda f: (f / "x.ttl").write_bytes(lzma.compress(b" " * 70_000_000)), "64 MiB"
    ),
    Hostile(
        "zstd window bomb", zstd_window, [["load", "KB", "x.ttl.zst"]], r"x\.ttl\.zst: .*damaged"
    ),
    # -- sizes and depths -----------------------------------------------------------------------
    file("100 MB literal", long_literal, r"x\.ttl:3:\d+: .*more than 16 MiB"),
    file("100 MB of XML text", long_xml_text, r"x\.owl:1:\d+: .*more than 16 MiB", as_="x.owl"),
    file("100 MB OBO line", long_obo_line, r"x\.obo:6:\d+: .*more than 16 MiB", as_="x.obo"),
    file(
        "deep blank nodes",
        CLASS + "; <http://e.org/p> " + "[ <http://e.org/p> " * 100_000,
        "x.ttl:1:",
    ),
    file("deep collections", CLASS + "; <http://e.org/p> " + "(" * 100_000, "x.ttl:1:"),
    loaded(
        "deep blank nodes that close",
        CLASS + "; <http://e.org/p> " + "[ <http://e.org/p> " * 20_000 + "1" + "]" * 20_000 + ".",
    ),
    file(
        "deep JSON", '{"@id":' + "[" * 200_000, r"x\.jsonld:1:\d+: More than 1,000", as_="x.jsonld"
    ),
    file(
        "deep JSON-LD",
        '{"http://e.org/p":' * 50_000 + "1" + "}" * 50_000,
        r"x\.jsonld:1:\d+: More than 1,000",
        as_="x.jsonld",
    ),
    loaded(
        "10,000 prefixes",
        "".join(f"@prefix p{n}: <http://e.org/{n}/> .\n" for n in range(10_000)) + CLASS + ".",
    ),
    loaded(
        "1 MB IRI",
        f"{CLASS}. <http://e.org/{'x' * MEGABYTE}> a <http://www.w3.org/2002/07/owl#Class> .",
    ),
    loaded("long language tag", HEAD + f'e:A a owl:Class ; rdfs:label "x"@en-{"a" * 5_000} .'),
    # -- encodings and other files --------------------------------------------------------------
    file(
        "Latin-1",
        HEAD.encode() + b'e:A rdfs:label "caf\xe9" .',
        r"x\.ttl:3:20: Byte 0xe9 is not UTF-8",
    ),
    file(
        "half a character",
        CLASS.encode() + b'; <http://e.org/p> "\xe2\x82',
        r"x\.ttl:1:\d+: .*not UTF-8",
    ),
    loaded("UTF-8 mark", "\ufeff" + CLASS + "."),
    file("UTF-16", (CLASS + ".").encode("utf-16"), "loaded", code=0),
    file("UTF-32", (CLASS + ".").encode("utf-32"), "loaded", code=0),
    file("UTF-16 without mark", (CLASS + ".").encode("utf-16-le"), r"x\.ttl: This is binary"),
    file("cut UTF-16", (CLASS + ".").encode("utf-16") + b"\x00", r"x\.ttl"),
    file("HTML", "<!DOCTYPE html>\n<html><body>404</body></html>", r"x\.ttl: .*web page"),
    file("PDF", b"%PDF-1.7\n%\xe2\xe3", r"x\.ttl: This is a PDF"),
    file("empty", b"", r"x\.ttl: The file is empty"),
    file("blanks", b" \t\r\n" * 1000, r"x\.ttl: The file is empty"),
    file("zeros", bytes(10_000), r"x\.ttl: This is binary"),
    file("noise", JUMBLE, r"x\.ttl: This is binary"),
    loaded(
        "zero in a subject",
        CLASS + ".\n<http://e.org/\0B> a 1 .",
        says=r"x\.ttl:2:1: Read leniently",
    ),
    loaded("carriage returns alone", OBO.replace("\n", "\r"), as_="x.obo"),
    file(
        "carriage returns and a fault", CLASS + ".\r<http://e.org/B> b c .\r", r"x\.ttl:\d+:\d+: "
    ),
    # -- texts that would be code elsewhere -----------------------------------------------------
    loaded(
        "IRI with quotes",
        CLASS + '.\n<http://e.org/"; DROP TABLE triple; --> a 1 .',
        says=r"x\.ttl:2:1: Read leniently",
    ),
    Hostile(
        "label with SQL",
        text("x.ttl", labelled("'); DROP TABLE name; --")),
        [
            ["load", "KB", "x.ttl"],
            ["search", "KB", "'); DROP TABLE name; --"],
            ["search", "KB", 'drop" OR name:* NEAR('],
            ["search", "KB", "drop table"],
        ],
        "DROP TABLE name",
        code=0,
    ),
    Hostile(
        "label with escape sequences",
        text(
            "x.ttl",
            labelled("\x1b]0;owned\x07\x1b[2Jcat \x9b31m \u202e live").replace("\\u009b", "\x9b"),
        ),
        [
            ["load", "KB", "x.ttl"],
            ["search", "KB", "cat"],
            ["show", "KB", "http://e.org/A"],
            ["sparql", "KB", "CONSTRUCT WHERE { ?s ?p ?o }"],
            ["sparql", "KB", "SELECT ?l { ?s rdfs:label ?l }"],
        ],
        "cat",
        code=0,
        never="\x1b]|\x1b\\[2J|\x07|\x9b",
    ),
    Hostile(
        "file name with escape sequences",
        text("\x1b[2Jx.ttl", "nothing"),
        [["load", "KB", "\x1b[2Jx.ttl"]],
        r"\\x1b\[2Jx\.ttl:1:1: ",
        never="\x1b",
    ),
    file("fault with escape sequences", CLASS + ".\n\x1b[2J oops .", r"x\.ttl:2:1: "),
    # -- graphs that go round -------------------------------------------------------------------
    Hostile(
        "subclass cycle",
        text(
            "x.ttl",
            HEAD
            + "".join(
                f"e:C{n} a owl:Class ; rdfs:subClassOf e:C{(n + 1) % 5_000} ." for n in range(5_000)
            ),
        ),
        [["load", "KB", "x.ttl"], ["show", "KB", "http://e.org/C7"]],
        "ancestors",
        code=0,
    ),
    Hostile(
        "self-loops",
        text(
            "x.ttl",
            HEAD + "e:A a owl:Class ; rdfs:subClassOf e:A ; owl:equivalentClass e:A ; "
            "owl:disjointWith e:A ; owl:imports e:A . owl:Class a owl:Class .",
        ),
        [["load", "KB", "x.ttl"], ["show", "KB", "http://e.org/A"]],
        "http://e.org/A",
        code=0,
    ),
    loaded(
        "list that goes round",
        HEAD + "e:A a owl:Class ; owl:equivalentClass [ owl:intersectionOf _:l ] .\n"
        "@prefix rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#> . "
        "_:l rdf:first e:A , e:B ; rdf:rest _:l , _:m . _:m rdf:first _:m ; rdf:rest _:l .",
    ),
    loaded(
        "expression that goes round",
        HEAD + "e:A a owl:Class ; rdfs:subClassOf _:x . _:x owl:intersectionOf ( _:x e:B ) ; "
        "owl:onProperty e:p ; owl:someValuesFrom _:x .",
    ),
    # -- the network ----------------------------------------------------------------------------
    file(
        "JSON-LD with a remote context",
        '{"@context": "http://127.0.0.1:47111/c", "name": "cat"}',
        r"x\.jsonld.*nothing is fetched",
        as_="x.jsonld",
    ),
    file(
        "JSON-LD that imports a context",
        '{"@context": {"@version": 1.1, "@import": "http://127.0.0.1:47111/c"}, "name": "cat"}',
        r"x\.jsonld",
        as_="x.jsonld",
    ),
    file(
        "JSON-LD with a context in a file",
        '{"@context": "file:///etc/passwd", "name": "cat"}',
        r"x\.jsonld",
        as_="x.jsonld",
    ),
    loaded(
        "imports from the network",
        HEAD + "e:o a owl:Ontology ; owl:imports "
        "<http://127.0.0.1:47111/x> , <file:///dev/zero> . e:A a owl:Class .",
        says="not fetched: 2",
    ),
    loaded(
        "OBO that imports",
        OBO.replace("\n\n", "\nimport: http://127.0.0.1:47111/x.obo\n\n"),
        as_="x.obo",
    ),
    Hostile(
        "catalog that leads outside",
        catalog("/dev/zero"),
        [["load", "KB", "onto"]],
        "not fetched: 1",
        0,
    ),
    Hostile(
        "catalog to the network",
        catalog("http://127.0.0.1:47111/b"),
        [["load", "KB", "onto"]],
        "not fetched: 1",
        0,
    ),
    Hostile(
        "catalog with an entity",
        catalog("b", '<!DOCTYPE c [<!ENTITY a "b">]>'),
        [["load", "KB", "onto"]],
        r"catalog-v001\.xml:1:\d+: ",
    ),
    # -- OBO ------------------------------------------------------------------------------------
    loaded(
        "OBO of bad lines",
        OBO + 'nonsense\nsynonym: "b" WIDE [\nxref: \nis_a: \nis_a: NO:9 ! none\n'
        "is_obsolete: maybe\nrelationship: part_of\n[Nonsense]\nid: B:1\n",
        as_="x.obo",
        says="Line lost",
    ),
    loaded(
        "OBO without end of quotes",
        OBO + 'def: "' + '\\"' * 50_000 + "\n",
        as_="x.obo",
        says="Line lost",
    ),
    loaded(
        "OBO xrefs of blanks",
        OBO
        + 'def: "d" ['
        + "a " * 50_000
        + '"\n'
        + "xref: "
        + " " * 90_000
        + "a\n"
        + 'def: "d" ['
        + " " * 50_000
        + "x\n",
        as_="x.obo",
        says="Line lost",
    ),
    # -- Turtle faults --------------------------------------------------------------------------
    file(
        "language with an underscore",
        HEAD + 'e:A a owl:Class ; rdfs:label "x"@en_US .',
        r"x\.ttl:3:\d+: ",
    ),
    file("unclosed text", HEAD + 'e:A rdfs:label """cat .\n' + "x\n" * 1000, r"x\.ttl:\d+:\d+: "),
    file("prefix that is not declared", "e:A a e:B .", r"x\.ttl:1:\d+: "),
    # -- tables, names and rules ----------------------------------------------------------------
    Hostile(
        "ragged rows",
        table(MAP, "id,name\n1\n2,b,c,d\n3,cat\n"),
        [["load", "KB", "map.toml"]],
        "Line lost: 2 cells",
        0,
    ),
    Hostile(
        "table with zeros",
        table(MAP, b"id,name\n1,c\0t\n2,dog\n"),
        [["load", "KB", "map.toml"]],
        "map.toml|loaded",
        0,
    ),
    Hostile(
        "table of one column",
        table(MAP, "id\n1\n"),
        [["load", "KB", "map.toml"]],
        r"t\.csv:1: .*no column 'name'",
    ),
    Hostile(
        "field without end",
        table(MAP, 'id,name\n1,"' + "x\n" * 200_000),
        [["load", "KB", "map.toml"]],
        "map.toml",
    ),
    Hostile(
        "large field",
        table(MAP, 'id,name\n1,"' + "x" * 3_000_000 + '"\n2,cat\n'),
        [["load", "KB", "map.toml"]],
        "loaded|Line lost",
        0,
    ),
    Hostile(
        "map to a device",
        table('table = "/dev/zero"\n[columns]\nid = "id"\n'),
        [["load", "KB", "map.toml"]],
        r"map\.toml:1:1: ",
    ),
    Hostile(
        "map to a file outside",
        table('table = "../../etc/passwd"\n[columns]\nid = "id"\n'),
        [["load", "KB", "map.toml"]],
        r"map\.toml:1:1: ",
    ),
    Hostile(
        "map that is no TOML",
        table("table = \n"),
        [["load", "KB", "map.toml"]],
        r"map\.toml:1:\d+: ",
    ),
    Hostile(
        "map of deep TOML", table("a = " + "[" * 50_000), [["load", "KB", "map.toml"]], r"map\.toml"
    ),
    loaded(
        "names of half lines",
        "0||a\n" * 60 + "1||cat|felis\n2||\n||dog\n|||\n3|4||mouse\n" + "5\n" * 20,
        as_="x.txt",
        says="Line lost",
    ),
    file(
        "rule of deep brackets",
        "1 :: e:a(x" + "(" * 100_000 + ") :- e:b(x).",
        r"x\.rules:1:\d+: ",
        as_="x.rules",
    ),
    file(
        "rule of commas",
        "1 :: e:a(x) :- " + "e:b(x)," * 20_000 + "!",
        r"x\.rules:1:\d+: ",
        as_="x.rules",
    ),
    file(
        "rule of blanks",
        "1 " + " " * 50_000 + "e:a(x) :- e:b(x)" + " " * 50_000 + "x",
        r"x\.rules:1:\d+: ",
        as_="x.rules",
    ),
    # -- places ---------------------------------------------------------------------------------
    file(
        "device",
        lambda folder: (folder / "x.ttl").symlink_to("/dev/zero"),
        r"x\.ttl: This is no file",
    ),
    file("pipe", lambda folder: os.mkfifo(folder / "x.ttl"), r"x\.ttl: This is no file"),
    file("link to itself", lambda folder: (folder / "x.ttl").symlink_to("x.ttl"), r"x\.ttl: "),
    file(
        "unreadable file",
        lambda folder: (folder / "x.ttl").symlink_to("/proc/self/mem"),
        r"x\.ttl: The file cannot be read",
    ),
    Hostile("folder that holds itself", loops, [["load", "KB", "onto"]], "loaded", 0),
    file(
        "name that is too long",
        lambda folder: None,
        "File name too long|no such file",
        as_="x" * 300,
    ),
    # -- knowledge bases ------------------------------------------------------------------------
    Hostile("database of others", other_database, [["load", "other.db", "x.ttl"]], r"other\.db"),
    Hostile(
        "text as knowledge base",
        text("x.ttl", CLASS + "."),
        [["load", "x.ttl", "x.ttl"]],
        r"x\.ttl",
    ),
    Hostile("empty file as knowledge base", text("kb.db", b""), [["info", "kb.db"]], r"kb\.db"),
    Hostile(
        "cut knowledge base",
        text("kb.db", b"SQLite format 3\0" + bytes(84)),
        [["info", "kb.db"]],
        r"kb\.db",
    ),
    Hostile(
        "noise after an SQLite header",
        text("kb.db", b"SQLite format 3\0" + JUMBLE),
        [["info", "kb.db"]],
        r"kb\.db",
    ),
    Hostile(
        "corrupted knowledge base", corrupted, [["search", "kb.db", "c"]], r"kb\.db: .*damaged"
    ),
    Hostile(
        "a pipe as knowledge base",
        lambda folder: os.mkfifo(folder / "kb.db"),
        [["info", "kb.db"]],
        r"kb\.db",
    ),
    # -- queries --------------------------------------------------------------------------------
    asked(
        "catastrophic regular expression",
        "SELECT ?l { ?s rdfs:label ?l FILTER(REGEX(CONCAT('"
        + "a" * 5_000
        + "', ?l), '(a+)+(a+)+(a*)*b$')) }",
        "",
        code=0,
    ),
    asked(
        "regular expression of a size",
        "SELECT * { ?s ?p ?l FILTER(REGEX(STR(?l), '((a{1000}){1000}){1000}')) }",
        "",
        code=0,
    ),
    asked("FROM a file", "SELECT * FROM <file:///etc/passwd> { ?s ?p ?o }", "", code=0),
    asked(
        "FROM the network",
        "SELECT * FROM NAMED <http://127.0.0.1:47111/> { GRAPH ?g { ?s ?p ?o } }",
        "",
        code=0,
    ),
    asked(
        "SERVICE",
        "SELECT * { SERVICE <http://127.0.0.1:47111/> { ?s ?p ?o } }",
        "query:1:12: SERVICE would ask",
    ),
    asked(
        "hidden SERVICE",
        "ASK { ?s ?p ?o } #\rSERVICE\nASK { SERVICE <http://127.0.0.1:47111/> {} }",
        "query:",
    ),
    asked("LOAD", "LOAD <http://127.0.0.1:47111/>", "query:1:1: LOAD would change"),
    asked("query and update", "ASK {} ; INSERT DATA { <a:a> <a:a> <a:a> }", "query:1:"),
    asked("deep groups", "SELECT * { " + "{" * 100_000 + "}" * 100_000 + " }", "nested too deeply"),
    asked(
        "deep brackets", f"ASK {{ FILTER({'(' * 100_000}1{')' * 100_000}) }}", "nested too deeply"
    ),
    asked("deep negation", f"ASK {{ FILTER({'!' * 200_000}true) }}", "query"),
    asked("deep path", f"ASK {{ ?s {'(' * 50_000}<a:a>{')*' * 50_000} ?o }}", "nested too deeply"),
    asked(
        "cartesian product",
        "SELECT (COUNT(*) AS ?n) { " + " . ".join(f"?a{n} ?b{n} ?c{n}" for n in range(20)) + " }",
        "longer than 0.5 seconds",
    ),
    asked(
        "answer without measure",
        "SELECT * { " + " . ".join(f"?a{n} ?b{n} ?c{n}" for n in range(7)) + " }",
        "There are more|longer than",
        code=0,
    ),
    asked(
        "text that doubles",
        "SELECT ?z { "
        + "BIND('x' AS ?v0) "
        + " ".join(f"BIND(CONCAT(?v{n}, ?v{n}) AS ?v{n + 1})" for n in range(40))
        + " BIND(STRLEN(?v40) AS ?z) }",
        "too much memory|longer than|query",
    ),
    asked(
        "many prefixes",
        "".join(f"PREFIX p{n}: <http://e.org/{n}>\n" for n in range(10_000)) + "ASK {}",
        "true",
        code=0,
    ),
    asked("query of 1 MB", "ASK { VALUES ?x { " + "1 " * 500_000 + "} }", "524,288 may be read"),
    asked("query of many values", "ASK { VALUES ?x { " + "1 " * 100_000 + "} }", "true", code=0),
    asked("zero in a query", "ASK { ?s ?p '\0' }", "false|query", code=0),
)
"""All of them."""
