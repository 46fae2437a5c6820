"""The generator in processes of their own: reproduced, resumed, and ended."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

pytestmark = pytest.mark.slow

HEADER = """
import hashlib, json, sys
from itertools import islice
import tensorflow as tf
from brevetti_sample import DataGenerator, ImageLoader
samples = [{"id": i, "g": "aab"[i % 3]} for i in range(20)]
"""

AUGMENT = """
import pandas as pd
def augment(x, sample_seed):
    def one(pair):
        image = tf.image.stateless_random_brightness(tf.cast(pair[0], tf.float32), 0.4, pair[1])
        return tf.image.stateless_random_crop(image, [6, 6, 1], pair[1])
    images = tf.map_fn(one, (x["img"], sample_seed), fn_output_signature=tf.float32)
    return {"img": images, "path": x["path"]}
frame = pd.read_csv("sample_manifests/digits/manifest.csv")
for size in (4, 8):
    generator = DataGenerator(frame, size, True, True, "label", "square root", seed=3)
    generator = generator.map(ImageLoader(root="sample_manifests/digits", channels=1))
    generator = generator.map(augment, num_parallel_calls=8)
    digest = hashlib.sha256()
    for x in islice(generator.get_dataset_numpy(batch=False), 320):
        digest.update(x["path"].encode() + x["img"].tobytes())
    batches = hashlib.sha256()
    for x in islice(generator.get_dataset_numpy(), 320 // size):
        batches.update("".join(x["path"]).encode() + x["img"].tobytes())
    print(digest.hexdigest(), batches.hexdigest())
"""

COMBINATIONS = """
def generators():
    for stream in ("stratified", "brevettiai"):
        for shuffle in (True, False):
            for repeat in (True, False, 2):
                yield DataGenerator(samples, 4, shuffle, repeat, "g", seed=1, stream=stream)
"""

STOP = """
runs = []
for generator in generators():
    batches = generator.get_dataset_numpy(structure="id")
    states = [generator.state()]
    whole = []
    for batch in islice(batches, 14):
        whole.append(batch.tolist())
        states.append(generator.state())
    runs.append([whole, states[:8]])
print(json.dumps(runs))
"""

RESUME = """
found = []
for generator, (whole, states) in zip(generators(), json.load(sys.stdin), strict=True):
    for taken, state in enumerate(states):
        batches = generator.restore(state).get_dataset_numpy(structure="id")
        rest = [batch.tolist() for batch in islice(batches, 3)]
        again = json.dumps(generator.state())
        batches = generator.restore(again).get_dataset_numpy(structure="id")
        rest += [batch.tolist() for batch in islice(batches, max(14 - taken - 3, 0))]
        wanted = whole[taken:]
        found.append(rest[: len(wanted)] == wanted and len(rest) >= len(wanted))
print(json.dumps(found))
"""

ENDS = """
samples = [{"id": i, "text": str(i) * 20} for i in range(20000)]
iterator = iter(DataGenerator(samples, 32, True, True).get_dataset())
for _ in range(255):  # the next portion is being gathered
    next(iterator)
print("end", flush=True)
"""


def run(program, given=""):
    done = subprocess.run(
        [sys.executable, "-c", HEADER + program],
        input=given,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_two_processes_augment_alike_whatever_the_batch_size():
    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(run, [AUGMENT, AUGMENT])
    assert first == second
    four, eight = (line.split() for line in first.splitlines())
    assert four[0] == eight[0]
    assert hashlib.sha256().hexdigest() not in (*four, *eight)


def test_states_resume_in_another_process_after_any_batch_twice_in_a_row():
    runs = run(COMBINATIONS + STOP)
    assert len(json.loads(runs)) == 12
    # An epoch is 5 batches of 4: an epoch and a half are 8. A stream that is drawn once has 5.
    found = json.loads(run(COMBINATIONS + RESUME, runs))
    assert found == [True] * len(found)
    assert len(found) == sum(len(states) for _, states in json.loads(runs)) == 4 * (8 + 6 + 8)


def test_a_process_ends_while_samples_are_gathered():
    assert run(ENDS) == "end\n"
