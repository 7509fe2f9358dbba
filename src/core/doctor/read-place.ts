import {accessSync, constants, lstatSync, statSync, type Stats} from 'node:fs';
import {dirname} from 'node:path';
import {systemErrorCode, systemErrorText} from '../system-error.js';
import type {PlaceFacts} from './machine-facts.js';

/**
 * Whether limitrun could keep its files in a directory of its own, by what store/private-directory.ts asks of one. Makes
 * nothing.
 */
export function readPlace(path: string | undefined): PlaceFacts {
  if (path === undefined) return {kind: 'nowhere'};
  try {
    const why = faultOfOwn(lstatSync(path)) ?? refusal(path);
    return why === undefined ? {kind: 'usable', path} : {kind: 'unusable', path, why};
  } catch (error) {
    if (systemErrorCode(error) !== 'ENOENT') return {kind: 'unusable', path, why: systemErrorText(error)};
  }
  const why = whyNotMade(path);
  return why === undefined ? {kind: 'creatable', path} : {kind: 'unusable', path, why};
}

function faultOfOwn(stats: Stats): string | undefined {
  if (stats.isSymbolicLink()) return 'it is a link';
  if (!stats.isDirectory()) return 'it is no directory';
  return stats.uid === process.geteuid?.() ? undefined : "it is another user's";
}

/** Asked of the nearest directory above that exists. */
function whyNotMade(path: string): string | undefined {
  const above = dirname(path);
  try {
    if (!statSync(above).isDirectory()) return `${above} is no directory`;
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT' && above !== path) return whyNotMade(above);
    return systemErrorText(error);
  }
  const why = refusal(above);
  return why === undefined ? undefined : `in ${above} nothing can be made: ${why}`;
}

function refusal(directory: string): string | undefined {
  try {
    accessSync(directory, constants.W_OK | constants.X_OK);
    return undefined;
  } catch (error) {
    return systemErrorText(error);
  }
}
