import {limitKind} from '../limits/resource-limits.js';
import type {ViolationHandlingMode} from '../limits/resource-policy.js';
import type {EndedViolation, ResourceViolation} from '../limits/resource-violation.js';
import {formatDuration, formatValue} from '../plan/units.js';
import type {EndCause, LimitPromise, RunEvent} from '../record/run-event.js';
import {endCauseText} from './end-cause-text.js';
import type {Paint} from './paint.js';
import {printable} from './printable.js';

/** What the lines depend on besides the event. */
export interface EventLineOptions {
  /** Also what goes as planned: the promises, the starts of attempts. */
  readonly verbose?: boolean;
  /** With `disabled` a violation is said not to be enforced instead of naming a policy nobody applies. */
  readonly handling?: ViolationHandlingMode;
}

/**
 * What is printed about an event while the run goes on: a line, several lines (joined by `\n`, none at the end), or
 * undefined for nothing. Every line begins with `limitrun: `.
 */
export function eventLine(event: RunEvent, paint: Paint, options: EventLineOptions = {}): string | undefined {
  const {verbose = false} = options;
  switch (event.kind) {
    case 'run_started':
      return verbose ? lines(promiseTexts(event.promises)) : undefined;
    case 'notice':
      return event.level === 'warning' ? warning(printable(event.text), paint) : line(printable(event.text));
    case 'attempt_started':
      return verbose
        ? line(`attempt ${String(event.attempt)} started (pid ${String(event.pid)})`)
        : undefined;
    case 'state_changed':
    case 'usage_sampled':
    case 'tree_sampled':
    case 'checkpoint':
      return undefined;
    case 'violation_begun':
      return violationLine(event.violation, paint, options.handling);
    case 'violation_ended':
      return endedLine(event.ended, paint);
    case 'action_taken':
      return line(printable(event.text));
    case 'attempt_ended':
      return attemptEndedLine(event);
    case 'run_ended':
      return lines([...breakerTexts(event.cause, paint), ...survivorTexts(event.survivors, paint)]);
  }
}

function line(text: string): string {
  return `limitrun: ${text}`;
}

function lines(texts: readonly string[]): string | undefined {
  return texts.length === 0 ? undefined : texts.map(line).join('\n');
}

function warning(text: string, paint: Paint): string {
  return line(`${paint.yellow('warning:')} ${text}`);
}

function promiseTexts(promises: readonly LimitPromise[]): string[] {
  return promises.map((promise) => {
    const isStaged = promises.filter(({limitType}) => limitType === promise.limitType).length > 1;
    return promiseText(promise, isStaged);
  });
}

function promiseText(promise: LimitPromise, isStaged: boolean): string {
  const {limitType, limitValue, policy, sustainMs, overshoot} = promise;
  const {label, unit} = limitKind(limitType);
  const value = formatValue(limitValue, unit);
  const worst = overshoot === undefined ? '' : `; worst overshoot: ${overshoot}`;
  const keeper = `${keeperText(promise)}${worst}`;
  if (!isStaged) return `${label} at most ${value}: ${keeper}`;
  const sustained = sustainMs === 0 ? '' : ` for ${formatDuration(sustainMs)}`;
  return `${label} above ${value}${sustained}: ${policy}, ${keeper}`;
}

/** Who keeps a limit, and how often it is looked at. */
export function keeperText({limitType, enforcedBy, everyMs, cap}: LimitPromise): string {
  const sampled = everyMs === undefined ? 'sampled' : `sampled about every ${formatDuration(everyMs)}`;
  switch (enforcedBy) {
    case 'kernel':
      return `capped by the kernel (${cap?.source ?? 'cgroup'}), ${sampled}`;
    case 'polling': {
      if (cap === undefined) return sampled;
      const counted = limitType === 'max_processes' ? ' tasks' : '';
      const value = formatValue(cap.value, limitKind(limitType).unit);
      return `${sampled}, with a backstop of the kernel at ${value}${counted} (${cap.source})`;
    }
    case 'timer':
      return 'kept by a timer';
    case 'nobody':
      return 'not enforced, because it cannot be measured here';
  }
}

function violationLine(
  violation: ResourceViolation,
  paint: Paint,
  handling: ViolationHandlingMode | undefined,
): string | undefined {
  const {policy, severity} = violation;
  if (policy === 'none') return undefined;
  const message = printable(violation.message);
  if (severity === 'warning') return warning(message, paint);
  const consequence =
    handling === 'disabled' ? 'not enforced (violation handling is disabled)' : `policy ${policy}`;
  if (policy === 'alert') return line(paint.bold(paint.red(`ALERT: ${message}`)));
  return line(`${paint.red('violation:')} ${message}; ${consequence}`);
}

function endedLine({violation, peakValue, how}: EndedViolation, paint: Paint): string | undefined {
  if (how === 'escalated' || violation.policy === 'none') return undefined;
  const {label, unit} = limitKind(violation.limitType);
  const limit = `limit ${formatValue(violation.limitValue, unit)}`;
  const bound = violation.severity === 'warning' ? 'warning threshold' : limit;
  const peak = formatValue(peakValue, unit);
  return line(paint.green(`${label} back below the ${bound} (peak ${peak})`));
}

function attemptEndedLine(event: Extract<RunEvent, {kind: 'attempt_ended'}>): string | undefined {
  const {attempt, cause, forced, nextInMs} = event;
  // The last attempt ends with the run, and the summary says how.
  if (nextInMs === undefined) return undefined;
  const how = `${endCauseText(cause, event)}${forced ? ', forced' : ''}`;
  const next = `starting attempt ${String(attempt + 1)} in ${formatDuration(nextInMs)}`;
  return line(`attempt ${String(attempt)} ended (${how}); ${next}`);
}

function breakerTexts(cause: EndCause, paint: Paint): string[] {
  if (cause.kind !== 'breaker_open') return [];
  return [paint.red(`the restart breaker opened: ${endCauseText(cause, {})}; no further attempt`)];
}

function survivorTexts(survivors: readonly number[], paint: Paint): string[] {
  if (survivors.length === 0) return [];
  const what = survivors.length === 1 ? 'process' : 'processes';
  return [`${paint.yellow('warning:')} could not end ${what} ${survivors.join(', ')}; still alive`];
}
