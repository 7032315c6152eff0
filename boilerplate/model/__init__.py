"""The model: trees as arrays, the file they live in, and what applies them."""
