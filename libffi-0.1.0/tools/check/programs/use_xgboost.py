"""xgboost: train on a matrix, predict, save and load."""
import numpy
import xgboost

random = numpy.random.default_rng(1)
features = random.normal(size=(500, 10))
labels = (features[:, 0] + features[:, 1] > 0).astype(int)
matrix = xgboost.DMatrix(features, label=labels)
booster = xgboost.train({"objective": "binary:logistic", "nthread": 1}, matrix, num_boost_round=20)
for _ in range(50):
    predicted = booster.predict(matrix)
assert ((predicted > 0.5) == labels).mean() > 0.95
again = xgboost.Booster()
again.load_model(booster.save_raw())
assert numpy.array_equal(again.predict(matrix), predicted)
evaluated = {}
xgboost.train({"objective": "binary:logistic", "nthread": 1}, matrix, 5,
              evals=[(matrix, "all")], evals_result=evaluated, verbose_eval=False,
              custom_metric=lambda values, data: ("ours", float(values.mean())))
assert len(evaluated["all"]["ours"]) == 5
