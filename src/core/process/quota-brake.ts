import {shareOf, type ThrottleLedger} from '../limits/throttle-slices.js';
import {Pause, type Brake, type BrakeTurn} from './brake.js';
import type {TreeCpuCap} from './tree-group.js';

/** How often the share is looked over; the kernel keeps it meanwhile. */
const TURN_MS = 250;
/** Less of a change is not worth a write: each begins a period with a whole quota. */
const WORTH_A_WRITE = 0.05;

/** The kernel holds CPU time back (`cpu.max`, `cpu.cfs_quota_us`): no process is stopped, none is told. */
export class QuotaBrake implements Brake {
  readonly #pause = new Pause();
  #cores: number | undefined;
  #heldBackMs: number;

  private constructor(private readonly cap: TreeCpuCap) {
    this.#heldBackMs = cap.heldBackMs();
  }

  /** @returns undefined when the kernel cannot keep it */
  static open(cap: TreeCpuCap | undefined, cores: number): QuotaBrake | undefined {
    return cap?.set(cores) === true ? new QuotaBrake(cap) : undefined;
  }

  async turn(ledger: ThrottleLedger, wantedCores: number): Promise<BrakeTurn> {
    const cores = shareOf(ledger, wantedCores);
    if (Math.abs(cores - (this.#cores ?? Infinity)) > WORTH_A_WRITE * cores && this.cap.set(cores)) {
      this.#cores = cores;
    }
    await this.#pause.for(TURN_MS);
    const before = this.#heldBackMs;
    this.#heldBackMs = this.cap.heldBackMs();
    return {heldMs: 0, deniedMs: Math.max(0, this.#heldBackMs - before)};
  }

  release(): void {
    this.cap.set(undefined);
    this.#pause.end();
  }
}
