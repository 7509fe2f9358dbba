import type {LimitOutlook, OutlookPolicy} from '../doctor/doctor-report.js';
import {limitKind} from '../limits/resource-limits.js';
import {formatDuration, formatValue} from '../plan/units.js';
import type {LimitPromise} from '../record/run-event.js';
import {fittedTable} from './fitted-table.js';
import type {TextStyle} from './text-style.js';
import {wrapped} from './wrapped.js';

/**
 * One row for each limit, with who would keep it under each policy and, by a letter, the worst overshoot to expect; the
 * letters are told below.
 */
export function outlookLines(
  outlooks: readonly LimitOutlook[],
  policies: readonly OutlookPolicy[],
  width: number,
  {paint, unicode}: TextStyle,
): string[] {
  const overshoots = [...new Set(promisesOf(outlooks).flatMap(({overshoot}) => overshoot ?? []))];
  const rows = outlooks.map(({limitType, promises}) => [
    {text: limitType},
    ...policies.map((policy) => ({text: keeper(promises[policy], overshoots)})),
  ]);
  const columns = ['limit', ...policies].map((header) => ({header, align: 'left'}) as const);
  const room = {width, ...(unicode ? {} : {ellipsis: '~'})};
  return [
    ...fittedTable(columns, rows, paint, room).split('\n'),
    '',
    ...notes(outlooks).flatMap((note) => wrapped(note, width)),
    'Worst overshoot:',
    ...overshoots.flatMap((text, index) =>
      wrapped(text, width - 5).map((line, at) => `  ${at === 0 ? letter(index) : ' '}  ${line}`),
    ),
  ];
}

function promisesOf(outlooks: readonly LimitOutlook[]): LimitPromise[] {
  return outlooks.flatMap(({promises}) => Object.values(promises));
}

function keeper({enforcedBy, cap, overshoot}: LimitPromise, overshoots: readonly string[]): string {
  const worst = overshoot === undefined ? '' : ` (${letter(overshoots.indexOf(overshoot))})`;
  switch (enforcedBy) {
    case 'kernel':
      return `kernel, ${cap?.source ?? 'cgroup'}${worst}`;
    case 'polling':
      return `sampled${cap === undefined ? '' : ' + backstop'}${worst}`;
    case 'timer':
      return `timer${worst}`;
    case 'nobody':
      return 'nobody: not measured here';
  }
}

function letter(index: number): string {
  return String.fromCharCode('a'.charCodeAt(0) + index);
}

function notes(outlooks: readonly LimitOutlook[]): string[] {
  const promises = promisesOf(outlooks);
  const everyMs = promises.find((promise) => promise.everyMs !== undefined)?.everyMs;
  const backstops = outlooks.flatMap(({promises: {graceful_shutdown: promise}}) =>
    promise.enforcedBy === 'polling' && promise.cap !== undefined
      ? [backstop(promise, promise.cap.value)]
      : [],
  );
  const isCapped = promises.some(({enforcedBy}) => enforcedBy === 'kernel');
  return [
    ...(isCapped ? ['kernel: a cap of the kernel at the limit, besides sampling'] : []),
    ...(everyMs === undefined
      ? []
      : [`sampled: every ${formatDuration(everyMs)} at least (--interval), more often near a limit`]),
    ...(backstops.length === 0
      ? []
      : [`backstop: a cap of the kernel above the limit, such as ${backstops.join(' and ')}`]),
  ];
}

function backstop({limitType, limitValue}: LimitPromise, cap: number): string {
  const {unit} = limitKind(limitType);
  const counted = limitType === 'max_processes' ? ' processes and threads' : '';
  return `${formatValue(cap, unit)}${counted} for ${limitType} ${formatValue(limitValue, unit)}`;
}
