import { access, mkdir, readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runHere } from './support/run-here.ts';
import { createScene, type Scene } from './support/scene.ts';

let scene: Scene;
beforeAll(async () => {
  scene = await createScene();
  const shape = { model_type: 'llama', max_position_embeddings: 4096, torch_dtype: 'bfloat16', tie_word_embeddings: true };
  const write = async (name: string, fields: object) => {
    await mkdir(scene.path(name));
    await scene.write(`${name}/config.json`, JSON.stringify({ ...shape, ...fields, rope_theta: 10_000, eos_token_id: 2 }));
  };
  const heads = { num_attention_heads: 64, num_key_value_heads: 64 };
  await write('colossal', { ...heads, vocab_size: 128_256, hidden_size: 32_768, intermediate_size: 131_072, num_hidden_layers: 200 });
  await write('flat', { ...heads, vocab_size: 1000, hidden_size: 2048, intermediate_size: 8192, num_hidden_layers: 1 });
});
afterAll(async () => await scene.remove());

const align = async (model: string, ...args: string[]) =>
  await runHere(['align', '--engine', 'onnx', '--model', model, '--data', 'pool.jsonl', ...args], { cwd: scene.dir });

describe('a run that cannot fit into the memory of the machine', () => {
  it.each([
    [
      'weights',
      'colossal',
      [],
      /E_CONFIG colossal: needs about \d{4}\.\d GB of memory, \d{4}\.\d GB of them weights, and this machine has /,
    ],
    [
      'weights, hint',
      'colossal',
      [],
      /its weights leave no room for a row: use a smaller model, .*; --allow-little-memory begins all the same/,
    ],
    [
      'a step',
      'flat',
      ['--train-batch-size', '8192'],
      /needs about .* even if activations are made again, .* --train-batch-size \d+ would fit/s,
    ],
    ['a step, kept', 'flat', ['--train-batch-size', '8192', '--recompute', 'off'], /needs about \d+\.\d GB of memory, .* would fit/s],
  ])('is refused before the model is read: %s', async (_, model, args, message) => {
    const { status, stdout, stderr } = await align(model, ...args, '--out', 'never');
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toMatch(message);
    await expect(access(scene.path('never'))).rejects.toThrow('ENOENT');
  });

  it('is refused as a configuration too, in its words', async () => {
    const selection = 'selection: { methods: [grand], keep: [0.5], batchSize: 8192 }';
    const data = 'data: { alignment: pool.jsonl, harmful: harmful.jsonl, validation: trusted.jsonl }';
    await scene.write('large.yaml', `name: large\nmodel: flat\nengine: onnx\n${data}\n${selection}\n`);
    const { status, stderr } = await runHere(['run', 'large.yaml', '--out', 'never'], { cwd: scene.dir });
    expect(status).toBe(2);
    expect(stderr).toMatch(
      /E_CONFIG flat: needs about .* selection\.batchSize: \d+ would fit; `allowLittleMemory: true` begins all the same/s,
    );
    await expect(access(scene.path('never'))).rejects.toThrow('ENOENT');
  });
});

describe('--recompute', () => {
  it('on ends with the same adapter to the byte, continues a run of the other form, and is said in its record', async () => {
    const training = ['--steps', '2', '--train-batch-size', '4', '--lora-rank', '2', '--max-length', '96'];
    for (const recompute of ['off', 'on']) {
      const { status, stderr } = await align('model', ...training, '--recompute', recompute, '--out', `aligned-${recompute}`);
      expect(status, stderr).toBe(0);
    }
    const bytes = async (recompute: string) => await readFile(scene.path(`aligned-${recompute}/adapter_model.safetensors`));
    expect((await bytes('on')).equals(await bytes('off'))).toBe(true);
    const record = JSON.parse(await readFile(scene.path('aligned-on/run.json'), 'utf8')) as { engine: { description: string } };
    expect(record.engine.description).toMatch(/^onnx \(cpu, .*\), activations made again$/);
    const again = await align('model', ...training, '--json', '--out', 'aligned-on');
    expect(JSON.parse(again.stdout)).toMatchObject({ wasComplete: true });
  });

  it('takes on, off and auto', async () => {
    expect((await align('model', '--recompute', 'yes', '--out', 'never')).stderr).toContain('auto, on, off');
  });
});
