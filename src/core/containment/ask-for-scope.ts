import {execFile} from 'node:child_process';
import {systemClock} from '../clock.js';
import {errorMessage} from '../error-message.js';
import {readProcText} from '../monitor/proc-file.js';
import type {GroupManager} from './cgroup-facts.js';
import {parseOwnGroups} from './cgroup-text.js';

/** A systemd that has not answered or acted by then is done without. */
const PATIENCE_MS = 5000;
const LOOK_MS = 2;

/**
 * Asks systemd to put limitrun into a scope of its own, which is delegated: limitrun may make groups beneath it
 * (org.freedesktop.systemd1(5), StartTransientUnit). Terminal, process group and parent stay as they are.
 * @returns why it was not done; undefined when limitrun is in the scope
 */
export async function askForScope(
  manager: GroupManager,
  runId: string,
  pid: number,
): Promise<string | undefined> {
  const scope = `limitrun-${runId}.scope`;
  const refused = await call(manager, scopeCall(manager, scope, pid));
  if (refused !== undefined) return refused;
  // The call only queues the job.
  const untilMs = systemClock.nowMs() + PATIENCE_MS;
  while (!isIn(scope)) {
    if (systemClock.nowMs() >= untilMs) return `systemd did not make ${scope} in time`;
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
  return undefined;
}

/** The words for busctl(1), with the properties as `a(sv)`. */
export function scopeCall({kind, ownUnit}: GroupManager, scope: string, pid: number): string[] {
  const properties = [
    ['Description', 's', 'limitrun'],
    ['PIDs', 'au', '1', String(pid)],
    ['Delegate', 'b', '1'],
    // Removed when it is over, however it ended.
    ['CollectMode', 's', 'inactive-or-failed'],
    // Whoever stops the unit that limitrun came from means limitrun too.
    ...(ownUnit === undefined ? [] : [['PartOf', 'as', '1', ownUnit]]),
  ];
  return [
    `--${kind}`,
    '--quiet',
    'call',
    'org.freedesktop.systemd1',
    '/org/freedesktop/systemd1',
    'org.freedesktop.systemd1.Manager',
    'StartTransientUnit',
    'ssa(sv)a(sa(sv))',
    scope,
    'fail',
    String(properties.length),
    ...properties.flat(),
    '0',
  ];
}

function call(
  {busctl, runtimeDirectory}: GroupManager,
  words: readonly string[],
): Promise<string | undefined> {
  const env = {XDG_RUNTIME_DIR: runtimeDirectory};
  return new Promise((resolve) => {
    execFile(busctl, words, {env, timeout: PATIENCE_MS, cwd: '/'}, (error, _stdout, stderr) => {
      resolve(error === null ? undefined : stderr === '' ? errorMessage(error) : firstLine(stderr));
    });
  });
}

function isIn(scope: string): boolean {
  return parseOwnGroups(readProcText('/proc/self/cgroup') ?? '').some(
    ({version, path}) => version === 2 && path.endsWith(`/${scope}`),
  );
}

function firstLine(text: string): string {
  return text.trim().split('\n', 1).join('');
}
