/** What makes the members of each lazy list. */
const makers = new WeakMap<object, (index: number) => unknown>();

/**
 * A list of `length` members, each made by `at` when it is asked for and kept by nobody: for millions of rows of which only some bytes are in memory. It reads as
 * an array does, and its methods make arrays as an array's do. It cannot be changed. By number (`list[i]`) a member costs a string, which is the key that a proxy is asked by: what goes through
 * millions takes `memberOf`, `fillEach`, or iterates.
 * @param at the same for the same place, which is a whole number from 0 to `length` - 1.
 */
export function lazyList<T>(length: number, at: (index: number) => T): readonly T[] {
  const placeOf = (key: string | symbol): number => {
    if (typeof key === 'symbol') return -1;
    const first = key.charCodeAt(0);
    if (first < 48 || first > 57) return -1;
    const index = Number(key);
    return Number.isInteger(index) && index < length ? index : -1;
  };
  function* members(): Generator<T> {
    for (let index = 0; index < length; index++) yield at(index);
  }
  const firstWith = (test: (member: T, index: number) => unknown): number => {
    for (let index = 0; index < length; index++) if (test(at(index), index)) return index;
    return -1;
  };
  // The methods with which rows are gone through; the others are those of arrays, and ask by number.
  const methods: Partial<Record<string | symbol, unknown>> = {
    [Symbol.iterator]: members,
    values: members,
    some: (test: (member: T, index: number) => unknown) => firstWith(test) >= 0,
    findIndex: firstWith,
    includes: (wanted: T) => firstWith((member) => member === wanted || (Number.isNaN(member) && Number.isNaN(wanted))) >= 0,
    forEach: (visit: (member: T, index: number) => void) => {
      for (let index = 0; index < length; index++) visit(at(index), index);
    },
    filter: (keeps: (member: T, index: number) => unknown) => {
      const kept: T[] = [];
      for (let index = 0; index < length; index++) {
        const member = at(index);
        if (keeps(member, index)) kept.push(member);
      }
      return kept;
    },
  };
  const list = new Proxy<T[]>([], {
    get(target, key, receiver) {
      if (key === 'length') return length;
      const index = placeOf(key);
      if (index >= 0) return at(index);
      return Object.hasOwn(methods, key) ? methods[key] : (Reflect.get(target, key, receiver) as unknown);
    },
    has: (target, key) => placeOf(key) >= 0 || Reflect.has(target, key),
    ownKeys: () => [...Array.from({ length }, (_, index) => String(index)), 'length'],
    getOwnPropertyDescriptor(_, key) {
      if (key === 'length') return { value: length, writable: true, enumerable: false, configurable: false };
      const index = placeOf(key);
      return index < 0 ? undefined : { value: at(index), writable: false, enumerable: true, configurable: true };
    },
    set: () => false,
    defineProperty: () => false,
    deleteProperty: () => false,
  });
  makers.set(list, at);
  return list;
}

/** A function from places to members, for whoever goes through millions of them. @param list of any kind. */
export function memberOf<T>(list: ArrayLike<T>): (index: number) => T {
  return (makers.get(list) as ((index: number) => T) | undefined) ?? ((index) => list[index]!);
}

/**
 * Numbers of the members of a list, one each, put into an array of its length: the `from` of typed arrays makes a list of all members first, hundreds of bytes a row.
 * @returns the array.
 */
export function fillEach<T, A extends Float64Array | Float32Array | Int32Array | Uint8Array>(
  target: A,
  list: ArrayLike<T>,
  valueOf: (member: T, index: number) => number,
): A {
  const at = memberOf(list);
  for (let index = 0; index < target.length; index++) target[index] = valueOf(at(index), index);
  return target;
}
