"""Writes the HDF5 files beside it: the same few attributes and links in every layout that the
library knows. Needs h5py 3 and was run with HDF5 1.10; the files are kept because no test may
depend on them."""
import json
import os
import sys

import h5py
import numpy as np

FOLDER = os.path.dirname(os.path.abspath(__file__))
LAMBDA = json.dumps({"class_name": "Sequential", "config": {"name": "m", "layers": [
    {"class_name": "Lambda", "config": {"name": "evil", "function": ["4wEAAAAAAAAAAAAAAAAAAAABAAAAAwAAAPMKAAAAlwBkAVMA\n", None, None],
     "function_type": "lambda", "module": "__main__", "output_shape": None, "output_shape_type": "raw"}}]}})


def model(name, fill, **options):
    with h5py.File(os.path.join(FOLDER, name), "w", **options) as f:
        fill(f)


def plain(f):
    f.attrs["keras_version"] = "2.15.0"
    f.attrs["model_config"] = LAMBDA
    f.create_group("model_weights")


def fixed(f):
    f.attrs["model_config"] = np.bytes_(LAMBDA)


def many(f):
    for i in range(40):
        f.attrs["note%d" % i] = i
    f.attrs["model_config"] = LAMBDA
    for i in range(40, 90):
        f.attrs["note%d" % i] = i


def huge(f):
    for i in range(20):
        f.attrs["note%d" % i] = i
    f.attrs["model_config"] = np.bytes_(LAMBDA + " " * 70_000)


def nested(f):
    group = f
    for i in range(30):
        group = group.create_group("layer%d" % i)
    group["kernel"] = h5py.ExternalLink("../../etc/passwd.h5", "/secret")


def links(f):
    for i in range(40):
        f.create_group("layer%d" % i)
    f["kernel"] = h5py.ExternalLink("/srv/other.h5", "/secret")
    f["soft"] = h5py.SoftLink("/layer0")


def storage(f):
    f.create_group("a").create_dataset("kernel", (4,), dtype="u1", external=[("/etc/passwd", 0, 4)])


def virtual(f):
    layout = h5py.VirtualLayout((4,), dtype="f4")
    layout[:] = h5py.VirtualSource("../outside.h5", "x", (4,))
    f.create_virtual_dataset("kernel", layout)


def honest(f):
    f.attrs["model_config"] = json.dumps({"class_name": "Sequential", "config": {"layers": [{"class_name": "Dense", "config": {"name": "Lambda", "units": 4}}]}})
    f.attrs["training_config"] = json.dumps({"loss": "mse"})
    for i in range(5):
        f.create_dataset("w%d/kernel" % i, data=np.zeros((3, 3), "f4"))


for fill in plain, fixed, many, huge, nested, links, storage, virtual, honest:
    if fill is not huge:  # too large for an object header, as old files have them
        model("earliest_%s.h5" % fill.__name__, fill, libver="earliest")
    model("latest_%s.h5" % fill.__name__, fill, libver="latest")
model("tracked_many.h5", many, track_order=True)
model("userblock_plain.h5", plain, userblock_size=1024)
