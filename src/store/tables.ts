/**
 * What a vault's rows hold, as data: one entry a table. From it come the SQL schema, the row types, the bytes that a row's
 * tag covers, and which key authenticates it. Column order is part of the format: append, never reorder.
 *
 * `owner` says whose key authenticates a row: the vault key, or the key of the environment in the row's `environment`
 * column. `small` tables are summed up in the head's digests, so that a missing or older row shows at the moment of use.
 */

type ColumnType = 'text' | 'text?' | 'integer' | 'integer?' | 'blob';

export interface TableSpec {
  readonly owner: 'vault' | 'environment';
  readonly small: boolean;
  readonly columns: Readonly<Record<string, ColumnType>>;
  readonly unique?: readonly { readonly columns: readonly string[]; readonly where?: string }[];
  readonly indexes?: readonly (readonly string[])[];
}

export const TABLES = {
  /** A lineage: the versions of one secret. `highest` is the highest version number ever created. `due_at`: set by a rotation's last step. */
  lineage: {
    owner: 'vault',
    small: false,
    columns: { id: 'text', base: 'text', highest: 'integer', due_at: 'text?', created_at: 'text' },
    unique: [{ columns: ['base'] }],
  },
  /**
   * A secret: one version of a lineage. `state`: pending (a rotation is collecting its values), live, withdrawn, deleted.
   * `every` in seconds, 0 for never, null for what its kind says.
   */
  secret: {
    owner: 'vault',
    small: false,
    columns: {
      id: 'text',
      name: 'text',
      lineage: 'text',
      version: 'integer',
      state: 'text',
      scope: 'text',
      kind: 'text',
      every: 'integer?',
      expires_at: 'text?',
      note: 'text?',
      owner: 'text?',
      expect_unused: 'integer',
      created_at: 'text',
      created_by: 'text',
      withdrawn_at: 'text?',
      deleted_at: 'text?',
    },
    unique: [{ columns: ['name'], where: "state <> 'deleted'" }],
    indexes: [['lineage'], ['name']],
  },
  /** One encrypted value. `environment` is `shared` for the one value of a shared secret. `facts`: JSON, what was found when it was written,
   * which version of which lineage it is, and what its source calls it (`handle`). */
  value: {
    owner: 'environment',
    small: false,
    columns: {
      id: 'text',
      secret: 'text',
      environment: 'text',
      key: 'text',
      box: 'blob',
      facts: 'text',
      created_at: 'text',
      created_by: 'text',
    },
    unique: [{ columns: ['secret', 'environment'] }],
  },
  /** Last use and count of a secret in one environment by one consumer (a route, or a command). */
  usage: {
    owner: 'environment',
    small: false,
    columns: { id: 'text', secret: 'text', environment: 'text', consumer: 'text', last_at: 'text', count: 'integer' },
    unique: [{ columns: ['secret', 'environment', 'consumer'] }],
  },
  /** Authentication failures that a probe saw, or a person reported. */
  auth_failure: {
    owner: 'environment',
    small: false,
    columns: { id: 'text', secret: 'text', environment: 'text', at: 'text', count: 'integer', source: 'text' },
    indexes: [['secret', 'environment']],
  },
  /**
   * The version that an environment of a lineage is on; `previous` is the one before. `base` and `name` are the lineage's and the
   * version's, under the environment's key: who holds the vault key alone can not make them mean another secret there.
   */
  current: {
    owner: 'environment',
    small: true,
    columns: {
      id: 'text',
      lineage: 'text',
      environment: 'text',
      secret: 'text',
      previous: 'text?',
      moved_at: 'text',
      base: 'text',
      name: 'text',
    },
    unique: [{ columns: ['lineage', 'environment'] }],
  },
  /**
   * A route in one environment. `template` holds the text of an inline route (`path` is `@LABEL`), else null. `headers`: JSON array of
   * `NAME: TEXT`. `names`: JSON array, the references that the route held when last recorded. `hosts`: JSON array of
   * `[secret, host]` that were accepted as receivers.
   */
  registration: {
    owner: 'environment',
    small: true,
    columns: {
      id: 'text',
      project: 'text',
      path: 'text',
      environment: 'text',
      format: 'text?',
      template: 'text?',
      probe: 'text?',
      method: 'text?',
      headers: 'text',
      headers_from_route: 'integer',
      expect: 'text?',
      allow_http: 'integer',
      test_command: 'text?',
      deploy_command: 'text?',
      timeout: 'integer?',
      names: 'text',
      hosts: 'text',
      created_at: 'text',
      created_by: 'text',
    },
    unique: [{ columns: ['project', 'path', 'environment'] }],
  },
  /** Where a lineage's new values come from, for one environment. `options`: JSON object of strings. `overlap`: seconds as text, `none`, `unlimited`, or null for unknown. */
  source: {
    owner: 'environment',
    small: true,
    columns: {
      id: 'text',
      lineage: 'text',
      environment: 'text',
      kind: 'text',
      options: 'text',
      overlap: 'text?',
      created_at: 'text',
    },
    unique: [{ columns: ['lineage', 'environment'] }],
  },
  /**
   * A rotation. `steps`: JSON array of `{id, state, at, by, detail}`. `needs`: JSON or null. `options`: JSON, what the rotation was
   * started with. Seconds: `window`, `quarantine`. `incident`: id of a row of `incident`, or null.
   */
  rotation: {
    owner: 'vault',
    small: true,
    columns: {
      id: 'text',
      state: 'text',
      project: 'text',
      source: 'text',
      window: 'integer',
      quarantine: 'integer',
      is_unattended: 'integer',
      options: 'text',
      steps: 'text',
      needs: 'text?',
      wait_until: 'text?',
      incident: 'text?',
      started_at: 'text',
      started_by: 'text',
      ended_at: 'text?',
      end_reason: 'text?',
    },
    indexes: [['state']],
  },
  /** One secret of a rotation: the lineage, the version it leaves and the version it makes. */
  rotation_secret: {
    owner: 'vault',
    small: true,
    columns: {
      id: 'text',
      rotation: 'text',
      position: 'integer',
      lineage: 'text',
      base: 'text',
      from_secret: 'text',
      from_name: 'text',
      to_secret: 'text',
      to_name: 'text',
    },
    unique: [{ columns: ['rotation', 'position'] }],
    indexes: [['lineage'], ['to_secret']],
  },
  /**
   * A rotation's own record for one secret in one environment, under that environment's key. `is_kept`: the value was kept.
   * `updated_at`: the environment was moved to the new version. `attempt`: written before a source is asked for a value. `disabled_at`:
   * the source was had refuse the old value. `revoked_at`: from here there is no way back to the old value. `proof`: JSON object, how
   * it is known to be dead (`rotation/proof.ts`), null until then. `steps`: JSON array, the ids of the steps done. `terms`: JSON object, the columns of `rotation` that it goes by. What `rotation` and
   * `rotation_secret` say of these counts for an environment only where its own record says the same.
   */
  rotation_environment: {
    owner: 'environment',
    small: true,
    columns: {
      id: 'text',
      rotation: 'text',
      environment: 'text',
      lineage: 'text',
      from_secret: 'text',
      to_secret: 'text',
      is_kept: 'integer',
      updated_at: 'text?',
      tested_at: 'text?',
      revoked_at: 'text?',
      proof: 'text?',
      attempt: 'text?',
      from_name: 'text',
      to_name: 'text',
      steps: 'text',
      terms: 'text',
      disabled_at: 'text?',
    },
    unique: [{ columns: ['rotation', 'environment', 'lineage'] }],
  },
  /**
   * A rotation's work on one route in one environment. `originals`: JSON array, for each placeholder of the rotation's lineages in
   * the file, in order, the name it had (null where it needed no change), written before the file is touched.
   */
  rotation_route: {
    owner: 'environment',
    small: true,
    columns: {
      id: 'text',
      rotation: 'text',
      environment: 'text',
      project: 'text',
      path: 'text',
      originals: 'text?',
      planned_at: 'text?',
      written_at: 'text?',
      deploy_started_at: 'text?',
      deployed_at: 'text?',
      tested_at: 'text?',
      detail: 'text?',
    },
    unique: [{ columns: ['rotation', 'environment', 'project', 'path'] }],
  },
  /** A leak that was reported: its rotation, why, when, and when the old value was revoked. */
  incident: {
    owner: 'vault',
    small: true,
    columns: {
      id: 'text',
      rotation: 'text?',
      lineage: 'text',
      reason: 'text',
      started_at: 'text',
      revoked_at: 'text?',
      started_by: 'text',
    },
    indexes: [['lineage']],
  },
  /** A secret that a removed key could read: due now. */
  exposure: {
    owner: 'vault',
    small: false,
    columns: { id: 'text', secret: 'text', slot: 'text', label: 'text', at: 'text' },
    indexes: [['secret']],
  },
  /**
   * A receiver of notifications, one row in each environment that it is told of. `target`: the name of the secret that holds a webhook's
   * URL, or a command. `events`: JSON array.
   */
  notification: {
    owner: 'environment',
    small: true,
    columns: {
      id: 'text',
      receiver: 'text',
      environment: 'text',
      kind: 'text',
      target: 'text',
      events: 'text',
      created_at: 'text',
      created_by: 'text',
    },
    unique: [{ columns: ['receiver', 'environment'] }],
  },
  /** A setting of the vault; `value` is JSON. */
  setting: {
    owner: 'vault',
    small: true,
    columns: { id: 'text', value: 'text' },
  },
} as const satisfies Record<string, TableSpec>;

