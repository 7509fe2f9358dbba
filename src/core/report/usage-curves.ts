import {formatValue} from '../plan/units.js';
import type {LimitUnit} from '../limits/resource-limits.js';
import type {Sourced} from '../record/run-record.js';
import type {RunView} from '../record/run-view.js';
import {seriesOf, type UsageStep} from '../record/usage-series.js';
import {sparkline} from './sparkline.js';
import type {TextStyle} from './text-style.js';

interface Curve {
  readonly label: string;
  readonly unit: LimitUnit;
  readonly valueOf: (step: UsageStep) => number | undefined;
  readonly now: number | undefined;
  readonly peak: Sourced | undefined;
}

/**
 * Memory and CPU over the whole run as sparklines, each as high as its own highest value; undefined when neither was
 * measured.
 * @param labelWidth cells of the labels, the gap after them included
 */
export function usageCurves(
  view: RunView,
  labelWidth: number,
  width: number,
  style: TextStyle,
): string | undefined {
  const {usage, series, record} = view;
  const curves: readonly Curve[] = [
    {
      label: 'memory',
      unit: 'bytes',
      valueOf: ({rssBytes}) => rssBytes,
      now: usage?.memory.rssBytes,
      peak: record.figures.peakRssBytes,
    },
    {
      label: 'CPU',
      unit: 'percent',
      valueOf: ({cpuPercent}) => cpuPercent,
      now: usage?.cpu.percent,
      peak: record.figures.peakCpuPercent,
    },
  ];
  const known = curves.filter(({valueOf}) => series.steps.some((step) => valueOf(step) !== undefined));
  if (known.length === 0) return undefined;
  const facts = known.map(factsText);
  const room = width - labelWidth - 2 - Math.max(...facts.map(({length}) => length));
  const cells = Math.min(series.steps.length, Math.max(0, room));
  const lines = known.map(({label, valueOf}, index) => {
    const values = seriesOf(series, valueOf, cells);
    const top = Math.max(0, ...values.map((value) => value ?? 0));
    const curve = cells === 0 ? '' : `${sparkline(values, cells, top, style)}  `;
    return `${label.padEnd(labelWidth)}${curve}${facts[index] ?? ''}`;
  });
  return lines.join('\n');
}

function factsText({now, peak, unit}: Curve): string {
  return [
    ...(now === undefined ? [] : [`now ${formatValue(now, unit)}`]),
    ...(peak === undefined ? [] : [`peak ${formatValue(peak.value, unit)}`]),
  ].join(', ');
}
