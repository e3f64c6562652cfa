/** A route's record as it would be read, for what asks no vault. */
import { BARE_ROUTE } from '../../src/routes/register.ts';
import type { RouteRecord } from '../../src/vault/records/kinds.ts';

export function routeRecord(patch: Partial<RouteRecord> = {}): RouteRecord {
  return {
    kindOf: 'route',
    realm: 'staging',
    entry: 7,
    id: 'route-1',
    project: '',
    path: 'config/app.env',
    ...BARE_ROUTE,
    names: [],
    hosts: [],
    vouched: null,
    createdAt: '2026-01-10T12:00:00.000Z',
    createdBy: 'tester@test',
    ...patch,
  };
}
