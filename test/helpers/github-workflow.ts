/** GitHub's own parser of workflows, with the schema that it is published with. */
import { registerHooks } from 'node:module';

// The package imports its schema as bundlers do, without saying that it is JSON.
const hooks = registerHooks({
  load: (url, context, next) =>
    next(url, url.endsWith('.json') ? { ...context, importAttributes: { type: 'json' } } : context),
});
const { NoOperationTraceWriter, parseWorkflow } = await import('@actions/workflow-parser');
hooks.deregister();

/** What GitHub would say against a workflow; nothing, where it takes it. */
export function mistakesIn(content: string): string[] {
  const parsed = parseWorkflow({ name: 'workflow.yml', content }, new NoOperationTraceWriter());
  return parsed.context.errors.getErrors().map(({ message }) => message);
}
