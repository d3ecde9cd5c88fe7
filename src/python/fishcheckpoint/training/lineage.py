"""The parents of saves.

While one mask is used, all saves have the same anchor as their parent: the task's start (its base, or another task's checkpoint), or the
step at which the mask changed. So a skipped or failed save does not affect others. If an anchor is not stored (yet), the next save is based
on the anchor before it, and includes the positions trained since then.
"""

import threading
from typing import List, Mapping, NamedTuple, Optional, Sequence, Tuple

import torch

from .cover import Cover


class Link(NamedTuple):
    """An anchor, and the positions trained after it."""

    anchor: Optional[int]
    """A step of the task, or ``None`` for its start."""
    cover: Cover


class Plan(NamedTuple):
    """The positions of a capture, and its possible links: it uses the last one whose anchor is stored."""

    links: Tuple[Link, ...]
    cover: Cover
    generation: int


class Lineage:
    """The links of a run. Safe for use by the training thread and the saver."""

    def __init__(self, cover: Cover, anchor: Optional[int] = None) -> None:
        self._lock = threading.Lock()
        self._links: List[Link] = [Link(anchor, cover)]
        self._stored = {anchor}
        self._union_of: Tuple[Tuple[Link, ...], Optional[Cover]] = ((), None)
        self._generation = 0
        self._widened: Mapping[str, torch.Tensor] = {}
        self._newest: Optional[int] = None

    def plan(self) -> Plan:
        """The plan of the next capture."""
        with self._lock:
            return Plan(tuple(self._links), self._union(self._links), self._generation)

    def anchor_at(self, step: int, cover: Cover) -> None:
        """Makes a step, which is still being saved, the anchor of later saves, with another cover."""
        with self._lock:
            self._links.append(Link(step, Cover.of(cover, self._widened) if self._widened else cover))
            self._confirm(self._newest)

    def widen(self, extra: Mapping[str, torch.Tensor], plan: Plan) -> Plan:
        """Adds positions to all later captures and returns a plan with them; earlier captures become incomplete."""
        with self._lock:
            self._widened = Cover.of(self._widened, extra)
            self._links = [Link(link.anchor, Cover.of(link.cover, extra)) for link in self._links]
            self._generation += 1
        return self.renewed(plan)

    def renewed(self, plan: Plan) -> Plan:
        """A plan with all later additions; the capture must be repeated."""
        with self._lock:
            links = tuple(Link(link.anchor, Cover.of(link.cover, self._widened)) for link in plan.links)
            return Plan(links, self._union(links), self._generation)

    def is_whole(self, plan: Plan) -> bool:
        """Whether a capture covers all known changes."""
        with self._lock:
            return plan.generation == self._generation

    def resolve(self, plan: Plan) -> Link:
        """The newest stored anchor of a plan, and the positions trained since then: all or some of the captured ones."""
        with self._lock:
            for index in reversed(range(len(plan.links))):
                if plan.links[index].anchor in self._stored:
                    return Link(plan.links[index].anchor, plan.cover if index == 0 else self._union(plan.links[index:]))
        raise AssertionError("the first link's anchor is stored")

    def stored(self, step: int) -> None:
        """Records a stored step; if it is or becomes an anchor, earlier links are dropped."""
        with self._lock:
            self._newest = step
            self._confirm(step)

    @property
    def anchors(self) -> List[int]:
        """The steps that saves are or may be based on: they must not be deleted."""
        with self._lock:
            return [link.anchor for link in self._links if link.anchor is not None]

    def _confirm(self, step: Optional[int]) -> None:
        if any(link.anchor == step for link in self._links[1:]):
            self._stored.add(step)
            while any(link.anchor in self._stored for link in self._links[1:]):
                self._links.pop(0)

    def _union(self, links: Sequence[Link]) -> Cover:
        if len(links) == 1:
            return links[0].cover
        known, cover = self._union_of
        if cover is None or len(known) != len(links) or any(one is not other for one, other in zip(known, links)):
            cover = Cover.of(*(link.cover for link in links))
            self._union_of = (tuple(links), cover)
        return cover
