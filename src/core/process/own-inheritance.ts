import {takeInheritance} from './inheritance.js';

/**
 * What this limitrun was started with, taken when this module is loaded, which bin/run.js does first of all: nothing has
 * opened a file by then, and nothing has read the environment that the launcher has to be cleared out of.
 */
export const inheritance = takeInheritance(process.env);

/** The environment that limitrun was started with, and the command is to have. */
export const ownEnvironment: Readonly<Record<string, string | undefined>> =
  inheritance.environment ?? process.env;

/** Descriptors above 2 that limitrun was started with; undefined where this cannot be told. */
export function callersDescriptors(): readonly number[] | undefined {
  return process.platform === 'linux' ? inheritance.descriptors : undefined;
}
