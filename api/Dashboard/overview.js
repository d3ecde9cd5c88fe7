// What is stored, what it would be as full models, by task and over time; and the way to everything else.

import { each, get, taskPath } from './api.js';
import { chart } from './chart.js';
import { figures, fill, h, part } from './dom.js';
import { ago, bytes, count, many, number, percent, ratio, time } from './format.js';
import { readiness } from './health.js';
import { frame, sortable } from './table.js';

const most = 1000;

export function overview(main, signal) {
  const head = h('div', { class: 'head' });
  main.append(h('h1', {}, 'Storage'), head);
  const reading = read(signal);
  fill(head, signal, async () => headline(await reading));
  const tasks = part(main, 'Tasks', 'What each task costs. Stored bytes leave the shared base out; it is there once for all of them.');
  fill(tasks, signal, async () => table(await reading));
  growing(part(main, 'Over time'), signal, null);
  const two = h('div', { class: 'two' });
  main.append(two);
  const free = part(two, 'What can be reclaimed');
  fill(free, signal, async () => reclaimable(await reading));
  const state = part(two, 'Health');
  fill(state, signal, () => healthy(signal));
}

// Two requests, whatever the store holds. A key that is limited to tasks has no report of the whole: it is added up from those of its tasks.
async function read(signal) {
  const [whole, list] = await Promise.all([
    get('v1/reports/storage', signal).catch(error => error.code === 'KEY_FORBIDDEN' ? null : Promise.reject(error)),
    get(`v1/tasks?limit=${most}`, signal),
  ]);
  const known = new Map(list.items.map(item => [item.name, item]));
  if (whole) return { whole, rows: whole.tasks.map(report => ({ report, info: known.get(report.task) })) };
  const reports = await each(list.items.slice(0, 100), 4, item => get(taskPath(item.name, '/reports/storage'), signal));
  const rows = reports.filter(report => report).map(report => ({ report, info: known.get(report.task) }));
  const sum = pick => rows.reduce((total, row) => total + pick(row.report), 0);
  const [model, state, logical] = [sum(report => report.stored.model), sum(report => report.stored.state), sum(report => report.logicalBytes)];
  return {
    limited: true, rows, whole: {
      checkpoints: sum(report => report.checkpoints), logicalBytes: logical, stored: { model, state, total: model + state },
      ratio: model ? logical / model : 0,
      taskCount: rows.length, reclaimable: sum(report => report.reclaimable), disk: null,
    },
  };
}

function headline({ whole, limited }) {
  if (whole.checkpoints === 0) {
    return [h('p', { class: 'lead' }, 'Nothing is stored yet.'), h('p', {}, 'Add a base and save a checkpoint: ', h('code', {}, 'fishckpt base add NAME model.safetensors'), '.')];
  }
  return [
    h('p', { class: 'lead' }, `${many(whole.checkpoints, 'checkpoint')} of ${many(whole.taskCount, 'task')}: `,
      h('b', {}, bytes(whole.logicalBytes)), ' of models in ', h('b', {}, bytes(whole.stored.model)), '.'),
    bar(whole.logicalBytes, whole.stored.model),
    limited ? h('p', { class: 'note' }, 'The key reaches these tasks alone: the figures are theirs.') : null,
    figures(
      ['As full models', bytes(whole.logicalBytes), `${bytes(whole.logicalBytes / whole.checkpoints)} each`],
      ['Stored', bytes(whole.stored.model), `${bytes(whole.stored.model / whole.checkpoints)} each`],
      whole.stored.state ? ['Trainer states', bytes(whole.stored.state), 'beside the models'] : null,
      ['Ratio', ratio(whole.ratio), 'models to models'],
      whole.disk ? ['Bases', bytes(whole.disk.bases), 'once for all tasks'] : null,
      whole.disk ? ['On disk', bytes(whole.disk.bases + whole.disk.database + whole.disk.wal), 'with bases and log'] : null),
  ];
}

/** How little is stored of how much. */
export function bar(whole, piece) {
  const inner = h('span');
  inner.style.width = `${whole ? Math.min(100, Math.max(0.2, 100 * piece / whole)) : 0}%`;
  return h('div', { class: 'bar', role: 'img', 'aria-label': `Stored: ${percent(whole ? piece / whole : 0)} of the bytes of full models` }, inner);
}

/** How the store, or a task, has grown; by day, week or month. */
export function growing(body, signal, task) {
  const target = h('div');
  const pick = h('select', { id: 'bucket', onchange: () => draw() },
    ['day', 'week', 'month'].map(bucket => h('option', { value: bucket }, bucket)));
  body.append(h('p', { class: 'controls' }, h('label', { for: 'bucket' }, 'By '), pick), target);
  const draw = () => fill(target, signal, async () => {
    const of = task ? `&task=${encodeURIComponent(task)}` : '';
    let report;
    try {
      report = await get(`v1/reports/growth?bucket=${pick.value}${of}`, signal);
    } catch (error) {
      if (error.code === 'KEY_FORBIDDEN') return h('p', { class: 'note' }, 'How the whole store grows is told to keys that reach the whole store.');
      throw error;
    }
    return grown(report, signal);
  });
  draw();
}

