"""What IPython shows of our objects, and completes."""
from __future__ import annotations

import pytest

from libffi import Library, c

pytest.importorskip("IPython")
from IPython.core.completer import provisionalcompleter
from IPython.core.interactiveshell import InteractiveShell

pytestmark = pytest.mark.filterwarnings("default")


@pytest.fixture(scope="module")
def shell(tmp_path_factory):
    shell = InteractiveShell.instance()
    shell.user_ns.update(c=c, Library=Library, point=c.struct("point", x=c.int, y=c.int)(1, 2),
                         numbers=c.array(c.int, 3).new([1, 2, 3]))
    yield shell
    InteractiveShell.clear_instance()


def shown(shell, source):
    result = shell.run_cell(source, store_history=False)
    result.raise_error()
    data, metadata = shell.display_formatter.format(result.result)
    return data


def test_structs_and_arrays_are_tables(shell):
    data = shown(shell, "point")
    assert "<table" in data["text/html"] and ">x<" in data["text/html"].replace("<b>", ">")
    assert data["text/plain"] == repr(shell.user_ns["point"])
    assert "<table" in shown(shell, "numbers")["text/html"]


def test_functions_types_and_pointers_are_their_repr(shell):
    for source in ("Library('m').function('cos', c.double, [c.double])", "c.int", "c.ptr(c.int)(numbers)",
                   "Library('m')"):
        data = shown(shell, source)
        assert set(data) == {"text/plain"}
        assert data["text/plain"].startswith("<")


@pytest.mark.parametrize("text, wanted", [
    ("point.", {"x", "y"}), ("c.uint", {"uint8", "uint16"}), ("numbers.", {"value", "address"}),
    ("pointer.", {"x", "y", "value"}), ("library.", {"pow", "symbol"}),
])
def test_completion(shell, text, wanted):
    library = Library("m")
    library.declare("double pow(double, double);")
    shell.user_ns.update(pointer=c.ptr(type(shell.user_ns["point"]))(shell.user_ns["point"]), library=library)
    with provisionalcompleter():
        assert wanted <= {one.text.rpartition(".")[2] for one in shell.Completer.completions(text, len(text))}


def test_help_has_signature_and_docstring(shell):
    found = shell.object_inspect("library.pow")
    assert "pow" in str(found)


def test_a_kernel_gives_notebooks_the_table():
    pytest.importorskip("ipykernel")
    from jupyter_client.manager import start_new_kernel

    told = []
    manager, client = start_new_kernel()
    try:
        client.execute_interactive("from libffi import c; c.struct('point', x=c.int, y=c.int)(1, 2)", timeout=60,
                                   output_hook=told.append)
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
    [result] = [one["content"] for one in told if one["msg_type"] == "execute_result"]
    assert result["data"]["text/plain"] == "point(x=1, y=2)"
    assert "<table" in result["data"]["text/html"] and "<td>2</td>" in result["data"]["text/html"]
