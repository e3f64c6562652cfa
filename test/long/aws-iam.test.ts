/** The example for AWS IAM access keys: every action, throttling, wrong answers, missing permissions. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { isHere } from '../helpers/programs.ts';
import { must } from '../helpers/rotation-project.ts';
import { failing, failingRotation, Scene } from '../examples/aws-iam-scene.ts';

interface Tried {
  actions: { action: string; result: string; detail: string | null }[];
}

// Together, since most of the time goes into starting aws; so each may take long.
describe.skipIf(!isHere('aws')).concurrent('access keys of AWS IAM (needs aws)', { timeout: 300_000 }, () => {
  test('a key that rotates itself: the old one makes the new one, and the new one deletes the old one', async (context) => {
    const scene = await Scene.start(context, '{{secret:api_key}}');
    const { iam, old, project } = scene;
    const shown = '{{secret:api_key|field:id}}:{{secret:api_key|field:secret}}';
    project.write('aws.env', 'ID={{secret:api_key|field:id}}\nSECRET={{secret:api_key|field:secret}}\n');
    const probe = ['--probe', 'https://aws.example.com/', '--header', `Authorization: Bearer ${shown}`, '--yes'];
    const deploy = ['--deploy-command', 'cat > live.env'];
    await must(project.knox(['route', 'add', 'aws.env', '-e', 'production', ...probe, ...deploy]));
    const first = await scene.rotate();
    expect([first.exit, first.json.step, first.json.state]).toEqual([0, 'monitor', 'waiting']);
    const [fresh] = scene.made();
    expect(project.read('live.env')).toContain(fresh!.id);
    expect(project.read('live.env')).toContain(fresh!.secret);
    project.laterBy(48);
    old.lastUsed = '2026-01-12T09:30:00Z';
    const used = await scene.rotate();
    expect([used.json.step, used.json.needs?.kind]).toEqual(['verify', 'time']);
    project.laterBy(48);
    iam.log.length = 0;
    iam.lag = 2;
    const last = await scene.rotate('--confirm', 'update-docs');
    expect([last.exit, last.json.state, old.status, fresh!.status]).toEqual([0, 'done', 'deleted', 'Active']);
    expect(scene.actions().filter((action) => /Update|Delete/.test(action))).toEqual([
      'UpdateAccessKey',
      'UpdateAccessKey',
      'DeleteAccessKey',
    ]);
    expect(new Set(iam.log.map(({ signer }) => signer))).toEqual(new Set([fresh!.id]));
    expect((await project.knox(['audit', 'verify'])).exit).toBe(0);
  });

  test('an answer that was lost: the key is named, not deleted, and none is made beside it', async (context) => {
    const scene = await Scene.start(context);
    const { iam } = scene;
    iam.faults.set('CreateAccessKey', { kind: 'lost', times: 1 });
    const lost = await failingRotation(scene);
    const [left] = scene.made();
    expect(lost).toContain(`aws iam delete-access-key --user-name=app --access-key-id=${left!.id}`);
    expect(scene.actions()).toEqual(['ListAccessKeys', 'CreateAccessKey', 'ListAccessKeys']);
    const again = await failingRotation(scene);
    expect(again).toContain(`both access keys of the user app are taken`);
    // The id of the key in the vault is a part of its value.
    expect(again).toMatch(/\[knox:api_key\] is Active, made .*; it is the one in the vault/);
    expect(again).toMatch(new RegExp(`${left!.id} is Active, made .*last used: never\\n.*lost answer.*${left!.id}`));
    expect(scene.made()).toEqual([{ ...left, status: 'Active' }]);
  });

  test('source test goes through every action that IAM has, and leaves nothing', async (context) => {
    const scene = await Scene.start(context);
    const { iam, old, admin, project } = scene;
    const tried = await project.json<Tried[]>(['source', 'test', 'api_key', '--yes']);
    expect(
      tried.json[0]!.actions.map(({ action, result, detail }) => `${action} ${result} ${detail ?? ''}`.trim()),
    ).toEqual([
      'test ok',
      'create ok',
      // A secret can be read once.
      'find unsupported',
      'usage ok',
      'disable ok',
      'enable ok',
      'disable again ok',
      'revoke ok',
      'revoke again ok',
    ]);
    expect([tried.exit, scene.made().map(({ status }) => status), old.status]).toEqual([0, ['deleted'], 'Active']);
    expect(new Set(iam.log.map(({ signer }) => signer))).toEqual(new Set([admin.id]));
  });

  test('throttling and a service that is down pass; what was not made is made in the end', async (context) => {
    const scene = await Scene.start(context);
    const { iam, project } = scene;
    iam.faults.set('ListAccessKeys', { kind: 'throttled', times: 1 });
    iam.faults.set('CreateAccessKey', { kind: 'down', times: 1 });
    expect((await scene.rotate('--until', 'create')).exit).toBe(0);
    expect([scene.made().length, existsSync(join(project.folder, '.aws'))]).toEqual([1, false]);
  });

  test.for(['wrong', 'garbled'] as const)(
    'an answer to create that is %s is told, and what may be in it is not',
    async (kind, context) => {
      const scene = await Scene.start(context);
      const { iam } = scene;
      iam.faults.set('CreateAccessKey', { kind, times: 1 });
      const said = await failingRotation(scene);
      expect(said).toContain(
        kind === 'wrong' ? 'holds no key' : `delete-access-key --user-name=app --access-key-id=${scene.made()[0]!.id}`,
      );
    },
  );

  test('the permission that is missing is named, and an admin that AWS does not know', async (context) => {
    const scene = await Scene.start(context);
    const { iam, admin } = scene;
    iam.denied.add('CreateAccessKey');
    expect(await failingRotation(scene)).toContain('needs iam:CreateAccessKey for the user app');
    admin.status = 'Inactive';
    expect(await failing(scene, 'source', 'test', 'api_key')).toContain('InvalidClientTokenId');
  });
});
