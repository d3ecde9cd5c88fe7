// Whether the server is ready, what is damaged, when things were verified, and what the server counts of itself.

import { get, text } from './api.js';
import { figures, fill, h, part } from './dom.js';
import { ago, bytes, count, many, number, time } from './format.js';
import { sortable } from './table.js';

const good = {
  ready: 'Ready: the store can be read and written, and no damage is known.',
  'ready; read-only': 'Ready, read only: the store can be read but not written, and no damage is known.',
};

// What the server says of itself, as a paragraph.
export async function readiness(signal, kind = '') {
  const ready = (await text('readyz', signal)).trim();
  return h('p', { class: `${kind} ${good[ready] ? 'good' : 'bad'}`.trim() }, good[ready] ?? ready);
}

export function health(main, signal) {
  main.append(h('h1', {}, 'Health'));
  const head = h('div', { class: 'head' });
  main.append(head);
  fill(head, signal, async () => {
    const [ready, report] = await Promise.all([readiness(signal, 'lead'), get('v1/reports/storage', signal)]);
    return [ready, h('p', {}, 'Store ', h('code', {}, report.store), ': its backups, restored folders and repairs have the same identity.')];
  });
  const damage = part(main, 'Damage', 'What verifications have found and none has found gone since.');
  fill(damage, signal, async () => damaged(await get('v1/maintenance/damage', signal)));
  const counts = part(main, 'Verification and work');
  fill(counts, signal, async () => {
    try {
      return counted(read(await text('metrics', signal)));
    } catch (error) {
      if (error.status === 404) return h('p', { class: 'note' }, 'This server gives no metrics (FishCheckpoint:Telemetry:Metrics).');
      throw error;
    }
  });
}

function damaged(list) {
  if (list.length === 0) return h('p', { class: 'note' }, 'None.');
  return sortable('Damage', [
    { name: 'What', value: item => item.key },
    { name: 'Problem', value: item => item.problem },
    { name: 'First found', value: item => item.found, show: item => time(item.found) },
    { name: 'Last found', value: item => item.seen, show: item => time(item.seen) },
  ], list.slice(0, 1000), { sort: 'What', direction: 'ascending', rowName: 'item' });
}

// Prometheus text: NAME{labels} VALUE.
function read(lines) {
  const found = new Map();
  for (const line of lines.split('\n')) {
    const match = /^([a-z_]+)(?:\{([^}]*)\})? (\S+)/i.exec(line);
    if (match) found.set(match[1], [...found.get(match[1]) ?? [], { labels: match[2] ?? '', value: Number(match[3]) }]);
  }
  return found;
}

const total = (found, start) => [...found].filter(([name]) => name.startsWith(start)).flatMap(([, rows]) => rows).reduce((sum, row) => sum + row.value, 0);

function counted(found) {
  const verified = total(found, 'fish_store_verified_timestamp');
  const [sum, requests] = [total(found, 'http_server_request_duration_seconds_sum'), total(found, 'http_server_request_duration_seconds_count')];
  const last = verified ? new Date(verified * 1000).toISOString() : null;
  return [
    figures(
      ['Last verified', last ? ago(last) : 'never', last ? `${time(last)} UTC` : 'fishckpt verify does it'],
      ['Known damage', many(total(found, 'fish_store_damaged'), 'item')],
      ['Saves', count(total(found, 'fish_saves')), 'since the server started'],
      ['Refused', count(total(found, 'fish_refusals')), 'requests'],
      ['Requests', count(requests), requests ? `${number(1000 * sum / requests)} ms on average` : null],
      ['Memory', bytes(total(found, 'dotnet_process_memory_working_set_bytes')), 'of the process']),
    h('p', { class: 'note' }, 'All of them: ', h('code', {}, '/metrics'), '. To verify everything that is stored: ', h('code', {}, 'fishckpt verify'), '.'),
  ];
}
