// The frame: chooses the view by the address, and the theme.

import { h, problem, say } from './dom.js';
import { askForKey, show as showKey } from './key.js';
import { compare } from './compare.js';
import { health } from './health.js';
import { overview } from './overview.js';
import { reclaim } from './reclaim.js';
import { task } from './task.js';

// #/ , #/task/NAME , #/task/NAME/compare/FROM/TO , #/reclaim , #/health
const views = [
  [/^\/?$/, overview, () => 'Overview'],
  [/^\/task\/([^/]+)$/, task, name => name],
  [/^\/task\/([^/]+)\/compare(?:\/([^/]+)\/([^/]+))?$/, compare, name => `${name}: what changed`],
  [/^\/reclaim$/, reclaim, () => 'Reclaim'],
  [/^\/health$/, health, () => 'Health'],
];

const main = document.getElementById('main');
let leaving = new AbortController();
let first = true;

function go() {
  leaving.abort();
  leaving = new AbortController();
  const path = location.hash.slice(1);
  main.replaceChildren();
  for (const [pattern, view, title] of views) {
    const match = pattern.exec(path);
    if (!match) continue;
    const words = match.slice(1).map(word => word === undefined ? undefined : decode(word));
    document.title = `${title(...words)} · FishCheckpoint`;
    mark(path);
    view(main, leaving.signal, ...words);
    arrive();
    return;
  }
  document.title = 'FishCheckpoint';
  main.append(h('h1', {}, 'No such page'),
    problem({ title: 'This address has no view', message: path, hint: 'The overview has a link to every task.' }),
    h('p', {}, h('a', { href: '#/' }, 'Overview')));
  arrive();
}

const decode = word => {
  try {
    return decodeURIComponent(word);
  } catch {
    return word;
  }
};

// Announces the view to screen readers and moves the focus to its start.
function arrive() {
  if (!first) {
    main.focus({ preventScroll: true });
    scrollTo(0, 0);
    say(document.title);
  }
  first = false;
}

function mark(path) {
  const section = path.startsWith('/reclaim') ? '#/reclaim' : path.startsWith('/health') ? '#/health' : '#/';
  for (const link of document.querySelectorAll('nav a')) {
    if (link.getAttribute('href') === section) link.setAttribute('aria-current', 'page');
    else link.removeAttribute('aria-current');
  }
}

const themes = ['system', 'light', 'dark'];
const themeButton = document.getElementById('theme');

function setTheme(theme) {
  if (theme === 'system') delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
  themeButton.textContent = `Theme: ${theme}`;
  document.dispatchEvent(new Event('theme'));
}

themeButton.addEventListener('click', () => {
  const next = themes[(themes.indexOf(localStorage.getItem('fish-theme') ?? 'system') + 1) % themes.length];
  localStorage.setItem('fish-theme', next);
  setTheme(next);
});
const kept = localStorage.getItem('fish-theme');
setTheme(themes.includes(kept) ? kept : 'system');

document.getElementById('key').addEventListener('click', async () => {
  if (await askForKey('')) go();
});
document.getElementById('skip').addEventListener('click', event => {
  // The address belongs to the view.
  event.preventDefault();
  main.focus();
});
showKey();
addEventListener('hashchange', go);
go();
