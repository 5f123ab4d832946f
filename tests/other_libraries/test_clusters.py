"""Work goes to other processes: functions, types, structs and their classes; and structs come back."""
from __future__ import annotations

import logging

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


def test_a_class_that_others_cannot_import_is_refused_with_the_reason():
    cloudpickle = pytest.importorskip("cloudpickle")
    body = {"__module__": "__main__", "__annotations__": {"x": c.int}}
    of_a_cell = type(libffi.Struct)("OfACell", (libffi.Struct,), body)
    with pytest.raises(TypeError, match=r"cannot pickle <field x of struct OfACell>: .* is sent by its name"):
        cloudpickle.dumps(of_a_cell)
    made = cloudpickle.loads(cloudpickle.dumps(POINT(1, 2)))
    assert made == POINT(1, 2)


@pytest.mark.filterwarnings("default")
def test_joblib():
    joblib = pytest.importorskip("joblib")
    with joblib.Parallel(n_jobs=2) as pool:
        use(lambda f, *args: joblib.delayed(f)(*args), pool)
    from joblib.externals.loky import get_reusable_executor

    get_reusable_executor().shutdown(wait=True)
