"""What `model` raises on purpose.

OntograftError
├── InputError (exit code 2)
│   ├── ConfigError      a training config that cannot be read or does not fit the knowledge base
│   ├── BackboneError    no such backbone, or a folder that is not one
│   ├── BundleError      a model folder that is missing, incomplete or altered
│   └── TriplesError     triples that no link predictor could learn from
└── LossError            a loss asked for something it is not defined on
"""

from kg.errors import InputError, OntograftError


class ConfigError(InputError):
    """A training config that cannot be read, or does not fit the knowledge base."""


class BackboneError(InputError):
    """No such backbone here, or a folder that does not hold one."""


class BundleError(InputError):
    """A model folder that is missing, incomplete or altered."""


class TriplesError(InputError):
    """Triples that no link predictor could learn from."""


class LossError(OntograftError):
    """A loss asked for something that it is not defined on."""
