import { isHeld } from '@pharmacist/core';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { timedEngine } from '../../examples/engine.ts';
import { createEngine } from './create-engine.ts';
import { defineEngine } from './define-engine.ts';
import type { Engine, EngineFunction } from './engine.ts';
import { ENGINES } from './registry.ts';

const x = { shape: [2], dtype: 'float32', data: Float32Array.of(1, 2) } as const;
const inner = async () => (await createEngine({ name: 'tfjs-cpu' })).engine;
/** An engine whose programs run as they are told. */
const running = (run: EngineFunction['run']) =>
  defineEngine({
    name: 'mine',
    async start() {
      const engine = timedEngine(await inner());
      const compile: Engine['compile'] = (name, program) => ({ ...engine.compile(name, program), run });
      return { ...engine, compile };
    },
  });

describe('an engine of one’s own', () => {
  it('is found behind those that are built in, goes by its name and computes', async () => {
    const mine = defineEngine({ name: 'mine', start: async () => timedEngine(await inner()) });
    expect(isHeld(mine)).toBe(true);
    const { engine, reason } = await ENGINES.with([mine]).get('mine').start();
    expect([engine.name, reason]).toEqual(['mine', 'asked for']);
    const double = engine.compile('double', (inputs) => ({ y: tf.mul(inputs['x']!, 2) }));
    const resident = await engine.upload(x);
    expect([...(await double.run({ x: resident }))['y']!.data]).toEqual([2, 4]);
    expect([...(await engine.download(resident)).data]).toEqual([1, 2]);
    await engine.dispose();
    expect(engine.usage().residentTensors).toBe(0);
  });

  it('has a name that is free', () => {
    const taken = defineEngine({ name: 'onnx', start: inner });
    expect(() => ENGINES.with([taken])).toThrow('"onnx" cannot be added: there is one of this name already');
    expect(() => ENGINES.get('onix')).toThrow('Did you mean "onnx"?');
    expect(() => defineEngine({ name: 'mine' } as never)).toThrow('has no start');
  });

  it.each([
    ['nothing', () => undefined, 'starts undefined, which is no engine'],
    ['a part of one', () => ({ compile: () => undefined }), 'starts an engine without upload'],
    ['an error', () => Promise.reject(new TypeError('no device')), 'threw TypeError: no device'],
  ])('is refused if it starts %s', async (_, start, message) => {
    const fault = { code: 'E_CONTRACT', where: 'engine mine', message };
    await expect(defineEngine({ name: 'mine', start: start as never }).start()).rejects.toMatchObject(fault);
  });

  it.each([
    ['no versions', { versions: undefined }, 'starts an engine with undefined for versions'],
    ['programs that cannot run', { compile: () => undefined }, 'compiles probe to undefined, which cannot run'],
  ])('is refused at its start with %s', async (_, wrong, message) => {
    const mine = defineEngine({ name: 'mine', start: async () => ({ ...timedEngine(await inner()), ...wrong }) as never });
    await expect(mine.start()).rejects.toMatchObject({ code: 'E_CONTRACT', where: 'engine mine', message });
  });

  it.each([
    ['adds wrongly', async () => ({ y: x }), 'E_ENGINE', '1 + 2 gave 2'],
    ['gives no outputs', async () => undefined, 'E_CONTRACT', 'gives undefined for the outputs of probe'],
    [
      'gives too few values',
      async () => ({ y: { ...x, data: x.data.subarray(1) } }),
      'E_CONTRACT',
      'gives 1 values of the shape [2] for y of probe',
    ],
    ['gives no tensor', async () => ({ y: 3 }), 'E_CONTRACT', 'gives 3 for y of probe'],
    ['throws', async () => await Promise.reject(new RangeError('no memory')), 'E_CONTRACT', 'threw RangeError: no memory'],
  ])('is refused at its start if it %s', async (_, run, code, message) => {
    await expect(running(run as never).start()).rejects.toMatchObject({ code, where: 'engine mine', message });
  });
});
