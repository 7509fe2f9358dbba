import {expect, test} from 'vitest';
import type {ProcessReading} from '../../../src/core/monitor/probe.js';
import {UsageMeter} from '../../../src/core/monitor/usage-meter.js';
import {reading} from './readings.js';

const LIMITRUN = 500;

function instant(atMs: number): {atMs: number; timestampMs: number} {
  return {atMs, timestampMs: 1_000_000 + atMs};
}

/** The usage that a fresh meter makes of one reading. */
function usageOf(...processes: ProcessReading[]): ReturnType<UsageMeter['add']> {
  return new UsageMeter('procfs').add({processes}, instant(0));
}

test('a usage says when it was taken and from which source', () => {
  const usage = new UsageMeter('cgroup2').add({processes: []}, instant(5));
  expect(usage).toMatchObject({atMs: 5, timestampMs: 1_000_005, source: 'cgroup2'});
});

test('what no member told is absent and not zero', () => {
  const usage = usageOf(reading({pid: 10}));
  expect(usage.memory).toEqual({});
  expect(usage.io).toEqual({});
  expect(usage.cpu).toEqual({timeMs: 0});
  expect(usage.process).toEqual({processes: 1});
});

test('what a member told as zero is zero', () => {
  const usage = usageOf(reading({pid: 10, swapBytes: 0, fileDescriptors: 0, readBytes: 0, writtenBytes: 0}));
  expect(usage.memory).toEqual({swapBytes: 0});
  expect(usage.process.fileDescriptors).toBe(0);
  expect(usage.io).toEqual({readBytes: 0, writtenBytes: 0});
});

test('sizes and open files are summed over the tree', () => {
  const usage = usageOf(
    reading({pid: 10, rssBytes: 1, virtualBytes: 10, swapBytes: 100, fileDescriptors: 3}),
    reading({pid: 11, parentPid: 10, rssBytes: 2, virtualBytes: 20, swapBytes: 200, fileDescriptors: 4}),
  );
  expect(usage.memory).toEqual({rssBytes: 3, virtualBytes: 30, swapBytes: 300});
  expect(usage.process).toEqual({processes: 2, fileDescriptors: 7});
});

test('a figure that only some members told is the sum of those', () => {
  const usage = usageOf(reading({pid: 10, fileDescriptors: 3}), reading({pid: 11}));
  expect(usage.process.fileDescriptors).toBe(3);
});

test('the peak of the resident memory is the highest of one member', () => {
  const peaks = [5, 9, undefined, 7].map((peakRssBytes, index) =>
    reading({pid: 10 + index, ...(peakRssBytes === undefined ? {} : {peakRssBytes})}),
  );
  expect(usageOf(...peaks).memory.peakRssBytes).toBe(9);
  expect(usageOf(...peaks.reverse()).memory.peakRssBytes).toBe(9);
});

test('the CPU time of a zombie counts, the zombie is no process any more', () => {
  const usage = usageOf(
    reading({pid: 10, cpuTimeMs: 5, rssBytes: 1}),
    reading({pid: 11, parentPid: 10, cpuTimeMs: 7, zombie: true}),
  );
  expect(usage.cpu.timeMs).toBe(12);
  expect(usage.process.processes).toBe(1);
  expect(usage.memory.rssBytes).toBe(1);
});

test('a tree of zombies has no processes, which is a figure', () => {
  const usage = usageOf(reading({pid: 10, zombie: true}));
  expect(usage.process).toEqual({processes: 0});
  expect(usage.memory).toEqual({});
});

test('a child that borrows the memory of its parent between vfork and exec is counted once', () => {
  const usage = usageOf(
    reading({pid: 10, rssBytes: 50, virtualBytes: 90, memoryImage: 'stack 90 50'}),
    reading({pid: 11, parentPid: 10, rssBytes: 50, virtualBytes: 90, memoryImage: 'stack 90 50'}),
    reading({pid: 12, parentPid: 11, rssBytes: 50, virtualBytes: 90, memoryImage: 'stack 90 50'}),
  );
  expect(usage.memory).toEqual({rssBytes: 50, virtualBytes: 90});
  expect(usage.process.processes).toBe(3);
});

test('a child that has been somewhere else since is counted by itself', () => {
  const usage = usageOf(
    reading({pid: 10, rssBytes: 50, memoryImage: 'stack 90 50'}),
    reading({pid: 11, parentPid: 10, rssBytes: 50, memoryImage: 'other 90 50'}),
  );
  expect(usage.memory.rssBytes).toBe(100);
});

test('two siblings of the same size are both counted', () => {
  const usage = usageOf(
    reading({pid: 10, rssBytes: 10, memoryImage: 'stack 20 10'}),
    reading({pid: 11, parentPid: 10, rssBytes: 50, memoryImage: 'stack 90 50'}),
    reading({pid: 12, parentPid: 10, rssBytes: 50, memoryImage: 'stack 90 50'}),
  );
  expect(usage.memory.rssBytes).toBe(110);
});

