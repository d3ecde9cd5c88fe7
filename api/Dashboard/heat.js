// A heat map: what kind of tensor down, how deep in the model across. A table, so that it reads without colours too.

import { h } from './dom.js';
import { count, number, percent } from './format.js';

/** The figures that a map can show: how one is named, read and written. */
export const measures = {
  density: { name: 'Density', of: cell => cell.density, show: percent, long: 'share of values that changed' },
  rms: { name: 'Update (RMS)', of: cell => cell.rms, show: number, long: 'root mean square of the change, over all values' },
  relative: { name: 'Update, relative', of: cell => cell.relative, show: percent, long: 'size of the change to the size of the old values, where they changed' },
  mean: { name: 'Update (mean)', of: cell => cell.mean, show: number, long: 'mean distance of the values that changed' },
  max: { name: 'Update (largest)', of: cell => cell.max, show: number, long: 'largest distance of a value' },
};

/** Draws one stack's grid. The arrow keys go from cell to cell; the figures of the one under the pointer or the focus are told below. */
export function heat(stack, measure, scale) {
  const told = h('p', { class: 'told', role: 'status' }, 'Point at a cell, or go through them with the arrow keys.');
  const few = stack.depths.length <= 12;
  const body = h('tbody', {}, stack.rows.map(row => h('tr', {}, h('th', { scope: 'row' }, row.kind), stack.depths.map(depth => {
    const cell = row.cells.get(depth);
    if (!cell) return h('td', { class: 'none' });
    const value = measure.of(cell);
    // The root brings out what is small beside what is large.
    const share = scale > 0 ? Math.sqrt(value / scale) : 0;
    const element = h('td', { class: `heat${share >= 0.475 ? ' warm' : ''}${share >= 0.72 ? ' hot' : ''}`, tabindex: '-1' },
      few ? measure.show(value) : h('span', { class: 'unseen' }, measure.show(value)));
    element.style.setProperty('--heat', `${(share * 100).toFixed(1)}%`);
    const tell = () => { told.textContent = sentence(stack, row.kind, depth, cell); };
    element.addEventListener('pointerenter', tell);
    element.addEventListener('focus', tell);
    return element;
  }))));
  const table = h('table', { class: few ? 'map' : 'map dense' }, h('caption', {}, stack.name || 'of no block'),
    h('thead', {}, h('tr', {}, h('th', { scope: 'col' }, 'Tensor'), stack.depths.map(depth => h('th', { scope: 'col' }, depth)))), body);
  rove(body);
  return h('div', { class: 'stack' }, h('div', { class: 'scroll' }, table), told);
}

function sentence(stack, kind, depth, cell) {
  const many = cell.tensors > 1 ? `, ${count(cell.tensors)} tensors` : '';
  return `${[stack.name, depth, kind].filter(word => word !== '').join('.')}${many}: ${count(cell.changed)} of ${count(cell.elements)} values changed (${percent(cell.density)}); RMS ${number(cell.rms)}, mean ${number(cell.mean)}, largest ${number(cell.max)}, relative ${percent(cell.relative)}.`;
}

// One stop of the tab key for the whole grid.
function rove(body) {
  const cells = () => [...body.rows].map(row => [...row.querySelectorAll('td')]);
  const first = body.querySelector('td.heat');
  if (first) first.tabIndex = 0;
  const moves = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };
  body.addEventListener('keydown', event => {
    const move = moves[event.key];
    if (!move) return;
    event.preventDefault();
    const grid = cells();
    let row = grid.findIndex(line => line.includes(event.target));
    let column = grid[row].indexOf(event.target);
    do {
      row += move[0];
      column += move[1];
    } while (grid[row]?.[column] && !grid[row][column].classList.contains('heat'));
    const next = grid[row]?.[column];
    if (!next) return;
    event.target.tabIndex = -1;
    next.tabIndex = 0;
    next.focus();
  });
}

/** What the colours mean. */
export const legend = (measure, scale) => h('p', { class: 'scale' }, `${measure.name}: 0`, h('span', { class: 'ramp', 'aria-hidden': 'true' }), measure.show(scale), h('small', {}, measure.long));
