/** What the tests of the example sources have in common: a project whose `api_key` comes from one, and a way to run a program alone. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { expect, onTestFinished } from 'vitest';
import type { HttpFake } from '../helpers/providers/http-fake.ts';
import { PROBE, makeProject, must } from '../helpers/rotation-project.ts';
import type { Project } from '../helpers/rotation-project.ts';
import type { Ran } from '../helpers/run-knox.ts';

const SOURCES = join(import.meta.dirname, '../../examples/sources');

export interface Example {
  /** Its file in `examples/sources`. */
  readonly file: string;
  readonly fake: HttpFake;
  /** As text after `--option`; `api_url` is there already. */
  readonly options: readonly string[];
  /** By the name of the secret that holds it: what the program is let in with, everywhere or by environment. */
  readonly admin: Readonly<Record<string, string | Readonly<Record<string, string>>>>;
  /** The first values, by environment. */
  readonly old: Readonly<Record<string, string>>;
  /** What the probe asks. */
  readonly letsIn: (value: string) => boolean;
}

/** Gone when the test is over. */
export async function projectWith(example: Example, hasProbe = false): Promise<Project> {
  const project = await makeProject(example.old);
  onTestFinished(() => project.remove());
  project.accepted.has = example.letsIn;
  for (const [name, given] of Object.entries(example.admin)) {
    const values = typeof given === 'string' ? [['--shared', given]] : Object.entries(given);
    for (const [where = '', value] of values)
      await must(project.knox(['add', name, ...(where === '--shared' ? [where] : ['-e', where])], value));
  }
  if (hasProbe) await addProbe(project);
  await must(setSource(project, example));
  return project;
}

/** One file of production, and a probe that sends its value. */
async function addProbe(project: Project): Promise<void> {
  project.write('config/app.env', 'API_KEY={{secret:api_key}}\n');
  const probe = ['--probe', PROBE, '--header', 'Authorization: Bearer {{secret:api_key}}', '--yes'];
  const deploy = ['--deploy-command', 'cat > live.env'];
  await must(project.knox(['route', 'add', 'config/app.env', '-e', 'production', ...probe, ...deploy]));
}

/** The same with a value for production only, where one environment shows what there is to see. */
export function inProduction(example: Example): Example {
  return { ...example, old: { production: example.old['production']! } };
}

export function setSource(project: Project, example: Example, ...more: string[]): Promise<Ran> {
  const program = `program="${process.execPath}" "${join(SOURCES, example.file)}"`;
  const options = [program, `api_url=${example.fake.url}`, ...example.options, ...more];
  return project.knox(['source', 'set', 'api_key', 'command', ...options.flatMap((option) => ['--option', option])]);
}

/** The results of `knox source test --yes`, the same in each environment, such as `create ok`. Fails the test where it failed. */
export async function tryAll(project: Project): Promise<string[]> {
  type Tried = { environment: string; actions: { action: string; result: string; detail: string | null }[] }[];
  const { exit, json } = await project.json<Tried>(['source', 'test', 'api_key', '--yes']);
  const results = json.map(({ actions }) =>
    actions.map(({ action, result, detail }) => `${action} ${detail ?? result}`),
  );
  for (const result of results) expect(result).toEqual(results[0]);
  expect(exit).toBe(0);
  return results[0]!;
}

/** Rotates on, two days after two days, until it is done. */
export async function rotateToTheEnd(project: Project, ...confirm: string[]): Promise<void> {
  const said = ['--confirm', ['update-docs', ...confirm].join(',')];
  for (let runs = 0; runs < 3; runs++) {
    const { exit, json, code } = await project.json(['rotate', 'api_key', '--yes', ...said]);
    expect([exit, code]).toEqual([0, null]);
    if (json.state === 'done') return;
    project.laterBy(48);
  }
  throw new Error('the rotation did not come to its end');
}

/** The new value of an environment. */
export async function newValue(project: Project, environment: string): Promise<string> {
  return (await must(project.knox(['get', 'api_key_v2', '-e', environment]))).stdout.toString();
}

/** The new values of staging and production, sorted. */
export async function newValues(project: Project): Promise<string[]> {
  return [await newValue(project, 'staging'), await newValue(project, 'production')].toSorted();
}

/**
 * A run that fails, and in which no credential stands, nor in the log.
 * @param secrets asked for after the run, which may have made some
 * @returns what it says
 */
export async function failing(
  project: Project,
  secrets: () => Iterable<string>,
  ...argv: readonly string[]
): Promise<string> {
  const ran = await project.knox(argv);
  const said = `${ran.stdout.toString()}${ran.stderr}`;
  expect(ran.exit, said).toBe(1);
  const audit = (await must(project.knox(['audit', '--json']))).stdout.toString();
  expect(audit.length).toBeGreaterThan(100);
  for (const secret of secrets()) for (const text of [said, audit]) expectWithout(text, secret);
  return said;
}

