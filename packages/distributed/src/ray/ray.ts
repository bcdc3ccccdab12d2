import { ConfigError, InterruptedError, sha256, silentReporter } from '@pharmacist/core';
import { z } from 'zod';
import { ExecutorError } from '../executor-error.ts';
import { defineExecutor } from '../define-executor.ts';
import { type CommonSettings, commonSettings, type Executor, type ExecutorRun, type NodeAnswer } from '../executor.ts';
import { messageIn } from '../log-files.ts';
import { pause } from '../pause.ts';
import { shellWord } from '../shell-word.ts';
import { inOrder, type Task } from '../task.ts';
import { TaskBoard } from '../task-board.ts';
import { isOver, type TaskStatus } from '../task-status.ts';
import { type DriverEvent, type DriverSpec, eventsIn, jobPackage } from './job-package.ts';
import { type JobEnd, JobsClient } from './jobs-client.ts';

/** A Ray cluster, through the REST API of its dashboard. */
export const ray = defineExecutor({
  name: 'ray',
  summary: 'a Ray cluster, by its Jobs REST API; the token is read from RAY_AUTH_TOKEN',
  settings: z.strictObject({
    ...commonSettings,
    /** Of the cluster's dashboard. */
    address: z.url({ protocol: /^https?$/u, error: 'expected the dashboard’s address, http://HOST:8265' }),
    /** Python with Ray on the head of the cluster. */
    python: z.string().min(1).default('python'),
    /** Seconds between two looks at the job. */
    poll: z.number().min(0.1).default(1),
    /** Seconds from Ctrl-C to the end of the job, in which a second one leaves it at work. */
    grace: z.number().min(0).default(3),
  }),
  create(settings, { env }) {
    const token = env['RAY_AUTH_TOKEN'];
    if (token === undefined || token === '') {
      throw new ConfigError('there is no token for the cluster', {
        where: 'executor ray',
        hint: 'set RAY_AUTH_TOKEN in the environment to the token that the cluster was started with (RAY_AUTH_MODE=token); without one anybody may run commands there',
      });
    }
    return new RayExecutor(settings, new JobsClient({ address: settings.address, token }));
  },
});

interface RaySettings extends CommonSettings {
  readonly python: string;
  readonly poll: number;
  readonly grace: number;
  readonly address: string;
}

/** Largest number of jobs of one key that are looked through. */
const MAX_JOBS = 10_000;
/** The log is read anew each time: at most this share of the time goes into it. */
const LOG_SHARE = 0.1;

class RayExecutor implements Executor {
  readonly name = 'ray';
  readonly #settings: RaySettings;
  readonly #jobs: JobsClient;

  constructor(settings: RaySettings, jobs: JobsClient) {
    this.#settings = settings;
    this.#jobs = jobs;
  }

