import type {LimitUnit} from '../limits/resource-limits.js';

/** What a strict parser says: a value, or why the text is none (a phrase that can follow `--flag: `). */
export type Parsed<T> = {readonly ok: true; readonly value: T} | {readonly ok: false; readonly why: string};

const SIZE_EXAMPLES = '512K, 256MB, 1.5GiB';
const DURATION_EXAMPLES = '500ms, 90s, 1h30m';
const PERCENT_EXAMPLES = '75, 75%, 400 (100 is one core)';
const COUNT_EXAMPLES = '1, 50, 1000';
const FACTOR_EXAMPLES = '1, 1.5, 2x';
const DECIMAL_EXAMPLES = '0, 0.1, 1.5';

/** `[0-9]` and not `\d` with a `u` flag in mind: digits of other scripts are no digits here. */
const SIZE = /^([0-9]+)(?:\.([0-9]+))?(?:([KMGT])(?:I?B)?|B)?$/i;
const DECIMAL = /^[0-9]+(?:\.[0-9]+)?$/;
const WHOLE = /^[0-9]+$/;
const DURATION = /^(?:([0-9.]+)d)?(?:([0-9.]+)h)?(?:([0-9.]+)m(?!s))?(?:([0-9.]+)s)?(?:([0-9.]+)ms)?$/;

const KIBI = 1024;
const SIZE_LETTERS = 'KMGT';
/** Milliseconds of each group of {@link DURATION}. */
const DURATION_FACTORS = [86_400_000, 3_600_000, 60_000, 1000, 1] as const;
const MS_PER_SECOND = 1000;
const SECONDS_PER_MINUTE = 60;
const SECONDS_PER_HOUR = 3600;
const LONGEST_QUOTE = 60;

/**
 * A size such as `512`, `64K`, `256MB` or `1.5GiB`; every unit is a power of 1024.
 * @returns whole bytes, at least 1
 */
export function parseSize(text: string): Parsed<number> {
  const match = SIZE.exec(text);
  if (match === null) return fault(text, 'a size', SIZE_EXAMPLES);
  const letter = match[3]?.toUpperCase();
  if (letter === undefined && match[2] !== undefined)
    return fault(text, 'a whole number of bytes', SIZE_EXAMPLES);
  const factor = letter === undefined ? 1 : KIBI ** (SIZE_LETTERS.indexOf(letter) + 1);
  const number = Number(match[2] === undefined ? match[1] : `${match[1] ?? ''}.${match[2]}`);
  return within(text, Math.round(number * factor), 'a size', SIZE_EXAMPLES);
}

/**
 * A duration such as `500ms`, `90s`, `1h30m` or `1.5s`: units from the longest to the shortest, each at most once.
 * @returns milliseconds (to a thousandth), more than 0
 */
export function parseDuration(text: string): Parsed<number> {
  const ms = milliseconds(text);
  if (ms === undefined) return durationFault(text);
  return within(text, ms, 'a duration', DURATION_EXAMPLES);
}

/**
 * As {@link parseDuration}, but nothing at all (`0`, `0s`) is allowed.
 * @returns milliseconds (to a thousandth), 0 or more
 */
export function parseDurationOrZero(text: string): Parsed<number> {
  const ms = text === '0' ? 0 : milliseconds(text);
  if (ms === undefined) return durationFault(text);
  return ms === 0 ? {ok: true, value: 0} : within(text, ms, 'a duration', DURATION_EXAMPLES);
}

/**
 * A share such as `75`, `75%` or `75.5`; 400 is four cores.
 * @returns percent, more than 0
 */
export function parsePercent(text: string): Parsed<number> {
  const digits = text.endsWith('%') ? text.slice(0, -1) : text;
  if (!DECIMAL.test(digits)) return fault(text, 'a percentage', PERCENT_EXAMPLES);
  return within(text, Number(digits), 'a percentage', PERCENT_EXAMPLES);
}

/** A whole number, at least 1. */
export function parseCount(text: string): Parsed<number> {
  if (!WHOLE.test(text)) return fault(text, 'a whole number', COUNT_EXAMPLES);
  return within(text, Number(text), 'a whole number', COUNT_EXAMPLES);
}

/** A whole number, 0 allowed. */
export function parseCountOrZero(text: string): Parsed<number> {
  return WHOLE.test(text) && Number(text) === 0 ? {ok: true, value: 0} : parseCount(text);
}

/** A number such as `0.1`; 0 allowed. */
export function parseDecimal(text: string): Parsed<number> {
  if (!DECIMAL.test(text)) return fault(text, 'a number', DECIMAL_EXAMPLES);
  const value = Number(text);
  return value === 0 ? {ok: true, value} : within(text, value, 'a number', DECIMAL_EXAMPLES);
}

