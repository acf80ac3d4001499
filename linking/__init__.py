"""Text -> mentions -> candidates -> links, for any knowledge base. Needs no torch.

linker = Linker.of(kb)
for link in linker.link("The ECB lowered its deposit rate.").links:
    link.start, link.end, link.curie, link.probability, link.why
"""

from linking.corpus import MASK, DefinitionText, definition_texts
from linking.errors import SettingsError, TextsError
from linking.evaluation import LinkScores, Score, score_links
from linking.following import FollowingLinker
from linking.formats import FORMATS, read_texts, write_texts
from linking.linker import Linker, Vocabulary
from linking.links import Candidate, Evidence, Link, LinkedText
from linking.mentions import Mention, RefusedName
from linking.protocols import Neural
from linking.reading import GoldLink, TextRow
from linking.settings import LinkerSettings
from linking.trained import Trained
from linking.training import train_linker

__all__ = [
    "FORMATS",
    "MASK",
    "Candidate",
    "DefinitionText",
    "Evidence",
    "FollowingLinker",
    "GoldLink",
    "Link",
    "LinkScores",
    "LinkedText",
    "Linker",
    "LinkerSettings",
    "Mention",
    "Neural",
    "RefusedName",
    "Score",
    "SettingsError",
    "TextRow",
    "TextsError",
    "Trained",
    "Vocabulary",
    "definition_texts",
    "read_texts",
    "score_links",
    "train_linker",
    "write_texts",
]
