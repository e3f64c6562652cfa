/**
 * The part of the IAM Query API that is about access keys, on loopback: two keys a user, XML answers and errors as AWS documents them, and
 * signatures (SigV4) that are checked. It can throttle, fail, lose an answer, answer wrongly, or take its time until everybody knows.
 */
import { createHash, createHmac, randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import type { IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface IamKey {
  readonly id: string;
  readonly secret: string;
  readonly user: string;
  readonly made: string;
  status: 'Active' | 'Inactive' | 'deleted';
  lastUsed: string | null;
}

type Refusal = readonly [status: number, code: string, message: string];

export interface Iam {
  readonly url: string;
  /** Deleted ones too. */
  readonly keys: Map<string, IamKey>;
  /** Actions in order, with the id of the key that signed. */
  readonly log: { action: string; signer: string }[];
  /** By action: so many answers are not what they should be. A lost one was done; the others were not. */
  readonly faults: Map<string, { kind: 'lost' | 'wrong' | 'garbled' | 'throttled' | 'down'; times: number }>;
  /** Actions that nobody may do. */
  readonly denied: Set<string>;
  /** So many logins with a key that was just made are refused, and with one that was just deleted let in. */
  lag: number;
  readonly add: (user: string) => IamKey;
  /** What a vault holds of a key. */
  readonly value: (key: IamKey) => string;
  /** Whether a service of AWS would let in who shows this. */
  readonly letsIn: (id: string, secret: string) => boolean;
  readonly close: () => Promise<void>;
}

const REQUEST_ID = '7a62c49f-347e-4fc4-9331-6e8eEXAMPLE';
const NAMESPACE = 'https://iam.amazonaws.com/doc/2010-05-08/';
const MOST_KEYS = 2;
const THROTTLED: Refusal = [400, 'Throttling', 'Rate exceeded'];
const DOWN: Refusal = [503, 'ServiceUnavailable', 'Service Unavailable'];

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
const hmac = (key: string | Buffer, text: string) => createHmac('sha256', key).update(text).digest();

/** The signature as it should be: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html */
function signatureOf(request: IncomingMessage, body: string, scope: readonly string[], names: string, secret: string) {
  const headers = names.split(';').map((name) => `${name}:${String(request.headers[name]).trim()}\n`);
  const canonical = [request.method, request.url, '', headers.join(''), names, sha256(body)].join('\n');
  const toSign = ['AWS4-HMAC-SHA256', request.headers['x-amz-date'], scope.join('/'), sha256(canonical)].join('\n');
  const key = scope.reduce((from: string | Buffer, part) => hmac(from, part), `AWS4${secret}`) as Buffer;
  return hmac(key, toSign).toString('hex');
}

export async function startIam(): Promise<Iam> {
  const keys = new Map<string, IamKey>();
  const users = new Set<string>();
  const lags = new Map<string, number>();
  const make = (user: string): IamKey => {
    users.add(user);
    const id = `AKIA${randomBytes(8).toString('hex').toUpperCase()}`;
    // A slash and a plus, as in real ones.
    const secret = `${randomBytes(18).toString('hex')}/+${randomBytes(1).toString('hex')}`;
    const key: IamKey = { id, secret, user, made: new Date().toISOString(), status: 'Active', lastUsed: null };
    keys.set(id, key);
    return key;
  };

  /** @returns the key that signed, or why it is refused */
  const signerOf = (request: IncomingMessage, body: string): IamKey | Refusal => {
    const parts =
      /^AWS4-HMAC-SHA256 Credential=(\w+)\/([^,]+), SignedHeaders=([^,]+), Signature=(\w+)$/.exec(
        request.headers.authorization ?? '',
      ) ?? [];
    const [, id = '', scope = '', names = '', signature] = parts;
    const key = keys.get(id);
    if (key?.status !== 'Active')
      return [403, 'InvalidClientTokenId', 'The security token included in the request is invalid.'];
    if (signatureOf(request, body, scope.split('/'), names, key.secret) === signature) return key;
    return [403, 'SignatureDoesNotMatch', 'The request signature we calculated does not match the one you provided.'];
  };

  /** @returns what stands in the result, or why it is refused */
  const perform = (action: string, query: URLSearchParams, signer: IamKey): string | Refusal => {
    const user = query.get('UserName') ?? signer.user;
    const key = keys.get(query.get('AccessKeyId') ?? '');
    const ofUser = [...keys.values()].filter((one) => one.user === user && one.status !== 'deleted');
    if (action === 'GetAccessKeyLastUsed') {
      if (key === undefined || key.status === 'deleted')
        return [403, 'AccessDenied', `User: ${signer.user} is not authorized to perform: iam:GetAccessKeyLastUsed`];
      const date = key.lastUsed === null ? '' : `<LastUsedDate>${key.lastUsed}</LastUsedDate>`;
      const [service, region] = key.lastUsed === null ? ['N/A', 'N/A'] : ['s3', 'us-east-1'];
      return `<UserName>${key.user}</UserName><AccessKeyLastUsed><Region>${region}</Region>${date}<ServiceName>${service}</ServiceName></AccessKeyLastUsed>`;
    }
    if (!users.has(user)) return [404, 'NoSuchEntity', `The user with name ${user} cannot be found.`];
    const about = (one: IamKey) =>
      `<UserName>${one.user}</UserName><AccessKeyId>${one.id}</AccessKeyId><Status>${one.status}</Status><CreateDate>${one.made}</CreateDate>`;
    switch (action) {
      case 'GetUser':
        return `<User><Path>/</Path><UserName>${user}</UserName><UserId>AIDAEXAMPLE</UserId><Arn>arn:aws:iam::123456789012:user/${user}</Arn><CreateDate>2013-10-02T17:01:44Z</CreateDate></User>`;
      case 'ListAccessKeys':
        return `<UserName>${user}</UserName><AccessKeyMetadata>${ofUser.map((one) => `<member>${about(one)}</member>`).join('')}</AccessKeyMetadata><IsTruncated>false</IsTruncated>`;
      case 'CreateAccessKey': {
        if (ofUser.length >= MOST_KEYS)
          return [409, 'LimitExceeded', `Cannot exceed quota for AccessKeysPerUser: ${MOST_KEYS}`];
        const made = make(user);
        lags.set(made.id, iam.lag);
        return `<AccessKey>${about(made)}<SecretAccessKey>${made.secret}</SecretAccessKey></AccessKey>`;
      }
      case 'UpdateAccessKey':
      case 'DeleteAccessKey': {
        if (key === undefined || !ofUser.includes(key))
          return [404, 'NoSuchEntity', `The Access Key with id ${query.get('AccessKeyId')} cannot be found.`];
        key.status = action === 'DeleteAccessKey' ? 'deleted' : (query.get('Status') as 'Active' | 'Inactive');
        if (action === 'DeleteAccessKey') lags.set(key.id, iam.lag);
        return '';
      }
      default:
        return [400, 'InvalidAction', `Could not find operation ${action} for version 2010-05-08`];
    }
  };

  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (part: Buffer) => (body += part.toString()));
    request.on('end', () => {
      const query = new URLSearchParams(body);
      const action = query.get('Action') ?? '';
      const answer = (status: number, xml: string) =>
        response.writeHead(status, { 'Content-Type': 'text/xml', 'x-amzn-RequestId': REQUEST_ID }).end(xml);
      const refuse = ([status, code, message]: Refusal) => {
        const type = status >= 500 ? 'Receiver' : 'Sender';
        answer(
          status,
          `<ErrorResponse xmlns="${NAMESPACE}"><Error><Type>${type}</Type><Code>${code}</Code><Message>${message}</Message></Error><RequestId>${REQUEST_ID}</RequestId></ErrorResponse>`,
        );
      };
      const signer = signerOf(request, body);
      iam.log.push({ action, signer: 'id' in signer ? signer.id : '' });
      if (!('id' in signer)) return refuse(signer);
      const fault = iam.faults.get(action);
      const kind = fault !== undefined && fault.times-- > 0 ? fault.kind : null;
      if (kind === 'throttled') return refuse(THROTTLED);
      if (kind === 'down') return refuse(DOWN);
      if (iam.denied.has(action)) {
        const what = `iam:${action} on resource: user ${query.get('UserName')}`;
        const who = `User: arn:aws:iam::123456789012:user/${signer.user} is not authorized to perform: ${what}`;
        return refuse([403, 'AccessDenied', `${who} because no identity-based policy allows the iam:${action} action`]);
      }
      const result = kind === 'wrong' ? '<Nonsense>true</Nonsense>' : perform(action, query, signer);
      if (typeof result !== 'string') return refuse(result);
      if (kind === 'lost') return void response.destroy();
      const tail = `<ResponseMetadata><RequestId>${REQUEST_ID}</RequestId></ResponseMetadata></${action}Response>`;
      const whole = `<${action}Response xmlns="${NAMESPACE}"><${action}Result>${result}</${action}Result>${tail}`;
      return void answer(200, kind === 'garbled' ? whole.slice(0, -tail.length) : whole);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const iam: Iam = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    keys,
    log: [],
    faults: new Map(),
    denied: new Set(),
    lag: 0,
    add: make,
    value: ({ id, secret }) => JSON.stringify({ id, secret }),
    letsIn(id, secret) {
      const key = keys.get(id);
      if (key === undefined || key.secret !== secret) return false;
      const left = lags.get(id) ?? 0;
      lags.set(id, left - 1);
      return left > 0 ? key.status === 'deleted' : key.status === 'Active';
    },
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
  return iam;
}
