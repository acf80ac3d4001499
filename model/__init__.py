"""Linked text + graph -> knowledge attention -> losses -> predictions.

The packages `kg` and `linking` give arrays and links; this one makes them tensors, grafts
knowledge-augmented attention onto a Hugging Face encoder, trains it under the ontology's rules
beside its controls, and answers with reasons. It never prints and never asks a network.
"""

import importlib
import os
from typing import TYPE_CHECKING, Any

from model.config import TrainConfig, parse_config, read_config
from model.errors import BackboneError, BundleError, ConfigError, LossError

if TYPE_CHECKING:
    from model.backbone import build_tiny_backbone, find_backbone
    from model.experiment import run_experiment
    from model.linker_folder import load_linker
    from model.linker_training import NeuralLinker, train_neural_linker
    from model.predictor import Prediction, Predictor
    from model.setting import Progress

__all__ = [
    "BackboneError",
    "BundleError",
    "ConfigError",
    "LossError",
    "NeuralLinker",
    "Prediction",
    "Predictor",
    "Progress",
    "TrainConfig",
    "build_tiny_backbone",
    "find_backbone",
    "load_linker",
    "parse_config",
    "read_config",
    "run_experiment",
    "train_neural_linker",
]

# Before torch is imported: on a busy machine its threads would spin for one another.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

# These load torch, which takes seconds: only when they are asked for, so that a wrong config is
# told at once.
_LATER = {
    "Prediction": "predictor",
    "Predictor": "predictor",
    "Progress": "setting",
    "build_tiny_backbone": "backbone",
    "find_backbone": "backbone",
    "load_linker": "linker_folder",
    "run_experiment": "experiment",
    "train_neural_linker": "linker_training",
    "NeuralLinker": "linker_training",
}


def __getattr__(name: str) -> Any:
    if name in _LATER:
        return getattr(importlib.import_module(f"model.{_LATER[name]}"), name)
    raise AttributeError(f"module 'model' has no attribute {name!r}")
