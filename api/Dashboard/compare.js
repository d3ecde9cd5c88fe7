// The changes between two states of a task: over the depth of the model, and per tensor.

import { get, stepPath, taskPath } from './api.js';
import { figures, fill, h, part } from './dom.js';
import { count, number, percent } from './format.js';
import { heat, legend, measures } from './heat.js';
import { grids as place, sum } from './model.js';
import { sortable } from './table.js';

const maxRows = 1000;

export function compare(main, signal, name, from, to) {
  const address = `#/task/${encodeURIComponent(name)}`;
  main.append(h('p', { class: 'up' }, h('a', { href: '#/' }, 'Overview'), ' / ', h('a', { href: address }, name)),
    h('h1', {}, 'What changed'), choice(address, from, to, name, signal));
  if (!from) return;
  const report = get(stepPath(name, to, `/diff?from=${encodeURIComponent(from)}`), signal);
  report.catch(() => {});
  const head = h('div', { class: 'head' });
  main.append(head);
  fill(head, signal, async () => {
    const found = await report;
    if (!main.querySelector('section')) rest(main, found);
    return summary(found);
  }, 'Comparing: reading the blocks that may differ…');
}

// Any step, word or tag; or another task's on the same base as TASK:STEP. Known ones are suggested.
function choice(address, from, to, name, signal) {
  const known = h('datalist', { id: 'known' }, ['base', 'latest', 'best'].map(word => h('option', { value: word })));
  const field = (id, value) =>
    h('input', { id, value: value ?? '', list: 'known', required: true, size: '14', autocomplete: 'off', spellcheck: 'false' });
  const [first, second] = [field('from', from ?? 'base'), field('to', to ?? 'latest')];
  const go = event => {
    event.preventDefault();
    location.hash = `${address}/compare/${encodeURIComponent(first.value.trim())}/${encodeURIComponent(second.value.trim())}`;
  };
  get(taskPath(name, '/reports/timeline?points=100'), signal).then(
    timeline =>
      known.append(...timeline.points.flatMap(point => [String(point.step), ...point.tags]).map(word => h('option', { value: word }))), (
        ) => {});
  return h('form', { class: 'controls', onsubmit: go }, h('label', { for: 'from' }, 'From '), first, h('label', { for: 'to' }, ' to '),
    second, known,
    h('button', { type: 'submit', class: 'main' }, 'Compare'));
}

function summary(report) {
  const from = report.from === 'base' ? 'the base' : report.from.includes(':') ? report.from : `step ${count(Number(report.from))}`;
  return [
    h('p', { class: 'lead' }, `From ${from} to step ${count(report.to)}, `, h('b', {}, count(report.changed)),
      ` of ${count(report.elements)} values changed: `, h('b', {}, percent(report.density)), '.'),
    figures(
      ['Tensors changed', count(report.tensors.filter(tensor => tensor.changed).length), `of ${count(report.tensorCount)}`],
      ['Update, relative', percent(report.magnitude.relative), 'relative to the old values, of changed values'],
      ['Update (RMS)', number(report.magnitude.rms), 'over all values'],
      ['Largest', number(report.magnitude.max), 'change of one value'],
      report.magnitude.notFinite ? ['Not finite', count(report.magnitude.notFinite), 'values, before or after'] : null),
  ];
}

function rest(main, report) {
  const { stacks, others } = place(report.tensors);
  if (stacks.length) maps(part(main, 'Over the depth of the model'), stacks, others);
  const changed = report.tensors.filter(tensor => tensor.changed).sort((a, b) => (b.magnitude?.l2 ?? 0) - (a.magnitude?.l2 ?? 0));
  const table = part(main, 'Tensor by tensor', changed.length > maxRows
    ? `The ${count(maxRows)} largest changes of ${count(changed.length)}.` : null);
  table.append(...changed.length ? sortable('Tensors', columns, changed.slice(0, maxRows), { sort: 'L2', rowName: 'tensor' })
    : [h('p', { class: 'note' }, 'No changes: the two are identical bit for bit.')]);
  const same = report.tensors.length - changed.length;
  if (same && changed.length) table.append(h('p', { class: 'note' }, `${count(same)} tensors did not change.`));
}

const maxListed = 40;

function maps(body, stacks, others) {
  const beside = others.length && others.length <= maxListed ? [{
    name: '', depths: [''], rows: others.map(tensor => ({ kind: tensor.name, cells: new Map([['', sum([tensor])]]) })),
  }] : [];
  const grids = [...stacks, ...beside];
  const target = h('div');
  const pick = h('select', { id: 'measure', onchange: () => draw() },
    Object.entries(measures).map(([key, measure]) => h('option', { value: key }, measure.name)));
  function draw() {
    const measure = measures[pick.value];
    // One color scale for all stacks, so that they can be compared.
    const scale = Math.max(0, ...grids.flatMap(stack => stack.rows.flatMap(row => [...row.cells.values()].map(measure.of))));
    target.replaceChildren(legend(measure, scale), ...grids.map(stack => heat(stack, measure, scale)));
  }
  body.append(h('p', { class: 'controls' }, h('label', { for: 'measure' }, 'Color by '), pick), target);
  if (others.length > maxListed) body.append(
    h('p', { class: 'note' }, `${count(others.length)} tensors belong to no block; see the table.`));
  draw();
}

const figure = (name, read, show = number) => ({ name, numeric: true, value: read, show: tensor => show(read(tensor) ?? null) });

const columns = [
  { name: 'Tensor', value: tensor => tensor.name },
  { name: 'Type', value: tensor => tensor.dtype, show: tensor => `${tensor.dtype} ${tensor.shape.join('×')}` },
  figure('Changed', tensor => tensor.changed, count),
  figure('Density', tensor => tensor.density, percent),
  figure('L2', tensor => tensor.magnitude?.l2),
  figure('RMS', tensor => tensor.magnitude?.rms),
  figure('Mean', tensor => tensor.magnitude?.mean),
  figure('Largest', tensor => tensor.magnitude?.max),
  figure('Relative', tensor => tensor.magnitude?.relative, value => value === null ? '–' : percent(value)),
];
