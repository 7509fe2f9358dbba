import {isUtf8} from 'node:buffer';
import {constants} from 'node:os';
import {LITTLE_ENDIAN} from '../little-endian.js';
import {REPLACED, splitAtNul} from './exact-bytes.js';
import {findInherited, openDescriptors} from './inherited-descriptors.js';

/** What limitrun was started with and Node has changed. */
export interface Inheritance {
  /** Descriptors above 2. */
  readonly descriptors: readonly number[];
  /** Signals that were ignored, without `SIG`, such as `HUP`. */
  readonly ignoredSignals: readonly string[];
  /** The soft limit of open files, where Node has raised it. */
  readonly softOpenFiles?: number;
  /**
   * The whole environment, in its order, as far as Node can hold it. Undefined where it could not be noted, or not the
   * whole of it: then it is Node's own, in which what shells are known to change has been put back.
   */
  readonly environment?: Readonly<Record<string, string>>;
  /** Variables whose values are not UTF-8, so that Node cannot hold them. */
  readonly unheldVariables?: ReadonlyMap<string, Buffer>;
  /** A pipe that the launcher has made: both of its ends, which are limitrun's own. */
  readonly pipe?: {readonly readEnd: number; readonly writeEnd: number};
  /** Noted by the launcher; without it only the descriptors are known. */
  readonly byLauncher?: true;
}

const NOTES = 'LIMITRUN_INHERITED';
const VARIABLES = 'LIMITRUN_INHERITED_VARIABLES';
const KEPT = 'LIMITRUN_KEPT_';
/** What Node would take for itself. */
const OF_NODE = [
  'NODE_OPTIONS',
  'NODE_CHANNEL_FD',
  'NODE_CHANNEL_SERIALIZATION_MODE',
  'NODE_EXTRA_CA_CERTS',
  'NODE_V8_COVERAGE',
  'OPENSSL_CONF',
];

/**
 * Takes over what the launcher (bin/limitrun) has noted. Without the launcher only the descriptors can be told.
 *
 * Has to be called before anything opens a file.
 * @param environment is changed: the launcher's notes are taken out, and what it kept from Node is put back
 */
export function takeInheritance(environment: Record<string, string | undefined>): Inheritance {
  const notes = environment[NOTES];
  const variables = environment[VARIABLES];
  if (notes === undefined) return {descriptors: findInherited(openDescriptors()), ignoredSignals: []};
  Reflect.deleteProperty(environment, NOTES);
  Reflect.deleteProperty(environment, VARIABLES);
  putBackKept(environment);
  const noted = fromVariables(variables);
  // Nothing could be noted if there is no stat line either.
  const isWhole = noted.isWhole && noted.stat !== '';
  if (!isWhole && noted.stat !== '') restoreVariables(environment, noted.variables);
  const unheldVariables = unheldIn(noted);
  return {
    ...fromNotes(notes),
    ignoredSignals: ignoredIn(noted.stat),
    ...(isWhole && {environment: Object.fromEntries(named(noted.variables))}),
    ...(unheldVariables.size > 0 && {unheldVariables}),
    byLauncher: true,
  };
}

function putBackKept(environment: Record<string, string | undefined>): void {
  for (const name of OF_NODE) {
    const kept = environment[`${KEPT}${name}`];
    Reflect.deleteProperty(environment, `${KEPT}${name}`);
    // What is not kept and there even so is the launcher's.
    if (kept === undefined) Reflect.deleteProperty(environment, name);
    else environment[name] = kept;
  }
}

/**
 * Reads the launcher's notes: `limits of open files, soft and hard;descriptors;both ends of a pipe`. Node raises the soft
 * limit to the hard one, as far as it can.
 */
export function fromNotes(notes: string): Omit<Inheritance, 'ignoredSignals'> {
  const [files = '', open = '', pipe = ''] = notes.split(';');
  const [soft = '', hard = ''] = files.split(' ');
  const raised = /^\d+$/.test(soft) && soft !== hard;
  const [readEnd, writeEnd] = numbersIn(pipe);
  return {
    descriptors: numbersIn(open),
    ...(readEnd === undefined || writeEnd === undefined ? {} : {pipe: {readEnd, writeEnd}}),
    ...(raised ? {softOpenFiles: Number(soft)} : {}),
  };
}

function numbersIn(words: string): number[] {
  return words.split(' ').filter(Boolean).map(Number);
}

/**
 * Variables that a shell (dash, bash, busybox) sets or changes for itself, and those that the launcher uses; bin/limitrun
 * has the same list.
 */
