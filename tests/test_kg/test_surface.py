"""The outside of the package: what it names, and what it does not import."""

import subprocess
import sys

import kg


def test_all_names_are_there_and_sorted():
    assert kg.__all__ == sorted(kg.__all__)
    assert all(hasattr(kg, name) for name in kg.__all__)


def test_looking_at_a_knowledge_base_imports_nothing_heavy(zoo):
    code = (
        "import sys\n"
        "from kg import KnowledgeBase\n"
        "with KnowledgeBase.open(sys.argv[1]) as kb:\n"
        "    kb.summary(), kb.search('cat'), kb.entity('ZOO:0002')\n"
        "heavy = {'torch', 'rdflib', 'networkx', 'numpy', 'transformers'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    subprocess.run([sys.executable, "-c", code, zoo.location], check=True)


def test_arrays_need_neither_torch_nor_networkx(zoo):
    code = (
        "import sys\n"
        "from kg import KnowledgeBase\n"
        "with KnowledgeBase.open(sys.argv[1]) as kb:\n"
        "    kb.table(), kb.names(), kb.graph().ancestors(0), kb.axioms()\n"
        "heavy = {'torch', 'rdflib', 'networkx'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    subprocess.run([sys.executable, "-c", code, zoo.location], check=True)
