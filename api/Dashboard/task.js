// One task: what it costs, its metrics along its steps, its checkpoints, and which two of them to compare.

import { get, taskPath } from './api.js';
import { chart } from './chart.js';
import { figures, fill, h, part } from './dom.js';
import { bytes, count, many, number, percent, ratio, time } from './format.js';
import { bar } from './overview.js';
import { steps } from './steps.js';

export function task(main, signal, name) {
  const head = h('div', { class: 'head' });
  main.append(h('p', { class: 'up' }, h('a', { href: '#/' }, 'Overview')), h('h1', {}, name), head);
  const [info, timeline] = [get(taskPath(name), signal), get(taskPath(name, '/reports/timeline'), signal)];
  timeline.catch(() => {});
  fill(head, signal, async () => {
    const [known, report] = await Promise.all([info, get(taskPath(name, '/reports/storage'), signal)]);
    rest(main, signal, name, known, timeline);
    return about(known, report);
  });
}

// Only once the task is known to be there: an unknown one is said once.
function rest(main, signal, name, info, timeline) {
  if (main.querySelector('section')) return;
  const metrics = part(main, 'Metrics');
  fill(metrics, signal, async () => metricsOf(name, signal, info, await timeline));
  const list = part(main, 'Checkpoints', 'The latest first. Tick two to see what changed between them.');
  steps(list, signal, name, info);
}

function about(info, report) {
  return [
    info.description ? h('p', { class: 'description' }, info.description) : null,
    report.checkpoints === 0 ? h('p', { class: 'lead' }, 'Nothing is saved yet.') : h('p', { class: 'lead' }, `${many(report.checkpoints, 'checkpoint')}: `,
      h('b', {}, bytes(report.logicalBytes)), ' of models in ', h('b', {}, bytes(report.stored.model)), '.'),
    bar(report.logicalBytes, report.stored.model),
    figures(
      ['Stored', bytes(report.stored.model), split(report.stored)],
      report.stored.state ? ['Trainer states', bytes(report.stored.state), 'beside the models'] : null,
      ['Ratio', ratio(report.ratio), `${number(report.bytesPerChangedValue)} bytes a value`],
      ['Density', percent(report.density), 'values stored, of all'],
      ['Chain', number(report.chains.meanDepth), `deltas on average, ${count(report.chains.maxDepth)} at most`],
      ['A restore reads', bytes(report.chains.meanReadBytes), 'on average']),
    h('p', { class: 'note' }, `On the base ${info.base}${info.from ? `, from ${info.from.task}:${info.from.step}` : ''}. ${kept(info.retention)} `,
      info.quotaBytes === null ? null : `Quota: ${bytes(info.quotaBytes)}. `, report.reclaimable ? `Deleted checkpoints still hold ${bytes(report.reclaimable)}. ` : null),
    info.latest === null ? null : h('p', { class: 'ways' },
      h('a', { href: `#/task/${encodeURIComponent(info.name)}/compare/base/latest` }, 'What the training has changed'), ' · ',
      h('a', { href: '#/reclaim' }, 'What can be deleted')),
  ];
}

const split = ({ positions, values }) =>
  [['values', values], ['positions', positions]].filter(([, size]) => size > 0).map(([word, size]) => `${bytes(size)} ${word}`).join(', ');

function kept(retention) {
  const rules = [
    retention?.keepLast && `the last ${count(retention.keepLast)}`, retention?.keepEvery && `every ${count(retention.keepEvery)} steps`,
    retention?.keepBest && `the best ${count(retention.keepBest)} by ${retention.monitor}`, retention?.keepWithin && `what is newer than ${retention.keepWithin}`,
  ].filter(rule => rule);
  return rules.length ? `Kept: ${rules.join(', ')}; tagged and pinned ones always.` : 'No rule deletes anything.';
}

const better = /acc|f1|bleu|rouge|auc|reward|score|recall|precision|exact/i;

