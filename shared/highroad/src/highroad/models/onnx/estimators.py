"""The last step of a model: what it makes of a frame, as scores and as what it predicts."""

from __future__ import annotations

from typing import Any

import numpy as np

from highroad.models.onnx.graph import Frame, Graph, NotConverted
from highroad.models.onnx.steps import apply
from highroad.models.onnx.trees import Ensemble, histogram_tree, plain_tree


def predict(graph: Graph, model: Any, frame: Frame) -> str:
    """Probabilities of shape (rows, classes) of a classifier, else predictions of shape (rows, 1).

    Raises:
        NotConverted: There is no conversion of it.
    """
    from sklearn import calibration, ensemble, tree
    from sklearn.base import is_classifier

    model, frame = _unwrapped(graph, model, frame)
    if isinstance(model, calibration.CalibratedClassifierCV):
        return _calibrated(graph, model, frame)
    if isinstance(model, (tree.BaseDecisionTree, ensemble.RandomForestClassifier,
                          ensemble.RandomForestRegressor, ensemble.ExtraTreesClassifier,
                          ensemble.ExtraTreesRegressor)):  # fmt: skip
        return _forest(graph, model, frame)
    scores = decide(graph, model, frame)
    if not is_classifier(model):
        link = getattr(getattr(model, "_loss", None), "link", None)
        is_log = type(link).__name__ == "LogLink"
        return graph.op("Exp", scores) if is_log else scores
    if not hasattr(model, "predict_proba"):
        raise NotConverted(f"is a {type(model).__name__}, which gives no probabilities")
    if len(model.classes_) == 2:
        return _both(graph, graph.op("Sigmoid", scores))
    return graph.op("Softmax", scores, axis=1)


def decide(graph: Graph, model: Any, frame: Frame) -> str:
    """What `decision_function` gives of a classifier, or what a regressor has before its link."""
    from sklearn import ensemble, linear_model
    from sklearn.base import is_classifier, is_regressor

    model, frame = _unwrapped(graph, model, frame)
    if isinstance(model, (ensemble.HistGradientBoostingClassifier, ensemble.HistGradientBoostingRegressor)):  # fmt: skip
        return _histogram(graph, model, frame)
    if isinstance(model, (ensemble.GradientBoostingClassifier, ensemble.GradientBoostingRegressor)):
        return _boosted(graph, model, frame)
    is_linear = type(model).__module__.startswith("sklearn.linear_model") and hasattr(
        model, "coef_"
    )
    has_link = isinstance(model, (linear_model.PoissonRegressor, linear_model.GammaRegressor,
                                  linear_model.TweedieRegressor))  # fmt: skip
    if is_linear and not has_link and (is_classifier(model) or is_regressor(model)):
        weights = np.atleast_2d(model.coef_).T
        product = graph.op("MatMul", graph.tensor(frame), graph.constant(weights))
        return graph.op("Add", product, graph.constant(np.atleast_1d(model.intercept_)))
    raise NotConverted(f"is a {type(model).__name__}, for which there is no conversion")


def _unwrapped(graph: Graph, model: Any, frame: Frame) -> tuple[Any, Frame]:
    """Without the pipeline around it, whose steps are applied."""
    from sklearn.frozen import FrozenEstimator
    from sklearn.pipeline import Pipeline

    while True:
        if isinstance(model, FrozenEstimator):
            model = model.estimator
        elif isinstance(model, Pipeline):
            for _, step in model.steps[:-1]:
                frame = apply(graph, step, frame)
            model = model.steps[-1][1]
        else:
            return model, frame


def _histogram(graph: Graph, model: Any, frame: Frame) -> str:
    """scikit-learn has no public way to these trees; parity is what vouches for this one."""
    if (encoder := getattr(model, "_preprocessor", None)) is not None:
        frame = apply(graph, encoder, frame)
    trees = Ensemble(model.n_trees_per_iteration_)
    trees.base += np.ravel(model._baseline_prediction)
    for stage in model._predictors:
        for target, predictor in enumerate(stage):
            trees.add(target, histogram_tree(predictor))
    return trees.build(graph, frame)


