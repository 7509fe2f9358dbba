/** Every process of a run carries `LIMITRUN_RUN_ID`; a run within a run adds its own id after a slash. */
export const RUN_ID = 'LIMITRUN_RUN_ID';

/** @param runId of this run */
export function markerFor(runId: string): string {
  const outer = process.env[RUN_ID];
  return outer === undefined || outer === '' ? runId : `${outer}/${runId}`;
}
