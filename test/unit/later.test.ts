import {execFileSync} from 'node:child_process';
import {readFileSync} from 'node:fs';
import {transformSync} from 'esbuild';
import {expect, test, vi} from 'vitest';
import {callLater, passed, waitFor} from '../../src/core/later.js';

const elapsed = async (what: Promise<unknown>): Promise<number> => {
  const began = process.hrtime.bigint();
  await what;
  return Number(process.hrtime.bigint() - began) / 1e6;
};

test('so much has passed, and not much more', async () => {
  const ms = await elapsed(passed(40));
  expect(ms).toBeGreaterThanOrEqual(39);
  expect(ms).toBeLessThan(1000);
});

test('several wait at a time, each for as long as it wants', async () => {
  const order: number[] = [];
  await Promise.all([60, 20, 40].map((ms) => passed(ms).then(() => order.push(ms))));
  expect(order).toEqual([20, 40, 60]);
});

test('what is called later is called once, unless it is cancelled', async () => {
  const [called, cancelled] = [vi.fn(), vi.fn()];
  callLater(20, called);
  callLater(20, cancelled)();
  expect(called).not.toHaveBeenCalled();
  await passed(60);
  expect(called).toHaveBeenCalledTimes(1);
  expect(cancelled).not.toHaveBeenCalled();
});

test('what happens in time is waited for, what takes longer is not', async () => {
  expect(await elapsed(waitFor(passed(20), 10_000))).toBeLessThan(5000);
  expect(await elapsed(waitFor(new Promise(() => undefined), 20))).toBeLessThan(5000);
  await expect(waitFor(Promise.reject(new Error('it failed')), 10_000)).rejects.toThrow('it failed');
});

test('a process that has nothing else to do does not wait for it', () => {
  const source = readFileSync(new URL('../../src/core/later.ts', import.meta.url), 'utf8');
  const {code} = transformSync(`${source}\ncallLater(60_000, () => undefined);`, {loader: 'ts'});
  execFileSync(process.execPath, ['--input-type=module', '-e', code], {timeout: 20_000});
});
