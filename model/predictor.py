"""A trained model that answers, explains itself, and follows its knowledge base.

The knowledge base is read live: before each answer its version is compared, and where it changed
the linker, the graph and the rules are made anew. Entity vectors come from text and graph, so a
concept added a moment ago takes part without a gradient step, and a deleted one no longer does.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Bool, Float
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from kg import KnowledgeBase
from kg.errors import NotAKnowledgeBaseError, OntograftError, UnknownEntityError
from linking import Candidate, Link, LinkedText, Linker, LinkerSettings
from model.backbone import load_backbone
from model.batching import Batcher
from model.bundle import find_bundle, verify_bundle
from model.config import parse_config
from model.errors import BundleError
from model.knowledge import Slot, mention_slots
from model.network import EntityFeatures, KnowledgeClassifier, Reading
from model.rules import broken_rules, label_rules, triggered_rules
from model.subgraph import Neighbours, cut_subgraph
from model.text_vectors import TextVectors, entity_text

MAX_COUNTERFACTUALS = 16
"""Most linked concepts of a text whose absence is tried."""

MAX_CHANGES = 5


@dataclass(frozen=True)
class Prediction:
    """An answer with its reasons; `to_json` is the document of `ontograft predict --json`.

    Attributes:
        labels: every label with probability and whether it was chosen, most probable first.
        threshold: a label at or above it is chosen.
        linked: the text with its links.
        attention: what the mentions read, as shares of 1 with what went to NULL; strongest first.
        counterfactual: per linked concept, the answer's largest changes had the linker not known
            it (it may still stand in the graph, above another).
        rules: the rules that the answer triggers, and whether they hold.
        truncated: the text is longer than what the model reads of it.
        kb_version: of the knowledge base that answered.
    """

    labels: tuple[dict[str, Any], ...]
    threshold: float
    linked: LinkedText
    attention: tuple[dict[str, Any], ...]
    counterfactual: tuple[dict[str, Any], ...]
    rules: tuple[dict[str, Any], ...]
    truncated: bool
    kb_version: str

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "text": self.linked.text,
            "threshold": self.threshold,
            "labels": list(self.labels),
            "links": self.linked.to_json()["links"],
            "attention": list(self.attention),
            "counterfactual": list(self.counterfactual),
            "rules": list(self.rules),
            "truncated": self.truncated,
            "kb_version": self.kb_version,
        }


class Predictor:
    """Answers for one model folder; not safe for use by two threads at once.

    Made by `Predictor.load`.
    """

    def __init__(self, folder: Path, kb: KnowledgeBase, version: str) -> None:
        raw = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        self.folder, self.kb, self.model_version = folder, kb, version
        self.run: str = raw["run"]
        self.threshold: float = raw["threshold"]
        self.labels: tuple[str, ...] = tuple(raw["labels"])
        self._label_names: tuple[str, ...] = tuple(raw["label_names"])
        self._relations: tuple[str, ...] = tuple(raw["relations"])
        self._linker_settings = LinkerSettings.from_json(raw["linker"])
        self._config = parse_config(raw["config"], where=str(folder / "config.json"))
        self._vectors = TextVectors(load_backbone(folder / "backbone"))
        self._vectors.read(folder / "vectors.safetensors")
        self._backbone = load_backbone(folder / "backbone")
        self._network = KnowledgeClassifier(
            self._backbone.network,
            label_texts=torch.zeros(len(self.labels), self._vectors.width),
            relation_count=len(self._relations),
            graft_layers=self._config.graft.layers,
            heads=self._config.graft.heads,
            graph_layers=self._config.graph.layers,
            frozen_layers=self._config.training.frozen_layers,
        )
        self._network.load_trained_state(load_file(folder / "trained.safetensors"))
        self._network.eval()
        self._kb_version = ""
        self._follow()

    @classmethod
    def load(cls, folder: str | Path, *, kb: str | None = None) -> "Predictor":
        """Verify a model folder and open its knowledge base.

        Args:
            folder: written by `save_bundle`, or the output folder of an experiment.
            kb: another place of the knowledge base than the recorded one.

        Raises:
            BundleError: no model there, or not the files that were saved.
            NotAKnowledgeBaseError: the knowledge base is not where it was; say where with `kb`.
        """
        place = find_bundle(folder)
        version = verify_bundle(place)
        if kb is None:
            recorded: str = json.loads((place / "config.json").read_text(encoding="utf-8"))["kb"]
            kb = recorded if "://" in recorded else str((place / recorded).resolve())
        try:
            opened = KnowledgeBase.open(kb)
        except NotAKnowledgeBaseError as fault:
            raise NotAKnowledgeBaseError(
                f"The model's knowledge base cannot be read. {fault.what}",
                where=fault.where,
                mend="Say where it is now: `--kb KB` (in Python `kb=`).",
            ) from None
        try:
            predictor = cls(place, opened, version)
            if all(row is None for row in predictor._label_rows):
                raise BundleError(
                    f"None of the model's {len(predictor.labels)} labels is in the knowledge base.",
                    where=kb,
                    mend="Name the knowledge base that the model was trained on, or a newer one.",
                )
            return predictor
        except OntograftError:
            opened.close()
            raise
        except (KeyError, ValueError, TypeError, SafetensorError) as fault:
            opened.close()
            raise BundleError(
                f"The model does not fit this ontograft: {fault}.",
                where=str(place),
                mend="Install the ontograft that wrote it, or train it again.",
            ) from None

    @property
    def kb_version(self) -> str:
        """Of the knowledge base as it was at the last answer."""
        return self._kb_version

    @property
    def linker(self) -> Linker:
        """The linker over the knowledge base as it is now."""
        self._follow()
        return self._linker

    def link(self, text: str, *, id: str = "") -> LinkedText:
        """The links of a text."""
        return self.linker.link(text, id=id)

    def ground(
        self, mentions: Sequence[str], *, k: int, texts: Sequence[str] | None = None
    ) -> list[tuple[Candidate, ...]]:
        """The candidates of given mentions, as of `Linker.ground`."""
        return self.linker.ground(mentions, k=k, texts=texts)

    def predict(self, text: str) -> Prediction:
        """Labels, links, what was read, what would be said without it, and which rules hold."""
        linked = self.link(text)
        rows = _concepts(linked)[:MAX_COUNTERFACTUALS] if self._reads else []
        without = [self._linker.link(text, exclude=(row,)) for row in rows]
        probability, reading = self._answer([linked, *without])
        chosen = probability[:1] >= self.threshold
        return Prediction(
            labels=self._labels_of(probability[0]),
            threshold=self.threshold,
            linked=linked,
            attention=self._attention_of(linked, reading),
            counterfactual=tuple(
                self._counterfactual(row, probability[0], other)
                for row, other in zip(rows, probability[1:], strict=True)
            ),
            rules=self._rules_of(chosen),
            truncated=len(self._backbone.tokenizer(text, verbose=False)["input_ids"])
            > self._config.training.max_tokens,
            kb_version=self._kb_version,
        )

    @property
    def _reads(self) -> bool:
        return self.run.startswith("knowledge")

    def _follow(self) -> None:
        """Make everything that derives from the knowledge base anew where it changed."""
        while self._kb_version != (version := self.kb.version()):
            table, graph, axioms = self.kb.table(), self.kb.graph(), self.kb.axioms()
            linker = Linker.of(self.kb, settings=self._linker_settings)
            if self.kb.version() != version:
                continue  # a load came in between: these are not of one state
            self._table, self._graph, self._linker = table, graph, linker
            self._label_rows = [self._row(label) for label in self.labels]
            self._rules = label_rules(self._label_rows, graph, table.curies, axioms)
            self._neighbours = Neighbours(
                graph, limit=self._config.graft.neighbours, relations=self._relations
            )
            self._kb_version = version

    def _row(self, label: str) -> int | None:
        try:
            row = self._table.row(label)
        except UnknownEntityError:
            return None
        return row if self._table.live[row] else None

    @torch.inference_mode()
    def _answer(
        self, texts: Sequence[LinkedText]
    ) -> tuple[Float[Tensor, "text label"], Reading | None]:
        """Probabilities of some texts, and what was read for them."""
        rows = {c.row for text in texts for link in text.links for c in link.candidates}
        if not rows or not self._reads:
            plain = Batcher(
                self._backbone, self._neighbours, {}, self._config.training.max_tokens, False
            )
            return torch.sigmoid(self._network(plain.batch(texts), None).logits), None
        subgraph = cut_subgraph(
            self._graph,
            rows,
            neighbours=self._neighbours,
            relations=self._relations,
            hops=self._config.graph.layers,
        )
        vectors = self._vectors.of(
            [entity_text(self._table, row) for row in subgraph.rows.tolist()]
        )
        batcher = Batcher(
            self._backbone, self._neighbours, subgraph.local, self._config.training.max_tokens
        )
        features = EntityFeatures.of(
            vectors, subgraph, centre=self._network.centre, label_rows=self._label_rows
        )
        answer = self._network(batcher.batch(texts), features)
        return torch.sigmoid(answer.logits), answer.reading

    def _labels_of(self, probability: Float[Tensor, " label"]) -> tuple[dict[str, Any], ...]:
        order = torch.argsort(probability, descending=True, stable=True).tolist()
        return tuple(
            {
                "label": self._name(index),
                "curie": self.labels[index],
                "probability": round(probability[index].item(), 4),
                "chosen": probability[index].item() >= self.threshold,
            }
            for index in order
        )

    def _name(self, index: int) -> str:
        """The label's name today; the one of training where the concept is gone."""
        row = self._label_rows[index]
        return self._label_names[index] if row is None else self._table.labels[row]

    def _attention_of(
        self, linked: LinkedText, reading: Reading | None
    ) -> tuple[dict[str, Any], ...]:
        """What the first text read: mean over the grafted layers and the readout."""
        if reading is None or 0 not in reading.knowledge.mentions.set_text.tolist():
            return ()
        knowledge = reading.knowledge.mentions
        mentions = torch.nonzero(knowledge.set_text == 0).flatten().tolist()
        layers = torch.stack(reading.mention_weights).mean(0)  # (token, slot + NULL)
        of_layers = len(reading.mention_weights) / (len(reading.mention_weights) + 1)
        # the first text's slots are those of its mentions, end to end, then padding, then NULL
        readout = ((1 - of_layers) * reading.text_weights[0]).tolist()
        of_null = readout[-1]
        read: list[dict[str, Any]] = []
        for mention in mentions:
            link = linked.links[int(knowledge.set_link[mention])]
            share = layers[knowledge.reader_set == mention].mean(0) * of_layers / len(mentions)
            for slot, weight in zip(
                mention_slots(link, self._neighbours), share.tolist(), strict=False
            ):
                read.append(self._read(slot, weight + readout[len(read)], link))
            of_null += share[-1].item()
        read.append(self._read(None, of_null, None))
        return tuple(sorted(read, key=lambda entry: -entry["weight"]))

    def _read(self, slot: Slot | None, weight: float, link: Link | None) -> dict[str, Any]:
        """One line of what was read; the NULL slot has no concept."""
        return {
            "curie": slot and self._table.curies[slot.row],
            "label": self._table.labels[slot.row] if slot else "(none of them)",
            "weight": round(weight, 4),
            "mention": link and link.text,
            "relation": self._relation_name(slot.relation) if slot else None,
            "of": slot and self._table.curies[slot.candidate],
        }

    def _relation_name(self, relation: int) -> str | None:
        if relation == 0:
            return None
        return self._relations[relation - 1] if relation <= len(self._relations) else "other"

    def _counterfactual(
        self, row: int, with_it: Float[Tensor, " label"], without: Float[Tensor, " label"]
    ) -> dict[str, Any]:
        change = with_it - without
        order = torch.argsort(change.abs(), descending=True, stable=True)[:MAX_CHANGES].tolist()
        return {
            "curie": self._table.curies[row],
            "label": self._table.labels[row],
            "without": [
                {
                    "label": self._name(index),
                    "curie": self.labels[index],
                    "probability": round(without[index].item(), 4),
                    "change": round(-change[index].item(), 4),
                }
                for index in order
            ],
        }

    def _rules_of(self, chosen: Bool[Tensor, "1 label"]) -> tuple[dict[str, Any], ...]:
        """The rules whose premise the answer gives."""
        rules = self._rules
        triggered = triggered_rules(chosen, rules)[0].tolist()
        broken = broken_rules(chosen, rules)[0].tolist()
        pairs = [
            ("is a", c, p) for c, p in zip(rules.child.tolist(), rules.parent.tolist(), strict=True)
        ] + [
            ("disjoint with", a, b)
            for a, b in zip(rules.first.tolist(), rules.second.tolist(), strict=True)
        ]
        return tuple(
            {
                "rule": f"{self._name(a)} ({self.labels[a]}) {word} "
                f"{self._name(b)} ({self.labels[b]})",
                "holds": not broken[index],
            }
            for index, (word, a, b) in enumerate(pairs)
            if triggered[index]
        )


def _concepts(linked: LinkedText) -> list[int]:
    """Rows of the best candidates, in order of the text, each once."""
    return list(dict.fromkeys(link.row for link in linked.links))
