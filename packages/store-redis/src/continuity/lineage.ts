/** What one server says of itself that matters for whether it may have lost something. */
export type EngineMark = {
  readonly runId: string
  /** The same for as long as it loses nothing that it acknowledged by ending. */
  readonly life: string
  /** Its second replication id and the offset: what it was before it was promoted. */
  readonly promotion: string
}

const NEVER_PROMOTED = /^0*:/

/**
 * Reads a server's mark from its INFO.
 *
 * @param appendfsync As configured; `undefined` when that may not be asked.
 */
export function readMark(
  info: Readonly<Record<string, string>>,
  appendfsync: string | undefined,
): EngineMark {
  const { run_id: runId = '', role, aof_enabled, aof_last_write_status } = info
  const isDurable =
    role === 'master' &&
    aof_enabled === '1' &&
    aof_last_write_status === 'ok' &&
    appendfsync === 'always'
  const { master_replid2: id = '', second_repl_offset: offset = '' } = info
  return { runId, life: isDurable ? 'aof' : `run:${runId}`, promotion: `${id}:${offset}` }
}

/**
 * The lineage of data on these servers, as one text: the lives it depends on, the promotions it
 * came through, and when a part of it went back. A server forgets its promotion when it is started
 * again and after an hour without replicas, in which nothing is lost: while one that knows of none
 * is among them, the promotions known before are kept.
 */
export function nextLineage(
  marks: readonly EngineMark[],
  before: string | undefined,
  wentBackAtMs?: number,
): string {
  const [, promoted = '', back = ''] = before?.split('/') ?? []
  const forgets = marks.some(({ promotion }) => NEVER_PROMOTED.test(promotion))
  const promotions = [
    ...marks.map(({ promotion }) => promotion).filter((it) => !NEVER_PROMOTED.test(it)),
    ...(forgets ? promoted.split(' ').filter((it) => it !== '') : []),
  ]
  const lives = marks.map(({ life }) => life)
  return [
    join(lives),
    join(promotions),
    wentBackAtMs === undefined ? back : `${wentBackAtMs}`,
  ].join('/')
}

function join(parts: readonly string[]): string {
  return [...new Set(parts)].toSorted().join(' ')
}
