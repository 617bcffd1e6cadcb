import type { Reader } from './Reader.ts'

/** A secret that goes out as a header; the value is never repeated. */
export function readHeaderSecret<setting extends string>(
  read: Reader<setting>,
  name: NoInfer<setting>,
): string | undefined {
  const secret = read.text(name)
  if (secret !== undefined && !/^[\x21-\x7e]{16,1024}$/.test(secret))
    read.fault(name, 'must be at least 16 printable ASCII characters, without blanks')
  return secret
}
