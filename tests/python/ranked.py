"""A small run in two processes over gloo, started by torch.distributed.run: ranked.py FOLDER TASK LAST_STEP FILE [everywhere].

Each rank writes its weights to FILE.RANK, or the error that its hook was refused with.
"""

import sys

from support import torch
from trainee import make_net

from fishcheckpoint import FishError, FishHook, MaskedAdamW, masks
from fishcheckpoint.safetensors import save_file


def main(folder, task, last, file, everywhere=""):
    torch.distributed.init_process_group("gloo")
    rank = torch.distributed.get_rank()
    model = make_net()
    mask = masks.random(model, 0.4, seed=1)
    optimizer = MaskedAdamW(model, mask, lr=0.02)
    try:
        hook = FishHook(folder, task, model, optimizer=optimizer, base="base", save_every_steps=2) if rank == 0 or everywhere else None
    except FishError as error:
        with open(f"{file}.{rank}", "w", encoding="utf-8") as output:
            output.write(str(error))
        hook = None
    resumed = [hook.resume(), optimizer.state_dict()] if hook else [None, None]
    torch.distributed.broadcast_object_list(resumed)
    optimizer.load_state_dict(resumed[1])
    parallel = torch.nn.parallel.DistributedDataParallel(model)
    for step in range((resumed[0] or 0) + 1, int(last) + 1):
        generator = torch.Generator().manual_seed(step * 10 + rank)
        inputs, labels = torch.randn(8, 6, generator=generator), torch.randint(0, 3, (8,), generator=generator)
        torch.manual_seed(step)  # dropout
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(parallel(inputs), labels).backward()
        optimizer.step()
        if hook:
            hook.on_step(step)
    torch.distributed.barrier()
    if hook:
        hook.complete()
    if not everywhere:
        save_file(model.state_dict(), f"{file}.{rank}")
    torch.distributed.destroy_process_group()


if __name__ == "__main__":
    main(*sys.argv[1:])
