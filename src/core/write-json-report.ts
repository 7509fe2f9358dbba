import type {RunRecord} from './record/run-record.js';
import {writeReport} from './record/write-report.js';
import {jsonReport} from './report/json-report.js';

/** @returns why the report could not be written; undefined when it was */
export async function writeJsonReport(
  file: string,
  record: RunRecord,
  limitrunVersion: string,
): Promise<string | undefined> {
  try {
    await writeReport(file, jsonReport(record, {limitrunVersion}));
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}
