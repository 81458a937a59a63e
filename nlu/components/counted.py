"""Character n-grams, and a collection of texts counted once so that many models can learn from parts of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from nlu.components.text import squeeze

_READ = 400  # characters of a text that are looked at


def ngrams(text: str, longest: int = 3) -> list[str]:
    """Character n-grams of the squeezed text, its two ends marked."""
    body = f"^{squeeze(text)[:_READ]}$"
    grams = list(body[1:-1])
    for n in range(2, longest + 1):
        grams += [body[i : i + n] for i in range(len(body) - n + 1)]
    return grams


@dataclass(frozen=True)
class Counted:
    """Texts as a sparse matrix of counts, one row a text, and the n-grams of its columns."""

    counts: Any
    terms: Any
    longest: int

    @classmethod
    def of(cls, texts: Sequence[str], longest: int = 3) -> Counted:
        """Count the n-grams of texts."""
        from sklearn.feature_extraction.text import CountVectorizer

        vectorizer = CountVectorizer(analyzer=partial(ngrams, longest=longest), dtype=np.float64)
        counts = vectorizer.fit_transform(texts).tocsr()
        return cls(counts, vectorizer.get_feature_names_out(), longest)

    def rows(self, numbers: Sequence[int]) -> Counted:
        """The texts of these numbers; columns stay."""
        return Counted(self.counts[list(numbers)], self.terms, self.longest)

    def weighed(self, rarest: int) -> tuple[Any, Any, Any]:
        """TF-IDF of the n-grams that stand in at least `rarest` texts: the matrix, the n-grams, the IDF.

        Sublinear counts, smooth IDF and rows of length one, as scikit-learn's TfidfVectorizer.
        """
        from sklearn.preprocessing import normalize

        texts = self.counts.shape[0]
        holding = np.bincount(self.counts.indices, minlength=self.counts.shape[1])
        kept = np.flatnonzero(holding >= rarest)
        matrix = self.counts[:, kept]
        matrix.data = 1.0 + np.log(matrix.data)
        idf = np.log((1 + texts) / (1 + holding[kept])) + 1.0
        matrix = matrix.multiply(idf).tocsr()
        return normalize(matrix), self.terms[kept], idf
