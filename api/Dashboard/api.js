// Requests to this server only, with the reader's key if there is one, aborted when the reader leaves the view.

import { askForKey, currentKey } from './key.js';

/** An error response of the server, or a missing response. */
export class Problem extends Error {
  constructor(status, details) {
    super(details.cause ?? details.detail ?? `The server responded with ${status}.`);
    this.status = status;
    this.title = details.title ?? `The server responded with ${status}`;
    this.code = details.code;
    this.hint = details.hint;
    this.key = details.key;
  }
}

const unreachable = () => new Problem(0, {
  title: 'The server does not respond', cause: 'It is stopped, or the connection failed.',
  hint: 'Start it (fishckpt serve), and try again.',
});

/** Reads the JSON of a path that is relative to the server, such as v1/tasks. */
export const get = (path, signal) => request('GET', path, signal).then(response => response.json());

/** The same by POST, without a body. */
export const post = (path, signal) => request('POST', path, signal).then(response => response.json());

/** Reads plain text. */
export const text = (path, signal) => request('GET', path, signal).then(response => response.text());

/** The path of a task, or of a path below it. */
export const taskPath = (task, rest = '') => `v1/tasks/${encodeURIComponent(task)}${rest}`;

/** The path of a checkpoint. */
export const stepPath = (task, step, rest = '') => taskPath(task, `/checkpoints/${encodeURIComponent(step)}${rest}`);

async function request(method, path, signal) {
  for (;;) {
    const key = currentKey();
    const response = await send(method, path, signal, key);
    if (response.ok) return response;
    const problem = await read(response);
    if (response.status !== 401) throw problem;
    // Asks once, however many requests were refused.
    if (currentKey() === key
      && !await askForKey(problem.code === 'KEY_INVALID' ? 'The key is unknown, expired or revoked.' : '')) throw problem;
    signal?.throwIfAborted();
  }
}

async function send(method, path, signal, key) {
  try {
    return await fetch(path,
      { method, signal, headers: key ? { Authorization: `Bearer ${key}` } : {}, cache: 'no-store', credentials: 'omit' });
  } catch (error) {
    throw error.name === 'AbortError' ? error : unreachable();
  }
}

async function read(response) {
  try {
    return new Problem(response.status, await response.json());
  } catch {
    return new Problem(response.status, {});
  }
}

/** Runs work on items with limited concurrency; a failure gives null. */
export async function each(items, atOnce, work) {
  const [results, queue] = [new Array(items.length).fill(null), items.entries()];
  const worker = async () => {
    for (const [index, item] of queue) {
      results[index] = await work(item).catch(error => {
        if (error.name === 'AbortError') throw error;
        return null;
      });
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  return results;
}
