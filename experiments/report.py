"""Tables and plots of the records, inserted into a page between marker comments."""

import os

from . import checkpointing, data, distributed, svg, transfer
from .training import spread

NAMES = {"dense": "dense", "fish": "FISH", "random": "random", "bitfit": "BitFit"}


def label(method, ratio):
    """The name of a method in tables and plots."""
    return NAMES[method] + (f" {100 * ratio:g}%" if ratio else "")


def pick(records, **wanted):
    """The records with these values."""
    return [record for record in records if all(record.get(key) == value for key, value in wanted.items())]


def of(records, value):
    """The spread of a figure over records; ``None`` without any."""
    return spread([value(record) for record in records]) if records else None


def percent(found):
    """Mean and spread of accuracies, in percent."""
    return f"{found['mean']:.1f} ({found['min']:.1f}–{found['max']:.1f})" if found else "–"


def number(found):
    """A mean with thousands separated."""
    return f"{found['mean']:,.0f}" if found else "–"


def table(head, rows):
    """A Markdown table; the first column is text."""
    line = "|" + "---|" + "---:|" * (len(head) - 1)
    return "\n".join(["| " + " | ".join(head) + " |", line, *("| " + " | ".join(row) + " |" for row in rows)])


def transfer_tables(records):
    """Accuracy by task and method, and the size of a checkpoint by method."""
    runs = pick(records, kind="a")
    rows = []
    for task in data.TASKS:
        of_task = pick(runs, task=task)
        cells = [percent(of(pick(of_task, method=method, ratio=ratio), lambda run: run["accuracy"])) for method, ratio in transfer.METHODS]
        rows.append([task, percent(of(of_task[::len(transfer.METHODS)], lambda run: run["before"])), *cells])
    mean = [percent(of(pick(runs, method=method, ratio=ratio), lambda run: run["accuracy"])) for method, ratio in transfer.METHODS]
    rows.append(["all (spread over tasks too)", "", *mean])
    accuracy = table(["task", "before", *(label(*method) for method in transfer.METHODS)], rows)
    costs = []
    for method, ratio in transfer.METHODS:
        same = [run for run in pick(runs, method=method, ratio=ratio) if run["task"] != "groups"]  # it has another head
        if same:
            costs.append([
                label(method, ratio), number(of(same, lambda run: run["trained"])),
                number(of(same, lambda run: run["cost"]["perCheckpoint"])),
                number(of(same, lambda run: run["cost"]["state"])),
                f"{of(same, lambda run: run['cost']['logical'] / run['cost']['weights'])['mean']:.1f}×"])
    cost = table(["method", "trained", "stored B / checkpoint", "trainer state B / task", "full / stored"], costs)
    return {"a-accuracy": accuracy, "a-cost": cost}


def transfer_plots(records):
    """The same as plots."""
    runs, methods = pick(records, kind="a"), {label(*method): method for method in transfer.METHODS}
    series = {name: [of(pick(runs, task=task, method=method, ratio=ratio), lambda run: run["accuracy"]) for task in data.TASKS]
              for name, (method, ratio) in methods.items()}
    stored = {name: [of(pick(runs, task=task, method=method, ratio=ratio), lambda run: run["cost"]["perCheckpoint"]) for task in data.TASKS]
              for name, (method, ratio) in methods.items()}
    return {"transfer-accuracy": svg.plot("Transfer: accuracy by task", "task", "test accuracy, %", data.TASKS, series),
            "transfer-bytes": svg.plot("Transfer: stored bytes per checkpoint", "task", "bytes (logarithmic)", data.TASKS, stored,
                log=True)}


def distributed_tables(records):
    """Accuracy and traffic by number of workers and mode."""
    rows = []
    for workers in (2, 4):
        for mode in distributed.MODES:
            runs = pick(records, kind="b", workers=workers, mode=mode)
            if runs:
                def mean_of(key, first, runs=runs):
                    return number(of([value for run in runs for round_ in (run["rounds"][:1] if first else run["rounds"][1:])
                                      for value in (round_[key] if isinstance(round_[key], list) else [round_[key]])], float))
                rows.append(
                    [f"{workers} workers, {mode}", str(len(runs)), number(of(runs, lambda run: sum(run["trained"]) / len(run["trained"]))),
                             percent(of(runs, lambda run: run["rounds"][0]["accuracy"])), percent(of(runs, lambda run: run["accuracy"])),
                             mean_of("up", True), mean_of("up", False), mean_of("down", False), mean_of("framesDown", False)])
    return {"b": table(
        ["", "seeds", "trained / worker", "accuracy, round 1", "accuracy, last round", "up B, round 1", "up B, later", "down B, later",
                        "the same as frames, B"], rows)}


def distributed_plots(records):
    """Accuracy by round, and bytes by mode."""
    runs, series, traffic = pick(records, kind="b"), {}, {}
    rounds = max(len(run["rounds"]) for run in runs)
    for workers in (2, 4):
        for mode in distributed.MODES:
            same = pick(runs, workers=workers, mode=mode)
            if same:
                series[f"{workers} workers, {mode}"] = [of(same, lambda run, i=index: run["rounds"][i]["accuracy"])
                    for index in range(rounds)]
                traffic[f"{workers} workers, {mode}"] = [
                    of(same, lambda run, key=key: sum(run["rounds"][-1][key]) / len(run["rounds"][-1][key])) for key in ("up", "down")]
    plots = {
        "distributed-accuracy": svg.plot("Distributed: merged accuracy by round", "round", "test accuracy, %", range(1, rounds + 1), series,
            lines=True)}
    if rounds > 1:
        plots["distributed-bytes"] = svg.plot(
            "Distributed: bytes per worker in the last round", "direction", "bytes of bodies (logarithmic)", ("up",
                "down"), traffic, log=True)
    return plots


