/** Whether colours are forbidden, on a terminal too (https://no-color.org); chalk asks for FORCE_COLOR only. */
export function isColourForbidden(environment: Readonly<Record<string, string | undefined>>): boolean {
  return (environment['NO_COLOR'] ?? '') !== '';
}