  async run(tasks: readonly Task[], run: ExecutorRun): Promise<TaskStatus[]> {
    const order = inOrder(tasks);
    const board = new TaskBoard(order, run);
    board.report();
    if (order.length === 0) return [];
    const { retries, parallel, poll } = this.#settings;
    const { reporter = silentReporter } = run;
    const known = await this.#jobAtWork(run.key);
    const id = known.active ?? (await this.#submit(known.next, { cwd: run.cwd, dir: run.dir, tasks: order, retries, parallel, poll }));
    const action = known.active === undefined ? 'started' : 'is at work already, and is followed';
    reporter.info(`job ${id} ${action}: ${this.#settings.address}/#/jobs/${id}`);
    const { end, message } = await this.#follow(id, run, (event) => apply(event, board));
    if (end !== 'SUCCEEDED') throw this.#brokenOff(id, end, message);
    // A job that was begun for fewer tasks may have been followed: what it did not do is for the next.
    const left = order.filter((task) => !isOver(board.status(task.id)));
    if (left.length === 0) return board.statuses;
    if (known.active === undefined) throw this.#brokenOff(id, end, `it said nothing of ${left[0]!.id}`);
    const doneNow = new Set(order.filter((task) => board.status(task.id).state === 'done').map((task) => task.id));
    const rest = left.map((task) => ({ ...task, after: task.after.filter((before) => !doneNow.has(before)) }));
    const later = await this.run(rest, run);
    const byId = new Map(later.map((status) => [status.id, status]));
    return board.statuses.map((status) => byId.get(status.id) ?? status);
  }

  async probe(argv: readonly string[], run: ExecutorRun): Promise<NodeAnswer[]> {
    const answers: NodeAnswer[] = [];
    const { next } = await this.#jobAtWork(`${run.key}-probe`);
    const id = await this.#submit(next, { cwd: run.cwd, probe: argv });
    const { end, message } = await this.#follow(id, run, (event) => {
      if (event.event !== 'answer') return;
      const { event: _, code, ...answer } = event;
      answers.push({ ...answer, exitStatus: code ?? undefined });
    });
    if (end !== 'SUCCEEDED') throw this.#brokenOff(id, end, message);
    return answers;
  }

  readonly warnings = async (): Promise<string[]> => {
    const { address } = this.#settings;
    if (!(await this.#jobs.isOpen())) return [];
    return [`${address} answers without a token: whoever reaches it can run commands. Start the cluster with RAY_AUTH_MODE=token`];
  };

  /** The job of this key that is not over, and the id that its next one gets. */
  async #jobAtWork(key: string): Promise<{ active: string | undefined; next: string }> {
    const stem = `pharmacist-${sha256(key).slice(0, 16)}`;
    for (let n = 1; n <= MAX_JOBS; n++) {
      const id = `${stem}-${n}`;
      const state = await this.#jobs.state(id);
      if (state === undefined) return { active: undefined, next: id };
      if (state.end === undefined) return { active: id, next: `${stem}-${n + 1}` };
    }
    throw new ExecutorError(`has seen ${MAX_JOBS} jobs of this run`, { where: this.#settings.address, hint: 'delete old jobs' });
  }

  async #submit(id: string, spec: DriverSpec): Promise<string> {
    const { name, uri, bytes } = await jobPackage(spec);
    if (!(await this.#jobs.hasPackage(name))) await this.#jobs.putPackage(name, bytes);
    const entrypoint = `${shellWord(this.#settings.python)} ray_driver.py`;
    // Refused since it is there: someone else has sent the same work in between, and theirs is followed.
    await this.#jobs.submit({ id, entrypoint, packageUri: uri, metadata: { product: 'pharmacist' } });
    return id;
  }

  async #follow(
    id: string,
    { signal, reporter = silentReporter }: ExecutorRun,
    hear: (event: DriverEvent) => void,
  ): Promise<{ end: JobEnd; message: string }> {
    const { poll, grace } = this.#settings;
    let numSeen = 0;
    for (;;) {
      if (signal?.aborted === true) {
        reporter.warn(`the job ${id} is cancelled in ${grace} s; Ctrl-C again leaves it at work on the cluster`);
        await pause(grace);
        await this.#jobs.stop(id);
        await this.#end(id);
        throw new InterruptedError();
      }
      const began = performance.now();
      const state = await this.#jobs.state(id);
      if (state === undefined) throw new ExecutorError(`knows the job ${id} no more`, { where: this.#settings.address });
      const lines = (await this.#jobs.logs(id)).split('\n');
      // The last line may be half a one.
      lines.pop();
      for (const event of eventsIn(lines.slice(numSeen))) hear(event);
      numSeen = lines.length;
      if (state.end !== undefined) return { end: state.end, message: state.message };
      const spent = (performance.now() - began) / 1000;
      await pause(Math.max(poll, spent / LOG_SHARE), signal);
    }
  }

  /** Waits until a job that was told to stop has done so, as long as that takes at most. */
  async #end(id: string): Promise<void> {
    for (let second = 0; second < 30; second++) {
      const state = await this.#jobs.state(id);
      if (state?.end !== undefined || state === undefined) return;
      await pause(1);
    }
  }

  #brokenOff(id: string, end: JobEnd, message: string): ExecutorError {
    const what = end === 'STOPPED' ? `the job ${id} was stopped` : `the job ${id} ended before its tasks: ${message.trim().slice(-1000)}`;
    return new ExecutorError(what, {
      where: this.#settings.address,
      hint: 'see the job’s log on the dashboard; the same command goes on with what is left',
    });
  }
}

function apply(event: DriverEvent, board: TaskBoard): void {
  if (!('task' in event) || !board.has(event.task)) return;
  if (event.event === 'started') board.set(event.task, { state: 'running', node: event.node, attempts: event.attempt });
  else {
    const { code, problem, tail, node, seconds } = event;
    const said = problem ?? (messageIn(tail) || `ended with status ${code} and said nothing`);
    const message = code !== null && code < 0 ? `was ended by signal ${-code}${tail === '' ? '' : ` after: ${said}`}` : said;
    board.set(event.task, {
      state: code === 0 ? 'done' : 'failed',
      ...(node !== null && { node }),
      ...(seconds !== null && { seconds }),
      ...(code !== null && { exitStatus: code }),
      ...(code !== 0 && { message }),
      attempts: Math.max(1, board.status(event.task).attempts),
    });
  }
}
