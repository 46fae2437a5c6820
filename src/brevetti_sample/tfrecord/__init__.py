"""TFRecord files: examples encoded column by column, framed, sharded, described and verified.

TensorFlow is never imported here, except by `dataset`, which hands records to it.
"""