function metricsOf(name, signal, info, timeline) {
  if (timeline.metrics.length === 0) return h('p', { class: 'note' }, 'Its checkpoints were saved without metrics: fishckpt save … --metric loss=0.31.');
  const names = timeline.metrics.map(metric => metric.name);
  const monitored = info.retention?.monitor;
  const pick = h('select', { id: 'metric', onchange: () => draw(true) }, names.map(metric => h('option', { value: metric }, metric)));
  const mode = h('select', { id: 'mode', onchange: () => draw(false) }, h('option', { value: 'min' }, 'lowest'), h('option', { value: 'max' }, 'highest'));
  pick.value = names.includes(monitored) ? monitored : names.find(word => /loss/i.test(word)) ?? names[0];
  const [answer, target] = [h('p', { class: 'answer' }), h('div')];

  function draw(fresh) {
    const metric = timeline.metrics.find(item => item.name === pick.value);
    if (fresh) mode.value = metric.name === monitored ? info.retention.mode : better.test(metric.name) ? 'max' : 'min';
    const [best, value] = mode.value === 'max' ? [metric.maxStep, metric.max] : [metric.minStep, metric.min];
    answer.replaceChildren('Best: ', h('b', {}, `step ${count(best)}`), `, ${metric.name} ${number(value)}. `,
      h('a', { href: `#/task/${encodeURIComponent(name)}/compare/base/${best}` }, 'What changed up to there'));
    target.replaceChildren(lines(name, signal, timeline, metric, best));
  }

  draw(true);
  return [h('p', { class: 'controls' }, h('label', { for: 'metric' }, 'Metric '), pick, h('label', { for: 'mode' }, ' best is '), mode), answer, target];
}

// A thinned timeline is asked for anew where it is zoomed into, so that nothing between its points stays hidden.
function lines(name, signal, whole, metric, best) {
  const place = h('div');
  let [asked, timer] = ['', null];
  const finer = (timeline, min, max) => {
    const [from, to] = [Math.ceil(min), Math.floor(max)];
    const points = timeline.points.filter(point => point.step >= from && point.step <= to).length;
    if (timeline.stride === 1 || points >= 250 || to <= from || asked === `${from}-${to}`) return;
    clearTimeout(timer);
    timer = setTimeout(async () => {
      asked = `${from}-${to}`;
      const part = await get(taskPath(name, `/reports/timeline?from=${from}&to=${to}`), signal).catch(() => null);
      if (part && part.points.length > points && !signal.aborted) show(part);
    }, 250);
  };

  function show(timeline) {
    const told = timeline.points.filter(point => point.metrics[metric.name] !== undefined);
    const back = timeline === whole ? null : h('button', { type: 'button', onclick: () => show(whole) }, 'Back to all steps');
    place.replaceChildren(
      chart(signal, {
        label: `${metric.name} over steps ${told[0]?.step ?? 0} to ${told.at(-1)?.step ?? 0}; least ${number(metric.min)} at ${metric.minStep}, greatest ${number(metric.max)} at ${metric.maxStep}.`,
        axis: told.map(point => point.step), show: number, marks: [{ at: best, name: `best: ${count(best)}` }],
        lines: [{ name: metric.name, values: told.map(point => finite(point.metrics[metric.name])) }], zoomed: (min, max) => finer(timeline, min, max),
      }),
      h('p', { class: 'note' }, timeline.stride === 1 ? '' : `${count(timeline.points.length)} of ${many(timeline.checkpoints, 'checkpoint')} are drawn, ${count(timeline.stride)} steps apart or more; zooming in draws the others. `, back ?? ''));
  }

  show(whole);
  return place;
}

const finite = value => Number.isFinite(Number(value)) ? Number(value) : null;

/** What stands beside a checkpoint's step. */
export function marks(item, info) {
  const words = [
    item.step === info.latest && ['latest', 'The highest step'], item.step === info.best && ['best', `By ${info.retention?.monitor}`],
    item.pinned && ['pinned', 'Nothing deletes it'], ...item.tags.map(tag => [tag, 'A tag']),
  ].filter(word => word);
  return words.map(([word, title]) => h('span', { class: 'tag', title: title === 'A tag' ? `Tag, saved ${time(item.created)}` : title }, word));
}
