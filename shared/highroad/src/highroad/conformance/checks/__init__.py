"""The checks of conformance, one class each; `highroad doctor` runs them."""
