import { mixBits } from '@pharmacist/core';

const WORDS = (
  'the a of to and in that is for it with as on be at by this from or have an are not you which one all can time make about know take people into year your good ' +
  'some could them see other than then now look only come its over think also back after use two how our work first well way even new want because any these give ' +
  'day most us water river stone light paper garden bread window music letter harbour winter summer kitchen engine signal market forest'
).split(' ');
/** Every twentieth row is a near-copy of one some rows before it. */
const COPY_EVERY = 20;
const LINES_A_PIECE = 5000;

/** Lines of JSON, some thousand at a time: rows of 4 to 7 words and 5 to 12, drawn so cheaply that ten million of them are a matter of minutes. */
export function* largePoolLines(numRows: number): Generator<string> {
  for (let start = 0; start < numRows; start += LINES_A_PIECE) {
    let piece = '';
    for (let row = start; row < Math.min(numRows, start + LINES_A_PIECE); row++) {
      const isCopy = row % COPY_EVERY === COPY_EVERY - 1;
      const text = textsOf(isCopy ? row - COPY_EVERY + 1 : row);
      piece += `{"prompt":"How ${text.prompt}?","response":"I ${text.response}${isCopy ? ' indeed' : ''}."}\n`;
    }
    yield piece;
  }
}

function textsOf(row: number): { prompt: string; response: string } {
  let state = mixBits(row + 1);
  const below = (bound: number) => (state = mixBits(state + 0x9e3779b1)) % bound;
  const words = (count: number) => {
    let text = WORDS[below(WORDS.length)]!;
    for (let i = 1; i < count; i++) text += ` ${WORDS[below(WORDS.length)]!}`;
    return text;
  };
  return { prompt: `${words(2 + below(4))} ${row.toString(36)}`, response: words(4 + below(8)) };
}