export type TableName = keyof typeof TABLES;
export const TABLE_NAMES = Object.keys(TABLES) as TableName[];

type ValueOf<T> = T extends 'text'
  ? string
  : T extends 'text?'
    ? string | null
    : T extends 'integer'
      ? number
      : T extends 'integer?'
        ? number | null
        : Uint8Array;

/** A row's content: what its tag covers, beside the number of its audit entry. */
export type Row<N extends TableName> = {
  -readonly [C in keyof (typeof TABLES)[N]['columns']]: ValueOf<(typeof TABLES)[N]['columns'][C]>;
};

/** A row as it is stored: its content, the audit entry that last changed it, and its tag. */
export type StoredRow<N extends TableName> = Row<N> & { entry: number; tag: Uint8Array };

/** The tables of one owner that the head's digests cover, in the format's order. */
export function smallTables(owner: 'vault' | 'environment'): TableName[] {
  return TABLE_NAMES.filter((name) => TABLES[name].small && TABLES[name].owner === owner);
}

export function isEnvironmentTable(name: TableName): boolean {
  return TABLES[name].owner === 'environment';
}

/** How many rows are read at a time by whoever walks a whole table: a row may hold a megabyte. */
export function pageLimit(name: TableName): number {
  return Object.values<string>(TABLES[name].columns).includes('blob') ? 25 : 500;
}
