// A tensor's place in its model, from its name: encoder.layer.3.attn.q.weight is attn.q.weight of block 3 of encoder.layer.

/** Parses a name into { stack, depth, kind }, or null if it belongs to no block. Further numbers, such as of experts, are merged. */
export function place(name) {
  const parts = name.split('.');
  const at = parts.findIndex(part => /^\d{1,5}$/.test(part));
  if (at < 1 || at === parts.length - 1) return null;
  return {
    stack: parts.slice(0, at).join('.'), depth: Number(parts[at]),
    kind: parts.slice(at + 1).map(part => /^\d+$/.test(part) ? '*' : part).join('.'),
  };
}

/** Arranges tensors as one grid per stack of at least two blocks, and a list of the others. */
export function grids(tensors) {
  const [stacks, others] = [new Map(), []];
  for (const tensor of tensors) {
    const where = place(tensor.name);
    if (!where) {
      others.push(tensor);
      continue;
    }
    const stack = entry(stacks, where.stack, () => ({ name: where.stack, depths: new Set(), kinds: new Map(), tensors: [] }));
    stack.depths.add(where.depth);
    stack.tensors.push(tensor);
    entry(entry(stack.kinds, where.kind, () => new Map()), where.depth, () => []).push(tensor);
  }
  const [deep, flat] = [[...stacks.values()].filter(stack => stack.depths.size > 1),
    [...stacks.values()].filter(stack => stack.depths.size === 1)];
  return {
    stacks: deep.map(stack => ({
      name: stack.name, depths: [...stack.depths].sort((a, b) => a - b),
      rows: [...stack.kinds].map(([kind, cells]) => ({ kind, cells: new Map([...cells].map(([depth, of]) => [depth, sum(of)])) })),
    })),
    others: [...others, ...flat.flatMap(stack => stack.tensors)],
  };
}

/** The totals of several tensors. */
export function sum(tensors) {
  const total = { tensors: tensors.length, elements: 0, changed: 0, squares: 0, old: 0, distance: 0, max: 0, notFinite: 0 };
  for (const { elements, changed, magnitude } of tensors) {
    total.elements += elements;
    total.changed += changed;
    if (!magnitude) continue;
    total.squares += magnitude.l2 ** 2;
    total.old += magnitude.relative > 0 ? (magnitude.l2 / magnitude.relative) ** 2 : 0;
    total.distance += magnitude.mean * (changed - magnitude.notFinite);
    total.max = Math.max(total.max, magnitude.max);
    total.notFinite += magnitude.notFinite;
  }
  const finite = total.changed - total.notFinite;
  return {
    tensors: total.tensors, elements: total.elements, changed: total.changed, density: total.elements ? total.changed / total.elements : 0,
    l2: Math.sqrt(total.squares), rms: total.elements ? Math.sqrt(total.squares / total.elements) : 0, mean: finite > 0
      ? total.distance / finite : 0,
    max: total.max, relative: total.old > 0 ? Math.sqrt(total.squares / total.old) : 0,
  };
}

function entry(map, key, make) {
  if (!map.has(key)) map.set(key, make());
  return map.get(key);
}
