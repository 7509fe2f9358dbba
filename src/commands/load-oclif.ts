/**
 * Loads oclif and its picture of this package.
 * @param root the directory of limitrun's package.json
 */
export async function loadOclif(root: string) {
  const debug = process.env['DEBUG'];
  // DEBUG=* is usually meant for the command; oclif reads it once, while it is loaded, and would say a lot.
  if (!/oclif|limitrun/.test(debug ?? '')) delete process.env['DEBUG'];
  try {
    const [{Config}, {settings}] = await Promise.all([
      import('@oclif/core/config'),
      import('@oclif/core/settings'),
    ]);
    // With NODE_ENV=test or development oclif would look for TypeScript sources to run.
    settings.enableAutoTranspile = false;
    // No plugins: what lies in the user's data directory or in a project is not limitrun's to run.
    return await Config.load({root, userPlugins: false, devPlugins: false, jitPlugins: false});
  } finally {
    if (debug !== undefined) process.env['DEBUG'] = debug;
  }
}
