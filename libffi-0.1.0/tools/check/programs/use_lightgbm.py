"""lightgbm: train with a callback, predict, save and load."""
import lightgbm
import numpy

random = numpy.random.default_rng(1)
features = random.normal(size=(500, 10))
labels = (features[:, 0] > 0).astype(int)
told = []
booster = lightgbm.train({"objective": "binary", "verbose": -1, "num_threads": 1},
                         lightgbm.Dataset(features, labels), 20,
                         callbacks=[lambda environment: told.append(environment.iteration)])
for _ in range(50):
    predicted = booster.predict(features, num_threads=1)
assert ((predicted > 0.5) == labels).mean() > 0.95
assert told == list(range(20))
again = lightgbm.Booster(model_str=booster.model_to_string())
assert numpy.allclose(again.predict(features), predicted)
