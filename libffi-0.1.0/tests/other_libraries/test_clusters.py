"""Work goes to other processes: functions, types, structs and their classes; and structs come back."""
from __future__ import annotations

import logging
import subprocess
import sys

import pytest

import libffi
from libffi import Library, c

POINT = c.struct("point", x=c.int, y=c.int)
power = Library("m").function("pow", c.double, [c.double, c.double])
divide = Library(None).function("div", c.struct("div_t", quot=c.int, rem=c.int), [c.int, c.int])


def made_of(type, *values):
    return type(values)


def size_of(type):
    return type.size


def swapped(point):
    return libffi.typeof(point)((point.y, point.x))


class Vector(libffi.Struct):
    x: c.double
    y: c.double

    def length(self):
        return (self.x ** 2 + self.y ** 2) ** 0.5


def doubled(vector):
    return Vector(2 * vector.x, 2 * vector.y)


def use(submit, gather):
    """Do by `submit(function, *arguments)` what people do."""
    results = gather([
        submit(power, 2, 10), submit(divide, 17, 5), submit(size_of, POINT), submit(swapped, POINT(1, 2)),
        submit(made_of, c.array(c.int, 2), 1, 2), submit(doubled, Vector(3, 4)), submit(sum, [power(2, 2)])])
    assert results[0] == 1024
    assert (results[1].quot, results[1].rem) == (3, 2)
    assert results[2] == 8
    assert results[3] == POINT(2, 1)
    assert list(results[4]) == [1, 2]
    assert results[5].length() == 10
    assert results[6] == 4


@pytest.mark.filterwarnings("default")
def test_two_workers_of_dask(caplog):
    distributed = pytest.importorskip("distributed")
    caplog.set_level(logging.WARNING)
    with distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster, \
            distributed.Client(cluster) as client:
        use(lambda f, *args: client.submit(f, *args, pure=False), client.gather)
        assert client.gather(client.map(power, range(4), [2] * 4)) == [0, 1, 4, 9]
        scattered = client.scatter(POINT(5, 6))
        assert client.submit(swapped, scattered).result() == POINT(6, 5)
    assert [one for one in caplog.records if one.levelno >= logging.ERROR] == []


SCRIPT = """\
import libffi
from libffi import Struct, c

@c.struct
class Point:
    x: c.double
    y: c.double = 5.0
    _pack_ = 2

    def length(self):
        return (self.x ** 2 + self.y ** 2) ** 0.5

    @property
    def double(self):
        return type(self)(2 * self.x, 2 * self.y)

class Node(Struct):
    value: c.int
    next: 'c.ptr(Node)'

@c.union
class Either:
    i: c.int
    d: c.double

class Shifted(Point):
    def shifted(self, by):
        return Shifted(self.x + by, self.y)

class Celsius(c.double):
    def kelvin(self):
        return self.value + 273

class Path(c.array(Point, 2)):
    pass

def work(point):
    assert point.length() == 5 and Point(1).y == 5 and libffi.typeof(Point).alignment == 2
    assert not Node(7, None).next and Node.new(value=3).value == 3 and Either(d=2).d == 2
    assert Celsius(1).kelvin() == 274 and Path([(1, 2), (3, 4)])[1].x == 3
    return Shifted(3, 4).shifted(2), point.double

def check(results):
    shifted, double = results
    assert isinstance(shifted, Shifted) and (shifted.x, shifted.y) == (5, 4), shifted
    assert isinstance(double, Point) and double.length() == 10, double

if __name__ == "__main__":
"""


def run_script(tmp_path, *lines):
    """Run a script whose classes no other process can import: they are in its `__main__`."""
    path = tmp_path / "script.py"
    path.write_text(SCRIPT + "".join(f"    {line}\n" for line in lines))
    done = subprocess.run([sys.executable, path], capture_output=True, text=True, timeout=120, check=False,
                          cwd=tmp_path)
    assert done.returncode == 0 and "rror" not in done.stderr, done.stderr
    return done.stdout


def test_classes_of_a_script(tmp_path):
    pytest.importorskip("cloudpickle")
    run_script(tmp_path, "import cloudpickle, pathlib", "data = cloudpickle.dumps((work, check, Point(3, 4), Point))",
               "pathlib.Path('data').write_bytes(data)", "check(work(Point(3, 4)))")
    loaded = subprocess.run([sys.executable, "-c", """if True:
        import pathlib, pickle
        work, check, point, Point = pickle.loads(pathlib.Path("data").read_bytes())
        assert type(point) is Point and repr(point) == "Point(x=3.0, y=4.0)", point
        check(work(point))
    """], capture_output=True, text=True, timeout=120, check=False, cwd=tmp_path)
    assert loaded.returncode == 0, loaded.stderr


def test_classes_of_a_script_that_uses_joblib(tmp_path):
    pytest.importorskip("joblib")
    run_script(tmp_path, "from joblib import Parallel, delayed",
               "for one in Parallel(n_jobs=2)(delayed(work)(Point(3, 4)) for _ in range(4)): check(one)")


def test_classes_of_a_script_that_uses_dask(tmp_path):
    pytest.importorskip("distributed")
    run_script(tmp_path, "from distributed import Client, LocalCluster",
               "with LocalCluster(n_workers=2, dashboard_address=None) as cluster, Client(cluster) as client:",
               "    for one in client.gather([client.submit(work, Point(3, 4), pure=False) for _ in range(4)]):",
               "        check(one)")


def test_a_class_that_is_only_known_by_its_name_is_refused_with_the_reason():
    cloudpickle = pytest.importorskip("cloudpickle")
    body = {"__module__": "__main__", "__annotations__": {"x": c.int}}
    base = type(libffi.Struct)("OfACell", (libffi.Struct,), body)
    more = type(libffi.Struct)("More", (base,), {"__module__": "__main__", "__annotations__": {"y": c.int}})
    for cls in more, type(POINT(1, 2)):
        with pytest.raises(TypeError, match=r"cannot pickle <field [xy] of .*>: .* is sent by its name"):
            cloudpickle.dumps(cls)
    made = cloudpickle.loads(cloudpickle.dumps(POINT(1, 2)))
    assert made == POINT(1, 2)


@pytest.mark.filterwarnings("default")
def test_joblib():
    joblib = pytest.importorskip("joblib")
    with joblib.Parallel(n_jobs=2) as pool:
        use(lambda f, *args: joblib.delayed(f)(*args), pool)
    from joblib.externals.loky import get_reusable_executor

    get_reusable_executor().shutdown(wait=True)
