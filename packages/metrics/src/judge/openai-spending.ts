import type { Usage } from './openai-reply.ts';

export interface Prices {
  readonly prompt: number;
  readonly completion: number;
}

/** Where an endpoint tells no tokens and there is a ceiling, so many bytes are taken for one: rather too few than too many. */
const BYTES_PER_TOKEN = 2;

/**
 * What requests have cost, and whether another one fits below a ceiling. Each that is in flight, and the next one, is taken to cost what the
 * dearest has cost so far, in earlier attempts too; until that is known, one at a time is sent. So the ceiling is crossed by no more than
 * what requests in flight are dearer than any before them. What was paid for a request without a reply is not known, and not counted.
 */
export class Spending {
  readonly #prices: Prices | undefined;
  readonly #maxCost: number | undefined;
  readonly #total = { requests: 0, promptTokens: 0, completionTokens: 0 };
  #money = 0;
  #dearest: number | undefined;
  #numInFlight = 0;
  #waiting: (() => void)[] = [];

  constructor({ prices, maxCost }: { prices: Prices | undefined; maxCost: number | undefined }) {
    this.#prices = prices;
    this.#maxCost = maxCost;
  }

  get cost(): Record<string, number> {
    if (this.#prices === undefined) return { ...this.#total };
    return { ...this.#total, money: this.#money, ...(this.#dearest !== undefined && { dearestRequest: this.#dearest }) };
  }

  get money(): number | undefined {
    return this.#prices === undefined ? undefined : this.#money;
  }

  /** Goes on from what an earlier attempt counted. */
  resume(cost: Readonly<Record<string, number>>): void {
    const { requests = 0, promptTokens = 0, completionTokens = 0, money = 0, dearestRequest } = cost;
    this.#total.requests += requests;
    this.#total.promptTokens += promptTokens;
    this.#total.completionTokens += completionTokens;
    this.#money += money;
    if (dearestRequest !== undefined) this.#dearest = Math.max(this.#dearest ?? 0, dearestRequest);
  }

  /**
   * Takes the place of one request, waiting for those in flight where their cost decides.
   * @returns false if one more could cross the ceiling: nothing may be sent. Otherwise `release` must follow.
   */
  async reserve(): Promise<boolean> {
    while (!this.#fits(this.#numInFlight + 1)) {
      if (this.#numInFlight === 0) return false;
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    this.#numInFlight++;
    return true;
  }

  /** Whether a request whose reply was paid without being of use may be sent again: its place is that of one. */
  mayRepeat(): boolean {
    return this.#fits(this.#numInFlight);
  }

  release(numTries: number): void {
    this.#numInFlight--;
    this.#total.requests += numTries;
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  /** Counts a reply, also one without a verdict: it was paid all the same. */
  add(usage: Usage | undefined, { sent, received }: { sent: string; received: string }): void {
    this.#total.promptTokens += usage?.promptTokens ?? 0;
    this.#total.completionTokens += usage?.completionTokens ?? 0;
    if (this.#prices === undefined || (usage === undefined && this.#maxCost === undefined)) return;
    const { promptTokens, completionTokens } = usage ?? { promptTokens: tokensIn(sent), completionTokens: tokensIn(received) };
    const money = (promptTokens * this.#prices.prompt + completionTokens * this.#prices.completion) / 1e6;
    this.#money += money;
    this.#dearest = Math.max(this.#dearest ?? 0, money);
  }

  #fits(numRequests: number): boolean {
    if (this.#maxCost === undefined) return true;
    if (this.#dearest === undefined) return numRequests === 1 && this.#money <= this.#maxCost;
    // Sums of prices are not exact.
    return this.#money + numRequests * this.#dearest <= this.#maxCost * (1 + 1e-9);
  }
}

function tokensIn(text: string): number {
  return Math.ceil(Buffer.byteLength(text) / BYTES_PER_TOKEN);
}
