import {
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import {describe, expect, inject, test} from 'vitest';
import {limitrun, type Running, shell, start} from '../support/limitrun.js';
import {type StatusRun, statusRuns} from '../support/status.js';
import {openTerminal} from '../support/terminal.js';
import {expectNothingAlive, scratch} from '../support/this-test.js';
import {waitFor} from '../support/wait-for.js';

/** A command that says `up` and waits to be ended. */
const WAITING = ['--', 'sh', '-c', 'echo up; exec sleep 60'];

function named(name: string, ...flags: string[]): Running {
  return start(['--quiet', '--name', name, ...flags, ...WAITING], {deadlineMs: 90_000});
}

async function startNamed(name: string, ...flags: string[]): Promise<Running> {
  const running = named(name, ...flags);
  await running.said('up');
  return running;
}

/** The run of this name as `status` tells it, once it is as wanted. */
async function statusOf(name: string, fits: (run: StatusRun) => boolean): Promise<StatusRun> {
  let seen: readonly StatusRun[] = [];
  return waitFor(
    async () => {
      seen = await statusRuns();
      return seen.find((run) => run.name === name && fits(run));
    },
    {what: `${name} as wanted`, deadlineMs: 45_000, seen: () => JSON.stringify(seen)},
  );
}

async function end(running: Running): Promise<void> {
  running.kill('SIGTERM');
  await running.exited;
}

/** The files of a run: its record and, while it is there, its live file. */
function recordFiles(runId: string): string[] {
  return ['state/limitrun/runs', 'state/limitrun/live', 'runtime/limitrun']
    .map((directory) => scratch(directory))
    .flatMap((directory) => {
      try {
        return readdirSync(directory).map((name) => path.join(directory, name));
      } catch {
        return [];
      }
    })
    .filter((file) => path.basename(file).startsWith(`${runId}.`));
}

function rewrite(file: string, change: (text: string) => string): void {
  writeFileSync(file, change(readFileSync(file, 'utf8')));
}

describe('status', () => {
  test(
    'tells of a run that goes on, in a table, in full and as JSON, and of its end',
    {timeout: 60_000},
    async () => {
      const running = await startNamed('nightly', '--max-rss', '256MB');
      const run = await statusOf('nightly', ({usage, pid}) => usage?.rss !== undefined && pid !== undefined);
      expect(run).toMatchObject({fate: 'running', state: 'running', supervisor_pid: running.pid});
      expect(run.limits).toMatchObject([{limit: 'max_rss'}]);

      const table = await limitrun(['status']);
      expect(table).toMatchObject({code: 0, stderr: ''});
      expect(table.stdout).toMatch(
        /^id +name +command +state +att +elapsed +RSS of limit +CPU +proc +viol$/m,
      );
      expect(table.stdout).toMatch(/^[0-9a-f]{6} nightly +sh -c .* running +1 .* of 256 MiB \d+% /m);

      const [shortId = ''] = /^[0-9a-f]{6}/m.exec(table.stdout) ?? [];
      for (const word of ['nightly', run.run_id, shortId]) {
        const full = await limitrun(['status', word]);
        expect(full.stdout).toContain(`run       ${run.run_id} (nightly)\n`);
        expect(full.stdout).toContain(`state     running, attempt 1, pid ${String(run.pid)}\n`);
        expect(full.stdout).toMatch(/^resident memory +256\.0 MiB +graceful_shutdown +sampled about every/m);
      }
      expect(await statusRuns('nightly')).toMatchObject([{run_id: run.run_id, attempts: [{pid: run.pid}]}]);

      await end(running);
      expect((await limitrun(['status'])).stdout).toBe(
        'no runs; limitrun status --all shows those that ended\n',
      );
      expect((await limitrun(['status', '--all'])).stdout).toMatch(/ nightly +sh -c .* signal SIGTERM +143 /);
      expect((await limitrun(['status', 'nightly'])).stdout).toContain('state     ended by signal SIGTERM');
      expect(await statusRuns('--all')).toMatchObject([{fate: 'ended', exit_code: 143}]);
    },
  );

  test('16 runs at once are all there, and when they have ended too', {timeout: 120_000}, async () => {
    const names = Array.from({length: 16}, (_, index) => `r${String(index)}`);
    const running = names.map((name) => named(name));
    const runs = await waitFor(
      async () => {
        const found = await statusRuns();
        return found.filter(({pid}) => pid !== undefined).length === 16 && found;
      },
      {what: '16 runs', deadlineMs: 60_000},
    );
    expect(new Set(runs.map(({run_id}) => run_id)).size).toBe(16);
    expect(new Set(runs.map(({name}) => name))).toEqual(new Set(names));
    expect(new Set(runs.map(({fate}) => fate))).toEqual(new Set(['running']));
    await Promise.all(running.map(end));
    const {stdout, stderr} = await limitrun(['status', '--all']);
    expect(stderr).toBe('');
    expect(stdout.match(/ signal SIGTERM +143 /g)).toHaveLength(16);
  });

  test('F-08 a run whose limitrun was killed is lost, and its tree is gone', async () => {
    const running = await startNamed('killed');
    await statusOf('killed', ({fate}) => fate === 'running');
    running.kill('SIGKILL');
    await running.exited;
    await expectNothingAlive(10_000);
    await statusOf('killed', ({fate}) => fate === 'lost');
    expect((await limitrun(['status'])).stdout).toMatch(/ killed +sh -c .* lost /);
    expect((await limitrun(['status', 'killed'])).stdout).toContain('state     lost (limitrun was killed');
    expect((await statusRuns('killed'))[0]).not.toHaveProperty('usage');
  });

  test('a run is seen from another login session, and is lost when neither it nor its runtime directory is there', async () => {
    mkdirSync(scratch('session'), {mode: 0o700});
    const running = start(['--quiet', '--name', 'elsewhere', ...WAITING], {
      env: {XDG_RUNTIME_DIR: scratch('session')},
      deadlineMs: 90_000,
    });
    await running.said('up');
    await statusOf('elsewhere', ({fate, state}) => fate === 'running' && state === 'running');
    expect(recordFiles((await statusRuns())[0]?.run_id ?? '')).toHaveLength(1);
    running.kill('SIGKILL');
    await running.exited;
    rmSync(scratch('session'), {recursive: true});
    await expectNothingAlive(10_000);
    await statusOf('elsewhere', ({fate}) => fate === 'lost');
  });

  test('F-08 after a reboot a run is lost, though a process has the pid and the start time', async () => {
    const running = await startNamed('rebooted');
    const {run_id: id} = await statusOf('rebooted', ({fate, pid}) => fate === 'running' && pid !== undefined);
    const files = recordFiles(id);
    expect(files.length).toBeGreaterThan(1);
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    const kept = files.map((file) => [file, readFileSync(file, 'utf8')] as const);
    await end(running);

    // As a power cut leaves them, with a process of today in the place of limitrun.
    const stat = readFileSync('/proc/self/stat', 'utf8');
    const startTime = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
    for (const [file, text] of kept) writeFileSync(file, text, {mode: 0o600});
    const stillThere = (text: string): string =>
      text
        .replace(/"supervisor":\{"pid":\d+/, `"supervisor":{"pid":${String(process.pid)}`)
        .replace(/"start_time":\d+/, `"start_time":${startTime}`);
    for (const file of files) rewrite(file, stillThere);
    expect((await statusOf('rebooted', () => true)).fate).toBe('running');
    for (const file of files) rewrite(file, (text) => text.replaceAll(boot, boot.replaceAll(/[0-9]/g, '7')));
    expect((await statusOf('rebooted', () => true)).fate).toBe('lost');
  });

  test('F-02 what cannot be read is a line each, and the other runs are shown', async () => {
    await limitrun(['--quiet', '--name', 'whole', '--', 'true']);
    const [{run_id: id} = {run_id: ''}] = await statusRuns('whole');
    const directory = scratch('state/limitrun/runs');
    const text = readFileSync(path.join(directory, `${id}.jsonl`), 'utf8');
    const write = (name: string, content: string): void => {
      writeFileSync(path.join(directory, `${name}.jsonl`), content, {mode: 0o600});
    };
    write('aaaa00000001', 'garbage \u001b[31m\n'.repeat(3));
    write('aaaa00000002', text.replaceAll('"v":1', '"v":99'));
    write('aaaa00000003', '');
    write('aaaa00000004', text.replaceAll(id, 'aaaa00000004').replace('"name":"whole"', '"name":"cut"'));
    truncateSync(path.join(directory, 'aaaa00000004.jsonl'), Math.floor(text.length * 0.6));
    mkdirSync(path.join(directory, 'aaaa00000005.jsonl'));
    symlinkSync('/etc/passwd', path.join(directory, 'aaaa00000006.jsonl'));

    const {code, stdout, stderr} = await limitrun(['status', '--all']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/ whole +true +exited 0 +0 /);
    expect(stdout).toContain(' cut ');
    const lines = stderr.trimEnd().split('\n');
    for (const line of lines) expect(line).toMatch(/^limitrun: warning: \/\S+: \S/);
    for (const name of ['aaaa00000001', 'aaaa00000002', 'aaaa00000005', 'aaaa00000006']) {
      expect(lines.filter((line) => line.includes(name))).toHaveLength(1);
    }
    expect(stderr).toContain('newer limitrun');
    expect(`${stdout}${stderr}`).not.toContain('root:');
    expect(`${stdout}${stderr}`).not.toContain('\u001b');
    expect(await statusRuns('whole')).toHaveLength(1);
  });

  test('a run that there is not is told in one line with what may be meant, exit code 125', async () => {
    await limitrun(['--quiet', '--name', 'nightly', '--', 'true']);
    expect(await limitrun(['status', 'nihgtly'])).toMatchObject({
      code: 125,
      stdout: '',
      stderr: 'limitrun: no run "nihgtly"; did you mean nightly? (limitrun status --all shows them)\n',
    });
    expect(await limitrun(['status', '--json', 'x\u001b[2J'])).toMatchObject({
      code: 125,
      stdout: '',
      stderr: 'limitrun: no run "x\\x1b[2J" (limitrun status --all shows them)\n',
    });
  });

  test('without records, and where there is no place for any, it says so and ends with 0', async () => {
    expect(await limitrun(['status', '--all'])).toMatchObject({
      code: 0,
      stdout: 'no runs recorded yet\n',
      stderr: '',
    });
    expect(await statusRuns()).toEqual([]);
    writeFileSync(scratch('file'), '');
    const env = {XDG_STATE_HOME: scratch('file'), XDG_RUNTIME_DIR: scratch('file')};
    const {code, stdout, stderr} = await limitrun(['status', '--all'], {env});
    expect({code, stdout}).toEqual({code: 0, stdout: 'no runs recorded yet\n'});
    expect(stderr).not.toMatch(/^\s+at /m);
  });

  test('a reader that has seen enough is no error, a full disk is one', async () => {
    expect((await shell('"$NODE" "$RUN" status | true')).stderr).toBe('');
    const {code, stderr} = await shell('exec "$NODE" "$RUN" status >/dev/full');
    expect(code).toBe(125);
    expect(stderr).toMatch(/^limitrun: standard output cannot be written \(ENOSPC\)\n$/);
  });

  test('on a terminal the table keeps to its width, whatever that is', {timeout: 60_000}, async () => {
    const running = await startNamed('wide');
    await statusOf('wide', ({usage}) => usage?.rss !== undefined);
    const terminal = await openTerminal(inject('fixtureDirectory'), 80, 24);
    for (const [columns, rows] of [
      [80, 24],
      [40, 10],
      [200, 50],
    ] as const) {
      await terminal.resize(columns, rows);
      terminal.line(`clear; limitrun status; tput cols; echo done-${String(columns)}`);
      await terminal.shows(new RegExp(`^done-${String(columns)}$`, 'm'));
      const lines = terminal.screen().split('\n');
      const header = lines.findIndex((line) => /^id +/.test(line));
      expect(lines[header], terminal.screen()).toMatch(/command +state .*RSS of limit/);
      expect(lines[header + 1]).toMatch(/^[0-9a-f]{6} .*running/);
      expect(lines[header + 2]).toBe(String(columns));
    }
    await end(running);
  });
});
