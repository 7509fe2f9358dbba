import {readFileSync} from 'node:fs';
import path from 'node:path';
import {Ajv2020, type ValidateFunction} from 'ajv/dist/2020.js';
import {limitrun} from './limitrun.js';
import {ROOT} from './paths.js';

/** The fields of a run in `status --json` that the tests look at. */
export interface StatusRun {
  readonly run_id: string;
  readonly name?: string;
  readonly fate: 'running' | 'ended' | 'lost';
  readonly state: string;
  readonly pid?: number;
  readonly supervisor_pid?: number;
  readonly exit_code?: number;
  readonly usage?: {readonly rss?: {readonly value: number}};
  readonly limits: readonly {readonly limit: string}[];
  readonly attempts?: readonly {readonly pid: number}[];
}

let validator: ValidateFunction | undefined;

function schema(): ValidateFunction {
  if (validator === undefined) {
    const text = readFileSync(path.join(ROOT, 'schemas', 'status.v1.schema.json'), 'utf8');
    validator = new Ajv2020({allErrors: true, strict: true}).compile(JSON.parse(text) as object);
  }
  return validator;
}

/** Runs `limitrun status --json` with these further words and fails unless it prints what its schema describes. */
export async function statusRuns(...words: readonly string[]): Promise<readonly StatusRun[]> {
  const {code, stdout, stderr} = await limitrun(['status', '--json', ...words]);
  if (code !== 0) throw new Error(`status ended with ${String(code)}: ${stderr}`);
  const document = JSON.parse(stdout) as {readonly runs: readonly StatusRun[]};
  const validate = schema();
  if (!validate(document))
    throw new Error(`the status breaks its schema: ${JSON.stringify(validate.errors)}\n${stdout}`);
  return document.runs;
}
