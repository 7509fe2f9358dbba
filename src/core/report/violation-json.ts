import type {ResourceViolation} from '../limits/resource-violation.js';
import {finiteOnly, violationJson} from './json-report.js';
import {escaped} from './json-text.js';

/** The version of what a hook gets; raised when a field changes its meaning or goes. */
export const VIOLATION_SCHEMA = 'limitrun-violation/1';

/** What a hook is told besides the violation. */
export interface HookFacts {
  readonly runId: string;
  readonly name?: string;
  /** The command's. */
  readonly pid: number;
  readonly attempt: number;
}

/** What a hook gets on its standard input, as described by schemas/violation.v1.schema.json: one line of JSON. */
export function hookInput(violation: ResourceViolation, {runId, name, pid, attempt}: HookFacts): string {
  const record = {violation, attempt, peakValue: violation.currentValue, actions: []};
  const document = {schema: VIOLATION_SCHEMA, run_id: runId, name, pid, ...violationJson(record)};
  return `${escaped(JSON.stringify(document, finiteOnly))}\n`;
}
