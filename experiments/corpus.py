"""Creates real checkpoints for measuring encodings: ``python3 experiments/corpus.py DIR``. It takes about fifteen minutes on one core of a
busy machine.

DIR gets `bf16` and `fp16` (full fine-tuning of a 3.3M-parameter language model with small steps, as in reinforcement learning, cast at
every checkpoint), `fish` (a FISH mask at 0.5% of 9.7M parameters, values every 20 Adam steps at a constant 1e-3), `fish-decay` (the same
mask, trained at the rate and with the schedule of the paper) and `corpus.json` with the results. Existing parts are kept. The text is
Python's own standard library, so nothing is downloaded; seeds are fixed, and one thread is used.
"""

import argparse
import json
import os
import sys
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path[:0] = [ROOT, os.path.join(ROOT, "src", "python")]
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")


def main():
    """Creates missing parts."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folder", metavar="DIR")
    parser.add_argument("--quick", action="store_true", help="runs everything at sizes too small for results")
    options = parser.parse_args()
    try:
        import torch
    except ImportError:
        raise SystemExit(f"PyTorch is not installed for {sys.executable}: run this with a python3 that has it.")
    torch.set_num_threads(1)
    from experiments import corpus_dense, corpus_fish
    path = os.path.join(options.folder, "corpus.json")
    done = {"torch": torch.__version__, "python": sys.version.split()[0], "parts": {}}
    if os.path.exists(path):
        with open(path, encoding="utf-8") as file:
            done = json.load(file)
    for name, make in (("bf16", corpus_dense.make), ("fp16", corpus_dense.make), ("fish", corpus_fish.make),
        ("fish-decay", corpus_fish.make_decay)):
        if name in done["parts"]:
            continue
        start = time.time()
        os.makedirs(os.path.join(options.folder, name), exist_ok=True)
        done["parts"][name] = make(options.folder, name, options.quick)
        with open(path, "w", encoding="utf-8") as file:
            json.dump(done, file, indent=1)
        print(f"{name}: {time.time() - start:.0f} s {json.dumps(done['parts'][name], indent=1)}", flush=True)


if __name__ == "__main__":
    main()
