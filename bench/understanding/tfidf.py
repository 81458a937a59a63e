"""A baseline: TF-IDF of character n-grams and linear support vectors, scikit-learn's as they come."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.svm import LinearSVC

from bench.understanding.data import SEVEN
from bench.understanding.examples import NATURES, REFUSED, examples
from bench.understanding.system import Understood
from nlu.components.crosswalk import Crosswalk
from nlu.components.history import History


class TfidfSvc:
    """Three classifiers, one a question; finds no spans and knows no emergencies."""

    name = "TF-IDF + LinearSVC"

    def __init__(self, history: Path | None = None) -> None:
        told, crosswalk = examples(), Crosswalk.load()
        labelled = [(e.text, crosswalk.label(e.service, SEVEN)) for e in told if e.service]
        if history is not None:
            labelled += History.read(history, crosswalk).tickets
        self._labels = _fit([pair for pair in labelled if pair[1] in SEVEN])
        self._natures = _fit([(e.text, NATURES[e.nature]) for e in told if e.nature])
        self._scope = _fit([(e.text, str(e.intent not in REFUSED)) for e in told])

    def read(self, text: str) -> Understood:
        """Ask the three classifiers."""
        scores = dict(zip(self._labels.classes_, _scores(self._labels, text), strict=True))
        ranked = sorted(scores, key=lambda label: -scores[label])
        natures = _scores(self._natures, text)
        return Understood(
            shares=scores,
            options=tuple(ranked[:3]),
            nature=(str(self._natures.classes_[natures.argmax()]), float(natures.max())),
            in_scope=bool(self._scope.predict([text])[0] == "True"),
        )


def _fit(pairs: Sequence[tuple[str, str]]) -> Pipeline:
    vectorizer = TfidfVectorizer(analyzer="char", ngram_range=(1, 3), sublinear_tf=True)
    model = make_pipeline(vectorizer, LinearSVC(class_weight="balanced"))
    return model.fit([text for text, _ in pairs], [label for _, label in pairs])


def _scores(model: Pipeline, text: str) -> Any:
    return np.atleast_1d(model.decision_function([text])[0])