/** A rotation of which every answer with a new value is lost. @param made what it has made, as far as that is secret */
export async function rotateWithoutAnswers(
  project: Project,
  example: Example,
  made: () => readonly string[],
): Promise<void> {
  // As often as knox tries.
  example.fake.loseAnswers = 5;
  const secrets = () => [...adminOf(example), ...Object.values(example.old), ...made()];
  expect(await failing(project, secrets, 'rotate', 'api_key', '--yes')).toContain('no answer');
}

/** Neither the value nor, of one with several lines, a line of it. */
function expectWithout(text: string, value: string): void {
  for (const part of value.split('\n').filter((line) => line.length >= 8 && !line.startsWith('-----')))
    expect(text.includes(part), 'a credential stands in the text').toBe(false);
}

function adminOf({ admin }: Example): string[] {
  return Object.values(admin).flatMap((value) => (typeof value === 'string' ? [value] : Object.values(value)));
}

export interface Answered {
  readonly exit: number | null;
  readonly answer: any;
  readonly stderr: string;
}

/** Runs the program alone, as knox would. Fails the test where a credential stands on stderr, which knox would only mask. */
export async function ask(
  example: Example,
  action: string,
  more: Readonly<Record<string, unknown>> & { readonly options?: Readonly<Record<string, string>> } = {},
): Promise<Answered> {
  const { environment = 'production' } = more as { environment?: string };
  const adminAt = (name: string): string => {
    const value = example.admin[name];
    return typeof value === 'object' ? (value[environment] ?? '') : (value ?? '');
  };
  const options = Object.fromEntries(
    example.options.map((option) => {
      const [name, text] = split(option);
      return [name, text.replace(/\{\{secret:(\w+)\}\}/g, (_all, secret: string) => adminAt(secret))];
    }),
  );
  const request = {
    action,
    secret: 'api_key',
    environment,
    rotation: 'rotation-1',
    attempt: 'attempt-1',
    handle: null,
    old: example.old[environment] ?? null,
    new: null,
    ...more,
    options: { api_url: example.fake.url, ...options, ...more.options },
  };
  const child = spawn(process.execPath, [join(SOURCES, example.file)], { stdio: ['pipe', 'pipe', 'pipe'] });
  const texts = { stdout: '', stderr: '' };
  child.stdout.on('data', (part: Buffer) => (texts.stdout += part.toString()));
  child.stderr.on('data', (part: Buffer) => (texts.stderr += part.toString()));
  child.stdin.end(JSON.stringify(request));
  const exit = await new Promise<number | null>((resolve) => child.on('close', resolve));
  for (const value of [...adminOf(example), String(request.old)]) expectWithout(texts.stderr, value);
  return { exit, answer: exit === 0 && texts.stdout !== '' ? JSON.parse(texts.stdout) : null, stderr: texts.stderr };
}

function split(option: string): [string, string] {
  const end = option.indexOf('=');
  return [option.slice(0, end), option.slice(end + 1)];
}

/** What every example does the same way, looked at with the program alone. @param made what it has made and is alive */
export async function expectSteadiness(example: Example, made: () => readonly string[]): Promise<void> {
  const { fake } = example;
  // Too many requests, twice.
  fake.limit = 2;
  expect(await ask(example, 'test')).toMatchObject({ exit: 0, stderr: '' });
  // Too many for one call of the program, or down: passes.
  fake.limit = 4;
  const limited = await ask(example, 'test');
  expect(limited).toMatchObject({ exit: 75, stderr: expect.stringContaining('too many requests') });
  fake.fail = 1;
  expect(await ask(example, 'create')).toMatchObject({ exit: 75, stderr: expect.stringContaining('503') });
  expect(made()).toEqual([]);
  // An answer that makes no sense is for a person. What was made is cleaned up by the next call.
  fake.wrong = ['page', 'fields'];
  expect(await ask(example, 'create')).toMatchObject({ exit: 1, stderr: expect.stringContaining('no JSON') });
  expect(await ask(example, 'create')).toMatchObject({ exit: 1, stderr: expect.stringContaining('the answer has no') });
  // A lost answer passes.
  fake.loseAnswers = 1;
  expect(await ask(example, 'create')).toMatchObject({ exit: 75, stderr: expect.stringContaining('no answer') });
  const clear = await ask(example, 'test', { options: { api_url: 'http://api.example.com' } });
  expect(clear).toMatchObject({ exit: 1, stderr: expect.stringContaining('api_url has to be an https: address') });
}
