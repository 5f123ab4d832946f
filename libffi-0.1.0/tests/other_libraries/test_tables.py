"""Columns of pandas and of Arrow go through map()."""
from __future__ import annotations

import pytest

from libffi import Library, c

numpy = pytest.importorskip("numpy")
power = Library("m").function("pow", c.double, [c.double, c.double])
absolute = Library(None).function("abs", c.int, [c.int])


class TestPandas:
    @pytest.fixture
    def frame(self):
        pandas = pytest.importorskip("pandas")
        return pandas.DataFrame({"x": [1.0, 2.0, 3.0], "n": numpy.array([-1, 2, -3], numpy.int32)})

    def test_columns(self, frame):
        assert list(power.map(frame["x"], 2)) == [1, 4, 9]
        assert list(power.map(frame["x"], frame.x)) == [1, 4, 27]
        assert list(absolute.map(frame["n"])) == [1, 2, 3]

    def test_a_column_of_results(self, frame):
        frame["y"] = power.map(frame["x"], 2)
        assert frame["y"].tolist() == [1, 4, 9]
        assert frame["y"].dtype == float

    def test_rows_that_are_left_and_steps(self, frame):
        assert list(power.map(frame["x"][frame["n"] < 0], 2)) == [1, 9]
        assert list(power.map(frame["x"][::2], 2)) == [1, 9]

    def test_apply(self, frame):
        assert frame["x"].apply(power, args=(2,)).tolist() == [1, 4, 9]

    def test_a_column_of_another_type_is_refused(self, frame):
        with pytest.raises(TypeError, match=r"^abs\.map\(\) argument 1"):
            absolute.map(frame["x"])


class TestArrow:
    @pytest.fixture
    def arrow(self):
        return pytest.importorskip("pyarrow")

    def test_arrays_and_chunked_arrays(self, arrow):
        values = arrow.array([1.0, 2.0, 3.0])
        assert list(power.map(values, 2)) == [1, 4, 9]
        assert list(power.map(arrow.chunked_array([[1.0], [2.0, 3.0]]), 2)) == [1, 4, 9]
        assert list(absolute.map(arrow.array([-1, 2], arrow.int32()))) == [1, 2]

    def test_a_table_of_results(self, arrow):
        table = arrow.table({"x": [1.0, 2.0]})
        results = power.map(table["x"], 2)
        assert arrow.array(numpy.asarray(results)).to_pylist() == [1, 4]

    def test_buffers_are_memory(self, arrow):
        strnlen = Library(None).function("strnlen", c.size_t, [c.string, c.size_t])
        assert strnlen(arrow.py_buffer(b"abc"), 3) == 3

    def test_missing_values_are_no_numbers(self, arrow):
        results = list(power.map(arrow.array([1.0, None]), 2))
        assert results[0] == 1 and numpy.isnan(results[1])
