import {spawn} from 'node:child_process';
import {existsSync} from 'node:fs';
import {beforeEach, describe, expect, test} from 'vitest';
import {Guard} from '../../../src/core/process/guard.js';
import {GUARD_SCRIPT} from '../../../src/core/process/guard-script.js';
import {isAlive} from '../../support/survivors.js';
import {openGroups, placeFor} from '../containment/real-groups.js';
import {gone, startChild, startShell, startTimeOf, type RealChild} from './real-children.js';

const ID = 'abcdef012345';
const WITHOUT_GREP = GUARD_SCRIPT.replace('/usr/bin/grep /bin/grep', '/nowhere/grep');

/** A process that carries a run's marker. */
async function marked(marker: string): Promise<RealChild> {
  const child = startChild('/bin/sh', [
    '-c',
    `LIMITRUN_RUN_ID='${marker}' sh -c 'echo up; sleep 300 & wait' & wait`,
  ]);
  await child.said('up');
  return child;
}

/** Whether the marked process below the child has ended: the child, a shell that waits for it, ends then. */
function guard(script: string, input: string): Promise<number | null> {
  const child = spawn('/bin/sh', ['-c', script, 'guard', ID], {
    stdio: ['pipe', 'ignore', 'ignore'],
    env: {},
    detached: true,
  });
  child.stdin.end(input);
  return new Promise((resolve) => child.once('exit', resolve));
}

describe.each([
  ['with grep', GUARD_SCRIPT],
  ['without grep', WITHOUT_GREP],
])('the guard %s', (_, script) => {
  beforeEach(({skip}) => {
    skip(!existsSync('/proc/self/stat'), 'skipped: no /proc');
  });

  test.each([ID, `012345abcdef/${ID}`, `${ID}/012345abcdef`, `[x.*/${ID}`])(
    'ends what carries %j',
    async (marker) => {
      const child = await marked(marker);
      await guard(script, '');
      await gone(child.pid);
    },
  );

  test('leaves a hook of the run alone, in a run around it too', async () => {
    const hook = `exec env LIMITRUN_RUN_ID=012345abcdef LIMITRUN_HOOK_RUN_ID=${ID} sh -c 'echo up; exec sleep 300'`;
    const child = startShell(hook);
    await child.said('up');
    await guard(script, '');
    expect(isAlive(child.pid)).toBe(true);
  });

  test.for([1, 2] as const)('ends a group of cgroup v%d, though it stands still', async (version, {skip}) => {
    const place = placeFor({version, membership: true});
    if (typeof place === 'string') {
      skip(true, `skipped: ${place}`);
      return;
    }
    const groups = openGroups([place]);
    const child = startShell(`${groups.enter.join('\n')}\nsleep 300 & echo one $!; wait`);
    const pids = [child.pid, await child.saidPid('one')];
    await groups.freeze('throttle');
    await guard(script, `group ${place.parent}/no such group\n`);
    expect(pids.every(isAlive)).toBe(true);
    await guard(script, `group /nowhere\ngroup ${groups.directories.join()}\n`);
    for (const pid of pids) await gone(pid);
  });

  test('ends no stranger, and nobody after a goodbye', async () => {
    const stranger = await marked('012345abcdef');
    const own = await marked(ID);
    await guard(script, 'goodbye\n');
    expect(isAlive(own.pid)).toBe(true);
    await guard(script, '');
    await gone(own.pid);
    expect(isAlive(stranger.pid)).toBe(true);
  });

  test('ends the child it was told of with its children, but not a later process of that pid', async () => {
    const child = startChild('/bin/sh', ['-c', 'env -i /bin/sleep 300 & echo own $!; wait']);
    const own = await child.saidPid('own');
    const start = startTimeOf(child.pid);
    await guard(script, `child ${String(child.pid)} ${String(start - 1)}\n`);
    expect(isAlive(child.pid)).toBe(true);
    await guard(script, `child 999999 1\nchild ${String(child.pid)} ${String(start)}\n`);
    await gone(child.pid);
    await gone(own);
  });
});

test('an id that could be a pattern is no run id', () => {
  for (const id of ['', '.*', 'abc', 'abcdef01234]']) expect(() => new Guard(id)).toThrow(RangeError);
});
