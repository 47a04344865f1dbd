"""A classifier that tries to tell generated from real samples."""

import numpy as np
import torch
from torch import Tensor

FOLDS = 5
MOST_FEATURES = 200
"""Of more features the classifier sees this many principal components."""


def classifier_auc(real: Tensor, fake: Tensor, seed: int = 0) -> float:
    """Return the area under the ROC curve of a classifier on samples that it was not trained on.

    The classifier is gradient boosting over decision trees, which sees features of any units and how they depend on
    each other, trained five times on four fifths of the samples. Its scores of the last fifth are pooled.

    Args:
        real: shape ``(n, d)``.
        fake: shape ``(m, d)``.
        seed: of the folds and of the trees.

    Returns:
        In ``[0, 1]``: 0.5 on average where samples cannot be told from real ones, 1 where all can.

    Source: Lopez-Paz and Oquab 2017, arXiv:1610.06545v4, Section 3, with the AUC in place of the accuracy.
    """
    from sklearn.decomposition import PCA
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.metrics import roc_auc_score
    from sklearn.model_selection import StratifiedKFold, cross_val_predict
    from sklearn.pipeline import make_pipeline

    x = torch.cat([real, fake]).double().numpy()
    is_fake = np.repeat([0, 1], [len(real), len(fake)])
    # Without early stopping, whose validation set would be taken from few samples.
    trees = HistGradientBoostingClassifier(max_iter=60, max_leaf_nodes=8, early_stopping=False, random_state=seed)
    components = min(MOST_FEATURES, len(x) * (FOLDS - 1) // FOLDS - 1)
    reduced = [PCA(components, svd_solver="randomized", random_state=seed)] if x.shape[1] > components else []
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=seed)
    model = make_pipeline(*reduced, trees)
    scores = cross_val_predict(model, x, is_fake, cv=folds, method="predict_proba")[:, 1]
    return float(roc_auc_score(is_fake, scores))
