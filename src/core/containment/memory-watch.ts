import {ProcFile} from '../monitor/proc-file.js';
import {keyedValue} from './cgroup-text.js';
import type {OutOfMemory} from './containment.js';

/** The last charge, which did not fit, may have been this large (a huge page); v1 tells only what did fit. */
const LARGEST_CHARGE_BYTES = 2 * 1024 * 1024;

/**
 * Asks a group's memory controller whether it had to kill, and whether that was at the group's own cap:
 *
 * - v2 counts `oom_kill` of the group and of those beneath it, and in `memory.events.local` each `oom` at its own cap
 *   (cgroup-v2.rst);
 * - v1 counts `oom_kill` of the group in `memory.oom_control`; whether its cap was reached is told by `memory.failcnt`,
 *   which newer kernels leave at 0, and by the highest usage.
 */
export class MemoryWatch {
  readonly #version: 1 | 2;
  readonly #files = new Map<string, ProcFile>();

  constructor(
    version: 1 | 2,
    private readonly group: string,
  ) {
    this.#version = version;
  }

  look(): OutOfMemory {
    const kills = this.#read(this.#version === 2 ? 'memory.events' : 'memory.oom_control');
    if ((keyedValue(kills, 'oom_kill') ?? 0) === 0) return 'no';
    return this.#atCap() ? 'at_our_cap' : 'elsewhere';
  }

  /** The most that was charged to the group, cached files and kernel memory included; undefined: not told. */
  peakBytes(): number | undefined {
    const text = this.#read(this.#version === 2 ? 'memory.peak' : 'memory.max_usage_in_bytes');
    return /^\d+\n?$/.test(text) ? Number(text) : undefined;
  }

  close(): void {
    for (const file of this.#files.values()) file.close();
  }

  #atCap(): boolean {
    if (this.#version === 2) return (keyedValue(this.#read('memory.events.local'), 'oom') ?? 0) > 0;
    return ['memory', 'memory.memsw'].some((counter) => {
      const most = Number(this.#read(`${counter}.max_usage_in_bytes`));
      const limit = Number(this.#read(`${counter}.limit_in_bytes`) || Infinity);
      return most + LARGEST_CHARGE_BYTES >= limit || Number(this.#read(`${counter}.failcnt`)) > 0;
    });
  }

  #read(name: string): string {
    const known = this.#files.get(name);
    const file = known ?? new ProcFile(`${this.group}/${name}`);
    if (known === undefined) this.#files.set(name, file);
    return file.read() ?? '';
  }
}
