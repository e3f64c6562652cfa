/**
 * Which names and values of a file are plain settings (a port, an address without a password) and no secrets. A secret that is taken for a
 * setting is neither masked nor searched for, so only what is plain in both, by its name and by its value, is one.
 */
import { splitName } from './name-words.ts';
import { recognise } from './providers.ts';
import { literalCredential } from './literal-credential.ts';

/** A word of a secret's name. */
const SECRET =
  /^(?:api|auth|bearer|cert|certificate|code|codes|conn|connection|cookie|cred|creds|credential|credentials|dsn|hash|hook|jwt|key|keys|license|nonce|otp|pass|passphrase|passwd|password|pat|pem|pepper|pin|private|pw|pwd|salt|secret|secrets|seed|session|sid|sig|sign|signature|signing|token|tokens|totp|webhook)$/;
/** The last word of a setting's name: what it is about. */
const SETTING =
  /^(?:address|bucket|charset|color|concurrency|count|currency|debug|dir|directory|disabled|domain|driver|email|enabled|encoding|endpoint|env|environment|folder|format|host|hostname|hosts|interval|lang|language|level|limit|locale|max|min|mode|name|origin|origins|path|port|ports|prefix|protocol|region|retries|schedule|scheme|size|stage|suffix|theme|timeout|timezone|ttl|tz|uri|url|verbose|version|workers|zone)$/;
/** The first word of a name whose value is a switch or a number. */
const SWITCH = /^(?:allow|debug|disable|enable|feature|has|is|max|min|num|use)$/;

/** A word, a number, a list of words, an address without a query: nothing that one could not guess. */
const PLAIN =
  /^(?:true|false|yes|no|on|off|null|none|\d{1,9}(?:\.\d{1,6})?(?:ms|s|m|h|d|kb|mb|gb|k|M|G)?|[A-Za-z][A-Za-z0-9]{0,15}(?:[-_. ,/:][A-Za-z0-9]{1,15}){0,7}|\*|[\w.-]{1,32}@[\w-]{1,32}(?:\.[\w-]{1,32}){1,4}|\.{0,2}(?:\/[A-Za-z0-9_.-]{1,24}){0,8}\/?|[a-z][a-z0-9+.-]{1,15}:\/\/[A-Za-z0-9.-]{1,80}(?::\d{1,5})?(?:\/[A-Za-z0-9_.-]{1,24}){0,6}\/?)$/;

export function isPlainSetting(name: string, value: string): boolean {
  const words = splitName(name).words.map((word) => word.toLowerCase());
  if (words.some((word) => SECRET.test(word))) return false;
  // What stands in `${NAME}` is a value of its own.
  const plain = value.replaceAll(/\$\{[A-Z_]{1,64}\}/g, '1');
  const isSwitch = SWITCH.test(words[0] ?? '') && /^(?:true|false|yes|no|on|off|\d{1,6})$/i.test(plain);
  if (!isSwitch && !SETTING.test(words.at(-1) ?? '')) return false;
  if (!PLAIN.test(plain) || looksRandom(plain)) return false;
  return literalCredential(value) === null && recognise(value, name) === null;
}

/** A piece in which letters and digits are mixed, as in a key or the path of a webhook. */
function looksRandom(value: string): boolean {
  return value.split(/[^A-Za-z0-9]+/).some((piece) => {
    const turns = piece.match(/\d+|[a-z]+|[A-Z]+/g)?.length ?? 0;
    return piece.length >= 20 || (piece.length >= 8 && turns >= 4);
  });
}
