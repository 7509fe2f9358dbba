import type {ResourceViolation} from './resource-violation.js';

/** What surrounds the action on a violation. */
export interface ActionSurroundings {
  /**
   * Called once for each critical violation before it is acted on. When it returns a promise the action waits for it,
   * and so do violations that come later; it has to bound itself in time. A failure is told and changes nothing.
   */
  readonly beforeAction?: (violation: ResourceViolation) => Promise<void> | undefined;
  /** Called when the violation has been handed to the enforcer or to the callback. */
  readonly afterAction?: (violation: ResourceViolation) => void;
}

interface Held {
  readonly violation: ResourceViolation;
  readonly act: () => void;
}

/** Lets actions through one after the other, each after what is to happen before it. */
export class ActionGate {
  readonly #surroundings: ActionSurroundings;
  readonly #onFailure: (error: unknown) => void;
  readonly #queue: Held[] = [];
  #holding = false;

  constructor(surroundings: ActionSurroundings, onFailure: (error: unknown) => void) {
    this.#surroundings = surroundings;
    this.#onFailure = onFailure;
  }

  /** An action is waiting. */
  get holding(): boolean {
    return this.#holding;
  }

  /** Acts at once, unless there is something to wait for. The wall time waits for nothing. */
  pass(violation: ResourceViolation, act: () => void): void {
    const held = {violation, act};
    if (violation.limitType === 'timeout') {
      void this.#before(violation);
      this.#act(held);
    } else if (this.#holding) {
      this.#queue.push(held);
    } else {
      this.#begin(held);
    }
  }

  #begin(held: Held): void {
    const waiting = this.#before(held.violation);
    if (waiting === undefined) {
      this.#act(held);
      return;
    }
    this.#holding = true;
    void waiting.then(() => {
      this.#holding = false;
      this.#act(held);
      this.#continue();
    });
  }

  #continue(): void {
    while (!this.#holding) {
      const next = this.#queue.shift();
      if (next === undefined) return;
      this.#begin(next);
    }
  }

  /** @returns a promise that never rejects */
  #before(violation: ResourceViolation): Promise<void> | undefined {
    try {
      return this.#surroundings.beforeAction?.(violation)?.catch(this.#onFailure);
    } catch (error) {
      this.#onFailure(error);
      return undefined;
    }
  }

  #act({violation, act}: Held): void {
    act();
    this.#surroundings.afterAction?.(violation);
  }
}
