import { v1NetworkChainIds } from '../Network.ts'

/** An EVM network by the name that version 1 gives it, such as `base-sepolia`. */
export type V1Network = keyof typeof v1NetworkChainIds

/** What {@link isV1Network} wants, in words. */
export const expectedV1Network = 'the version 1 name of an EVM network, such as base'

/** Whether `value` is a name that version 1 clients agree on. */
export function isV1Network(value: unknown): value is V1Network {
  return typeof value === 'string' && Object.hasOwn(v1NetworkChainIds, value)
}

/** The version 1 name of an EVM chain; `undefined` for a chain that version 1 cannot name. */
export function toV1Network(chainId: number): V1Network | undefined {
  return names.get(chainId)
}

const names: ReadonlyMap<number, V1Network> = new Map(
  Object.entries(v1NetworkChainIds).map(([name, id]) => [id, name as V1Network]),
)
