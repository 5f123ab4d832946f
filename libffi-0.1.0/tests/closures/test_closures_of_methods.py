"""A closure of a method: each instance has its own."""
import asyncio
import gc
import weakref

import pytest

from libffi import CIF, c, closure

CIF_2 = CIF(c.int, [c.int, c.int])


class Counter:
    def __init__(self, start):
        self.start = start

    @closure(c.int, [c.int, c.int])
    def add(self, a, b):
        return self.start + a + b

    @closure(c.int, [c.int, c.int], on_error=-7)
    def fail(self, a, b):
        raise ValueError(f"{a} {b}")

    static = closure(c.int, [c.int, c.int])(lambda a, b: a * b)
    any_number = closure(c.int, [c.int, c.int])(lambda *args: len(args))
    named_otherwise = closure(c.int, [c.int, c.int], name="other")(lambda self, a, b: self.start - a - b)


def test_each_instance_has_its_own():
    one, two = Counter(1), Counter(10)
    assert one.add is one.add and one.add is not two.add and one.add.address != two.add.address
    assert CIF_2.call(one.add, 2, 3) == 6 and CIF_2.call(two.add, 2, 3) == 15
    assert one.add(2, 3) == 6 and two.named_otherwise(2, 3) == 5
    assert one.add.name == "add" and two.named_otherwise.name == "other"
    assert Counter.add(one, 2, 3) == 6          # a function, as in Python


def test_what_takes_no_self_is_static():
    one = Counter(1)
    assert one.static is Counter.static and CIF_2.call(one.static, 2, 3) == 6
    assert one.any_number is Counter.any_number and CIF_2.call(one.any_number, 2, 3) == 2


def test_options_are_those_of_the_class():
    one = Counter(1)
    with pytest.raises(ValueError, match="2 3"):
        CIF_2.call(one.fail, 2, 3)
    said = []

    class Quiet:
        @closure(c.int, [c.int, c.int], on_exception=lambda error: said.append(str(error)) or 4)
        def fail(self, a, b):
            raise ValueError(f"{a} {b}")

    assert CIF_2.call(Quiet().fail, 2, 3) == 4 and said == ["2 3"]


def test_dispatch():
    async def main():
        loop = asyncio.get_running_loop()

        class Listener:
            heard = ()

            @closure(c.void, [c.int], dispatch=loop.call_soon_threadsafe)
            def listen(self, number):
                self.heard += (number,)

        listener = Listener()
        await asyncio.to_thread(CIF(c.void, [c.int]).call, listener.listen, 5)
        await asyncio.sleep(0)
        return listener.heard

    assert asyncio.run(main()) == (5,)


def test_it_goes_with_its_instance():
    one = Counter(1)
    kept, instance = weakref.ref(one.add), weakref.ref(one)
    assert kept() is one.add
    del one
    gc.collect()
    assert instance() is None and kept() is None


def test_instances_without_a_dict():
    class Slots:
        __slots__ = ()

        @closure(c.int, [c.int])
        def same(self, a):
            return a

    with pytest.raises(TypeError, match=r"^closure same: instances of Slots have no __dict__"):
        Slots().same  # noqa: B018


def test_closed_closures_stay_as_they_are():
    class Once:
        @closure(c.int, [c.int])
        def same(self, a):
            return a

    Once.same.close()
    assert Once().same is Once.same
