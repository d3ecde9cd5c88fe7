// Creates elements. Text stays text: nothing from the server is parsed as HTML.

/** Creates an element. Properties: class, on... listeners, and attributes; null and false leave one out. */
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

/** Announces a text to screen readers. */
export function say(text) {
  document.getElementById('said').textContent = text;
}

/** Fills an element with a function's result. Shows that it loads, and an error with a retry button. */
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

/** An error: title, cause and hint. */
export function problem(error, again) {
  return h('div', { class: 'problem', role: 'alert' },
    h('h3', {}, error.title ?? 'The dashboard has an internal error'),
    h('p', {}, error.message),
    error.hint ? h('p', {}, error.hint) : null,
    error.code ? h('p', { class: 'note' }, h('code', {}, error.code), error.key ? ` ${error.key}` : '') : null,
    again ? h('button', { type: 'button', onclick: again }, 'Try again') : null);
}

/** Figures with names. */
export const figures = (...pairs) => h('dl', { class: 'figures' }, pairs.filter(pair => pair).map(([name, value, note]) =>
  h('div', {}, h('dt', {}, name), h('dd', {}, value, note ? h('small', {}, note) : null))));

/** A section of a page with a heading and a body. */
export function part(parent, title, note) {
  const body = h('div', { class: 'body' });
  const id = `part-${title.toLowerCase().replace(/[^a-z]+/g, '-')}`;
  parent.append(h('section', { 'aria-labelledby': id }, h('h2', { id }, title), note ? h('p', { class: 'note' }, note) : null, body));
  return body;
}
