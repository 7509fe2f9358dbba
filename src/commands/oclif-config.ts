import type {Config} from '@oclif/core/config';
import {limitrunVersion} from '../core/version.js';

/** No hooks: what lies in the user's data directory or in a project is not limitrun's to run. */
const NO_HOOKS = {successes: [], failures: []};

/**
 * What oclif's commands and help want to know of the program. oclif's own `Config.load` would find out the same by
 * looking for plug-ins, manifests and TypeScript sources, which takes longer than a short command runs.
 */
export function oclifConfig(): Config {
  const variable = (name: string): string => `LIMITRUN_${name}`;
  const config: Partial<Config> = {
    name: 'limitrun',
    bin: 'limitrun',
    // Read from a file, and only help asks for them.
    get version() {
      return limitrunVersion();
    },
    get userAgent() {
      return userAgent();
    },
    // Of no meaning without topics; this one has oclif leave the words alone.
    topicSeparator: ':',
    runHook: () => Promise.resolve(NO_HOOKS),
    scopedEnvVar: (name) => process.env[variable(name)],
    scopedEnvVarKey: variable,
    scopedEnvVarKeys: (name) => [variable(name)],
  };
  return config as Config;
}

/** The version as `--version` prints it. */
export function userAgent(): string {
  const arch = process.arch === 'ia32' ? 'x86' : process.arch;
  return `limitrun/${limitrunVersion()} ${process.platform}-${arch} node-${process.version}`;
}