def _boosted(graph: Graph, model: Any, frame: Frame) -> str:
    stages = model.estimators_
    trees = Ensemble(stages.shape[1])
    for stage in stages:
        for target, one in enumerate(stage):
            trees.add(
                target, plain_tree(one.tree_, lambda value: model.learning_rate * value[0, 0])
            )
    zeros: Any = np.zeros((1, model.n_features_in_), dtype=np.float32)
    start = model.decision_function if hasattr(model, "decision_function") else model.predict
    grown = [model.learning_rate * sum(one.tree_.predict(zeros)[0, 0] for one in column) for column in stages.T]  # fmt: skip
    if model.init_ != "zero" and type(model.init_).__name__ not in ("DummyClassifier", "DummyRegressor"):  # fmt: skip
        raise NotConverted("begins with another estimator (init)")
    names = getattr(model, "feature_names_in_", None)
    if names is not None:
        import pandas as pd

        zeros = pd.DataFrame(zeros, columns=names)
    trees.base += np.ravel(start(zeros)) - np.asarray(grown)
    return trees.build(graph, frame, single=True)


def _forest(graph: Graph, model: Any, frame: Frame) -> str:
    members = getattr(model, "estimators_", [model])
    if model.n_outputs_ != 1:
        raise NotConverted("predicts several outputs")
    classes = len(getattr(model, "classes_", [0]))
    is_binary = classes == 2
    trees = Ensemble(1 if is_binary else classes)
    for member in members:
        for target in range(1 if is_binary else classes):
            place = 1 if is_binary else target

            def share(value: Any, place: int = place) -> float:
                whole = value[0].sum() if classes > 1 else 1.0
                return float(value[0, place] / whole)

            trees.add(target, plain_tree(member.tree_, share))
    mean = graph.op("Div", trees.build(graph, frame, single=True), graph.constant([float(len(members))]))  # fmt: skip
    return _both(graph, mean) if is_binary else mean


def _calibrated(graph: Graph, model: Any, frame: Frame) -> str:
    classes = len(model.classes_)
    made = [_calibrated_once(graph, one, frame, classes) for one in model.calibrated_classifiers_]
    total = made[0]
    for other in made[1:]:
        total = graph.op("Add", total, other)
    return total if len(made) == 1 else graph.op("Div", total, graph.constant([float(len(made))]))


def _calibrated_once(graph: Graph, one: Any, frame: Frame, classes: int) -> str:
    estimator, _ = one.estimator, None
    if hasattr(estimator, "decision_function"):
        scores = decide(graph, estimator, frame)
    else:
        scores = predict(graph, estimator, frame)
        if classes == 2:
            scores = graph.op("Gather", scores, graph.constant([1], np.int64), axis=1)
    if len(one.calibrators) != (1 if classes == 2 else classes):
        raise NotConverted(f"is calibrated by {one.method}, for which there is no conversion")
    columns = []
    for place, calibrator in enumerate(one.calibrators):
        index = graph.constant([place], np.int64)
        column = scores if classes == 2 else graph.op("Gather", scores, index, axis=1)
        columns.append(_calibrate(graph, calibrator, column))
    if classes == 2:
        return _both(graph, columns[0])
    joined = graph.op("Concat", *columns, axis=1)
    total = graph.op("ReduceSum", joined, graph.constant([1], np.int64), keepdims=1)
    is_zero = graph.op("Equal", total, graph.constant([0.0]))
    return graph.op("Where", is_zero, graph.constant([1 / classes]), graph.op("Div", joined, total))


def _calibrate(graph: Graph, calibrator: Any, scores: str) -> str:
    if hasattr(calibrator, "a_"):
        scaled = graph.op("Mul", scores, graph.constant([-calibrator.a_]))
        return graph.op("Sigmoid", graph.op("Add", scaled, graph.constant([-calibrator.b_])))
    if not hasattr(calibrator, "X_thresholds_"):
        raise NotConverted(f"is calibrated by {type(calibrator).__name__}, for which there is no conversion")  # fmt: skip
    x, y = np.asarray(calibrator.X_thresholds_, float), np.asarray(calibrator.y_thresholds_, float)
    if len(x) == 1:
        zero = graph.op("Mul", scores, graph.constant([0.0]))
        return graph.op("Add", zero, graph.constant(y))
    clipped = graph.op("Clip", scores, graph.constant(x[0]), graph.constant(x[-1]))
    beyond = graph.op("GreaterOrEqual", clipped, graph.constant(x[1:-1].reshape(1, -1)))
    axis = graph.constant([1], np.int64)
    place = graph.op("ReduceSum", graph.cast(beyond, np.int64), axis, keepdims=1)
    left, slope, start = (
        graph.op("Gather", graph.constant(table), place, axis=0)
        for table in (x[:-1], np.diff(y) / np.diff(x), y[:-1])
    )
    return graph.op("Add", graph.op("Mul", graph.op("Sub", clipped, left), slope), start)


def _both(graph: Graph, positive: str) -> str:
    """The probabilities of both classes, from that of the second."""
    return graph.op("Concat", graph.op("Sub", graph.constant([1.0]), positive), positive, axis=1)
