"""Languages of texts, and which is preferred."""


def language_of(lang: str) -> str:
    """The language of a literal in lower case, without its direction: "ar--rtl" has one."""
    return lang.lower().partition("--")[0] if lang else ""


def language_rank(lang: str) -> int:
    """English before no language before any other."""
    if lang == "en" or lang.startswith("en-"):
        return 0
    return 1 if not lang else 2
