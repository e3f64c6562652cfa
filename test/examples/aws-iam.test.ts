/** The example for AWS IAM access keys; more of it in `npm run test:long`, since each start of aws takes a second. */
import { describe, expect, test } from 'vitest';
import { must } from '../helpers/rotation-project.ts';
import { failing, failingRotation, HAS_AWS, PROGRAM, Scene } from './aws-iam-scene.ts';

// Together, since most of the time goes into starting aws; so each may take long.
describe
  .skipIf(!HAS_AWS)
  .concurrent('access keys of AWS IAM, where there is the program aws', { timeout: 300_000 }, () => {
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
      const { iam, old } = scene;
      iam.faults.set('CreateAccessKey', { kind: 'lost', times: 1 });
      const lost = await failingRotation(scene);
      const [left] = scene.made();
      expect(lost).toContain(`aws iam delete-access-key --user-name=app --access-key-id=${left!.id}`);
      expect(scene.actions()).toEqual(['ListAccessKeys', 'CreateAccessKey', 'ListAccessKeys']);
      const again = await failingRotation(scene);
      expect(again).toContain(`both access keys of the user app are taken`);
      expect(again).toMatch(new RegExp(`${old.id} is Active, made .*; it is the one in the vault`));
      expect(again).toMatch(new RegExp(`${left!.id} is Active, made .*last used: never\\n.*lost answer.*${left!.id}`));
      expect(scene.made()).toEqual([{ ...left, status: 'Active' }]);
    });
  });

test('where aws is missing, it is told where to get it', async (context) => {
  const scene = await Scene.start(context);
  await scene.setSource(`PATH=/nowhere "${process.execPath}" "${PROGRAM}"`);
  expect(await failing(scene, 'source', 'test', 'api_key')).toContain('there is no program aws here');
});
