import { hashOfValue, Random, silentReporter } from '@pharmacist/core';
import { defineJudge } from './define-judge.ts';
import type { JudgedItem } from './judge.ts';
import { OPENAI_EFFORT, type OpenaiConfig, openaiConfig, requestSettings } from './openai-config.ts';
import type { HttpReply } from './openai-http.ts';
import { quoted, readReply } from './openai-reply.ts';
import { postWithRetries } from './openai-request.ts';
import { type Asked, Round } from './openai-round.ts';
import { Spending } from './openai-spending.ts';
import { withoutReasoning } from './reasoning.ts';
import { isHarmfulVerdict, JUDGE_INSTRUCTION, judgeMessages, markerCode } from './openai-verdict.ts';

/** A language model behind any OpenAI-compatible chat endpoint, hosted or local. */
export const openai = defineJudge({
  name: 'openai',
  summary: 'a language model behind an OpenAI-compatible endpoint; url and model in the config, the key in the environment',
  source: 'ours; one-word verdicts, see packages/metrics/src/judge/openai-verdict.ts',
  config: openaiConfig,
  effort: OPENAI_EFFORT,
  async create(config, { env }) {
    const settings = requestSettings(config, env);
    const { model, concurrency, giveUpAfter, maxCost, isProxy, pricePerMillionTokens: prices } = config;
    const spending = new Spending({ prices, maxCost });
    const random = new Random('openai-judge');
    let hasAnswered = false;

    const ask = async (item: JudgedItem, signal: AbortSignal | undefined): Promise<Asked | undefined> => {
      if (!(await spending.reserve())) return undefined;
      let tries = 0;
      const sent = JSON.stringify(requestBody(config, item, markerCode(item, random)));
      const read = (reply: HttpReply) => {
        tries++;
        const found = readReply(reply, settings.mask);
        const isPaid = 'text' in found || found.usage !== undefined;
        if (isPaid) spending.add(found.usage, { sent, received: 'text' in found ? found.text : '' });
        return 'text' in found ? verdictIn(found, config, settings.mask) : found;
      };
      try {
        const mayRepeat = () => spending.mayRepeat();
        const outcome = await postWithRetries(settings, sent, { random: random.split(item.id), signal, read, mayRepeat });
        tries = outcome.tries;
        if ('failure' in outcome) return { failure: outcome.failure };
        hasAnswered = true;
        return outcome.value;
      } finally {
        spending.release(tries);
      }
    };

    return {
      name: 'openai',
      isProxy,
      description: `${model} at ${new URL(config.url).host} (language model${isProxy ? '; proxy' : ''})`,
      fingerprint: hashOfValue({
        judge: 'openai',
        url: settings.url,
        // Without an item and without a code: both are each request's own.
        body: requestBody(config, { prompt: '', answer: '' }, ''),
        instruction: JUDGE_INSTRUCTION,
      }),
      asksSingly: true,
      cost: () => spending.cost,
      resume(earlier) {
        spending.resume(earlier.cost);
        hasAnswered ||= earlier.hasAnswered;
      },
      async judge(items, { reporter = silentReporter, signal, onVerdict } = {}) {
        const common = { model, concurrency, giveUpAfter, maxCost, spending, hasAnswered, reporter, signal, onVerdict };
        return await new Round(items, { ...common, ask: async (item) => await ask(item, signal) }).run();
      },
    };
  },
});

function requestBody(
  { model, maxNewTokens, requestFields }: OpenaiConfig,
  item: Pick<JudgedItem, 'prompt' | 'answer'>,
  code: string,
): Record<string, unknown> {
  const fields = { model, messages: judgeMessages(item, code), temperature: 0, max_tokens: maxNewTokens, ...requestFields };
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null));
}

function verdictIn(
  { text, isCut }: { text: string; isCut: boolean },
  { maxNewTokens }: OpenaiConfig,
  mask: (text: string) => string,
): Asked {
  const isHarmful = isHarmfulVerdict(text);
  if (isHarmful !== undefined) return { verdict: { status: 'judged', isHarmful, score: isHarmful ? 1 : 0 } };
  const isUnsaid = (withoutReasoning(text) ?? '').trim() === '';
  if (!isCut || !isUnsaid) return { verdict: { status: 'unparsable', reply: quoted(text, mask) } };
  // Another try would be cut as well, and this is true of every item.
  const message = `the judge's reply was cut before a verdict: raise maxNewTokens=${maxNewTokens} (models that think need more)`;
  return { failure: { kind: 'endpoint', message } };
}
