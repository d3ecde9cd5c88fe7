// Numbers in a readable form, the same as on the command line.

const units = ['B', 'KB', 'MB', 'GB', 'TB', 'PB'];
const grouped = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });

/** Three digits, such as 1.32, 59.3 or 1,234; two for small values, such as 0.051. */
export function three(value) {
  const size = Math.abs(value);
  if (size >= 100) return grouped.format(value);
  if (size >= 10) return value.toFixed(1);
  if (size >= 0.1 || size === 0) return value.toFixed(2);
  return size < 1e-4 ? value.toExponential(1) : String(Number(value.toPrecision(2)));
}

/** Such as 1.32 MB; units are powers of 1000. */
export function bytes(count) {
  let [value, unit] = [count, 0];
  while (Math.abs(value) >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return unit === 0 ? `${grouped.format(count)} B` : `${three(value)} ${units[unit]}`;
}

/** Such as 1,234,567. */
export const count = value => grouped.format(value);

/** Such as 0.51%. */
export const percent = share => `${three(share * 100)}%`;

/** Such as 217x. */
export const ratio = value => value > 0 ? `${three(value)}x` : '–';

/** A metric or a magnitude: four digits, or a power of ten. */
export function number(value) {
  if (value === null || value === undefined) return '–';
  const read = Number(value);
  if (!Number.isFinite(read)) return String(value);
  const size = Math.abs(read);
  return size !== 0 && (size < 1e-3 || size >= 1e6) ? read.toExponential(2) : String(Number(read.toPrecision(4)));
}

/** Such as 2026-01-31 12:00, in UTC. */
export const time = text => text ? `${text.slice(0, 10)} ${text.slice(11, 16)}` : '–';

/** How long ago, in the largest unit that fits. */
export function ago(text, now = Date.now()) {
  const seconds = Math.max(0, (now - Date.parse(text)) / 1000);
  for (const [unit, size] of [['day', 86400], ['hour', 3600], ['minute', 60]]) {
    const whole = Math.floor(seconds / size);
    if (whole >= 1) return `${count(whole)} ${unit}${whole === 1 ? '' : 's'} ago`;
  }
  return 'just now';
}

/** A count with the singular or plural of a word: "1 checkpoint", "2 checkpoints". */
export const many = (amount, word) => `${count(amount)} ${word}${amount === 1 ? '' : 's'}`;
