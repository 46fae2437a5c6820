"""TFRecord exports, without TensorFlow; imports streams, tables and images."""
