"""Training and evaluation: the only part that imports scikit-learn."""
