/** A vault with an access key of AWS IAM and its source: the real `aws` program against a copy of the IAM Query API on loopback. */
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { TestContext } from 'vitest';
import { startIam } from '../helpers/providers/aws-iam.ts';
import type { Iam, IamKey } from '../helpers/providers/aws-iam.ts';
import { makeProject, must } from '../helpers/rotation-project.ts';
import type { Project } from '../helpers/rotation-project.ts';
import { failing as failingWithout } from './example.ts';

export const PROGRAM = fileURLToPath(new URL('../../examples/sources/aws-iam-key.mjs', import.meta.url));
/** Where there is a pyenv, what it puts on the path takes half of the time: the program itself, then. */
const FOLDER = dirname(spawnSync('pyenv', ['which', 'aws'], { encoding: 'utf8' }).stdout?.trim() || '/usr/bin/aws');

/** A vault with a key of the user app, its source, and IAM. */
export class Scene {
  readonly admin: IamKey;
  readonly old: IamKey;
  readonly iam: Iam;
  readonly project: Project;

  // A concurrent test has its own context.
  static async start({ onTestFinished }: TestContext, adminOption = '{{secret:aws_admin}}'): Promise<Scene> {
    const iam = await startIam();
    const old = iam.add('app');
    const scene = new Scene(iam, old, await makeProject({ production: iam.value(old) }));
    onTestFinished(async () => {
      scene.project.remove();
      await iam.close();
    });
    const { project, admin } = scene;
    await must(project.knox(['add', 'aws_admin', '-e', 'production'], iam.value(admin)));
    project.accepted.has = (shown) => iam.letsIn(...(shown.split(':') as [string, string]));
    // Nothing of whoever runs the tests; the history, which would keep what AWS answers, is on.
    const config = join(project.folder, 'aws.config');
    writeFileSync(config, '[default]\ncli_history = enabled\n');
    const settings = `PATH="${FOLDER}:$PATH" HOME="${project.folder}" AWS_CONFIG_FILE="${config}" AWS_SHARED_CREDENTIALS_FILE=/dev/null`;
    const program = `${settings} AWS_MAX_ATTEMPTS=1 AWS_EC2_METADATA_DISABLED=true "${process.execPath}" "${PROGRAM}"`;
    await scene.setSource(program, adminOption);
    return scene;
  }

  private constructor(iam: Iam, old: IamKey, project: Project) {
    this.iam = iam;
    this.old = old;
    this.project = project;
    this.admin = iam.add('admin');
  }

  async setSource(program: string, admin = '{{secret:aws_admin}}'): Promise<void> {
    const options = [`program=${program}`, `endpoint=${this.iam.url}`, 'user=app', `admin=${admin}`];
    const argv = ['source', 'set', 'api_key', 'command', ...options.flatMap((one) => ['--option', one])];
    await must(this.project.knox(argv));
  }

  rotate(...more: string[]) {
    return this.project.json(['rotate', 'api_key', '--yes', ...more]);
  }

  made(): IamKey[] {
    return [...this.iam.keys.values()].filter((key) => key.user === 'app' && key !== this.old);
  }

  actions(): string[] {
    return this.iam.log.map(({ action }) => action);
  }
}

/** @returns what a run that fails says, after a look for each secret in it and in the audit log */
export async function failing({ project, iam }: Scene, ...argv: string[]): Promise<string> {
  return failingWithout(project, () => [...iam.keys.values()].map(({ secret }) => secret), ...argv);
}
export const failingRotation = (scene: Scene) => failing(scene, 'rotate', 'api_key', '--yes', '--until', 'create');
