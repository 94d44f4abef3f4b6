"""Models of scikit-learn as ONNX in double precision, kept only where both compute the same."""
