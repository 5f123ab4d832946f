"""wasmtime: compile a module, call it, and be called by it."""
from wasmtime import Func, FuncType, Instance, Module, Store, ValType

store = Store()
module = Module(store.engine, """
    (module (import "" "next" (func $next (param i32) (result i32)))
            (func (export "run") (param i32) (result i32) local.get 0 call $next))
""")
following = Func(store, FuncType([ValType.i32()], [ValType.i32()]), lambda n: n + 1)
run = Instance(store, module, [following]).exports(store)["run"]
assert [run(store, n) for n in range(3000)] == list(range(1, 3001))
