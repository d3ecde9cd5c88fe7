"""Tensors as raw bits: dtypes, bytes, flat positions, and tensors that share memory."""
