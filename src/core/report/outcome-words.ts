import type {LimitType} from '../limits/resource-limits.js';
import type {RunRecord} from '../record/run-record.js';
import {printable} from './printable.js';

const LIMIT_WORDS: Readonly<Record<LimitType, string>> = {
  max_rss: 'memory limit',
  max_virtual: 'virtual limit',
  max_swap: 'swap limit',
  max_percent: 'CPU limit',
  max_time: 'CPU time limit',
  max_processes: 'process limit',
  max_file_descriptors: 'file limit',
  max_read_bps: 'read limit',
  max_write_bps: 'write limit',
  timeout: 'timeout',
};

/** How a run ended in two or three words, for a column: `exited 3`, `memory limit`, `signal SIGTERM`. */
export function outcomeWords({cause, attempts}: RunRecord): string {
  switch (cause?.kind) {
    case undefined:
      return 'unknown';
    case 'exited': {
      const {exitCode, signal} = attempts.at(-1) ?? {};
      if (signal !== undefined) return `died of ${printable(signal)}`;
      return exitCode === undefined ? 'exited' : `exited ${String(exitCode)}`;
    }
    case 'violation':
      return LIMIT_WORDS[cause.limitType];
    case 'signal':
      return `signal ${printable(cause.signal)}`;
    case 'spawn_failed':
      return cause.code === 'ENOENT' ? 'not found' : 'not started';
    case 'breaker_open':
      return 'breaker open';
    case 'fault':
      return 'fault';
  }
}
