// Real tables with sort buttons in their headings.

import { h, say } from './dom.js';

const pageSize = 100;

/**
 * Creates a sortable table of loaded rows.
 * Columns: { name, value(row) to sort by, show(row) or the value, numeric, first: 'descending', fixed: not sortable }.
 * Shows 100 rows first, and more on demand.
 */
export function sortable(caption, columns, rows, { sort, direction = 'descending', rowName = 'row' } = {}) {
  const body = h('tbody');
  const more = h('button', { type: 'button', onclick: () => render(shown + pageSize) });
  const note = h('p', { class: 'more' }, more);
  let [sorted, by, order, shown] = [rows, columns.find(column => column.name === sort), direction, pageSize];
  const headings = columns.map(column => h('th', { scope: 'col', class: column.numeric ? 'number' : null },
    column.fixed ? column.name : h('button', { type: 'button', onclick: () => sortBy(column) }, column.name)));

  function sortBy(column) {
    order = column === by ? (order === 'ascending' ? 'descending' : 'ascending') : column.numeric ? 'descending' : 'ascending';
    by = column;
    arrange();
    say(`Sorted by ${column.name}, ${order}.`);
  }

  function arrange() {
    headings.forEach((heading, index) => columns[index] === by ? heading.setAttribute('aria-sort', order)
      : heading.removeAttribute('aria-sort'));
    sorted = by ? [...rows].sort(comparer(by, order)) : rows;
    render(shown);
  }

  function render(most) {
    shown = most;
    body.replaceChildren(...sorted.slice(0, shown).map(row => h('tr', {}, columns.map((column, index) => cell(column, row, index)))));
    note.hidden = sorted.length <= shown;
    more.textContent = `Show ${Math.min(pageSize, sorted.length - shown)} more of ${sorted.length.toLocaleString('en-US')} ${rowName}s`;
  }

  arrange();
  return [frame(caption, headings, body), note];
}

/** A table's frame, which scrolls horizontally on a narrow page. */
export const frame = (caption, headings, body) => h('div', { class: 'scroll', tabindex: '0', role: 'region', 'aria-label': caption },
  h('table', {}, h('caption', { class: 'unseen' }, caption), h('thead', {}, h('tr', {}, headings)), body));

/** One cell; the first cell of a row is its heading. */
export function cell(column, row, index) {
  const value = column.show ? column.show(row) : column.value(row);
  return h(index === 0 ? 'th' : 'td', { class: column.numeric ? 'number' : null, scope: index === 0 ? 'row' : null }, value ?? '–');
}

// Unknown values come last in both directions.
function comparer(column, order) {
  const sign = order === 'ascending' ? 1 : -1;
  return (left, right) => {
    const [a, b] = [column.value(left), column.value(right)];
    const [noA, noB] = [a === null || a === undefined, b === null || b === undefined];
    if (noA || noB) return noA - noB;
    return sign * (typeof a === 'string' ? a.localeCompare(b, 'en', { numeric: true }) : a - b);
  };
}
