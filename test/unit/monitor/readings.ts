import type {ProcessReading} from '../../../src/core/monitor/probe.js';

/** A reading of one process that told nothing but the given figures. */
export function reading(figures: Partial<ProcessReading> & {readonly pid: number}): ProcessReading {
  return {
    startTime: 1,
    parentPid: 1,
    name: 'node',
    zombie: false,
    cpuTimeMs: 0,
    reapedCpuTimeMs: 0,
    ...figures,
  };
}
