"""Texts to the probabilities of their concepts, as a transformer of scikit-learn.

make_pipeline(ConceptVectorizer("hpo.sqlite"), LogisticRegression()).fit(texts, labels)

It has the methods by which scikit-learn knows a transformer, and inherits nothing from it: neither
`import linking` nor this file imports scikit-learn.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from scipy.sparse import csr_array

from kg import EntityTable, KnowledgeBase
from kg.csr import Csr
from linking.errors import SettingsError, TextsError
from linking.linker import Linker
from linking.links import Link
from linking.settings import LinkerSettings
from linking.trained import Trained

PARAMETERS = ("kb", "trained", "settings", "parents")


class _Opened(NamedTuple):
    linker: Linker
    table: EntityTable
    above: Csr


class ConceptVectorizer:
    """The probability of each concept in each text, as a sparse matrix.

    A concept's value in a text is the probability that its most probable mention means it; all
    candidates of a mention count, not the best alone. With `parents`, a mention means a concept
    also where it means one below it, and what several of its candidates share adds up.

    Args:
        kb: the knowledge base: a path or a SQLAlchemy URL.
        trained: a file of `ontograft train-linker`.
        settings: of the linker, as in `LinkerSettings`; None takes those of the training.
        parents: how many levels of is-a above a concept are counted, too.

    Attributes:
        concepts_: CURIEs of the columns: what was found in the texts of `fit`, in the order of the
            knowledge base.
    """

    def __init__(
        self,
        kb: str | Path = "",
        *,
        trained: str | Path | None = None,
        settings: Mapping[str, Any] | None = None,
        parents: int = 0,
    ) -> None:
        # kept as given: scikit-learn makes copies by the parameters
        self.kb = kb
        self.trained = trained
        self.settings = settings
        self.parents = parents
        self._opened: _Opened | None = None

    def fit(self, texts: Iterable[object], y: object = None) -> "ConceptVectorizer":
        """Find out which concepts are in the texts; `y` is not looked at.

        Raises:
            TextsError: not a series of strings, or no concept is in any of them.
            OntograftError: the knowledge base or the trained linker cannot be read.
        """
        self.fit_transform(texts, y)
        return self

    def fit_transform(self, texts: Iterable[object], y: object = None) -> csr_array:
        """`fit` and `transform` of the same texts, which are linked once."""
        self._opened = None
        found = self._found(texts)
        table = self._open().table
        rows = sorted({row for text in found for row in text})
        if not rows:
            raise TextsError(
                "no concept of the knowledge base is in any of the texts",
                where=str(self.kb),
                mend="Look whether it has names in their language: `ontograft link KB TEXT`.",
            )
        self.concepts_ = np.array([table.curies[row] for row in rows], dtype=object)
        return self._matrix(found)

    def transform(self, texts: Iterable[object]) -> csr_array:
        """The probabilities of the concepts that `fit` found.

        Returns:
            Shape (texts, concepts), float64, 0 to 1.

        Raises:
            SettingsError: before `fit`.
            TextsError: not a series of strings.
        """
        self._check_fitted()
        return self._matrix(self._found(texts))

    def get_feature_names_out(self, input_features: object = None) -> np.ndarray:
        """CURIEs of the columns; `input_features` is not looked at."""
        self._check_fitted()
        return self.concepts_

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """The arguments that it was made with; `deep` changes nothing."""
        return {name: getattr(self, name) for name in PARAMETERS}

    def set_params(self, **params: Any) -> "ConceptVectorizer":
        """Change arguments by name.

        Raises:
            SettingsError: there is none of this name.
        """
        for name, value in params.items():
            if name not in PARAMETERS:
                raise SettingsError(
                    f'there is no parameter "{name}"', mend=f"There are: {', '.join(PARAMETERS)}."
                )
            setattr(self, name, value)
        self._opened = None
        return self

    def __sklearn_is_fitted__(self) -> bool:
        """What scikit-learn asks."""
        return hasattr(self, "concepts_")

    def __sklearn_tags__(self) -> Any:
        """What scikit-learn asks: it takes texts."""
        from sklearn.utils import InputTags, Tags, TargetTags, TransformerTags

        return Tags(
            estimator_type=None,
            target_tags=TargetTags(required=False),
            transformer_tags=TransformerTags(),
            input_tags=InputTags(string=True, two_d_array=False),
        )

    def __repr__(self) -> str:
        given = ", ".join(f"{name}={value!r}" for name, value in self.get_params().items() if value)
        return f"{type(self).__name__}({given})"

    def __getstate__(self) -> dict[str, Any]:
        """Without the linker, which is opened again where it is needed."""
        return {**self.__dict__, "_opened": None}

    def _check_fitted(self) -> None:
        if not self.__sklearn_is_fitted__():
            raise SettingsError("the vectorizer is not fitted", mend="Call fit(texts) first.")

    def _open(self) -> _Opened:
        """The linker of the knowledge base as it was when it was first asked."""
        if self._opened is None:
            if isinstance(self.parents, bool) or not isinstance(self.parents, int):
                raise SettingsError(f"parents is {self.parents!r}, wanted: a whole number")
            trained = None if self.trained is None else Trained.load(self.trained)
            settings = None if self.settings is None else LinkerSettings.from_json(self.settings)
            with KnowledgeBase.open(self.kb) as base:
                linker = Linker.of(base, settings=settings, trained=trained)
                self._opened = _Opened(linker, base.table(), base.graph().hierarchy.up)
        return self._opened

    def _found(self, texts: Iterable[object]) -> list[dict[int, float]]:
        """The probability of each row in each text."""
        if isinstance(texts, str):
            raise TextsError("a text alone is no series of texts", mend="Give a list of texts.")
        found = []
        for number, text in enumerate(texts):
            if not isinstance(text, str):
                raise TextsError(
                    f"the text at {number} is a {type(text).__name__}, not a string",
                    mend="Give a list of texts; leave out what is missing.",
                )
            best: dict[int, float] = {}
            for link in self._open().linker.link(text).links:
                for row, probability in self._meant(link).items():
                    best[row] = max(best.get(row, 0.0), probability)
            found.append(best)
        return found

    def _meant(self, link: Link) -> dict[int, float]:
        """The probability that a mention means each row, or one below it."""
        meant: dict[int, float] = {}
        for candidate in link.candidates:
            level = reached = {candidate.row}
            for _ in range(self.parents):
                level = {int(up) for row in level for up in self._open().above.of(row)} - reached
                reached = reached | level
            for row in reached:
                meant[row] = min(meant.get(row, 0.0) + candidate.probability, 1.0)
        return meant

    def _matrix(self, found: list[dict[int, float]]) -> csr_array:
        columns = {curie: column for column, curie in enumerate(self.concepts_)}
        curies = self._open().table.curies
        indices: list[int] = []
        values: list[float] = []
        starts = [0]
        for text in found:
            known = sorted((columns[curies[r]], p) for r, p in text.items() if curies[r] in columns)
            indices += [column for column, _ in known]
            values += [probability for _, probability in known]
            starts.append(len(indices))
        shape = (len(found), len(columns))
        return csr_array((np.array(values, dtype=np.float64), indices, starts), shape=shape)
