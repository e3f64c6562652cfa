/** The guides in docs/guides: each command is run as it stands there, by the built program, and its output is held against what is printed. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { builtProgram, ROOT } from '../helpers/built-program.ts';
import { mistakesIn } from '../helpers/github-workflow.ts';
import { guideScene, hostValue } from '../helpers/guide-scenes.ts';
import type { GuideScene } from '../helpers/guide-scenes.ts';
import { MANY_STARTS_MS, transcript, typeIt } from '../helpers/transcript.ts';

const GUIDES = join(ROOT, 'docs/guides');
const textOf = (page: string): string => readFileSync(join(GUIDES, page), 'utf8');

let scene: GuideScene;

async function follow(page: string, ...prelude: readonly string[]): Promise<void> {
  const typed = transcript(scene.localized(textOf(page)));
  expect(typed.length).toBeGreaterThan(5);
  await typeIt(typed, { cwd: scene.folder, env: scene.env, prelude: [...scene.prelude, ...prelude] });
}

interface Workflow {
  readonly jobs: Readonly<
    Record<string, { steps: readonly { run?: string; env?: Readonly<Record<string, string>> }[] }>
  >;
}

const workflow = (): string => /^```yaml\n([^]*?)^```/m.exec(textOf('github-actions.md'))![1]!;

/** What the workflow runs, in its order, as a script that stops at the first failure. */
function stepsAsScript(text: string): string {
  const steps = Object.values((parse(text) as Workflow).jobs).flatMap((job) => job.steps);
  const lines = steps.flatMap(({ run, env = {} }) => {
    const variables = Object.entries(env).map(
      ([name, value]) =>
        `export ${name}="${value.replaceAll(/\$\{\{ (\S+) \}\}/g, (_, expression: string) => hostValue(expression))}"`,
    );
    return run === undefined ? [] : [`(${[...variables, run].join('\n')}\n)`];
  });
  return ['set -eu', 'unset KNOX_KEY_FILE', ...lines, 'echo workflow done', ''].join('\n');
}

describe('followed to the letter,', { timeout: MANY_STARTS_MS }, () => {
  beforeEach(async () => {
    scene = await guideScene(builtProgram());
  });
  afterEach(() => scene.close());

  test.each(['stripe.md', 'team.md', 'auditor.md'])('%s says what happens', (page) => follow(page));

  test('github-actions.md says what happens, its workflow run in the middle', async () => {
    const script = join(scene.env['HOME']!, 'workflow.sh');
    writeFileSync(script, stepsAsScript(workflow()));
    await follow('github-actions.md', 'workflow() { sh "$HOME/workflow.sh" > "$HOME/workflow.log" 2>&1; }');
    const log = readFileSync(join(scene.env['HOME']!, 'workflow.log'), 'utf8');
    expect(log).toContain('workflow done');
    expect(readFileSync(join(scene.folder, 'live-staging.env'), 'utf8')).toContain(
      "STRIPE_API_KEY='a-value-of-staging'",
    );
    expect(readFileSync(join(scene.env['HOME']!, 'npm.log'), 'utf8')).toContain('npm ci\nnpm ci\n');
  });
});

test('the workflow is one that GitHub takes, and another is not', () => {
  expect(mistakesIn(workflow())).toEqual([]);
  expect(mistakesIn(workflow().replace('runs-on', 'runs-at'))).not.toEqual([]);
  const pages = ['automation.md', 'keeping.md'].map((page) => readFileSync(join(ROOT, 'docs', page), 'utf8'));
  for (const page of pages) expect(mistakesIn(/^```yaml\n(name:[^]*?)^```/m.exec(page)![1]!)).toEqual([]);
});

test('every guide is followed', () => {
  expect(readdirSync(GUIDES).toSorted()).toEqual(['auditor.md', 'github-actions.md', 'stripe.md', 'team.md']);
});
