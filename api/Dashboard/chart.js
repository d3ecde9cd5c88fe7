// Line charts by uPlot, if the build has it; each page also shows the figures as tables.

import uPlot from './uPlot.esm.js';
import { h } from './dom.js';

/** Whether this build can draw charts. */
export const canDraw = uPlot !== null;

/** The text in place of a chart if this build cannot draw charts. */
export const without = () =>
  h('p', { class: 'note no-charts' }, 'This build has no charts: it was built without npm. The tables have the same figures.');

const styleOf = name => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

/**
 * Draws lines over a common axis, with zoom by dragging, buttons, the keys + - 0 and the arrows.
 * Options: label, time (for a time axis), lines: [{ name, values, color: '--line-1', fill }], show(value) for the vertical axis,
 * marks: [{ at, name }], zoomed(min, max) called when the range changes.
 */
export function chart(signal, { label, axis, lines, show, time = false, marks = [], zoomed = () => {} }) {
  if (!canDraw || axis.length === 0) return h('div', {}, canDraw ? h('p', { class: 'note' }, 'Nothing to draw yet.') : without());
  const host = h('div', { class: 'plot', role: 'img', 'aria-label': label });
  const range = h('output', { class: 'range' });
  const full = [axis[0], axis[axis.length - 1]];
  let plot = null;
  // uPlot sets scales shortly after the plot is created.
  const span = () => typeof plot?.scales.x.min === 'number' ? [plot.scales.x.min, plot.scales.x.max] : full;

  function zoomTo(min, max) {
    const [low, high] = [Math.max(full[0], min), Math.min(full[1], max)];
    if (high > low) plot.setScale('x', { min: low, max: high });
  }

  function zoomBy(factor) {
    const [min, max] = span();
    const [middle, half] = [(min + max) / 2, (max - min) / 2 * factor];
    zoomTo(middle - half, middle + half);
  }

  function move(share) {
    const [min, max] = span();
    const by = Math.min(full[1] - max, Math.max(full[0] - min, (max - min) * share));
    zoomTo(min + by, max + by);
  }

  const reset = () => zoomTo(...full);
  const actions = { '+': () => zoomBy(0.5), '=': () => zoomBy(0.5), '-': () => zoomBy(2), 0: reset, ArrowLeft: () => move(-0.25),
    ArrowRight: () => move(0.25) };
  const button = (text, name, action) =>
    h('button', { type: 'button', class: 'quiet', 'aria-label': name, title: name, onclick: action }, text);
  const figure = h('figure', {
    class: 'chart', onkeydown: event => {
      const action = plot && !event.ctrlKey && !event.metaKey && !event.altKey && actions[event.key];
      if (action) {
        event.preventDefault();
        action();
      }
    },
  }, host, h('figcaption', {}, legend(lines), h('span', { class: 'zoom' }, range,
    button('+', 'Zoom in', () => zoomBy(0.5)), button('−', 'Zoom out', () => zoomBy(2)), button('All', 'Show all', reset))));

  function announce() {
    const [min, max] = span();
    const word = value => time ? new Date(value * 1000).toISOString().slice(0, 10) : Math.round(value).toLocaleString('en-US');
    range.textContent = `${word(min)} – ${word(max)}`;
    zoomed(min, max);
  }

  function draw() {
    if (signal.aborted || !host.clientWidth) return;
    const kept = plot ? span() : null;
    plot?.destroy();
    plot = new uPlot(options(host.clientWidth, { lines, show, time, marks, announce }), [axis, ...lines.map(line => line.values)], host);
    if (kept) zoomTo(...kept);
    announce();
  }

  const resized = new ResizeObserver(() => plot && host.clientWidth ? plot.setSize({ width: host.clientWidth, height: 240 }) : draw());
  resized.observe(host);
  const scheme = matchMedia('(prefers-color-scheme: dark)');
  document.addEventListener('theme', draw, { signal });
  scheme.addEventListener('change', draw, { signal });
  signal.addEventListener('abort', () => {
    resized.disconnect();
    plot?.destroy();
  });
  return figure;
}

const legend = lines =>
  h('span', { class: 'legend' }, lines.map((line, index) => h('span', { class: `swatch swatch-${index + 1}` }, line.name)));

// Days are the finest resolution.
const days = {
  incrs: [1, 2, 7, 14, 30, 91, 182, 365, 730].map(count => count * 86400), space: 90,
  values: (plot, ticks) => ticks.map(tick => new Date(tick * 1000).toISOString().slice(0, 10)),
};

function options(width, { lines, show, time, marks, announce }) {
  const [ink, rule] = [styleOf('--ink-2'), styleOf('--rule')];
  const common = { stroke: ink, grid: { stroke: rule, width: 1 }, ticks: { stroke: rule, width: 1 }, font: '12px system-ui, sans-serif' };
  return {
    width, height: 240, padding: [null, time ? 40 : null, null, null], legend: { show: false }, ms: 1e-3, tzDate: moment =>
      uPlot.tzDate(new Date(moment * 1000), 'Etc/UTC'),
    cursor: { drag: { x: true, y: false, setScale: true }, points: { size: 7 } },
    scales: { x: { time } },
    axes: [time ? { ...common, ...days } : common, { ...common, size: 72, values: (plot, ticks) => ticks.map(show) }],
    series: [{}, ...lines.map((line, index) => ({
      label: line.name, stroke: styleOf(`--line-${index + 1}`), width: 1.75, spanGaps: true, points: { show: line.values.length < 80,
        size: 5 },
      fill: line.fill ? styleOf('--line-fill') : undefined,
    }))],
    hooks: {
      setScale: [(plot, scale) => scale === 'x' && announce()],
      draw: [plot => marks.forEach(mark => drawMark(plot, mark))],
    },
  };
}

function drawMark(plot, { at, name }) {
  const x = Math.round(plot.valToPos(at, 'x', true));
  if (x < plot.bbox.left || x > plot.bbox.left + plot.bbox.width) return;
  const { ctx } = plot;
  const ratio = devicePixelRatio;
  ctx.save();
  ctx.strokeStyle = styleOf('--accent');
  ctx.fillStyle = styleOf('--accent');
  ctx.setLineDash([4 * ratio, 3 * ratio]);
  ctx.beginPath();
  ctx.moveTo(x, plot.bbox.top);
  ctx.lineTo(x, plot.bbox.top + plot.bbox.height);
  ctx.stroke();
  ctx.font = `600 ${12 * ratio}px system-ui, sans-serif`;
  const right = x > plot.bbox.left + plot.bbox.width * 0.75;
  ctx.textAlign = right ? 'right' : 'left';
  ctx.fillText(name, x + (right ? -6 : 6) * ratio, plot.bbox.top + 14 * ratio);
  ctx.restore();
}
