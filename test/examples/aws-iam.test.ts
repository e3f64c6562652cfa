/** The example for AWS IAM access keys, where there is no aws; all the rest of it is in `npm run test:long`: each start of aws takes a second. */
import { expect, test } from 'vitest';
import { failing, PROGRAM, Scene } from './aws-iam-scene.ts';

test('where aws is missing, it is told where to get it', async (context) => {
  const scene = await Scene.start(context);
  await scene.setSource(`PATH=/nowhere "${process.execPath}" "${PROGRAM}"`);
  expect(await failing(scene, 'source', 'test', 'api_key')).toContain('there is no program aws here');
});
