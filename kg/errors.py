"""Everything that ontograft raises on purpose.

OntograftError                     exit code 1
├── JobError                       1: the job failed
└── InputError                     2: what the user gave is wrong
    ├── FileFaultError             missing, a folder, empty, of no known format, no ontology
    ├── SyntaxFaultError           a fault in the text of a file, with its line and column
    ├── SparqlFaultError           a query that is wrong, not allowed, or takes too much
    ├── ShapesFaultError           SHACL shapes that are wrong, not allowed, or ask too much
    ├── UnknownEntityError         no such CURIE or IRI
    ├── ExportError                what a format cannot hold, or a licence does not allow
    ├── SchemaVersionError         a knowledge base made by a newer ontograft, or by an older one
    └── NotAKnowledgeBaseError     nothing there, or a file or database that is not ours
"""


class OntograftError(Exception):
    """Base of all our errors: what is wrong, where, and how to mend it.

    Args:
        what: one sentence.
        where: file, "file:line:column" or setting; empty if `what` names it.
        mend: what the user can do, one sentence; empty if nothing.
    """

    exit_code: int = 1

    def __init__(self, what: str, *, where: str = "", mend: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.where = where
        self.mend = mend

    def __str__(self) -> str:
        located = f"{self.where}: {self.what}" if self.where else self.what
        return f"{located} {self.mend}" if self.mend else located


class JobError(OntograftError):
    """The job failed, though nothing is known to be wrong with the input."""

    exit_code = 1


class InputError(OntograftError):
    """What the user gave is wrong."""

    exit_code = 2


class FileFaultError(InputError):
    """A file that is missing, a folder, empty, unreadable, of no known format, or no ontology."""


class SyntaxFaultError(InputError):
    """A fault in the text of a file; `where` is "file:line:column"."""


class SparqlFaultError(InputError):
    """A query that is wrong, not allowed or too costly; `where` is "query:line:column"."""


class ShapesFaultError(InputError):
    """SHACL shapes that are ill-formed, recursive, not allowed or too costly."""


class UnknownEntityError(InputError):
    """No entity has this CURIE or IRI."""


class ExportError(InputError):
    """What cannot be written in the format asked for, or may not be handed on."""


class SchemaVersionError(InputError):
    """The knowledge base was made by a newer ontograft than this one, or is to be upgraded."""


class NotAKnowledgeBaseError(InputError):
    """There is nothing at this place, or something that is not a knowledge base of ours."""