/** A factor of at least 1, such as `1.5` or `1.5x`. */
export function parseFactor(text: string): Parsed<number> {
  const digits = /x$/i.test(text) ? text.slice(0, -1) : text;
  if (!DECIMAL.test(digits)) return fault(text, 'a number', FACTOR_EXAMPLES);
  const value = Number(digits);
  if (value < 1) return {ok: false, why: `${quoted(text)} is less than 1; examples: ${FACTOR_EXAMPLES}`};
  return within(text, value, 'a number', FACTOR_EXAMPLES);
}

/** Bytes for people: `512 B`, `256.0 MiB`, `1.5 GiB`. */
export function formatBytes(bytes: number): string {
  if (Math.round(bytes) < KIBI) return `${String(Math.round(bytes))} B`;
  let value = bytes;
  let step = 0;
  do {
    value /= KIBI;
    step += 1;
    // What would round to 1024.0 is 1.0 of the next unit.
  } while (Number(value.toFixed(1)) >= KIBI && step < SIZE_LETTERS.length);
  return `${value.toFixed(1)} ${SIZE_LETTERS.charAt(step - 1)}iB`;
}

/** Milliseconds for people: `850 ms`, `12.3 s`, `1 m 05 s`, `1 h 30 m`. */
export function formatDuration(ms: number): string {
  if (ms < 10 && !Number.isInteger(ms)) return `${ms.toFixed(1)} ms`;
  if (Math.round(ms) < MS_PER_SECOND) return `${String(Math.round(ms))} ms`;
  const tenths = (ms / MS_PER_SECOND).toFixed(1);
  if (Number(tenths) < SECONDS_PER_MINUTE) return `${tenths} s`;
  const seconds = Math.round(ms / MS_PER_SECOND);
  if (seconds < SECONDS_PER_HOUR) {
    return `${String(Math.floor(seconds / SECONDS_PER_MINUTE))} m ${twoDigits(seconds % SECONDS_PER_MINUTE)} s`;
  }
  const minutes = Math.round(seconds / SECONDS_PER_MINUTE);
  return `${String(Math.floor(minutes / 60))} h ${twoDigits(minutes % 60)} m`;
}

/** Percent for people, 100 = one core: `75.0%`. */
export function formatPercent(percent: number): string {
  return `${percent.toFixed(1)}%`;
}

/** A value of a limit or its metric for people, in the unit it is counted in. */
export function formatValue(value: number, unit: LimitUnit): string {
  switch (unit) {
    case 'bytes':
      return formatBytes(value);
    case 'bytesPerSecond':
      return `${formatBytes(value)}/s`;
    case 'percent':
      return formatPercent(value);
    case 'ms':
      return formatDuration(value);
    case 'count':
      return String(Math.round(value));
  }
}

/** The text as it may stand in a message: in quotes and not too long. */
function quoted(text: string): string {
  return `"${text.length > LONGEST_QUOTE ? `${text.slice(0, LONGEST_QUOTE)}...` : text}"`;
}

function fault(text: string, what: string, examples: string): Parsed<never> {
  return {ok: false, why: `${quoted(text)} is not ${what}; examples: ${examples}`};
}

function durationFault(text: string): Parsed<never> {
  if (!DECIMAL.test(text)) return fault(text, 'a duration', DURATION_EXAMPLES);
  if (Number(text) === 0) return fault(text, 'a duration above zero', DURATION_EXAMPLES);
  return {ok: false, why: `${quoted(text)} is a duration without a unit; examples: ${DURATION_EXAMPLES}`};
}

/** Refuses zero and what a number cannot hold exactly. */
function within(text: string, value: number, what: string, examples: string): Parsed<number> {
  if (value <= 0) return {ok: false, why: `${quoted(text)} is not ${what} above zero; examples: ${examples}`};
  if (value > Number.MAX_SAFE_INTEGER) {
    return {ok: false, why: `${quoted(text)} is more than limitrun can count; examples: ${examples}`};
  }
  return {ok: true, value};
}

function milliseconds(text: string): number | undefined {
  const match = DURATION.exec(text);
  if (match === null || text === '') return undefined;
  let total = 0;
  for (const [index, factor] of DURATION_FACTORS.entries()) {
    const part = match[index + 1];
    if (part === undefined) continue;
    if (!DECIMAL.test(part)) return undefined;
    total += Number(part) * factor;
  }
  // Thousandths of a millisecond: 0.1 + 0.2 must not end as 0.30000000000000004.
  return Math.round(total * 1000) / 1000;
}

function twoDigits(value: number): string {
  return String(value).padStart(2, '0');
}
