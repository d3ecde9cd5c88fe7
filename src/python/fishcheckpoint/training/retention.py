"""Which checkpoints a policy deletes."""

from typing import Any, Dict, Iterable, List, Mapping, Optional, Set


def let_go(checkpoints: Iterable[Mapping[str, Any]], policy: Optional[Mapping[str, Any]], needed: Iterable[int] = ()) -> List[int]:
    """The steps to delete. The latest, the best, tagged and ``needed`` ones are always kept.

    :param checkpoints: the server's list.
    :param policy: ``{keepLast, keepEvery, keepBest, monitor, mode}``; without a rule, all are kept.
    """
    found = sorted(checkpoints, key=lambda checkpoint: checkpoint["step"])
    if policy is None or all(policy.get(key) is None for key in ("keepLast", "keepEvery", "keepBest")):
        return []
    steps = [checkpoint["step"] for checkpoint in found]
    kept: Set[int] = {*needed, *steps[-(policy.get("keepLast") or 1):], *_best(found, policy)}
    kept.update(checkpoint["step"] for checkpoint in found if checkpoint.get("tags"))
    if policy.get("keepEvery"):
        kept.update(step for step in steps if step % policy["keepEvery"] == 0)
    return [step for step in steps if step not in kept]


def _best(checkpoints: List[Mapping[str, Any]], policy: Mapping[str, Any]) -> List[int]:
    monitor = policy.get("monitor")
    scores: Dict[int, float] = {}
    for checkpoint in checkpoints:
        score = float((checkpoint.get("metrics") or {}).get(monitor, "nan"))
        if score == score:
            scores[checkpoint["step"]] = -score if policy.get("mode") == "max" else score
    return sorted(scores, key=lambda step: (scores[step], step))[:policy.get("keepBest") or 1]
