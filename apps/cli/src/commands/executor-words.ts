const FLAG = '--executor-set';
const ASSIGNMENT = /^[A-Za-z]+=/u;

/** Several settings after one `--executor-set`, as the parser takes them: each with the option before it. */
export function withExecutorSets(words: readonly string[]): string[] {
  let isInside = false;
  return words.flatMap((word, i) => {
    if (word === FLAG) {
      isInside = true;
      return [word];
    }
    isInside = isInside && ASSIGNMENT.test(word);
    return isInside && words[i - 1] !== FLAG ? [FLAG, word] : [word];
  });
}
