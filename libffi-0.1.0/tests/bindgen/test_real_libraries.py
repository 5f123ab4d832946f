"""Generated modules of real libraries, each doing what the library is for. Without its headers a test is skipped."""
import pytest

from libffi import c, string_at


def test_libuv_runs_timers(bound):
    uv = bound("uv")
    loop, timer, fired = uv.uv_loop_t.new(), uv.uv_timer_t.new(), []
    assert uv.uv_loop_init(loop) == 0 and uv.uv_timer_init(loop, timer) == 0

    @uv.uv_timer_cb.closure
    def on_timer(handle):
        fired.append(handle)
        if len(fired) == 3:
            uv.uv_close(c.ptr(uv.uv_handle_t)(c.pointer(handle)), None)

    assert uv.uv_timer_start(timer, on_timer, 1, 1) == 0
    assert uv.uv_run(loop, uv.UV_RUN_DEFAULT) == 0
    assert len(fired) == 3 and uv.uv_loop_close(loop) == 0
    assert uv.uv_strerror(uv.UV_EINVAL) == "invalid argument"


def test_gsl_integrates_a_python_function(bound):
    gsl = bound("gsl")
    function = gsl.gsl_function.fields["function"].closure(lambda x, parameters: x * x)
    space = gsl.gsl_integration_workspace_alloc(100)
    result, error = c.double.new(), c.double.new()
    integrand = gsl.gsl_function.new(function=function)
    assert gsl.gsl_integration_qag(integrand, 0, 3, 0, 1e-9, 100, gsl.GSL_INTEG_GAUSS31, space, result, error) == \
        gsl.GSL_SUCCESS
    gsl.gsl_integration_workspace_free(space)
    assert result.value == pytest.approx(9) and error.value < 1e-6


def test_lmdb_stores_and_finds(bound, tmp_path):
    lmdb = bound("lmdb")
    environment = c.ptr(lmdb.MDB_env).new()
    transaction, database = c.ptr(lmdb.MDB_txn).new(), lmdb.MDB_dbi.new()
    assert lmdb.mdb_env_create(environment) == 0
    assert lmdb.mdb_env_open(environment.value, str(tmp_path), 0, 0o600) == 0
    assert lmdb.mdb_txn_begin(environment.value, None, 0, transaction) == 0
    assert lmdb.mdb_dbi_open(transaction.value, None, 0, database) == 0
    key, text = bytearray(b"key"), bytearray(b"value")
    entry = lmdb.MDB_val.new(mv_size=3, mv_data=key)
    assert lmdb.mdb_put(transaction.value, database.value, entry, lmdb.MDB_val.new(mv_size=5, mv_data=text), 0) == 0
    found = lmdb.MDB_val.new()
    assert lmdb.mdb_get(transaction.value, database.value, entry, found) == 0
    assert string_at(found.mv_data, found.mv_size) == b"value"
    missing = lmdb.MDB_val.new(mv_size=2, mv_data=key)
    assert lmdb.mdb_get(transaction.value, database.value, missing, found) == lmdb.MDB_NOTFOUND
    lmdb.mdb_txn_abort(transaction.value)
    lmdb.mdb_env_close(environment.value)


def test_lua_calls_a_python_function(bound):
    lua = bound("lua5.4")
    state = lua.luaL_newstate()
    lua.luaL_openlibs(state)

    @lua.lua_CFunction.closure
    def add(state):
        lua.lua_pushnumber(state, lua.luaL_checknumber(state, 1) + lua.luaL_checknumber(state, 2))
        return 1

    lua.lua_pushcclosure(state, add, 0)
    lua.lua_setglobal(state, "add")
    assert lua.luaL_dostring(state, "return add(20, 22), 'text'") == lua.LUA_OK
    assert lua.lua_tostring(state, -1) == "text"
    lua.lua_pop(state, 1)
    assert lua.lua_tonumber(state, -1) == 42.0
    lua.lua_close(state)


def test_jansson_reads_json(bound):
    jansson = bound("jansson")
    problem = jansson.json_error_t.new()
    root = jansson.json_loads('{"numbers": [1, 2, 3]}', 0, problem)
    numbers = jansson.json_object_get(root, "numbers")
    assert [jansson.json_integer_value(jansson.json_array_get(numbers, i))
            for i in range(jansson.json_array_size(numbers))] == [1, 2, 3]
    assert not jansson.json_loads("{", 0, problem) and problem.line == 1


def test_openssl_digests(bound):
    import hashlib

    crypto = bound("crypto")
    digest, size = c.array(c.uchar, crypto.EVP_MAX_MD_SIZE)(), c.uint.new()
    assert crypto.EVP_Digest(b"text", 4, digest, size, crypto.EVP_sha256(), None) == 1
    assert bytes(digest)[:size.value] == hashlib.sha256(b"text").digest()


