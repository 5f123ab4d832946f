"""pyenchant: check and suggest, with a dictionary of its own and the system's."""
import os
import tempfile

import enchant

with tempfile.TemporaryDirectory() as folder:
    words = enchant.request_pwl_dict(os.path.join(folder, "words"))
    words.add("libffi")
    for _ in range(200):
        assert words.check("libffi")
        assert not words.check("libfi")
    assert "libffi" in words.suggest("libfi")
broker = enchant.Broker()
names = [provider.name for provider in broker.describe()]       # by callbacks of ours
assert names
if broker.dict_exists("en_US"):
    assert "hello" in broker.request_dict("en_US").suggest("helo")
