import {snakeCase} from './snake-case.js';

/** Takes a value out of parsed JSON, keys in snake_case; undefined when it is none of this shape. */
export type Shape<T> = (json: unknown) => T | undefined;

/** A field that may be absent. */
export interface Optional<T> {
  readonly optional: Shape<T>;
}

/** One entry for every field of T: leave one out, or make the wrong one optional, and it does not compile. */
export type Fields<T> = {
  readonly [K in keyof T]-?: object extends Pick<T, K> ? Optional<Exclude<T[K], undefined>> : Shape<T[K]>;
};

/** A union of objects that are told apart by `kind`: the fields of each. */
export type Variants<T extends {readonly kind: string}> = {
  readonly [K in T['kind']]: Fields<Omit<Extract<T, {readonly kind: K}>, 'kind'>>;
};

/** In the year 275760: the last moment a Date can hold (ECMA-262, time values). */
const LATEST_TIMESTAMP_MS = 8.64e15;

export const text: Shape<string> = (json) => (typeof json === 'string' ? json : undefined);

export const flag: Shape<boolean> = (json) => (typeof json === 'boolean' ? json : undefined);

/** JSON can hold 1e999, which is no number to count with. */
export const number: Shape<number> = (json) =>
  typeof json === 'number' && Number.isFinite(json) ? json : undefined;

export const timestamp: Shape<number> = (json) =>
  typeof json === 'number' && Math.abs(json) <= LATEST_TIMESTAMP_MS ? json : undefined;

/** @param words every one of them, as keys, so that none can be forgotten */
export function oneOf<T extends string>(words: Readonly<Record<T, true>>): Shape<T> {
  return oneOfList(Object.keys(words) as T[]);
}

export function oneOfList<T extends string>(words: readonly T[]): Shape<T> {
  const known = new Set<unknown>(words);
  return (json) => (known.has(json) ? (json as T) : undefined);
}

export function optional<T>(shape: Shape<T>): Optional<T> {
  return {optional: shape};
}

/** A list is one only when every item is. */
export function list<T>(item: Shape<T>): Shape<readonly T[]> {
  return (json) => {
    if (!Array.isArray(json)) return undefined;
    const items: T[] = [];
    for (const one of json) {
      const taken = item(one);
      if (taken === undefined) return undefined;
      items.push(taken);
    }
    return items;
  };
}

/** Fields that are not named are left out. */
export function object<T extends object>(fields: Fields<T>): Shape<T> {
  const fieldPlans = plan(fields);
  return (json) => (isObject(json) ? (take(fieldPlans, json, {}) as T | undefined) : undefined);
}

/** An object that says by its `kind` what it is. */
export function variants<T extends {readonly kind: string}>(fields: Variants<T>): Shape<T> {
  const plans = new Map<unknown, readonly FieldPlan[]>(
    Object.entries(fields).map(([kind, ofKind]) => [kind, plan(ofKind as Fields<object>)]),
  );
  return (json) => {
    if (!isObject(json)) return undefined;
    const kind = json['kind'];
    const found = plans.get(kind);
    return found && (take(found, json, {kind}) as T | undefined);
  };
}

interface FieldPlan {
  readonly name: string;
  readonly key: string;
  readonly shape: Shape<unknown>;
  readonly mayBeAbsent: boolean;
}

function plan(fields: object): readonly FieldPlan[] {
  return Object.entries(fields as Record<string, Shape<unknown> | Optional<unknown>>).map(
    ([name, field]) => ({
      name,
      key: snakeCase(name),
      shape: typeof field === 'function' ? field : field.optional,
      mayBeAbsent: typeof field !== 'function',
    }),
  );
}

function take(
  fields: readonly FieldPlan[],
  json: Readonly<Record<string, unknown>>,
  into: Record<string, unknown>,
): object | undefined {
  for (const {name, key, shape, mayBeAbsent} of fields) {
    const given = json[key];
    if (given === undefined && mayBeAbsent) continue;
    const taken = shape(given);
    if (taken === undefined) return undefined;
    into[name] = taken;
  }
  return into;
}

function isObject(json: unknown): json is Readonly<Record<string, unknown>> {
  return typeof json === 'object' && json !== null && !Array.isArray(json);
}
