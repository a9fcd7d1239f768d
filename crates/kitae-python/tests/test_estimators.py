"""KitaeClassifier and KitaeRegressor as scikit-learn wants them."""

import pickle

import numpy as np
import pandas as pd
import pytest
from conftest import QUICK
from sklearn.base import clone
from sklearn.datasets import load_iris
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.utils.estimator_checks import parametrize_with_checks

from kitae import KitaeClassifier, KitaeRegressor


def not_for_networks(_):
    return {
        "check_sample_weight_equivalence_on_dense_data": "rows that are there twice are validation and held-out rows "
        "twice, which a weight does not make them, and batches are drawn by rows"
    }


@parametrize_with_checks(
    [KitaeClassifier(preset="fast"), KitaeRegressor(preset="fast")], expected_failed_checks=not_for_networks
)
def test_scikit_learn_accepts(estimator, check):
    check(estimator)


@pytest.fixture(scope="module")
def fitted(houses) -> KitaeRegressor:
    return KitaeRegressor(**QUICK).fit(houses.drop(columns="price"), houses["price"])


@pytest.fixture(scope="module")
def classifier(iris) -> KitaeClassifier:
    return KitaeClassifier(**QUICK).fit(iris.drop(columns="species"), iris["species"])


def test_parameters_are_the_flags_of_the_command_line():
    parameters = KitaeClassifier(dropout=0.2, by_group="street").get_params()
    assert parameters["dropout"] == 0.2 and parameters["by_group"] == "street" and parameters["epochs"] is None
    assert {"preset", "hidden", "seed", "learning_rate", "optimiser", "metric", "recipe", "threads"} <= set(parameters)
    assert "sample_weight" not in parameters and "test_size" not in parameters
    with pytest.raises(TypeError, match="colour"):
        KitaeClassifier(colour="red")


def test_rows_count_as_much_as_their_weights_say(iris):
    X, y = iris.drop(columns="species"), iris["species"]

    def third(weight: float) -> float:
        weights = np.where(y == "virginica", weight, 1.0)
        model = KitaeClassifier(**QUICK, blend="none").fit(X, y, sample_weight=weights)
        assert list(model.feature_names_in_) == list(X.columns)
        return model.predict_proba(X)[:, 2].mean()

    assert third(0.0) < third(1.0) < third(20.0)
    with pytest.raises(ValueError, match="got `-1`"):
        KitaeClassifier(**QUICK).fit(X, y, sample_weight=np.full(len(y), -1.0))
    with pytest.raises(ValueError, match="weight_column"):
        KitaeClassifier(**QUICK, weight_column="petal_width").fit(X, y, sample_weight=np.ones(len(y)))


def test_a_table_with_every_kind_of_cell_is_learned(fitted, houses):
    assert fitted.score(houses.drop(columns="price"), houses["price"]) > 0.5
    assert fitted.n_features_in_ == 8 and list(fitted.feature_names_in_)[0] == "area"


def test_out_of_fold_predictions_stand_in_the_order_of_the_rows(fitted, classifier, houses, iris):
    assert fitted.out_of_fold_.shape == (len(houses),)
    error = np.sqrt(np.mean((fitted.out_of_fold_ - houses["price"]) ** 2))
    assert error == pytest.approx(fitted.scores_["rmse"], rel=1e-9)
    assert classifier.out_of_fold_.shape == (len(iris), 3)
    right = classifier.classes_[classifier.out_of_fold_.argmax(axis=1)] == iris["species"]
    assert np.mean(right) == pytest.approx(classifier.scores_["accuracy"], rel=1e-9)


def test_intervals_and_sets_contain_the_target(fitted, classifier, houses, iris):
    ends = fitted.predict_interval(houses.drop(columns="price"), level=0.8)
    assert np.mean((ends[:, 0] <= houses["price"]) & (houses["price"] <= ends[:, 1])) > 0.7
    sets = classifier.predict_interval(iris.drop(columns="species"), level=0.8)
    of_rows = sets[np.arange(len(iris)), np.searchsorted(classifier.classes_, iris["species"])]
    assert sets.dtype == bool and of_rows.mean() > 0.7
    with pytest.raises(ValueError, match="1.5"):
        fitted.predict_interval(houses.drop(columns="price"), level=1.5)


def test_a_prediction_does_not_depend_on_the_other_rows(fitted, classifier, houses, iris):
    for estimator, table in ((fitted, houses.drop(columns="price")), (classifier, iris.drop(columns="species"))):
        ask = getattr(estimator, "predict_proba", estimator.predict)
        together = ask(table)
        order = np.random.default_rng(0).permutation(len(table))
        assert (ask(table.iloc[order]) == together[order]).all()
        alone = np.concatenate([ask(table.iloc[[row]]) for row in range(20)])
        assert (alone == together[:20]).all()


