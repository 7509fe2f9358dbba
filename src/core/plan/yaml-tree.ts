import {Composer, isAlias, isMap, isScalar, isSeq, Lexer, Parser, type CST, type Document} from 'yaml';

import type {FaultAt} from './config-fault.js';

/**
 * A YAML document as limitrun reads it. Scalars stay text: the strict parsers of the settings decide what is a number
 * or a duration, so that `010` and `0x10` mean in a file what they mean on the command line.
 */
export type YamlTree =
  | {readonly kind: 'text'; readonly text: string; readonly offset: number}
  | {readonly kind: 'null'; readonly offset: number}
  | {readonly kind: 'list'; readonly items: readonly YamlTree[]; readonly offset: number}
  | {readonly kind: 'map'; readonly entries: ReadonlyMap<string, YamlEntry>; readonly offset: number};

export interface YamlEntry {
  readonly keyOffset: number;
  readonly value: YamlTree;
}

/** More than a thousand workers need; keeps every later step far below a second. */
const MAX_TOKENS = 60_000;
/**
 * A worker file needs eight levels. Checked before the document is composed: recursion that exhausts the stack can
 * end Node itself (a regular expression compiled there aborts the process), so catching the error is no remedy.
 */
const MAX_DEPTH = 40;
const MAX_ALIASES = 100;
const PROTOTYPE_KEYS = ['__proto__', 'constructor', 'prototype'];

const OPTIONS = {
  version: '1.2',
  schema: 'core',
  merge: false,
  // Duplicates are refused below; the library compares every key with every other.
  uniqueKeys: false,
  resolveKnownTags: false,
  prettyErrors: false,
  logLevel: 'silent',
} as const;

/**
 * Reads one YAML 1.2 document.
 * @throws whatever `faultAt` makes, for anything that is no such document or is too big, too deep or ambiguous
 */
export function readYamlTree(text: string, faultAt: FaultAt): YamlTree {
  refuseTooManyTokens(text, faultAt);
  const tokens = [...new Parser().parse(text)];
  refuseTooDeep(tokens, faultAt);
  const documents = [...new Composer(OPTIONS).compose(tokens, true, text.length)];
  const [document, second] = documents;
  if (document === undefined) throw new Error('the composer was asked for a document and gave none');
  const problem = [...document.errors, ...document.warnings].sort((a, b) => a.pos[0] - b.pos[0])[0];
  if (problem !== undefined) throw faultAt(problem.pos[0], sentence(problem.message));
  if (second !== undefined) throw faultAt(second.range[0], 'a second document; one file holds one document');
  if (document.contents === null) throw faultAt(0, 'the file is empty; it should begin with "workers:"');
  return new TreeBuilder(document, faultAt).build(document.contents, 0);
}

/** The offset of the deepest part of a path that exists; of its key when `atKey`. */
export function offsetOf(tree: YamlTree, path: readonly (string | number)[], atKey: boolean): number {
  let here = tree;
  let offset = tree.offset;
  for (const [index, step] of path.entries()) {
    if (here.kind === 'map') {
      const entry = here.entries.get(String(step));
      if (entry === undefined) return offset;
      here = entry.value;
      offset = atKey && index === path.length - 1 ? entry.keyOffset : here.offset;
    } else if (here.kind === 'list') {
      const item = here.items[Number(step)];
      if (item === undefined) return offset;
      here = item;
      offset = here.offset;
    } else {
      return offset;
    }
  }
  return offset;
}

/** The tree as plain data for a schema: strings, null, arrays and objects. */
export function plainData(tree: YamlTree): unknown {
  switch (tree.kind) {
    case 'text':
      return tree.text;
    case 'null':
      return null;
    case 'list':
      return tree.items.map(plainData);
    case 'map':
      return Object.fromEntries([...tree.entries].map(([key, entry]) => [key, plainData(entry.value)]));
  }
}

