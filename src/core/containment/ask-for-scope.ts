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
  const {refused} = await call(manager, scopeCall(manager, scope, pid));
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

/**
 * Whether systemd ends limitrun's own unit when the kernel has killed in it: by SIGTERM at first, by SIGKILL with the
 * second kill (systemd.scope(5), OOMPolicy=). A unit that does not know the property is never ended for that.
 */
export async function endsAfterKill(manager: GroupManager): Promise<boolean> {
  if (manager.ownUnit === undefined) return false;
  const {answer = ''} = await call(manager, oomPolicyCall(manager, manager.ownUnit));
  return answer !== '' && !answer.includes('"continue"');
}

/** The words for busctl(1); the answer is such as `s "stop"`. */
export function oomPolicyCall({kind}: GroupManager, unit: string): string[] {
  return [
    `--${kind}`,
    'get-property',
    'org.freedesktop.systemd1',
    `/org/freedesktop/systemd1/unit/${pathLabel(unit)}`,
    `org.freedesktop.systemd1.${unit.endsWith('.service') ? 'Service' : 'Scope'}`,
    'OOMPolicy',
  ];
}

/** As sd_bus_path_encode(3) does: what is no letter or digit, and a digit at the start, as `_` and its hexadecimal code. */
function pathLabel(unit: string): string {
  return [...Buffer.from(unit)]
    .map((byte, at) => {
      const character = String.fromCharCode(byte);
      const isPlain = at === 0 ? /[a-z]/i.test(character) : /[a-z0-9]/i.test(character);
      return isPlain ? character : `_${byte.toString(16).padStart(2, '0')}`;
    })
    .join('');
}

/** `refused`: why it was not answered. */
function call(
  {busctl, runtimeDirectory}: GroupManager,
  words: readonly string[],
): Promise<{refused: string; answer?: never} | {refused?: never; answer: string}> {
  const env = {XDG_RUNTIME_DIR: runtimeDirectory};
  return new Promise((resolve) => {
    execFile(busctl, words, {env, timeout: PATIENCE_MS, cwd: '/'}, (error, stdout, stderr) => {
      if (error === null) resolve({answer: stdout});
      else resolve({refused: stderr === '' ? errorMessage(error) : firstLine(stderr)});
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
