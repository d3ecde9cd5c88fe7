// A heat map: rows are kinds of tensors, columns are the depth in the model. It is a table, so that it is readable without colors.

import { h } from './dom.js';
import { count, number, percent } from './format.js';

/** The figures of a map: name, value and format. */
export const measures = {
  density: { name: 'Density', of: cell => cell.density, show: percent, long: 'share of values that changed' },
  rms: { name: 'Update (RMS)', of: cell => cell.rms, show: number, long: 'root mean square of the change, over all values' },
  relative: { name: 'Update, relative', of: cell => cell.relative, show: percent,
    long: 'size of the change relative to the old values, of changed values' },
  mean: { name: 'Update (mean)', of: cell => cell.mean, show: number, long: 'mean change of changed values' },
  max: { name: 'Update (largest)', of: cell => cell.max, show: number, long: 'largest change of a value' },
};

/** Draws one stack's grid. Arrow keys move between cells; the text below describes the cell under the pointer or the focus. */
export function heat(stack, measure, scale) {
  const readout = h('p', { class: 'readout', role: 'status' }, 'Point at a cell, or move between cells with the arrow keys.');
  const few = stack.depths.length <= 12;
  const body = h('tbody', {}, stack.rows.map(row => h('tr', {}, h('th', { scope: 'row' }, row.kind), stack.depths.map(depth => {
    const cell = row.cells.get(depth);
    if (!cell) return h('td', { class: 'none' });
    const value = measure.of(cell);
    // The square root makes small values visible beside large ones.
    const share = scale > 0 ? Math.sqrt(value / scale) : 0;
    const element = h('td', { class: `heat${share >= 0.475 ? ' warm' : ''}${share >= 0.72 ? ' hot' : ''}`, tabindex: '-1' },
      few ? measure.show(value) : h('span', { class: 'unseen' }, measure.show(value)));
    element.style.setProperty('--heat', `${(share * 100).toFixed(1)}%`);
    const describe = () => { readout.textContent = sentence(stack, row.kind, depth, cell); };
    element.addEventListener('pointerenter', describe);
    element.addEventListener('focus', describe);
    return element;
  }))));
  const table = h('table', { class: few ? 'map' : 'map dense' }, h('caption', {}, stack.name || 'of no block'),
    h('thead', {}, h('tr', {}, h('th', { scope: 'col' }, 'Tensor'), stack.depths.map(depth => h('th', { scope: 'col' }, depth)))), body);
  rove(body);
  return h('div', { class: 'stack' }, h('div', { class: 'scroll' }, table), readout);
}

function sentence(stack, kind, depth, cell) {
  const many = cell.tensors > 1 ? `, ${count(cell.tensors)} tensors` : '';
  const name = [stack.name, depth, kind].filter(word => word !== '').join('.');
  const changed = `${count(cell.changed)} of ${count(cell.elements)} values changed (${percent(cell.density)})`;
  const sizes = `RMS ${number(cell.rms)}, mean ${number(cell.mean)}, largest ${number(cell.max)}, relative ${percent(cell.relative)}`;
  return `${name}${many}: ${changed}; ${sizes}.`;
}

// One tab stop for the whole grid.
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

/** The legend of the colors. */
export const legend = (measure, scale) =>
  h('p', { class: 'scale' }, `${measure.name}: 0`, h('span', { class: 'ramp', 'aria-hidden': 'true' }), measure.show(scale),
    h('small', {}, measure.long));
