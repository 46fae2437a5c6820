"""The draws as a `tf.data.Dataset`, with maps and seeds; imports streams, images and tfrecord."""
