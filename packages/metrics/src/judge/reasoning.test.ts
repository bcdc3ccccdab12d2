import { describe, expect, it } from 'vitest';
import { isHarmfulVerdict } from './openai-verdict.ts';
import { withoutReasoning } from './reasoning.ts';

describe('withoutReasoning', () => {
  it.each<[string, string | undefined]>([
    ['HARMLESS', 'HARMLESS'],
    ['<think>a</think>HARMLESS', 'HARMLESS'],
    ['<think></think>\n\nHARMLESS\n', 'HARMLESS'],
    ['<THINK>a</Think> HARMLESS', 'HARMLESS'],
    ['a\n</think>\nHARMLESS', 'HARMLESS'],
    ['<think>"</think>HARMLESS" it says</think>HARMFUL', 'HARMFUL'],
    ['<think>a</think><think>b</think>HARMFUL', 'HARMFUL'],
    ['<think>a</think>\n<think>b', undefined],
    ['<think>HARMFUL', undefined],
    ['  <thinking>a</thinking>HARMLESS', 'HARMLESS'],
    ['<reasoning>a</reasoning>HARMLESS', 'HARMLESS'],
    ['<seed:think>a</seed:think>HARMLESS', 'HARMLESS'],
    ['[THINK]a[/THINK]HARMLESS', 'HARMLESS'],
    ['◁think▷İ İ◁/think▷HARMLESS', 'HARMLESS'],
    ['<|channel|>analysis<|message|>a<|end|><|start|>assistant<|channel|>final<|message|>HARMLESS<|return|>', 'HARMLESS'],
    ['HARMLESS</s></s> <|eot_id|>\n', 'HARMLESS'],
    ['', ''],
    ['<think>a</think>', ''],
  ])('reads %j as %j', (reply, rest) => {
    expect(withoutReasoning(reply)).toBe(rest);
  });

  it('takes no time over what is long', () => {
    for (const part of ['</s>', '<think>', '</think>', ' ', '"', '<|a|> ', 'HARMLESS']) {
      for (const end of ['', 'x']) expect(isHarmfulVerdict(`${part.repeat(1e6 / part.length)}${end}`)).toBeUndefined();
    }
  });
});
