/** So many refused logins within a day are no accident: a finding, and what stops a rotation that is being watched. */
export const MANY_FAILURES = 3;
