"""Runs the experiments: ``python3 experiments/run.py [--only a|b|c] [--quick] [--minutes N] [--tables]``.

Jobs run in two processes of one thread each: on two cores that trains more images per second than one process of two threads. A quick run
covers everything at sizes too small for results, prints its tables, and does not change the page.
"""

import argparse
import json
import multiprocessing
import os
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
PAGE = os.path.join(ROOT, "docs", "evidence", "experiments.md")
FOLDER = os.path.join(ROOT, "docs", "evidence", "experiments")
sys.path[:0] = [ROOT, os.path.join(ROOT, "src", "python")]
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

FULL = {"seeds": 3, "base": 8000, "base_epochs": 3, "train": 2000, "epochs": 3, "train_distributed": 2400, "rounds": 4,
    "train_scratch": 1500,
        "epochs_scratch": 8, "test": 2000, "fisher_transfer": 512, "fisher_scratch": 256}
QUICK = {"seeds": 1, "base": 512, "base_epochs": 1, "train": 128, "epochs": 2, "train_distributed": 256, "rounds": 3, "train_scratch": 128,
         "epochs_scratch": 3, "test": 200, "fisher_transfer": 16, "fisher_scratch": 16}


def jobs_of(only, sizes):
    """Everything to run after the bases, by seed: at the time limit, whole seeds are missing, not whole experiments."""
    from experiments import checkpointing, data
    jobs = []
    for seed in range(sizes["seeds"]):
        jobs += [("c", seed, ratio) for ratio in (*checkpointing.RATIOS, None) if only in (None, "c")]
        jobs += [("b", seed, workers) for workers in (4, 2) if only in (None, "b")]
        jobs += [("a", seed, task) for task in data.TASKS if only in (None, "a")]
    return jobs


def work(job):
    """One job in a process of the pool; ``None`` after the time limit."""
    kind, url, sizes, deadline, *arguments = job
    if time.time() > deadline:
        return None
    import torch
    torch.set_num_threads(1)
    from experiments import checkpointing, distributed, transfer
    run = {"base": transfer.make_base, "a": transfer.run, "b": distributed.run, "c": checkpointing.run}[kind]
    start = time.time()
    records = run(url, sizes, *arguments)
    print(f"{kind} {arguments}: {time.time() - start:.1f} s", flush=True)
    return records


def main():
    """Runs everything and writes the results."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--only", choices=("a", "b", "c"))
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--tables", action="store_true", help="runs nothing; rewrites plots and page from results.json")
    parser.add_argument("--minutes", type=float, default=12, help="no job starts after this many minutes (12)")
    options = parser.parse_args()
    try:
        import torch
    except ImportError:
        raise SystemExit(f"PyTorch is not installed for {sys.executable}: run this with a python3 that has it.")
    from experiments import data, report
    from experiments.server import Server
    if not data.is_installed():
        raise SystemExit(
            f"Fashion-MNIST is not in {data.FOLDER}: install dataset-fashion-mnist, or set FASHION_MNIST to a folder with its four files.")
    if options.tables:
        with open(os.path.join(FOLDER, "results.json"), encoding="utf-8") as file:
            report.write(json.load(file), PAGE, FOLDER)
        return
    sizes, start = QUICK if options.quick else FULL, time.time()
    deadline, records, left_out = start + 60 * options.minutes, [], 0
    with Server() as url, multiprocessing.get_context("spawn").Pool(2) as pool:
        for stage in ([("base", seed) for seed in range(sizes["seeds"]) if options.only != "c"], jobs_of(options.only, sizes)):
            for found in pool.imap_unordered(work, [(kind, url, sizes, deadline, *rest) for kind, *rest in stage]):
                records += found or []
                left_out += found is None
    result = {"sizes": sizes, "torch": torch.__version__, "cores": os.cpu_count(), "seconds": time.time() - start, "left_out": left_out,
        "records": records}
    write(result, options, report)


def write(result, options, report):
    """Results, plots and page; a quick run writes only to a given folder. With ``--only``, the other experiments' records are kept."""
    folder = tempfile.mkdtemp(prefix="fish-quick-") if options.quick else FOLDER
    path = os.path.join(folder, "results.json")
    if options.only and os.path.exists(path):
        with open(path, encoding="utf-8") as file:
            kept = [record for record in json.load(file)["records"]
                if record["kind"] not in (options.only, "base" if options.only != "c" else None)]
        result["records"] = kept + result["records"]
    with open(path, "w", encoding="utf-8") as file:
        json.dump({**result, "records": None}, file, indent=1)
        file.seek(file.tell() - len("null\n}"))
        file.write("[\n" + ",\n".join(json.dumps(record) for record in result["records"]) + "\n]\n}\n")
    report.write(result, None if options.quick else PAGE, folder)
    print(f"written to {folder}")
    different = [record for record in result["records"] if not record.get("same", True)]
    if different:
        raise SystemExit(f"{len(different)} runs were restored with other bits than trained.")


if __name__ == "__main__":
    main()
