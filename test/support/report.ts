import {readFileSync} from 'node:fs';
import path from 'node:path';
import {Ajv2020, type ValidateFunction} from 'ajv/dist/2020.js';
import {ROOT} from './paths.js';
import {textOf} from './this-test.js';

interface Figure {
  readonly value: number;
  readonly unit: string;
  readonly source: string;
}

export interface ReportedViolation {
  readonly limit: string;
  readonly severity: 'warning' | 'critical';
  readonly between_samples?: true;
  readonly policy: string;
  readonly value: number;
  readonly peak: number;
  readonly limit_value: number;
  readonly message: string;
  readonly actions: readonly string[];
}

/** The fields of a report that the tests look at. */
export interface Report {
  readonly run_id: string;
  readonly command: readonly string[];
  readonly violation_handling: string;
  readonly reason: {readonly kind: string; readonly limit?: string; readonly signal?: string};
  readonly exit_code: number;
  readonly child: {readonly exit_code?: number; readonly signal?: string};
  readonly forced: boolean;
  readonly started_at: string;
  readonly ended_at: string;
  readonly wall_time_seconds: number;
  readonly cpu_time_seconds?: number;
  readonly samples: number;
  readonly figures: Readonly<Partial<Record<string, Figure>>>;
  readonly limits: readonly {readonly limit: string; readonly enforced_by: string}[];
  readonly violations: readonly ReportedViolation[];
  readonly attempts: readonly {readonly pid: number}[];
  readonly notices: readonly string[];
  readonly survivors: readonly number[];
}

let validator: ValidateFunction | undefined;

function schema(): ValidateFunction {
  if (validator === undefined) {
    const text = readFileSync(path.join(ROOT, 'schemas', 'report.v1.schema.json'), 'utf8');
    // Whether a time is written as one is the schema's pattern to say.
    const ajv = new Ajv2020({strict: false, allErrors: true, validateFormats: false});
    validator = ajv.compile(JSON.parse(text) as object);
  }
  return validator;
}

/** Reads a report and fails unless it is one by the published schema. */
export function readReport(file: string, stderr = ''): Report {
  const text = textOf(file);
  if (text === undefined) throw new Error(`there is no report; standard error was: ${stderr}`);
  const document: unknown = JSON.parse(text);
  const validate = schema();
  if (!validate(document))
    throw new Error(`the report breaks its schema: ${JSON.stringify(validate.errors)}\n${text}`);
  return document as Report;
}

/** The largest value of a figure, in its unit; fails when it was not measured. */
export function figure(report: Report, name: string): number {
  const found = report.figures[name];
  if (found === undefined)
    throw new Error(`the report has no figure ${name}: ${JSON.stringify(report.figures)}`);
  return found.value;
}

/** The limits that were really broken, in order. */
export function brokenLimits(report: Report): string[] {
  return report.violations.filter(({severity}) => severity === 'critical').map(({limit}) => limit);
}