def test_pickled_and_cloned_it_says_the_same(fitted, houses):
    table = houses.drop(columns="price")
    again = pickle.loads(pickle.dumps(fitted))
    assert (again.predict(table) == fitted.predict(table)).all()
    assert (again.predict_interval(table) == fitted.predict_interval(table)).all()
    assert (again.out_of_fold_ == fitted.out_of_fold_).all() and again.scores_ == fitted.scores_
    fresh = clone(fitted)
    assert fresh.get_params() == fitted.get_params()
    with pytest.raises(NotFittedError):
        fresh.predict(table)
    with pytest.raises(NotFittedError):
        fresh.scores_
    assert (fresh.fit(table, houses["price"]).predict(table) == fitted.predict(table)).all()


def test_it_stands_in_a_pipeline_and_a_search(houses):
    table, price = houses.drop(columns="price"), houses["price"]
    pipeline = make_pipeline(FunctionTransformer(lambda X: X.drop(columns="seen")), KitaeRegressor(**QUICK))
    search = GridSearchCV(pipeline, {"kitaeregressor__dropout": [0.0, 0.3]}, cv=2).fit(table, price)
    assert search.best_params_["kitaeregressor__dropout"] in (0.0, 0.3)
    assert np.isfinite(search.predict(table)).all()


def test_it_is_scored_in_two_processes():
    X, y = load_iris(return_X_y=True)
    scores = cross_val_score(KitaeClassifier(preset="fast", threads=1), X, y, cv=4, n_jobs=2)
    assert scores.min() > 0.8


@pytest.mark.parametrize(
    "labels", [[False, True], [2, 10], [1.0, 2.0], ["no", "yes"], [-1, 1], np.array(["b", "a"], dtype=object)]
)
def test_classes_keep_their_values_and_their_order(labels):
    random = np.random.default_rng(5)
    X = random.normal(size=(80, 2))
    y = np.asarray(labels)[(X[:, 0] > 0).astype(int)]
    fitted = KitaeClassifier(**QUICK).fit(X, y)
    assert (fitted.classes_ == np.unique(y)).all() and fitted.classes_.dtype == np.unique(y).dtype
    assert fitted.predict_proba(X).sum(axis=1) == pytest.approx(1.0)
    assert (fitted.predict(X) == fitted.classes_[fitted.predict_proba(X).argmax(axis=1)]).all()
    assert np.mean(fitted.predict(X) == y) > 0.8


@pytest.mark.parametrize("labels, lost", [(["a", "a "], "'a', 'a '"), (["a", "?"], "'?'")])
def test_classes_that_a_file_could_not_tell_apart_are_refused(labels, lost):
    X = np.random.default_rng(5).normal(size=(90, 2))
    y = np.array(["b", *labels])[np.arange(90) % 3]
    with pytest.raises(ValueError, match="rename"):
        KitaeClassifier(**QUICK).fit(X, y)


def test_what_cannot_be_learned_is_told(houses):
    table, price = houses.drop(columns="price"), houses["price"]
    for arguments, words in [
        ({"preset": "slow"}, "`preset`: expected one of fast, balanced, best, got `slow`"),
        ({"epochs": "many"}, "`epochs`: expected a whole number"),
        ({"dropout": 1.5}, "dropout"),
        ({"by_group": "village"}, "split by column `village`"),
        ({"by_group": "city", "by_time": "sold"}, "exclude each other"),
        ({"recipe": {"training.epoch": 3}}, "training.epoch"),
    ]:
        with pytest.raises(ValueError) as caught:
            KitaeRegressor(**arguments).fit(table, price)
        assert words in str(caught.value) and "--" not in str(caught.value), caught.value
    with pytest.raises(ValueError, match="one class"):
        KitaeClassifier().fit(table, np.zeros(len(table)))
    with pytest.raises(ValueError, match="missing"):
        KitaeRegressor(**QUICK).fit(table, price).predict(table.drop(columns="area"))


def test_columns_are_known_by_name(fitted, houses):
    table = houses.drop(columns="price")
    with pytest.raises(ValueError, match="feature names"):
        fitted.predict(table[reversed(list(table.columns))])
    wide = pd.DataFrame(np.random.default_rng(0).normal(size=(40, 2)), columns=["target", "b"])
    assert KitaeRegressor(**QUICK).fit(wide, wide["b"].to_numpy()).predict(wide).shape == (40,)
