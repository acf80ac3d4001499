"""What `linking` raises on purpose.

OntograftError
└── InputError (exit code 2)
    ├── SettingsError    linker settings that cannot be read or make no sense
    └── TextsError       a file of texts, or predictions, that does not hold together
"""

from kg.errors import InputError


class SettingsError(InputError):
    """Linker settings that cannot be read or make no sense."""


class TextsError(InputError):
    """Texts or links that do not hold together: a bad field, offsets outside the text."""
