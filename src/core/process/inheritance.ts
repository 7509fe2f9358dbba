import {isUtf8} from 'node:buffer';
import {constants} from 'node:os';
import {readProcText} from '../monitor/proc-file.js';
import {splitAtNul} from './exact-bytes.js';
import {findInherited, openDescriptors} from './inherited-descriptors.js';

/** What limitrun was started with and Node has changed. */
export interface Inheritance {
  /** Descriptors above 2. */
  readonly descriptors: readonly number[];
  /** Signals that were ignored, without `SIG`, such as `HUP`. */
  readonly ignoredSignals: readonly string[];
  /** The soft limit of open files, where Node has raised it. */
  readonly softOpenFiles?: number;
  /** Variables with names no shell can use whose values are not UTF-8, so that Node cannot hold them. */
  readonly unheldVariables?: ReadonlyMap<string, Buffer>;
  /** A pipe that the launcher has made: both of its ends, which are limitrun's own. */
  readonly pipe?: {readonly readEnd: number; readonly writeEnd: number};
  /** Noted by the launcher; without it only the descriptors are known. */
  readonly byLauncher?: true;
}

const NOTES = 'LIMITRUN_INHERITED';
const ODD = 'LIMITRUN_INHERITED_ODD';
const KEPT = 'LIMITRUN_KEPT_';

/**
 * Takes over what the launcher (bin/limitrun) has noted, and puts the environment back as it was. Without the launcher
 * only the descriptors can be told.
 *
 * Has to be called before anything opens a file.
 * @param environment is changed: the launcher's notes are taken out, and what it kept from Node is put back
 */
export function takeInheritance(environment: Record<string, string | undefined>): Inheritance {
  const notes = environment[NOTES];
  Reflect.deleteProperty(environment, NOTES);
  for (const [name, value] of Object.entries(environment)) {
    if (!name.startsWith(KEPT)) continue;
    Reflect.deleteProperty(environment, name);
    environment[name.slice(KEPT.length)] = value;
  }
  const unheldVariables = restoreOddVariables(environment);
  if (notes === undefined) return {descriptors: findInherited(openDescriptors()), ignoredSignals: []};
  const noted = fromNotes(notes, readProcText('/proc/self/limits') ?? '');
  return {...noted, ...(unheldVariables.size > 0 && {unheldVariables}), byLauncher: true};
}

/**
 * Reads the launcher's notes: `SigIgn mask in hex;soft limit of open files;descriptors;both ends of a pipe`.
 * @param limitsNow /proc/self/limits as Node has left it
 */
export function fromNotes(notes: string, limitsNow: string): Inheritance {
  const [mask = '', files = '', open = '', pipe = ''] = notes.split(';');
  const softOpenFiles = Number(files);
  const raised =
    files !== '' && Number.isSafeInteger(softOpenFiles) && softOpenFiles !== softLimitIn(limitsNow);
  const [readEnd, writeEnd] = numbersIn(pipe);
  return {
    descriptors: numbersIn(open),
    ignoredSignals: ignoredIn(mask),
    ...(readEnd === undefined || writeEnd === undefined ? {} : {pipe: {readEnd, writeEnd}}),
    ...(raised ? {softOpenFiles} : {}),
  };
}

function numbersIn(words: string): number[] {
  return words.split(' ').filter(Boolean).map(Number);
}

/** Variables that a shell sets or changes for itself, and those that the launcher uses. */
const OF_THE_SHELL = /^(PWD|OLDPWD|SHLVL|_|IFS|OPTIND|PPID|lr__.*)$/s;

/** @returns those whose names only it would have dropped and whose values are not UTF-8 */
function restoreOddVariables(environment: Record<string, string | undefined>): Map<string, Buffer> {
  const unheld = new Map<string, Buffer>();
  const noted = environment[ODD];
  Reflect.deleteProperty(environment, ODD);
  if (noted?.startsWith(':') !== true) return unheld;
  for (const name of Object.keys(environment).filter((one) => OF_THE_SHELL.test(one)))
    Reflect.deleteProperty(environment, name);
  for (const [name, value] of oddVariables(noted.slice(1))) {
    environment[name] = value.toString();
    if (!isUtf8(value)) unheld.set(name, value);
  }
  return unheld;
}

/** Names that a shell cannot use, and so drops. */
const UNUSABLE = /^[0-9]|[^A-Za-z0-9_]/;

/**
 * Variables that the launcher's shell has dropped or changed.
 * @param hex bytes of `NAME=value\0...`: those and maybe others
 */
function oddVariables(hex: string): [string, Buffer][] {
  return splitAtNul(Buffer.from(hex.replace(/\s+/g, ''), 'hex'))
    .map((entry): [string, Buffer] => {
      const equals = entry.indexOf('=');
      return [entry.toString('utf8', 0, Math.max(equals, 0)), entry.subarray(equals + 1)];
    })
    .filter(([name]) => name !== '' && (UNUSABLE.test(name) || OF_THE_SHELL.test(name)));
}

function softLimitIn(limits: string): number {
  return Number(/^Max open files +(\S+)/m.exec(limits)?.[1]);
}

/** The signals of a mask as in /proc/PID/status, where bit n-1 stands for signal n. */
function ignoredIn(mask: string): string[] {
  if (!/^[0-9a-f]+$/i.test(mask)) return [];
  const bits = BigInt(`0x${mask}`);
  const names: string[] = [];
  for (const [name, number] of Object.entries(constants.signals)) {
    const isSet = ((bits >> BigInt(number - 1)) & 1n) === 1n;
    // Two names may stand for one number (SIGIO and SIGPOLL, SIGABRT and SIGIOT).
    if (isSet && !names.some((other) => sameNumber(other, number))) names.push(name.slice('SIG'.length));
  }
  return names;
}

function sameNumber(name: string, number: number): boolean {
  return constants.signals[`SIG${name}` as NodeJS.Signals] === number;
}
