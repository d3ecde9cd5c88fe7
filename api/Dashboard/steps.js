// A task's checkpoints, page by page, latest first; never all at once.

import { get, taskPath } from './api.js';
import { fill, h, problem, say } from './dom.js';
import { bytes, count, number, time } from './format.js';
import { cell, frame } from './table.js';
import { marks } from './task.js';

const [pageSize, maxRows] = [100, 1000];

export function steps(body, signal, name, info) {
  const chosen = new Set();
  const rows = h('tbody');
  const more = h('button', { type: 'button', onclick: () => load() }, 'Load older checkpoints');
  const compare = h('button', { type: 'button', class: 'main', disabled: true, onclick: () => open() }, 'Compare');
  const picked = h('span', { role: 'status' }, 'Tick two checkpoints.');
  const to = h('input', { id: 'step', inputmode: 'numeric', pattern: '[0-9]*', size: '10' });
  let next = null;

  function choose(step, on) {
    on ? chosen.add(step) : chosen.delete(step);
    // The third choice replaces the first.
    if (chosen.size > 2) {
      const first = chosen.values().next().value;
      chosen.delete(first);
      rows.querySelector(`input[value="${first}"]`)?.click();
    }
    const [from, till] = [...chosen].sort((a, b) => a - b);
    compare.disabled = chosen.size !== 2;
    picked.textContent = chosen.size === 2 ? `From step ${count(from)} to ${count(till)}` : chosen.size === 1 ? `Step ${count(from)}, and?`
      : 'Tick two checkpoints.';
  }

  function open() {
    const [from, till] = [...chosen].sort((a, b) => a - b);
    location.hash = `#/task/${encodeURIComponent(name)}/compare/${from}/${till}`;
  }

  const link = (item, from, text, title) =>
    h('a', { href: `#/task/${encodeURIComponent(name)}/compare/${encodeURIComponent(from)}/${item.step}`, title }, text);
  const columns = [
    { name: 'Step', numeric: true, show: item => count(item.step) },
    { name: 'Compare', show: item =>
      h('input',
        { type: 'checkbox', value: item.step, 'aria-label': `Compare step ${item.step}`, onchange: event =>
          choose(item.step, event.target.checked) }) },
    { name: 'Marks', show: item => marks(item, info) },
    { name: 'Saved', show: item => time(item.created) },
    { name: 'Metrics', show: item =>
      Object.entries(item.metrics).slice(0, 6).map(([metric, value]) => `${metric} ${number(value)}`).join(', ') },
    { name: 'Parent', show: item => link(item, item.parent, item.parent, `What changed since ${item.parent}`) },
    { name: 'Chain', numeric: true, show: item => count(item.depth) },
    { name: 'Changed', numeric: true, show: item => count(item.changed) },
    { name: 'Stored', numeric: true, show: item => bytes(item.storedBytes) },
    { name: 'Reads', numeric: true, show: item => bytes(item.chainBytes) },
  ];

  async function load() {
    more.disabled = true;
    try {
      const page = await get(taskPath(name, `/checkpoints?limit=${pageSize}&order=descending${next ? `&after=${next}` : ''}`), signal);
      // Rows far above are removed, so that later pages render as fast as the first.
      if (rows.children.length + page.items.length > maxRows) rows.replaceChildren();
      rows.append(...page.items.map(item => h('tr', {}, columns.map((column, index) => cell(column, item, index)))));
      next = page.next;
      more.hidden = next === null;
      if (page.items.length) say(`${page.items.length} checkpoints, down to step ${page.items.at(-1).step}.`);
    } catch (error) {
      if (error.name !== 'AbortError') more.before(problem(error, event => { event.target.closest('.problem').remove(); load(); }));
    } finally {
      more.disabled = false;
    }
  }

  function jump(event) {
    event.preventDefault();
    if (!/^[0-9]{1,18}$/.test(to.value.trim())) return;
    next = String(BigInt(to.value.trim()) + 1n);
    rows.replaceChildren();
    load();
  }

  fill(body, signal, async () => {
    await load();
    if (rows.children.length === 0) return body.querySelector('.problem') ?? h('p', { class: 'note' }, 'There are none yet.');
    const headings = columns.map(column => h('th', { scope: 'col', class: column.numeric ? 'number' : null }, column.name));
    return [
      h('div', { class: 'controls stay' }, compare, picked, info.checkpoints > pageSize
        ? h('form', { onsubmit: jump }, h('label', { for: 'step' }, 'From step '), to, h('button', { type: 'submit' }, 'Go')) : null),
      frame('Checkpoints', headings, rows), h('p', { class: 'more' }, more),
    ];
  });
}