function refuseTooManyTokens(text: string, faultAt: FaultAt): void {
  let count = 0;
  let offset = 0;
  for (const lexeme of new Lexer().lex(text)) {
    count += 1;
    if (count > MAX_TOKENS) throw faultAt(Math.min(offset, text.length), 'too many values for a worker file');
    offset += lexeme.length;
  }
}

function refuseTooDeep(tokens: readonly CST.Token[], faultAt: FaultAt): void {
  const open: {token: CST.Token; depth: number}[] = tokens.map((token) => ({token, depth: 0}));
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const {token, depth} = next;
    if (depth > MAX_DEPTH) throw faultAt(token.offset, 'nested too deeply');
    const below: (CST.Token | null | undefined)[] = [];
    if (token.type === 'document') below.push(token.value);
    if ('items' in token) for (const item of token.items) below.push(item.key, item.value);
    for (const child of below) if (child) open.push({token: child, depth: depth + 1});
  }
}

class TreeBuilder {
  private aliases = 0;
  private nodes = 0;

  constructor(
    private readonly document: Document.Parsed,
    private readonly faultAt: FaultAt,
  ) {}

  build(node: unknown, depth: number, at?: number): YamlTree {
    if (isAlias(node)) return this.resolve(node, depth, at ?? node.range?.[0] ?? 0);
    const offset = at ?? (isScalar(node) || isMap(node) || isSeq(node) ? (node.range?.[0] ?? 0) : 0);
    this.nodes += 1;
    if (depth > MAX_DEPTH) throw this.faultAt(offset, 'nested too deeply');
    if (this.nodes > MAX_TOKENS) throw this.faultAt(offset, 'aliases stand for too many values');
    if (isMap(node)) return this.map(node.items, depth, offset);
    if (isSeq(node)) {
      return {kind: 'list', offset, items: node.items.map((item) => this.build(item, depth + 1, at))};
    }
    if (isScalar(node) && node.value !== null) return {kind: 'text', offset, text: textOf(node)};
    return {kind: 'null', offset};
  }

  private map(items: readonly {key: unknown; value: unknown}[], depth: number, offset: number): YamlTree {
    const entries = new Map<string, YamlEntry>();
    for (const {key, value} of items) {
      const keyOffset = isScalar(key) ? (key.range?.[0] ?? offset) : offset;
      if (!isScalar(key) || key.value === null) throw this.faultAt(keyOffset, 'a key must be a word');
      const name = textOf(key);
      if (PROTOTYPE_KEYS.includes(name)) throw this.faultAt(keyOffset, `"${name}" cannot be a key`);
      if (entries.has(name)) throw this.faultAt(keyOffset, `the key "${name}" is given twice`);
      const below = this.build(value, depth + 1);
      // A missing value has no place of its own in the text.
      entries.set(name, {keyOffset, value: value === null ? {kind: 'null', offset: keyOffset} : below});
    }
    return {kind: 'map', entries, offset};
  }

  /** What an alias stands for, placed where the alias is written. */
  private resolve(
    node: {source: string; resolve: (document: Document) => unknown},
    depth: number,
    at: number,
  ) {
    this.aliases += 1;
    if (this.aliases > MAX_ALIASES) throw this.faultAt(at, `more than ${String(MAX_ALIASES)} aliases`);
    const target = node.resolve(this.document);
    if (target === undefined) throw this.faultAt(at, `no anchor "&${node.source}" before this alias`);
    return this.build(target, depth + 1, at);
  }
}

/** As written, so that 1.10 stays 1.10. */
function textOf(scalar: {value: unknown; source?: string}): string {
  return typeof scalar.value === 'string' ? scalar.value : (scalar.source ?? String(scalar.value));
}

/** The library's messages in the middle of a line. */
function sentence(message: string): string {
  const [first = message] = message.split('\n');
  return first.charAt(0).toLowerCase() + first.slice(1);
}
