/** A route in one environment: a file of a project, or a text that the vault keeps. */
import { FILE_FORMATS } from '../../domain/choices.ts';
import { parseExpect } from '../../domain/expected-status.ts';
import {
  flag,
  id,
  listOf,
  matching,
  object,
  oneOf,
  orNull,
  pairOf,
  seconds,
  systemText,
  text,
  time,
  typed,
} from './codec.ts';
import type { Of } from './codec.ts';
import { vouchedCodec } from './vouched.ts';

export const routeCodec = object({
  id,
  project: text,
  /** Relative to the root, with `/`, or `@LABEL` of an inline route. */
  path: systemText,
  format: orNull(oneOf(...FILE_FORMATS)),
  /** The text of an inline route, else null. */
  template: orNull(text),
  probe: orNull(text),
  method: orNull(matching((method) => /^[A-Z]{1,20}$/.test(method))),
  /** `NAME: TEXT` each. */
  headers: listOf(text),
  headersFromRoute: flag,
  expect: orNull(typed(parseExpect)),
  allowHttp: flag,
  testCommand: orNull(systemText),
  deployCommand: orNull(systemText),
  timeout: orNull(seconds),
  /** References that the route held when it was last recorded: `NAME`, or `NAME@current`. */
  names: listOf(text),
  /** Base and host of each secret that may be sent there. */
  hosts: listOf(pairOf(text, text)),
  /** Null where it has neither a command nor an address. */
  vouched: orNull(vouchedCodec),
  createdAt: time,
  createdBy: text,
});

export type RouteContent = Of<typeof routeCodec>;
