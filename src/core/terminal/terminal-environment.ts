type Environment = Readonly<Record<string, string | undefined>>;

/** Whether the terminal, by its name, has scroll regions and a cursor that can be saved: all have but the dumbest. */
export function supportsRegion(env: Environment): boolean {
  const term = env['TERM'] ?? '';
  return term !== '' && term !== 'dumb' && term !== 'unknown';
}

/**
 * Whether the terminal shows UTF-8, by the first of the variables of locale(7) that is set. The console of Linux reads
 * it, but its font has no block elements.
 */
export function unicodeTerminal(env: Environment): boolean {
  if (env['TERM'] === 'linux') return false;
  const locale = [env['LC_ALL'], env['LC_CTYPE'], env['LANG']].find(
    (value) => value !== undefined && value !== '',
  );
  return locale !== undefined && /\.utf-?8(@|$)/i.test(locale);
}
