import type {Config} from '@oclif/core/config';

import type {BaseCommand} from './base.js';
import {oclifConfig} from './oclif-config.js';
import type {CommandId} from './route.js';

/** oclif's commands by id, each loaded only when it is wanted. */
const COMMANDS: Readonly<
  Record<CommandId, () => Promise<new (words: string[], config: Config) => BaseCommand>>
> = {
  run: async () => (await import('./run.js')).Run,
  watch: async () => (await import('./watch.js')).Watch,
  status: async () => (await import('./status.js')).Status,
  doctor: async () => (await import('./doctor.js')).Doctor,
};

/**
 * Has oclif run a command.
 * @param words its own words and, after `--`, those of the command to run
 * @returns the exit code
 */
export async function runCommand(id: CommandId, words: readonly string[]): Promise<number> {
  return (await openCommand(id, words)).execute();
}

async function openCommand(id: CommandId, words: readonly string[]): Promise<BaseCommand> {
  const debug = process.env['DEBUG'];
  // DEBUG=* is usually meant for the command; oclif reads it once, when its first command is made, and would say a lot.
  if (!/oclif|limitrun/.test(debug ?? '')) delete process.env['DEBUG'];
  try {
    const Command = await COMMANDS[id]();
    return new Command([...words], oclifConfig());
  } finally {
    if (debug !== undefined) process.env['DEBUG'] = debug;
  }
}