test('members whose image is unknown are never taken for borrowers', () => {
  const usage = usageOf(reading({pid: 10, rssBytes: 5}), reading({pid: 11, parentPid: 10, rssBytes: 5}));
  expect(usage.memory.rssBytes).toBe(10);
});

test('where the share of a member may not be read its whole resident memory stands for it', () => {
  const usage = usageOf(
    reading({pid: 10, rssBytes: 100, pssBytes: 40}),
    reading({pid: 11, parentPid: 10, rssBytes: 70}),
  );
  expect(usage.memory).toEqual({rssBytes: 170, pssBytes: 110});
});

test('without any share read there is no proportional size', () => {
  expect(usageOf(reading({pid: 10, rssBytes: 100})).memory).toEqual({rssBytes: 100});
});

test('CPU percent is absent in the first second and 100 for one core in full use', () => {
  const meter = new UsageMeter('procfs', {atMs: 0});
  const cpu = (atMs: number, cpuTimeMs: number): unknown =>
    meter.add({processes: [reading({pid: 10, cpuTimeMs})]}, instant(atMs)).cpu;
  expect(cpu(500, 500)).toEqual({timeMs: 500});
  expect(cpu(1000, 1000)).toEqual({timeMs: 1000, percent: 100});
  expect(cpu(2000, 1500)).toEqual({timeMs: 1500, percent: 50});
});

test('a tree that was running before does not show what it had used as a burst', () => {
  const meter = new UsageMeter('procfs');
  const add = (atMs: number, cpuTimeMs: number): unknown =>
    meter.add({processes: [reading({pid: 10, cpuTimeMs})]}, instant(atMs)).cpu;
  expect(add(0, 90_000)).toEqual({timeMs: 90_000});
  expect(add(1000, 90_100)).toEqual({timeMs: 90_100, percent: 10});
});

test('CPU time that limitrun has reaped belongs to the tree', () => {
  const meter = new UsageMeter('procfs', {atMs: 0}, LIMITRUN);
  const root = reading({pid: 10, parentPid: LIMITRUN, cpuTimeMs: 70});
  expect(meter.add({processes: [root], reaped: {cpuTimeMs: 0}}, instant(1)).cpu.timeMs).toBe(70);
  expect(meter.add({processes: [], reaped: {cpuTimeMs: 85}}, instant(2)).cpu.timeMs).toBe(85);
});

test('disk totals stand between detailed readings, and the rates are absent there', () => {
  const meter = new UsageMeter('procfs', {atMs: 0});
  const detailed = reading({pid: 10, readBytes: 1000, writtenBytes: 2000});
  const rates = {readBytesPerSecond: 1000, writtenBytesPerSecond: 2000};
  const totals = {readBytes: 1000, writtenBytes: 2000};
  expect(meter.add({processes: [reading({pid: 10})]}, instant(500)).io).toEqual({});
  expect(meter.add({processes: [detailed]}, instant(1000)).io).toEqual({...totals, ...rates});
  expect(meter.add({processes: [reading({pid: 10})]}, instant(1500)).io).toEqual(totals);
});

test('disk bytes of a child that was waited for are not counted twice', () => {
  const meter = new UsageMeter('procfs');
  const add = (...processes: ProcessReading[]): unknown => meter.add({processes}, instant(0)).io.readBytes;
  expect(add(reading({pid: 10, readBytes: 5}), reading({pid: 11, parentPid: 10, readBytes: 7}))).toBe(12);
  expect(add(reading({pid: 10, readBytes: 12}))).toBe(12);
  expect(add(reading({pid: 10, readBytes: 12}))).toBe(12);
});

test('disk bytes of a root that limitrun has reaped are the totals of the end', () => {
  const meter = new UsageMeter('procfs', {atMs: 0}, LIMITRUN);
  const nothing = {cpuTimeMs: 0, readBytes: 0, writtenBytes: 0};
  const root = reading({pid: 10, parentPid: LIMITRUN, readBytes: 5, writtenBytes: 6});
  meter.add({processes: [root], reaped: nothing}, instant(100));
  const end = {cpuTimeMs: 0, readBytes: 50, writtenBytes: 60};
  expect(meter.add({processes: [], reaped: end}, instant(200)).io).toEqual({
    readBytes: 50,
    writtenBytes: 60,
  });
});

test('disk bytes reaped while members are still there do not stand for theirs', () => {
  const meter = new UsageMeter('procfs', {atMs: 0}, LIMITRUN);
  const end = {cpuTimeMs: 0, readBytes: 50, writtenBytes: 60};
  const usage = meter.add({processes: [reading({pid: 10})], reaped: end}, instant(200));
  expect(usage.io).toEqual({});
});

test('a system that does not tell the disk has no disk totals at the end', () => {
  const meter = new UsageMeter('procfs', {atMs: 0}, LIMITRUN);
  expect(meter.add({processes: [], reaped: {cpuTimeMs: 5}}, instant(200)).io).toEqual({});
});
