import {describe, expect, test} from 'vitest';
import {start, startProgram} from '../support/limitrun.js';
import {missing, needs} from '../support/needs.js';
import {LAUNCHER} from '../support/paths.js';
import {expectNothingAlive, fixture, scratch, textOf} from '../support/this-test.js';
import {waitFor} from '../support/wait-for.js';

describe('where few files may be open', () => {
  needs('linux', 'compiler');

  test.each([44, 48])('V-28 a limit is kept with no more than %d open files', async (files) => {
    const script = `ulimit -n ${String(files)}; exec "$LIMITRUN" --max-rss 60MB -- "$0" 20 --mib 5 --hold 5000`;
    const {code} = await startProgram('sh', ['-c', script, fixture('forker')], {env: {LIMITRUN: LAUNCHER}})
      .exited;
    expect(code).toBe(110);
    await expectNothingAlive();
  });

  test.each([60, 200])('V-28 and beside %d open files that it has inherited', async (inherited) => {
    const open = `for ((i = 20; i < 20 + ${String(inherited)}; i++)); do eval "exec $i</dev/null"; done`;
    const limit = `ulimit -n ${String(inherited + 60)}`;
    const script = `${open}; ${limit}; exec "$LIMITRUN" --max-rss 60MB -- "$0" 20 --mib 5 --hold 5000`;
    const {code, stderr} = await startProgram('bash', ['-c', script, fixture('forker')], {
      env: {LIMITRUN: LAUNCHER},
    }).exited;
    expect(stderr).toContain('ended: resident memory exceeded 60.0 MiB');
    expect(code).toBe(110);
    await expectNothingAlive();
  });

  test('V-28 a limitrun that cannot open files any more ends with 125, and its guard ends the tree', async ({
    skip,
  }) => {
    const reason = missing('prlimit');
    skip(reason !== undefined, `skipped: ${reason ?? ''}`);
    const script = 'echo ready; sleep 1000 & sleep 1000';
    const running = start(['--max-rss', '60MB', '--events', 'events', '--', 'sh', '-c', script]);
    await running.said('ready');
    // It watches: before that it would end without the guard's being told of.
    await waitFor(() => textOf(scratch('events'))?.includes('"usage_sampled"'), {what: 'the first sample'});
    const {exited} = startProgram('prlimit', ['--pid', String(running.pid), '--nofile=8:8']);
    expect(await exited).toMatchObject({code: 0});
    running.kill('SIGTERM');
    const {code, stderr} = await running.exited;
    expect(stderr).toMatch(/guard to end the command: EMFILE/);
    expect(code).toBe(125);
    await expectNothingAlive(5000);
  });
});
