"""`python -m libffi layout`: how types lie in memory."""
import functools
import json

import pytest

from libffi._inspect import compiled, headers, layouts

HEADER = """
typedef struct { int x, y; } point;
typedef struct node {
    char c;
    point at;
    unsigned a : 3, b : 5;
    int : 4;
    unsigned z : 20;
    struct { short q; union { int i; float f; }; } in;
    struct { int anonymous; _Bool t : 1; signed s : 4; };
    point more[2];
    struct node *next;
    long long wide;
    char tail[];
} node;
struct __attribute__((packed)) tight { char c; int x; };
struct __attribute__((aligned(64))) line { int x; unsigned bit : 1; };
union either { int a; double d; };
struct opaque;
typedef unsigned number;
"""


@pytest.fixture
def run(command_line, tmp_path, monkeypatch):
    """Run the command beside a header; return the exit code, standard output and error."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "own.h").write_text(HEADER)
    return functools.partial(command_line, "layout")


def test_the_table(run):
    code, out, err = run("own.h", "node", "--cache-line", "32")
    rows = [line.split() for line in out.splitlines()]
    assert code == 0 and err == "" and "\033" not in out
    assert rows[0][:4] == ["node", "=", "struct", "node:"]
    assert rows[1] == ["offset", "size", "member", "type"]
    for row in (["0", "1", "c", "char"], ["1", "3", "hole"], ["4", "8", "at", "struct", "point"],
                ["8", "4", "y", "int"], ["--", "cache", "line", "1", "--"]):
        assert row in rows
    assert any(row[2:4] == ["(no", "name)"] for row in rows)


def test_bits_are_counted_from_the_start(run):
    _, out, _ = run("own.h", "node", "--json")
    members = {member["name"]: member for member in json.loads(out)["types"][0]["members"]}
    assert [(members[name]["offset"], members[name]["bit"], members[name]["bits"]) for name in ("a", "b", "z")] == [
        (12, 0, 3), (12, 3, 5), (13, 4, 20)]
    assert members["in.i"]["offset"] == 20 and members["in.i"]["depth"] == 2
    assert members["anonymous"]["offset"] == 24 and members["s"]["bit"] == 1


def test_all_types_when_none_is_named(run):
    _, out, _ = run("own.h", "--json")
    assert [kind["name"] for kind in json.loads(out)["types"]] == [
        "struct node", "struct tight", "struct line", "union either", "point"]


def test_the_compiler_has_the_same(run):
    code, out, _ = run("own.h", "--check")
    assert code == 0 and out.endswith("the compiler has all 5 the same\n")


def test_what_the_compiler_has_differently(run, tmp_path):
    found = headers.read_headers([str(tmp_path / "own.h")])
    kinds = found.records()
    ours = [layouts.layout_of(name, kind, found.parsed.scope.layouts) for name, kind in kinds.items()]
    other = HEADER
    for before, after in (("char c;\n", "long c;\n"), ("a : 3, b : 5", "a : 5, b : 3"), ("aligned(64)", "aligned(32)")):
        other = other.replace(before, after)
    (tmp_path / "own.h").write_text(other)
    different = {what: theirs for what, _, theirs in compiled.differences(
        found.compiler, f'#include "{tmp_path}/own.h"\n', ours)}
    assert different["struct node.c"] == "8 bytes at 0" and different["struct node.at"] == "8 bytes at 8"
    assert different["struct line"] == "32 bytes, aligned to 32"
    assert different["struct node.a"] == "5 bits at 16:0" and "union either" not in different


def test_the_systems_types(run):
    code, out, _ = run("sys/stat.h", "struct stat", "struct timespec", "time_t", "--check")
    assert code == 0 and "struct stat: " in out and "time_t = " in out and "all 3 the same" in out


@pytest.mark.parametrize("argv, code, message", [
    (["none.h"], 2, "none.h: No such file or directory"),
    (["own.h", "nod"], 4, "no type 'nod' is declared; did you mean 'node'?"),
    (["own.h", "struct opaque"], 4, "declares no members of struct opaque"),
    (["own.h", "node", "--cache-line", "0"], 2, "--cache-line: invalid"),
    (["own.h", "--cc", "no-such-compiler"], 2, "'no-such-compiler' cannot be run")])
def test_bad_input_is_one_clear_error(run, argv, code, message):
    got, out, err = run(*argv)
    assert got == code and out == "" and message in err
