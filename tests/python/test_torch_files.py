"""PyTorch's own files, through the command line: checkpoints of a real training as torch.save writes them, and an adapter that PyTorch applies."""

import json
import os
import subprocess
import tempfile
import unittest

from support import needs_server, server_dll, torch

if torch is not None:
    from fishcheckpoint.safetensors import load_file
    from fishcheckpoint.tensors.raw import bits


def trained(steps):
    """A transformer's training, a checkpoint after each step."""
    torch.manual_seed(11)
    layer = torch.nn.TransformerEncoderLayer(32, 4, 64, batch_first=True)
    model = torch.nn.ModuleDict({"encoder": torch.nn.TransformerEncoder(layer, 2), "norm": torch.nn.BatchNorm1d(32), "head": torch.nn.Linear(32, 5)})
    model.head.weight.data = model.head.weight.data.t().contiguous().t()
    optimizer = torch.optim.AdamW(model.parameters(), 1e-3)
    for step in range(steps + 1):
        yield {"step": step, "model": model.state_dict(), "optimizer": optimizer.state_dict(), "rng": torch.get_rng_state()}
        hidden = model["norm"](model["encoder"](torch.randn(4, 6, 32)).mean(1))
        torch.nn.functional.cross_entropy(model["head"](hidden), torch.randint(5, (4,))).backward()
        optimizer.step()
        optimizer.zero_grad()


@needs_server
class TorchFileTests(unittest.TestCase):
    def setUp(self):
        self.temporary = tempfile.TemporaryDirectory()

    def tearDown(self):
        self.temporary.cleanup()

    def path(self, name):
        return os.path.join(self.temporary.name, name)

    def fish(self, *arguments):
        done = subprocess.run(
            ["dotnet", server_dll(), *arguments, "--data", self.path("data")], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=120, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def save(self, value, name, **options):
        torch.save(value, self.path(name), **options)
        return self.path(name)

    def assert_same(self, loaded, expected):
        self.assertEqual(set(loaded), set(expected))
        for name, tensor in expected.items():
            self.assertEqual((loaded[name].dtype, loaded[name].shape), (tensor.dtype, tensor.shape), name)
            self.assertTrue(torch.equal(bits(loaded[name]), bits(tensor.contiguous())), name)

    def test_checkpoints_of_a_training_come_back_bit_for_bit(self):
        forms = [{}, {"_use_new_zipfile_serialization": False}]
        for checkpoint, form in zip(trained(1), forms):
            step = checkpoint["step"]
            path = self.save(checkpoint, f"{step}.pt", **form)
            if step == 0:
                self.fish("base", "add", "base", path)
                self.fish("task", "add", "task", "--base", "base")
            self.assertIn("under 'model'", self.fish("save", "task", str(step), path))
            self.fish("load", "task", str(step), self.path("out.safetensors"))
            self.assert_same(load_file(self.path("out.safetensors")), checkpoint["model"])

    def test_adapter_gives_the_checkpoint_where_pytorch_adds_it(self):
        torch.manual_seed(5)
        base = {f"m{index}.weight": (torch.randn(60, 90) / 20).to(dtype) for index, dtype in enumerate([torch.bfloat16, torch.float16, torch.float32, torch.float64])}
        tuned = {}
        for name, weight in base.items():
            moved = (weight.double() * (1 + torch.randn(60, 90, dtype=torch.float64).clamp(-4, 8) / 10)).to(weight.dtype)
            tuned[name] = torch.where(torch.rand(60, 90) < 0.02, moved, weight)
        self.fish("base", "add", "base", self.save(base, "base.pt"))
        self.fish("task", "add", "task", "--base", "base")
        self.fish("save", "task", "1", self.save(tuned, "tuned.pt"))
        self.fish("export", "shira", self.path("adapters"), "--task", "task", "--from", "base", "--to", "1")

        folder = os.path.join(self.path("adapters"), "checkpoint-1")
        with open(os.path.join(folder, "adapter_config.json"), encoding="utf-8") as file:
            config = json.load(file)
        adapter = load_file(os.path.join(folder, "adapter_model.safetensors"))
        self.assertEqual([f"{module}.weight" for module in config["target_modules"]], list(base))
        for module in config["target_modules"]:
            weight = base[f"{module}.weight"]
            values, places = (adapter[f"base_model.model.{module}.shira_{part}"] for part in ("weight", "indices"))
            self.assertEqual(values.shape[0], config["r"] * sum(weight.shape))
            weight += torch.sparse_coo_tensor(places, values * 1.0, weight.shape)
        self.assert_same(base, tuned)


if __name__ == "__main__":
    unittest.main()
