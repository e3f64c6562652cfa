/** A record with a command or an address, in words: what it is, and what of it runs or is sent somewhere. */
import { printable } from '../../domain/printable.ts';
import type { VouchedRecord } from './vouch.ts';

export function vouchedName(record: VouchedRecord): string {
  const { realm } = record;
  if (record.kindOf === 'route') return `${printable(record.path)} for ${realm}`;
  if (record.kindOf === 'source') return `the source of ${record.base} for ${realm}`;
  return `the notification ${record.id} of ${realm}`;
}

/** What runs, and where something is sent: all that a slot vouches for. */
export function vouchedLines(record: VouchedRecord): string[] {
  if (record.kindOf === 'receiver') return [`${record.kind}: ${record.target}`];
  if (record.kindOf === 'source')
    return [`source: ${record.kind}`, ...Object.entries(record.options).map(([key, text]) => `  ${key}=${text}`)];
  const { probe, method, headers, testCommand, deployCommand, template } = record;
  return [
    ...(probe === null ? [] : [`probe: ${method ?? 'GET'} ${probe}`, ...headers.map((header) => `  ${header}`)]),
    ...(testCommand === null ? [] : [`test: ${testCommand}`]),
    ...(deployCommand === null ? [] : [`deploy: ${deployCommand}`]),
    ...(template === null ? [] : [`text: ${template}`]),
  ];
}
