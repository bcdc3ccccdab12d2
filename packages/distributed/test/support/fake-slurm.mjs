// sbatch, squeue, scancel and sinfo over files in the folder FAKE_SLURM, as far as the executor uses them. Called by the name it was linked as.
import { spawn, spawnSync } from 'node:child_process';
import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { setTimeout } from 'node:timers/promises';

const root = process.env.FAKE_SLURM;
const jobs = join(root, 'jobs');
mkdirSync(jobs, { recursive: true });
const words = process.argv.slice(2);
const option = (name) => words.find((word) => word.startsWith(`--${name}=`))?.slice(name.length + 3);
const fileOf = (id) => join(jobs, `${id}.json`);
const read = (id) => JSON.parse(readFileSync(fileOf(id), 'utf8'));
const write = (id, value) => {
  writeFileSync(`${fileOf(id)}.partial`, JSON.stringify(value));
  renameSync(`${fileOf(id)}.partial`, fileOf(id));
};
const elements = () =>
  readdirSync(jobs)
    .filter((name) => name.endsWith('.json'))
    .map((name) => name.slice(0, -5));

const commands = {
  sbatch() {
    appendFileSync(join(root, 'calls'), `sbatch ${words.join(' ')}\n`);
    if (existsSync(join(root, 'refuse'))) {
      process.stderr.write('sbatch: error: invalid partition specified: nowhere\n');
      process.exit(1);
    }
    const script = readFileSync(0, 'utf8');
    const job = String(100 + new Set(elements().map((id) => id.split('_')[0])).size);
    const last = Number(/^0-(\d+)/.exec(option('array'))[1]);
    writeFileSync(join(root, `${job}.sh`), script);
    const after = option('dependency')?.replace('afterok:', '').split(':') ?? [];
    for (let i = 0; i <= last; i++) {
      write(`${job}_${i}`, { name: option('job-name'), state: 'PENDING', after });
      spawn(process.execPath, [process.argv[1], 'element', job, String(i)], {
        detached: true,
        stdio: 'ignore',
        env: { ...process.env, FAKE_NAME: 'element' },
      }).unref();
    }
    process.stdout.write(`${job};fake\n`);
  },
  async element() {
    const [, job, index] = words;
    const id = `${job}_${index}`;
    for (;;) {
      const { after, state } = read(id);
      if (state === 'CANCELLED') return;
      const states = after.map((before) => read(before).state);
      if (states.some((before) => before === 'FAILED' || before === 'CANCELLED')) return write(id, { ...read(id), state: 'CANCELLED' });
      if (states.every((before) => before === 'COMPLETED')) break;
      await setTimeout(50);
    }
    for (let restarts = 0; ; restarts++) {
      const env = { ...process.env, SLURM_ARRAY_TASK_ID: index, SLURM_RESTART_COUNT: String(restarts), SLURMD_NODENAME: 'fake1' };
      const child = spawn('bash', [join(root, `${job}.sh`)], { env, detached: true, stdio: 'ignore' });
      write(id, { ...read(id), state: 'RUNNING', pid: child.pid });
      const [code, signal] = await new Promise((resolve) => child.once('exit', (...end) => resolve(end)));
      if (read(id).state === 'CANCELLED') return;
      // The whole element was killed: its node is lost, and it comes back into the queue.
      if (signal === 'SIGKILL') continue;
      return write(id, { ...read(id), state: code === 0 ? 'COMPLETED' : 'FAILED' });
    }
  },
  squeue() {
    for (const id of elements()) {
      const { looks = 0, ...element } = read(id);
      const { name } = element;
      const state = looks > 0 ? 'COMPLETING' : element.state;
      if (looks > 0) write(id, { ...element, looks: looks - 1 });
      if (['PENDING', 'RUNNING', 'COMPLETING'].includes(state))
        process.stdout.write(`${id}|${name}|${state}|${state === 'PENDING' ? '' : 'fake1'}|None\n`);
    }
  },
  scancel() {
    appendFileSync(join(root, 'calls'), `scancel ${words.join(' ')}\n`);
    for (const id of elements().filter((element) => words.includes(element.split('_')[0]))) {
      const { pid, ...element } = read(id);
      // One that is at work is in the queue for some more looks.
      write(id, { ...element, state: 'CANCELLED', ...(pid !== undefined && { looks: 3 }) });
      if (pid !== undefined) spawnSync('kill', ['-9', '--', `-${pid}`]);
    }
  },
  sacct() {
    process.exit(1);
  },
  sinfo() {
    process.stdout.write('fake1|4|gpu:h100:2(S:0)|idle\nfake1|4|gpu:h100:2(S:0)|idle\nfake2|8|(null)|down*\n');
  },
};
await commands[process.env.FAKE_NAME ?? basename(process.argv[1])]();
