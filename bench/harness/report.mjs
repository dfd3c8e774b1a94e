// The tables that a run prints.
import { medianOf, ratio } from './figures.mjs';

function format(value, digits) {
  return value === undefined ? '' : value.toLocaleString('en', { maximumFractionDigits: digits, minimumFractionDigits: digits });
}

/** `cells`: rows of equally many texts, the first row the heading. The first column is text, the others are numbers. */
export function table(cells) {
  const widths = cells[0].map((_, column) => Math.max(...cells.map((row) => row[column].length)));
  const line = (row) => `| ${row.map((cell, column) => (column === 0 ? cell.padEnd(widths[0]) : cell.padStart(widths[column]))).join(' | ')} |`;
  const rule = `|${widths.map((width, column) => (column === 0 ? '-'.repeat(width + 2) : `${'-'.repeat(width + 1)}:`)).join('|')}|`;
  return [line(cells[0]), rule, ...cells.slice(1).map(line)].join('\n');
}

/** Requests/s, CPU per request, latencies, and the ratios to `reference` (a contender's name). */
export function comparison(rounds, reference) {
  const names = [...rounds[0].keys()];
  const compared = reference === undefined ? [] : [`requests/s to ${reference}`, `CPU to ${reference}`];
  return table([
    ['', 'requests/s', 'CPU us/request', 'p50 us', 'p99 us', ...compared],
    ...names.map((name) => [
      name,
      format(medianOf(rounds, name, 'rate'), 0),
      format(medianOf(rounds, name, 'cpu'), 1),
      format(medianOf(rounds, name, 'p50'), 0),
      format(medianOf(rounds, name, 'p99'), 0),
      ...(reference === undefined ? [] : [format(ratio(rounds, name, reference, 'rate'), 2), format(ratio(rounds, name, reference, 'cpu'), 2)]),
    ]),
  ]);
}

export function goalTable(goals) {
  return table([['goal', 'limit', 'measured', 'holds'],
    ...goals.map(({ what, limit, value, unit = '', digits = 2 }) => [
      what,
      `${limit.startsWith('<') ? 'at most' : 'at least'} ${limit.slice(2)}${unit}`,
      `${format(value, digits)}${unit}`,
      holds({ limit, value }) ? 'yes' : 'NO',
    ])]);
}

/** `limit`: "< 1.5" or "> 1.3", both inclusive. */
export function holds({ limit, value }) {
  const bound = Number(limit.slice(2));
  return limit.startsWith('<') ? value <= bound : value >= bound;
}
