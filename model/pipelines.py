"""The linker as a pipeline of Hugging Face transformers; `import model.pipelines` registers it.

link = pipeline("entity-linking", kb="finance.sqlite")
link("The ECB lowered its deposit rate.")

Its answers are those of token classification: for each link its `start` and `end` in the text, its
`word`, its `entity`, here the CURIE, and its `score`, the probability. It asks no hub: the
knowledge base stands in the model's place, with neural parts if `trained` is a folder of some.
"""

import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from types import GeneratorType
from typing import Any

import torch
from transformers import Pipeline
from transformers.pipelines import PIPELINE_REGISTRY

from kg import KnowledgeBase
from linking import Linker, LinkerSettings, TextsError
from model.errors import ConfigError
from model.linker_folder import load_linker

TASK = "entity-linking"


class NoModel(os.PathLike[str]):
    """What stands where other pipelines have a network.

    It is a path, of this file, as `pipeline` looks whether its default model is here before it
    would ask the hub.
    """

    device = torch.device("cpu")
    config = None

    def __fspath__(self) -> str:
        return __file__

    def __str__(self) -> str:
        return "the knowledge base, without any network"


class EntityLinkingPipeline(Pipeline):
    """Links texts to the concepts of a knowledge base.

    Args:
        kb: the knowledge base: a path or a SQLAlchemy URL.
        trained: a file or folder of `ontograft train-linker`.
        settings: of the linker, as in `LinkerSettings`; None takes those of the training.
        model: none is used.
        task: its name.
        options: what `pipeline` passes to every class of pipelines; the device is the CPU.

    Raises:
        ConfigError: no knowledge base is named, or a model is.
        OntograftError: the knowledge base or the trained linker cannot be read.
    """

    def __init__(
        self,
        model: object = None,
        *,
        kb: str | Path = "",
        trained: str | Path | None = None,
        settings: Mapping[str, Any] | None = None,
        task: str = TASK,
        **options: Any,
    ) -> None:
        if not kb:
            raise ConfigError(
                "the pipeline has no knowledge base",
                mend=f'Name one: pipeline("{TASK}", kb="finance.sqlite").',
            )
        if not isinstance(model, NoModel | None):
            raise ConfigError(
                "the pipeline takes no model", mend="Give kb, and trained for a trained linker."
            )
        nothing: Any = NoModel()
        super().__init__(model=nothing, task=task, device=nothing.device)
        known = None if settings is None else LinkerSettings.from_json(settings)
        with KnowledgeBase.open(kb) as base:
            self.linker: Linker = load_linker(trained, base, settings=known)
        self._kb = str(kb)

    def __call__(self, inputs: object, *_: Any, **options: Any) -> Any:
        """Link a text, or several.

        Args:
            inputs: a text, or a list or another series of texts.
            options: sizes of batches and the like, which change nothing here.

        Returns:
            The links of a text as a list of mappings, by start; for several texts a list of such
            lists, and for a generator another one.

        Raises:
            TextsError: what is no text.
        """
        if isinstance(inputs, GeneratorType):
            return self._each(inputs)
        if isinstance(inputs, Iterable) and not isinstance(inputs, str | bytes):
            return list(self._each(inputs))
        return self._one(inputs)

    def preprocess(self, input_: object, **_: Any) -> Any:
        """The text as it is.

        Raises:
            TextsError: what is no text.
        """
        if not isinstance(input_, str):
            raise TextsError(
                f"the pipeline got a {type(input_).__name__}, not a text",
                mend="Give a text or a list of texts.",
            )
        return input_

    def postprocess(self, model_outputs: Any, **_: Any) -> list[dict[str, Any]]:
        """The links as token classification has them."""
        return [
            {
                "entity": link.curie,
                "score": link.probability,
                "word": link.text,
                "start": link.start,
                "end": link.end,
            }
            for link in model_outputs.links
        ]

    def __repr__(self) -> str:
        return f"{type(self).__name__}(kb={self._kb!r})"

    def _forward(self, input_tensors: Any, **_: Any) -> Any:
        return self.linker.link(input_tensors)

    def _sanitize_parameters(self, **_: Any) -> tuple[dict[str, Any], ...]:
        return {}, {}, {}

    def _each(self, texts: Iterable[object]) -> Iterator[list[dict[str, Any]]]:
        return map(self._one, texts)

    def _one(self, text: object) -> list[dict[str, Any]]:
        return self.postprocess(self._forward(self.preprocess(text)))


if TASK not in PIPELINE_REGISTRY.supported_tasks:
    PIPELINE_REGISTRY.register_pipeline(
        TASK,
        pipeline_class=EntityLinkingPipeline,
        default={"model": (NoModel(), None)},
        type="text",
    )
