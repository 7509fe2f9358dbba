import {expect, test} from 'vitest';
import {MemberTrail} from '../../../src/core/monitor/member-trail.js';
import {parseCommandLine} from '../../../src/core/monitor/procfs-text.js';
import {reading} from './readings.js';

test('a member that has just been seen has figures but no rates', () => {
  const trail = new MemberTrail();
  const processes = [reading({pid: 7, parentPid: 3, name: 'leak', rssBytes: 10, pssBytes: 5, cpuTimeMs: 30})];
  trail.add(processes, 0);
  expect(trail.members(processes, 100)).toEqual([
    {pid: 7, parentPid: 3, name: 'leak', rssBytes: 10, pssBytes: 5, cpuTimeMs: 30},
  ]);
});

test('rates are those of the last seconds and not of the whole life', () => {
  const trail = new MemberTrail();
  const at = (ms: number) => [
    reading({pid: 7, rssBytes: ms < 60_000 ? 1000 : 1000 + (ms - 60_000) * 2, cpuTimeMs: ms / 2}),
  ];
  for (let ms = 0; ms <= 66_000; ms += 100) trail.add(at(ms), ms);
  const [member] = trail.members(at(66_000), 66_000);
  expect(member?.cpuPercent).toBeCloseTo(50);
  expect(member?.growthBytesPerSecond).toBeCloseTo(2000);
});

test('memory that shrinks grows by less than nothing', () => {
  const trail = new MemberTrail();
  trail.add([reading({pid: 7, rssBytes: 3000})], 0);
  expect(trail.members([reading({pid: 7, rssBytes: 1000})], 1000)[0]?.growthBytesPerSecond).toBe(-2000);
});

test('a pid that is used again begins anew', () => {
  const trail = new MemberTrail();
  trail.add([reading({pid: 7, startTime: 1, cpuTimeMs: 5000})], 0);
  const next = [reading({pid: 7, startTime: 2, cpuTimeMs: 10})];
  trail.add(next, 1000);
  expect(trail.members(next, 1100)[0]).not.toHaveProperty('cpuPercent');
  expect(trail.members([reading({pid: 7, startTime: 2, cpuTimeMs: 510})], 2000)[0]?.cpuPercent).toBeCloseTo(
    50,
  );
});

test('children that a member has waited for are not held against it', () => {
  const trail = new MemberTrail();
  trail.add([reading({pid: 7, cpuTimeMs: 100})], 0);
  const [member] = trail.members([reading({pid: 7, cpuTimeMs: 900, reapedCpuTimeMs: 800})], 1000);
  expect(member).toMatchObject({cpuTimeMs: 100, cpuPercent: 0});
});

test('zombies are not told', () => {
  const trail = new MemberTrail();
  expect(trail.members([reading({pid: 7, zombie: true})], 0)).toEqual([]);
});

test('the words of a command line are split at NUL and decoded', () => {
  const latin1 = Buffer.from('node\0app é.js\0\0last\0', 'utf8').toString('latin1');
  expect(parseCommandLine(latin1)).toEqual(['node', 'app é.js', '', 'last']);
  expect(parseCommandLine('')).toEqual([]);
  expect(parseCommandLine('no terminator')).toEqual(['no terminator']);
});

test('X-14 a huge command line is cut at 4 KiB, and never within a character', () => {
  const words = parseCommandLine(Buffer.from(`a\0${'é'.repeat(100_000)}`, 'utf8').toString('latin1'));
  expect(words).toEqual(['a', `${'é'.repeat(2047)}…`]);
});
