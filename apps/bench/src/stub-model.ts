import { fnv1a } from '@pharmacist/core';
import type { LanguageModel, Tokenizer } from '@pharmacist/language-model';
import type { Engine, EngineInput, HostTensor } from '@pharmacist/tensor-kernels';

/**
 * A counting stub of an engine: of each program and signature one run is real, and every later one is answered with a copy of what that gave. A pool of any size then
 * costs what is done about its rows beside the network.
 */
export function stubEngine(inner: Engine): { engine: Engine; counts: { runs: number } } {
  const counts = { runs: 0 };
  const engine = withMembers(inner, {
    compile: (...args: Parameters<Engine['compile']>): ReturnType<Engine['compile']> => {
      const compiled = inner.compile(...args);
      const answers = new Map<string, Record<string, HostTensor>>();
      return {
        name: compiled.name,
        cost: async (inputs) => await compiled.cost(inputs),
        run: async (inputs, options) => {
          counts.runs++;
          const signature = signatureOf(inputs);
          const answer = answers.get(signature) ?? (await compiled.run(inputs, options));
          answers.set(signature, answer);
          return structuredClone(answer);
        },
      };
    },
  });
  return { engine, counts };
}

/** The model with a tokenizer that makes a token of each word, by its hash: a real one takes some hundred microseconds a row. */
export function withStubTokenizer(model: LanguageModel): LanguageModel {
  const { tokenizer } = model;
  const first = Math.max(tokenizer.eosId, tokenizer.bosId ?? 0, tokenizer.padId) + 1;
  const numWords = tokenizer.vocabSize - first;
  const encode = (text: string, hasBos: boolean) => {
    const ids = hasBos && tokenizer.bosId !== null ? [tokenizer.bosId] : [];
    for (let start = 0; start < text.length;) {
      const space = text.indexOf(' ', start);
      const end = space < 0 ? text.length : space;
      if (end > start) ids.push(first + ((fnv1a(text.slice(start, end)) >>> 0) % numWords));
      start = end + 1;
    }
    return ids;
  };
  const stub = withMembers(tokenizer, {
    encodeEach: (texts: readonly string[], options?: { readonly addSpecialTokens?: boolean }) =>
      texts.map((text) => encode(text, options?.addSpecialTokens ?? true)),
  } satisfies Partial<Tokenizer>);
  return withMembers(model, { tokenizer: stub });
}

/** An object with other members in place of some; its methods go on working on the object itself. */
function withMembers<T extends object>(inner: T, members: Partial<T>): T {
  return new Proxy(inner, {
    get: (target, key) => {
      if (Object.hasOwn(members, key)) return Reflect.get(members, key) as unknown;
      const value: unknown = Reflect.get(target, key, target);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
}

function signatureOf(inputs: Readonly<Record<string, EngineInput>>): string {
  return Object.entries(inputs)
    .map(([name, { shape }]) => `${name} ${shape.join()}`)
    .join(' ');
}
