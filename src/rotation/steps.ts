/** The eleven steps, in their order. A step is one file behind the interface `Step`; adding or changing one touches that file and this table. */
import type { StepId } from '../domain/step-texts.ts';
import { create } from './steps/create.ts';
import { deleteOld } from './steps/delete-old.ts';
import { document } from './steps/document.ts';
import { generate } from './steps/generate.ts';
import { monitor } from './steps/monitor.ts';
import { scheduleNext } from './steps/schedule-next.ts';
import { testStaging } from './steps/test-staging.ts';
import { updateDocs } from './steps/update-docs.ts';
import { updateProduction } from './steps/update-production.ts';
import { updateStaging } from './steps/update-staging.ts';
import { verify } from './steps/verify.ts';
import type { Step } from './types.ts';

export const STEPS: readonly Step[] = [
  document,
  generate,
  create,
  updateStaging,
  testStaging,
  updateProduction,
  monitor,
  verify,
  deleteOld,
  updateDocs,
  scheduleNext,
];

/** Steps that a timer does by itself; `update-docs` but for its confirmation. */
export const TIMED: readonly StepId[] = ['test-staging', 'monitor', 'verify', 'update-docs', 'schedule-next'];
