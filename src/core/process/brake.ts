import type {ThrottleLedger} from '../limits/throttle-slices.js';

/** What a brake has done in one turn. */
export interface BrakeTurn {
  /** For how long the tree stood still, ms. */
  readonly heldMs: number;
  /** CPU time that it wanted and was not given while it could run, ms. */
  readonly deniedMs: number;
}

/** A way to keep a tree to a share of CPU time. */
export interface Brake {
  /** Keeps the tree, for a while, to what the ledger says it may have. Ends early when it is released. */
  turn(ledger: ThrottleLedger, wantedCores: number): Promise<BrakeTurn>;
  /** The tree runs freely from now on; for good. */
  release(): void;
}

/** A pause that can be ended early. */
export class Pause {
  #over = false;
  #wake: () => void = () => undefined;

  isOver(): boolean {
    return this.#over;
  }

  async for(ms: number): Promise<void> {
    if (this.#over) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  /** Ends the pause under way; from now on there is none. */
  end(): void {
    this.#over = true;
    this.#wake();
  }
}
