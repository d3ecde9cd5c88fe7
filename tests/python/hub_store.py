"""What the Hub's clients are shown: two bases, tasks on them, and checkpoints, all made by rule."""

import base64
import hashlib
import io
import json
import tarfile
import urllib.request

SHARDS = ("model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors")
SINGLE = "model.safetensors"
CONFIG = b'{"model_type": "bert", "hidden_size": 8}\n'
TOKENIZER = b'{"version": "1.0"}\n'


def content(size, seed):
    """Bytes that a rule says."""
    turn = bytes((at * 7 + seed) % 251 for at in range(251))
    return (turn * (size // len(turn) + 1))[:size]


def safetensors(tensors):
    """A file of float32 vectors: (name, bytes) each."""
    header, at = {}, 0
    for name, data in tensors:
        header[name] = {"dtype": "F32", "shape": [len(data) // 4], "data_offsets": [at, at + len(data)]}
        at += len(data)
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    return len(text).to_bytes(8, "little") + text + b"".join(data for _, data in tensors)


def model(size, step):
    """The model of a step: half of it moves with each."""
    return safetensors([("bert.weight", content(size, 0)), ("head.weight", content(size, step))])


def shards(step):
    """A sharded model, by file."""
    return {SHARDS[0]: safetensors([("a", content(400, 1))]), SHARDS[1]: safetensors([("b", content(800, step))])}


def tar(files):
    """A folder as a tar stream."""
    whole = io.BytesIO()
    with tarfile.open(fileobj=whole, mode="w") as writer:
        for name, data in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            writer.addfile(entry, io.BytesIO(data))
    return whole.getvalue()


class Store:
    """A server, filled over its own routes."""

    def __init__(self, url, key=None):
        self.url, self.key = url, key

    def send(self, method, path, body=None, kind="application/json", **fields):
        headers = {"Content-Type": kind, **fields, **({"Authorization": f"Bearer {self.key}"} if self.key else {})}
        with urllib.request.urlopen(urllib.request.Request(self.url + path, body, headers, method=method)) as answer:
            return answer.read()

    def save(self, task, step, data, loss=None, digest=False):
        fields = {}
        if loss is not None:
            fields["Checkpoint-Metrics"] = json.dumps({"loss": loss})
        if digest:
            fields["Repr-Digest"] = f"sha-256=:{base64.b64encode(hashlib.sha256(data).digest()).decode()}:"
        self.send("PUT", f"/v1/tasks/{task}/checkpoints/{step}", data, "application/vnd.safetensors", **fields)

    def delete(self, task, step):
        self.send("DELETE", f"/v1/tasks/{task}/checkpoints/{step}")

    def fill(self, size):
        """sst2: steps 100 (best, released; its digest is not known) and 120 (its digest is); big: step 5 of a sharded model; empty: none."""
        self.send("PUT", "/v1/bases/single", tar({SINGLE: model(size, 0), "config.json": CONFIG, "tokenizer.json": TOKENIZER}), "application/x-tar")
        self.send("PUT", "/v1/bases/sharded", tar({**shards(0), "config.json": CONFIG}), "application/x-tar")
        for task, base in (("sst2", "single"), ("big", "sharded"), ("empty", "single")):
            self.send("PUT", f"/v1/tasks/{task}", json.dumps({"base": base, "retention": {"monitor": "loss", "mode": "min"}}).encode())
        self.save("sst2", 100, model(size, 100), loss=0.1)
        self.save("sst2", 120, model(size, 120), loss=0.2, digest=True)
        self.send("PUT", "/v1/tasks/sst2/tags/released", b'{"step":100}')
        self.send("PUT", "/v1/tasks/big/checkpoints/5", tar(shards(5)), "application/x-tar")