const OF_THE_SHELL = new RegExp(
  `^(${[
    'PWD|OLDPWD|SHLVL|_|IFS|OPT(IND|ARG|ERR)|PPID|E?UID|GROUPS|DIRSTACK|FUNCNAME|PS[0-9]|BASH[A-Z_0-9]*|S?RANDOM',
    'SECONDS|EPOCH[A-Z]*|LINENO|HISTCMD|SHELLOPTS|POSIXLY_CORRECT|COMP_WORDBREAKS|LINES|COLUMNS',
    '(LIMITRUN_KEPT_)?(NODE_[A-Z0-9_]*|OPENSSL_CONF)|LIMITRUN_INHERITED[A-Z_]*',
    'lr__.*',
  ].join('|')})$`,
  's',
);

/** What the launcher tells of the environment and of signals. */
interface NotedVariables {
  /** Names and values, as far as Node can hold them. */
  readonly variables: readonly (readonly [name: string, value: string])[];
  /** The same as bytes `NAME=value`, where some are not UTF-8; otherwise none. */
  readonly bytes: readonly Buffer[];
  /** Whether the entries are the whole environment, and not only what shells are known to change. */
  readonly isWhole: boolean;
  /** /proc/PID/stat of a process that the launcher has started. */
  readonly stat: string;
}

/**
 * @param noted entries `NAME=value\0` and a stat line, as od tells eight bytes in a word of this machine, the last one
 * filled up with NULs: after `:` the whole environment; where that would be too large after `+` what shells are known to
 * change
 */
function fromVariables(noted = ''): NotedVariables {
  const bytes = bytesOf(noted.slice(1).replaceAll(' ', '').replaceAll('\n', ''));
  if (LITTLE_ENDIAN) bytes.swap64();
  const entries = bytes.toString().replace(/\0+$/, '').split('\0');
  const stat = entries.pop() ?? '';
  const isHeld = entries.every((entry) => !entry.includes(REPLACED));
  return {
    variables: entries.map(variableOf),
    bytes: isHeld ? [] : splitAtNul(bytes),
    isWhole: noted.startsWith(':'),
    stat,
  };
}

/** Of hexadecimal digits, as far as they are words of eight bytes. Buffer.from would have Node compile twice as much. */
function bytesOf(digits: string): Buffer {
  const bytes = Buffer.allocUnsafeSlow(digits.length >>> 1);
  const length = bytes.write(digits, 'hex');
  return bytes.subarray(0, length - (length % 8));
}

/** What has no name, or is none at all, has an empty one. */
function variableOf(entry: string): readonly [string, string] {
  const equals = Math.max(0, entry.indexOf('='));
  return [entry.slice(0, equals), entry.slice(equals + 1)];
}

function named(variables: NotedVariables['variables']): NotedVariables['variables'] {
  return variables.filter(([name]) => name !== '');
}

/** Puts back what the launcher's shell has changed, added or dropped, of what shells are known to. */
function restoreVariables(
  environment: Record<string, string | undefined>,
  variables: NotedVariables['variables'],
): void {
  for (const [name, value] of named(variables)) environment[name] = value;
  const names = new Set(variables.map(([name]) => name));
  for (const name of Object.keys(environment)) {
    if (!names.has(name) && OF_THE_SHELL.test(name)) Reflect.deleteProperty(environment, name);
  }
}

/** Those whose values are not UTF-8, by name. */
function unheldIn({variables, bytes}: NotedVariables): Map<string, Buffer> {
  const unheld = new Map<string, Buffer>();
  bytes.forEach((entry, index) => {
    const [name, value] = variables[index] ?? [];
    if (name === undefined || value?.includes(REPLACED) !== true) return;
    const exact = entry.subarray(entry.indexOf('=') + 1);
    if (!isUtf8(exact)) unheld.set(name, exact);
  });
  return unheld;
}

/** Field of /proc/PID/stat: the signals that are ignored, of the first 31, which are all that have names (proc(5)). */
const SIGIGNORE = 33;

/**
 * The signals that a process ignores, without `SIG`.
 * @param stat /proc/PID/stat, in whose masks bit n-1 stands for signal n
 */
export function ignoredIn(stat: string): string[] {
  // The name before it may hold anything; the field after it is number 3.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const bits = Number(fields[SIGIGNORE - 3]);
  if (Number.isNaN(bits) || bits === 0) return [];
  const names: string[] = [];
  for (const [name, number] of Object.entries(constants.signals)) {
    const isSet = number <= 31 && ((bits >>> (number - 1)) & 1) === 1;
    // Two names may stand for one number (SIGIO and SIGPOLL, SIGABRT and SIGIOT).
    if (isSet && !names.some((other) => sameNumber(other, number))) names.push(name.slice('SIG'.length));
  }
  return names;
}

function sameNumber(name: string, number: number): boolean {
  return constants.signals[`SIG${name}` as NodeJS.Signals] === number;
}