def every_name(every):
    """How often the mask is recomputed, as text."""
    return f"every {every}" if every else "fixed"


def checkpointing_tables(records):
    """Accuracy and bytes by method and ratio, with the mask recomputed each epoch and with a fixed mask; the plots have all."""
    rows = []
    for ratio in (*checkpointing.RATIOS, None):
        for method in ("fish", "random") if ratio else ("dense",):
            for every in (checkpointing.EVERY[0], 0) if ratio else (0,):
                runs = pick(records, kind="c", ratio=ratio, method=method, every=every)
                if runs:
                    rows.append([
                        label(method, ratio) + (f", {every_name(every)}" if ratio else ""), percent(of(runs, lambda run: run["accuracy"])),
                        number(of(runs, lambda run: run["cost"]["changed"][-1])), number(
                            of(runs, lambda run: run["cost"]["perCheckpoint"])),
                        number(of(runs, lambda run: run["cost"]["positions"] / run["cost"]["checkpoints"])),
                        f"{of(runs, lambda run: run['cost']['logical'] / run['cost']['weights'])['mean']:.1f}×"])
    return {"c": table(["", "accuracy", "values in the last delta", "stored B / checkpoint", "of these positions", "full / stored"], rows)}


def checkpointing_plots(records):
    """Accuracy and bytes over the mask interval."""
    names = [every_name(every) + (" epochs" if every > 1 else " epoch" if every else "") for every in checkpointing.EVERY]
    runs, series, stored = pick(records, kind="c"), {}, {}
    for ratio in checkpointing.RATIOS:
        for method in ("fish", "random"):
            found = [pick(runs, ratio=ratio, method=method, every=every) for every in checkpointing.EVERY]
            if any(found):
                series[label(method, ratio)] = [of(part, lambda run: run["accuracy"]) for part in found]
                stored[label(method, ratio)] = [of(part, lambda run: run["cost"]["perCheckpoint"]) for part in found]
    dense = pick(runs, method="dense")
    if dense:
        series["dense"] = [of(dense, lambda run: run["accuracy"])] * len(names)
        stored["dense"] = [of(dense, lambda run: run["cost"]["perCheckpoint"])] * len(names)
    return {"checkpointing-accuracy": svg.plot("From scratch: accuracy", "the mask is recomputed", "test accuracy, %", names, series),
            "checkpointing-bytes": svg.plot("From scratch: stored bytes per checkpoint", "the mask is recomputed", "bytes (logarithmic)",
                names, stored, log=True)}


def setup_table(result):
    """The numbers of the run."""
    sizes, records = result["sizes"], result["records"]
    bases = of(pick(records, kind="base"), lambda run: run["accuracy"])
    runs = [record for record in records if "same" in record]
    compared = sum(record.get("compared", 1) for record in runs)
    same = sum(record.get("compared", 1) for record in runs if record["same"])
    rows = [[key.replace("_", " "), f"{value:,}"] for key, value in sizes.items()]
    rows += [["accuracy of the bases on the plain task, %", percent(bases)], ["runs", f"{len(runs)}"],
             ["last checkpoints rebuilt by the server and compared", f"{compared}"], ["of them equal bit for bit", f"{same}"],
             ["seconds in total", f"{result['seconds']:.0f}"]]
    if result["left_out"]:
        rows.append(["jobs skipped at the time limit", f"{result['left_out']}"])
    return {"setup": table(["", ""], rows)}


SECTIONS = {"a": (transfer_tables, transfer_plots), "b": (distributed_tables, distributed_plots),
    "c": (checkpointing_tables, checkpointing_plots)}


def write(result, page, folder):
    """Writes the plots, and fills the tables of all experiments with records into the page."""
    tables = setup_table(result)
    for kind, (make_tables, make_plots) in SECTIONS.items():
        if pick(result["records"], kind=kind):
            tables.update(make_tables(result["records"]))
            for name, content in make_plots(result["records"]).items():
                with open(os.path.join(folder, name + ".svg"), "w", encoding="utf-8") as file:
                    file.write(content)
    if page is None:
        print("\n\n".join(f"{name}\n{text}" for name, text in tables.items()))
        return
    with open(page, encoding="utf-8") as file:
        content = file.read()
    for name, text in tables.items():
        content = filled(content, name, text)
    with open(page, "w", encoding="utf-8") as file:
        file.write(content)


def filled(page, name, text):
    """A page with a new text between the markers of a name; a page without these markers is unchanged."""
    begin, end = f"<!-- {name} -->", f"<!-- /{name} -->"
    if begin not in page or end not in page:
        return page
    before, rest = page.split(begin, 1)
    return f"{before}{begin}\n{text}\n{end}{rest.split(end, 1)[1]}"
