import {existsSync} from 'node:fs';
import type {UsageMetric} from './probe.js';
import {readProcText} from './proc-file.js';

let metrics: ReadonlySet<UsageMetric> | undefined;

/** What this kernel's /proc tells. */
export function procfsMetrics(): ReadonlySet<UsageMetric> {
  return (metrics ??= findMetrics());
}

function findMetrics(): Set<UsageMetric> {
  const measures = new Set<UsageMetric>([
    'rssBytes',
    'virtualBytes',
    'swapBytes',
    'cpu.timeMs',
    'cpu.percent',
    'processes',
    'fileDescriptors',
  ]);
  // Not read: the kernel would add up a large process.
  if (existsSync('/proc/self/smaps_rollup')) measures.add('pssBytes');
  // CONFIG_TASK_IO_ACCOUNTING may be missing.
  if (readProcText('/proc/self/io')?.includes('read_bytes') === true) {
    for (const metric of [
      'readBytes',
      'writtenBytes',
      'readBytesPerSecond',
      'writtenBytesPerSecond',
    ] as const) {
      measures.add(metric);
    }
  }
  return measures;
}
