// Elements. All text goes in as text: nothing from the server is ever read as HTML.

/** Makes an element. Properties: class, on... listeners, and attributes; null and false leave one out. */
export function h(tag, properties, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
    else if (name === 'class') element.className = value;
    else if (name === 'value') element.value = value;
    else element.setAttribute(name, value === true ? '' : value);
  }
  element.append(...children.flat(Infinity).filter(child => child !== null && child !== undefined && child !== false));
  return element;
}

/** Says something to those who listen to the page rather than see it. */
export function say(text) {
  document.getElementById('said').textContent = text;
}

/** Fills an element with what a function makes, and meanwhile says that it loads; an error is shown in its place, with a way to try again. */
export async function fill(target, signal, make, waiting = 'Loading…') {
  target.replaceChildren(h('p', { class: 'waiting' }, waiting));
  target.setAttribute('aria-busy', 'true');
  try {
    const made = await make();
    if (!signal.aborted) target.replaceChildren(...[made].flat(Infinity).filter(child => child));
  } catch (error) {
    if (signal.aborted || error.name === 'AbortError') return;
    target.replaceChildren(problem(error, () => fill(target, signal, make, waiting)));
  } finally {
    target.removeAttribute('aria-busy');
  }
}

/** An error: what it is, why, and what to do. */
export function problem(error, again) {
  return h('div', { class: 'problem', role: 'alert' },
    h('h3', {}, error.title ?? 'The dashboard met an error of its own'),
    h('p', {}, error.message),
    error.hint ? h('p', {}, error.hint) : null,
    error.code ? h('p', { class: 'note' }, h('code', {}, error.code), error.key ? ` ${error.key}` : '') : null,
    again ? h('button', { type: 'button', onclick: again }, 'Try again') : null);
}

/** Figures with their names. */
export const figures = (...pairs) => h('dl', { class: 'figures' }, pairs.filter(pair => pair).map(([name, value, note]) =>
  h('div', {}, h('dt', {}, name), h('dd', {}, value, note ? h('small', {}, note) : null))));

/** A part of a page under its heading; its body is what may be filled. */
export function part(parent, title, note) {
  const body = h('div', { class: 'body' });
  const id = `part-${title.toLowerCase().replace(/[^a-z]+/g, '-')}`;
  parent.append(h('section', { 'aria-labelledby': id }, h('h2', { id }, title), note ? h('p', { class: 'note' }, note) : null, body));
  return body;
}