function grown({ points: all, bucket }, signal) {
  // What was before the first save is not drawn, but for one point.
  const begun = all.findIndex(point => point.checkpointsAtEnd > 0);
  const points = all.slice(Math.max(0, Math.min(begun < 0 ? 0 : begun - 1, all.length - 8)));
  const latest = points[points.length - 1];
  const rows = [...points].reverse();
  return [
    chart(signal, {
      label: `Stored bytes at the end of each ${bucket}, ${points[0].from} to ${latest.from}: ${bytes(latest.storedBytesAtEnd)} at the end.`,
      axis: points.map(point => Date.parse(point.from) / 1000), time: true, show: value => bytes(value),
      lines: [{ name: 'Stored, with trainer states', values: points.map(point => point.storedBytesAtEnd), fill: true }],
    }),
    h('details', {}, h('summary', {}, 'As a table'), frame('Growth', ['From', 'Saved, less deleted', 'Checkpoints', 'As full models', 'Stored, with trainer states'].map(
      (name, index) => h('th', { scope: 'col', class: index ? 'number' : null }, name)),
    h('tbody', {}, rows.map(point => h('tr', {}, h('th', { scope: 'row' }, point.from),
      [count(point.checkpoints), count(point.checkpointsAtEnd), bytes(point.logicalBytesAtEnd), bytes(point.storedBytesAtEnd)].map(
        value => h('td', { class: 'number' }, value))))))),
  ];
}

function table({ rows, whole }) {
  if (rows.length === 0) return h('p', { class: 'note' }, 'There are no tasks yet.');
  const largest = Math.max(...rows.map(row => row.report.stored.model), 1);
  const columns = [
    { name: 'Task', value: row => row.report.task, show: row => h('a', { href: `#/task/${encodeURIComponent(row.report.task)}` }, row.report.task) },
    { name: 'Stored', numeric: true, value: row => row.report.stored.model, show: row => bytes(row.report.stored.model) },
    { name: 'Share', numeric: true, value: row => row.report.stored.model, show: row => share(row.report.stored.model, largest, whole.stored.model) },
    { name: 'Dense', numeric: true, value: row => row.report.logicalBytes, show: row => bytes(row.report.logicalBytes) },
    { name: 'Ratio', numeric: true, value: row => row.report.ratio, show: row => ratio(row.report.ratio) },
    { name: 'Checkpoints', numeric: true, value: row => row.report.checkpoints, show: row => count(row.report.checkpoints) },
    { name: 'Latest step', numeric: true, value: row => row.info?.latest, show: row => row.info?.latest === null || !row.info ? null : count(row.info.latest) },
    { name: 'Last save', numeric: true, value: row => row.info?.saved ? Date.parse(row.info.saved) : null, show: row => row.info?.saved
      ? h('time', { datetime: row.info.saved, title: `${time(row.info.saved)} UTC` }, ago(row.info.saved)) : null },
    { name: 'Best', value: row => row.info?.bestValue, numeric: true, show: row => best(row.info) },
  ];
  const found = h('div');
  const draw = word => found.replaceChildren(...sortable('Tasks', columns, rows.filter(row => row.report.task.includes(word)), { sort: 'Stored', rowName: 'task' }));
  draw('');
  const rest = whole.taskCount > rows.length ? h('p', { class: 'note' }, `The ${count(rows.length)} largest of ${many(whole.taskCount, 'task')} are listed.`) : null;
  return [
    rows.length > 8 ? h('p', { class: 'controls' }, h('label', { for: 'filter' }, 'Names with '), h('input', { id: 'filter', type: 'search', oninput: event => draw(event.target.value.trim()) })) : null,
    found, rest,
  ];
}

function share(stored, largest, whole) {
  const inner = h('span', { class: 'fill' });
  inner.style.width = `${100 * stored / largest}%`;
  return h('span', { class: 'share' }, percent(whole ? stored / whole : 0), h('span', { class: 'track', 'aria-hidden': 'true' }, inner));
}

function best(info) {
  if (!info || info.best === null || info.best === undefined) return null;
  return h('span', { title: `${info.retention.monitor}: ${info.retention.mode === 'max' ? 'greatest' : 'least'}` }, `${number(info.bestValue)} at ${count(info.best)}`);
}

function reclaimable({ whole }) {
  const { disk } = whole;
  return [
    figures(
      ['Held by deleted checkpoints', bytes(disk ? disk.reclaimable : whole.reclaimable)],
      disk ? ['Unused in the database', bytes(disk.freePages)] : null),
    h('p', {}, h('a', { href: '#/reclaim' }, 'See what a collection would delete and free')),
  ];
}

async function healthy(signal) {
  return [
    await readiness(signal),
    h('p', {}, h('a', { href: '#/health' }, 'Verification, damage and what the server counts')),
  ];
}
