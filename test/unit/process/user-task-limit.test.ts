import {spawnSync} from 'node:child_process';
import {existsSync, readFileSync} from 'node:fs';
import {fileURLToPath} from 'node:url';
import {beforeEach, describe, expect, test} from 'vitest';
import {UserTaskLimit} from '../../../src/core/process/user-task-limit.js';
import {startChild, startShell} from './real-children.js';

beforeEach(({skip}) => {
  skip(!existsSync('/proc/self/stat'), 'skipped: no /proc');
});

/** A user that nobody else is. */
const UID = '64123';
const ROOM = {whileNew: 200, settled: 1000};

const can = (file: string, ...args: string[]): boolean =>
  spawnSync(file, args, {stdio: 'ignore'}).status === 0;

const softLimitOf = (pid: number): string =>
  /^Max processes +(\S+)/m.exec(readFileSync(`/proc/${String(pid)}/limits`, 'latin1'))?.[1] ?? '';

test('the shell of root, whom the limit does not hold, sets none', async ({skip}) => {
  skip(process.getuid?.() !== 0, 'skipped: not root');
  const child = startShell(`${new UserTaskLimit(ROOM).lines.join('\n')}\necho done; exec sleep 1000`);
  await child.said('done');
  expect(softLimitOf(child.pid)).toBe(softLimitOf(process.pid));
});

describe('another user', () => {
  beforeEach(({skip}) => {
    skip(!can('setpriv', '--reuid', UID, '--clear-groups', 'true'), 'skipped: cannot become another user');
    skip(!can('prlimit', '--version'), 'skipped: no prlimit');
  });

  const shells = ['sh', 'bash', 'busybox'].filter((name) => spawnSync(name, ['-c', ':']).error === undefined);

  function under(shell: string, limit: UserTaskLimit, rest: string) {
    const words = shell === 'busybox' ? ['busybox', 'sh'] : [shell];
    const script = `${limit.lines.join('\n')}\necho done\n${rest}`;
    return startChild('setpriv', ['--reuid', UID, '--clear-groups', ...words, '-c', script]);
  }

  test.each(shells)('gets one that leaves room beside what the user has: %s', async (shell) => {
    const child = under(shell, new UserTaskLimit(ROOM), 'exec sleep 1000');
    await child.said('done');
    const narrow = Number(softLimitOf(child.pid));
    expect(narrow).toBeGreaterThan(ROOM.whileNew);
    expect(narrow).toBeLessThan(ROOM.settled);
  });

  test('keeps one that is narrower already', async () => {
    const script = `const {UserTaskLimit} = await import(process.argv[1]);
      console.log(new UserTaskLimit(${JSON.stringify(ROOM)}).lines.join('\\n'));`;
    const built = fileURLToPath(new URL('../../../dist/core/process/user-task-limit.js', import.meta.url));
    const command = 'eval "$("$0" --input-type=module -e "$1" "$2")"; echo done; exec sleep 1000';
    const become = ['--nproc=150:', 'setpriv', '--reuid', UID, '--clear-groups'];
    const args = [...become, 'sh', '-c', command, process.execPath, script, built];
    const child = startChild('prlimit', args);
    await child.said('done');
    expect(softLimitOf(child.pid)).toBe('150');
  });
});
