"""Linked text + graph -> knowledge attention -> losses -> predictions.

The packages `kg` and `linking` give arrays and links; this one makes them tensors, grafts
knowledge-augmented attention onto a Hugging Face encoder, trains it under the ontology's rules
beside its controls, and answers with reasons. It never prints and never asks a network.
"""

from model.backbone import build_tiny_backbone, find_backbone
from model.config import TrainConfig, parse_config, read_config
from model.errors import BackboneError, BundleError, ConfigError, LossError
from model.experiment import Progress, run_experiment
from model.predictor import Prediction, Predictor

__all__ = [
    "BackboneError",
    "BundleError",
    "ConfigError",
    "LossError",
    "Prediction",
    "Predictor",
    "Progress",
    "TrainConfig",
    "build_tiny_backbone",
    "find_backbone",
    "parse_config",
    "read_config",
    "run_experiment",
]
