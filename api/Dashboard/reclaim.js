// Shows what can be deleted, and how. The dashboard itself deletes nothing.

import { get, post } from './api.js';
import { figures, fill, h, part } from './dom.js';
import { bytes, count, many, time } from './format.js';
import { sortable } from './table.js';

export function reclaim(main, signal) {
  main.append(h('h1', {}, 'What can be deleted'));
  const head = h('div', { class: 'head' });
  main.append(head);
  fill(head, signal, async () => now(await get('v1/reports/storage', signal)));
  trial(part(main, 'Try garbage collection',
    'A dry run: it lists the checkpoints that no retention rule keeps and the bytes to free, and changes nothing. It may be slow.'),
    signal);
  const rules = part(main, 'Tasks without a rule');
  fill(rules, signal, async () => unruled((await get('v1/tasks?limit=1000', signal)).items));
}

function now(report) {
  return [
    h('p', { class: 'lead' }, h('b', {}, bytes(report.disk.reclaimable + report.disk.freePages)), ' can be freed now.'),
    figures(
      ['Deleted, still needed', bytes(report.disk.reclaimable), 'by checkpoints that depend on them'],
      ['Deleted, can be restored', bytes(report.grace.bytes), report.grace.next ? `the first until ${time(report.grace.next)} UTC`
        : 'nothing'],
      ['Unused pages', bytes(report.disk.freePages), 'of the database'],
      ['On disk', bytes(report.disk.database + report.disk.wal), 'database and log']),
  ];
}

function trial(body, signal) {
  const target = h('div', { 'aria-live': 'polite' });
  const [run, stop] = [h('button', { type: 'button', class: 'main', onclick: () => go() }, 'Start the dry run'),
    h('button', { type: 'button', hidden: true }, 'Cancel')];
  const clock = h('span', { class: 'note' });
  body.append(h('p', { class: 'controls' }, run, stop, clock), target);

  async function go() {
    const ending = new AbortController();
    const both = AbortSignal.any([signal, ending.signal]);
    const begun = performance.now();
    const ticking = setInterval(
      () => { clock.textContent = `${Math.round((performance.now() - begun) / 1000)} s; the server checks every checkpoint.`; }, 500);
    [run.disabled, stop.hidden, stop.onclick] = [true, false, () => ending.abort()];
    await fill(target, both, async () => result(await post('v1/gc?dryRun=true&maxTime=60', both)), 'Checking…');
    clearInterval(ticking);
    [run.disabled, stop.hidden, clock.textContent] = [false, true, ''];
    if (ending.signal.aborted) target.replaceChildren(h('p', { class: 'note' }, 'Canceled. Nothing was changed.'));
  }
}

function result(found) {
  const columns = [
    { name: 'Checkpoint', value: item => `${item.task}/${item.step}`, show: item =>
      h('a', { href: `#/task/${encodeURIComponent(item.task)}` }, `${item.task}/${item.step}`) },
    { name: 'Takes', numeric: true, value: item => item.bytes, show: item => bytes(item.bytes) },
    { name: 'Why it can be deleted', value: item => item.why },
    { name: 'Depend on it', numeric: true, value: item => item.neededBy.length, show: item => count(item.neededBy.length) },
  ];
  const late = found.finished ? '' : ', or because the time limit was reached';
  return [
    h('p', { class: 'answer' }, found.deleted || found.freedBytes || found.returnedBytes
      ? [`${many(found.deleted, 'checkpoint')} would be deleted; `, h('b', {}, bytes(found.freedBytes)), ' would be freed, and ',
        h('b', {}, bytes(Math.max(0, found.returnedBytes))), ' are free already.']
      : 'Nothing would be deleted: a rule keeps every checkpoint, or its task has no rule.'),
    found.heldBytes
      ? h('p', { class: 'note' },
        `${bytes(found.heldBytes)} of deleted checkpoints would stay because others depend on them${late}.`) : null,
    found.damaged.length ? h('p', { class: 'bad' }, `${many(found.damaged.length, 'item')} could not be read: see Health.`) : null,
    found.deleted || found.freedBytes || found.returnedBytes ? [h('p', {}, 'To delete them:'), command('fishckpt gc')] : null,
    found.checkpoints.length ? sortable('Checkpoints to delete', columns, found.checkpoints, { sort: 'Takes', rowName: 'checkpoint' })
      : null,
    found.deleted > found.checkpoints.length ? h('p', { class: 'note' }, `and ${count(found.deleted - found.checkpoints.length)} more`)
      : null,
  ];
}

function unruled(tasks) {
  const free = tasks.filter(({ retention, checkpoints }) => checkpoints
    && !(retention && (retention.keepLast || retention.keepEvery || retention.keepBest || retention.keepWithin)));
  if (free.length === 0) return h('p', { class: 'note' }, 'There are none: every task has a retention rule.');
  const [first] = free;
  return [
    h('p', {},
      `${many(free.length, 'task')} ${free.length === 1 ? 'keeps' : 'keep'} every checkpoint unless the server has a default rule: `,
      free.slice(0, 12).map((task, index) =>
        [index ? ', ' : '', h('a', { href: `#/task/${encodeURIComponent(task.name)}` }, task.name)]), free.length > 12 ? ', …' : '', '.'),
    rule(free), h('p', {},
      'To delete one checkpoint, or a whole task:'), command(`fishckpt rm ${first.name} STEP`), command(`fishckpt rm ${first.name} --all`),
  ];
}

// The command first reports what it deletes.
const rule = ([first]) => [
  h('p', {}, 'To keep the last ten and every thousandth:'), command(`fishckpt task set ${first.name} --keep-last 10 --keep-every 1000`)];

// The command line to type, for this server.
function command(line) {
  const whole = `${line} --server ${location.origin}${location.pathname.replace(/\/$/, '')}`;
  const code = h('code', {}, whole);
  const copy = h('button', {
    type: 'button', class: 'quiet', onclick: async () => {
      try {
        await navigator.clipboard.writeText(whole);
        copy.textContent = 'Copied';
      } catch {
        // Without TLS browsers give pages no clipboard: the line is selected for manual copying.
        getSelection().selectAllChildren(code);
      }
    },
  }, 'Copy');
  return h('p', { class: 'command' }, code, copy);
}