def test_pcre2_matches(bound):
    pcre2 = bound("pcre2-8")
    error, place = c.int.new(), c.size_t.new()
    code = pcre2.pcre2_compile(b"(b+)c", pcre2.PCRE2_ZERO_TERMINATED, pcre2.PCRE2_CASELESS, error, place, None)
    data = pcre2.pcre2_match_data_create_from_pattern(code, None)
    assert pcre2.pcre2_match(code, b"aaBBc", 5, 0, 0, data, None) == 2
    ends = pcre2.pcre2_get_ovector_pointer(data)
    assert ends[0:4] == [2, 5, 2, 4]
    pcre2.pcre2_match_data_free(data)
    pcre2.pcre2_code_free(code)


def test_gmp_computes(bound):
    gmp = bound("gmp")
    number, text = c.array(gmp.__getattr__("__mpz_struct"), 1)(), c.array(c.char, 200)()
    gmp.mpz_init(number)
    gmp.mpz_ui_pow_ui(number, 3, 200)
    assert gmp.mpz_get_str(text, 10, number)
    assert text.value == str(3**200).encode()
    gmp.mpz_clear(number)


def test_nlopt_finds_the_minimum_of_a_python_function(bound):
    nlopt = bound("nlopt")
    optimizer = nlopt.nlopt_create(nlopt.NLOPT_LN_COBYLA, 2)

    @nlopt.nlopt_func.closure
    def paraboloid(n, x, gradient, data):
        return (x[0] - 1) ** 2 + (x[1] + 2) ** 2

    nlopt.nlopt_set_min_objective(optimizer, paraboloid, None)
    nlopt.nlopt_set_xtol_rel(optimizer, 1e-8)
    x, least = c.array(c.double, 2)(), c.double.new()
    assert nlopt.nlopt_optimize(optimizer, x, least) > 0
    assert list(x) == pytest.approx([1, -2], abs=1e-3)
    nlopt.nlopt_destroy(optimizer)


def test_zeromq_hands_messages_over(bound):
    zmq = bound("zmq")
    context = zmq.zmq_ctx_new()
    ends = zmq.zmq_socket(context, zmq.ZMQ_PAIR), zmq.zmq_socket(context, zmq.ZMQ_PAIR)
    assert zmq.zmq_bind(ends[0], "inproc://pair") == 0 and zmq.zmq_connect(ends[1], "inproc://pair") == 0
    assert zmq.zmq_send(ends[1], b"hello", 5, 0) == 5
    message = zmq.zmq_msg_t.new()
    assert zmq.zmq_msg_init(message) == 0 and zmq.zmq_msg_recv(message, ends[0], 0) == 5
    assert string_at(zmq.zmq_msg_data(message), zmq.zmq_msg_size(message)) == b"hello"
    zmq.zmq_msg_close(message)
    for end in ends:
        zmq.zmq_close(end)
    zmq.zmq_ctx_term(context)


def test_libarchive_reads_what_it_wrote(bound):
    archive = bound("archive")
    store, used = bytearray(1 << 16), c.size_t.new()
    writer = archive.archive_write_new()
    archive.archive_write_set_format_ustar(writer)
    assert archive.archive_write_open_memory(writer, store, len(store), used) == archive.ARCHIVE_OK
    entry = archive.archive_entry_new()
    archive.archive_entry_set_pathname(entry, "file")
    archive.archive_entry_set_filetype(entry, archive.AE_IFREG)
    archive.archive_entry_set_size(entry, 4)
    assert archive.archive_write_header(writer, entry) == archive.ARCHIVE_OK
    assert archive.archive_write_data(writer, b"text", 4) == 4
    archive.archive_write_close(writer)
    reader, found = archive.archive_read_new(), c.ptr(archive.archive_entry).new()
    archive.archive_read_support_format_tar(reader)
    assert archive.archive_read_open_memory(reader, store, used.value) == archive.ARCHIVE_OK
    assert archive.archive_read_next_header(reader, found) == archive.ARCHIVE_OK
    assert archive.archive_entry_pathname(found.value) == "file" and archive.archive_entry_size(found.value) == 4
    for handle, free in ((reader, archive.archive_read_free), (writer, archive.archive_write_free),
                         (entry, archive.archive_entry_free)):
        free(handle)


def test_glib_runs_a_main_loop(bound):
    glib = bound("glib-2.0")
    loop, ticks = glib.g_main_loop_new(None, 0), []

    @glib.GSourceFunc.closure
    def tick(data):
        ticks.append(1)
        if len(ticks) == 2:
            glib.g_main_loop_quit(loop)
        return glib.G_SOURCE_CONTINUE if len(ticks) < 2 else glib.G_SOURCE_REMOVE

    assert glib.g_timeout_add(1, tick, None) > 0
    glib.g_main_loop_run(loop)
    glib.g_main_loop_unref(loop)
    assert len(ticks) == 2
