import type {OutputPlan} from './plan/run-plan.js';

/** What is shown while the command runs. */
export type ProgressMode = 'table' | 'table-if-it-may' | 'lines' | 'nothing';

/** What the choice depends on besides what was asked for. */
export interface ProgressFacts {
  /** Standard error is one. */
  readonly terminal: boolean;
  /** This limitrun runs inside of another one, which may have a table on the same terminal. */
  readonly nested: boolean;
}

/** What is shown for `--progress`. A table that was asked for may find another terminal than standard error. */
export function progressMode(asked: OutputPlan['progress'], facts: ProgressFacts): ProgressMode {
  switch (asked) {
    case 'auto':
      return facts.terminal && !facts.nested ? 'table-if-it-may' : 'nothing';
    case 'live':
      return 'table';
    case 'plain':
      return 'lines';
    case 'none':
      return 'nothing';
  }
}
